"""What every page that hands a booklet over says and does: in three steps, or again in two clicks.

Who the person is and what they may receive, where they may go, and the act with what is refused
beside its field.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity import drafts
from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.ledger import AccountKind
from app.mediators.rules import FRENCH_SERVICE
from app.prescribers import people, prescriptions, queries, referrals
from app.prescribers.allocations import named_booklet
from app.prescribers.custody_queries import Held
from app.prescribers.errors import (
    DeclarationMissing,
    EntitlementExceeded,
    LateHandOver,
    LikelyDuplicate,
    LossNotDeclared,
    PassesStillAccepted,
    RenewalTooEarly,
    UnknownBeneficiary,
)
from app.prescribers.holdings import booklets_held
from app.prescribers.models import Beneficiary, Prescription
from app.prescribers.people import Person
from app.prescribers.positions import Position, position_of
from app.prescribers.prescriptions import Reasons, alike_in_words
from app.prescribers.rules import (
    ENGAGEMENTS,
    FRENCH_DUPLICATE_REASON,
    FRENCH_EXCEPTION_REASON,
    FRENCH_LATE_REASON,
    FRENCH_NEED,
    FRENCH_RENEWAL_REASON,
    QUESTIONS,
    Commitment,
    DuplicateReason,
    ExceptionReason,
    LateReason,
    RenewalReason,
    is_late,
)
from app.prescribers.whereabouts import in_lines, live, passes_of
from app.programmes import queries as programmes
from app.programmes.errors import UnknownVintage
from app.programmes.models import VintageTerms
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.vouchers.service import number_not_of_here
from app.web.auth import current_actor, may, started_at
from app.web.forms import Form
from app.web.pages import Choice

T = TypeVar("T")


def choices(french: dict[T, str]) -> tuple[Choice, ...]:
    """A list to choose from."""
    return tuple(Choice(str(value), label) for value, label in french.items())


@dataclass(frozen=True, slots=True)
class StepPage:
    """A person, what they have received, and who is alike."""

    draft_id: UUID
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
    lacking: int
    """The size of the booklets that this public receives, when none is left; else nothing."""
    ends: tuple[str, ...] = ()
    """Until when the booklets in the reader's drawer are of use, one sentence a vintage."""
    late: str = ""
    """Where one of them ends within days: what a late hand-over of it asks for."""
    accepted: tuple[str, ...] = ()
    """What they have that is accepted still, as a declaration of loss reads it."""
    need: str = ""
    services: tuple[str, ...] = ()
    places: tuple[referrals.Choice, ...] = ()


def step_page(
    session: Session, draft_id: UUID, beneficiary_id: UUID, answers: str = ""
) -> StepPage:
    """What both steps say of the person, and after the assessment, where they may go."""
    actor, now = current_actor(), started_at()
    known = people.known_beneficiary(session, actor=actor, beneficiary_id=beneficiary_id)
    who = queries.identity(session, beneficiary_id)
    if who is None:
        raise UnknownBeneficiary
    position = position_of(session, known, on=martinique_day(now))
    alike = people.likely_duplicates(session, actor=actor, beneficiary_id=beneficiary_id)
    held = [
        one for one in booklets_held(session, actor=actor) if one.kind == AccountKind.PRESCRIBER
    ]
    places: Sequence[referrals.Choice] = ()
    if answers:
        places = referrals.ranked(
            session, actor=actor, beneficiary_id=beneficiary_id, answers=answers, now=now
        )
    return StepPage(
        draft_id=draft_id,
        id=beneficiary_id,
        name=f"{who.first_name} {who.surname}",
        birth_year=who.birth_year,
        commune=who.commune,
        public=FRENCH_PUBLIC[Public(known.public)],
        declares=known.public == Public.REGISTERED_JOB_SEEKER,
        rights=position.in_words if position else "Aucun carnet prévu pour ce public.",
        needs_renewal=bool(position and position.renewing and position.passes_left),
        needs_exception=bool(position and position.beyond),
        passes_left=position.passes_left if position else 0,
        alike=tuple(map(alike_in_words, alike)),
        lacking=_lacking(held, position) if position else 0,
        ends=tuple(_ends(session, held, on=martinique_day(now))),
        late=_late(session, held, on=martinique_day(now)),
        accepted=_accepted(session, position) if position else (),
        need=FRENCH_NEED[QUESTIONS.need(answers)] if answers else "",
        services=tuple(FRENCH_SERVICE[one] for one in QUESTIONS.services(answers))
        if answers
        else (),
        places=tuple(places),
    )


def _accepted(session: Session, position: Position) -> tuple[str, ...]:
    if not may(Right.DECLARE_LOSS):
        return ()
    left = live(passes_of(session, position.wholes))
    return in_lines(session, left, position.wholes)


def _lacking(held: Sequence[Held], position: Position) -> int:
    return 0 if position.size in {one.size for one in held} else position.size


def _terms_of(session: Session, held: Sequence[Held]) -> list[VintageTerms]:
    """The vintages of a drawer, the one that ends first on top."""
    vintages = programmes.all_vintages(session)
    found = (vintages[vintage_id] for vintage_id in {one.vintage_id for one in held})
    return sorted(found, key=lambda terms: (terms.valid_until, terms.label))


def _ends(session: Session, held: Sequence[Held], *, on: date) -> Iterator[str]:
    for terms in _terms_of(session, held):
        day = f"{terms.valid_until:%d/%m/%Y}"
        if terms.valid_until < on:
            yield f"Les pass du {terms.label} ne se remettent plus depuis le {day}."
        else:
            yield f"Les pass du {terms.label} sont valables jusqu’au {day}."


def _late(session: Session, held: Sequence[Held], *, on: date) -> str:
    """What is asked of who hands out, in its last days, the vintage of the drawer that ends first.

    A booklet is named afterwards: it may be of another vintage, and then nothing is asked.
    """
    for terms in _terms_of(session, held):
        settings = programmes.settings_on(session, terms.programme_id, on)
        days = (terms.valid_until - on).days
        if settings is None or days < 0:
            continue
        if is_late(terms.valid_until, late_days=settings.late_days_before_end, on=on):
            when = "aujourd’hui" if days == 0 else f"dans {days} jour{'s' if days > 1 else ''}"
            return f"Ceux du {terms.label} finissent {when} : une remise tardive se justifie."
    return ""


def person_typed(form: Form) -> Person:
    """Who a form says that somebody is."""
    return Person(
        form.text("surname"),
        form.text("first_name"),
        form.integer("birth_year", "Écrivez l’année de naissance, en quatre chiffres."),
        form.text("commune"),
        form.text("phone") or None,
        form.text("email") or None,
    )


def check_need(form: Form, person: Beneficiary) -> None:
    """Note everything that step 2 asks and that is missing."""
    for place, question in enumerate(QUESTIONS.questions):
        if form.text(f"q{place}") not in {"0", "1", "2"}:
            form.wrong(f"q{place}", f"« {question.words} » : cochez une des trois réponses.")
    check_commitment(form, person)


def check_commitment(form: Form, person: Beneficiary) -> None:
    """Note what is missing of the commitment, and of what a registered job seeker declares."""
    way = form.choice("signature", Commitment, "Dites comment la personne a signé.")
    if way is Commitment.SCREEN and len(form.texts("engagement")) < len(ENGAGEMENTS):
        form.wrong("engagement", "À l’écran, la personne coche chaque engagement devant vous.")
    if person.public == Public.REGISTERED_JOB_SEEKER and not form.checked("declares"):
        form.wrong("declares", DeclarationMissing().message)
    if not form.checked("atteste"):
        form.wrong("atteste", "Cochez que la personne s’est engagée devant vous.")


@dataclass(frozen=True, slots=True)
class Said:
    """What the person has said, and how they committed."""

    answers: str
    commitment: Commitment
    declares_no_other_pass: bool


def booklets_typed(form: Form) -> list[str]:
    """The booklets of the field, one a line or between commas."""
    return [one.strip() for one in re.split(r"[\n,;]+", form.text("carnets")) if one.strip()]


REASONS = {
    "doublon": choices(FRENCH_DUPLICATE_REASON),
    "renouvellement": choices(FRENCH_RENEWAL_REASON),
    "exception": choices(FRENCH_EXCEPTION_REASON),
    "tardive": choices(FRENCH_LATE_REASON),
}
"""The reasons to go on, by field."""
FIELD_OF: tuple[tuple[type[DomainError], str], ...] = (
    (LikelyDuplicate, "doublon"),
    (RenewalTooEarly, "renouvellement"),
    (PassesStillAccepted, "renouvellement"),
    (EntitlementExceeded, "exception"),
    (LossNotDeclared, "exception"),
    (LateHandOver, "tardive"),
)
"""Beside which field a refusal stands; the others are about the booklets."""


def hand_over(
    beneficiary_id: UUID, form: Form, said: Callable[[], Said]
) -> Callable[[Session], Prescription]:
    """The act of a form, for `Form.submit`; everything that is refused is told at once."""

    def act(session: Session) -> Prescription:
        actor, now, typed = current_actor(), started_at(), booklets_typed(form)
        reasons = Reasons(
            _reason(form, "doublon", DuplicateReason),
            _reason(form, "renouvellement", RenewalReason),
            _reason(form, "exception", ExceptionReason),
            _reason(form, "tardive", LateReason),
        )
        if not typed:
            form.wrong("carnets", "Scannez la couverture, ou tapez le numéro d’au moins un carnet.")
        about_booklets = []
        for refusal in prescriptions.what_stands_in_the_way(
            session,
            actor=actor,
            beneficiary_id=beneficiary_id,
            booklets=typed,
            reasons=reasons,
            now=now,
        ):
            field = next((name for kind, name in FIELD_OF if isinstance(refusal, kind)), "")
            if field:
                form.wrong(field, refusal.message)
            elif refusal.message not in about_booklets:
                about_booklets.append(refusal.message)
        if about_booklets:
            form.wrong("carnets", " ".join(about_booklets))
        mediator = form.uuid("lieu", "Choisissez avec la personne où elle ira.")
        form.check()
        told = said()
        made = prescriptions.issue_booklets(
            session,
            actor=actor,
            prescription_id=form.id,
            programme_id=programme_of(session, typed[0]),
            beneficiary_id=beneficiary_id,
            booklets=typed,
            referred_to_id=mediator,
            answers=told.answers,
            commitment=told.commitment,
            declares_no_other_pass=told.declares_no_other_pass,
            reasons=reasons,
            now=now,
        )
        drafts.forget_draft(session, draft_id=form.id, agent_id=actor.agent_id)
        return made

    return act


ReasonT = TypeVar("ReasonT", DuplicateReason, RenewalReason, ExceptionReason, LateReason)


def _reason(form: Form, name: str, among: type[ReasonT]) -> ReasonT | None:
    typed = form.text(name)
    return among(typed) if typed in set(among) else None


def programme_of(session: Session, typed: str) -> UUID:
    """The programme of a booklet: nobody chooses it, the paper says it.

    Raises:
        NotABookletNumber, MistypedSerial, MistypedCoverCode, UnknownCover, UnknownVintage.
    """
    number = named_booklet(session, typed)
    terms = programmes.vintage_by_label(session, number.vintage_label)
    if terms is None:
        raise number_not_of_here(session, number, UnknownVintage())
    return terms.programme_id
