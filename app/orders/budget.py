"""The programme's budget: what is committed, and what may still be.

An order commits its printing, its fees and the face value of every pass that it brings, whoever
pays the mediators: the authority will owe it to them, or the order pays it to the issuer. What was
taken over commits the face value of its passes. A commitment is released when it can no longer be
paid for: expired or void passes where the authority pays, credited ones where the issuer does, and
whatever an order was not paid for once the passes of its vintage serve no more (decision 0075).
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import hold
from app.kernel.money import Cents, euros
from app.ledger import AccountKind
from app.orders import queries
from app.orders.endings import serves_no_more
from app.orders.errors import OverBudget
from app.orders.models import (
    BookletOrder,
    DeliveryRange,
    OrderApproval,
    OrderCancellation,
    OrderLine,
)
from app.orders.rules import ApprovedCost
from app.programmes import queries as programmes
from app.programmes.models import Programme
from app.programmes.rules import Payer
from app.takeover import queries as takeover

Cols = TypeVarTuple("Cols")
RELEASED = {
    Payer.AUTHORITY: (AccountKind.VOID, AccountKind.EXPIRED, AccountKind.CREDITED),
    Payer.ISSUER: (AccountKind.CREDITED,),
}


@dataclass(frozen=True, slots=True)
class Budget:
    """What a programme may commit on a day, and what it has committed: None is no ceiling."""

    budget_cents: Cents | None
    committed_cents: Cents
    released_cents: Cents
    """What was committed once, and will not be paid any more."""

    @property
    def left_cents(self) -> Cents | None:
        """What may still be committed; nothing when a lower budget came afterwards."""
        if self.budget_cents is None:
            return None
        return Cents(max(0, self.budget_cents - self.committed_cents))

    @property
    def excess_cents(self) -> Cents:
        """By how much what is committed passes it: a lower budget came afterwards."""
        if self.budget_cents is None:
            return Cents(0)
        return Cents(max(0, self.committed_cents - self.budget_cents))

    def holds(self, more_cents: int = 0) -> bool:
        """Whether so much more stays within it."""
        return self.budget_cents is None or self.committed_cents + more_cents <= self.budget_cents


def cost_of(order: BookletOrder) -> Cents:
    """What an order commits: printing, fees, and every pass at its face value."""
    face = order.voucher_count * order.face_value_cents
    return Cents(order.printing_cents + order.fee_cents + face)


def budget_of(
    session: Session, programme: Programme, *, on: date, reading: ledger.Reading | None = None
) -> Budget:
    """The budget that applies on a day, what is committed so far, and what no longer is by then.

    `reading` is of everything that has moved, where it was read already.
    """
    settings = programmes.settings_on(session, programme.id, on)
    budget = settings.budget_cents if settings else None
    vintages = {one.vintage_id: one for one in programmes.vintages_of(session, programme.id)}
    worth = ledger.face_values(session)
    ever = _ordered(session, programme)
    for vintage_id, count in takeover.taken_voucher_count(
        session, vintage_ids=list(vintages)
    ).items():
        ever[vintage_id] += count * worth[vintage_id]
    kept = Counter(ever)
    for vintage_id, terms in vintages.items():
        if serves_no_more(terms, on):
            for order in _approved_costs(session, vintage_id):
                kept[vintage_id] -= order.cost_cents - order.kept_cents
    for vintage_id, count in _released(
        reading or ledger.Reading(session), programme, vintages
    ).items():
        kept[vintage_id] -= count * worth[vintage_id]
    # A credit note of before asks for what was never paid too: it leaves nothing, and not less.
    committed = sum(max(0, cents) for cents in kept.values())
    return Budget(
        Cents(budget) if budget is not None else None,
        Cents(committed),
        Cents(sum(ever.values()) - committed),
    )


def committed_cents(session: Session, programme: Programme, on: date) -> Cents:
    """Everything that a programme has committed so far, less what is released on a day."""
    return budget_of(session, programme, on=on).committed_cents


def check_budget(
    session: Session, order: BookletOrder, programme: Programme, *, more_cents: int, on: date
) -> None:
    """Hold the programme's budget, and refuse what would pass it.

    Raises:
        OverBudget.
    """
    hold(session, "budget of", order.programme_id)
    budget = budget_of(session, programme, on=on)
    if not budget.holds(more_cents):
        raise OverBudget(
            committed=euros(Cents(budget.committed_cents + more_cents)),
            budget=euros(Cents(budget.budget_cents or 0)),
        )


def _approved(query: Select[*Cols]) -> Select[*Cols]:
    """Of approved orders; cancelled ones commit nothing."""
    return (
        query.join(OrderApproval, OrderApproval.order_id == BookletOrder.id)
        .outerjoin(OrderCancellation, OrderCancellation.order_id == BookletOrder.id)
        .where(OrderCancellation.id.is_(None))
    )


def _ordered(session: Session, programme: Programme) -> Counter[int]:
    """What the orders of each vintage of a programme commit."""
    cost = (
        BookletOrder.printing_cents
        + BookletOrder.fee_cents
        + BookletOrder.voucher_count * BookletOrder.face_value_cents
    )
    query = select(BookletOrder.vintage_id, func.sum(cost)).group_by(BookletOrder.vintage_id)
    rows = session.execute(_approved(query).where(BookletOrder.programme_id == programme.id))
    return Counter({vintage_id: int(cents) for vintage_id, cents in rows})


def _approved_costs(session: Session, vintage_id: int) -> list[ApprovedCost]:
    """The approved orders of a vintage, with what was mandated for each and what of it has come."""
    came = DeliveryRange.last_serial - DeliveryRange.first_serial + 1

    def summed(what: ColumnElement[int]) -> ScalarSelect[int]:
        query = select(func.coalesce(func.sum(what), 0)).where(
            DeliveryRange.order_id == BookletOrder.id
        )
        return query.correlate(BookletOrder).scalar_subquery()

    price = (
        select(OrderLine.unit_price_cents)
        .where(
            OrderLine.order_id == DeliveryRange.order_id,
            OrderLine.booklet_size == DeliveryRange.booklet_size,
        )
        .scalar_subquery()
    )
    query = select(
        BookletOrder.payer,
        BookletOrder.voucher_count,
        BookletOrder.face_value_cents,
        BookletOrder.printing_cents,
        BookletOrder.fee_cents,
        queries.mandated_cents(),
        summed(came),
        summed(came // DeliveryRange.booklet_size * price),
    )
    rows = session.execute(_approved(query).where(BookletOrder.vintage_id == vintage_id))
    return [ApprovedCost(payer, *map(int, figures)) for payer, *figures in rows]


def _released(
    reading: ledger.Reading, programme: Programme, vintage_ids: Collection[int]
) -> Counter[int]:
    """Passes of each vintage that nothing more is paid for."""
    found: Counter[int] = Counter()
    kinds = RELEASED[Payer(programme.payer)]
    for (vintage_id, kind), count in ledger.rests_of(reading).items():
        if vintage_id in vintage_ids and kind in kinds:
            found[vintage_id] += count
    return found
