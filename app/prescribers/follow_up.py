"""Whom a prescriber should call: who has not started, and whose passes will soon end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.communes import commune_named
from app.mediators import queries as mediators
from app.mediators.queries import Place
from app.partners import queries as partners
from app.prescribers import queries
from app.prescribers.in_hand import (
    Holding,
    Reached,
    holdings_of_people,
    most_to_lose_first,
)
from app.prescribers.models import BeneficiaryIdentity
from app.programmes import queries as programmes

NEARLY_DONE = 2
"""Passes left with which one thinks of the next booklet."""


class Whom(StrEnum):
    """Which people to call."""

    ALL = "all"
    ENDING = "ending"
    UNUSED = "unused"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Nearest:
    """The place nearest to where a person lives, and how to reach it."""

    name: str
    commune: str
    phone: str
    distance_km: int | None


@dataclass(frozen=True, slots=True)
class ToCall:
    """One person, what they hold, and how long it serves."""

    held: Holding
    who: BeneficiaryIdentity | None
    days_left: int
    ending: bool
    """Whether passes will soon be lost: within the days of the alert before the end."""
    nearest: Nearest | None

    @property
    def started(self) -> bool:
        """Whether any pass was used."""
        return self.held.used_count > 0

    @property
    def renewable(self) -> bool:
        """Whether it is time to think of the next booklet."""
        return self.held.left_count <= NEARLY_DONE


def call_sheet(
    session: Session,
    *,
    actor: Actor,
    whom: Whom,
    after: Reached | None,
    limit: int,
    now: datetime,
) -> list[ToCall]:
    """People of one's own prescriber who hold passes: what ends first, then most of it, first.

    Those who have none left have nothing to lose: they stand in the order in which they came.
    """
    actor.check(Right.SEE_BENEFICIARIES)
    today = martinique_day(now)
    soon = today + alert_before_end(session, on=today)
    if whom is Whom.DONE:
        held = holdings_of_people(
            session,
            actor.organisation_id,
            on=today,
            done=True,
            after=(after.last_day, after.beneficiary_id) if after else None,
            limit=limit,
        )
    else:
        held = most_to_lose_first(
            session,
            actor.organisation_id,
            on=today,
            ending_by=soon if whom is Whom.ENDING else None,
            unused=whom is Whom.UNUSED,
            after=after,
            limit=limit,
        )
    people = queries.identities(session, {one.beneficiary_id for one in held})
    places = mediators.places_nearby(session, on=today)
    phones = partners.phones_of(session, [place.organisation.id for place in places])
    nearest = {
        commune: nearest_to(commune, places, phones)
        for commune in {who.commune for who in people.values()}
    }

    def told(one: Holding) -> ToCall:
        who = people.get(one.beneficiary_id)
        return ToCall(
            held=one,
            who=who,
            days_left=(one.last_day - today).days,
            ending=one.left_count > 0 and one.last_day <= soon,
            nearest=nearest[who.commune] if who else None,
        )

    return [told(one) for one in held]


def alert_before_end(session: Session, *, on: date) -> timedelta:
    """How long before the end the settings of that day give the alert: the longest of them."""
    asked = (
        settings.alert_days_before_end
        for programme in programmes.programmes_after(session, None, limit=20)
        if (settings := programmes.settings_on(session, programme.id, on)) is not None
    )
    return timedelta(days=max(asked, default=0))


def nearest_to(commune: str, places: list[Place], phones: Mapping[UUID, str]) -> Nearest | None:
    """The place nearest to a commune; None when nobody receives, or nothing is known of where."""
    home = commune_named(commune)
    if home is None:
        return None
    known = [(place.where.distance_km(home.centre), place) for place in places if place.where]
    if not known:
        return None
    far, place = min(known, key=lambda one: (one[0], one[1].organisation.name))
    one = place.organisation
    return Nearest(one.name, one.commune, phones.get(one.id, ""), round(far))
