"""Ordering booklets, receiving them serial by serial, and activating what is mandated."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database import earlier, hold, insert_rows
from app.identity.rules import Actor, Right
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.money import Cents, euros
from app.kernel.text import clean
from app.ledger import chart
from app.orders import queries, rules
from app.orders.errors import (
    DeliveryActivatedAlready,
    EmptyOrder,
    MandateDoesNotCover,
    MandateMissing,
    MandateTaken,
    OrderApprovedAlready,
    OrderNotApproved,
    OrderNotSent,
    PreparerCannotApprove,
    SerialsReceivedAlready,
    UnknownDelivery,
    UnknownOrder,
    VintageOfAnotherProgramme,
)
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
from app.orders.rules import Allotted, LineAsked, SerialRange
from app.programmes import numbering
from app.programmes.keys import KeyStore
from app.programmes.models import VintageTerms
from app.programmes.service import known_programme, known_vintage
from app.vouchers.models import Booklet
from app.vouchers.service import vintage_key

CARTON = 10_000
"""Vouchers written at a time, so that memory does not grow with the delivery."""

LARGEST_MANDATE_CENTS = 1_000_000_000
"""Ten million euros: a mandat is never corrected, so a slip of the keyboard must not pass."""

LARGEST_PRICE_CENTS = 1_000_000
LARGEST_ORDER = 100_000
"""Booklets of one line of an order."""


def prepare_order(
    session: Session,
    *,
    actor: Actor,
    order_id: UUID,
    programme_id: UUID,
    vintage_id: int,
    lines: Sequence[LineAsked],
    now: datetime,
) -> BookletOrder:
    """Prepare an order of booklets of 5 and 10; somebody else approves it.

    Raises:
        EmptyOrder: no line.
        InvalidInput: a size other than 5 or 10 or twice the same, a count or price out of bounds.
        UnknownProgramme, UnknownVintage, VintageOfAnotherProgramme.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_ORDER)
    if not lines:
        raise EmptyOrder
    sizes = [line.booklet_size for line in lines]
    if set(sizes) - set(rules.BOOKLET_SIZES) or len(set(sizes)) < len(sizes):
        raise InvalidInput(lines="Une ligne pour les carnets de 10, une pour les carnets de 5.")
    for line in lines:
        if not 0 < line.booklet_count <= LARGEST_ORDER:
            raise InvalidInput(lines="Un nombre de carnets va de 1 à 100 000.")
        if not 0 <= line.unit_price_cents <= LARGEST_PRICE_CENTS:
            raise InvalidInput(lines="Le prix d’un carnet va de 0 à 10 000 €.")
    digest = request_hash(
        "order",
        programme=programme_id,
        vintage=vintage_id,
        lines=sorted((x.booklet_size, x.booklet_count, x.unit_price_cents) for x in lines),
    )
    if record := earlier(session, BookletOrder, order_id, digest):
        return record
    known_programme(session, programme_id)
    if known_vintage(session, vintage_id).programme_id != programme_id:
        raise VintageOfAnotherProgramme
    record = BookletOrder(
        id=order_id,
        request_hash=digest,
        number=numbering.next_document_number(session, numbering.ORDER, martinique_day(now).year),
        programme_id=programme_id,
        vintage_id=vintage_id,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    session.add(record)
    session.flush()
    session.add_all(
        OrderLine(
            order_id=order_id,
            booklet_size=line.booklet_size,
            booklet_count=line.booklet_count,
            unit_price_cents=line.unit_price_cents,
        )
        for line in lines
    )
    session.flush()
    return record


def known_order(session: Session, order_id: UUID) -> BookletOrder:
    """The order of that id.

    Raises:
        UnknownOrder: there is none.
    """
    order = queries.order(session, order_id)
    if order is None:
        raise UnknownOrder
    return order


def approve_order(
    session: Session, *, actor: Actor, order_id: UUID, now: datetime
) -> OrderApproval:
    """Approve an order that somebody else prepared; twice is once.

    Raises:
        UnknownOrder, PreparerCannotApprove.
        OrderApprovedAlready: by somebody else.
    """
    actor.check(Right.APPROVE_ORDER)
    hold(session, "order", order_id)
    order = known_order(session, order_id)
    if order.prepared_by == actor.agent_id:
        raise PreparerCannotApprove
    if approval := queries.approval(session, order_id):
        if approval.approved_by == actor.agent_id:
            return approval
        raise OrderApprovedAlready
    approval = OrderApproval(
        order_id=order_id,
        prepared_by=order.prepared_by,
        approved_by=actor.agent_id,
        approved_at=now,
    )
    session.add(approval)
    session.flush()
    return approval


def send_order(session: Session, *, actor: Actor, order_id: UUID, now: datetime) -> OrderDispatch:
    """Let an approved order leave for the issuer, with the serials it may bring; twice is once.

    Raises:
        UnknownOrder, OrderNotApproved.
    """
    actor.check(Right.PREPARE_ORDER)
    hold(session, "order", order_id)
    order = known_order(session, order_id)
    if queries.approval(session, order_id) is None:
        raise OrderNotApproved
    if dispatch := queries.dispatch(session, order_id):
        return dispatch
    dispatch = OrderDispatch(order_id=order_id, sent_by=actor.agent_id, sent_at=now)
    session.add(dispatch)
    session.flush()
    _allot_serials(session, order)
    return dispatch


def _allot_serials(session: Session, order: BookletOrder) -> None:
    hold(session, "serials of vintage", order.vintage_id)
    before = queries.last_allotted(session, order.vintage_id)
    asked = [
        LineAsked(line.booklet_size, line.booklet_count, Cents(line.unit_price_cents))
        for line in queries.lines(session, order.id)
    ]
    last_serial, last_booklet = (
        (before.last_serial, before.last_booklet) if before else (None, None)
    )
    for allotted in rules.allot(
        asked, last_serial=last_serial or 0, last_booklet=last_booklet or 0
    ):
        allotment = SerialAllotment(
            order_id=order.id,
            booklet_size=allotted.booklet_size,
            vintage_id=order.vintage_id,
            follows_serial=last_serial,
            follows_booklet=last_booklet,
            first_serial=allotted.serials.first,
            last_serial=allotted.serials.last,
            first_booklet=allotted.first_booklet,
            last_booklet=allotted.first_booklet
            + allotted.serials.count // allotted.booklet_size
            - 1,
        )
        session.add(allotment)
        session.flush()
        last_serial, last_booklet = allotment.last_serial, allotment.last_booklet


def record_delivery(
    session: Session,
    *,
    actor: Actor,
    delivery_id: UUID,
    order_id: UUID,
    ranges: Sequence[SerialRange],
    keys: KeyStore,
    now: datetime,
) -> Delivery:
    """Receive booklets by ranges of serials: their passes enter the stock, inert.

    The count is the confirmation: what is recorded here is what lies in the cupboard.

    Raises:
        UnknownOrder, OrderNotSent.
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
    arrived = [
        _unpack(session, record, terms, serials, allotted, vintage_key(keys, terms))
        for serials, allotted in placed
    ]
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


def _unpack(  # noqa: PLR0917 - what a range needs to become vouchers
    session: Session,
    delivery: Delivery,
    terms: VintageTerms,
    serials: SerialRange,
    allotted: Allotted,
    key: bytes,
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
                    "cover_hash": codes.digest(codes.derive_cover(key, number)),
                }
                for serial, number in _numbered(carton[::size], allotted)
            ],
        )
        ledger.add_vouchers(
            session,
            [
                ledger.NewVoucher(
                    id=ids[serial],
                    serial=serial,
                    booklet_id=ids[serial] - (serial - serials.first) % size,
                    code_hash=codes.digest(codes.derive(key, serial)),
                )
                for serial in carton
            ],
            issuer=issuer,
        )
    return ledger.VoucherRange(first_id, first_id + serials.count - 1)


def _numbered(firsts: Iterable[int], allotted: Allotted) -> Iterator[tuple[int, int]]:
    """First serials of booklets, each with the number of its booklet."""
    for serial in firsts:
        yield (
            serial,
            allotted.first_booklet + (serial - allotted.serials.first) // allotted.booklet_size,
        )


def record_mandate(
    session: Session,
    *,
    actor: Actor,
    mandate_id: UUID,
    order_id: UUID,
    mandate_number: str,
    amount_cents: Cents,
    now: datetime,
) -> OrderMandate:
    """Record that the payment of an order was mandated, under that number and for that sum.

    Raises:
        UnknownOrder, OrderNotApproved.
        InvalidInput: the number is empty, or the sum negative or too large.
        MandateTaken: the order has that number already.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.RECORD_MANDATE)
    cleaned = clean(mandate_number, longest=50)
    wrong = {}
    if cleaned is None:
        wrong["mandate_number"] = "Écrivez le numéro de mandat, en 50 caractères au plus."
    if not 0 <= amount_cents <= LARGEST_MANDATE_CENTS:
        wrong["amount_cents"] = "Un mandat va de 0 à 10 millions d’euros : relisez le montant."
    if cleaned is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash("mandate", order=order_id, number=cleaned, amount=amount_cents)
    if record := earlier(session, OrderMandate, mandate_id, digest):
        return record
    hold(session, "mandates of order", order_id)
    known_order(session, order_id)
    if queries.approval(session, order_id) is None:
        raise OrderNotApproved
    if any(m.mandate_number == cleaned for m in queries.mandates_of(session, order_id)):
        raise MandateTaken
    record = OrderMandate(
        id=mandate_id,
        request_hash=digest,
        order_id=order_id,
        mandate_number=cleaned,
        amount_cents=amount_cents,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def known_delivery(session: Session, delivery_id: UUID) -> Delivery:
    """The delivery of that id.

    Raises:
        UnknownDelivery: there is none.
    """
    delivery = queries.delivery(session, delivery_id)
    if delivery is None:
        raise UnknownDelivery
    return delivery


def activate_delivery(
    session: Session, *, actor: Actor, activation_id: UUID, delivery_id: UUID, now: datetime
) -> Activation:
    """Make the passes of a delivery usable, while the order's mandates cover what they cost.

    Raises:
        UnknownDelivery, DeliveryActivatedAlready.
        MandateMissing: no mandat number is recorded.
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
    mandates = queries.mandates_of(session, delivery.order_id)
    if not mandates:
        raise MandateMissing
    ranges = queries.ranges_of(session, delivery_id)
    prices = {
        line.booklet_size: Cents(line.unit_price_cents)
        for line in queries.lines(session, delivery.order_id)
    }
    cost = rules.cost(
        [(SerialRange(r.first_serial, r.last_serial), r.booklet_size) for r in ranges], prices
    )
    mandated = sum(m.amount_cents for m in mandates)
    total = queries.activated_cost(session, delivery.order_id) + cost
    if total > mandated:
        raise MandateDoesNotCover(mandated=euros(mandated), cost=euros(total))
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
    order = known_order(session, delivery.order_id)
    sponsor_id = known_programme(session, order.programme_id).sponsor_id
    accounts = ledger.accounts(
        session,
        [
            inert := chart.stock_inert(sponsor_id, order.vintage_id),
            stock := chart.stock(sponsor_id, order.vintage_id),
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
