"""Agents, tokens and signing in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.database import hold
from app.identity import passwords, queries
from app.identity.errors import (
    AgentDisabled,
    EmailTaken,
    TooManyAttempts,
    UnknownAgent,
    UnknownToken,
)
from app.identity.models import Agent, ApiToken, SignInAttempt
from app.identity.rules import Actor, Right, Role
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id
from app.kernel.text import clean, read_email

ATTEMPTS_WINDOW = timedelta(minutes=15)
ATTEMPTS_OF_ACCOUNT = 5
ATTEMPTS_FROM_ADDRESS = 50
TOKEN_LIFE = timedelta(days=365)


def create_agent(
    session: Session,
    *,
    actor: Actor | None,
    email: str,
    name: str,
    role: Role,
    organisation_id: UUID,
    password: str | None,
    now: datetime,
) -> Agent:
    """Open an account. `actor` is None for the operator of the machine (command line).

    Raises:
        RightMissing: only the administration of accounts may.
        InvalidInput: address or name cannot be one.
        EmailTaken: an account has that address.
        WeakPassword: see the rule.
    """
    if actor is not None:
        actor.check(Right.MANAGE_ACCOUNTS)
    address, cleaned = read_email(email), clean(name)
    if address is None:
        raise InvalidInput(email="Écrivez une adresse complète, par exemple prenom.nom@exemple.fr.")
    if cleaned is None:
        raise InvalidInput(name="Écrivez le nom de l’agent, en 200 caractères au plus.")
    hold(session, "agent", address)
    if queries.agent_by_email(session, address):
        raise EmailTaken
    agent = Agent(
        email=address,
        name=cleaned,
        role=role,
        organisation_id=organisation_id,
        password_hash=passwords.hash_password(password) if password is not None else None,
        created_at=now,
    )
    session.add(agent)
    session.flush()
    return agent


def set_password(session: Session, *, email: str, password: str) -> Agent:
    """Replace the password of an account.

    Raises:
        UnknownAgent: no account has that address.
        WeakPassword: see the rule.
    """
    agent = known_agent(session, email)
    agent.password_hash = passwords.hash_password(password)
    return agent


def disable_agent(session: Session, *, email: str, now: datetime) -> Agent:
    """Close an account: it signs in no more and its tokens stop. What it did stays.

    Raises:
        UnknownAgent: no account has that address.
    """
    agent = known_agent(session, email)
    agent.disabled_at = agent.disabled_at or now
    return agent


def known_agent(session: Session, email: str) -> Agent:
    """The agent of that address.

    Raises:
        UnknownAgent: no account has that address.
    """
    agent = queries.agent_by_email(session, read_email(email) or "")
    if agent is None:
        raise UnknownAgent
    return agent


def working_agent(session: Session, email: str) -> Agent:
    """The agent of that address, whose account is open: who may act.

    Raises:
        UnknownAgent: no account has that address.
        AgentDisabled: it is closed.
    """
    agent = known_agent(session, email)
    if agent.disabled_at is not None:
        raise AgentDisabled
    return agent


@dataclass(frozen=True, slots=True)
class SignInKeys:
    """What the throttle recognises: keyed hashes of the e-mail typed and the network address."""

    email_hash: bytes
    address_hash: bytes


def begin_sign_in(session: Session, *, email: str, keys: SignInKeys, now: datetime) -> Agent | None:
    """Count a try before it is made, so that tries sent together count too; the agent, if any.

    The caller commits, checks the password outside any transaction (it takes a quarter of a
    second on purpose), and calls `finish_sign_in` when it was the one.

    Raises:
        TooManyAttempts: five failures of one account or fifty from one address in 15 minutes.
    """
    hold(session, "sign in", keys.email_hash.hex())
    of_account, from_address = queries.failures_since(
        session,
        email_hash=keys.email_hash,
        address_hash=keys.address_hash,
        since=now - ATTEMPTS_WINDOW,
    )
    if of_account >= ATTEMPTS_OF_ACCOUNT or from_address >= ATTEMPTS_FROM_ADDRESS:
        raise TooManyAttempts(minutes=int(ATTEMPTS_WINDOW.total_seconds() // 60))
    _write_attempt(session, keys, succeeded=False, now=now)
    agent = queries.agent_by_email(session, read_email(email) or "")
    return agent if agent is not None and agent.disabled_at is None else None


def finish_sign_in(session: Session, *, keys: SignInKeys, now: datetime) -> None:
    """The password was the one: the account's slate is clean."""
    _write_attempt(session, keys, succeeded=True, now=now)


def _write_attempt(session: Session, keys: SignInKeys, *, succeeded: bool, now: datetime) -> None:
    session.add(
        SignInAttempt(
            email_hash=keys.email_hash,
            address_hash=keys.address_hash,
            succeeded=succeeded,
            attempted_at=now,
        )
    )
    session.flush()


def create_token(
    session: Session, *, email: str, label: str, now: datetime
) -> tuple[str, ApiToken]:
    """A bearer token for the programs of an agent; it is shown once and lasts a year.

    Raises:
        UnknownAgent: no account has that address, or it is closed.
    """
    agent = known_agent(session, email)
    if agent.disabled_at is not None:
        raise UnknownAgent
    secret, secret_hash = passwords.new_token()
    token = ApiToken(
        id=new_id(),
        agent_id=agent.id,
        token_hash=secret_hash,
        label=clean(label) or "passnum",
        created_at=now,
        expires_at=now + TOKEN_LIFE,
    )
    session.add(token)
    session.flush()
    return secret, token


def revoke_token(session: Session, *, token_id: UUID, now: datetime) -> ApiToken:
    """Stop a token at once.

    Raises:
        UnknownToken: no token has that id.
    """
    token = queries.token(session, token_id)
    if token is None:
        raise UnknownToken
    token.revoked_at = token.revoked_at or now
    return token


def actor_of(agent: Agent, *, by_token: bool) -> Actor:
    """The agent as services know it."""
    return Actor(agent.id, agent.organisation_id, Role(agent.role), by_token=by_token)
