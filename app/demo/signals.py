"""What is signalled: codes that an invented mediator tried, and what somebody made of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from app.clearing.redemptions import Scan, redeem_vouchers
from app.demo.calendar import Timeline, instant
from app.demo.partners import LAPSED
from app.demo.world import Act, World
from app.kernel import codes
from app.signals import service
from app.signals.rules import Decision, SignalKind

TRIES = 7
ANOTHER_TERRITORY = b"passes of another territory, not ours"


def acts(timeline: Timeline) -> Iterator[Act]:
    """On two days a pile of passes from elsewhere is tried; the first day is explained."""
    ago = timeline.ago
    for days in (8, 2):
        for hour in (9, 11, 14):
            yield Act(instant(ago(days), hour, 5), try_passes_from_elsewhere)
        yield Act(instant(ago(days), 17, 45), partial(look, explains=days > 2))  # noqa: PLR2004 - the earlier one


def try_passes_from_elsewhere(world: World, at: datetime) -> None:
    """Nothing bears these codes here."""
    scans = [
        Scan(
            world.new_id(at),
            codes.derive(ANOTHER_TERRITORY, int(at.timestamp()) + place),
            at - timedelta(minutes=TRIES - place),
        )
        for place in range(TRIES)
    ]
    redeem_vouchers(
        world.session, actor=world.actors[LAPSED], scans=scans, signer=world.signer, now=at
    )


def look(world: World, at: datetime, *, explains: bool) -> None:
    """Somebody looks at failed codes; what concerns real partners is not invented here."""
    seen = [
        one
        for one in service.patterns_found(world.session, now=at)
        if one.kind is SignalKind.FAILED_CODES
    ]
    service.tell(world.session, seen, now=at)
    if explains:
        for one in seen:
            service.decide_signal(
                world.session,
                actor=world.actors["coordinator"],
                decision_id=world.new_id(at),
                signal_id=one.id,
                decision=Decision.EXPLAINED,
                note="Pass d’un autre territoire, remis par erreur : le médiateur les rend.",
                now=at,
            )
