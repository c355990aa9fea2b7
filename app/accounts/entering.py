"""Letting oneself in: an invitation accepted, a forgotten password replaced, one's own changed.

A password takes a quarter of a second to hash, on purpose: callers do it between two transactions.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.errors import LinkServesNoMore, TooManyResets
from app.identity.events import record_event
from app.identity.links import end_link, end_links, make_link, open_link
from app.identity.models import AccountLink, Agent
from app.identity.rules import AccountEventKind, LinkEnd, LinkPurpose, Origin
from app.identity.service import SignInKeys, finish_sign_in
from app.identity.session_rules import SessionEnd
from app.identity.sessions import end_because
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean, not_latin, read_email
from app.mails.outbox import write_mail
from app.mails.rules import MailKind
from app.mails.wording import written
from app.papers.french import day_and_time

RESET_PATH = "/mot-de-passe/"
RESETS_WINDOW = timedelta(hours=1)
RESETS_OF_ACCOUNT = 3
RESETS_FROM_ADDRESS = 20


def ask_for_reset(
    session: Session,
    *,
    link_id: UUID,
    email: str,
    secret_key: bytes,
    origin: Origin,
    now: datetime,
) -> None:
    """Send a link to choose a new password, if that address has an open account.

    Whoever asks is told the same either way. After three in an hour the account gets no more.

    Raises:
        TooManyResets: twenty were asked for from that network address within the hour.
    """
    since = now - RESETS_WINDOW
    from_address = identity.count_events(
        session, AccountEventKind.RESET_ASKED, since=since, address_hash=origin.address_hash
    )
    if origin.address_hash is not None and from_address >= RESETS_FROM_ADDRESS:
        raise TooManyResets
    agent = identity.agent_by_email(session, read_email(email) or "")
    if session.get(AccountLink, link_id) is not None:
        return
    lately = (
        identity.count_events(session, AccountEventKind.RESET_ASKED, since=since, agent_id=agent.id)
        if agent is not None
        else 0
    )
    record_event(
        session,
        kind=AccountEventKind.RESET_ASKED,
        agent_id=agent.id if agent is not None else None,
        actor=None,
        origin=origin,
        now=now,
    )
    if (
        agent is None
        or agent.disabled_at is not None
        or agent.password_hash is None
        or lately >= RESETS_OF_ACCOUNT
    ):
        return
    secret, link = make_link(
        session,
        link_id=link_id,
        request_hash=request_hash("reset", agent=agent.id),
        purpose=LinkPurpose.RESET,
        agent_id=agent.id,
        made_by=None,
        now=now,
    )
    write_mail(
        session,
        kind=MailKind.RESET,
        agent_id=agent.id,
        address=agent.email,
        letter=written(MailKind.RESET, until=day_and_time(link.expires_at)),
        now=now,
        link=RESET_PATH + secret,
        useful_until=link.expires_at,
        key=secret_key,
    )


def owner_of_link(session: Session, *, secret: str, purpose: LinkPurpose, now: datetime) -> Agent:
    """Whose password the link lets choose.

    Raises:
        LinkServesNoMore: it serves no more, or the account is closed.
    """
    return _opened(session, secret=secret, purpose=purpose, now=now)[1]


def _opened(
    session: Session, *, secret: str, purpose: LinkPurpose, now: datetime
) -> tuple[AccountLink, Agent]:
    link = open_link(session, secret=secret, purpose=purpose, now=now)
    agent = identity.agent(session, link.agent_id)
    if agent is None or agent.disabled_at is not None:
        raise LinkServesNoMore
    return link, agent


def use_link(
    session: Session,
    *,
    secret: str,
    purpose: LinkPurpose,
    password_hash: str,
    keys: SignInKeys,
    origin: Origin,
    now: datetime,
) -> Agent:
    """Take the password that the owner of a link has chosen; every session of before ends.

    Raises:
        LinkServesNoMore: it serves no more, or the account is closed.
    """
    link, agent = _opened(session, secret=secret, purpose=purpose, now=now)
    end_link(session, link, reason=LinkEnd.USED, now=now)
    accepted = purpose is LinkPurpose.INVITATION
    _take(session, agent, password_hash, now=now)
    end_links(session, agent_id=agent.id, reason=LinkEnd.REPLACED, now=now)
    # Whoever reads the mail of the account need not guess its password: that lock has nothing left
    # to guard. That of the second step stays, for the day when somebody else reads the mail.
    finish_sign_in(session, keys=keys, now=now)
    record_event(
        session,
        kind=AccountEventKind.ACCEPTED if accepted else AccountEventKind.PASSWORD_RESET,
        agent_id=agent.id,
        actor=agent.id,
        origin=origin,
        now=now,
    )
    if not accepted:
        _tell_of_change(session, agent, now=now)
    return agent


def change_password(
    session: Session,
    *,
    agent_id: int,
    password_hash: str,
    origin: Origin,
    now: datetime,
    but: UUID | None = None,
) -> Agent:
    """Take another password for one's own account, once the current one was checked.

    Every session ends, but the one that asks.
    """
    mine = session.get_one(Agent, agent_id)
    _take(session, mine, password_hash, now=now, but=but)
    end_links(session, agent_id=mine.id, reason=LinkEnd.REPLACED, now=now)
    record_event(
        session,
        kind=AccountEventKind.PASSWORD_CHANGED,
        agent_id=mine.id,
        actor=mine.id,
        origin=origin,
        now=now,
    )
    _tell_of_change(session, mine, now=now)
    return mine


def change_name(
    session: Session, *, agent_id: int, name: str, origin: Origin, now: datetime
) -> Agent:
    """Write one's own name otherwise.

    Raises:
        InvalidInput: it cannot be one.
    """
    cleaned = clean(name)
    if cleaned is None:
        raise InvalidInput(name="Écrivez votre nom, en 200 caractères au plus.")
    if wrong := not_latin(name=name):
        raise InvalidInput(**wrong)
    agent = session.get_one(Agent, agent_id)
    if cleaned != agent.name:
        agent.name = cleaned
        record_event(
            session,
            kind=AccountEventKind.NAME_CHANGED,
            agent_id=agent.id,
            actor=agent.id,
            origin=origin,
            now=now,
        )
    return agent


def _take(
    session: Session,
    agent: Agent,
    password_hash: str,
    *,
    now: datetime,
    but: UUID | None = None,
) -> None:
    """The one place where the owner of an account changes its password: sessions end with it."""
    agent.password_hash = password_hash
    end_because(session, agent_id=agent.id, why=SessionEnd.PASSWORD, now=now, but=but)
    session.flush()


def _tell_of_change(session: Session, agent: Agent, *, now: datetime) -> None:
    write_mail(
        session,
        kind=MailKind.PASSWORD_CHANGED,
        agent_id=agent.id,
        address=agent.email,
        letter=written(MailKind.PASSWORD_CHANGED, at=day_and_time(now)),
        now=now,
    )
