"""Looking orders, deliveries and mandates up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.money import Cents
from app.orders.models import (
    Activation,
    BookletOrder,
    Delivery,
    DeliveryRange,
    OrderApproval,
    OrderDispatch,
    OrderLine,
    OrderMandate,
    SerialAllotment,
)
from app.orders.rules import Allotted, SerialRange


def order(session: Session, order_id: UUID) -> BookletOrder | None:
    """The order of that id."""
    return session.get(BookletOrder, order_id)


def order_by_number(session: Session, number: str) -> BookletOrder | None:
    """The order of that number, as printed."""
    return session.scalar(select(BookletOrder).where(BookletOrder.number == number))


def orders_after(session: Session, after: UUID | None, *, limit: int) -> list[BookletOrder]:
    """Orders in the order of their ids, from after that one."""
    query = select(BookletOrder).order_by(BookletOrder.id).limit(limit)
    return list(session.scalars(query if after is None else query.where(BookletOrder.id > after)))


def lines(session: Session, order_id: UUID) -> list[OrderLine]:
    """The lines of an order, largest booklets first."""
    return list(
        session.scalars(
            select(OrderLine)
            .where(OrderLine.order_id == order_id)
            .order_by(OrderLine.booklet_size.desc())
        )
    )


def approval(session: Session, order_id: UUID) -> OrderApproval | None:
    """Who approved an order, if anybody did."""
    return session.get(OrderApproval, order_id)


def dispatch(session: Session, order_id: UUID) -> OrderDispatch | None:
    """When an order left, if it did."""
    return session.get(OrderDispatch, order_id)


def last_allotted(session: Session, vintage_id: int) -> SerialAllotment | None:
    """The allotment with the highest serials of a vintage."""
    return session.scalar(
        select(SerialAllotment)
        .where(SerialAllotment.vintage_id == vintage_id)
        .order_by(SerialAllotment.last_serial.desc())
        .limit(1)
    )


def allotments(session: Session, order_id: UUID) -> list[Allotted]:
    """The serials that a sent order may bring."""
    rows = session.scalars(
        select(SerialAllotment)
        .where(SerialAllotment.order_id == order_id)
        .order_by(SerialAllotment.first_serial)
    )
    return [
        Allotted(a.booklet_size, SerialRange(a.first_serial, a.last_serial), a.first_booklet)
        for a in rows
    ]


def delivery(session: Session, delivery_id: UUID) -> Delivery | None:
    """The delivery of that id."""
    return session.get(Delivery, delivery_id)


def delivery_by_number(session: Session, number: str) -> Delivery | None:
    """The delivery of that number, as printed."""
    return session.scalar(select(Delivery).where(Delivery.number == number))


def deliveries_of(session: Session, order_id: UUID) -> list[Delivery]:
    """The deliveries of an order, oldest first."""
    return list(
        session.scalars(
            select(Delivery)
            .where(Delivery.order_id == order_id)
            .order_by(Delivery.received_at, Delivery.id)
        )
    )


def deliveries_after(session: Session, after: UUID | None, *, limit: int) -> list[Delivery]:
    """Deliveries in the order of their ids, from after that one."""
    query = select(Delivery).order_by(Delivery.id).limit(limit)
    return list(session.scalars(query if after is None else query.where(Delivery.id > after)))


def ranges_of(session: Session, delivery_id: UUID) -> list[DeliveryRange]:
    """What a delivery brought."""
    return list(
        session.scalars(
            select(DeliveryRange)
            .where(DeliveryRange.delivery_id == delivery_id)
            .order_by(DeliveryRange.first_serial)
        )
    )


def received_overlapping(
    session: Session, vintage_id: int, serials: SerialRange
) -> DeliveryRange | None:
    """A range received before that shares serials with this one."""
    return session.scalar(
        select(DeliveryRange)
        .where(
            DeliveryRange.vintage_id == vintage_id,
            DeliveryRange.first_serial <= serials.last,
            DeliveryRange.last_serial >= serials.first,
        )
        .limit(1)
    )


def activation_of(session: Session, delivery_id: UUID) -> Activation | None:
    """The activation of a delivery, if it was activated."""
    return session.scalar(select(Activation).where(Activation.delivery_id == delivery_id))


def mandates_of(session: Session, order_id: UUID) -> list[OrderMandate]:
    """The mandates of an order, oldest first."""
    return list(
        session.scalars(
            select(OrderMandate)
            .where(OrderMandate.order_id == order_id)
            .order_by(OrderMandate.recorded_at, OrderMandate.id)
        )
    )


def activated_cost(session: Session, order_id: UUID) -> Cents:
    """What the activations of an order cost so far."""
    total = session.scalar(
        select(func.coalesce(func.sum(Activation.cost_cents), 0)).where(
            Activation.order_id == order_id
        )
    )
    return Cents(int(total or 0))


def ordered_voucher_count(
    session: Session, *, vintage_ids: list[int], at: datetime | None = None
) -> dict[int, int]:
    """How many passes of each vintage were ordered: those of orders that have left before `at`."""
    query = (
        select(
            SerialAllotment.vintage_id,
            func.sum(SerialAllotment.last_serial - SerialAllotment.first_serial + 1),
        )
        .join(OrderDispatch, OrderDispatch.order_id == SerialAllotment.order_id)
        .where(SerialAllotment.vintage_id.in_(vintage_ids))
        .group_by(SerialAllotment.vintage_id)
    )
    if at is not None:
        query = query.where(OrderDispatch.sent_at < at)
    return {vintage_id: int(count) for vintage_id, count in session.execute(query)}
