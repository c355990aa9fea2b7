"""Hand-overs as pages: a person, their need, booklets and a place; then what was done.

Between the steps nothing is kept but the person, who is registered at the first: what was typed
travels in the form (decision 0022), never in an address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.money import NO_BREAK
from app.ledger import AccountKind
from app.mediators.rules import FRENCH_SERVICE, Service
from app.papers.sheets import Kind
from app.partners import queries as partners
from app.prescribers import prescriptions, queries, undoing
from app.prescribers.handover_drafts import Unfinished, unfinished
from app.prescribers.handover_parts import choices
from app.prescribers.holdings import booklets_held
from app.prescribers.letter_files import letter_file
from app.prescribers.models import Prescription, PrescriptionUndo
from app.prescribers.positions import used_up
from app.prescribers.queries import Filters
from app.prescribers.rules import (
    FRENCH_COMMITMENT,
    FRENCH_DUPLICATE_REASON,
    FRENCH_EXCEPTION_REASON,
    FRENCH_LATE_REASON,
    FRENCH_NEED,
    FRENCH_RENEWAL_REASON,
    FRENCH_UNDO_REASON,
    QUESTION_SETS,
    Commitment,
    Need,
    UndoReason,
)
from app.prescribers.views import prescriptions_shown
from app.prescribers.whereabouts import Fate, fate_of
from app.programmes import queries as programmes
from app.programmes.queries import is_demonstration
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.web.api import Json
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.forms import Form, done
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("handover_pages", __name__)

APART = {
    "renewal": "Renouvellements",
    "exception": "Exceptions",
    "duplicate": "Doublons probables passés outre",
    "late": "Remises tardives",
    "undone": "Remises annulées",
}


# ── The list ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Row:
    """A hand-over in the list; without a name for whoever is not its prescriber."""

    id: UUID
    number: str
    person: str
    prescriber: str
    public: str
    day: date
    booklets: str
    marks: tuple[str, ...]
    undone: bool

    @property
    def said(self) -> tuple[str, ...]:
        """What sets it apart, for a file."""
        return (*(("Annulée",) if self.undone else ()), *self.marks)


@dataclass(frozen=True, slots=True)
class ListPage:
    """Hand-overs, the latest first, and the filters that stay in the address."""

    list: Listed[Row]
    publics: tuple[Choice, ...]
    aparts: tuple[Choice, ...]
    prescribers: tuple[Choice, ...]
    """Whose hand-overs may be asked for, by those who see more than their own."""
    may_issue: bool
    unfinished: tuple[Unfinished, ...]
    """The agent's own hand-overs that are under way."""


def rows_of(session: Session, found: Sequence[Prescription]) -> tuple[Row, ...]:
    """Hand-overs as lines."""
    names = partners.organisation_names(session, {one.prescriber_id for one in found})
    who = named(session, {one.beneficiary_id for one in found})
    return tuple(
        Row(
            id=one["id"],
            number=one["number"],
            person=who.get(one["beneficiary_id"], ""),
            prescriber=names[one["prescriber_id"]],
            public=FRENCH_PUBLIC[Public(one["public"])],
            day=one["prescribed_on"],
            booklets=", ".join(
                booklet["number"].replace(" ", NO_BREAK) for booklet in one["booklets"]
            ),
            marks=marks_of(one),
            undone=one["undone_at"] is not None,
        )
        for one in prescriptions_shown(session, list(found))
    )


def marks_of(shown: Json) -> tuple[str, ...]:
    """What sets a hand-over apart, in a word each."""
    tiers = {booklet["tier"] for booklet in shown["booklets"]}
    return tuple(
        words
        for words, holds in (
            ("Renouvellement", "renewal" in tiers),
            ("Exception", "exception" in tiers),
            ("Doublon probable", shown["duplicate_reason"] is not None),
            ("Remise tardive", shown["late_reason"] is not None),
        )
        if holds
    )


def named(session: Session, ids: set[UUID]) -> dict[UUID, str]:
    """Names, for those whose people they are; nobody else ever sees one."""
    if not may(Right.SEE_BENEFICIARIES):
        return {}
    return {
        id_: f"{who.first_name} {who.surname}"
        for id_, who in queries.identities(session, ids).items()
    }


def _prescribers(session: Session) -> dict[str, str]:
    if current_actor().scope is not None:
        return {}
    return {str(one): name for one, name in queries.prescribers(session)}


def _found(session: Session, form: Form, place: Place) -> list[Prescription]:
    chosen = form.among("prescripteur", {one: UUID(one) for one in _prescribers(session)})
    filters = Filters(
        prescriber_id=current_actor().scope or chosen,
        public=form.among("public", {str(one): str(one) for one in Public}),
        since=form.day_asked("du"),
        until=form.day_asked("au"),
        apart=form.among("a-part", {one: one for one in APART}),
    )
    return queries.latest_prescriptions(session, filters, place)


HANDOVERS = Listing(
    "handover_pages.listed",
    name="remises",
    title="Remises de carnets",
    columns=(
        Column[Row]("Personne", None),
        Column("Remise", lambda row: row.number, width=16),
        Column("Jour", lambda row: row.day, Kind.DAY, "remise"),
        Column("Prescripteur", lambda row: row.prescriber, width=36),
        Column("Public", lambda row: row.public, width=36),
        Column("Carnets", lambda row: row.booklets, width=30),
        Column("À part", lambda row: ", ".join(row.said), width=24, shown=False),
    ),
    filters=("prescripteur", "public", "a-part", "du", "au"),
    found=_found,
    told=rows_of,
    first="-remise",
)
"""Names stay on the page of the person's own prescriber; the file has numbers only."""


@bp.get("/remises")
def listed() -> ResponseReturnValue:
    """The hand-overs of one's own prescriber, or of all for the coordination."""
    check(Right.SEE_PRESCRIPTIONS)
    may_issue = may(Right.ISSUE_BOOKLETS)
    hidden = frozenset({"Prescripteur"} if may_issue else {"Personne"})

    def work(session: Session) -> ListPage:
        return ListPage(
            HANDOVERS.page(session, hidden=hidden),
            publics=choices(FRENCH_PUBLIC),
            aparts=choices(APART),
            prescribers=choices(_prescribers(session)),
            may_issue=may_issue,
            unfinished=unfinished(session) if may_issue else (),
        )

    return render_template("handovers/list.html", page=in_transaction(work))


@bp.get("/remises.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The hand-overs of the address, all of them, without a name."""
    check(Right.SEE_PRESCRIPTIONS)
    return HANDOVERS.file(ending, is_demonstration)


# ── What was done ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class HandoverPage:
    """One hand-over, and what may still be done."""

    id: UUID
    number: str
    person: str
    public: str
    prescriber: str
    mediator: str
    need: str
    services: tuple[str, ...]
    commitment: str
    day: date
    last_day: date | None
    """Of what can be used still; None when nothing can."""
    passes_count: int
    booklets: tuple[tuple[Json, Fate | None], ...]
    """Each with what became of it; nothing of what was taken back, and is somebody else's."""
    state: tuple[str, str]
    marks: tuple[str, ...]
    reasons: tuple[str, ...]
    undo: PrescriptionUndo | None
    undo_reason: str
    beneficiary_id: UUID
    may_letter: bool
    may_correct: bool
    may_declare: bool
    may_replace: bool
    may_renew: bool
    """Not on the day itself: another booklet of the same day is the same hand-over."""
    used_up: bool
    """Whether another booklet would be an exception."""
    drawer_passes: int | None
    """What whoever hands out has left for others, on the day of the hand-over."""
    may_undo: bool
    why_not: str
    """Why whoever looks cannot take it back."""


@bp.get("/remises/<uuid:prescription_id>")
def shown(prescription_id: UUID) -> ResponseReturnValue:
    """One hand-over: what was given, what to print, how to undo."""
    check(Right.SEE_PRESCRIPTIONS)
    page = in_transaction(lambda session: handover_page(session, prescription_id))
    return render_template("handovers/handover.html", page=page)


def handover_page(session: Session, prescription_id: UUID) -> HandoverPage:
    """What the page of a hand-over says."""
    actor = current_actor()
    made = prescriptions.known_prescription(session, actor=actor, prescription_id=prescription_id)
    [told] = prescriptions_shown(session, [made])
    undo = queries.undo_of(session, made.id)
    names = partners.organisation_names(session, {made.prescriber_id, made.referred_to_id})
    booklets = queries.booklets_of(session, made.id)
    services = QUESTION_SETS[made.question_set].services(made.answers)
    fates = [] if undo else [fate_of(session, one) for one in booklets]
    left = [one.account.vintage_id for fate in fates for one in fate.live]
    terms = programmes.all_vintages(session)
    refusal = undoing.why_not(session, actor=actor, made=made, on=started_on())
    person = named(session, {made.beneficiary_id}).get(made.beneficiary_id, "")
    return HandoverPage(
        id=made.id,
        number=made.number,
        person=person,
        public=FRENCH_PUBLIC[Public(made.public)],
        prescriber=names[made.prescriber_id],
        mediator=names[made.referred_to_id],
        need=FRENCH_NEED[Need(made.need)],
        services=tuple(FRENCH_SERVICE[Service(one)] for one in services),
        commitment=FRENCH_COMMITMENT[Commitment(made.commitment)],
        day=made.prescribed_on,
        last_day=min((terms[one].valid_until for one in left), default=None),
        passes_count=sum(one.booklet_size for one in booklets),
        booklets=tuple(zip_longest(told["booklets"], fates)),
        state=("bad", "Annulée") if undo else state_of(fates),
        marks=marks_of(told),
        reasons=reasons_of(told),
        undo=undo,
        undo_reason=FRENCH_UNDO_REASON[UndoReason(undo.reason)] if undo else "",
        beneficiary_id=made.beneficiary_id,
        may_letter=may(Right.SEE_BENEFICIARIES) and undo is None,
        may_correct=bool(person) and may(Right.ISSUE_BOOKLETS),
        may_declare=may(Right.DECLARE_LOSS),
        may_replace=may(Right.REPLACE_PASSES),
        may_renew=may(Right.ISSUE_BOOKLETS)
        and undo is None
        and made.prescribed_on < started_on()
        and queries.identity(session, made.beneficiary_id) is not None,
        drawer_passes=_drawer(session) if made.prescribed_on == started_on() else None,
        used_up=bool(used_up(session, [made.beneficiary_id], on=started_on())),
        may_undo=may(Right.UNDO_PRESCRIPTION) and refusal is None,
        why_not=refusal.message if refusal else "",
    )


def _drawer(session: Session) -> int | None:
    if not may(Right.ISSUE_BOOKLETS):
        return None
    held = booklets_held(session, actor=current_actor())
    return sum(one.size * one.count for one in held if one.kind == AccountKind.PRESCRIBER)


def state_of(fates: Sequence[Fate]) -> tuple[str, str]:
    """The tone and the word for what became of a hand-over that stands."""
    blocked = any(fate.blocked_count or fate.instead_blocked_count for fate in fates)
    if blocked and any(fate.live for fate in fates):
        return "warn", "En partie en opposition"
    if blocked:
        return "bad", "En opposition"
    if all(fate.instead for fate in fates):
        return "ok", "Remplacé"
    return "ok", "Carnet remis"


def reasons_of(told: Json) -> tuple[str, ...]:
    """Each reason that was given to go on, as a sentence."""
    return tuple(
        f"{words} : {french[told[name]]}."
        for words, name, french in (
            ("Doublon probable", "duplicate_reason", FRENCH_DUPLICATE_REASON),
            ("Renouvellement", "renewal_reason", FRENCH_RENEWAL_REASON),
            ("Exception", "exception_reason", FRENCH_EXCEPTION_REASON),
            ("Remise tardive", "late_reason", FRENCH_LATE_REASON),
        )
        if told[name] is not None
    )


@bp.get("/remises/<uuid:prescription_id>/lettre.pdf")
def letter_pdf(prescription_id: UUID) -> ResponseReturnValue:
    """The orientation letter."""
    check(Right.SEE_BENEFICIARIES)
    return letter_file(prescription_id, large=False)


@bp.get("/remises/<uuid:prescription_id>/lettre-gros-caracteres.pdf")
def large_letter_pdf(prescription_id: UUID) -> ResponseReturnValue:
    """The orientation letter in large print."""
    check(Right.SEE_BENEFICIARIES)
    return letter_file(prescription_id, large=True)


@bp.route("/remises/<uuid:prescription_id>/annuler", methods=["GET", "POST"])
def undo(prescription_id: UUID) -> ResponseReturnValue:
    """Take a hand-over back, for a reason."""
    check(Right.UNDO_PRESCRIPTION)
    form = Form.sent() if request.method == "POST" else Form.blank()

    def act(session: Session) -> PrescriptionUndo:
        why = form.choice("raison", UndoReason, "Choisissez pourquoi.")
        form.check()
        return undoing.undo_prescription(
            session,
            actor=current_actor(),
            undo_id=form.id,
            prescription_id=prescription_id,
            reason=why,
            now=started_at(),
        )

    undone = request.method == "POST" and form.submit(act) is not None
    page = in_transaction(lambda session: handover_page(session, prescription_id))
    if undone:
        what = "les carnets" if len(page.booklets) > 1 else "le carnet"
        return done(
            url_for(".shown", prescription_id=prescription_id),
            f"La remise est annulée. Remettez {what} dans votre stock.",
        )
    return render_template(
        "handovers/undo.html", page=page, form=form, reasons=choices(FRENCH_UNDO_REASON)
    ), form.status
