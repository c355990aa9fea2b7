"""Monthly clearing: each run behind us is paid, but for the last one, which shows every state."""

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial
from typing import Final

from app.clearing import payments, queries, runs, statements
from app.demo.calendar import Timeline, instant, working_days_later
from app.demo.partners import MEDIATORS, NEWCOMER
from app.demo.world import Act, World
from app.kernel.clock import first_instant, martinique_day

STEPS: Final = ("approved", "ordered", "paid")
DAYS: Final = {"approved": 2, "ordered": 4, "paid": 10}
"""Working days from a run to each step: public money is paid within thirty days."""
HOUR: Final = {"approved": 14, "ordered": 10, "paid": 15}
REACHED_BY_THE_LAST: Final = {
    "exo7": 3,
    "carecof": 2,
    "nord_media": 1,
    "emergence": 0,
    "mediator_2": 3,
}
"""How many steps the statements of the last run have taken."""
HELD: Final = {NEWCOMER}
"""Mediators whose statements nobody can approve: their bank details are missing."""


def acts(timeline: Timeline) -> Iterator[Act]:
    """Every run, and what follows it for each mediator."""
    made = timeline.clearings
    for cut_off, at in made:
        yield Act(at, partial(run, cut_off=cut_off))
        last = cut_off == made[-1][0]
        for mediator in MEDIATORS:
            if mediator.key in HELD or not mediator.ready:
                continue
            reached = REACHED_BY_THE_LAST[mediator.key] if last else len(STEPS)
            for number, step in enumerate(STEPS[:reached], start=1):
                when = instant(working_days_later(martinique_day(at), DAYS[step]), HOUR[step])
                # Loaded soon after a run, its statements have hurried.
                hurried = at + (timeline.now - at) * number / (len(STEPS) + 1)
                yield Act(
                    min(when, hurried),
                    partial(PLAYED[step], month=cut_off, mediator=mediator.key),
                )


def run(world: World, at: datetime, *, cut_off: date) -> None:
    """One draft for each mediator that took passes before the cut-off."""
    opened = runs.open_clearing_run(
        world.session,
        actor=world.actors["finance"],
        run_id=world.new_id(at),
        programme_id=world.programme_id,
        cut_off_on=cut_off,
        now=at,
    )
    keys = {identity: key for key, identity in world.organisations.items()}
    for mediator_id, _ in queries.mediators_to_clear(
        world.session, world.programme_id, before=first_instant(cut_off)
    ):
        statement = runs.draft_statement(world.session, run=opened, mediator_id=mediator_id, now=at)
        if statement is not None:
            world.statements[cut_off, keys[mediator_id]] = statement


def approve(world: World, at: datetime, *, month: date, mediator: str) -> None:
    """Another person than the preparer approves what she read."""
    if statement := world.statements.get((month, mediator)):
        read = queries.latest_version(world.session, statement.id)
        statements.approve_statement(
            world.session,
            actor=world.actors["coordinator"],
            statement_id=statement.id,
            version=read.version,
            net_cents=read.net_cents,
            now=at,
        )


def order_payment(world: World, at: datetime, *, month: date, mediator: str) -> None:
    """The ordonnateur issues the mandat."""
    if statement := world.statements.get((month, mediator)):
        world.done["mandates"] += 1
        world.payment_orders[month, mediator] = payments.order_payment(
            world.session,
            actor=world.actors["finance2"],
            payment_order_id=world.new_id(at),
            statement_id=statement.id,
            mandate_number=f"DEMO-{martinique_day(at):%Y}-{1000 + world.done['mandates']}",
            bordereau_number=f"DEMO-{martinique_day(at):%Y-%m}",
            issued_on=martinique_day(at),
            now=at,
        ).id


def pay(world: World, at: datetime, *, month: date, mediator: str) -> None:
    """The accountant has paid."""
    if order_id := world.payment_orders.get((month, mediator)):
        payments.record_payment(
            world.session,
            actor=world.actors["accountant"],
            payment_id=world.new_id(at),
            payment_order_id=order_id,
            paid_on=martinique_day(at),
            now=at,
        )


PLAYED: Final = {"approved": approve, "ordered": order_payment, "paid": pay}
