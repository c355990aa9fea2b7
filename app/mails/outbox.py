"""Writing a letter down with the act that it tells of; it leaves once that act is committed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.kernel.ids import new_id
from app.kernel.sealing import Box, Unopened
from app.mails import queries
from app.mails.errors import UnknownMail
from app.mails.models import Mail
from app.mails.rules import USEFUL_FOR, MailKind, MailState
from app.mails.wording import Letter


def write_mail(
    session: Session,
    *,
    kind: MailKind,
    agent_id: int,
    address: str,
    letter: Letter,
    now: datetime,
    link: str | None = None,
    useful_until: datetime | None = None,
    key: bytes | None = None,
) -> Mail:
    """Put a letter in the outbox, in the transaction of what it tells.

    `link` is a path of this site that holds a secret; `key` seals it until the letter is gone.

    Raises:
        ValueError: a link without a key, which nobody could ever open.
    """
    if link is not None and key is None:
        told = f"the link of a letter « {kind} » needs a key"
        raise ValueError(told)
    mail = Mail(
        id=new_id(),
        kind=kind,
        agent_id=agent_id,
        address=address,
        subject=letter.subject,
        body=letter.body,
        queued_at=now,
        useful_until=useful_until or now + USEFUL_FOR,
        state=MailState.WAITING,
        attempt_count=0,
        next_attempt_at=now,
    )
    if link is not None and key is not None:
        mail.sealed_link = seal(key, mail.id, link)
    session.add(mail)
    session.flush()
    return mail


def write_to_person(
    session: Session,
    *,
    mail_id: UUID,
    agent_id: int,
    address: str,
    letter: Letter,
    now: datetime,
    key: bytes,
) -> Mail:
    """Put a letter to a person of the scheme in the outbox, on behalf of the agent who helps them.

    Who they are rests in one table, and this is not it: the letter names nobody, and its address
    is sealed until it is gone. The same id again is the same letter.
    """
    if mail := queries.mail(session, mail_id):
        return mail
    mail = Mail(
        id=mail_id,
        kind=MailKind.ORIENTATION,
        agent_id=agent_id,
        address="",
        subject=letter.subject,
        body=letter.body,
        sealed_link=seal(key, mail_id, address),
        queued_at=now,
        useful_until=now + USEFUL_FOR,
        state=MailState.WAITING,
        attempt_count=0,
        next_attempt_at=now,
    )
    session.add(mail)
    session.flush()
    return mail


def call_back(session: Session, *, agent_id: int, kind: MailKind) -> None:
    """Letters whose links serve no more need not leave: those that still wait are torn up."""
    queries.forget_waiting(session, agent_id, kind)


def known_mail(session: Session, mail_id: UUID) -> Mail:
    """The letter of that id.

    Raises:
        UnknownMail: there is none.
    """
    mail = queries.mail(session, mail_id)
    if mail is None:
        raise UnknownMail
    return mail


def seal(key: bytes, mail_id: UUID, link: str) -> bytes:
    """A link that whoever has the database alone cannot read, bound to its letter."""
    return _box(key).seal(link.encode(), bound=mail_id.bytes)


def opened_link(mail: Mail, key: bytes) -> str | None:
    """The path of a letter's link; None when it has none, or the key of the site was changed."""
    if mail.sealed_link is None:
        return None
    try:
        return _box(key).open(mail.sealed_link, bound=mail.id.bytes).decode()
    except Unopened:
        return None


def _box(key: bytes) -> Box:
    return Box.of_site(key, "passnum mails")
