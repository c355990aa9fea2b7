"""Booklets that go back, go on, get lost or are called back, at invented prescribers only."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from app.demo.calendar import Timeline, instant
from app.demo.plan import FIRST_ORDER
from app.demo.world import Act, World
from app.ledger import AccountKind
from app.prescribers import allocations, booklet_requests, custody
from app.prescribers import custody_queries as queries
from app.prescribers.allocations import BookletRange
from app.prescribers.custody_rules import Settlement
from app.programmes.rules import Public

TENS = sum(FIRST_ORDER.values()) + 25
"""Booklets of 10 of the second order from here on are nobody's plan."""
FIVES = TENS + 246


def acts(timeline: Timeline) -> Iterator[Act]:
    """Each state that a consignment and a request can have, once."""
    ago = timeline.ago
    asks = partial(ask, name="granted", by="town_advisers", public=Public.SENIOR, fives=6)
    yield Act(instant(ago(21), 9, 10), partial(asks, reason="Deux ateliers à ouvrir en mairie"))
    yield Act(instant(ago(20), 10), grant)
    yield Act(instant(ago(19), 11, 30), count_short)
    yield Act(instant(ago(17), 9), take_back)
    yield Act(instant(ago(16), 15), send_to_the_wrong_one)
    yield Act(instant(ago(16), 16, 20), call_back)
    asks = partial(ask, name="declined", by="ccas_3", public=Public.OTHER, fives=40)
    yield Act(instant(ago(14), 10, 5), partial(asks, reason="Pour l’année qui vient"))
    yield Act(instant(ago(13), 14), decline)
    yield Act(instant(ago(12), 9, 45), partial(give_back, name="received", by="france_services"))
    yield Act(instant(ago(10), 10, 30), count_return)
    yield Act(instant(ago(3), 9, 20), hand_on)
    yield Act(instant(ago(2), 9, 40), partial(give_back, name="travelling", by="ccas_2"))
    asks = partial(ask, name="pending", by="ccas_1", public=Public.SENIOR, fives=10)
    yield Act(instant(ago(1), 11, 15), partial(asks, reason="Dix inscriptions à la semaine bleue"))


def ask(
    world: World,
    at: datetime,
    *,
    name: str,
    by: str,
    public: Public,
    reason: str,
    tens: int = 0,
    fives: int = 0,
) -> None:
    """A prescriber asks for more."""
    world.requests[name] = booklet_requests.request_booklets(
        world.session,
        actor=world.actors[by],
        request_id=world.new_id(at),
        programme_id=world.programme_id,
        public=public,
        tens_count=tens,
        fives_count=fives,
        reason=reason,
        now=at,
    ).id


def grant(world: World, at: datetime) -> None:
    """The request is answered by an allocation."""
    world.consignments["short"] = allocations.allocate_booklets(
        world.session,
        actor=world.actors["coordinator"],
        allocation_id=world.new_id(at),
        programme_id=world.programme_id,
        recipient_id=world.organisations["town_advisers"],
        booklets=[BookletRange(world.booklet(FIVES), world.booklet(FIVES + 5))],
        request_id=world.requests["granted"],
        now=at,
    ).id


def count_short(world: World, at: datetime) -> None:
    """Two booklets are missing, one is damaged; the rest is accepted."""
    missing, damaged = world.booklet(FIVES + 4), world.booklet(FIVES)
    custody.confirm_receipt(
        world.session,
        actor=world.actors["town_advisers"],
        receipt_id=world.new_id(at),
        consignment_id=world.consignments["short"],
        missing=[BookletRange(missing, world.booklet(FIVES + 5))],
        damaged=[BookletRange(damaged, damaged)],
        note="Carton ouvert à l’arrivée",
        now=at,
    )


def take_back(world: World, at: datetime) -> None:
    """One of the two had stayed in the cupboard; the other is still looked for."""
    found = world.booklet(FIVES + 4)
    custody.settle_shortfall(
        world.session,
        actor=world.actors["coordinator"],
        settlement_id=world.new_id(at),
        consignment_id=world.consignments["short"],
        settlement=Settlement.RETURNED,
        booklets=[BookletRange(found, found)],
        now=at,
    )


def send_to_the_wrong_one(world: World, at: datetime) -> None:
    """Booklets leave for somebody who did not expect them."""
    world.consignments["cancelled"] = allocations.allocate_booklets(
        world.session,
        actor=world.actors["coordinator2"],
        allocation_id=world.new_id(at),
        programme_id=world.programme_id,
        recipient_id=world.organisations["prescriber_1"],
        booklets=[BookletRange(world.booklet(TENS), world.booklet(TENS + 4))],
        now=at,
    ).id


def call_back(world: World, at: datetime) -> None:
    """They had not left the building."""
    custody.cancel_consignment(
        world.session,
        actor=world.actors["coordinator"],
        cancellation_id=world.new_id(at),
        consignment_id=world.consignments["cancelled"],
        reason="Préparé pour un autre prescripteur",
        now=at,
    )


def decline(world: World, at: datetime) -> None:
    """A request that is too large."""
    booklet_requests.decline_request(
        world.session,
        actor=world.actors["coordinator"],
        answer_id=world.new_id(at),
        request_id=world.requests["declined"],
        reason="Quarante carnets dépassent ce qui reste en stock : demandez pour un trimestre",
        now=at,
    )


def last_booklet(world: World, holder: str) -> BookletRange:
    """The last booklet of a drawer: a wave leaves a few there that nobody is handed."""
    held = queries.held_booklets(
        world.session, [AccountKind.PRESCRIBER], party_id=world.organisations[holder]
    )
    number = world.booklet(max(run.last_number for run in held))
    return BookletRange(number, number)


def give_back(world: World, at: datetime, *, name: str, by: str) -> None:
    """A prescriber sends a booklet back to the stock."""
    world.consignments[name] = custody.return_booklets(
        world.session,
        actor=world.actors[by],
        consignment_id=world.new_id(at),
        programme_id=world.programme_id,
        sender_id=world.organisations[by],
        booklets=[last_booklet(world, by)],
        reason="De trop pour la période",
        now=at,
    ).id


def count_return(world: World, at: datetime) -> None:
    """The stock counts what came back."""
    custody.confirm_receipt(
        world.session,
        actor=world.actors["coordinator"],
        receipt_id=world.new_id(at),
        consignment_id=world.consignments["received"],
        now=at,
    )


def hand_on(world: World, at: datetime) -> None:
    """A prescriber sends a booklet to another that needs it more."""
    world.consignments["transfer"] = custody.transfer_booklets(
        world.session,
        actor=world.actors["ccas_3"],
        consignment_id=world.new_id(at),
        programme_id=world.programme_id,
        sender_id=world.organisations["ccas_3"],
        recipient_id=world.organisations["ccas_1"],
        booklets=[last_booklet(world, "ccas_3")],
        reason="Plus de demandes au Robert",
        now=at,
    ).id
