"""Who holds which booklets: the stock, what is on the way, and each prescriber's drawer."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Actor, Right
from app.ledger import AccountKind
from app.prescribers import custody_queries as queries
from app.prescribers.custody_queries import Held

HELD = (
    AccountKind.STOCK_INERT,
    AccountKind.STOCK,
    AccountKind.TRANSIT,
    AccountKind.PRESCRIBER,
)
"""Where whole booklets rest before they are handed to people."""

RATE_DAYS = 90
"""A prescriber's rate of hand-over is counted over so many days."""
A_MONTH = 30


@dataclass(frozen=True, slots=True)
class Rate:
    """What a prescriber holds, awaits and hands over, in booklets of one size."""

    size: int
    in_hand: int
    on_the_way: int
    handed_over: int
    """In the last `RATE_DAYS` days."""

    @property
    def a_month(self) -> float:
        """Handed over in 30 days, on average."""
        return self.handed_over * A_MONTH / RATE_DAYS

    @property
    def days_left(self) -> int | None:
        """How long what is in hand lasts at that rate; None when nothing is handed over."""
        return self.in_hand * RATE_DAYS // self.handed_over if self.handed_over else None


def booklets_held(session: Session, *, actor: Actor, party_id: UUID | None = None) -> list[Held]:
    """Whole booklets by holder, vintage, size and runs of numbers; a prescriber's own only.

    Raises:
        RightMissing.
        OtherOrganisation: the holder asked for is not the actor's business.
    """
    actor.check(Right.SEE_ALLOCATIONS)
    if party_id is not None:
        actor.check_sees(party_id)
    return queries.held_booklets(session, HELD, party_id=party_id or actor.scope)


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
