"""Looking agents, tokens and sign-in attempts up."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from app.database.lists import Place, placed
from app.database.rows import as_read, perform
from app.identity.models import (
    AccountEvent,
    AccountLink,
    AccountLinkEnd,
    Agent,
    AgentManager,
    ApiToken,
    SignInAttempt,
)
from app.identity.rules import AccountEventKind, LinkPurpose, Role


def agent_by_email(session: Session, email: str) -> Agent | None:
    """The agent with that address, in lower case."""
    return session.scalar(select(Agent).where(Agent.email == email))


def agent(session: Session, agent_id: int) -> Agent | None:
    """The agent of that id."""
    return session.get(Agent, agent_id)


def agent_name(session: Session, agent_id: int | None) -> str:
    """The name of a member of staff, for a paper that says who did what; of nobody, nothing."""
    found = agent(session, agent_id) if agent_id is not None else None
    return found.name if found else ""


def agent_names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Names of agents, for pages."""
    rows = session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(ids)))
    return dict(rows.all())


def agents_by_id(session: Session, ids: Collection[int]) -> dict[int, Agent]:
    """Agents by their ids."""
    return {one.id: one for one in session.scalars(select(Agent).where(Agent.id.in_(ids)))}


def organisations_of(session: Session, ids: Collection[int]) -> dict[int, UUID]:
    """For whom agents work."""
    rows = session.execute(select(Agent.id, Agent.organisation_id).where(Agent.id.in_(ids)))
    return dict(rows.all())


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


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed tries since the last success, and when the first of them was.

    At one account from one place and from everywhere, each lately and within a day; and at all
    accounts from one network address.
    """

    here: int
    first_here: datetime | None
    here_of_day: int
    first_here_of_day: datetime | None
    of_account: int
    first_of_account: datetime | None
    of_day: int
    first_of_day: datetime | None
    from_address: int
    first_from_address: datetime | None


def failures_since(
    session: Session, *, email_hash: bytes, address_hash: bytes, since: datetime, day: datetime
) -> Failures:
    """Failed sign-ins of that account and from that network address since these instants.

    Each try is written down as a failure before it is made, and a success adds a row: it wipes the
    account's slate, and takes one from the address's count.
    """
    lately = SignInAttempt.attempted_at > since
    of_day = and_(
        SignInAttempt.email_hash == email_hash,
        ~SignInAttempt.succeeded,
        SignInAttempt.id > _last_success(email_hash),
    )
    here_of_day = and_(of_day, SignInAttempt.address_hash == address_hash)
    from_address = and_(SignInAttempt.address_hash == address_hash, lately)
    failed_there = and_(from_address, ~SignInAttempt.succeeded)

    def counted(failed: ColumnElement[bool]) -> tuple[ColumnElement[int], ColumnElement[datetime]]:
        return func.count().filter(failed), func.min(SignInAttempt.attempted_at).filter(failed)

    there, first_there = counted(failed_there)
    row = session.execute(
        select(
            *counted(and_(here_of_day, lately)),
            *counted(here_of_day),
            *counted(and_(of_day, lately)),
            *counted(of_day),
            there - func.count().filter(and_(from_address, SignInAttempt.succeeded)),
            first_there,
        ).where(
            or_(SignInAttempt.email_hash == email_hash, SignInAttempt.address_hash == address_hash),
            SignInAttempt.attempted_at > day,
        )
    ).one()
    return Failures(*tuple(row))


def _last_success(email_hash: bytes) -> ColumnElement[int]:
    found = select(func.max(SignInAttempt.id)).where(
        SignInAttempt.email_hash == email_hash, SignInAttempt.succeeded
    )
    return func.coalesce(found.scalar_subquery(), 0)


def has_entered(session: Session, *, email_hash: bytes, place_hash: bytes, since: datetime) -> bool:
    """Whether somebody showed the right password of that account from that place since then."""
    asked = exists().where(
        SignInAttempt.email_hash == email_hash,
        SignInAttempt.address_hash == place_hash,
        SignInAttempt.succeeded,
        SignInAttempt.attempted_at > since,
    )
    return session.scalar(select(asked)) or False


def worst_place(
    session: Session, *, email_hash: bytes, most: int, since: datetime
) -> datetime | None:
    """The last first failure of a place that has tried that account so often; None without one."""
    first = func.min(SignInAttempt.attempted_at)
    places = (
        select(first)
        .where(
            SignInAttempt.email_hash == email_hash,
            ~SignInAttempt.succeeded,
            SignInAttempt.attempted_at > since,
            SignInAttempt.id > _last_success(email_hash),
        )
        .group_by(SignInAttempt.address_hash)
        .having(func.count() >= most)
    )
    return max(session.scalars(places), default=None)


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────────


def link_by_secret(session: Session, secret_hash: bytes) -> AccountLink | None:
    """The link whose secret has that hash."""
    return session.scalar(select(AccountLink).where(AccountLink.token_hash == secret_hash))


def link_end(session: Session, link_id: UUID) -> AccountLinkEnd | None:
    """Why a link serves no more, if it ended before its time."""
    return session.get(AccountLinkEnd, link_id)


def open_links(
    session: Session, agent_id: int, *, purpose: LinkPurpose | None = None
) -> list[AccountLink]:
    """The links of an agent that were neither used nor ended; some may have expired."""
    ended = exists().where(AccountLinkEnd.link_id == AccountLink.id)
    query = select(AccountLink).where(AccountLink.agent_id == agent_id, ~ended)
    if purpose is not None:
        query = query.where(AccountLink.purpose == purpose)
    return list(session.scalars(query.order_by(AccountLink.made_at)))


def was_sent(
    session: Session, agent_id: int, purpose: LinkPurpose, *, besides: UUID | None = None
) -> bool:
    """Whether that agent was ever sent a link for that, but that one, whatever became of it."""
    asked = exists().where(AccountLink.agent_id == agent_id, AccountLink.purpose == purpose)
    if besides is not None:
        asked = asked.where(AccountLink.id != besides)
    return session.scalar(select(asked)) or False


def latest_invitations(session: Session, agent_ids: Collection[int]) -> dict[int, AccountLink]:
    """The invitation of each of these agents that still counts, unless it was withdrawn or used."""
    ended = exists().where(AccountLinkEnd.link_id == AccountLink.id)
    rows = session.scalars(
        select(AccountLink)
        .where(
            AccountLink.agent_id.in_(agent_ids),
            AccountLink.purpose == LinkPurpose.INVITATION,
            ~ended,
        )
        .order_by(AccountLink.made_at)
    )
    return {link.agent_id: link for link in rows}


def managers(session: Session, agent_ids: Collection[int]) -> dict[int, AgentManager]:
    """Those of these agents who manage the accounts of their organisation."""
    rows = session.scalars(select(AgentManager).where(AgentManager.agent_id.in_(agent_ids)))
    return {row.agent_id: row for row in rows}


def is_manager(session: Session, agent_id: int) -> bool:
    """Whether that agent manages the accounts of its organisation."""
    return session.get(AgentManager, agent_id) is not None


def other_open_administrators(session: Session, agent_id: int) -> int:
    """How many other people administer accounts and can sign in."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Agent)
            .where(
                Agent.id != agent_id,
                Agent.role == Role.ADMINISTRATOR,
                Agent.disabled_at.is_(None),
                Agent.password_hash.is_not(None),
            )
        )
        or 0
    )


def working_agents_of(session: Session, organisation_id: UUID) -> list[Agent]:
    """The agents of an organisation whose accounts are open, invited ones among them."""
    return list(
        session.scalars(
            select(Agent)
            .where(Agent.organisation_id == organisation_id, Agent.disabled_at.is_(None))
            .order_by(Agent.id)
        )
    )


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are asked for; everything where nothing is said."""

    kind: AccountEventKind | None = None
    agent_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def of(self, query: Select[tuple[AccountEvent]]) -> Select[tuple[AccountEvent]]:
        """The query with what is asked."""
        if self.kind is not None:
            query = query.where(AccountEvent.kind == self.kind)
        if self.agent_id is not None:
            query = query.where(
                or_(AccountEvent.agent_id == self.agent_id, AccountEvent.actor_id == self.agent_id)
            )
        if self.since is not None:
            query = query.where(AccountEvent.happened_at >= self.since)
        if self.until is not None:
            query = query.where(AccountEvent.happened_at < self.until)
        return query


EVENTS_BY = {"quand": (AccountEvent.id,)}
"""Events are numbered as they are told."""


def latest_events(session: Session, place: Place, *, asked: EventFilter) -> list[AccountEvent]:
    """What happened to accounts from that place of the list on, the latest first."""
    query = placed(select(AccountEvent), place, AccountEvent.id, EVENTS_BY)
    return list(session.scalars(asked.of(query)))


def events_after(
    session: Session, after: int | None, *, limit: int, asked: EventFilter
) -> list[AccountEvent]:
    """What happened to accounts, in the order in which it was told, from after that event."""
    query = asked.of(select(AccountEvent)).order_by(AccountEvent.id).limit(limit)
    if after is not None:
        query = query.where(AccountEvent.id > after)
    return list(session.scalars(query))


def has_done(
    session: Session,
    kind: AccountEventKind,
    *,
    actor_id: int,
    agent_id: int,
    since: datetime,
    detail: str | None = None,
) -> bool:
    """Whether one agent did that to the account of another since then."""
    asked = exists().where(
        AccountEvent.agent_id == agent_id,
        AccountEvent.kind == kind,
        AccountEvent.happened_at > since,
        AccountEvent.actor_id == actor_id,
    )
    if detail is not None:
        asked = asked.where(AccountEvent.detail == detail)
    return session.scalar(select(asked)) or False


def count_events(
    session: Session,
    kind: AccountEventKind,
    *,
    since: datetime,
    agent_id: int | None = None,
    address_hash: bytes | None = None,
) -> int:
    """How often that happened since then to an account, or from a network address."""
    query = (
        select(func.count())
        .select_from(AccountEvent)
        .where(AccountEvent.kind == kind, AccountEvent.happened_at > since)
    )
    if agent_id is not None:
        query = query.where(AccountEvent.agent_id == agent_id)
    if address_hash is not None:
        query = query.where(AccountEvent.address_hash == address_hash)
    return session.scalar(query) or 0
