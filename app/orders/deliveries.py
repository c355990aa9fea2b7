"""Receiving booklets serial by serial, and activating the deliveries that mandates cover."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.database.rows import insert_rows
from app.identity.rules import Actor, Right
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.ids import request_hash
from app.kernel.money import Cents, euros
from app.ledger import chart
from app.orders import queries, rules
from app.orders.endings import check_may_serve
from app.orders.errors import (
    DeliveryActivatedAlready,
    MandateDoesNotCover,
    MandateMissing,
    OrderNotSent,
    SerialsReceivedAlready,
    UnknownDelivery,
)
from app.orders.models import (
    Activation,
    BookletOrder,
    Delivery,
    DeliveryRange,
)
from app.orders.rules import (
    Allotted,
    SerialRange,
)
from app.orders.service import known_order
from app.programmes import numbering
from app.programmes.freezes import check_not_frozen
from app.programmes.keys import KeyStore
from app.programmes.models import VintageTerms
from app.programmes.service import known_programme, known_vintage
from app.vouchers.models import Booklet
from app.vouchers.service import vintage_key

CARTON = 10_000
"""Vouchers written at a time, so that memory does not grow with the delivery."""


class CodeBook(Protocol):
    """The hashes of the codes that are printed on booklets that arrive."""

    def of_pass(self, serial: int) -> bytes:
        """The hash of the code of a pass."""
        ...

    def of_cover(self, booklet: int) -> bytes | None:
        """The hash of the code of a cover, if it has one."""
        ...


@dataclass(frozen=True, slots=True)
class DerivedBook:
    """The codes that the key of a vintage makes."""

    key: bytes

    def of_pass(self, serial: int) -> bytes:
        """The hash of the code of a pass."""
        return codes.digest(codes.derive(self.key, serial))

    def of_cover(self, booklet: int) -> bytes:
        """The hash of the code of a cover."""
        return codes.digest(codes.derive_cover(self.key, booklet))


def record_delivery(
    session: Session,
    *,
    actor: Actor,
    delivery_id: UUID,
    order_id: UUID,
    ranges: Sequence[SerialRange],
    keys: KeyStore,
    now: datetime,
    printed: CodeBook | None = None,
    told: Callable[[int], None] = lambda _count: None,
) -> Delivery:
    """Receive booklets by ranges of serials: their passes enter the stock, inert.

    The count is the confirmation: what is recorded here is what lies in the cupboard. Codes are
    those that the key of the vintage makes, unless `printed` says others. `told` hears how many
    passes have been written, carton by carton.

    Raises:
        UnknownOrder, OrderNotSent, ProgrammeFrozen.
        PassesServeNoMore: the tolerance of the vintage is over.
        EmptyDelivery, RangeReversed, RangesOverlap, DeliveryExceedsOrder, SerialsNotOfThisOrder,
            RangeCutsABooklet: see rules.check_delivered.
        SerialsReceivedAlready: some arrived before.
        KeyMissing, VintageKeyMismatch: codes cannot be derived here.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.RECEIVE_DELIVERY)
    digest = request_hash(
        "delivery", order=order_id, ranges=sorted((r.first, r.last) for r in ranges)
    )
    if record := earlier(session, Delivery, delivery_id, digest):
        return record
    order = known_order(session, order_id)
    if queries.dispatch(session, order_id) is None:
        raise OrderNotSent
    check_not_frozen(session, order.programme_id)
    check_may_serve(session, order.vintage_id, on=martinique_day(now))
    placed = rules.check_delivered(ranges, queries.allotments(session, order_id))
    hold(session, "voucher ids")
    for serials, _ in placed:
        if queries.received_overlapping(session, order.vintage_id, serials):
            raise SerialsReceivedAlready(first=serials.first, last=serials.last)
    terms = known_vintage(session, order.vintage_id)
    record = Delivery(
        id=delivery_id,
        request_hash=digest,
        number=numbering.next_document_number(
            session, numbering.DELIVERY, martinique_day(now).year
        ),
        order_id=order_id,
        received_by=actor.agent_id,
        received_at=now,
    )
    session.add(record)
    session.flush()
    book = DerivedBook(vintage_key(keys, terms)) if printed is None else printed
    arrived = []
    for serials, allotted in placed:
        arrived.append(_unpack(session, record, terms, serials, allotted, book, told))
    programme = known_programme(session, order.programme_id)
    accounts = ledger.accounts(
        session,
        [
            issuer := chart.issuer(programme.issuer_id, terms.vintage_id),
            inert := chart.stock_inert(programme.sponsor_id, terms.vintage_id),
        ],
    )
    ledger.post(
        session,
        ledger.Act(
            posting_id=delivery_id,
            kind=ledger.MovementKind.RECEIVE,
            document_type="delivery",
            document_id=delivery_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        [
            ledger.Line(ledger.MovementKind.RECEIVE, vouchers, accounts[issuer], accounts[inert])
            for vouchers in arrived
        ],
    )
    return record


def judge_delivery(
    session: Session, *, order_id: UUID, booklets: Sequence[tuple[int, int]]
) -> list[SerialRange | DomainError]:
    """Ranges of booklets as counted at the door: each as serials, or the sentence that refuses it.

    Raises:
        UnknownOrder, OrderNotSent.
    """
    order = known_order(session, order_id)
    if queries.dispatch(session, order_id) is None:
        raise OrderNotSent
    received = [
        SerialRange(r.first_serial, r.last_serial)
        for delivery in queries.deliveries_of(session, order_id)
        for r in queries.ranges_of(session, delivery.id)
    ]
    label = known_vintage(session, order.vintage_id).label
    return rules.judge_booklets(booklets, queries.allotments(session, order_id), received, label)


def _unpack(  # noqa: PLR0917 - what a range needs to become vouchers
    session: Session,
    delivery: Delivery,
    terms: VintageTerms,
    serials: SerialRange,
    allotted: Allotted,
    book: CodeBook,
    told: Callable[[int], None],
) -> ledger.VoucherRange:
    """Write one range: its booklets and its vouchers, carton by carton, with ids in a row."""
    programme = known_programme(session, terms.programme_id)
    issuer = ledger.account(session, chart.issuer(programme.issuer_id, terms.vintage_id))
    size, first_id = allotted.booklet_size, ledger.next_voucher_id(session)
    session.add(
        DeliveryRange(
            delivery_id=delivery.id,
            first_serial=serials.first,
            last_serial=serials.last,
            order_id=delivery.order_id,
            booklet_size=size,
            vintage_id=terms.vintage_id,
            allotted_first=allotted.serials.first,
            allotted_last=allotted.serials.last,
            allotted_booklet=allotted.first_booklet,
            first_voucher_id=first_id,
        )
    )
    session.flush()
    for start in range(serials.first, serials.last + 1, CARTON):
        carton = range(start, min(start + CARTON, serials.last + 1))
        ids = {serial: first_id + serial - serials.first for serial in carton}
        insert_rows(
            session,
            Booklet,
            [
                {
                    "id": ids[serial],
                    "vintage_id": terms.vintage_id,
                    "number": number,
                    "size": size,
                    "first_serial": serial,
                    "delivery_id": delivery.id,
                    "cover_hash": book.of_cover(number),
                }
                for serial, number in _numbered(carton[::size], allotted)
            ],
        )
        ledger.add_vouchers(
            session,
            (
                ledger.NewVoucher(
                    id=ids[serial],
                    serial=serial,
                    booklet_id=ids[serial] - (serial - serials.first) % size,
                    code_hash=book.of_pass(serial),
                )
                for serial in carton
            ),
            issuer=issuer,
        )
        told(len(carton))
    return ledger.VoucherRange(first_id, first_id + serials.count - 1)


def _numbered(firsts: Iterable[int], allotted: Allotted) -> Iterator[tuple[int, int]]:
    """First serials of booklets, each with the number of its booklet."""
    for serial in firsts:
        yield (
            serial,
            allotted.first_booklet + (serial - allotted.serials.first) // allotted.booklet_size,
        )


def known_delivery(session: Session, delivery_id: UUID) -> Delivery:
    """The delivery of that id.

    Raises:
        UnknownDelivery: there is none.
    """
    delivery = queries.delivery(session, delivery_id)
    if delivery is None:
        raise UnknownDelivery
    return delivery


def delivery_cost(session: Session, order: BookletOrder, ranges: Sequence[DeliveryRange]) -> Cents:
    """What a delivery of an order costs: printing, and face value when the order pays it."""
    prices = {
        line.booklet_size: Cents(line.unit_price_cents) for line in queries.lines(session, order.id)
    }
    return rules.cost(
        [(SerialRange(r.first_serial, r.last_serial), r.booklet_size) for r in ranges],
        prices,
        face_value_cents=rules.paid_face_value(order.payer, order.face_value_cents),
    )


def paid_and_inert(session: Session, vintage_id: int) -> list[UUID]:
    """Deliveries of a vintage that mandates cover, and that nobody put in service: oldest first.

    What an order pays for is covered as its deliveries came, once its fee and those that are
    active are: the rule by which they would be activated.
    """
    found = []
    for order in queries.orders_of_vintage(session, vintage_id):
        mandated = sum(m.amount_cents for m in queries.mandates_of(session, order.id))
        left = mandated - order.fee_cents - queries.activated_cost(session, order.id)
        for delivery in queries.deliveries_of(session, order.id):
            if mandated and queries.activation_of(session, delivery.id) is None:
                left -= delivery_cost(session, order, queries.ranges_of(session, delivery.id))
                if left < 0:
                    break
                found.append(delivery.id)
    return found


def delivery_by_number(session: Session, number: str) -> Delivery:
    """The delivery of that number, as printed.

    Raises:
        UnknownDelivery: there is none.
    """
    delivery = queries.delivery_by_number(session, number)
    if delivery is None:
        raise UnknownDelivery
    return delivery


def activate_delivery(
    session: Session, *, actor: Actor, activation_id: UUID, delivery_id: UUID, now: datetime
) -> Activation:
    """Make the passes of a delivery usable, while the order's mandates cover what they cost.

    Raises:
        UnknownDelivery, DeliveryActivatedAlready.
        PassesServeNoMore: the tolerance of the vintage is over.
        MandateMissing: no mandat number is recorded, and there is something to pay.
        MandateDoesNotCover: what is active would cost more than what is mandated.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.RECORD_MANDATE)
    digest = request_hash("activation", delivery=delivery_id)
    if record := earlier(session, Activation, activation_id, digest):
        return record
    delivery = known_delivery(session, delivery_id)
    hold(session, "mandates of order", delivery.order_id)
    if queries.activation_of(session, delivery_id):
        raise DeliveryActivatedAlready
    order = known_order(session, delivery.order_id)
    check_may_serve(session, order.vintage_id, on=martinique_day(now))
    ranges = queries.ranges_of(session, delivery_id)
    cost = delivery_cost(session, order, ranges)
    # The fee is due for the order, so it comes before the first delivery.
    total = queries.activated_cost(session, delivery.order_id) + cost + order.fee_cents
    mandated = sum(m.amount_cents for m in queries.mandates_of(session, delivery.order_id))
    if total and not mandated:
        raise MandateMissing
    if total > mandated:
        raise MandateDoesNotCover(mandated=euros(mandated), cost=euros(total))
    programme = known_programme(session, order.programme_id)
    record = Activation(
        id=activation_id,
        request_hash=digest,
        delivery_id=delivery_id,
        order_id=delivery.order_id,
        cost_cents=cost,
        activated_by=actor.agent_id,
        activated_at=now,
    )
    session.add(record)
    session.flush()
    accounts = ledger.accounts(
        session,
        [
            inert := chart.stock_inert(programme.sponsor_id, order.vintage_id),
            stock := chart.stock(programme.sponsor_id, order.vintage_id),
        ],
    )
    ledger.post(
        session,
        ledger.Act(
            posting_id=activation_id,
            kind=ledger.MovementKind.ACTIVATE,
            document_type="activation",
            document_id=activation_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        [
            ledger.Line(
                ledger.MovementKind.ACTIVATE,
                ledger.VoucherRange(
                    r.first_voucher_id, r.first_voucher_id + r.last_serial - r.first_serial
                ),
                accounts[inert],
                accounts[stock],
            )
            for r in ranges
        ],
    )
    return record
