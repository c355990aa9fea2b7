"""Hand-overs as pages: a person, their need, booklets and a place; then what was done.

Between the steps nothing is kept but the person, who is registered at the first: what was typed
travels in the form (decision 0022), never in an address.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import RIGHTS, Right, Role
from app.kernel.clock import martinique_day
from app.kernel.communes import COMMUNES
from app.kernel.errors import InvalidInput
from app.kernel.money import NO_BREAK
from app.kernel.serials import BookletNumber
from app.kernel.text import read_day
from app.mediators.rules import FRENCH_SERVICE, Service
from app.partners import queries as partners
from app.prescribers import letters, people, prescriptions, queries, referrals
from app.prescribers.errors import EntitlementExceeded, LikelyDuplicate, RenewalTooEarly
from app.prescribers.models import Beneficiary, BeneficiaryIdentity, Prescription, PrescriptionUndo
from app.prescribers.papers import commitment_form, orientation_letter
from app.prescribers.people import Person
from app.prescribers.prescriptions import Reasons, alike_in_words
from app.prescribers.queries import Filters
from app.prescribers.rules import (
    ENGAGEMENTS,
    FRENCH_COMMITMENT,
    FRENCH_DUPLICATE_REASON,
    FRENCH_EXCEPTION_REASON,
    FRENCH_NEED,
    FRENCH_RENEWAL_REASON,
    FRENCH_UNDO_REASON,
    QUESTION_SETS,
    QUESTIONS,
    Commitment,
    DuplicateReason,
    ExceptionReason,
    Need,
    RenewalReason,
    UndoReason,
)
from app.prescribers.views import prescriptions_shown
from app.programmes import queries as programmes
from app.programmes.errors import UnknownVintage
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.vouchers.service import read_serial
from app.web.api import Json
from app.web.auth import check, current_actor, started_at
from app.web.downloads import PDF, download
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("handover_pages", __name__)

PAGE = 25
T = TypeVar("T")
APART = {
    "renewal": "Renouvellements",
    "exception": "Exceptions",
    "duplicate": "Doublons probables passés outre",
    "undone": "Remises annulées",
}


def choices(french: dict[T, str]) -> tuple[Choice, ...]:
    """A list to choose from."""
    return tuple(Choice(str(value), label) for value, label in french.items())


def may(right: Right) -> bool:
    """Whether whoever looks may do that."""
    return right in RIGHTS[current_actor().role]


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


@dataclass(frozen=True, slots=True)
class ListPage:
    """Hand-overs, the latest first, and the filters that stay in the address."""

    rows: tuple[Row, ...]
    public: str
    publics: tuple[Choice, ...]
    apart: str
    aparts: tuple[Choice, ...]
    since: str
    until: str
    filtered: bool
    more: str
    may_issue: bool


@bp.get("/remises")
def listed() -> ResponseReturnValue:
    """The hand-overs of one's own prescriber, or of all for the coordination."""
    check(Right.SEE_PRESCRIPTIONS)
    asked = {
        name: request.args.get(name, "").strip()[:40] for name in ("public", "a-part", "du", "au")
    }

    def work(session: Session) -> ListPage:
        actor = current_actor()
        filters = Filters(
            prescriber_id=actor.scope,
            public=asked["public"] if asked["public"] in set(Public) else None,
            since=read_day(asked["du"]),
            until=read_day(asked["au"]),
            apart=asked["a-part"] if asked["a-part"] in APART else None,
        )
        before = _before(session)
        found = queries.latest_prescriptions(session, filters, before=before, limit=PAGE + 1)
        kept = {name: value for name, value in asked.items() if value}
        return ListPage(
            rows=rows_of(session, found[:PAGE]),
            public=asked["public"],
            publics=choices(FRENCH_PUBLIC),
            apart=asked["a-part"],
            aparts=choices(APART),
            since=asked["du"],
            until=asked["au"],
            filtered=bool(kept),
            more=f"{url_for('.listed')}?{urlencode({**kept, 'avant': found[PAGE - 1].number})}"
            if len(found) > PAGE
            else "",
            may_issue=may(Right.ISSUE_BOOKLETS),
        )

    return render_template("handovers/list.html", page=in_transaction(work))


def _before(session: Session) -> Prescription | None:
    number = request.args.get("avant", "")[:40]
    found = queries.prescription_by_number(session, number) if number else None
    return found if found and current_actor().sees(found.prescriber_id) else None


def rows_of(session: Session, found: list[Prescription]) -> tuple[Row, ...]:
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
        for one in prescriptions_shown(session, found)
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


# ── Step 1: the person ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Who is in front of the agent: found by name, or registered."""

    communes: tuple[Choice, ...]
    publics: tuple[Choice, ...]
    searched: str
    found: tuple[tuple[Beneficiary, BeneficiaryIdentity], ...]


@bp.route("/remises/nouvelle", methods=["GET", "POST"])
def person() -> ResponseReturnValue:
    """A person known by name, or a new one. Names are typed in forms only."""
    check(Right.ISSUE_BOOKLETS)
    form = Form.sent() if request.method == "POST" else Form.blank()
    searching = form.text("geste") == "chercher"
    if (
        request.method == "POST"
        and not searching
        and (made := form.submit(lambda session: _register(session, form))) is not None
    ):
        return done(
            url_for(".need", beneficiary_id=made.id),
            "La personne est notée. Évaluez maintenant son besoin avec elle.",
        )
    typed = form.text("recherche")[:80] if searching else ""
    page = in_transaction(
        lambda session: PersonPage(
            communes=tuple(Choice(c.name, c.name) for c in COMMUNES),
            publics=choices(FRENCH_PUBLIC),
            searched=typed,
            found=tuple(people.found_by_name(session, actor=current_actor(), typed=typed)),
        )
    )
    return render_template(
        "handovers/person.html", page=page, form=form, french_public=FRENCH_PUBLIC
    ), form.status


def _register(session: Session, form: Form) -> Beneficiary:
    year = form.integer("birth_year", "Écrivez l’année de naissance, en quatre chiffres.")
    public = form.choice("public", Public, "Choisissez sa situation.")
    form.check()
    return people.register_beneficiary(
        session,
        actor=current_actor(),
        beneficiary_id=form.id,
        public=public,
        person=Person(
            form.text("surname"),
            form.text("first_name"),
            year,
            form.text("commune"),
            form.text("phone") or None,
            form.text("email") or None,
        ),
        now=started_at(),
    )


# ── Steps 2 and 3: the need, the booklets and the place ───────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StepPage:
    """A person, what they have received, and who is alike."""

    id: UUID
    name: str
    birth_year: int
    commune: str
    public: str
    declares: bool
    rights: str
    needs_renewal: bool
    needs_exception: bool
    passes_left: int
    alike: tuple[str, ...]
    need: str = ""
    services: tuple[str, ...] = ()
    places: tuple[referrals.Choice, ...] = ()


@bp.route("/remises/nouvelle/<uuid:beneficiary_id>/besoin", methods=["GET", "POST"])
def need(beneficiary_id: UUID) -> ResponseReturnValue:
    """The assessment and the commitment; a POST comes back from the next step."""
    check(Right.ISSUE_BOOKLETS)
    form = Form.sent() if request.method == "POST" else Form.blank()
    return need_page(beneficiary_id, form)


def need_page(beneficiary_id: UUID, form: Form) -> ResponseReturnValue:
    """The page of the assessment, with what was answered."""
    page = in_transaction(lambda session: step_page(session, beneficiary_id))
    return render_template(
        "handovers/need.html",
        page=page,
        form=form,
        questions=QUESTIONS.questions,
        engagements=ENGAGEMENTS,
        commitments=choices(FRENCH_COMMITMENT),
    ), form.status


@bp.get("/remises/nouvelle/<uuid:beneficiary_id>/carnet")
def booklet_again(beneficiary_id: UUID) -> ResponseReturnValue:
    """The last step is reached by the one before."""
    return redirect(url_for(".need", beneficiary_id=beneficiary_id))


@bp.post("/remises/nouvelle/<uuid:beneficiary_id>/carnet")
def booklet(beneficiary_id: UUID) -> ResponseReturnValue:
    """Booklets and a place; then the act."""
    check(Right.ISSUE_BOOKLETS)
    form = Form.sent()
    answers = answered(form)
    committed = commitment_of(form)
    if form.errors:
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
        return need_page(beneficiary_id, form)
    if form.text("etape") == "carnet":
        act = _act(beneficiary_id, form, answers, committed)
        if (made := form.submit(act)) is not None:
            return done(
                url_for(".shown", prescription_id=made.id),
                f"La remise {made.number} est enregistrée. Imprimez la lettre et donnez-la.",
            )
    page = in_transaction(lambda session: step_page(session, beneficiary_id, answers))
    return render_template(
        "handovers/booklet.html",
        page=page,
        form=form,
        duplicates=choices(FRENCH_DUPLICATE_REASON),
        renewals=choices(FRENCH_RENEWAL_REASON),
        exceptions=choices(FRENCH_EXCEPTION_REASON),
        kept=kept_fields(form),
    ), form.status


def answered(form: Form) -> str:
    """One figure a question; a question without its answer is said."""
    figures = []
    for place, question in enumerate(QUESTIONS.questions):
        typed = form.text(f"q{place}")
        if typed not in {"0", "1", "2"}:
            form.wrong(f"q{place}", f"« {question.words} » : cochez une des trois réponses.")
        figures.append(typed)
    return "".join(figures)


def commitment_of(form: Form) -> Commitment:
    """How the person signed; on screen, every box is ticked before the agent, who attests it."""
    way = form.choice("signature", Commitment, "Dites comment la personne a signé.")
    if way is Commitment.SCREEN and len(form.texts("engagement")) < len(ENGAGEMENTS):
        form.wrong("engagement", "À l’écran, la personne coche chaque engagement devant vous.")
    if not form.checked("atteste"):
        form.wrong("atteste", "Cochez que la personne s’est engagée devant vous.")
    return way


def kept_fields(form: Form) -> tuple[tuple[str, str], ...]:
    """What was said of the need, carried along in hidden fields."""
    names = [f"q{place}" for place in range(len(QUESTIONS.questions))]
    names += ["signature", "engagement", "atteste", "declares"]
    return tuple((name, value) for name in names for value in form.texts(name))


def _act(
    beneficiary_id: UUID, form: Form, answers: str, committed: Commitment
) -> Callable[[Session], Prescription]:
    def act(session: Session) -> Prescription:
        typed = [one for one in re.split(r"[\n,;]+", form.text("carnets")) if one.strip()]
        if not typed:
            form.wrong("carnets", "Scannez ou tapez le numéro d’au moins un carnet.")
        mediator = form.uuid("lieu", "Choisissez où la personne ira.")
        form.check()
        try:
            return prescriptions.issue_booklets(
                session,
                actor=current_actor(),
                prescription_id=form.id,
                programme_id=programme_of(session, typed[0]),
                beneficiary_id=beneficiary_id,
                booklets=typed,
                referred_to_id=mediator,
                answers=answers,
                commitment=committed,
                declares_no_other_pass=form.checked("declares"),
                reasons=Reasons(
                    _reason(form, "doublon", DuplicateReason),
                    _reason(form, "renouvellement", RenewalReason),
                    _reason(form, "exception", ExceptionReason),
                ),
                now=started_at(),
            )
        except LikelyDuplicate as refusal:
            raise InvalidInput(doublon=refusal.message) from refusal
        except RenewalTooEarly as refusal:
            raise InvalidInput(renouvellement=refusal.message) from refusal
        except EntitlementExceeded as refusal:
            raise InvalidInput(exception=refusal.message) from refusal

    return act


ReasonT = TypeVar("ReasonT", DuplicateReason, RenewalReason, ExceptionReason)


def _reason(form: Form, name: str, among: type[ReasonT]) -> ReasonT | None:
    typed = form.text(name)
    return among(typed) if typed in set(among) else None


def programme_of(session: Session, typed: str) -> UUID:
    """The programme of a booklet: nobody chooses it, the paper says it.

    Raises:
        NotASerialNumber, MistypedSerial, UnknownVintage.
    """
    read = read_serial(typed)
    label = read.vintage_label if isinstance(read, BookletNumber) else read.booklet.vintage_label
    terms = programmes.vintage_by_label(session, label)
    if terms is None:
        raise UnknownVintage
    return terms.programme_id


def step_page(session: Session, beneficiary_id: UUID, answers: str = "") -> StepPage:
    """What both steps say of the person, and after the assessment, where they may go."""
    actor, now = current_actor(), started_at()
    known = people.known_beneficiary(session, actor=actor, beneficiary_id=beneficiary_id)
    who = queries.identity(session, beneficiary_id)
    position = prescriptions.position_of(session, known, on=martinique_day(now))
    alike = people.likely_duplicates(session, actor=actor, beneficiary_id=beneficiary_id)
    return StepPage(
        id=beneficiary_id,
        name=f"{who.first_name} {who.surname}" if who else "",
        birth_year=who.birth_year if who else 0,
        commune=who.commune if who else "",
        public=FRENCH_PUBLIC[Public(known.public)],
        declares=known.public == Public.REGISTERED_JOB_SEEKER,
        rights=position.in_words if position else "Aucun carnet prévu pour ce public.",
        needs_renewal=bool(position and position.renewing and position.passes_left),
        needs_exception=bool(position and position.beyond),
        passes_left=position.passes_left if position else 0,
        alike=tuple(map(alike_in_words, alike)),
        need=FRENCH_NEED[QUESTIONS.need(answers)] if answers else "",
        services=tuple(FRENCH_SERVICE[one] for one in QUESTIONS.services(answers))
        if answers
        else (),
        places=tuple(
            referrals.ranked(
                session, actor=actor, beneficiary_id=beneficiary_id, answers=answers, now=now
            )
        )
        if answers
        else (),
    )


@bp.get("/remises/nouvelle/<uuid:beneficiary_id>/engagement.pdf")
def commitment_pdf(beneficiary_id: UUID) -> ResponseReturnValue:
    """The form that a person signs on paper."""
    check(Right.ISSUE_BOOKLETS)
    values = in_transaction(
        lambda session: letters.commitment_of(
            session, actor=current_actor(), beneficiary_id=beneficiary_id, now=started_at()
        )
    )
    return download(commitment_form(values), "engagement.pdf", PDF)


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
    last_day: date
    passes_count: int
    booklets: tuple[Json, ...]
    marks: tuple[str, ...]
    reasons: tuple[str, ...]
    undo: PrescriptionUndo | None
    undo_reason: str
    may_letter: bool
    may_undo: bool


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
    same_day = (actor.agent_id, martinique_day(started_at())) == (
        made.prescribed_by,
        made.prescribed_on,
    )
    return HandoverPage(
        id=made.id,
        number=made.number,
        person=named(session, {made.beneficiary_id}).get(made.beneficiary_id, ""),
        public=FRENCH_PUBLIC[Public(made.public)],
        prescriber=names[made.prescriber_id],
        mediator=names[made.referred_to_id],
        need=FRENCH_NEED[Need(made.need)],
        services=tuple(FRENCH_SERVICE[Service(one)] for one in services),
        commitment=FRENCH_COMMITMENT[Commitment(made.commitment)],
        day=made.prescribed_on,
        last_day=min(one.valid_until for one in booklets),
        passes_count=sum(one.booklet_size for one in booklets),
        booklets=tuple(told["booklets"]),
        marks=marks_of(told),
        reasons=reasons_of(told),
        undo=undo,
        undo_reason=FRENCH_UNDO_REASON[UndoReason(undo.reason)] if undo else "",
        may_letter=may(Right.SEE_BENEFICIARIES) and undo is None,
        may_undo=undo is None
        and may(Right.UNDO_PRESCRIPTION)
        and (actor.role is Role.COORDINATOR or same_day),
    )


def reasons_of(told: Json) -> tuple[str, ...]:
    """Each reason that was given to go on, as a sentence."""
    return tuple(
        f"{words} : {french[told[name]]}."
        for words, name, french in (
            ("Doublon probable", "duplicate_reason", FRENCH_DUPLICATE_REASON),
            ("Renouvellement", "renewal_reason", FRENCH_RENEWAL_REASON),
            ("Exception", "exception_reason", FRENCH_EXCEPTION_REASON),
        )
        if told[name] is not None
    )


@bp.get("/remises/<uuid:prescription_id>/lettre.pdf")
def letter_pdf(prescription_id: UUID) -> ResponseReturnValue:
    """The orientation letter."""
    return letter(prescription_id, large=False)


@bp.get("/remises/<uuid:prescription_id>/lettre-gros-caracteres.pdf")
def large_letter_pdf(prescription_id: UUID) -> ResponseReturnValue:
    """The orientation letter in large print."""
    return letter(prescription_id, large=True)


def letter(prescription_id: UUID, *, large: bool) -> ResponseReturnValue:
    """The letter as a file named by the number of the hand-over."""
    check(Right.SEE_BENEFICIARIES)
    values = in_transaction(
        lambda session: letters.letter_of(
            session,
            actor=current_actor(),
            prescription_id=prescription_id,
            help_line=current_settings().help_line,
            now=started_at(),
        )
    )
    return download(orientation_letter(values, large=large), f"lettre-{values.number}.pdf", PDF)


@bp.route("/remises/<uuid:prescription_id>/annuler", methods=["GET", "POST"])
def undo(prescription_id: UUID) -> ResponseReturnValue:
    """Take a hand-over back, for a reason."""
    check(Right.UNDO_PRESCRIPTION)
    form = Form.sent() if request.method == "POST" else Form.blank()

    def act(session: Session) -> PrescriptionUndo:
        why = form.choice("raison", UndoReason, "Choisissez pourquoi.")
        form.check()
        return prescriptions.undo_prescription(
            session,
            actor=current_actor(),
            undo_id=form.id,
            prescription_id=prescription_id,
            reason=why,
            now=started_at(),
        )

    if request.method == "POST" and form.submit(act) is not None:
        return done(
            url_for(".shown", prescription_id=prescription_id),
            "La remise est annulée. Remettez le carnet dans votre stock.",
        )
    page = in_transaction(lambda session: handover_page(session, prescription_id))
    return render_template(
        "handovers/undo.html", page=page, form=form, reasons=choices(FRENCH_UNDO_REASON)
    ), form.status
