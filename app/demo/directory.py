"""What the directory says of places: hours, services, contacts. All of it is invented."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid5

from app.demo.calendar import Timeline, instant
from app.demo.partners import (
    ACCOUNTANT,
    APPLICANT,
    CYBER_BASE,
    LIBRARY,
    MEDIATORS,
    WITH_A_CASH_OFFICE,
    MediatorPartner,
)
from app.demo.world import Act, World
from app.kernel.clock import martinique_day
from app.kernel.communes import commune_named
from app.mediators.holding import close_cash_office
from app.mediators.queries import applications_of, cash_offices_of
from app.mediators.rules import CashOfficeKind, LabelStep, OpeningHours, Service
from app.mediators.service import (
    note_label_progress,
    record_capacity,
    record_cash_office,
    record_profile,
)
from app.partners.contacts import record_address, record_contact
from app.partners.rules import MICRODEGREES, AgreementRole
from app.partners.service import sign_agreement, succeed
from app.programmes.rules import Public

POSTCODES: Final = {
    "Basse-Pointe": "97218",
    "Case-Pilote": "97222",
    "Gros-Morne": "97213",
    "La Trinité": "97220",
    "Le Lorrain": "97214",
    "Le Robert": "97231",
    "Saint-Pierre": "97250",
    "Sainte-Marie": "97230",
}
FICTIONAL_PHONE: Final = "05364900"
"""Arcep keeps 05 36 49 for numbers of stories: nobody has them."""

_S = Service
OFFERED: Final = (
    (_S.USING_DIGITAL_TOOLS, _S.ADMINISTRATIVE_PROCEDURES, _S.SAFE_USE),
    (_S.USING_DIGITAL_TOOLS, _S.ADMINISTRATIVE_PROCEDURES, _S.FINDING_WORK),
    (_S.USING_DIGITAL_TOOLS, _S.LEISURE_AND_CREATION, _S.ACCESS_TO_EQUIPMENT),
    (_S.USING_DIGITAL_TOOLS, _S.FINDING_WORK, _S.PARENTING_AND_EDUCATION),
)
"""Dealt out in turn: every service that an assessment asks for is somewhere."""


def acts(timeline: Timeline) -> Iterator[Act]:
    """The directory as it is filled before the opening, and what changed since."""
    yield Act(instant(timeline.opening(-33), 9), describe_places)
    yield Act(instant(timeline.opening(-30), 9), follow_the_application)
    yield Act(instant(timeline.opening(-29), 9), let_the_library_in)
    yield Act(instant(timeline.opening(-28), 9), let_a_town_hold)
    yield Act(timeline.now - timedelta(minutes=1), close_the_cash_office_of_that_town)


def describe_places(world: World, at: datetime) -> None:
    """Where each mediator is, when it is open, for what, and how to reach it; who is paid back."""
    record_contact(
        world.session,
        actor=world.actors["coordinator"],
        # Apart from the ids that chance deals out: everything else stays as it was.
        contact_id=uuid5(world.organisations[ACCOUNTANT.key], "recouvrement"),
        organisation_id=world.organisations[ACCOUNTANT.key],
        position="Recouvrement",
        phone=f"{FICTIONAL_PHONE}08",
        email="recouvrement@exemple.fr",
        now=at,
    )
    for place, mediator in enumerate(MEDIATORS):
        _locate(world, mediator, at)
        _offer(world, mediator, place, at)
        _reach(world, mediator, place, at)
        if mediator.ready:
            record_capacity(
                world.session,
                actor=world.actors["coordinator"],
                capacity_id=world.new_id(at),
                organisation_id=world.organisations[mediator.key],
                ready=True,
                from_on=martinique_day(at),
                now=at,
            )


def _locate(world: World, mediator: MediatorPartner, at: datetime) -> None:
    """The middle of its commune: a real address would not be ours to guess."""
    commune = commune_named(mediator.commune)
    if commune is None:
        return
    record_address(
        world.session,
        actor=world.actors["coordinator"],
        address_id=world.new_id(at),
        organisation_id=world.organisations[mediator.key],
        street="Bourg (adresse de démonstration)",
        complement=None,
        postcode=POSTCODES[commune.name],
        latitude_microdegrees=round(commune.centre.latitude * MICRODEGREES),
        longitude_microdegrees=round(commune.centre.longitude * MICRODEGREES),
        now=at,
    )


def _offer(world: World, mediator: MediatorPartner, place: int, at: datetime) -> None:
    days = mediator.open_weekdays or (1, 3)
    hours = [OpeningHours(day, 8 * 60, 12 * 60) for day in days]
    hours += [OpeningHours(day, 13 * 60 + 30, 16 * 60 + 30) for day in days[:-1]]
    record_profile(
        world.session,
        actor=world.actors["coordinator"],
        profile_id=world.new_id(at),
        organisation_id=world.organisations[mediator.key],
        version=1,
        services=set(OFFERED[place % len(OFFERED)]),
        publics={Public.SENIOR, Public.OTHER} if mediator.invented else set(),
        hours=hours,
        access_notes="Fiche inventée pour la démonstration. Demandez ses vraies heures au lieu.",
        now=at,
    )


def _reach(world: World, mediator: MediatorPartner, place: int, at: datetime) -> None:
    record_contact(
        world.session,
        actor=world.actors["coordinator"],
        contact_id=world.new_id(at),
        organisation_id=world.organisations[mediator.key],
        position="Accueil",
        phone=f"{FICTIONAL_PHONE}{place + 10}",
        email=f"accueil.{mediator.key.replace('_', '-')}@exemple.fr",
        now=at,
    )


def follow_the_application(world: World, at: datetime) -> None:
    """The application of the deliberation is under way: complete, then under review."""
    (application,) = applications_of(world.session, world.organisations[APPLICANT.key])
    for step, days, note in (
        (LabelStep.COMPLETE, 4, "Dossier relu avec la coordination"),
        (LabelStep.UNDER_REVIEW, 1, None),
    ):
        note_label_progress(
            world.session,
            actor=world.actors["coordinator"],
            progress_id=world.new_id(at),
            application_id=application.id,
            step=step,
            reached_on=martinique_day(at) - timedelta(days=days),
            note=note,
            now=at,
        )


def let_the_library_in(world: World, at: datetime) -> None:
    """An invented library takes a cyber-base over; it has a régie, and hosts sessions for now."""
    coordinator, first = world.actors["coordinator"], martinique_day(at)
    library = world.organisations[LIBRARY.key]
    record_cash_office(
        world.session,
        actor=coordinator,
        cash_office_id=world.new_id(at),
        organisation_id=library,
        kind=CashOfficeKind.REVENUE,
        reference="Arrêté de démonstration n° 1",
        held_by="Direction de la médiathèque",
        valid_from=first,
        valid_until=world.timeline.last_redemption_on + timedelta(days=365),
        now=at,
    )
    sign_agreement(
        world.session,
        actor=coordinator,
        agreement_id=world.new_id(at),
        organisation_id=library,
        role=AgreementRole.VENUE,
        reference="Convention de démonstration, lieu d’accueil",
        valid_from=first,
        valid_until=martinique_day(world.timeline.now) + timedelta(days=40),
        now=at,
    )
    succeed(
        world.session,
        actor=coordinator,
        succession_id=world.new_id(at),
        organisation_id=world.organisations[CYBER_BASE.key],
        successor_id=library,
        from_on=first + timedelta(days=30),
        reference="Délibération de démonstration",
        now=at,
    )


def let_a_town_hold(world: World, at: datetime) -> None:
    """An invented town prescribes, and has a régie d’avances: it may hold booklets."""
    first = martinique_day(at)
    record_cash_office(
        world.session,
        actor=world.actors["coordinator"],
        cash_office_id=world.new_id(at),
        organisation_id=world.organisations[WITH_A_CASH_OFFICE],
        kind=CashOfficeKind.ADVANCES,
        reference="Arrêté de démonstration n° 2",
        held_by="Secrétariat général de la ville",
        valid_from=first,
        valid_until=world.timeline.last_redemption_on,
        now=at,
    )


def close_the_cash_office_of_that_town(world: World, at: datetime) -> None:
    """It has closed early: what the town still holds is to come back."""
    (office,) = cash_offices_of(world.session, world.organisations[WITH_A_CASH_OFFICE])
    close_cash_office(
        world.session,
        actor=world.actors["coordinator"],
        closure_id=world.new_id(at),
        cash_office_id=office.id,
        from_on=martinique_day(at),
        reason="Le régisseur est parti et n’est pas remplacé",
        now=at,
    )
