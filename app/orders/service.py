"""Ordering booklets: prepared by one, approved by another, sent, or given up."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import LAST_DAY, martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.money import Cents
from app.kernel.serials import BOOKLET_SIZES, BookletNumber
from app.kernel.text import clean
from app.orders import queries, rules
from app.orders.budget import check_budget, cost_of
from app.orders.endings import check_may_be_ordered
from app.orders.errors import (
    EmptyOrder,
    OrderApprovedAlready,
    OrderCancelled,
    OrderCancelledAlready,
    OrderLeftAlready,
    OrderNotApproved,
    PreparerCannotApprove,
    UnknownOrder,
    VintageOfAnotherProgramme,
)
from app.orders.models import (
    BookletOrder,
    OrderApproval,
    OrderCancellation,
    OrderDispatch,
    OrderLine,
    SerialAllotment,
)
from app.orders.planning import keep_plan, plan_order
from app.orders.rules import (
    FormLine,
    LineAsked,
    OrderForm,
    OrderingTerms,
)
from app.partners.queries import organisations_by_id
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.errors import VintageTakenOver
from app.programmes.freezes import check_not_frozen
from app.programmes.models import Programme
from app.programmes.rules import Payer, Public
from app.programmes.service import known_programme, known_vintage, settings_on

LARGEST_PRICE_CENTS = 1_000_000
LARGEST_ORDER = 100_000
"""Booklets of one line of an order."""


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
        OrderOfEndedVintage, ProgrammeFrozen.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_ORDER)
    _check_lines(lines)
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
    check_may_be_ordered(session, vintage_id, on=martinique_day(now))
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
        keep_plan(session, order_id, plan)
    return record


def _check_lines(lines: Sequence[LineAsked]) -> None:
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
        UnknownOrder, OrderCancelled, PreparerCannotApprove, ProgrammeFrozen, OrderOfEndedVintage.
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
    check_may_be_ordered(session, order.vintage_id, on=martinique_day(now))
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
        UnknownOrder, OrderCancelled, OrderNotApproved, ProgrammeFrozen, OrderOfEndedVintage.
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
    check_may_be_ordered(session, order.vintage_id, on=martinique_day(now))
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
