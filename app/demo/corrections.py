"""Corrections and disputes: two passes to take back, one pass that two invented mediators claim."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from app.clearing import clawbacks, disputes
from app.clearing.errors import RedemptionNotPaid
from app.clearing.redemption_models import Redemption
from app.clearing.redemptions import Scan, redeem_vouchers
from app.demo.calendar import Timeline
from app.demo.partners import LAPSED, NEWCOMER
from app.demo.plan import Pass, Plan
from app.demo.world import Act, World

REASONS = (
    "L’accompagnement n’a pas eu lieu",
    "Le pass a été encaissé deux fois sur la même feuille",
)


def acts(timeline: Timeline, plan: Plan) -> Iterator[Act]:
    """The last things that happened before the demonstration opens."""
    yield Act(timeline.now - timedelta(minutes=20), prepare)
    taken = [visit.passes[-1] for visit in plan.visits if visit.mediator == LAPSED]
    claimed = partial(claim, taken=taken[0])
    yield Act(timeline.now - timedelta(minutes=10), claimed)


def prepare(world: World, at: datetime) -> None:
    """Two clawbacks of an invented mediator: one is set aside, one waits."""
    taken = world.session.scalars(
        select(Redemption)
        .where(Redemption.mediator_id == world.organisations[LAPSED])
        .order_by(Redemption.movement_id)
    )
    reasons = list(REASONS)
    for redemption in taken:
        if not reasons:
            return
        try:
            clawbacks.paying_statement(world.session, redemption)
        except RedemptionNotPaid:
            continue
        made = clawbacks.prepare_clawback(
            world.session,
            actor=world.actors["finance"],
            clawback_id=world.new_id(at),
            redemption_id=redemption.id,
            reason=reasons.pop(),
            now=at,
        )
        if reasons:
            clawbacks.set_aside_clawback(
                world.session,
                actor=world.actors["coordinator"],
                clawback_id=made.id,
                reason="La feuille montre deux accompagnements",
                now=at,
            )


def claim(world: World, at: datetime, *, taken: Pass) -> None:
    """Another invented mediator was given the same pass, and says so."""
    actor, scan_id = world.actors[NEWCOMER], world.new_id(at)
    code = world.code(taken.booklet, taken.place)
    [verdict] = redeem_vouchers(
        world.session,
        actor=actor,
        scans=[Scan(scan_id, code, at)],
        signer=world.signer,
        now=at,
    )
    if verdict.refusal is None:
        message = "a scan of the demonstration was meant to be refused"
        raise AssertionError(message)
    disputes.open_dispute(
        world.session,
        actor=actor,
        dispute_id=world.new_id(at),
        attempt_id=scan_id,
        code=code,
        redeemed_at=at - timedelta(minutes=5),
        story="La personne a remis ce pass à la fin de notre atelier ; nous avons la souche",
        now=at,
    )
