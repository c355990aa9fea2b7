"""Sessions: begun at sign-in, confirmed by a second factor, ended on the server.

The cookie of a browser holds a secret and nothing else; the database keeps its hash. What must stop
(a lost telephone, a new password, a closed account) stops at once, wherever the cookie is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.database.rows import as_read, perform
from app.identity import passwords
from app.identity.events import record_event
from app.identity.models import Agent
from app.identity.rules import AccountEventKind, Actor, Origin, Right, Role
from app.identity.session_errors import UnknownSession
from app.identity.session_models import AgentSession, Passkey, TotpSecret
from app.identity.session_rules import (
    KEPT_FOR,
    MUST_HAVE_SECOND_FACTOR,
    REMEMBERED_FOR,
    SEEN_EVERY,
    STEP_LIFE,
    Method,
    Second,
    SessionEnd,
    is_over,
    limits_of,
)
from app.kernel.ids import new_id

Minutes = Mapping[str, tuple[int, int]]
"""The limits of the settings, by role."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that goes on, and what it may open: everything, or only what it still lacks."""

    id: UUID
    method: Method
    second: Second | None
    begun_at: datetime
    confirmed_at: datetime | None
    seen_at: datetime
    awaits_second: bool
    must_enrol: bool
    provider_token: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is lacking."""
        return not (self.awaits_second or self.must_enrol)


# Built once: every page begins with it.
_AGENT_BY_SESSION = (
    select(
        *AgentSession.__table__.columns, *(c.label(f"a_{c.key}") for c in Agent.__table__.columns)
    )
    .join(Agent, Agent.id == AgentSession.agent_id)
    .where(AgentSession.token_hash == bindparam("token_hash"))
)


def agent_by_session(
    session: Session, secret: str, *, minutes: Minutes, now: datetime
) -> tuple[Agent, SignedIn] | None:
    """Whose session that secret opens, and how far; nobody's once it is over, or closed."""
    row = perform(session, _AGENT_BY_SESSION, {"token_hash": passwords.token_hash(secret)}).first()
    if row is None:
        return None
    columns = row._asdict()
    agent = as_read(Agent, {n[2:]: v for n, v in columns.items() if n.startswith("a_")})
    if agent.disabled_at is not None or is_over(
        seen_at=columns["seen_at"],
        expires_at=columns["expires_at"],
        ended_at=columns["ended_at"],
        limits=limits_of(Role(agent.role), minutes),
        now=now,
    ):
        return None
    second = Second(columns["second"]) if columns["second"] else None
    confirmed_at = columns["confirmed_at"]
    return agent, SignedIn(
        id=columns["id"],
        method=Method(columns["method"]),
        second=second,
        begun_at=columns["begun_at"],
        confirmed_at=confirmed_at,
        seen_at=columns["seen_at"],
        awaits_second=confirmed_at is None,
        must_enrol=confirmed_at is not None
        and second is None
        and Role(agent.role) in MUST_HAVE_SECOND_FACTOR,
        provider_token=columns["provider_token"],
    )


def lately_of(session: Session, secret: str, *, now: datetime) -> int | None:
    """Whose session it was, for a week after; nobody's once the person has signed out of it."""
    found = session.scalars(
        select(AgentSession).where(AgentSession.token_hash == passwords.token_hash(secret))
    ).first()
    if (
        found is None
        or found.confirmed_at is None
        or found.ended_why == SessionEnd.SIGNED_OUT
        or found.seen_at <= now - REMEMBERED_FOR
    ):
        return None
    return found.agent_id


def has_second_factor(session: Session, agent_id: int) -> bool:
    """Whether there is an application or a passkey to be shown."""
    return any(
        session.scalar(
            select(model.id).where(model.agent_id == agent_id, model.removed_at.is_(None)).limit(1)
        )
        for model in (TotpSecret, Passkey)
    )


def begin_session(
    session: Session,
    *,
    agent: Agent,
    method: Method,
    second: Second | None = None,
    waived: bool = False,
    browser: str,
    minutes: Minutes,
    origin: Origin,
    now: datetime,
    provider_token: str | None = None,
) -> tuple[str, bool]:
    """Begin a session: its secret, for the cookie alone, and whether a second factor was waived.

    Without a second factor already shown, whoever has one is asked for it: until then the session
    opens nothing, for ten minutes. `waived` says that this database is a demonstration. Sessions
    of a year ago are forgotten on the way.
    """
    session.execute(
        delete(AgentSession).where(
            AgentSession.agent_id == agent.id, AgentSession.seen_at < now - KEPT_FOR
        )
    )
    must = Role(agent.role) in MUST_HAVE_SECOND_FACTOR
    has = second is None and has_second_factor(session, agent.id)
    if second is None and must and not has and waived:
        second = Second.WAIVED
    secret, token_hash = passwords.new_token()
    whole = limits_of(Role(agent.role), minutes).whole
    session.add(
        AgentSession(
            id=new_id(),
            agent_id=agent.id,
            token_hash=token_hash,
            method=method,
            second=second,
            browser=browser,
            begun_at=now,
            confirmed_at=None if has else now,
            seen_at=now,
            expires_at=now + (STEP_LIFE if has else whole),
            provider_token=provider_token,
        )
    )
    session.flush()
    if not has:
        record_event(
            session,
            kind=AccountEventKind.SIGNED_IN,
            agent_id=agent.id,
            actor=agent.id,
            origin=origin,
            now=now,
            detail=method,
        )
    return secret, second is Second.WAIVED


def confirm_session(
    session: Session,
    *,
    agent: Agent,
    session_id: UUID,
    second: Second,
    minutes: Minutes,
    origin: Origin,
    now: datetime,
) -> str:
    """The second factor was shown: the session is whole, under a secret of its own.

    Raises:
        UnknownSession: it is over.
    """
    secret, token_hash = passwords.new_token()
    changed = session.execute(
        update(AgentSession)
        .where(AgentSession.id == session_id, AgentSession.ended_at.is_(None))
        .values(
            token_hash=token_hash,
            second=second,
            confirmed_at=now,
            seen_at=now,
            expires_at=now + limits_of(Role(agent.role), minutes).whole,
        )
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has one
        raise UnknownSession
    record_event(
        session,
        kind=AccountEventKind.SIGNED_IN,
        agent_id=agent.id,
        actor=agent.id,
        origin=origin,
        now=now,
        detail=second,
    )
    return secret


def note_seen(session: Session, standing: SignedIn, *, now: datetime) -> None:
    """Somebody is still there; noted every five minutes, no finer."""
    session.execute(
        update(AgentSession)
        .where(AgentSession.id == standing.id, AgentSession.seen_at <= now - SEEN_EVERY)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


def live_sessions(
    session: Session, agent_id: int, *, role: Role, minutes: Minutes, now: datetime
) -> list[AgentSession]:
    """The sessions of an agent that still open something, the latest first."""
    limits = limits_of(role, minutes)
    rows = session.scalars(
        select(AgentSession)
        .where(
            AgentSession.agent_id == agent_id,
            AgentSession.ended_at.is_(None),
            AgentSession.confirmed_at.is_not(None),
            AgentSession.expires_at > now,
            AgentSession.seen_at > now - limits.idle,
        )
        .order_by(AgentSession.seen_at.desc(), AgentSession.id.desc())
    )
    return list(rows)


def forget_old(session: Session, *, now: datetime) -> None:
    """Forget the sessions of everybody in which nobody was seen for a year, ended or not."""
    session.execute(delete(AgentSession).where(AgentSession.seen_at < now - KEPT_FOR))


# ── Ends ──────────────────────────────────────────────────────────────────────────────────────────


def sign_out(
    session: Session, *, agent_id: int, session_id: UUID, origin: Origin, now: datetime
) -> None:
    """End the session of this browser; what is over stays so."""
    if _end(session, agent_id, SessionEnd.SIGNED_OUT, now, only=session_id):
        record_event(
            session,
            kind=AccountEventKind.SIGNED_OUT,
            agent_id=agent_id,
            actor=agent_id,
            origin=origin,
            now=now,
        )


def end_session(
    session: Session, *, actor: Actor, session_id: UUID, origin: Origin, now: datetime
) -> AgentSession:
    """End one of one's own sessions, from another browser; what is over stays so.

    Raises:
        UnknownSession: it is nobody's, or somebody else's.
    """
    found = session.get(AgentSession, session_id)
    if found is None or found.agent_id != actor.agent_id:
        raise UnknownSession
    if not _end(session, actor.agent_id, SessionEnd.ELSEWHERE, now, only=session_id):
        return found
    record_event(
        session,
        kind=AccountEventKind.SESSION_ENDED,
        agent_id=actor.agent_id,
        actor=actor,
        origin=origin,
        now=now,
    )
    session.refresh(found)
    return found


def end_other_sessions(
    session: Session, *, actor: Actor, but: UUID | None, origin: Origin, now: datetime
) -> int:
    """End all of one's own sessions but this one; how many there were."""
    ended = _end(session, actor.agent_id, SessionEnd.ELSEWHERE, now, but=but)
    if ended:
        record_event(
            session,
            kind=AccountEventKind.SESSIONS_ENDED,
            agent_id=actor.agent_id,
            actor=actor,
            origin=origin,
            now=now,
        )
    return ended


def end_sessions_of(
    session: Session, *, actor: Actor | None, agent_id: int, origin: Origin, now: datetime
) -> int:
    """End every session of an agent; `actor` is None for the operator of the machine.

    Raises:
        RightMissing: only the administration of accounts may.
    """
    if actor is not None:
        actor.check(Right.MANAGE_ACCOUNTS)
    ended = _end(session, agent_id, SessionEnd.ADMINISTRATOR, now)
    if ended:
        record_event(
            session,
            kind=AccountEventKind.SESSIONS_ENDED,
            agent_id=agent_id,
            actor=actor,
            origin=origin,
            now=now,
        )
    return ended


def end_because(
    session: Session, *, agent_id: int, why: SessionEnd, now: datetime, but: UUID | None = None
) -> int:
    """End the sessions of an agent whose password, factors or account have changed."""
    return _end(session, agent_id, why, now, but=but)


def _end(
    session: Session,
    agent_id: int,
    why: SessionEnd,
    now: datetime,
    *,
    only: UUID | None = None,
    but: UUID | None = None,
) -> int:
    statement = update(AgentSession).where(
        AgentSession.agent_id == agent_id, AgentSession.ended_at.is_(None)
    )
    if only is not None:
        statement = statement.where(AgentSession.id == only)
    if but is not None:
        statement = statement.where(AgentSession.id != but)
    done = session.execute(
        statement.values(ended_at=now, ended_why=why, provider_token=None).execution_options(
            synchronize_session=False
        )
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one
