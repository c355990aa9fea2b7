"""« Saisies »: paper lists typed by one agent of CAP Nord and checked by another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import session_queries, sheets
from app.clearing.api import signer_of
from app.clearing.counter_parts import (
    choices,
    in_fields_of_the_form,
    read_session_if_told,
    told_in_words,
)
from app.clearing.redemption_models import TypedSheet, TypedSheetDecision
from app.clearing.rules import SessionKind, SheetState, ToldSession
from app.clearing.sheets import LineProblem
from app.clearing.support_views import sheet_state
from app.database.lists import Place
from app.database.rows import rows_by
from app.identity import queries as identity
from app.identity.rules import RIGHTS, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.money import Cents
from app.papers.sheets import Kind
from app.partners import queries as partners
from app.programmes.queries import is_demonstration
from app.vouchers import queries as vouchers
from app.web.auth import check, current_actor, started_at
from app.web.format import day_long
from app.web.forms import Form, done
from app.web.lists import WAITING_FIRST, Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("sheet_pages", __name__)

STATES = {
    SheetState.WAITING: ("warn", "À vérifier"),
    SheetState.APPROVED: ("ok", "Vérifiée"),
    SheetState.SET_ASIDE: ("", "Écartée"),
}
READ_FROM = {sheets.FROM_CODE: "code", sheets.FROM_SERIAL: "numéro de série"}


@dataclass(frozen=True, slots=True)
class SheetShown:
    """One sheet in a list."""

    sheet_id: UUID
    mediator_name: str
    held_on: date
    typed_at: datetime
    typed_by: str
    voucher_count: int
    amount_cents: Cents
    tone: str
    state: str


def sheets_shown(session: Session, typed: Sequence[TypedSheet]) -> tuple[SheetShown, ...]:
    """Sheets as a list tells them."""
    ids = [one.id for one in typed]
    sizes = session_queries.sizes_of_sheets(session, ids)
    decisions = rows_by(session, TypedSheetDecision.sheet_id, ids)
    names = partners.organisation_names(session, {one.mediator_id for one in typed})
    typists = identity.agent_names(session, {one.typed_by for one in typed})

    def shown(one: TypedSheet) -> SheetShown:
        decision = next(iter(decisions[one.id]), None)
        tone, state = STATES[sheet_state(decision)]
        count, cents = sizes[one.id]
        return SheetShown(
            one.id,
            names[one.mediator_id],
            one.held_on,
            one.typed_at,
            typists[one.typed_by],
            count,
            cents,
            tone,
            state,
        )

    return tuple(map(shown, typed))


def agent_name(session: Session, agent_id: int) -> str:
    """The name of an agent of CAP Nord, for its own people."""
    agent = identity.agent(session, agent_id)
    return agent.name if agent else ""


@dataclass(frozen=True, slots=True)
class SheetsPage:
    """Sheets, those that wait for their check first."""

    list: Listed[SheetShown]
    states: tuple[Choice, ...]
    mediators: tuple[Choice, ...]


def _found(session: Session, form: Form, place: Place) -> list[TypedSheet]:
    mediators = session_queries.mediators_of_sheets(session)
    return session_queries.latest_sheets(
        session,
        place,
        state=form.among("etat", {str(state): state for state in SheetState}),
        mediator_id=form.among("mediateur", {str(one): one for one, _ in mediators}),
    )


SHEETS = Listing(
    "sheet_pages.list_sheets",
    name="saisies",
    title="Saisies pour les médiateurs",
    columns=(
        Column[SheetShown]("Médiateur", lambda row: row.mediator_name, width=36),
        Column("Jour des accompagnements", lambda row: row.held_on, Kind.DAY, "seances"),
        Column("Saisie", lambda row: martinique_day(row.typed_at), Kind.DAY, "saisie"),
        Column("Par", None),
        Column("Pass", lambda row: row.voucher_count, Kind.NUMBER),
        Column("Valeur (€)", lambda row: row.amount_cents, Kind.EUROS),
        Column("État", lambda row: row.state, sort="attente", ways=WAITING_FIRST),
    ),
    filters=("etat", "mediateur"),
    found=_found,
    told=sheets_shown,
    first="-attente",
)


@bp.get("/saisies")
def list_sheets() -> ResponseReturnValue:
    """Sheets that wait for their check, then those decided."""
    check(Right.TYPE_SHEETS)
    page = in_transaction(
        lambda session: SheetsPage(
            SHEETS.page(session),
            tuple(Choice(str(state), label) for state, (_, label) in STATES.items()),
            tuple(
                Choice(str(one), name) for one, name in session_queries.mediators_of_sheets(session)
            ),
        )
    )
    return render_template("clearing/sheets.html", page=page)


@bp.get("/saisies.<any(csv, xlsx):ending>")
def list_sheets_file(ending: str) -> ResponseReturnValue:
    """The sheets of the address, all of them."""
    check(Right.TYPE_SHEETS)
    return SHEETS.file(ending, is_demonstration)


@dataclass(frozen=True, slots=True)
class NewSheetPage:
    """The form of a sheet, and what is wrong with single lines of it."""

    form: Form
    mediators: tuple[Choice, ...]
    problems: tuple[LineProblem, ...]


@bp.route("/saisies/nouvelle", methods=["GET", "POST"])
def new_sheet() -> ResponseReturnValue:
    """Type the list; nothing is taken before somebody else has checked it."""
    check(Right.TYPE_SHEETS)
    form = Form.sent() if request.method == "POST" else Form.blank(genre=SessionKind.INDIVIDUAL)
    problems: list[LineProblem] = []

    def act(session: Session) -> TypedSheet | list[LineProblem]:
        mediator_id = form.uuid("mediateur", "Choisissez le médiateur.")
        held_on = form.day("jour")
        told = read_session_if_told(form)
        form.check()
        try:
            return sheets.prepare_sheet(
                session,
                actor=current_actor(),
                sheet_id=form.id,
                mediator_id=mediator_id,
                held_on=held_on,
                typed=form.text("lignes").splitlines(),
                told=told,
                now=started_at(),
            )
        except InvalidInput as refusal:
            raise in_fields_of_the_form(refusal) from None

    if request.method == "POST":
        made = form.submit(act)
        if isinstance(made, TypedSheet):
            return done(
                url_for(".sheet", sheet_id=made.id),
                "La feuille est saisie. Une autre personne la compare maintenant au papier ; "
                "les pass sont encaissés ensuite.",
            )
        if made is not None:
            problems = made
            form.refuse(
                InvalidInput(
                    lignes=f"Corrigez {len(problems)} ligne{'s' if len(problems) > 1 else ''} : "
                    "elles sont expliquées sous la liste."
                )
            )
    known = in_transaction(session_queries.mediators)
    page = NewSheetPage(form, tuple(Choice(str(key), name) for key, name in known), tuple(problems))
    return render_template("clearing/new_sheet.html", page=page, **choices()), form.status


@dataclass(frozen=True, slots=True)
class LineShown:
    """One pass of a sheet: what the paper must say, and its verdict once it was taken."""

    place: int
    serial: str
    read_from: str
    state: str
    amount_cents: Cents
    accepted: bool
    refusal: str
    redemption_id: UUID | None


@dataclass(frozen=True, slots=True)
class SheetPage:
    """One sheet, its passes, and what this reader may do with it."""

    sheet: SheetShown
    waiting: bool
    approved: bool
    decided_by: str
    decided_at: datetime | None
    reason: str
    told: str
    lines: tuple[LineShown, ...]
    may_approve: bool
    typed_by_reader: bool
    may_set_aside: bool

    @property
    def accepted(self) -> tuple[LineShown, ...]:
        """The passes that were taken."""
        return tuple(line for line in self.lines if line.accepted)

    @property
    def accepted_cents(self) -> Cents:
        """Their value."""
        return Cents(sum(line.amount_cents for line in self.accepted))


def sheet_page(session: Session, sheet_id: UUID) -> SheetPage:
    """Read one sheet for its page.

    Raises:
        UnknownTypedSheet.
    """
    actor = current_actor()
    typed = sheets.known_sheet(session, actor=actor, sheet_id=sheet_id)
    decision = session_queries.decision_of(session, sheet_id)
    lines = session_queries.lines_of_sheet(session, sheet_id)
    serials = vouchers.serial_numbers(session, [(one.voucher_id, one.booklet_id) for one in lines])
    rests = sheets.state_of_lines(session, lines)
    verdicts = sheets.verdicts_of(session, sheet_id)

    def shown(line: session_queries.SheetLine) -> LineShown:
        verdict = verdicts.get(line.id)
        taken = verdict is not None and verdict.redemption is not None
        return LineShown(
            line.place,
            str(serials[line.voucher_id]),
            READ_FROM[line.read_from],
            rests[line.voucher_id],
            line.amount_cents,
            taken,
            verdict.refusal.message if verdict and verdict.refusal else "",
            line.id if taken else None,
        )

    mine = RIGHTS[actor.role]
    own = typed.typed_by == actor.agent_id
    return SheetPage(
        sheets_shown(session, [typed])[0],
        decision is None,
        decision is not None and decision.decision == sheets.APPROVED,
        agent_name(session, decision.decided_by) if decision else "",
        decision.decided_at if decision else None,
        (decision.reason or "") if decision else "",
        told_in_words(ToldSession.of_json(typed.told_session)) if typed.told_session else "",
        tuple(map(shown, lines)),
        decision is None and not own and Right.APPROVE_SHEET in mine,
        own,
        decision is None and Right.TYPE_SHEETS in mine,
    )


@bp.get("/saisies/<uuid:sheet_id>")
def sheet(sheet_id: UUID) -> ResponseReturnValue:
    """One sheet: compared with its paper, then the verdict of each pass."""
    check(Right.TYPE_SHEETS)
    page = in_transaction(lambda session: sheet_page(session, sheet_id))
    return render_template("clearing/sheet.html", page=page, form=Form.blank())


@bp.post("/saisies/<uuid:sheet_id>/verifier")
def approve(sheet_id: UUID) -> ResponseReturnValue:
    """Somebody else has compared it with the paper: the passes are taken."""
    check(Right.APPROVE_SHEET)
    form = Form.sent()

    def act(session: Session) -> SheetPage:
        if not form.checked("compare"):
            form.wrong("compare", "Comparez chaque ligne au papier, puis cochez la case.")
        form.check()
        sheets.approve_sheet(
            session,
            actor=current_actor(),
            sheet_id=sheet_id,
            signer=signer_of(current_settings().key_dir),
            now=started_at(),
        )
        return sheet_page(session, sheet_id)

    page = form.submit(act)
    if page is not None:
        refused = len(page.lines) - len(page.accepted)
        said = f"{len(page.accepted)} pass sur {len(page.lines)} sont encaissés."
        if refused:
            said += " Dites au médiateur pourquoi les autres sont refusés : voyez la liste."
        return done(url_for(".sheet", sheet_id=sheet_id), said)
    return again(sheet_id, form)


@bp.post("/saisies/<uuid:sheet_id>/ecarter")
def set_aside(sheet_id: UUID) -> ResponseReturnValue:
    """It does not say what the paper says: none of its passes is taken."""
    check(Right.TYPE_SHEETS)
    form = Form.sent()

    def act(session: Session) -> SheetPage:
        try:
            sheets.set_aside_sheet(
                session,
                actor=current_actor(),
                sheet_id=sheet_id,
                reason=form.text("raison"),
                now=started_at(),
            )
        except InvalidInput as refusal:
            said = refusal.details["fields"]
            raise InvalidInput(raison=said["reason"] if isinstance(said, dict) else "") from None
        return sheet_page(session, sheet_id)

    if (page := form.submit(act)) is not None:
        return done(
            url_for(".sheet", sheet_id=sheet_id),
            f"La saisie du {day_long(page.sheet.held_on)} est écartée : aucun pass n’est encaissé. "
            "Saisissez de nouveau la feuille.",
        )
    return again(sheet_id, form)


def again(sheet_id: UUID, form: Form) -> ResponseReturnValue:
    """The same page with what was refused."""
    page = in_transaction(lambda session: sheet_page(session, sheet_id))
    return render_template("clearing/sheet.html", page=page, form=form), form.status
