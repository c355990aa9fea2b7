"""Ordering booklets, receiving them serial by serial, and activating what is mandated."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database import earlier, hold, insert_rows
from app.identity.rules import Actor, Right
from app.kernel import codes
from app.kernel.clock import LAST_DAY, martinique_day
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.ids import request_hash
from app.kernel.money import Cents, euros
from app.kernel.serials import BOOKLET_SIZES, BookletNumber
from app.kernel.text import clean
from app.ledger import chart
from app.orders import queries, rules
from app.orders.budget import check_budget, cost_of
from app.orders.errors import (
    DeliveryActivatedAlready,
    EmptyOrder,
    MandateDoesNotCover,
    MandateMissing,
    NothingPlanned,
    OrderApprovedAlready,
    OrderCancelled,
    OrderCancelledAlready,
    OrderLeftAlready,
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
    OrderCancellation,
    OrderDispatch,
    OrderLine,
    OrderPlan,
    OrderPlanLine,
    OrderPlanStock,
    SerialAllotment,
)
from app.orders.rules import (
    Allotted,
    FormLine,
    LineAsked,
    OrderForm,
    OrderingTerms,
    Plan,
    SerialRange,
)
from app.partners.queries import organisations_by_id
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.errors import VintageTakenOver
from app.programmes.freezes import check_not_frozen
from app.programmes.keys import KeyStore
from app.programmes.models import Programme, VintageTerms
from app.programmes.rules import Entitled, Payer, Public
from app.programmes.service import known_programme, known_vintage, settings_on
from app.vouchers.models import Booklet
from app.vouchers.service import vintage_key

CARTON = 10_000
"""Vouchers written at a time, so that memory does not grow with the delivery."""

LARGEST_PRICE_CENTS = 1_000_000
LARGEST_ORDER = 100_000
"""Booklets of one line of an order."""

MOST_PEOPLE = 1_000_000
SAMPLE = 500
"""The latest passes used, of which the planner tells the delay."""


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """What the order form says beside its lines: the purchase, and where and when to deliver."""

    market_number: str | None = None
    engagement_number: str | None = None
    service_code: str | None = None
    deliver_to: str | None = None
    expected_on: date | None = None


def ordering_terms(
    session: Session, programme: Programme, *, face_value_cents: Cents, on: date
) -> OrderingTerms:
    """What the programme's settings of a day say of an order: the one place that reads them."""
    settings = settings_on(session, programme.id, on)
    return OrderingTerms(Payer(programme.payer), face_value_cents, settings.order_fee_basis_points)


def prepare_order(
    session: Session,
    *,
    actor: Actor,
    order_id: UUID,
    programme_id: UUID,
    vintage_id: int,
    lines: Sequence[LineAsked],
    now: datetime,
    details: OrderDetails = OrderDetails(),
    planned: Mapping[Public, int] | None = None,
) -> BookletOrder:
    """Prepare an order of booklets of 5 and 10; somebody else approves it.

    What is planned for so many people is kept with the order, whatever is then ordered.

    Raises:
        EmptyOrder: no line.
        InvalidInput: a size other than 5 or 10 or twice the same, a count or price out of bounds,
            a reference or an address that cannot be one, a delivery expected in the past.
        UnknownProgramme, UnknownVintage, VintageOfAnotherProgramme, VintageTakenOver.
        ProgrammeFrozen.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_ORDER)
    if not lines:
        raise EmptyOrder
    sizes = [line.booklet_size for line in lines]
    if set(sizes) - set(BOOKLET_SIZES) or len(set(sizes)) < len(sizes):
        raise InvalidInput(lines="Une ligne pour les carnets de 10, une pour les carnets de 5.")
    for line in lines:
        if not 0 < line.booklet_count <= LARGEST_ORDER:
            raise InvalidInput(lines="Un nombre de carnets va de 1 à 100 000.")
        if not 0 <= line.unit_price_cents <= LARGEST_PRICE_CENTS:
            raise InvalidInput(lines="Le prix d’un carnet va de 0 à 10 000 €.")
    written = _cleaned(details, today=martinique_day(now))
    digest = request_hash(
        "order",
        programme=programme_id,
        vintage=vintage_id,
        lines=sorted((x.booklet_size, x.booklet_count, x.unit_price_cents) for x in lines),
        details=asdict(written),
        planned=sorted((planned or {}).items()),
    )
    if record := earlier(session, BookletOrder, order_id, digest):
        return record
    plan = (
        plan_order(session, actor=actor, programme_id=programme_id, people=planned, now=now)
        if planned
        else None
    )
    programme = known_programme(session, programme_id)
    check_not_frozen(session, programme_id)
    vintage = known_vintage(session, vintage_id)
    if vintage.programme_id != programme_id:
        raise VintageOfAnotherProgramme
    if vintage.taken_over:
        raise VintageTakenOver
    terms = ordering_terms(
        session,
        programme,
        face_value_cents=ledger.face_value(session, vintage_id),
        on=martinique_day(now),
    )
    totals = rules.totals(lines, terms)
    record = BookletOrder(
        id=order_id,
        request_hash=digest,
        number=numbering.next_document_number(session, numbering.ORDER, martinique_day(now).year),
        programme_id=programme_id,
        vintage_id=vintage_id,
        payer=terms.payer,
        face_value_cents=terms.face_value_cents,
        voucher_count=totals.voucher_count,
        printing_cents=totals.printing_cents,
        fee_basis_points=terms.fee_basis_points,
        fee_cents=totals.fee_cents,
        **asdict(written),
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
    if plan is not None:
        _keep_plan(session, order_id, plan)
    return record


def _cleaned(details: OrderDetails, *, today: date) -> OrderDetails:
    """The details as they are kept: one line each, nothing for what was left empty."""
    wrong: dict[str, str] = {}

    def text(name: str, typed: str | None, longest: int) -> str | None:
        if typed is None or not typed.strip():
            return None
        cleaned = clean(typed, longest=longest)
        if cleaned is None:
            wrong[name] = f"Écrivez une ligne de {longest} caractères au plus, ou rien."
        return cleaned

    written = OrderDetails(
        market_number=text("market_number", details.market_number, 50),
        engagement_number=text("engagement_number", details.engagement_number, 50),
        service_code=text("service_code", details.service_code, 50),
        deliver_to=text("deliver_to", details.deliver_to, 200),
        expected_on=details.expected_on,
    )
    if details.expected_on is not None and not today <= details.expected_on <= LAST_DAY:
        wrong["expected_on"] = "Écrivez un jour à venir, ou laissez vide."
    if wrong:
        raise InvalidInput(**wrong)
    return written


def _keep_plan(session: Session, order_id: UUID, plan: Plan) -> None:
    session.add(
        OrderPlan(
            order_id=order_id,
            issued_count=plan.measured.issued_count,
            redeemed_count=plan.measured.redeemed_count,
            delay_days=plan.measured.delay_days,
        )
    )
    session.flush()
    session.add_all(
        OrderPlanLine(
            order_id=order_id,
            public=p.public,
            person_count=p.person_count,
            booklet_size=p.booklet_size,
            booklet_count=p.booklet_count,
        )
        for p in plan.publics
    )
    session.add_all(
        OrderPlanStock(
            order_id=order_id,
            booklet_size=s.booklet_size,
            active_count=s.active_count,
            inert_count=s.inert_count,
            expected_count=s.expected_count,
            prepared_count=s.prepared_count,
        )
        for s in plan.stock
    )
    session.flush()


def plan_order(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID,
    people: Mapping[Public, int],
    now: datetime,
) -> Plan:
    """How many booklets to order for so many people: what they need, less what can still serve.

    Usable are whole booklets in CAP Nord's stock, active or inert, of vintages that still serve,
    and what orders already sent will bring. Drawers of prescribers are not: they serve the people
    whom those prescribers meet. Nothing is written.

    Raises:
        RightMissing, UnknownProgramme.
        NothingPlanned: nobody is expected.
        InvalidInput: more people than anybody could mean, or a public without entitlement.
    """
    actor.check(Right.PREPARE_ORDER)
    programme = known_programme(session, programme_id)
    wrong = {
        str(public): f"Écrivez un nombre de personnes de 0 à {MOST_PEOPLE:,}.".replace(",", " ")
        for public, count in people.items()
        if not 0 <= count <= MOST_PEOPLE
    }
    settings = settings_on(session, programme_id, martinique_day(now))
    entitled = [
        Entitled(Public(e.public), e.booklet_size, e.booklet_count)
        for e in programmes.entitlements_of(session, settings.id)
    ]
    for public in {p for p, count in people.items() if count} - {e.public for e in entitled}:
        wrong[str(public)] = "Ce dispositif ne prévoit rien pour ce public : laissez 0."
    if wrong:
        raise InvalidInput(**wrong)
    if not any(people.values()):
        raise NothingPlanned
    vintages = [
        terms.vintage_id
        for terms in programmes.vintages_of(session, programme_id)
        if terms.valid_until >= martinique_day(now)
    ]
    return rules.plan(
        people,
        entitled,
        queries.stock_by_size(session, programme.sponsor_id, vintages),
        measured_so_far(session, programme_id),
    )


def measured_so_far(session: Session, programme_id: UUID) -> rules.Measured:
    """Passes handed out and used in a programme, and how long the latest ones took."""
    vintages = {terms.vintage_id for terms in programmes.vintages_of(session, programme_id)}
    accounts = ledger.all_accounts(session)

    def moved(start: ledger.AccountKind, to: ledger.AccountKind) -> int:
        return sum(
            f.voucher_count
            for f in ledger.flows(session, ledger.net(start, to))
            if accounts[f.debit_account_id].vintage_id in vintages
        )

    kinds = ledger.AccountKind
    delays = queries.latest_delays(session, vintages, limit=SAMPLE)
    return rules.Measured(
        issued_count=moved(kinds.PRESCRIBER, kinds.CIRCULATION),
        redeemed_count=moved(kinds.CIRCULATION, kinds.REDEEMED),
        delay_days=rules.delay_in_days(
            [(martinique_day(given), martinique_day(used)) for given, used in delays]
        ),
    )


def cancel_order(
    session: Session,
    *,
    actor: Actor,
    cancellation_id: UUID,
    order_id: UUID,
    reason: str,
    now: datetime,
) -> OrderCancellation:
    """Give up an order that has not left, and say why; what was prepared stays readable.

    Raises:
        UnknownOrder, OrderLeftAlready, OrderCancelledAlready.
        InvalidInput: no reason, or not one line of 200 characters at most.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_ORDER)
    cleaned = clean(reason)
    if cleaned is None:
        raise InvalidInput(reason="Dites pourquoi, en 200 caractères au plus.")
    digest = request_hash("cancellation", order=order_id, reason=cleaned)
    if record := earlier(session, OrderCancellation, cancellation_id, digest):
        return record
    hold(session, "order", order_id)
    known_order(session, order_id)
    if queries.cancellation(session, order_id):
        raise OrderCancelledAlready
    if queries.dispatch(session, order_id):
        raise OrderLeftAlready
    record = OrderCancellation(
        id=cancellation_id,
        request_hash=digest,
        order_id=order_id,
        reason=cleaned,
        cancelled_by=actor.agent_id,
        cancelled_at=now,
    )
    session.add(record)
    session.flush()
    return record


def check_not_cancelled(session: Session, order_id: UUID) -> None:
    """Refuse to go on with an order that was given up.

    Raises:
        OrderCancelled.
    """
    if queries.cancellation(session, order_id):
        raise OrderCancelled


def totals_of(order: BookletOrder) -> rules.OrderTotals:
    """What an order costs, as it was prepared."""
    face = order.voucher_count * rules.paid_face_value(order.payer, order.face_value_cents)
    return rules.OrderTotals(
        order.voucher_count, Cents(order.printing_cents), Cents(face), Cents(order.fee_cents)
    )


def details_of(order: BookletOrder) -> OrderDetails:
    """What the order form says beside its lines."""
    return OrderDetails(**{f.name: getattr(order, f.name) for f in fields(OrderDetails)})


def form_of(session: Session, order: BookletOrder) -> OrderForm:
    """What the order form says, from what is frozen."""
    programme = known_programme(session, order.programme_id)
    allotted = {a.booklet_size: a for a in queries.allotments(session, order.id)}
    label = known_vintage(session, order.vintage_id).label
    parties = organisations_by_id(session, {programme.sponsor_id, programme.issuer_id})
    approval, sent = queries.approval(session, order.id), queries.dispatch(session, order.id)
    sponsor, issuer = parties[programme.sponsor_id], parties[programme.issuer_id]
    cost, details = totals_of(order), details_of(order)
    return OrderForm(
        number=order.number,
        programme_name=programme.name,
        vintage_label=label,
        sponsor_name=sponsor.name,
        sponsor_commune=sponsor.commune,
        sponsor_siret=sponsor.siret or "",
        issuer_name=issuer.name,
        issuer_commune=issuer.commune,
        issuer_siret=issuer.siret or "",
        pays_face_value=order.payer == Payer.ISSUER,
        face_value_cents=Cents(order.face_value_cents),
        lines=tuple(
            FormLine(
                line.booklet_size,
                line.booklet_count,
                Cents(line.unit_price_cents),
                (
                    str(BookletNumber(label, part.first_booklet)),
                    str(BookletNumber(label, part.last_booklet)),
                )
                if (part := allotted.get(line.booklet_size))
                else None,
            )
            for line in queries.lines(session, order.id)
        ),
        voucher_count=cost.voucher_count,
        printing_cents=cost.printing_cents,
        face_cents=cost.face_value_cents,
        fee_basis_points=order.fee_basis_points,
        fee_cents=cost.fee_cents,
        total_cents=cost.total_cents,
        market_number=details.market_number or "",
        engagement_number=details.engagement_number or "",
        service_code=details.service_code or "",
        deliver_to=details.deliver_to or "",
        expected_on=details.expected_on,
        prepared_on=martinique_day(order.prepared_at),
        approved_on=martinique_day(approval.approved_at) if approval else None,
        sent_on=martinique_day(sent.sent_at) if sent else None,
        cancelled=queries.cancellation(session, order.id) is not None,
        specimen=programmes.is_demonstration(session),
    )


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
        UnknownOrder, OrderCancelled, PreparerCannotApprove, ProgrammeFrozen.
        OrderApprovedAlready: by somebody else.
        OverBudget: with its passes at face value it would pass the programme's budget.
    """
    actor.check(Right.APPROVE_ORDER)
    hold(session, "order", order_id)
    order = known_order(session, order_id)
    check_not_cancelled(session, order_id)
    if order.prepared_by == actor.agent_id:
        raise PreparerCannotApprove
    if approval := queries.approval(session, order_id):
        if approval.approved_by == actor.agent_id:
            return approval
        raise OrderApprovedAlready
    check_not_frozen(session, order.programme_id)
    check_budget(
        session,
        order,
        known_programme(session, order.programme_id),
        more_cents=cost_of(order),
        on=martinique_day(now),
    )
    approval = OrderApproval(
        order_id=order_id,
        prepared_by=order.prepared_by,
        approved_by=actor.agent_id,
        approved_at=now,
        approved_on=martinique_day(now),
    )
    session.add(approval)
    session.flush()
    return approval


def send_order(session: Session, *, actor: Actor, order_id: UUID, now: datetime) -> OrderDispatch:
    """Let an approved order leave for the issuer, with the serials it may bring; twice is once.

    Raises:
        UnknownOrder, OrderCancelled, OrderNotApproved, ProgrammeFrozen.
    """
    actor.check(Right.PREPARE_ORDER)
    hold(session, "order", order_id)
    order = known_order(session, order_id)
    check_not_cancelled(session, order_id)
    if queries.approval(session, order_id) is None:
        raise OrderNotApproved
    if dispatch := queries.dispatch(session, order_id):
        return dispatch
    check_not_frozen(session, order.programme_id)
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
