"""Consignments on pages: allocations, returns and transfers, received, called back and settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.kernel.money import Cents
from app.papers.sheets import Kind
from app.partners import queries as partners
from app.prescribers import custody, holdings, recalls
from app.prescribers import custody_queries as queries
from app.prescribers.allocations import BookletRange
from app.prescribers.custody_desk import (
    FILTERS,
    KINDS,
    LINES,
    NATURES,
    STATES,
    agent_name,
    booklets_said,
    only,
    ranges,
    twice_said,
)
from app.prescribers.custody_models import (
    BookletRequest,
    Consignment,
    ConsignmentAnswer,
    ShortfallSettlement,
)
from app.prescribers.custody_papers import slip
from app.prescribers.custody_rules import (
    ConsignmentKind,
    ConsignmentState,
    Finding,
    Lot,
    Settlement,
)
from app.prescribers.custody_views import answers_to, state_of
from app.programmes import queries as programmes
from app.vouchers.queries import booklet_numbers
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.downloads import PDF, download
from app.web.format import day_short
from app.web.forms import Form, done
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("custody_pages", __name__)


@dataclass(frozen=True, slots=True)
class ConsignmentLine:
    """One consignment in the list."""

    id: UUID
    number: str
    kind: str
    sender: str
    recipient: str
    sent_on: date
    booklet_count: int
    missing_count: int
    tone: str
    state: str


@dataclass(frozen=True, slots=True)
class ConsignmentsPage:
    """The list, with the filters of the address."""

    list: Listed[ConsignmentLine]
    kinds: tuple[Choice, ...]
    states: tuple[Choice, ...]
    recipients: tuple[Choice, ...]
    may_allocate: bool
    may_send: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one missing booklet."""

    booklet: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ConsignmentPage:
    """One consignment: its booklets, its count, and what may be done now."""

    consignment: Consignment
    kind: str
    tone: str
    state: ConsignmentState
    label: str
    sender: str
    recipient: str
    prepared_by: str
    lots: tuple[Lot, ...]
    answer: ConsignmentAnswer | None
    answered_by: str
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    still_missing: tuple[str, ...]
    settled: tuple[Settled, ...]
    request: BookletRequest | None
    may_receive: bool
    unable: str
    """Why the recipient may not receive it today, said instead of the form."""
    ended_on: date | None
    """The last day of use of all that is on its way, once it is over."""
    may_cancel: bool
    may_find: bool
    may_take_back: bool

    @property
    def booklet_count(self) -> int:
        """Booklets sent."""
        return sum(lot.booklet_count for lot in self.lots)

    @property
    def voucher_count(self) -> int:
        """Passes sent."""
        return sum(lot.voucher_count for lot in self.lots)

    @property
    def cents(self) -> Cents:
        """What they are worth."""
        return Cents(sum(lot.cents for lot in self.lots))


def _ends(session: Session) -> tuple[Choice, ...]:
    """Who may be the recipient of what this person sees."""
    if current_actor().scope is not None:
        return ()
    return tuple(Choice(str(party), name) for party, name in queries.recipients(session))


def _lines(session: Session, rows: Sequence[Consignment]) -> list[ConsignmentLine]:
    ids = [row.id for row in rows]
    names = partners.organisation_names(
        session, {party for row in rows for party in (row.sender_id, row.recipient_id)}
    )
    counted, answers = queries.booklets_counted(session, ids), answers_to(session, ids)
    lacking = queries.still_missing(session, ids)
    lines = []
    for row in rows:
        tone, label = STATES[state_of(answers[row.id], lacks=bool(lacking[row.id]))]
        lines.append(
            ConsignmentLine(
                id=row.id,
                number=row.number,
                kind=KINDS[ConsignmentKind(row.kind)],
                sender=names[row.sender_id],
                recipient=names[row.recipient_id],
                sent_on=row.sent_on,
                booklet_count=counted[row.id],
                missing_count=len(lacking[row.id]),
                tone=tone,
                state=label,
            )
        )
    return lines


def _found(session: Session, form: Form, place: Place) -> list[Consignment]:
    return queries.latest_consignments(
        session,
        place,
        party_id=current_actor().scope,
        kind=form.among("nature", NATURES),
        state=form.among("etat", FILTERS),
        recipient_id=form.among("destinataire", {c.value: UUID(c.value) for c in _ends(session)}),
    )


CONSIGNMENTS = Listing(
    "custody_pages.consignments",
    name="dotations",
    title="Dotations, retours et transferts",
    columns=(
        Column[ConsignmentLine]("Envoi", lambda line: line.number, width=16),
        Column("Nature", lambda line: line.kind, shown=False),
        Column("De", lambda line: line.sender, width=36),
        Column("À", lambda line: line.recipient, width=36),
        Column("Carnets", lambda line: line.booklet_count, Kind.NUMBER),
        Column("Départ", lambda line: line.sent_on, Kind.DAY, "depart"),
        Column("État", lambda line: line.state),
        Column("À retrouver", lambda line: line.missing_count, Kind.NUMBER, shown=False),
    ),
    filters=("nature", "etat", "destinataire"),
    found=_found,
    told=_lines,
    first="-depart",
    lines=LINES,
)


@bp.get("/dotations")
def consignments() -> ResponseReturnValue:
    """Allocations, returns and transfers; a prescriber's own."""
    check(Right.SEE_ALLOCATIONS)
    return render_template("custody/list.html", page=in_transaction(_consignments_page))


def _consignments_page(session: Session) -> ConsignmentsPage:
    return ConsignmentsPage(
        CONSIGNMENTS.page(session),
        kinds=tuple(Choice(value, KINDS[kind]) for value, kind in NATURES.items()),
        states=tuple(Choice(value, STATES[state][1]) for value, state in FILTERS.items()),
        recipients=_ends(session),
        may_allocate=may(Right.ALLOCATE),
        may_send=may(Right.SEND_BOOKLETS),
    )


@bp.get("/dotations.<any(csv, xlsx):ending>")
def consignments_file(ending: str) -> ResponseReturnValue:
    """The consignments of the address, all of them."""
    check(Right.SEE_ALLOCATIONS)
    return CONSIGNMENTS.file(ending, programmes.is_demonstration)


@bp.get("/dotations/<uuid:consignment_id>")
def consignment(consignment_id: UUID) -> ResponseReturnValue:
    """One consignment, and what may be done now."""
    check(Right.SEE_ALLOCATIONS)
    page = in_transaction(lambda session: _consignment_page(session, consignment_id))
    return render_template("custody/consignment.html", page=page)


def _consignment_page(session: Session, consignment_id: UUID) -> ConsignmentPage:
    actor = current_actor()
    row = custody.known_consignment(session, actor=actor, consignment_id=consignment_id)
    answer = queries.answer_of(session, consignment_id)
    lacking = queries.still_missing(session, [consignment_id])[consignment_id]
    findings = queries.findings_of(session, consignment_id)
    settled = queries.settlements_of(session, consignment_id)
    numbers = booklet_numbers(session, {finding.booklet_id for finding in findings})
    state = state_of(answer, lacks=bool(lacking))
    names = partners.organisation_names(session, [row.sender_id, row.recipient_id])
    tone, label = STATES[state]
    own = actor.organisation_id == row.recipient_id and may(Right.CONFIRM_RECEIPT)
    returns = row.kind == ConsignmentKind.RETURN
    mine = returns and row.sender_id == actor.scope and may(Right.SEND_BOOKLETS)
    unable = "" if returns else recalls.why_not(session, row.recipient_id, on=started_on())
    short, travels = state is ConsignmentState.RECEIVED_SHORT, state is ConsignmentState.IN_TRANSIT
    ended_on = _ended_on(session, consignment_id) if short or travels else None
    if ended_on:
        # Its passes expire: nothing is left to count, to find or to call back.
        short = travels = False
    return ConsignmentPage(
        consignment=row,
        kind=KINDS[ConsignmentKind(row.kind)],
        tone=tone,
        state=state,
        label=label,
        sender=names[row.sender_id],
        recipient=names[row.recipient_id],
        prepared_by=agent_name(session, row.prepared_by),
        lots=tuple(holdings.lots_of(session, queries.booklets_of(session, consignment_id))),
        answer=answer,
        answered_by=agent_name(session, answer.answered_by) if answer else "",
        missing=tuple(str(numbers[f.booklet_id]) for f in findings if f.finding == Finding.MISSING),
        damaged=tuple(str(numbers[f.booklet_id]) for f in findings if f.finding == Finding.DAMAGED),
        still_missing=tuple(str(numbers[booklet_id]) for booklet_id in lacking),
        settled=tuple(
            Settled(str(numbers[booklet_id]), _what_became(settlement))
            for settlement, booklet_id in settled
        ),
        request=queries.request_behind(session, consignment_id),
        may_receive=travels and own and not unable,
        unable=unable if travels and own else "",
        ended_on=ended_on,
        may_cancel=travels and (may(Right.ALLOCATE) or mine),
        may_find=short and own and row.kind != ConsignmentKind.RETURN,
        may_take_back=short and may(Right.ALLOCATE),
    )


def _ended_on(session: Session, consignment_id: UUID) -> date | None:
    """The last day on which a pass of it could be used, if that day is over."""
    vintages = programmes.all_vintages(session)
    parts = queries.ranges_of(session, consignment_id)
    last = max(vintages[part.vintage_id].last_redemption_on for part in parts)
    return last if last < started_on() else None


def _what_became(settlement: ShortfallSettlement) -> str:
    day = day_short(martinique_day(settlement.settled_at))
    if settlement.settlement == Settlement.FOUND:
        return f"retrouvé par le destinataire le {day}"
    return f"revenu au stock le {day}"


@bp.get("/dotations/<uuid:consignment_id>/bordereau.pdf")
def slip_of(consignment_id: UUID) -> ResponseReturnValue:
    """The slip that travels with the booklets."""
    check(Right.SEE_ALLOCATIONS)

    def work(session: Session) -> tuple[bytes, str]:
        data = holdings.slip_of(session, actor=current_actor(), consignment_id=consignment_id)
        return slip(data, specimen=programmes.is_demonstration(session)), data.number

    content, number = in_transaction(work)
    return download(content, f"{number}.pdf", PDF)


RECEIVED = "La réception est signée : les carnets sont dans votre stock."
RECEIVED_IN_PART = (
    "La réception est signée. Ce qui manque reste en route, et l’envoyeur en répond jusqu’à ce "
    "qu’il soit retrouvé."
)


@bp.route("/dotations/<uuid:consignment_id>/reception", methods=["GET", "POST"])
def receive(consignment_id: UUID) -> ResponseReturnValue:
    """Count what arrived, and sign."""
    check(Right.CONFIRM_RECEIPT)
    page = in_transaction(lambda session: _consignment_page(session, consignment_id))
    if not page.may_receive and request.method == "GET":
        return render_template("custody/consignment.html", page=page)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":

        def act(session: Session) -> ConsignmentAnswer:
            note_uncounted(session, consignment_id, form)
            missing, damaged = (ranges(session, form, name) for name in ("manquants", "abimes"))
            if not form.checked("compte"):
                form.wrong("compte", "Cochez que vous avez compté : la signature est définitive.")
            form.check()
            return custody.confirm_receipt(
                session,
                actor=current_actor(),
                receipt_id=form.id,
                consignment_id=consignment_id,
                missing=missing,
                damaged=damaged,
                note=form.text("remarque") or None,
                now=started_at(),
            )

        if form.submit(act) is not None:
            lacks = bool(form.text("manquants"))
            return done(
                url_for(".consignment", consignment_id=consignment_id),
                (RECEIVED_IN_PART if lacks else RECEIVED)
                + in_transaction(lambda session: twice_said(session, form, "comptes")),
            )
    return render_template("custody/receive.html", page=page, form=form), form.status


def note_uncounted(session: Session, consignment_id: UUID, form: Form) -> None:
    """After a count cover by cover: name what was not there, for the person to look at again."""
    counted, missing = (ranges(session, form, name) for name in ("comptes", "manquants"))
    form.check()
    if not counted:
        return
    left = custody.left_uncounted(
        session,
        actor=current_actor(),
        consignment_id=consignment_id,
        counted=counted,
        missing=missing,
    )
    if not left:
        return
    lots = holdings.lots_of(session, left)
    lines = (lot.first if lot.first == lot.last else f"{lot.first} à {lot.last}" for lot in lots)
    named = "\n".join(filter(None, (form.text("manquants"), *lines)))
    form.typed |= {"manquants": [named], "compte": [""]}
    form.wrong(
        "manquants",
        f"{booklets_said(len(left))} de ce bordereau {plural_of(len(left))} : relisez la liste "
        "ci-dessous. Ce que vous retrouvez passe dans les carnets comptés ; puis signez.",
    )


def plural_of(number: int) -> str:
    """« n’est pas compté », « ne sont pas comptés »."""
    return "ne sont pas comptés" if number > 1 else "n’est pas compté"


@bp.route("/dotations/<uuid:consignment_id>/annulation", methods=["GET", "POST"])
def cancel(consignment_id: UUID) -> ResponseReturnValue:
    """Call back what nobody has signed for."""
    check(Right.SEND_BOOKLETS)
    page = in_transaction(lambda session: _consignment_page(session, consignment_id))
    if not page.may_cancel and request.method == "GET":
        return render_template("custody/consignment.html", page=page)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":

        def act(session: Session) -> ConsignmentAnswer:
            if not form.text("motif"):
                form.wrong("motif", "Dites pourquoi, en quelques mots.")
            if not form.checked("revenus"):
                form.wrong("revenus", "Cochez que vous avez ces carnets sous les yeux.")
            form.check()
            return custody.cancel_consignment(
                session,
                actor=current_actor(),
                cancellation_id=form.id,
                consignment_id=consignment_id,
                reason=form.text("motif"),
                now=started_at(),
            )

        if form.submit(act) is not None:
            return done(
                url_for(".consignment", consignment_id=consignment_id),
                "Le retour est annulé : ses carnets sont de nouveau chez l’envoyeur."
                if page.consignment.kind == ConsignmentKind.RETURN
                else "L’envoi est annulé : ses carnets sont revenus au stock de la collectivité.",
            )
    return render_template("custody/cancel.html", page=page, form=form), form.status


@bp.route("/dotations/<uuid:consignment_id>/manquants", methods=["GET", "POST"])
def settle(consignment_id: UUID) -> ResponseReturnValue:
    """Say what became of missing booklets."""
    check(Right.CONFIRM_RECEIPT)
    page = in_transaction(lambda session: _consignment_page(session, consignment_id))
    if not (page.may_find or page.may_take_back) and request.method == "GET":
        return render_template("custody/consignment.html", page=page)
    choices = (
        *((Choice("found", "Le destinataire les a retrouvés"),) if page.may_find else ()),
        *((Choice("returned", "Ils sont revenus au stock"),) if page.may_take_back else ()),
    )
    form = Form.sent() if request.method == "POST" else Form.blank(suite=only(choices))
    if request.method == "POST":

        def act(session: Session) -> ShortfallSettlement:
            settlement = form.choice("suite", Settlement, "Dites ce qu’ils sont devenus.")
            booklets = [BookletRange(number, number) for number in form.texts("carnets")]
            if not booklets:
                form.wrong("carnets", "Cochez au moins un carnet.")
            form.check()
            return custody.settle_shortfall(
                session,
                actor=current_actor(),
                settlement_id=form.id,
                consignment_id=consignment_id,
                settlement=settlement,
                booklets=booklets,
                now=started_at(),
            )

        if (made := form.submit(act)) is not None:
            where = "chez le destinataire" if made.settlement == Settlement.FOUND else "au stock"
            return done(
                url_for(".consignment", consignment_id=consignment_id),
                f"C’est noté : ces carnets sont {where}. Ceux qui manquent encore sont en route.",
            )
    booklets = tuple(Choice(number, number) for number in page.still_missing)
    return (
        render_template(
            "custody/settle.html", page=page, form=form, choices=choices, booklets=booklets
        ),
        form.status,
    )
