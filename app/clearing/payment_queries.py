"""Looking up payment orders, payments and rejections."""

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.clearing.models import Payment, PaymentOrder, PaymentRejection, Statement
from app.ledger.models import Movement
from app.programmes.models import Programme

# ── Payments ──────────────────────────────────────────────────────────────────────────────────────


def payment_order(session: Session, payment_order_id: UUID) -> PaymentOrder | None:
    """The payment order of that id."""
    return session.get(PaymentOrder, payment_order_id)


def payment_order_of(session: Session, statement_id: UUID) -> PaymentOrder | None:
    """The last payment order of a statement, if there is one."""
    return session.scalar(
        select(PaymentOrder)
        .where(PaymentOrder.statement_id == statement_id)
        .order_by(PaymentOrder.ordinal.desc())
        .limit(1)
    )


def bears_number(
    session: Session, sponsor_id: UUID, year: int, number: str, *, but_for: UUID
) -> bool:
    """Whether that mandat number of a sponsor was used in that year, but for one statement.

    Of that one it was used where the accountant sent the mandat back unpaid.
    """
    return (
        session.scalar(
            select(PaymentOrder.id)
            .join(Statement, Statement.id == PaymentOrder.statement_id)
            .join(Programme, Programme.id == Statement.programme_id)
            .outerjoin(PaymentRejection, PaymentRejection.payment_order_id == PaymentOrder.id)
            .where(
                PaymentOrder.mandate_number == number,
                or_(
                    PaymentOrder.statement_id != but_for,
                    PaymentRejection.id.is_not(None) & PaymentRejection.payment_id.is_(None),
                ),
                PaymentOrder.issued_on.between(date(year, 1, 1), date(year, 12, 31)),
                Programme.sponsor_id == sponsor_id,
            )
            .limit(1)
        )
        is not None
    )


def payment_orders_of_number(
    session: Session, number: str, *, mediator_id: UUID | None, limit: int
) -> list[PaymentOrder]:
    """Payments ordered under that mandat number, one mediator's or anybody's, the latest first."""
    query = select(PaymentOrder).where(PaymentOrder.mandate_number == number)
    if mediator_id is not None:
        query = query.where(PaymentOrder.mediator_id == mediator_id)
    latest = query.order_by(PaymentOrder.issued_on.desc(), PaymentOrder.id).limit(limit)
    return list(session.scalars(latest))


def payment_of(session: Session, payment_order_id: UUID) -> Payment | None:
    """The payment of an order, if it was paid."""
    return session.scalar(select(Payment).where(Payment.payment_order_id == payment_order_id))


def rejection_of(session: Session, payment_order_id: UUID) -> PaymentRejection | None:
    """How an order came back, if it did."""
    return session.scalar(
        select(PaymentRejection).where(PaymentRejection.payment_order_id == payment_order_id)
    )


def settlements_of(session: Session, payment_id: UUID) -> list[int]:
    """The movements by which a payment settled its passes."""
    return list(
        session.scalars(
            select(Movement.id).where(Movement.posting_id == payment_id).order_by(Movement.id)
        )
    )


def rounds_of(
    session: Session, statement_id: UUID
) -> list[tuple[PaymentOrder, Payment | None, PaymentRejection | None]]:
    """Every payment order of a statement, the first one first, and what became of it."""
    rows = session.execute(
        select(PaymentOrder, Payment, PaymentRejection)
        .outerjoin(Payment, Payment.payment_order_id == PaymentOrder.id)
        .outerjoin(PaymentRejection, PaymentRejection.payment_order_id == PaymentOrder.id)
        .where(PaymentOrder.statement_id == statement_id)
        .order_by(PaymentOrder.ordinal)
    )
    return [(order, payment, rejection) for order, payment, rejection in rows]


def payment_orders_after(
    session: Session, after: UUID | None, *, limit: int, mediator_id: UUID | None = None
) -> list[PaymentOrder]:
    """Payment orders in the order of their ids; one mediator's or everybody's."""
    query = select(PaymentOrder).order_by(PaymentOrder.id).limit(limit)
    if after is not None:
        query = query.where(PaymentOrder.id > after)
    if mediator_id is not None:
        query = query.where(PaymentOrder.mediator_id == mediator_id)
    return list(session.scalars(query))
