"""Opening a real installation: the sponsor, and the two people who can then do everything else."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.database import hold
from app.identity.models import Agent
from app.identity.rules import Role
from app.kernel.ids import new_id
from app.partners import queries as partners
from app.partners.models import Organisation
from app.partners.rules import OrganisationKind
from app.partners.service import open_account, register_organisation
from app.programmes import queries
from app.programmes.errors import HeldDemonstration, InitialisedAlready


@dataclass(frozen=True, slots=True)
class FirstAgent:
    """Somebody who will sign in first."""

    email: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What an empty database has become."""

    sponsor: Organisation
    administrator: Agent
    coordinator: Agent


def open_installation(
    session: Session,
    *,
    name: str,
    commune: str,
    siret: str | None,
    administrator: FirstAgent,
    coordinator: FirstAgent,
    now: datetime,
) -> Opened:
    """Give an empty database its sponsor, an administrator of accounts and a coordinator.

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
    return Opened(sponsor, opened[Role.ADMINISTRATOR], opened[Role.COORDINATOR])
