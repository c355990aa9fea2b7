"""The programme's budget: what is committed, and what may still be.

An order commits its printing, its fees and the face value of every pass that it brings, whoever
pays the mediators: the authority will owe it to them, or the order pays it to the issuer. What was
taken over commits the face value of its passes. A commitment is released when passes can no longer
be paid for: expired or void ones where the authority pays, credited ones where the issuer does.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import hold
from app.kernel.money import Cents, euros
from app.ledger import AccountKind
from app.ledger.models import AccountRow, Voucher
from app.orders.errors import OverBudget
from app.orders.models import BookletOrder, OrderApproval, OrderCancellation
from app.programmes import queries as programmes
from app.programmes.models import Programme
from app.programmes.rules import Payer
from app.takeover import queries as takeover

RELEASED = {
    Payer.AUTHORITY: (AccountKind.VOID, AccountKind.EXPIRED, AccountKind.CREDITED),
    Payer.ISSUER: (AccountKind.CREDITED,),
}


@dataclass(frozen=True, slots=True)
class Budget:
    """What a programme may commit on a day, and what it has committed: None is no ceiling."""

    budget_cents: Cents | None
    committed_cents: Cents

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


def budget_of(session: Session, programme: Programme, *, on: date) -> Budget:
    """The budget that applies on a day, and everything committed so far."""
    settings = programmes.settings_on(session, programme.id, on)
    budget = settings.budget_cents if settings else None
    return Budget(
        Cents(budget) if budget is not None else None,
        committed_cents(session, programme),
    )


def committed_cents(session: Session, programme: Programme) -> Cents:
    """Everything that a programme has committed so far, less what was released."""
    return Cents(
        _ordered(session, programme) + _taken(session, programme) - _released(session, programme)
    )


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


def _ordered(session: Session, programme: Programme) -> int:
    cost = (
        BookletOrder.printing_cents
        + BookletOrder.fee_cents
        + BookletOrder.voucher_count * BookletOrder.face_value_cents
    )
    query = (
        select(func.coalesce(func.sum(cost), 0))
        .join(OrderApproval, OrderApproval.order_id == BookletOrder.id)
        .outerjoin(OrderCancellation, OrderCancellation.order_id == BookletOrder.id)
        .where(BookletOrder.programme_id == programme.id, OrderCancellation.id.is_(None))
    )
    return int(session.scalar(query) or 0)


def _taken(session: Session, programme: Programme) -> int:
    vintages = [terms.vintage_id for terms in programmes.vintages_of(session, programme.id)]
    counted = takeover.taken_voucher_count(session, vintage_ids=vintages)
    return sum(count * ledger.face_value(session, v) for v, count in counted.items())


def _released(session: Session, programme: Programme) -> int:
    vintages = [terms.vintage_id for terms in programmes.vintages_of(session, programme.id)]
    query = (
        select(func.coalesce(func.sum(Voucher.face_value_cents), 0))
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .where(AccountRow.vintage_id.in_(vintages))
        .where(AccountRow.kind.in_(RELEASED[Payer(programme.payer)]))
    )
    return int(session.scalar(query) or 0)
