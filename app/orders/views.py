"""What is told of orders and deliveries, whole pages at a time."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.database import rows_by
from app.orders import queries
from app.orders.models import (
    Activation,
    BookletOrder,
    Delivery,
    DeliveryRange,
    OrderApproval,
    OrderCancellation,
    OrderDispatch,
    OrderLine,
    OrderMandate,
    SerialAllotment,
)
from app.orders.service import totals_of
from app.web.api import Json, shown


def orders_shown(session: Session, orders: Sequence[BookletOrder]) -> list[Json]:
    """Orders with their lines, who approved them, when they left, and what they may bring."""
    ids = [order.id for order in orders]
    lines = rows_by(session, OrderLine.order_id, ids, OrderLine.booklet_size.desc())
    approvals = rows_by(session, OrderApproval.order_id, ids)
    dispatches = rows_by(session, OrderDispatch.order_id, ids)
    allotments = rows_by(session, SerialAllotment.order_id, ids, SerialAllotment.first_serial)
    mandates = rows_by(session, OrderMandate.order_id, ids, OrderMandate.recorded_at)
    cancellations = rows_by(session, OrderCancellation.order_id, ids)
    plans = queries.plans_of(session, ids)
    progress = queries.progress(session, ids)

    def one(order: BookletOrder) -> Json:
        approval = next(iter(approvals[order.id]), None)
        dispatch = next(iter(dispatches[order.id]), None)
        cancelled = next(iter(cancellations[order.id]), None)
        come, cost = progress[order.id], totals_of(order)
        return shown(
            order,
            state=come.state,
            face_value_paid_cents=cost.face_value_cents,
            total_cents=cost.total_cents,
            mandated_cents=come.mandated_cents,
            delivered_count=come.delivered_count,
            activated_count=come.activated_count,
            plan=plans.get(order.id),
            cancelled_at=cancelled.cancelled_at if cancelled else None,
            cancellation_reason=cancelled.reason if cancelled else None,
            lines=lines[order.id],
            allotments=allotments[order.id],
            mandates=mandates[order.id],
            approved_by=approval.approved_by if approval else None,
            approved_at=approval.approved_at if approval else None,
            sent_at=dispatch.sent_at if dispatch else None,
        )

    return [one(order) for order in orders]


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
