"""Accounts by e-mail: a manager, an invitation that waits, one that is over."""

from collections.abc import Iterator
from datetime import datetime

from app.accounts.service import change_role, invite_agent
from app.config import secret_file
from app.demo.calendar import Timeline, instant
from app.demo.places import SURNAME
from app.demo.world import Act, World
from app.identity.rules import FROM_SERVER, Role

WAITING_SINCE, OVER_SINCE = 2, 12
"""Days ago: an invitation serves for seven."""


def acts(timeline: Timeline) -> Iterator[Act]:
    """What the administration of accounts did lately."""
    yield Act(instant(timeline.ago(20), 10), appoint_a_manager)
    yield Act(instant(timeline.ago(OVER_SINCE), 11), invite_who_does_not_come)
    yield Act(instant(timeline.ago(WAITING_SINCE), 11), invite_lately)


def appoint_a_manager(world: World, at: datetime) -> None:
    """The prescriber who signs in manages the accounts of its organisation."""
    change_role(
        world.session,
        actor=world.actors["administrator"],
        agent_id=world.actors["plie"].agent_id,
        role=Role.PRESCRIBER,
        manager=True,
        origin=FROM_SERVER,
        now=at,
    )


def invite_who_does_not_come(world: World, at: datetime) -> None:
    """An invitation that nobody answered in time."""
    _invite(world, at, name="Edmond", partner="ccas_1", role=Role.PRESCRIBER)


def invite_lately(world: World, at: datetime) -> None:
    """An invitation that waits for an answer; its letter is kept, for there is no mail server."""
    _invite(world, at, name="Jacqueline", partner="exo7", role=Role.MEDIATOR)


def _invite(world: World, at: datetime, *, name: str, partner: str, role: Role) -> None:
    invite_agent(
        world.session,
        actor=world.actors["administrator"],
        invitation_id=world.new_id(at),
        email=f"{name.lower()}@exemple.fr",
        name=f"{name} {SURNAME}",
        role=role,
        organisation_id=world.organisations[partner],
        manager=False,
        secret_key=secret_file(world.keys.folder.parent / "session.secret"),
        origin=FROM_SERVER,
        now=at,
    )
