"""Looking orders, deliveries and mandates up."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, exists, func, select
from sqlalchemy.orm import Session, aliased

from app import ledger
from app.database.lists import Place, placed
from app.database.rows import rows_by
from app.kernel.money import Cents
from app.kernel.serials import BOOKLET_SIZES
from app.ledger.models import AccountRow, Movement, Posting
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
    OrderMandateCancellation,
    OrderPlan,
    OrderPlanLine,
    OrderPlanStock,
    SerialAllotment,
)
from app.orders.rules import (
    Allotted,
    Measured,
    OrderState,
    Plan,
    PlannedPublic,
    SerialRange,
    StockOfSize,
)
from app.programmes.models import Programme
from app.programmes.rules import Public
from app.takeover import queries as takeover
from app.vouchers.resting import resting_in


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


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an order has come, in passes and in euros."""

    state: OrderState
    delivered_count: int
    activated_count: int
    mandated_cents: Cents
    activated_cents: Cents


def _delivered(*, active: bool = False) -> ColumnElement[int]:
    """Passes of an order that arrived, or those of them that are active."""
    counted = select(
        func.coalesce(func.sum(DeliveryRange.last_serial - DeliveryRange.first_serial + 1), 0)
    ).where(DeliveryRange.order_id == BookletOrder.id)
    if active:
        counted = counted.where(exists().where(Activation.delivery_id == DeliveryRange.delivery_id))
    return counted.correlate(BookletOrder).scalar_subquery()


_CANCELLED = exists().where(OrderCancellation.order_id == BookletOrder.id)
_LEFT = exists().where(OrderDispatch.order_id == BookletOrder.id)
_APPROVED = exists().where(OrderApproval.order_id == BookletOrder.id)
STATE: ColumnElement[str] = case(
    (_CANCELLED, OrderState.CANCELLED),
    (and_(~_LEFT, _APPROVED), OrderState.APPROVED),
    (~_LEFT, OrderState.PREPARED),
    (_delivered(active=True) >= BookletOrder.voucher_count, OrderState.ACTIVE),
    (_delivered() >= BookletOrder.voucher_count, OrderState.DELIVERED),
    else_=OrderState.SENT,
)
"""The state of an order: which rows exist. The only place that says it."""


def mandated_cents() -> ScalarSelect[int]:
    """What the mandates of an order come to, beside it in a query."""
    return (
        select(func.coalesce(func.sum(OrderMandate.amount_cents), 0))
        .where(OrderMandate.order_id == BookletOrder.id, _is_live())
        .correlate(BookletOrder)
        .scalar_subquery()
    )


def progress(session: Session, order_ids: Iterable[UUID]) -> dict[UUID, Progress]:
    """How far each of these orders has come."""
    activated = (
        select(func.coalesce(func.sum(Activation.cost_cents), 0))
        .where(Activation.order_id == BookletOrder.id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            BookletOrder.id,
            STATE,
            _delivered(),
            _delivered(active=True),
            mandated_cents(),
            activated,
        ).where(BookletOrder.id.in_(list(order_ids)))
    )
    return {
        order_id: Progress(
            OrderState(state), int(came), int(active), Cents(int(mandats)), Cents(int(cost))
        )
        for order_id, state, came, active, mandats, cost in rows
    }


ORDERS_BY = {
    "prepare": (BookletOrder.prepared_at,),
    "pass": (BookletOrder.voucher_count,),
}
"""What a list of orders may be sorted by; there are tens of them."""


def orders_listed(
    session: Session,
    place: Place,
    *,
    state: OrderState | None,
    programme_id: UUID | None,
) -> list[BookletOrder]:
    """Orders from that place of the list on; of a state, of a programme."""
    query = placed(select(BookletOrder), place, BookletOrder.id, ORDERS_BY)
    if state is not None:
        query = query.where(*_in_state(state))
    if programme_id is not None:
        query = query.where(BookletOrder.programme_id == programme_id)
    return list(session.scalars(query))


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came of an order, in passes."""

    delivered_count: int = 0
    activated_count: int = 0


def arrived(session: Session, order_ids: Iterable[UUID]) -> dict[UUID, Arrived]:
    """What came of each of these orders, of which nothing else is asked."""
    wanted = list(order_ids)
    came = DeliveryRange.last_serial - DeliveryRange.first_serial + 1
    rows = session.execute(
        select(
            DeliveryRange.order_id,
            func.sum(came),
            func.sum(case((Activation.id.is_not(None), came), else_=0)),
        )
        .outerjoin(Activation, Activation.delivery_id == DeliveryRange.delivery_id)
        .where(DeliveryRange.order_id.in_(wanted))
        .group_by(DeliveryRange.order_id)
    )
    found = {order_id: Arrived(int(all_of_it), int(active)) for order_id, all_of_it, active in rows}
    return dict.fromkeys(wanted, Arrived()) | found


def orders_overdue(session: Session, place: Place, *, before: date) -> list[BookletOrder]:
    """Orders that were expected before a day and have not arrived whole, the latest first."""
    query = placed(select(BookletOrder), place, BookletOrder.id, ORDERS_BY).where(
        _LEFT,
        ~_CANCELLED,
        BookletOrder.expected_on < before,
        _delivered() < BookletOrder.voucher_count,
    )
    return list(session.scalars(query))


def orders_inert(
    session: Session,
    place: Place,
    *,
    of_vintages: Collection[int],
    programme_id: UUID | None = None,
) -> list[BookletOrder]:
    """Orders of which something arrived and is not active, from that place of the list on."""
    inert = exists().where(
        DeliveryRange.order_id == BookletOrder.id,
        ~exists().where(Activation.delivery_id == DeliveryRange.delivery_id),
    )
    query = placed(select(BookletOrder), place, BookletOrder.id, ORDERS_BY)
    if programme_id is not None:
        query = query.where(BookletOrder.programme_id == programme_id)
    return list(session.scalars(query.where(inert, BookletOrder.vintage_id.in_(of_vintages))))


def _in_state(*states: OrderState) -> tuple[ColumnElement[bool], ...]:
    """Whether an order is in one of these: what never left is not asked what came of it."""
    if states == (OrderState.PREPARED,):
        return ~_LEFT, ~_CANCELLED, ~_APPROVED
    if states == (OrderState.APPROVED,):
        return ~_LEFT, ~_CANCELLED, _APPROVED
    if set(states) <= {OrderState.SENT, OrderState.DELIVERED, OrderState.ACTIVE}:
        return _LEFT, STATE.in_(states)
    return (STATE.in_(states),)


def cancellation(session: Session, order_id: UUID) -> OrderCancellation | None:
    """Why an order was given up, if it was."""
    return session.scalar(select(OrderCancellation).where(OrderCancellation.order_id == order_id))


def plans_of(session: Session, order_ids: Iterable[UUID]) -> dict[UUID, Plan]:
    """What was planned when these orders were prepared: those that the planner proposed."""
    kept = rows_by(session, OrderPlan.order_id, order_ids)
    lines_of = rows_by(session, OrderPlanLine.order_id, kept)
    stocks = rows_by(session, OrderPlanStock.order_id, kept, OrderPlanStock.booklet_size.desc())
    order = list(Public)
    return {
        order_id: Plan(
            tuple(
                PlannedPublic(Public(p.public), p.person_count, p.booklet_size, p.booklet_count)
                for p in sorted(lines_of[order_id], key=lambda p: order.index(Public(p.public)))
            ),
            tuple(
                StockOfSize(
                    s.booklet_size,
                    s.active_count,
                    s.inert_count,
                    s.expected_count,
                    s.prepared_count,
                )
                for s in stocks[order_id]
            ),
            Measured(plan.issued_count, plan.redeemed_count, plan.delay_days),
        )
        for order_id, [plan] in ((i, rows) for i, rows in kept.items() if rows)
    }


def stock_by_size(
    session: Session, sponsor_id: UUID, vintage_ids: Sequence[int]
) -> tuple[StockOfSize, ...]:
    """Whole booklets in the sponsor's stock, those that sent orders will bring, and others' lines.

    A booklet of which a pass is blocked or withheld is not whole: it serves nobody, and counts for
    nothing.
    """
    here = select(AccountRow.id, AccountRow.kind).where(
        AccountRow.kind.in_([ledger.AccountKind.STOCK, ledger.AccountKind.STOCK_INERT]),
        AccountRow.party_id == sponsor_id,
        AccountRow.vintage_id.in_(vintage_ids),
    )
    kinds: dict[int, str] = dict(session.execute(here).all())
    whole = Counter[tuple[str, int]]()
    for account_id, resting in resting_in(session, kinds).items():
        for run in resting.runs:
            whole[kinds[account_id], run.size] += run.count
    allotted = dict(
        session.execute(
            select(
                SerialAllotment.booklet_size,
                func.sum(SerialAllotment.last_booklet - SerialAllotment.first_booklet + 1),
            )
            .where(SerialAllotment.vintage_id.in_(vintage_ids))
            .group_by(SerialAllotment.booklet_size)
        ).all()
    )
    received = dict(
        session.execute(
            select(
                DeliveryRange.booklet_size,
                func.sum(DeliveryRange.last_serial - DeliveryRange.first_serial + 1),
            )
            .where(DeliveryRange.vintage_id.in_(vintage_ids))
            .group_by(DeliveryRange.booklet_size)
        ).all()
    )
    prepared = dict(
        session.execute(
            select(OrderLine.booklet_size, func.sum(OrderLine.booklet_count))
            .join(BookletOrder, BookletOrder.id == OrderLine.order_id)
            .where(
                BookletOrder.vintage_id.in_(vintage_ids),
                ~exists().where(OrderDispatch.order_id == BookletOrder.id),
                ~exists().where(OrderCancellation.order_id == BookletOrder.id),
            )
            .group_by(OrderLine.booklet_size)
        ).all()
    )
    return tuple(
        StockOfSize(
            size,
            active_count=whole[ledger.AccountKind.STOCK, size],
            inert_count=whole[ledger.AccountKind.STOCK_INERT, size],
            expected_count=int(allotted.get(size, 0)) - int(received.get(size, 0)) // size,
            prepared_count=int(prepared.get(size, 0)),
        )
        for size in BOOKLET_SIZES
    )


LONGEST_HANDED_OVER = range(8)
"""Powers of two below which the passes of one hand-over stay: see app.ledger.queries.moved."""
FIRST_LOOK = 2_000
"""So many movements are looked through first, and twice as many each next time."""


def latest_delays(
    session: Session, vintage_ids: Collection[int], *, limit: int, look: int = FIRST_LOOK
) -> list[tuple[datetime, datetime]]:
    """When each of the latest passes used was handed over last, and when it was used.

    The latest one comes first; a pass of whose hand-over nothing is known is passed over.
    """
    accounts = session.scalars(
        select(AccountRow.id).where(
            AccountRow.kind == ledger.AccountKind.REDEEMED, AccountRow.vintage_id.in_(vintage_ids)
        )
    ).all()
    redemptions = and_(
        Movement.credit_account_id.in_(accounts), Movement.kind == ledger.MovementKind.REDEEM
    )
    ids = _latest(session, redemptions, limit=limit, look=look) if accounts else []
    if not ids:
        return []
    given = aliased(Movement)
    used = (
        select(Movement.id, Movement.first_id, Posting.occurred_at)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(redemptions, Movement.id >= ids[-1])
        .order_by(Movement.id.desc())
        .limit(limit)
        .subquery()
    )
    # Each power of two by itself, and « + 0 »: PostgreSQL expects so many movements in a stretch of
    # passes that it would otherwise read all of the journal, or look for the last one from its end.
    handed_over = [
        select(func.max(given.id + 0))
        .where(
            given.kind == ledger.MovementKind.ISSUE,
            given.span_bits == bits,
            given.first_id.between(used.c.first_id - (2 << bits) + 2, used.c.first_id),
            given.last_id >= used.c.first_id,
            given.id + 0 < used.c.id,
        )
        .scalar_subquery()
        for bits in LONGEST_HANDED_OVER
    ]
    rows = session.execute(select(used.c.occurred_at, *handed_over).order_by(used.c.id.desc()))
    latest = [
        (max(given_by), used_at)
        for used_at, *found in rows
        if (given_by := [movement_id for movement_id in found if movement_id is not None])
    ]
    given_at = _when(session, {movement_id for movement_id, _ in latest})
    return [(given_at[movement_id], used_at) for movement_id, used_at in latest]


def _latest(session: Session, which: ColumnElement[bool], *, limit: int, look: int) -> list[int]:
    """The last movements of some accounts, the last one first: looked for from the end."""
    found: list[int] = []
    until = session.scalar(select(func.max(Movement.id))) or 0
    while until > 0 and len(found) < limit:
        found += session.scalars(
            select(Movement.id)
            .where(which, Movement.id > until - look, Movement.id <= until)
            .order_by(Movement.id.desc())
            .limit(limit - len(found))
        )
        until, look = until - look, look * 2
    return found


def _when(session: Session, movement_ids: Collection[int]) -> dict[int, datetime]:
    """When these movements were done."""
    rows = session.execute(
        select(Movement.id, Posting.occurred_at)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Movement.id.in_(movement_ids))
    )
    return dict(rows.all())


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


def orders_of_vintage(session: Session, vintage_id: int) -> list[BookletOrder]:
    """The orders of a vintage that left, oldest first."""
    return list(
        session.scalars(
            select(BookletOrder)
            .join(OrderDispatch, OrderDispatch.order_id == BookletOrder.id)
            .where(BookletOrder.vintage_id == vintage_id)
            .order_by(OrderDispatch.sent_at, BookletOrder.id)
        )
    )


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


def mandate(session: Session, mandate_id: UUID) -> OrderMandate | None:
    """The mandat of that id."""
    return session.get(OrderMandate, mandate_id)


def _is_live(*, at: datetime | None = None) -> ColumnElement[bool]:
    """Whether a mandat covers something: it was not cancelled, until then if an instant is told."""
    cancelled = select(OrderMandateCancellation.mandate_id)
    if at is not None:
        cancelled = cancelled.where(OrderMandateCancellation.cancelled_at < at)
    return OrderMandate.id.not_in(cancelled)


def mandates_of(session: Session, order_id: UUID) -> list[OrderMandate]:
    """The mandates that cover an order, oldest first; those cancelled are left out."""
    return list(
        session.scalars(
            select(OrderMandate)
            .where(OrderMandate.order_id == order_id, _is_live())
            .order_by(OrderMandate.recorded_at, OrderMandate.id)
        )
    )


def mandate_of_number(
    session: Session, sponsor_id: UUID, year: int, number: str
) -> OrderMandate | None:
    """The mandat of an order that bears that number in the year of a sponsor, unless cancelled."""
    return session.scalar(
        select(OrderMandate)
        .join(BookletOrder, BookletOrder.id == OrderMandate.order_id)
        .join(Programme, Programme.id == BookletOrder.programme_id)
        .where(
            Programme.sponsor_id == sponsor_id,
            OrderMandate.mandate_number == number,
            OrderMandate.issued_on.between(date(year, 1, 1), date(year, 12, 31)),
            _is_live(),
        )
        .limit(1)
    )


def mandates_of_number(
    session: Session, number: str, *, limit: int
) -> list[tuple[OrderMandate, str]]:
    """The mandates of orders that bear that number, whoever issued them, the latest first.

    Each comes with the number of its order.
    """
    rows = session.execute(
        select(OrderMandate, BookletOrder.number)
        .join(BookletOrder, BookletOrder.id == OrderMandate.order_id)
        .where(OrderMandate.mandate_number == number, _is_live())
        .order_by(OrderMandate.issued_on.desc(), OrderMandate.id)
        .limit(limit)
    )
    return [(mandate, order) for mandate, order in rows]


def all_mandates_of(
    session: Session, order_ids: Iterable[UUID]
) -> dict[UUID, list[tuple[OrderMandate, OrderMandateCancellation | None]]]:
    """Every mandat of these orders, oldest first, and how it was cancelled, if it was."""
    found: dict[UUID, list[tuple[OrderMandate, OrderMandateCancellation | None]]] = {
        order_id: [] for order_id in order_ids
    }
    rows = session.execute(
        select(OrderMandate, OrderMandateCancellation)
        .outerjoin(OrderMandateCancellation, OrderMandateCancellation.mandate_id == OrderMandate.id)
        .where(OrderMandate.order_id.in_(list(found)))
        .order_by(OrderMandate.recorded_at, OrderMandate.id)
    )
    for made, cancelled in rows:
        found[made.order_id].append((made, cancelled))
    return found


def activated_cost(session: Session, order_id: UUID) -> Cents:
    """What the activations of an order cost so far."""
    total = session.scalar(
        select(func.coalesce(func.sum(Activation.cost_cents), 0)).where(
            Activation.order_id == order_id
        )
    )
    return Cents(int(total or 0))


@dataclass(frozen=True, slots=True)
class Spent:
    """What the sent orders of a programme cost, and what was mandated for them."""

    printing_cents: Cents
    fee_cents: Cents
    mandated_cents: Cents


def spent_on(session: Session, programme_id: UUID, *, at: datetime) -> Spent:
    """The printing and the fees of orders that left before `at`, and the mandates until then."""
    printing, fees = session.execute(
        select(
            func.coalesce(func.sum(BookletOrder.printing_cents), 0),
            func.coalesce(func.sum(BookletOrder.fee_cents), 0),
        )
        .join(OrderDispatch, OrderDispatch.order_id == BookletOrder.id)
        .where(BookletOrder.programme_id == programme_id, OrderDispatch.sent_at < at)
    ).one()
    mandated = session.scalar(
        select(func.coalesce(func.sum(OrderMandate.amount_cents), 0))
        .join(BookletOrder, BookletOrder.id == OrderMandate.order_id)
        .where(
            BookletOrder.programme_id == programme_id,
            OrderMandate.recorded_at < at,
            _is_live(at=at),
        )
    )
    return Spent(Cents(int(printing)), Cents(int(fees)), Cents(int(mandated or 0)))


def ordered_voucher_count(
    session: Session, *, vintage_ids: list[int], at: datetime | None = None
) -> dict[int, int]:
    """How many passes of each vintage were ordered: those of orders that have left before `at`.

    What was taken over from before passnum was ordered then: it counts from its approval.
    """
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
    ordered = {vintage_id: int(count) for vintage_id, count in session.execute(query)}
    return ordered | takeover.taken_voucher_count(session, vintage_ids=vintage_ids, at=at)
