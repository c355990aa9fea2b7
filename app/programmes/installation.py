"""Opening a real installation: the sponsor, and the two people who can then do everything else."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.database.locks import hold
from app.identity.models import Agent
from app.identity.rules import Actor, Role
from app.identity.service import actor_of
from app.kernel.ids import new_id
from app.partners import queries as partners
from app.partners.models import Organisation
from app.partners.rules import OrganisationKind
from app.partners.service import open_account, register_organisation
from app.programmes import queries
from app.programmes.errors import HeldDemonstration, InitialisedAlready
from app.programmes.models import Programme
from app.programmes.rules import Payer
from app.programmes.service import create_programme


@dataclass(frozen=True, slots=True)
class FirstAgent:
    """Somebody who will sign in first."""

    email: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class FirstProgramme:
    """The programme to begin with, and who issues its passes."""

    name: str
    issuer: str
    issuer_commune: str
    payer: Payer = Payer.AUTHORITY


@dataclass(frozen=True, slots=True)
class Opened:
    """What an empty database has become."""

    sponsor: Organisation
    administrator: Agent
    coordinator: Agent
    programme: Programme | None = None


def open_installation(
    session: Session,
    *,
    name: str,
    commune: str,
    siret: str | None,
    administrator: FirstAgent,
    coordinator: FirstAgent,
    now: datetime,
    programme: FirstProgramme | None = None,
) -> Opened:
    """Give an empty database its sponsor, an administrator of accounts and a coordinator.

    With `programme` also the issuer, and a programme with the recommended settings, which the
    coordinator opens.

    Raises:
        HeldDemonstration: no real data ever joins invented data.
        InitialisedAlready: an organisation exists.
        InvalidInput, WeakPassword, EmailTaken: as register_organisation and create_agent.
    """
    hold(session, "opening of the installation")
    if queries.is_demonstration(session):
        raise HeldDemonstration
    if partners.organisations_after(session, None, limit=1):
        raise InitialisedAlready
    sponsor = register_organisation(
        session,
        actor=None,
        organisation_id=new_id(),
        kind=OrganisationKind.SPONSOR,
        name=name,
        commune=commune,
        siret=siret,
        now=now,
    )
    first = {Role.ADMINISTRATOR: administrator, Role.COORDINATOR: coordinator}
    opened = {
        role: open_account(
            session,
            actor=None,
            email=person.email,
            name=person.name,
            role=role,
            organisation_id=sponsor.id,
            password=person.password,
            now=now,
        )
        for role, person in first.items()
    }
    first_programme = None
    if programme is not None:
        by = actor_of(opened[Role.COORDINATOR], by_token=False)
        first_programme = _open_programme(session, programme, sponsor, actor=by, now=now)
    return Opened(sponsor, opened[Role.ADMINISTRATOR], opened[Role.COORDINATOR], first_programme)


def _open_programme(
    session: Session, asked: FirstProgramme, sponsor: Organisation, *, actor: Actor, now: datetime
) -> Programme:
    """The issuer, and the programme for which it prints."""
    issuer = register_organisation(
        session,
        actor=None,
        organisation_id=new_id(),
        kind=OrganisationKind.ISSUER,
        name=asked.issuer,
        commune=asked.issuer_commune,
        siret=None,
        now=now,
    )
    return create_programme(
        session,
        actor=actor,
        programme_id=new_id(),
        name=asked.name,
        payer=asked.payer,
        sponsor_id=sponsor.id,
        issuer_id=issuer.id,
        now=now,
    )
