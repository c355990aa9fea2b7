"""What is told of orders and deliveries, whole pages at a time, and what their pages show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.rows import rows_by
from app.identity.naming import Named, named_to
from app.identity.rules import Actor, Right
from app.kernel.money import Cents
from app.kernel.serials import BookletNumber
from app.orders import queries
from app.orders.budget import Budget, budget_of, cost_of
from app.orders.deliveries import delivery_cost
from app.orders.endings import is_over, mandates_may_change, serves_no_more
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
    SerialAllotment,
)
from app.orders.rules import (
    FRENCH_STATE,
    OrderState,
    OrderTotals,
    Plan,
    SerialRange,
    still_expected,
)
from app.orders.service import OrderDetails, details_of, totals_of
from app.partners.queries import organisation_names
from app.programmes import queries as programmes
from app.programmes.models import VintageTerms
from app.programmes.rules import Payer, Public
from app.programmes.service import known_programme, known_vintage
from app.web.api import Json, shown
from app.web.format import count as number
from app.web.format import day_long, day_short


def orders_shown(session: Session, orders: Sequence[BookletOrder]) -> list[Json]:
    """Orders with their lines, who approved them, when they left, and what they may bring."""
    ids = [order.id for order in orders]
    lines = rows_by(session, OrderLine.order_id, ids, OrderLine.booklet_size.desc())
    approvals = rows_by(session, OrderApproval.order_id, ids)
    dispatches = rows_by(session, OrderDispatch.order_id, ids)
    allotments = rows_by(session, SerialAllotment.order_id, ids, SerialAllotment.first_serial)
    mandates = queries.all_mandates_of(session, ids)
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
            mandates=[mandate_shown(*one) for one in mandates[order.id]],
            approved_by=approval.approved_by if approval else None,
            approved_at=approval.approved_at if approval else None,
            sent_at=dispatch.sent_at if dispatch else None,
        )

    return [one(order) for order in orders]


def mandate_shown(mandate: OrderMandate, cancelled: OrderMandateCancellation | None) -> Json:
    """A mandat, and whether it was cancelled."""
    return shown(
        mandate,
        cancelled_at=cancelled.cancelled_at if cancelled else None,
        cancellation_reason=cancelled.reason if cancelled else None,
    )


def deliveries_shown(session: Session, deliveries: Sequence[Delivery]) -> list[Json]:
    """Deliveries with their serials, since when they are active, and by whom."""
    ids = [delivery.id for delivery in deliveries]
    ranges = rows_by(session, DeliveryRange.delivery_id, ids, DeliveryRange.first_serial)
    activations = rows_by(session, Activation.delivery_id, ids)

    def one(delivery: Delivery) -> Json:
        activation = next(iter(activations[delivery.id]), None)
        return shown(
            delivery,
            ranges=ranges[delivery.id],
            activated_by=activation.activated_by if activation else None,
            activated_at=activation.activated_at if activation else None,
        )

    return [one(delivery) for delivery in deliveries]


# ── For pages ─────────────────────────────────────────────────────────────────────────────────────

TONE = {
    OrderState.PREPARED: "warn",
    OrderState.APPROVED: "warn",
    OrderState.SENT: "go",
    OrderState.DELIVERED: "go",
    OrderState.ACTIVE: "ok",
    OrderState.CANCELLED: "bad",
}
WAITS = {
    OrderState.PREPARED: "Elle attend qu’une autre personne que celle qui l’a préparée l’approuve, "
    "à la coordination ou au service financier.",
    OrderState.APPROVED: "Elle attend que la coordination ou le service financier l’envoie à "
    "l’émetteur.",
    OrderState.SENT: "Elle attend la livraison, que la coordination compte plage par plage.",
    OrderState.DELIVERED: "Tout est livré. Elle attend que le service financier active ses "
    "livraisons.",
    OrderState.ACTIVE: "Tout est livré et actif : ses carnets peuvent être confiés.",
    OrderState.CANCELLED: "Elle est annulée : rien n’en partira.",
}


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order in a list."""

    number: str
    programme_name: str
    vintage_label: str
    state: OrderState
    tone: str
    state_label: str
    prepared_at: datetime
    lines: tuple[tuple[int, int], ...]
    """Booklets and their size."""
    total_cents: Cents
    missing_cents: Cents
    """What the mandates do not reach yet, once the order has left and while its passes serve."""
    too_late: str
    """Said where something of it lacks and its passes serve no more: nothing will come of that."""
    awaited: str
    """What has not arrived, and since when it should have or by when it is to."""

    @property
    def voucher_count(self) -> int:
        """Passes of its booklets."""
        return sum(booklets * size for booklets, size in self.lines)

    @property
    def state_told(self) -> str:
        """Its state, in one cell of a file."""
        return ", ".join(filter(None, (self.state_label, self.awaited, self.too_late)))


@dataclass(frozen=True, slots=True)
class LineShown:
    """A line, and what of it is still expected, as ranges of booklets."""

    booklet_size: int
    booklet_count: int
    unit_price_cents: Cents
    first_booklet: int | None
    last_booklet: int | None
    received_count: int
    expected: tuple[tuple[int, int], ...]

    @property
    def cost_cents(self) -> Cents:
        """Its printing."""
        return Cents(self.booklet_count * self.unit_price_cents)

    @property
    def expected_count(self) -> int:
        """Booklets that have not arrived."""
        return sum(last - first + 1 for first, last in self.expected)


@dataclass(frozen=True, slots=True)
class DeliveryShown:
    """A part delivery: its booklets, what it costs, who received it, and who put it in service."""

    number: str
    received_at: datetime
    received_by: str
    booklets: tuple[tuple[int, int], ...]
    voucher_count: int
    cost_cents: Cents
    activated_at: datetime | None
    activated_by: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an order, done at an instant or still to come."""

    title: str
    drawing: str
    at: datetime | None
    said: str = ""
    here: bool = False
    by: str = ""
    """Who did it, as the reader is told."""


class Acts(NamedTuple):
    """What people did to an order, each once at most."""

    approval: OrderApproval | None
    sent: OrderDispatch | None
    cancelled: OrderCancellation | None

    @property
    def agents(self) -> tuple[int, ...]:
        """Who did."""
        approval, sent, cancelled = self
        return (
            *([approval.approved_by] if approval else ()),
            *([sent.sent_by] if sent else ()),
            *([cancelled.cancelled_by] if cancelled else ()),
        )


@dataclass(frozen=True, slots=True)
class MandateShown:
    """A mandat of an order; one with a reason was cancelled."""

    id: UUID
    mandate_number: str
    amount_cents: Cents
    issued_on: date
    cancelled_because: str
    recorded_by: str
    cancelled_by: str
    """Who, as the reader is told."""


@dataclass(frozen=True, slots=True)
class OrderPage:
    """An order as its page tells it."""

    number: str
    state: OrderState
    programme_name: str
    vintage_label: str
    issuer_name: str
    payer: Payer
    totals: OrderTotals
    fee_basis_points: int
    details: OrderDetails
    lines: tuple[LineShown, ...]
    deliveries: tuple[DeliveryShown, ...]
    mandates: tuple[MandateShown, ...]
    mandated_cents: Cents
    activated_cents: Cents
    steps: tuple[Step, ...]
    plan: Plan | None
    cancellation_reason: str
    budget: Budget
    commits_cents: Cents
    prepared_by: str
    """The name of who prepared it; nothing when that is the reader."""
    rights: frozenset[Right]
    over: str
    """Why its booklets are no longer of use; empty while they are."""
    closed_acts: frozenset[str]
    """What the end of its vintage no longer lets anybody do."""

    @property
    def tone(self) -> str:
        """The look of its state; nothing is going on once it is too late."""
        return "" if self.over and self.state in _LIVE else TONE[self.state]

    @property
    def state_label(self) -> str:
        """Its state in words."""
        return FRENCH_STATE[self.state]

    @property
    def waits(self) -> str:
        """What it waits for, and whose turn it is."""
        return self.over or WAITS[self.state]

    @property
    def missing_cents(self) -> Cents:
        """What the mandates do not reach yet."""
        return Cents(max(0, self.totals.total_cents - self.mandated_cents))

    @property
    def left_cents(self) -> Cents:
        """What the mandates still cover, once fees and active deliveries are taken off."""
        taken = self.activated_cents + self.totals.fee_cents
        return Cents(max(0, self.mandated_cents - taken))

    @property
    def passes_budget(self) -> bool:
        """Waiting for an approval that the budget does not allow."""
        return self.state is OrderState.PREPARED and not self.budget.holds(self.commits_cents)

    @property
    def under_way(self) -> bool:
        """Sent, so that deliveries and mandates matter."""
        return self.state in {OrderState.SENT, OrderState.DELIVERED, OrderState.ACTIVE}

    def may(self, act: str) -> bool:
        """Whether the reader may do that now: what else stands in the way is said by the act."""
        right, states = ACTS[act]
        return right in self.rights and self.state in states and act not in self.closed_acts

    def covers(self, delivery: DeliveryShown) -> bool:
        """Whether the mandates pay for a delivery that is not active yet, the fee before it."""
        due = self.activated_cents + self.totals.fee_cents + delivery.cost_cents
        return due <= self.mandated_cents

    def booklet(self, number: int) -> str:
        """The printed number of a booklet."""
        return str(BookletNumber(self.vintage_label, number))


_LIVE = frozenset({OrderState.SENT, OrderState.DELIVERED})
ACTS = {
    "approve": (Right.APPROVE_ORDER, frozenset({OrderState.PREPARED})),
    "send": (Right.PREPARE_ORDER, frozenset({OrderState.APPROVED})),
    "cancel": (Right.PREPARE_ORDER, frozenset({OrderState.PREPARED, OrderState.APPROVED})),
    "receive": (Right.RECEIVE_DELIVERY, frozenset({OrderState.SENT})),
    "mandate": (Right.RECORD_MANDATE, _LIVE | {OrderState.APPROVED, OrderState.ACTIVE}),
    "activate": (Right.RECORD_MANDATE, _LIVE),
}


def planned_people(people: Mapping[Public, int]) -> tuple[tuple[str, int], ...]:
    """Whom an order is planned for, in the order of the publics: fields that travel with it."""
    return tuple((str(public), people[public]) for public in Public if public in people)


def listed_rows(
    session: Session, orders: Sequence[BookletOrder], *, on: date
) -> tuple[OrderRow, ...]:
    """Orders in a list, as they are on a day."""
    progress = queries.progress(session, [order.id for order in orders])
    lines = rows_by(
        session, OrderLine.order_id, [o.id for o in orders], OrderLine.booklet_size.desc()
    )
    vintages = programmes.all_vintages(session)
    names = {
        programme_id: known_programme(session, programme_id).name
        for programme_id in {order.programme_id for order in orders}
    }

    def one(order: BookletOrder) -> OrderRow:
        come, total = progress[order.id], totals_of(order).total_cents
        terms = vintages[order.vintage_id]
        ended = come.state in _LIVE and serves_no_more(terms, on)
        waits = come.state in _LIVE and not ended
        partly = come.state is OrderState.SENT and come.delivered_count > 0
        return OrderRow(
            number=order.number,
            programme_name=names[order.programme_id],
            vintage_label=terms.label,
            state=come.state,
            tone="" if ended else TONE[come.state],
            state_label="livrée en partie" if partly else FRENCH_STATE[come.state],
            prepared_at=order.prepared_at,
            lines=tuple((line.booklet_count, line.booklet_size) for line in lines[order.id]),
            total_cents=total,
            missing_cents=Cents(max(0, total - come.mandated_cents) if waits else 0),
            too_late="trop tard pour le reste" if ended else "",
            awaited="" if ended else _awaited(order, come, on),
        )

    return tuple(map(one, orders))


def _awaited(order: BookletOrder, come: queries.Progress, on: date) -> str:
    """What of a sent order has not arrived, and since when it should have."""
    count = order.voucher_count - come.delivered_count
    if come.state is not OrderState.SENT or order.expected_on is None:
        return ""
    late = "depuis" if order.expected_on < on else "pour"
    return f"{number(count)} pass attendus {late} le {day_short(order.expected_on)}"


def order_page(
    session: Session, order: BookletOrder, *, actor: Actor, rights: frozenset[Right], on: date
) -> OrderPage:
    """An order with everything that happened to it, for whoever may look."""
    come = queries.progress(session, [order.id])[order.id]
    came = [
        (one, queries.activation_of(session, one.id))
        for one in queries.deliveries_of(session, order.id)
    ]
    acts = Acts(
        queries.approval(session, order.id),
        queries.dispatch(session, order.id),
        queries.cancellation(session, order.id),
    )
    mandates = queries.all_mandates_of(session, [order.id])[order.id]
    named = named_to(
        session,
        actor,
        [
            order.prepared_by,
            *acts.agents,
            *(one.recorded_by for one, _ in mandates),
            *(one.cancelled_by for _, one in mandates if one),
            *(one.received_by for one, _ in came),
            *(one.activated_by for _, one in came if one),
        ],
    )
    deliveries = _deliveries(session, order, came, named)
    over = _over(terms := known_vintage(session, order.vintage_id), come.state, on)
    programme = known_programme(session, order.programme_id)
    return OrderPage(
        number=order.number,
        state=come.state,
        programme_name=programme.name,
        vintage_label=terms.label,
        issuer_name=organisation_names(session, [programme.issuer_id])[programme.issuer_id],
        payer=Payer(order.payer),
        totals=totals_of(order),
        fee_basis_points=order.fee_basis_points,
        details=details_of(order),
        lines=_lines(session, order),
        deliveries=deliveries,
        mandates=_mandates(mandates, named),
        mandated_cents=come.mandated_cents,
        activated_cents=come.activated_cents,
        steps=_steps(order, acts, come, deliveries, named, ended=bool(over)),
        plan=queries.plans_of(session, [order.id]).get(order.id),
        cancellation_reason=acts.cancelled.reason if acts.cancelled else "",
        budget=budget_of(session, programme, on=on),
        commits_cents=cost_of(order),
        prepared_by="" if order.prepared_by == actor.agent_id else named(order.prepared_by),
        rights=rights,
        over=over,
        closed_acts=_closed_acts(terms, order, delivered=bool(deliveries), on=on),
    )


def _over(terms: VintageTerms, state: OrderState, on: date) -> str:
    """What the end of its vintage leaves to do."""
    if state in {OrderState.PREPARED, OrderState.APPROVED} and is_over(terms, on):
        return (
            f"Le {terms.label} n’est plus valable depuis le {day_long(terms.valid_until)} : "
            "elle ne part plus. La coordination ou le service financier l’annule."
        )
    if state is OrderState.CANCELLED or not serves_no_more(terms, on):
        return ""
    ended = (
        f"Les pass du {terms.label} ne servent plus depuis le {day_long(terms.last_redemption_on)}"
    )
    if state is OrderState.ACTIVE:
        return f"{ended} : elle n’attend plus rien."
    return (
        f"{ended} : ce qui n’est pas arrivé ne se reçoit plus, et ce qui n’est pas actif ne le "
        "sera plus. Rendez ces carnets à l’émetteur, ou faites-les détruire."
    )


def _closed_acts(
    terms: VintageTerms, order: BookletOrder, *, delivered: bool, on: date
) -> frozenset[str]:
    closed = {"approve", "send"} if is_over(terms, on) else set()
    if serves_no_more(terms, on):
        closed |= {"receive", "activate"}
    if not mandates_may_change(terms, order, delivered=delivered, on=on):
        closed.add("mandate")
    return frozenset(closed)


def _mandates(
    found: Sequence[tuple[OrderMandate, OrderMandateCancellation | None]], named: Named
) -> tuple[MandateShown, ...]:
    return tuple(
        MandateShown(
            one.id,
            one.mandate_number,
            Cents(one.amount_cents),
            one.issued_on,
            cancelled.reason if cancelled else "",
            named(one.recorded_by),
            named(cancelled.cancelled_by if cancelled else None),
        )
        for one, cancelled in found
    )


def _lines(session: Session, order: BookletOrder) -> tuple[LineShown, ...]:
    allotted = {a.booklet_size: a for a in queries.allotments(session, order.id)}
    received = [
        SerialRange(r.first_serial, r.last_serial)
        for delivery in queries.deliveries_of(session, order.id)
        for r in queries.ranges_of(session, delivery.id)
    ]
    shown_lines = []
    for line in queries.lines(session, order.id):
        part = allotted.get(line.booklet_size)
        expected = tuple(still_expected(part, received)) if part else ()
        missing = sum(last - first + 1 for first, last in expected)
        shown_lines.append(
            LineShown(
                line.booklet_size,
                line.booklet_count,
                Cents(line.unit_price_cents),
                part.first_booklet if part else None,
                part.last_booklet if part else None,
                line.booklet_count - missing if part else 0,
                expected,
            )
        )
    return tuple(shown_lines)


def _deliveries(
    session: Session,
    order: BookletOrder,
    came: Sequence[tuple[Delivery, Activation | None]],
    named: Named,
) -> tuple[DeliveryShown, ...]:
    found = []
    for delivery, activation in came:
        ranges = queries.ranges_of(session, delivery.id)
        found.append(
            DeliveryShown(
                number=delivery.number,
                received_at=delivery.received_at,
                received_by=named(delivery.received_by),
                booklets=tuple(
                    (
                        r.allotted_booklet + (r.first_serial - r.allotted_first) // r.booklet_size,
                        r.allotted_booklet + (r.last_serial - r.allotted_first) // r.booklet_size,
                    )
                    for r in ranges
                ),
                voucher_count=sum(r.last_serial - r.first_serial + 1 for r in ranges),
                cost_cents=delivery_cost(session, order, ranges),
                activated_at=activation.activated_at if activation else None,
                activated_by=named(activation.activated_by if activation else None),
            )
        )
    return tuple(found)


def _steps(
    order: BookletOrder,
    acts: Acts,
    come: queries.Progress,
    deliveries: Sequence[DeliveryShown],
    named: Named,
    *,
    ended: bool,
) -> tuple[Step, ...]:
    approval, sent, cancelled = acts
    steps = [Step("Préparée", "bill", order.prepared_at, by=named(order.prepared_by))]
    if approval:
        steps.append(
            Step("Approuvée", "check", approval.approved_at, by=named(approval.approved_by))
        )
    if cancelled:
        return (
            *steps,
            Step(
                "Annulée",
                "cross",
                cancelled.cancelled_at,
                cancelled.reason,
                here=True,
                by=named(cancelled.cancelled_by),
            ),
        )
    if not approval:
        steps.append(Step("Approuvée", "check", None))
    steps.append(
        Step("Envoyée", "truck", sent.sent_at, by=named(sent.sent_by))
        if sent
        else Step("Envoyée", "truck", None)
    )
    whole = order.voucher_count
    received = [(d.received_at, d.received_by) for d in deliveries]
    active = [(d.activated_at, d.activated_by) for d in deliveries if d.activated_at]
    for title, drawing, count, parts in (
        ("Livrée", "box", come.delivered_count, received),
        ("Activée", "unlock", come.activated_count, active),
    ):
        said = f"{number(count)} pass sur {number(whole)}." if count else ""
        if parts and count >= whole:
            by = ", ".join(dict.fromkeys(who for _, who in parts if who))
            steps.append(Step(title, drawing, max(at for at, _ in parts), said, by=by))
        else:
            steps.append(Step(title, drawing, None, said))
    done = [step.at is not None for step in steps]
    last = len(steps) - 1
    here = last if all(done) else None if ended else done.index(False)
    return tuple(replace(step, here=place == here) for place, step in enumerate(steps))
