"""What is told of orders and deliveries, whole pages at a time."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.database import rows_by
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
from app.orders.schemas import OrderState
from app.web.api import Json, shown


def orders_shown(session: Session, orders: Sequence[BookletOrder]) -> list[Json]:
    """Orders with their lines, who approved them, when they left, and what they may bring."""
    ids = [order.id for order in orders]
    lines = rows_by(session, OrderLine.order_id, ids, OrderLine.booklet_size.desc())
    approvals = rows_by(session, OrderApproval.order_id, ids)
    dispatches = rows_by(session, OrderDispatch.order_id, ids)
    allotments = rows_by(session, SerialAllotment.order_id, ids, SerialAllotment.first_serial)
    mandates = rows_by(session, OrderMandate.order_id, ids, OrderMandate.recorded_at)

    def one(order: BookletOrder) -> Json:
        approval = next(iter(approvals[order.id]), None)
        dispatch = next(iter(dispatches[order.id]), None)
        return shown(
            order,
            state=state_of(approval, dispatch),
            lines=lines[order.id],
            allotments=allotments[order.id],
            mandates=mandates[order.id],
            approved_by=approval.approved_by if approval else None,
            approved_at=approval.approved_at if approval else None,
            sent_at=dispatch.sent_at if dispatch else None,
        )

    return [one(order) for order in orders]


def state_of(approval: OrderApproval | None, dispatch: OrderDispatch | None) -> OrderState:
    """How far an order has come: which rows exist says it."""
    if dispatch is not None:
        return OrderState.SENT
    return OrderState.APPROVED if approval is not None else OrderState.DRAFT


def deliveries_shown(session: Session, deliveries: Sequence[Delivery]) -> list[Json]:
    """Deliveries with their serials, and since when they are active."""
    ids = [delivery.id for delivery in deliveries]
    ranges = rows_by(session, DeliveryRange.delivery_id, ids, DeliveryRange.first_serial)
    activations = rows_by(session, Activation.delivery_id, ids)
    return [
        shown(
            delivery,
            ranges=ranges[delivery.id],
            activated_at=next((a.activated_at for a in activations[delivery.id]), None),
        )
        for delivery in deliveries
    ]
