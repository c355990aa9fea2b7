"""Handing booklets to people, within their rights."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.ids import request_hash
from app.kernel.serials import BookletNumber
from app.ledger import chart
from app.prescribers import queries
from app.prescribers.allocations import named_booklet, ranges_of_booklets
from app.prescribers.basis import basis_on
from app.prescribers.errors import (
    AssessmentMissing,
    BookletOfAnotherProgramme,
    BookletsOverlap,
    CommitmentMissing,
    EntitlementExceeded,
    LateHandOver,
    LikelyDuplicate,
    LossNotDeclared,
    NoBookletGiven,
    PassesStillAccepted,
    RenewalTooEarly,
    UnknownPrescription,
    VintageOver,
    WrongBookletSize,
)
from app.prescribers.models import (
    Prescription,
    PrescriptionBooklet,
    PrescriptionDuplicate,
    PrescriptionException,
    PrescriptionLate,
    PrescriptionRenewal,
)
from app.prescribers.people import Alike, known_beneficiary, likely_duplicates
from app.prescribers.positions import rights_of
from app.prescribers.queries import Received
from app.prescribers.rules import (
    QUESTIONS,
    Commitment,
    DuplicateReason,
    ExceptionReason,
    LateReason,
    RenewalReason,
    Rights,
    Tier,
    is_late,
)
from app.prescribers.whereabouts import LOST, in_lines, live, not_in_drawer, passes_of
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.errors import NotEntitled
from app.programmes.models import Entitlement, VintageTerms
from app.programmes.rules import FRENCH_PUBLIC, Validity
from app.programmes.service import known_programme, known_vintage, settings_on
from app.vouchers.models import Booklet
from app.vouchers.service import known_booklet


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why the agent goes on where the rules ask for a reason; what is not asked for is not kept."""

    duplicate: DuplicateReason | None = None
    renewal: RenewalReason | None = None
    exception: ExceptionReason | None = None
    late: LateReason | None = None
    """That the agent accepts to hand over within days of the end, and why."""


NO_REASON = Reasons()


def issue_booklets(
    session: Session,
    *,
    actor: Actor,
    prescription_id: UUID,
    programme_id: UUID,
    beneficiary_id: UUID,
    booklets: Sequence[str],
    referred_to_id: UUID,
    answers: str,
    commitment: Commitment | None,
    declares_no_other_pass: bool,
    now: datetime,
    reasons: Reasons = NO_REASON,
) -> Prescription:
    """Hand booklets to a person, within their rights, and refer them to a mediator.

    Beyond the entitlement come its renewals, once the earlier booklets are used up or for a
    reason; beyond these an exception, for a reason.

    Raises, in this order:
        AssessmentMissing, CommitmentMissing, NoBookletGiven, UnknownProgramme, UnknownBeneficiary.
        DeclarationMissing: a registered job seeker must declare to have no other pass.
        NotASenior, NoAgreementInForce, NoRightToHold, NoLabelInForce (of the mediator).
        SettingsNotYetApply, NotEntitled.
        UnknownBooklet, BookletsOverlap, WrongBookletSize, VintageOver.
        LateHandOver: the passes end within days, and nobody accepted that for a reason.
        EntitlementExceeded, RenewalTooEarly, LikelyDuplicate: no reason was given to go on.
        LossNotDeclared, PassesStillAccepted: the reason is a loss that nobody has declared.
        BookletHandedOver, BookletOnItsWay, BookletBlocked, BookletIncomplete, BookletNotYours: a
            booklet is elsewhere or not whole.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.ISSUE_BOOKLETS)
    numbers = [named_booklet(session, typed) for typed in booklets]
    digest = request_hash(
        "prescription",
        programme=programme_id,
        beneficiary=beneficiary_id,
        booklets=sorted(map(str, numbers)),
        referred_to=referred_to_id,
        answers=answers,
        commitment=commitment,
        declares_no_other_pass=declares_no_other_pass,
        reasons=repr(reasons),
    )
    if record := earlier(session, Prescription, prescription_id, digest):
        return record
    _check_complete(answers, commitment, numbers)
    known_programme(session, programme_id)
    hold(session, "beneficiary", beneficiary_id)
    today = martinique_day(now)
    basis = basis_on(
        session,
        today,
        actor=actor,
        programme_id=programme_id,
        beneficiary_id=beneficiary_id,
        referred_to_id=referred_to_id,
        declares_no_other_pass=declares_no_other_pass,
    )
    settings, entitlement = basis.settings, basis.entitlement
    chosen = _booklets_to_hand_over(session, programme_id, numbers, entitlement.booklet_size, today)
    late = _late_among(chosen, reasons, late_days=settings.late_days_before_end, on=today)
    received = queries.received(session, programme_id, beneficiary_id)
    rights = rights_of(entitlement)
    tiers = rights.tiers(received.count, len(chosen))
    left = _check_rights(session, rights, received, tiers, reasons)
    alike = likely_duplicates(session, actor=actor, beneficiary_id=beneficiary_id)
    _check_alike(alike, reasons)
    lines = _lines_into_circulation(session, actor.organisation_id, chosen)
    record = Prescription(
        id=prescription_id,
        request_hash=digest,
        number=numbering.next_document_number(session, numbering.PRESCRIPTION, today.year),
        programme_id=programme_id,
        beneficiary_id=beneficiary_id,
        prescriber_id=actor.organisation_id,
        prescribed_on=today,
        declares_no_other_pass=declares_no_other_pass,
        question_set=QUESTIONS.version,
        answers=answers,
        need=QUESTIONS.need(answers),
        commitment=commitment,
        referred_to_id=referred_to_id,
        prescribed_by=actor.agent_id,
        prescribed_at=now,
        **basis.columns(),
    )
    session.add(record)
    session.flush()
    asked = Asked(tiers, left, alike, late)
    _keep_reasons(session, record, asked, reasons)
    _keep_booklets(session, record, entitlement, received, chosen, late=late)
    _into_circulation(session, record, lines)
    if who := queries.identity(session, beneficiary_id):
        who.last_contact_on = today
    return record


def _check_complete(
    answers: str, commitment: Commitment | None, numbers: Sequence[BookletNumber]
) -> None:
    """Refuse a hand-over without its questions, its commitment or a booklet."""
    if not QUESTIONS.readable(answers):
        raise AssessmentMissing(count=len(QUESTIONS.questions))
    if commitment is None:
        raise CommitmentMissing
    if not numbers:
        raise NoBookletGiven


def _into_circulation(session: Session, record: Prescription, lines: Sequence[ledger.Line]) -> None:
    """Move the passes into the person's hands, by the prescription."""
    ledger.post(
        session,
        ledger.Act(
            posting_id=record.id,
            kind=ledger.MovementKind.ISSUE,
            document_type="prescription",
            document_id=record.id,
            actor_id=record.prescribed_by,
            occurred_at=record.prescribed_at,
        ),
        lines,
    )


def _lines_into_circulation(
    session: Session, prescriber_id: UUID, chosen: Sequence[tuple[Booklet, VintageTerms]]
) -> list[ledger.Line]:
    """From the prescriber's drawer into somebody's hands, a line for each run of booklets.

    Raises:
        As `not_in_drawer` says why a booklet is elsewhere or not whole.
    """
    ranges = ranges_of_booklets([booklet for booklet, _ in chosen])
    # Two agents may hold the same booklet in hand: the second waits here, then finds it given.
    ledger.lock_vouchers(session, [whole for _, whole in ranges])
    lines = []
    for vintage_id, whole in ranges:
        drawer = chart.prescriber(prescriber_id, vintage_id)
        pocket = chart.circulation(prescriber_id, vintage_id)
        accounts = ledger.accounts(session, [drawer, pocket])
        stray = ledger.first_stray(session, whole, accounts[drawer])
        if stray and (why := not_in_drawer(session, stray.booklet_id, prescriber_id)):
            raise why
        lines.append(
            ledger.Line(ledger.MovementKind.ISSUE, whole, accounts[drawer], accounts[pocket])
        )
    return lines


# ── Rights and reasons ────────────────────────────────────────────────────────────────────────────


def alike_in_words(alike: Alike) -> str:
    """Public, count and date: all that may be told of somebody whom another prescriber met."""
    plural = "s" if alike.booklet_count > 1 else ""
    where = "chez un autre prescripteur" if alike.elsewhere else "chez vous"
    return (
        f"{FRENCH_PUBLIC[alike.public]}, {alike.booklet_count} carnet{plural}, "
        f"le dernier le {alike.last_on:%d/%m/%Y}, {where}"
    )


@dataclass(frozen=True, slots=True)
class Left:
    """What a person has of earlier booklets, when these are renewed."""

    passes: int = 0
    lost: bool = False
    """Whether some were declared lost."""


def _check_rights(
    session: Session,
    rights: Rights,
    received: Received,
    tiers: frozenset[Tier],
    reasons: Reasons,
) -> Left:
    """Refuse a renewal or an exception without its reason; returns what is left before it."""
    _check_exception(session, rights, received, tiers, reasons)
    if Tier.RENEWAL not in tiers:
        return Left()
    states = passes_of(session, received.wholes)
    left = live(states)
    if left and reasons.renewal is None:
        raise RenewalTooEarly(passes_left=len(left))
    if left and reasons.renewal is RenewalReason.LOST:
        lines = in_lines(session, left, received.wholes)
        raise PassesStillAccepted(passes_left=len(left), booklets=", ".join(lines))
    return Left(len(left), lost=any(state.account.kind in LOST for state in states))


def _check_exception(
    session: Session,
    rights: Rights,
    received: Received,
    tiers: frozenset[Tier],
    reasons: Reasons,
) -> None:
    if Tier.EXCEPTION not in tiers:
        return
    if reasons.exception is None:
        raise EntitlementExceeded(
            received=received.count,
            entitled=rights.most,
            left=max(0, rights.most - received.count),
        )
    if reasons.exception is ExceptionReason.LOST:
        states = passes_of(session, received.wholes)
        if not any(state.account.kind in LOST for state in states):
            lines = in_lines(session, live(states), received.wholes)
            raise LossNotDeclared(booklets=", ".join(lines) or "aucun")


def _check_alike(alike: Sequence[Alike], reasons: Reasons) -> None:
    if alike and reasons.duplicate is None:
        raise LikelyDuplicate(alike=" ; ".join(map(alike_in_words, alike)))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a hand-over asks reasons for."""

    tiers: frozenset[Tier]
    left: Left
    alike: Sequence[Alike]
    late: frozenset[int]
    """Booklets whose passes end within days."""


def _keep_reasons(session: Session, record: Prescription, asked: Asked, reasons: Reasons) -> None:
    """Write down each reason that was asked for."""
    if Tier.RENEWAL in asked.tiers:
        # Once all are used or blocked nothing is asked, but a loss that was declared is true.
        asked_for = asked.left.passes or (asked.left.lost and reasons.renewal is RenewalReason.LOST)
        session.add(
            PrescriptionRenewal(
                prescription_id=record.id,
                passes_left=asked.left.passes,
                reason=reasons.renewal if asked_for else None,
            )
        )
    if Tier.EXCEPTION in asked.tiers:
        session.add(PrescriptionException(prescription_id=record.id, reason=reasons.exception))
    if asked.late:
        session.add(PrescriptionLate(prescription_id=record.id, reason=reasons.late))
    if asked.alike:
        session.add(
            PrescriptionDuplicate(
                prescription_id=record.id,
                alike_count=len(asked.alike),
                elsewhere_count=sum(one.elsewhere for one in asked.alike),
                reason=reasons.duplicate,
            )
        )
    session.flush()


def _keep_booklets(
    session: Session,
    record: Prescription,
    entitlement: Entitlement,
    received: Received,
    chosen: Sequence[tuple[Booklet, VintageTerms]],
    *,
    late: frozenset[int],
) -> None:
    """Write down each booklet as the nth of the person's."""
    rights = rights_of(entitlement)
    for place, (booklet, terms) in enumerate(chosen, start=1):
        tier = rights.tier(received.count + place)
        session.add(
            PrescriptionBooklet(
                booklet_id=booklet.id,
                prescription_id=record.id,
                booklet_size=booklet.size,
                vintage_id=terms.vintage_id,
                valid_from=terms.valid_from,
                valid_until=terms.valid_until,
                programme_id=record.programme_id,
                beneficiary_id=record.beneficiary_id,
                public=record.public,
                settings_id=record.settings_id,
                prescribed_on=record.prescribed_on,
                entitled_count=entitlement.booklet_count,
                renewal_count=entitlement.renewal_count,
                ordinal=received.ever + place,
                undone_count=received.undone,
                renewal_id=record.id if tier is Tier.RENEWAL else None,
                exception_id=record.id if tier is Tier.EXCEPTION else None,
                late_id=record.id if booklet.id in late else None,
            )
        )
    session.flush()


# ── Everything that stands in the way, at once ────────────────────────────────────────────────────


def what_stands_in_the_way(
    session: Session,
    *,
    actor: Actor,
    beneficiary_id: UUID,
    booklets: Sequence[str],
    reasons: Reasons,
    now: datetime,
) -> list[DomainError]:
    """Whatever `issue_booklets` would refuse of these booklets and reasons, for a form to show.

    A person who corrects one thing should not then learn of the next. Nothing is written or held:
    the hand-over itself looks again.

    Raises:
        UnknownBeneficiary.
    """
    actor.check(Right.ISSUE_BOOKLETS)
    person = known_beneficiary(session, actor=actor, beneficiary_id=beneficiary_id)
    today = martinique_day(now)
    found: dict[BookletNumber, Booklet] = {}
    refusals = _Refusals()
    for typed in booklets:
        with refusals:
            number = named_booklet(session, typed)
            if number in found:
                raise BookletsOverlap(booklet=str(number))
            found[number] = known_booklet(session, number)
    for number, booklet in found.items():
        terms = known_vintage(session, booklet.vintage_id)
        settings = settings_on(session, terms.programme_id, today)
        entitlement = programmes.entitlement(session, settings.id, person.public)
        with refusals:
            if entitlement is None:
                raise NotEntitled
            # Whose it is comes first: nothing else is told of another's booklet.
            if why := not_in_drawer(session, booklet.id, actor.organisation_id):
                raise why
            _check_size(booklet, number, entitlement.booklet_size)
            _checked_vintage(terms, number, terms.programme_id, today)
            late_days = settings.late_days_before_end
            _late_among([(booklet, terms)], reasons, late_days=late_days, on=today)
        if entitlement is not None and booklet is next(iter(found.values())):
            received = queries.received(session, terms.programme_id, beneficiary_id)
            rights = rights_of(entitlement)
            tiers = rights.tiers(received.count, len(booklets))
            with refusals:
                _check_exception(session, rights, received, tiers, reasons)
            with refusals:
                _check_rights(session, rights, received, tiers - {Tier.EXCEPTION}, reasons)
    with refusals:
        _check_alike(likely_duplicates(session, actor=actor, beneficiary_id=person.id), reasons)
    return refusals.told


class _Refusals:
    """Notes refusals one after the other, and lets the work go on."""

    def __init__(self) -> None:
        self.told: list[DomainError] = []

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Keep a refusal; let anything else through."""
        if isinstance(error, DomainError):
            self.told.append(error)
        return isinstance(error, DomainError)


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────


def known_prescription(session: Session, *, actor: Actor, prescription_id: UUID) -> Prescription:
    """A prescription that is the actor's business; anybody else's looks like none.

    Raises:
        UnknownPrescription.
    """
    prescription = queries.prescription(session, prescription_id)
    if prescription is None or not actor.sees(prescription.prescriber_id):
        raise UnknownPrescription
    return prescription


# ── What is handed over ───────────────────────────────────────────────────────────────────────────


def _booklets_to_hand_over(
    session: Session,
    programme_id: UUID,
    numbers: Sequence[BookletNumber],
    size: int,
    today: date,
) -> list[tuple[Booklet, VintageTerms]]:
    """The booklets named, each once, of the right size and validity, sorted by id."""
    chosen: dict[int, tuple[Booklet, VintageTerms]] = {}
    for number in numbers:
        booklet = known_booklet(session, number)
        if booklet.id in chosen:
            raise BookletsOverlap(booklet=str(number))
        _check_size(booklet, number, size)
        terms = programmes.vintage(session, booklet.vintage_id)
        chosen[booklet.id] = booklet, _checked_vintage(terms, number, programme_id, today)
    return [chosen[booklet_id] for booklet_id in sorted(chosen)]


def _check_size(booklet: Booklet, number: BookletNumber, size: int) -> None:
    if booklet.size != size:
        raise WrongBookletSize(booklet=str(number), size=booklet.size, expected=size)


def _late_among(
    chosen: Sequence[tuple[Booklet, VintageTerms]], reasons: Reasons, *, late_days: int, on: date
) -> frozenset[int]:
    """The booklets whose passes end within so many days; refused when nobody accepted that."""
    late = {
        booklet.id: terms.valid_until
        for booklet, terms in chosen
        if is_late(terms.valid_until, late_days=late_days, on=on)
    }
    if late and reasons.late is None:
        last = min(late.values())
        raise LateHandOver(valid_until=f"{last:%d/%m/%Y}", days=(last - on).days)
    return frozenset(late)


def _checked_vintage(
    terms: VintageTerms | None, number: BookletNumber, programme_id: UUID, today: date
) -> VintageTerms:
    if terms is None or terms.programme_id != programme_id:
        raise BookletOfAnotherProgramme(booklet=str(number))
    validity = Validity(terms.valid_from, terms.valid_until, terms.tolerance_days)
    if not validity.issuable(on=today):
        raise VintageOver(
            booklet=str(number),
            valid_from=f"{terms.valid_from:%d/%m/%Y}",
            valid_until=f"{terms.valid_until:%d/%m/%Y}",
        )
    return terms
