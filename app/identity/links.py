"""Links sent by e-mail: made with a secret of which a hash is kept, used once, in time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.locks import hold
from app.identity import passwords, queries
from app.identity.errors import LinkServesNoMore
from app.identity.models import AccountLink, AccountLinkEnd
from app.identity.rules import LINK_LIFE, LinkEnd, LinkPurpose
from app.mails.outbox import call_back
from app.mails.rules import MailKind

LETTER_OF = {
    LinkPurpose.INVITATION: MailKind.INVITATION,
    LinkPurpose.RESET: MailKind.RESET,
}
"""Which letter brings a link."""


def make_link(
    session: Session,
    *,
    link_id: UUID,
    request_hash: bytes,
    purpose: LinkPurpose,
    agent_id: int,
    made_by: int | None,
    now: datetime,
) -> tuple[str, AccountLink]:
    """A new link and its secret, told once; those of before serve no more."""
    end_links(session, agent_id=agent_id, purpose=purpose, reason=LinkEnd.REPLACED, now=now)
    secret, secret_hash = passwords.new_link_secret()
    link = AccountLink(
        id=link_id,
        request_hash=request_hash,
        purpose=purpose,
        agent_id=agent_id,
        token_hash=secret_hash,
        made_by=made_by,
        made_at=now,
        expires_at=now + LINK_LIFE[purpose],
    )
    session.add(link)
    session.flush()
    return secret, link


def open_link(session: Session, *, secret: str, purpose: LinkPurpose, now: datetime) -> AccountLink:
    """The link of that secret, if it still serves; whoever would use it waits for the other.

    Raises:
        LinkServesNoMore: unknown, used, withdrawn, replaced or expired: all look alike.
    """
    link = queries.link_by_secret(session, passwords.token_hash(secret))
    if link is None or link.purpose != purpose:
        raise LinkServesNoMore
    hold(session, "account links", link.agent_id)
    if link.expires_at < now or queries.link_end(session, link.id) is not None:
        raise LinkServesNoMore
    return link


def end_link(session: Session, link: AccountLink, *, reason: LinkEnd, now: datetime) -> None:
    """That link serves no more, and its letter is torn up where it still waits."""
    session.add(
        AccountLinkEnd(link_id=link.id, expires_at=link.expires_at, reason=reason, ended_at=now)
    )
    session.flush()
    call_back(session, agent_id=link.agent_id, kind=LETTER_OF[LinkPurpose(link.purpose)])


def end_links(
    session: Session,
    *,
    agent_id: int,
    reason: LinkEnd,
    now: datetime,
    purpose: LinkPurpose | None = None,
) -> int:
    """Every open link of an agent serves no more, or those of one purpose; how many there were."""
    hold(session, "account links", agent_id)
    links = queries.open_links(session, agent_id, purpose=purpose)
    for link in links:
        end_link(session, link, reason=reason, now=now)
    return len(links)
