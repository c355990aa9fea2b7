"""Another booklet for somebody known: what is kept is not asked again, what has changed is said.

A renewal is a hand-over like any other (`prescriptions.issue_booklets`, the same rules): only its
page knows beforehand what the three steps would have asked. Decision 0062 says what is taken over.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.serials import BookletNumber
from app.ledger import AccountKind
from app.prescribers import prescriptions, queries
from app.prescribers.custody_queries import Held
from app.prescribers.errors import NothingToRenew, UnknownBeneficiary
from app.prescribers.holdings import booklets_held
from app.prescribers.models import Beneficiary, Prescription
from app.prescribers.people import known_beneficiary
from app.prescribers.positions import position_of
from app.prescribers.prescriptions import NO_REASON
from app.prescribers.rules import QUESTIONS, DuplicateReason, is_late
from app.programmes import queries as programmes

COMMITMENT_LASTS = timedelta(days=365)
"""How long a signed commitment covers the booklets that follow; after that it is signed again."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """What is known of a person who comes for another booklet, before anything is asked."""

    person: Beneficiary
    last: Prescription
    """Their last hand-over: its answers, and where it sent them."""
    signed: Prescription
    """Their first hand-over in that programme: the signature that every later one rests on."""
    signature_holds: bool
    answers: str
    """Those of the last hand-over; nothing when the questions have changed since."""
    booklet: str
    """The next of the drawer; nothing when there is none of the size."""
    in_hand_count: int
    refusals: tuple[DomainError, ...]
    """What would stand in the way of that booklet, were no reason given."""
    duplicate_reason: DuplicateReason | None
    """Why the last hand-over went on although somebody was alike."""


def renewal_of(session: Session, *, actor: Actor, beneficiary_id: UUID, now: datetime) -> Renewal:
    """What a renewal rests on, and which booklet comes next.

    Raises:
        UnknownBeneficiary: nobody of one's own prescriber, or the identity was purged.
        NothingToRenew: the person has received nothing that stands.
    """
    actor.check(Right.ISSUE_BOOKLETS)
    person = known_beneficiary(session, actor=actor, beneficiary_id=beneficiary_id)
    if queries.identity(session, beneficiary_id) is None:
        raise UnknownBeneficiary
    made = queries.standing_prescriptions(session, beneficiary_id)
    if not made:
        raise NothingToRenew
    today, last = martinique_day(now), made[-1]
    signed = next(one for one in made if one.programme_id == last.programme_id)
    position = position_of(session, person, on=today)
    drawer = _drawer(session, actor, position.size if position else 0)
    chosen = _next_booklet(session, drawer, last.programme_id, on=today)
    duplicate = queries.duplicate_of(session, last.id)
    return Renewal(
        person=person,
        last=last,
        signed=signed,
        signature_holds=today < signed.prescribed_on + COMMITMENT_LASTS,
        answers=last.answers if last.question_set == QUESTIONS.version else "",
        booklet=chosen,
        in_hand_count=sum(one.count for one in drawer),
        refusals=tuple(
            prescriptions.what_stands_in_the_way(
                session,
                actor=actor,
                beneficiary_id=beneficiary_id,
                booklets=[chosen] if chosen else [],
                reasons=NO_REASON,
                now=now,
            )
        ),
        duplicate_reason=DuplicateReason(duplicate.reason) if duplicate else None,
    )


def _drawer(session: Session, actor: Actor, size: int) -> list[Held]:
    """Whole booklets of that size in one's own drawer."""
    return [
        one
        for one in booklets_held(session, actor=actor, party_id=actor.organisation_id)
        if one.size == size and one.kind == AccountKind.PRESCRIBER
    ]


def _next_booklet(session: Session, drawer: list[Held], programme_id: UUID, *, on: date) -> str:
    """The booklet to take: one that serves long enough first, then the one that ends first."""
    terms = programmes.all_vintages(session)
    settings = programmes.settings_on(session, programme_id, on)
    late_days = settings.late_days_before_end if settings else 0
    serving = [
        (is_late(ends, late_days=late_days, on=on), ends, one.label, one.first_number)
        for one in drawer
        if terms[one.vintage_id].valid_from <= on <= (ends := terms[one.vintage_id].valid_until)
    ]
    if not serving:
        return ""
    *_, label, number = min(serving)
    return str(BookletNumber(label, number))
