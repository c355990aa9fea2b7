"""Monthly clearing: each run behind us is paid, but for the last one, which shows every state."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from app.clearing import documents, payments, queries, run_queries, runs, statements
from app.clearing.statements import PassRange
from app.demo.calendar import Timeline, instant, working_days_later
from app.demo.partners import LAPSED, MEDIATORS, NEWCOMER
from app.demo.world import Act, World
from app.kernel.clock import first_instant, martinique_day

STEPS: Final = ("approved", "ordered", "paid")
SENT_BACK: Final = (*STEPS, "rejected")
PAID_AGAIN: Final = (*SENT_BACK, "ordered", "paid")
DAYS: Final = (2, 4, 10, 13, 15, 18)
"""Working days from a run to each step: public money is paid within thirty days."""
HOUR: Final = {"approved": 14, "ordered": 10, "paid": 15, "rejected": 11}
REACHED_BY_THE_LAST: Final = {
    "exo7": 3,
    "carecof": 2,
    "nord_media": 1,
    "emergence": 0,
}
"""How many steps the statements of the last run have taken."""
HELD: Final = {NEWCOMER}
"""Mediators whose statements nobody can approve: their bank details are missing."""


def acts(timeline: Timeline) -> Iterator[Act]:
    """Every run, and what follows it for each mediator."""
    made = timeline.clearings
    for number_of_run, (cut_off, at) in enumerate(made, start=1 - len(made)):
        yield Act(at, partial(run, cut_off=cut_off))
        yield Act(at + timedelta(hours=1), partial(withdraw, month=cut_off))
        for mediator in MEDIATORS:
            if mediator.key in HELD or not mediator.ready:
                continue
            steps = steps_of(mediator.key, number_of_run)
            for number, step in enumerate(steps, start=1):
                day = working_days_later(martinique_day(at), DAYS[number - 1])
                when = instant(day, HOUR[step])
                # Loaded soon after a run, its statements have hurried.
                hurried = at + (timeline.now - at) * number / (len(PAID_AGAIN) + 1)
                yield Act(
                    min(when, hurried),
                    partial(PLAYED[step], month=cut_off, mediator=mediator.key),
                )


def steps_of(mediator: str, number_of_run: int) -> tuple[str, ...]:
    """What follows a run for a mediator; the last run is number 0, the one before it −1.

    An invented mediator has closed its account: the bank sends a payment back, twice.
    """
    if mediator == LAPSED:
        return {-1: SENT_BACK, -2: PAID_AGAIN}.get(number_of_run, STEPS)
    if number_of_run < 0:
        return STEPS
    return STEPS[: REACHED_BY_THE_LAST[mediator]]


def withdraw(world: World, at: datetime, *, month: date) -> None:
    """A pass was counted that should not have been: it leaves the draft of an invented mediator."""
    if statement := world.statements.get((month, NEWCOMER)):
        line = documents.lines_of(world.session, statement.id)[0]
        statements.withdraw_passes(
            world.session,
            actor=world.actors["finance"],
            withdrawal_id=world.new_id(at),
            statement_id=statement.id,
            version=1,
            passes=[PassRange(line.first, line.first)],
            reason="L’accompagnement n’a pas eu lieu",
            now=at,
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
    for mediator_id in run_queries.mediators_to_clear(
        world.session, world.programme_id, before=first_instant(cut_off)
    ):
        for statement in runs.draft_statements(
            world.session, run=opened, mediator_id=mediator_id, now=at
        ):
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
        again = (month, mediator) in world.payment_orders
        world.payment_orders[month, mediator] = payments.order_payment(
            world.session,
            actor=world.actors["finance2"],
            payment_order_id=world.new_id(at),
            statement_id=statement.id,
            mandate_number=f"DEMO-{martinique_day(at):%Y}-{1000 + world.done['mandates']}",
            bordereau_number=f"DEMO-{martinique_day(at):%Y-%m}",
            issued_on=martinique_day(at),
            same_account_reason="La banque a rouvert le compte" if again else None,
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


def reject(world: World, at: datetime, *, month: date, mediator: str) -> None:
    """The bank has sent the money back."""
    if order_id := world.payment_orders.get((month, mediator)):
        payments.reject_payment(
            world.session,
            actor=world.actors["accountant"],
            rejection_id=world.new_id(at),
            payment_order_id=order_id,
            rejected_on=martinique_day(at),
            reason="Compte clos",
            now=at,
        )


PLAYED: Final = {
    "approved": approve,
    "ordered": order_payment,
    "paid": pay,
    "rejected": reject,
}
