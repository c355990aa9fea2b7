"""A wet carton and a stolen booklet, out of booklets that are in nobody's plan."""

from collections.abc import Iterator
from datetime import datetime

from app.demo.calendar import Timeline, instant
from app.demo.custody import TENS
from app.demo.world import Act, World
from app.kernel.clock import martinique_day
from app.losses import blocks, write_offs
from app.losses.naming import Named
from app.losses.rules import BlockCause, Declarant

WET, STOLEN = TENS + 30, TENS + 32


def acts(timeline: Timeline) -> Iterator[Act]:
    """Each state that an opposition and a destruction can have, once."""
    ago = timeline.ago
    yield Act(instant(ago(11), 8, 50), find_a_wet_carton)
    yield Act(instant(ago(10), 9, 15), destroy_a_booklet)
    yield Act(instant(ago(10), 14, 40), see_it_destroyed)
    yield Act(instant(ago(6), 8, 40), miss_a_booklet)
    yield Act(instant(ago(5), 10, 20), find_some_of_it)
    yield Act(instant(ago(1), 15, 45), prepare_the_next_one)


def find_a_wet_carton(world: World, at: datetime) -> None:
    """Two booklets of the cupboard are spoiled."""
    world.losses["wet"] = blocks.block_vouchers(
        world.session,
        actor=world.actors["coordinator"],
        block_id=world.new_id(at),
        named=[Named(world.booklet(WET), world.booklet(WET + 1))],
        declarant=Declarant.COORDINATION,
        cause=BlockCause.DAMAGED,
        happened_on=martinique_day(at),
        now=at,
    ).id


def destroy_a_booklet(world: World, at: datetime) -> None:
    """The first of them goes on a procès-verbal."""
    _prepare(world, at, "destroyed", WET)


def see_it_destroyed(world: World, at: datetime) -> None:
    """Another person counts and approves."""
    write_offs.approve_write_off(
        world.session,
        actor=world.actors["finance"],
        write_off_id=world.losses["destroyed"],
        voucher_count=10,
        now=at,
    )


def miss_a_booklet(world: World, at: datetime) -> None:
    """A booklet has gone from the cupboard, and a complaint is filed."""
    world.losses["stolen"] = blocks.block_vouchers(
        world.session,
        actor=world.actors["coordinator"],
        block_id=world.new_id(at),
        named=[Named(world.booklet(STOLEN), world.booklet(STOLEN))],
        declarant=Declarant.COORDINATION,
        cause=BlockCause.STOLEN,
        happened_on=martinique_day(at),
        complaint="PV 2026/00417",
        now=at,
    ).id


def find_some_of_it(world: World, at: datetime) -> None:
    """Half of the booklet is found under a shelf."""
    blocks.lift_block(
        world.session,
        actor=world.actors["coordinator"],
        lift_id=world.new_id(at),
        block_id=world.losses["stolen"],
        reason="Cinq pass retrouvés derrière l’étagère",
        named=[Named(str(world.serial(STOLEN, 0)), str(world.serial(STOLEN, 4)))],
        now=at,
    )


def prepare_the_next_one(world: World, at: datetime) -> None:
    """The second spoiled booklet waits for somebody to approve."""
    _prepare(world, at, "to destroy", WET + 1)


def _prepare(world: World, at: datetime, name: str, booklet: int) -> None:
    world.losses[name] = write_offs.prepare_write_off(
        world.session,
        actor=world.actors["coordinator"],
        write_off_id=world.new_id(at),
        named=[Named(world.booklet(booklet), world.booklet(booklet))],
        reason="Carton pris par l’eau",
        now=at,
    ).id
