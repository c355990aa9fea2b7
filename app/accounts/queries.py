"""Accounts in lists: by organisation, role and state, in the order of names."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from app.accounts.rules import AccountState
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


def accounts(
    session: Session,
    after: int | None,
    *,
    limit: int,
    organisation_id: UUID | None = None,
    role: Role | None = None,
    state: AccountState | None = None,
) -> list[Agent]:
    """Accounts by name, from after that one."""
    query = _asked(select(Agent), organisation_id, role, state)
    last = session.get(Agent, after) if after is not None else None
    if last is not None:
        query = query.where(
            or_(Agent.name > last.name, and_(Agent.name == last.name, Agent.id > last.id))
        )
    return list(session.scalars(query.order_by(Agent.name, Agent.id).limit(limit)))


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
