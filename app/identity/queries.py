"""Looking agents, tokens and sign-in attempts up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.database import as_read, perform
from app.identity.models import Agent, ApiToken, SignInAttempt


def agent_by_email(session: Session, email: str) -> Agent | None:
    """The agent with that address, in lower case."""
    return session.scalar(select(Agent).where(Agent.email == email))


def agent(session: Session, agent_id: int) -> Agent | None:
    """The agent of that id."""
    return session.get(Agent, agent_id)


def agents(session: Session) -> list[Agent]:
    """Every agent, by address."""
    return list(session.scalars(select(Agent).order_by(Agent.email)))


# Built once: every request with a token begins with it.
_AGENT_BY_TOKEN = (
    select(Agent)
    .join(ApiToken, ApiToken.agent_id == Agent.id)
    .where(
        ApiToken.token_hash == bindparam("token_hash"),
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > bindparam("now"),
        Agent.disabled_at.is_(None),
    )
)


def agent_by_token(session: Session, token_hash: bytes, *, now: datetime) -> Agent | None:
    """The agent whose valid token has that hash."""
    row = perform(session, _AGENT_BY_TOKEN, {"token_hash": token_hash, "now": now}).first()
    return as_read(Agent, row._asdict()) if row else None


def tokens(session: Session, agent_id: int) -> list[ApiToken]:
    """The tokens of an agent, newest first."""
    return list(
        session.scalars(
            select(ApiToken).where(ApiToken.agent_id == agent_id).order_by(ApiToken.id.desc())
        )
    )


def token(session: Session, token_id: UUID) -> ApiToken | None:
    """The token of that id."""
    return session.get(ApiToken, token_id)


def failures_since(
    session: Session, *, email_hash: bytes, address_hash: bytes, since: datetime
) -> tuple[int, int]:
    """Failed sign-ins of that account and from that network address since that instant.

    Each try is written down as a failure before it is made, and a success adds a row: it wipes the
    account's slate, and takes one from the address's count.
    """
    last_success = select(func.max(SignInAttempt.id)).where(
        SignInAttempt.email_hash == email_hash, SignInAttempt.succeeded
    )
    counted = session.execute(
        select(
            func.count()
            .filter(
                SignInAttempt.email_hash == email_hash,
                ~SignInAttempt.succeeded,
                SignInAttempt.id > func.coalesce(last_success.scalar_subquery(), 0),
            )
            .label("of_account"),
            (
                func.count().filter(
                    SignInAttempt.address_hash == address_hash, ~SignInAttempt.succeeded
                )
                - func.count().filter(
                    SignInAttempt.address_hash == address_hash, SignInAttempt.succeeded
                )
            ).label("from_address"),
        ).where(
            or_(SignInAttempt.email_hash == email_hash, SignInAttempt.address_hash == address_hash),
            SignInAttempt.attempted_at > since,
        )
    ).one()
    return counted.of_account, counted.from_address
