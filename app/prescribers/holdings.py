"""Who holds which booklets: the stock, what is on the way, and each prescriber's drawer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.identity.queries import agent_name
from app.identity.rules import Actor, Right
from app.kernel.serials import BookletNumber
from app.ledger import AccountKind
from app.partners import queries as partners
from app.prescribers import custody_queries as queries
from app.prescribers.custody import known_consignment
from app.prescribers.custody_queries import Held, Incomplete, StockReading
from app.prescribers.custody_rules import Answer, ConsignmentKind, Lot
from app.programmes import queries as programmes
from app.vouchers.models import Booklet
from app.vouchers.resting import KINDS

RATE_DAYS = 90
"""A prescriber's rate of hand-over is counted over so many days."""
A_MONTH = 30


@dataclass(frozen=True, slots=True)
class Slip:
    """What is frozen on a slip: the two ends, and who of their staff sent and received."""

    kind: ConsignmentKind
    number: str
    sent_at: datetime
    sponsor: str
    sender: str
    recipient: str
    agreement: str
    request: str
    reason: str
    sent_by: str
    received_by: str
    lots: tuple[Lot, ...]


@dataclass(frozen=True, slots=True)
class Rate:
    """What a prescriber holds, awaits and hands over, in booklets of one size."""

    size: int
    in_hand: int
    on_the_way: int
    handed_over: int
    """In the last `RATE_DAYS` days."""

    @property
    def days_left(self) -> int | None:
        """How long what is in hand lasts at that rate; None when nothing is handed over."""
        return self.in_hand * RATE_DAYS // self.handed_over if self.handed_over else None

    @property
    def runs_out(self) -> bool:
        """Whether what is in hand lasts less than a month at that rate."""
        return self.days_left is not None and self.days_left < A_MONTH


def booklets_held(session: Session, *, actor: Actor, party_id: UUID | None = None) -> list[Held]:
    """Whole booklets by holder, vintage, size and runs of numbers; a prescriber's own only.

    Raises:
        RightMissing.
        OtherOrganisation: the holder asked for is not the actor's business.
    """
    actor.check(Right.SEE_ALLOCATIONS)
    if party_id is not None:
        actor.check_sees(party_id)
    return queries.held_booklets(session, KINDS, party_id=party_id or actor.scope)


def stock_read(session: Session, *, actor: Actor) -> StockReading:
    """What rests with everybody that the actor sees, read once for all that is told of it.

    Raises:
        RightMissing.
    """
    actor.check(Right.SEE_ALLOCATIONS)
    return StockReading(session, KINDS, party_id=actor.scope)


def incomplete_held(
    reading: StockReading, *, actor: Actor, holder_id: UUID | None = None
) -> list[Incomplete]:
    """What is left of booklets that are whole nowhere: cut for a replacement, or a pass blocked.

    Of everybody that the actor sees, or of one holder.
    """
    return reading.incomplete(actor.scope or holder_id)


def lots_of(session: Session, booklets: Sequence[Booklet]) -> list[Lot]:
    """Booklets sorted by id as slips list them: runs of numbers of one size and vintage."""
    terms = programmes.all_vintages(session)
    runs: list[list[Booklet]] = []
    for booklet in booklets:
        last = runs[-1][-1] if runs else None
        if last and (last.vintage_id, last.size, last.number + 1) == (
            booklet.vintage_id,
            booklet.size,
            booklet.number,
        ):
            runs[-1].append(booklet)
        else:
            runs.append([booklet])
    return [
        Lot(
            first=str(BookletNumber(terms[run[0].vintage_id].label, run[0].number)),
            last=str(BookletNumber(terms[run[0].vintage_id].label, run[-1].number)),
            size=run[0].size,
            booklet_count=len(run),
            face_value_cents=ledger.face_value(session, run[0].vintage_id),
            valid_until=terms[run[0].vintage_id].valid_until,
        )
        for run in runs
    ]


def slip_of(session: Session, *, actor: Actor, consignment_id: UUID) -> Slip:
    """What the slip of a consignment says, as it was when it left.

    Raises:
        RightMissing, UnknownConsignment, OtherOrganisation.
    """
    actor.check(Right.SEE_ALLOCATIONS)
    consignment = known_consignment(session, actor=actor, consignment_id=consignment_id)
    names = partners.organisation_names(session, [consignment.sender_id, consignment.recipient_id])
    asked = queries.request_behind(session, consignment_id)
    agreement = (
        partners.agreement(session, consignment.recipient_agreement_id)
        if consignment.recipient_agreement_id
        else None
    )
    answer = queries.answer_of(session, consignment_id)
    received = answer if answer and answer.answer == Answer.RECEIVED else None
    return Slip(
        kind=ConsignmentKind(consignment.kind),
        number=consignment.number,
        sent_at=consignment.prepared_at,
        sponsor=partners.authority_name(session),
        sender=names[consignment.sender_id],
        recipient=names[consignment.recipient_id],
        agreement=agreement.reference if agreement else "",
        request=asked.number if asked else "",
        reason=consignment.reason or "",
        sent_by=agent_name(session, consignment.prepared_by),
        received_by=agent_name(session, received.answered_by if received else None),
        lots=tuple(lots_of(session, queries.booklets_of(session, consignment_id))),
    )


def rates(session: Session, *, actor: Actor, prescriber_id: UUID, on: date) -> list[Rate]:
    """What a prescriber holds and how fast it hands it over: what a request for more is judged by.

    Raises:
        RightMissing, OtherOrganisation.
    """
    held = booklets_held(session, actor=actor, party_id=prescriber_id)
    handed_over = queries.handed_over_since(
        session, prescriber_id, since=on - timedelta(days=RATE_DAYS)
    )
    return [
        Rate(
            size,
            in_hand=sum(
                h.count for h in held if h.size == size and h.kind == AccountKind.PRESCRIBER
            ),
            on_the_way=sum(
                h.count
                for h in held
                if h.size == size
                and h.kind == AccountKind.TRANSIT
                and h.counterparty_id == prescriber_id
            ),
            handed_over=handed_over.get(size, 0),
        )
        for size in (10, 5)
    ]
