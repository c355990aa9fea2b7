"""Looking letters up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from app.database.lists import Place, placed
from app.mails.models import Mail
from app.mails.rules import MailKind, MailState


def mail(session: Session, mail_id: UUID) -> Mail | None:
    """The letter of that id."""
    return session.get(Mail, mail_id)


def due(session: Session, *, now: datetime, limit: int) -> Sequence[UUID]:
    """Letters whose turn it is, the longest waiting first."""
    return session.scalars(
        select(Mail.id)
        .where(Mail.state == MailState.WAITING, Mail.next_attempt_at <= now)
        .order_by(Mail.next_attempt_at, Mail.id)
        .limit(limit)
    ).all()


MAILS_BY = {"ecrit": (Mail.id,)}
"""The ids of letters grow with time."""


def latest_mails(
    session: Session,
    place: Place,
    *,
    state: MailState | None = None,
    kind: MailKind | None = None,
) -> list[Mail]:
    """Letters from that place of the list on, the latest first."""
    query = placed(select(Mail), place, Mail.id, MAILS_BY)
    if state is not None:
        query = query.where(Mail.state == state)
    if kind is not None:
        query = query.where(Mail.kind == kind)
    return list(session.scalars(query))


def mails_after(
    session: Session, after: UUID | None, *, limit: int, state: MailState | None = None
) -> list[Mail]:
    """Letters in the order of their ids, from after that one."""
    query = select(Mail).order_by(Mail.id).limit(limit)
    if after is not None:
        query = query.where(Mail.id > after)
    if state is not None:
        query = query.where(Mail.state == state)
    return list(session.scalars(query))


def count(session: Session, state: MailState) -> int:
    """How many letters are in that state."""
    return session.scalar(select(func.count()).select_from(Mail).where(Mail.state == state)) or 0


def told_since(session: Session, agent_id: int, kind: MailKind, *, since: datetime) -> bool:
    """Whether that agent was written a letter of that kind since then."""
    asked = exists().where(Mail.agent_id == agent_id, Mail.kind == kind, Mail.queued_at > since)
    return session.scalar(select(asked)) or False


def forget_waiting(session: Session, agent_id: int, kind: MailKind) -> None:
    """Letters of that kind to that agent that no server has taken are gone."""
    session.execute(
        delete(Mail).where(
            Mail.agent_id == agent_id, Mail.kind == kind, Mail.state == MailState.WAITING
        )
    )


def any_before(session: Session, instant: datetime) -> bool:
    """Whether a letter was written before then."""
    return session.scalar(select(exists().where(Mail.queued_at < instant))) or False


def forget_before(session: Session, instant: datetime) -> None:
    """Letters written before then are gone, whatever became of them."""
    session.execute(delete(Mail).where(Mail.queued_at < instant))
