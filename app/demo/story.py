"""Orders, allocations, prescriptions and redemptions, as acts through the services."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import groupby, islice, pairwise

from app.clearing import sessions, sheets
from app.clearing.redemptions import Scan, redeem_vouchers
from app.clearing.rules import SessionKind, Topic
from app.clearing.undoing import undo_redemption
from app.config import EXAMPLE_LINE, EXAMPLE_URL
from app.demo.calendar import Timeline, instant, working_day
from app.demo.partners import LAPSED, MEDIATORS, NEWCOMER
from app.demo.places import SURNAME
from app.demo.plan import FIRST_ORDER, SECOND_ORDER, Entrusted, Handover, Pass, Plan, Visit
from app.demo.world import Act, World
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.codes import VoucherCode
from app.kernel.ids import LARGEST_INTEGER
from app.kernel.money import Cents
from app.orders import deliveries, mandates
from app.orders import queries as orders_made
from app.orders import service as orders
from app.orders.rules import LineAsked, SerialRange
from app.prescribers import allocations, custody, people, prescriptions
from app.prescribers.allocations import BookletRange
from app.prescribers.people import Person
from app.prescribers.prescriptions import Reasons
from app.prescribers.rules import DuplicateReason
from app.printing import service as printing
from app.printing.rules import PrintKind
from app.programmes.rules import Public

PRINTING_CENTS = {10: Cents(160), 5: Cents(110)}
"""What a booklet costs to print, by size: the order pays for printing only."""
SECOND_LOTS = ({10: 80, 5: 40}, {10: 100})
"""Booklets of the second order that arrived, in two deliveries; the rest is awaited."""
THIRD_ORDER = {10: 80, 5: 40}
FOURTH_ORDER = {10: 40, 5: 20}
FIFTH_ORDER = {10: 25, 5: 10}
PLANNED = {
    "fifth": {Public.PLIE: 100, Public.REGISTERED_JOB_SEEKER: 90, Public.SENIOR: 210},
}
"""For whom an order was planned."""

MOST_HOURS = 4
ON_THE_SHEET = 5
WITHOUT_A_PHONE = NEWCOMER
"""The mediator whose paper list is typed by CAP Nord."""

MEDIATOR = {mediator.key: mediator for mediator in MEDIATORS}
WORKSHOP_END = timedelta(minutes=4)
WORKING_DAY = timedelta(hours=7)
"""How long before it is sent a day's batch begins: at once, or in the evening for what was noted
on paper."""


def acts(timeline: Timeline, plan: Plan) -> Iterator[Act]:
    """Everything that moves passes but clearing."""
    yield from _orders(timeline)
    for entrusted in plan.entrusted:
        yield from _allocation(entrusted)
    for handover in plan.handovers:
        yield Act(handover.at, partial(hand_over, handover=handover))
    for _, together in groupby(plan.visits, key=lambda visit: (visit.day, visit.mediator)):
        yield from _visits(list(together))
    yield from _refused_scans(timeline, plan)
    yield from _typed_sheet(timeline, plan)


# ── Orders ────────────────────────────────────────────────────────────────────────────────────────


def _orders(timeline: Timeline) -> Iterator[Act]:
    """One for each state: active, half inert, sent, approved, given up, prepared.

    The last one was planned, and keeps what was planned.
    """
    opening, ago = timeline.opening, timeline.ago
    first = partial(_order, "first", FIRST_ORDER)
    yield from first(prepared=opening(-30), approved=opening(-28), sent=opening(-27))
    yield Act(instant(opening(-12), 10), partial(receive, order="first", lot=FIRST_ORDER))
    yield Act(instant(opening(-6), 11), partial(mandate, order="first", lot=FIRST_ORDER, number=1))
    yield Act(instant(opening(-5), 14), partial(activate, delivery="first 1"))
    second = partial(_order, "second", SECOND_ORDER)
    active, inert = SECOND_LOTS
    yield from second(prepared=ago(95), approved=ago(92), sent=ago(91))
    yield Act(instant(ago(66), 9), partial(receive, order="second", lot=active))
    yield Act(instant(ago(60), 11), partial(mandate, order="second", lot=active, number=2))
    yield Act(instant(ago(60), 15), partial(activate, delivery="second 1"))
    yield Act(instant(ago(9), 10), partial(receive, order="second", lot=inert))
    yield from _order("third", THIRD_ORDER, prepared=ago(24), approved=ago(21), sent=ago(20))
    yield from _order("fourth", FOURTH_ORDER, prepared=ago(12), approved=ago(8))
    yield from _order("given up", FIFTH_ORDER, prepared=ago(17))
    yield Act(instant(ago(16), 10), partial(give_up, order="given up"))
    yield from _order("fifth", FIFTH_ORDER, prepared=ago(3))


def _order(
    name: str,
    booklets: dict[int, int],
    *,
    prepared: date,
    approved: date | None = None,
    sent: date | None = None,
) -> Iterator[Act]:
    yield Act(instant(prepared, 9, 30), partial(prepare, order=name, booklets=booklets))
    if approved:
        yield Act(instant(approved, 15), partial(approve, order=name))
    if sent:
        yield Act(instant(sent, 16), partial(send, order=name))
        yield Act(instant(sent, 17), partial(print_order, order=name))
        if name == "first":
            again = partial(print_order, kind=PrintKind.BOOKLETS, last=2, reason="Bourrage papier")
            yield Act(instant(sent + timedelta(days=1), 9), partial(again, order=name))


def prepare(world: World, at: datetime, *, order: str, booklets: dict[int, int]) -> None:
    """One person types the order, with what was planned for those that were planned."""
    people = PLANNED.get(order)
    world.orders[order] = orders.prepare_order(
        world.session,
        actor=world.actors["coordinator2"],
        order_id=world.new_id(at),
        programme_id=world.programme_id,
        vintage_id=world.vintage_id,
        lines=[LineAsked(size, count, PRINTING_CENTS[size]) for size, count in booklets.items()],
        details=orders.OrderDetails(
            market_number=f"DEMO-{at:%Y}-PN",
            engagement_number=f"DEMO-{order.upper()}",
            service_code="DEMO-NUM",
            deliver_to="CAP Nord Martinique, service numérique, Le Marigot",
            expected_on=martinique_day(at) + timedelta(days=30),
        ),
        planned=people,
        now=at,
    ).id


def give_up(world: World, at: datetime, *, order: str) -> None:
    """An order that was prepared too early, before the stock was counted."""
    orders.cancel_order(
        world.session,
        actor=world.actors["coordinator2"],
        cancellation_id=world.new_id(at),
        order_id=world.orders[order],
        reason="Le stock compté suffit jusqu’au printemps.",
        now=at,
    )


def approve(world: World, at: datetime, *, order: str) -> None:
    """Another person approves it."""
    orders.approve_order(
        world.session, actor=world.actors["finance"], order_id=world.orders[order], now=at
    )


def send(world: World, at: datetime, *, order: str) -> None:
    """The order leaves; its booklets have numbers and serials from now on."""
    order_id = world.orders[order]
    orders.send_order(world.session, actor=world.actors["coordinator2"], order_id=order_id, now=at)
    for allotted in orders_made.allotments(world.session, order_id):
        for place in range(allotted.serials.count // allotted.booklet_size):
            world.first_serials[allotted.first_booklet + place] = (
                allotted.serials.first + place * allotted.booklet_size
            )


def print_order(
    world: World,
    at: datetime,
    *,
    order: str,
    last: int | None = None,
    kind: PrintKind = PrintKind.CODES,
    reason: str = "",
) -> None:
    """The numbers and codes of a sent order leave for the printer; or some booklets once more."""
    actor, batch_id = world.actors["coordinator2"], world.new_id(at)
    asked = printing.Asked(world.orders[order], kind, last=last, reason=reason)
    plan = printing.plan_batch(
        world.session,
        actor=actor,
        batch_id=batch_id,
        asked=asked,
        address=printing.PublicAddress(EXAMPLE_URL, EXAMPLE_LINE),
        keys=world.keys,
        now=at,
    )
    if isinstance(plan, printing.Plan):
        files = [(carton, sha256(file).digest()) for carton, file in plan.files()]
        printing.record_batch(
            world.session, actor=actor, batch_id=batch_id, plan=plan, files=files, now=at
        )


def receive(world: World, at: datetime, *, order: str, lot: dict[int, int]) -> None:
    """So many booklets of each size arrive, those with the lowest serials still awaited first."""
    order_id = world.orders[order]
    earlier = orders_made.deliveries_of(world.session, order_id)
    arrived = {
        size: sum(
            r.last_serial - r.first_serial + 1
            for delivery in earlier
            for r in orders_made.ranges_of(world.session, delivery.id)
            if r.booklet_size == size
        )
        for size in lot
    }
    ranges = []
    for allotted in orders_made.allotments(world.session, order_id):
        size = allotted.booklet_size
        if size in lot:
            first = allotted.serials.first + arrived[size]
            ranges.append(SerialRange(first, first + lot[size] * size - 1))
    world.deliveries[f"{order} {len(earlier) + 1}"] = deliveries.record_delivery(
        world.session,
        actor=world.actors["coordinator"],
        delivery_id=world.new_id(at),
        order_id=order_id,
        ranges=ranges,
        keys=world.keys,
        now=at,
    ).id


def mandate(world: World, at: datetime, *, order: str, lot: dict[int, int], number: int) -> None:
    """The printing of what arrived is mandated."""
    mandates.record_mandate(
        world.session,
        actor=world.actors["finance"],
        mandate_id=world.new_id(at),
        order_id=world.orders[order],
        mandate_number=f"DEMO-{at:%Y}-{number:04d}",
        amount_cents=Cents(sum(count * PRINTING_CENTS[size] for size, count in lot.items())),
        now=at,
    )


def activate(world: World, at: datetime, *, delivery: str) -> None:
    """What arrived and is mandated becomes usable."""
    deliveries.activate_delivery(
        world.session,
        actor=world.actors["finance"],
        activation_id=world.new_id(at),
        delivery_id=world.deliveries[delivery],
        now=at,
    )


# ── Prescribers ───────────────────────────────────────────────────────────────────────────────────


def _allocation(entrusted: Entrusted) -> Iterator[Act]:
    yield Act(entrusted.at, partial(allocate, entrusted=entrusted))
    if entrusted.received_at is not None:
        yield Act(entrusted.received_at, partial(sign_for, entrusted=entrusted))


def allocate(world: World, at: datetime, *, entrusted: Entrusted) -> None:
    """Booklets leave the cupboard for a prescriber."""
    world.allocations[entrusted.booklets[0]] = allocations.allocate_booklets(
        world.session,
        actor=world.actors["coordinator"],
        allocation_id=world.new_id(at),
        programme_id=world.programme_id,
        recipient_id=world.organisations[entrusted.prescriber],
        booklets=[
            BookletRange(world.booklet(first), world.booklet(last))
            for first, last in runs(entrusted.booklets)
        ],
        now=at,
    ).id


def runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Consecutive numbers as first and last."""
    starts = [numbers[0], *(b for a, b in pairwise(numbers) if b != a + 1)]
    ends = [*(a for a, b in pairwise(numbers) if b != a + 1), numbers[-1]]
    return list(zip(starts, ends, strict=True))


def sign_for(world: World, at: datetime, *, entrusted: Entrusted) -> None:
    """The prescriber counts them and signs."""
    custody.confirm_receipt(
        world.session,
        actor=world.actors[entrusted.prescriber],
        receipt_id=world.new_id(at),
        consignment_id=world.allocations[entrusted.booklets[0]],
        now=at,
    )


def a_telephone(person: int) -> str | None:
    """A mobile, a landline, or none; Arcep keeps 06 39 98 and 05 36 49 for numbers of stories."""
    begins = (None, "0639 98", "0536 49")[person % 3]
    return f"{begins} {person // 100 % 90 + 10:02d} {person % 100:02d}" if begins else None


def hand_over(world: World, at: datetime, *, handover: Handover) -> None:
    """A person is met for the first time or again, and receives booklets."""
    actor = world.actors[handover.prescriber]
    if handover.person not in world.beneficiaries:
        world.beneficiaries[handover.person] = people.register_beneficiary(
            world.session,
            actor=actor,
            beneficiary_id=world.new_id(at),
            public=handover.public,
            person=Person(
                SURNAME,
                handover.first_name,
                handover.birth_year,
                handover.commune,
                phone=a_telephone(handover.person),
            ),
            now=at,
        ).id
    prescriptions.issue_booklets(
        world.session,
        actor=actor,
        prescription_id=world.new_id(at),
        programme_id=world.programme_id,
        beneficiary_id=world.beneficiaries[handover.person],
        booklets=[world.booklet(number) for number in handover.booklets],
        referred_to_id=world.organisations[handover.mediator],
        answers=handover.answers,
        commitment=handover.commitment,
        declares_no_other_pass=handover.public is Public.REGISTERED_JOB_SEEKER,
        reasons=Reasons(
            duplicate=DuplicateReason.ANOTHER_PERSON,
            renewal=handover.renewal,
            exception=handover.exception,
        ),
        now=at,
    )
    world.done["booklets"] += handover.booklet_count


# ── Mediators ─────────────────────────────────────────────────────────────────────────────────────


def _visits(visits: Sequence[Visit]) -> Iterator[Act]:
    """The day of one mediator: its passes are scanned when the workshop ends."""
    mediator = MEDIATOR[visits[0].mediator]
    at = instant(visits[0].day, mediator.closes_at)
    yield Act(at, partial(take, visits=visits))


def take(world: World, at: datetime, *, visits: Sequence[Visit]) -> None:
    """A batch of one mediator and one day; what was taken by mistake is undone a little later."""
    mediator = MEDIATOR[visits[0].mediator]
    given = [(one, visit.undone) for visit in visits for one in visit.passes]
    pace = (WORKING_DAY if mediator.sends_late else WORKSHOP_END) / len(given)
    scans = [
        Scan(world.new_id(at), world.code(one.booklet, one.place), at - pace * (len(given) - place))
        for place, (one, _) in enumerate(given)
    ]
    for verdict in redeem_vouchers(
        world.session, actor=world.actors[mediator.key], scans=scans, signer=world.signer, now=at
    ):
        verdict.accepted()
    world.done["passes"] += len(scans)
    for scan, (_, undone) in zip(scans, given, strict=True):
        if undone:
            world.done["passes"] -= 1
            undo(world, at + timedelta(minutes=30), scan)
    hold_session(world, at, visits=visits, scans=scans)


def hold_session(
    world: World, at: datetime, *, visits: Sequence[Visit], scans: Sequence[Scan]
) -> None:
    """What the passes of that day paid for: one person accompanied, or a workshop."""
    actor = world.actors[MEDIATOR[visits[0].mediator].key]
    topics = list(Topic)
    first = visits[0].day.toordinal() % len(topics)
    held = sessions.record_session(
        world.session,
        actor=actor,
        session_id=world.new_id(at),
        held_on=visits[0].day,
        duration_minutes=60 * min(len(visits[0].passes), MOST_HOURS),
        kind=SessionKind.INDIVIDUAL if len(visits) == 1 else SessionKind.GROUP,
        people_count=len(visits),
        topics=[topics[first], topics[(first + 3) % len(topics)]],
        now=at,
    )
    sessions.link_redemptions(
        world.session,
        actor=actor,
        session_id=held.id,
        redemption_ids=[scan.redemption_id for scan in scans],
        now=at,
    )


# ── A mediator without a phone ────────────────────────────────────────────────────────────────────


def _typed_sheet(timeline: Timeline, plan: Plan) -> Iterator[Act]:
    """Yesterday's paper list of one mediator, typed by one person, waits for another's check."""
    typed_at = instant(working_day(timeline.ago(1)), 16)
    yield Act(typed_at, partial(type_sheet, passes=_left_over(plan, before=typed_at)))


def _left_over(plan: Plan, *, before: datetime) -> list[Pass]:
    """Passes of a few people that nobody has used: the last of their booklets."""
    used = {(one.booklet, one.place) for visit in plan.visits for one in visit.passes}
    left = (
        Pass(booklet, handover.booklet_size - 1)
        for handover in plan.handovers
        for booklet in handover.booklets
        if handover.at < before - timedelta(days=30)
        and (booklet, handover.booklet_size - 1) not in used
    )
    return list(islice(left, 1, 1 + ON_THE_SHEET))


def type_sheet(world: World, at: datetime, *, passes: Sequence[Pass]) -> None:
    """Codes that could be read, and serial numbers where the code was rubbed out."""
    lines = [str(world.code(one.booklet, one.place)) for one in passes[:2]]
    lines += [str(world.serial(one.booklet, one.place)) for one in passes[2:]]
    sheets.prepare_sheet(
        world.session,
        actor=world.actors["coordinator2"],
        sheet_id=world.new_id(at),
        mediator_id=world.organisations[WITHOUT_A_PHONE],
        held_on=martinique_day(at),
        typed=lines,
        now=at,
    )


def undo(world: World, at: datetime, scan: Scan) -> None:
    """The mediator gives a pass back."""
    with world.at(at):
        undo_redemption(
            world.session,
            actor=world.actors[LAPSED],
            reversal_id=world.new_id(at),
            redemption_id=scan.redemption_id,
            reason="Accompagnement reporté : le pass est rendu à la personne",
            now=at,
        )


# ── Scans that are refused, at an invented mediator ───────────────────────────────────────────────


def _refused_scans(timeline: Timeline, plan: Plan) -> Iterator[Act]:
    """A pass scanned twice, one still in the cupboard, one that does not exist, one too late."""
    last = [visit for visit in plan.visits if visit.mediator == LAPSED][-1]
    evening = instant(last.day, MEDIATOR[LAPSED].closes_at, 40)
    taken = [last.passes[0]]
    in_the_cupboard = [Pass(sum(FIRST_ORDER.values()), 0)]
    yield Act(evening, partial(refuse, passes=taken))
    yield Act(evening + timedelta(minutes=1), partial(refuse, passes=in_the_cupboard))
    yield Act(evening + timedelta(minutes=2), refuse_unknown)
    too_late = instant(working_day(timeline.label_lapses_on + timedelta(1)), 10)
    yield Act(too_late, partial(refuse, passes=[_never_used(plan, before=too_late)]))


def _never_used(plan: Plan, *, before: datetime) -> Pass:
    used = {(one.booklet, one.place) for visit in plan.visits for one in visit.passes}
    return next(
        Pass(booklet, handover.booklet_size - 1)
        for handover in plan.handovers
        for booklet in handover.booklets
        if handover.at < before and (booklet, handover.booklet_size - 1) not in used
    )


def refuse(world: World, at: datetime, *, passes: Sequence[Pass]) -> None:
    """Scans that the rules refuse; they are written down as refused."""
    _refuse(world, at, [world.code(one.booklet, one.place) for one in passes])


def refuse_unknown(world: World, at: datetime) -> None:
    """A code that no pass bears."""
    _refuse(world, at, [codes.derive(world.key, LARGEST_INTEGER)])


def _refuse(world: World, at: datetime, scanned: Sequence[VoucherCode]) -> None:
    for verdict in redeem_vouchers(
        world.session,
        actor=world.actors[LAPSED],
        scans=[Scan(world.new_id(at), code, at) for code in scanned],
        signer=world.signer,
        now=at,
    ):
        if verdict.refusal is None:
            message = "a scan of the demonstration was meant to be refused"
            raise AssertionError(message)
