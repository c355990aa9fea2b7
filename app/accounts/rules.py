"""Who may manage which account, and what state an account is in: plain values, no database."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.identity.rules import RIGHTS, Actor, Right, Role

PARTNER_ROLES = frozenset({Role.PRESCRIBER, Role.MEDIATOR})
"""What coordination and managers invite to. The roles that see every organisation, approve or pay
are given by the administration of accounts, which itself may do none of that."""


class AccountState(StrEnum):
    """Where an account is."""

    OPEN = "open"
    INVITED = "invited"
    EXPIRED = "expired"
    UNINVITED = "uninvited"
    CLOSED = "closed"


FRENCH_STATE = {
    AccountState.OPEN: "ouvert",
    AccountState.INVITED: "invitation envoyée",
    AccountState.EXPIRED: "invitation expirée",
    AccountState.UNINVITED: "sans invitation",
    AccountState.CLOSED: "fermé",
}


def state_of(
    *,
    has_password: bool,
    closed_at: datetime | None,
    invited_until: datetime | None,
    now: datetime,
) -> AccountState:
    """The state of an account; an invitation counts until it is answered."""
    if closed_at is not None:
        return AccountState.CLOSED
    if has_password:
        return AccountState.OPEN
    if invited_until is None:
        return AccountState.UNINVITED
    return AccountState.INVITED if invited_until >= now else AccountState.EXPIRED


@dataclass(frozen=True, slots=True)
class Manager:
    """Who would manage accounts: an agent, and whether it manages those of its organisation."""

    actor: Actor
    of_own_organisation: bool
    agreed: frozenset[Role] = frozenset()
    """What its organisation signed for, where it manages those accounts."""

    @property
    def administers(self) -> bool:
        """Whether every account, in every role, is this agent's to manage."""
        return Right.MANAGE_ACCOUNTS in RIGHTS[self.actor.role]

    @property
    def coordinates(self) -> bool:
        """Whether the accounts of every partner are."""
        return self.actor.role == Role.COORDINATOR

    @property
    def sees(self) -> UUID | None:
        """The only organisation whose accounts this agent sees; None when it sees all."""
        return None if self.administers or self.coordinates else self.actor.organisation_id

    def may_manage(self, *, role: Role, organisation_id: UUID) -> bool:
        """Whether accounts in that role, there, are this agent's to close and to invite again."""
        if self.administers:
            return True
        if role not in PARTNER_ROLES:
            return False
        return self.coordinates or (
            self.of_own_organisation and organisation_id == self.actor.organisation_id
        )

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that this agent gives.

        Who manages the accounts of a partner gives its own, and what the partner signed for.
        """
        if self.administers:
            return tuple(Role)
        given = PARTNER_ROLES if self.coordinates else self.agreed | {self.actor.role}
        return tuple(role for role in Role if role in PARTNER_ROLES & given)
