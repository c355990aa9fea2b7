"""Looking up what a beginning has and lacks."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.identity.models import Agent
from app.identity.rules import Role
from app.orders.models import BookletOrder
from app.partners.models import Agreement, BankDetails, BankDetailsApproval, Organisation
from app.partners.rules import OrganisationKind
from app.programmes.models import Programme

APART = (
    OrganisationKind.SPONSOR,
    OrganisationKind.ISSUER,
    OrganisationKind.FUNDER,
    OrganisationKind.ACCOUNTANT,
)
"""They take part without an agreement."""


def latest_programme(session: Session) -> Programme | None:
    """The programme opened last."""
    return session.scalar(
        select(Programme).order_by(Programme.created_at.desc(), Programme.id.desc()).limit(1)
    )


def any_order(session: Session) -> bool:
    """Whether anything was ever ordered."""
    return session.scalar(select(BookletOrder.id).limit(1)) is not None


def agents_in(session: Session, roles: Collection[Role]) -> list[Agent]:
    """The accounts in these roles that are not closed, invited ones included, by name."""
    return list(
        session.scalars(
            select(Agent)
            .where(Agent.role.in_([str(role) for role in roles]), Agent.disabled_at.is_(None))
            .order_by(Agent.name, Agent.id)
        )
    )


def unsigned(session: Session) -> list[Organisation]:
    """Organisations that never signed anything and should, the latest first."""
    return list(
        session.scalars(
            select(Organisation)
            .where(
                Organisation.kind.not_in([str(kind) for kind in APART]),
                ~exists().where(Agreement.organisation_id == Organisation.id),
            )
            .order_by(Organisation.created_at.desc(), Organisation.id)
        )
    )


def with_an_account_to_pay(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Those of these organisations that have a confirmed bank account."""
    return set(
        session.scalars(
            select(BankDetails.organisation_id)
            .join(BankDetailsApproval, BankDetailsApproval.bank_details_id == BankDetails.id)
            .where(BankDetails.organisation_id.in_(list(ids)))
        )
    )


def with_agents(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Those of these organisations that have an account that is not closed."""
    return set(
        session.scalars(
            select(Agent.organisation_id).where(
                Agent.organisation_id.in_(list(ids)), Agent.disabled_at.is_(None)
            )
        )
    )
