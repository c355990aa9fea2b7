"""Accounts in lists: by organisation, role and state, in the order of names."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, select
from sqlalchemy.orm import Session

from app.accounts.rules import AccountState
from app.database.lists import Place, placed
from app.identity.models import Agent
from app.identity.rules import Role
from app.partners.models import Organisation

_WAITING = (AccountState.INVITED, AccountState.EXPIRED, AccountState.UNINVITED)


def _in_state(state: AccountState) -> tuple[ColumnElement[bool], ...]:
    """What the row of an agent says of its state; how an invitation stands is read beside it."""
    if state is AccountState.CLOSED:
        return (Agent.disabled_at.is_not(None),)
    if state in _WAITING:
        return (Agent.disabled_at.is_(None), Agent.password_hash.is_(None))
    return (Agent.disabled_at.is_(None), Agent.password_hash.is_not(None))


ACCOUNTS_BY: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "nom": (Agent.name,),
    "structure": (Organisation.name, Agent.name),
    "creation": (Agent.created_at,),
}


def accounts(
    session: Session,
    place: Place,
    *,
    organisation_id: UUID | None = None,
    role: Role | None = None,
    state: AccountState | None = None,
) -> list[Agent]:
    """Accounts from that place of the list on."""
    every = select(Agent).join(Organisation, Organisation.id == Agent.organisation_id)
    query = placed(every, place, Agent.id, ACCOUNTS_BY)
    return list(session.scalars(_asked(query, organisation_id, role, state)))


def accounts_after(
    session: Session,
    after: int | None,
    *,
    limit: int,
    organisation_id: UUID | None = None,
) -> list[Agent]:
    """Accounts in the order of their numbers, from after that one."""
    query = _asked(select(Agent), organisation_id, None, None).order_by(Agent.id).limit(limit)
    return list(session.scalars(query.where(Agent.id > after) if after else query))


def _asked(
    query: Select[tuple[Agent]],
    organisation_id: UUID | None,
    role: Role | None,
    state: AccountState | None,
) -> Select[tuple[Agent]]:
    if organisation_id is not None:
        query = query.where(Agent.organisation_id == organisation_id)
    if role is not None:
        query = query.where(Agent.role == role)
    return query.where(*_in_state(state)) if state is not None else query


def organisations(session: Session) -> list[Organisation]:
    """Every organisation, by name: where somebody may be invited."""
    return list(session.scalars(select(Organisation).order_by(Organisation.name)))
