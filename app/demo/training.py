"""What somebody finds who practises: a small scheme, made once, of which each gets a copy.

Everybody in it is invented and nothing of this installation is in it: neither a name, nor a number,
nor a key. The acts are those of the demonstration, through the same services.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final

from app.clearing.receipts import ReceiptSigner
from app.config import secret_file
from app.database.connections import Database
from app.demo import opening, story
from app.demo.calendar import Timeline, instant, working_day
from app.demo.directory import FICTIONAL_PHONE, OFFERED, POSTCODES
from app.demo.partners import ISSUER, SPONSOR, Partner
from app.demo.plan import Entrusted, Handover
from app.demo.world import Act, World
from app.identity.rules import Role
from app.identity.service import actor_of, create_agent
from app.kernel import training
from app.kernel.clock import martinique_day
from app.kernel.communes import commune_named
from app.mediators.rules import OpeningHours
from app.mediators.service import grant_label, record_capacity, record_profile
from app.partners.bank_details import approve_bank_details, prepare_bank_details
from app.partners.contacts import record_address, record_contact
from app.partners.rules import MICRODEGREES, AgreementRole, OrganisationKind
from app.partners.service import register_organisation, sign_agreement
from app.prescribers.rules import Commitment
from app.programmes.keys import KeyStore
from app.programmes.rules import Public
from app.programmes.service import mark_demonstration

PRESCRIBER: Final = Partner(
    "prescriber", OrganisationKind.ASSOCIATION, "Accueil d’entraînement", "Le Lorrain"
)
MEDIATORS: Final = (
    Partner(
        "mediator", OrganisationKind.ASSOCIATION, "Espace numérique d’entraînement", "Le Lorrain"
    ),
    Partner("second", OrganisationKind.ASSOCIATION, "Atelier d’entraînement", "Sainte-Marie"),
    Partner("third", OrganisationKind.ASSOCIATION, "Kaz d’entraînement", "Saint-Pierre"),
)
SIGNS_IN: Final = {Role.PRESCRIBER: "prescriber", Role.MEDIATOR: "mediator"}
"""As whom somebody of that role practises."""
AGENTS: Final = (
    ("coordinator", "Coordination d’entraînement", Role.COORDINATOR, SPONSOR.key),
    ("coordinator2", "Coordination d’entraînement", Role.COORDINATOR, SPONSOR.key),
    ("finance", "Finances d’entraînement", Role.FINANCE, SPONSOR.key),
    ("colleague", "Collègue d’entraînement", Role.PRESCRIBER, PRESCRIBER.key),
    ("prescriber", "Vous, comme prescripteur", Role.PRESCRIBER, PRESCRIBER.key),
    ("mediator", "Vous, comme médiateur", Role.MEDIATOR, MEDIATORS[0].key),
)

DAYS_AGO: Final = (30, 28, 27, 20, 18, 17, 12, 11, 4)
"""Prepared, approved, sent, received, mandated, activated, entrusted, signed for, handed over."""
ENTRUSTED: Final = Entrusted(
    at=datetime.min.replace(tzinfo=UTC),
    prescriber=PRESCRIBER.key,
    booklets=tuple(range(1, sum(training.BOOKLETS.values()) + 1)),
    received_at=None,
)
"""All of them: whoever practises finds a full drawer."""
HANDED_OVER: Final = Handover(
    at=datetime.min.replace(tzinfo=UTC),
    person=1,
    prescriber="colleague",
    public=Public.UNREGISTERED_JOB_SEEKER,
    first_name="Rosalie",
    birth_year=1984,
    commune="Le Lorrain",
    mediator=MEDIATORS[0].key,
    next_door=MEDIATORS[0].key,
    booklet_count=1,
    booklets=[1],
    answers="0121010",
    commitment=Commitment.PAPER,
)
"""What a colleague did: whoever practises as a mediator begins with the passes of that booklet."""
FRESH_FOR: Final = timedelta(days=30).total_seconds()
"""Then it is told anew, around the days of then."""


class Season(Timeline):
    """Days around today: passes are valid for a year, and bear the label of paper to practise."""

    @property
    def opens_on(self) -> date:
        """Before the first act."""
        return martinique_day(self.now) - timedelta(days=60)

    @property
    def closes_on(self) -> date:
        """So late that no hand-over is a late one."""
        return martinique_day(self.now) + timedelta(days=300)

    @property
    def vintage_label(self) -> str:
        """A label that no vintage of money bears."""
        return training.LABEL


def email_of(key: str) -> str:
    """The address of an agent who exists nowhere else."""
    return f"{key}@entrainement.exemple.fr"


def prepare(database: Database, *, keys: KeyStore, signer: ReceiptSigner, now: datetime) -> None:
    """Tell the story in an empty database, in one transaction."""
    secret_file(keys.folder / f"vintage-{training.LABEL}.key", lambda: training.KEY)
    with database.transaction() as session:
        mark_demonstration(session, now=now)
        world = World(session, Season(now), keys, signer)
        for act in sorted(_acts(world.timeline), key=lambda act: act.at):
            with world.at(act.at):
                act.play(world, act.at)


def _acts(timeline: Timeline) -> Iterator[Act]:
    first = working_day(timeline.opens_on)
    yield Act(instant(first, 8), _register)
    yield Act(instant(first, 9), opening.open_programme)
    yield Act(instant(first, 10), _sign_papers)
    yield Act(instant(first, 11), _describe_places)
    yield Act(instant(first, 12), _type_account)
    steps = (
        partial(story.prepare, order="first", booklets=training.BOOKLETS),
        partial(story.approve, order="first"),
        partial(story.send, order="first"),
        partial(story.receive, order="first", lot=training.BOOKLETS),
        partial(story.mandate, order="first", lot=training.BOOKLETS, number=1),
        partial(story.activate, delivery="first 1"),
        partial(story.allocate, entrusted=ENTRUSTED),
        partial(story.sign_for, entrusted=ENTRUSTED),
        partial(story.hand_over, handover=HANDED_OVER),
    )
    for days, step in zip(DAYS_AGO, steps, strict=True):
        yield Act(instant(timeline.ago(days), 10), step)


def _register(world: World, at: datetime) -> None:
    """Every body and every agent: whoever is not acted for by the reader has no way to sign in."""
    for partner in (SPONSOR, ISSUER, PRESCRIBER, *MEDIATORS):
        world.organisations[partner.key] = register_organisation(
            world.session,
            actor=None,
            organisation_id=world.new_id(at),
            kind=partner.kind,
            name=partner.name,
            commune=partner.commune,
            siret=None,
            now=at,
            demonstration=True,
        ).id
    for key, name, role, partner_key in AGENTS:
        agent = create_agent(
            world.session,
            actor=None,
            email=email_of(key),
            name=name,
            role=role,
            organisation_id=world.organisations[partner_key],
            password=None,
            now=at,
        )
        world.actors[key] = actor_of(agent, by_token=False)


def _sign_papers(world: World, at: datetime) -> None:
    """Agreements for all, and labels for those who receive people."""
    first, last = martinique_day(at), world.timeline.last_redemption_on
    roles = [(PRESCRIBER, AgreementRole.PRESCRIBER)]
    roles += [(mediator, AgreementRole.MEDIATOR) for mediator in MEDIATORS]
    for number, (partner, role) in enumerate(roles, 1):
        sign_agreement(
            world.session,
            actor=world.actors["coordinator"],
            agreement_id=world.new_id(at),
            organisation_id=world.organisations[partner.key],
            role=role,
            reference=f"Convention d’entraînement n° {number}",
            valid_from=first,
            valid_until=last,
            now=at,
        )
    for mediator in MEDIATORS:
        grant_label(
            world.session,
            actor=world.actors["coordinator"],
            label_id=world.new_id(at),
            organisation_id=world.organisations[mediator.key],
            reference="#APTIC (entraînement)",
            valid_from=first,
            valid_until=last,
            now=at,
        )


def _describe_places(world: World, at: datetime) -> None:
    """Where the three places are, when they are open, for what, and how to reach them."""
    for number, mediator in enumerate(MEDIATORS):
        asked: dict[str, Any] = {"actor": world.actors["coordinator"], "now": at}
        place = world.organisations[mediator.key]
        commune = commune_named(mediator.commune)
        if commune is None:
            message = f"{mediator.commune} is no commune of the territory"
            raise AssertionError(message)
        record_address(
            world.session,
            address_id=world.new_id(at),
            organisation_id=place,
            street="Bourg (adresse inventée)",
            complement=None,
            postcode=POSTCODES[commune.name],
            latitude_microdegrees=round(commune.centre.latitude * MICRODEGREES),
            longitude_microdegrees=round(commune.centre.longitude * MICRODEGREES),
            **asked,
        )
        days = (number, number + 1, number + 2)
        record_profile(
            world.session,
            profile_id=world.new_id(at),
            organisation_id=place,
            version=1,
            services=set(OFFERED[number]),
            publics=set(),
            hours=[OpeningHours(day, 8 * 60, 12 * 60) for day in days],
            access_notes="Fiche inventée pour s’entraîner.",
            **asked,
        )
        record_contact(
            world.session,
            contact_id=world.new_id(at),
            organisation_id=place,
            position="Accueil",
            phone=f"{FICTIONAL_PHONE}{number + 10}",
            email=email_of(f"accueil.{mediator.key}"),
            **asked,
        )
        record_capacity(
            world.session,
            capacity_id=world.new_id(at),
            organisation_id=place,
            ready=True,
            from_on=martinique_day(at),
            **asked,
        )


def _type_account(world: World, at: datetime) -> None:
    """An invented account, so that the page of who practises says when they would be paid."""
    details = prepare_bank_details(
        world.session,
        actor=world.actors["coordinator"],
        bank_details_id=world.new_id(at),
        organisation_id=world.organisations["mediator"],
        holder=MEDIATORS[0].name,
        iban=opening.invented_iban(1),
        vault=world.vault,
        now=at,
    )
    approve_bank_details(
        world.session,
        actor=world.actors["finance"],
        bank_details_id=details.id,
        iban=opening.invented_iban(1),
        vault=world.vault,
        now=at,
    )
