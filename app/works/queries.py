"""Reading what work there is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.works.models import Work, WorkEnd, WorkProgress
from app.works.rules import SILENCE


def work(session: Session, work_id: UUID) -> Work | None:
    """The work of that id."""
    return session.get(Work, work_id)


def progress_of(session: Session, work_id: UUID) -> WorkProgress | None:
    """How far it is, once somebody has begun."""
    return session.get(WorkProgress, work_id)


def end_of(session: Session, work_id: UUID) -> WorkEnd | None:
    """How it ended, once it has."""
    return session.get(WorkEnd, work_id)


def to_do(session: Session, *, now: datetime) -> list[UUID]:
    """Work that nobody does: not begun, or its doer has been silent for too long; oldest first."""
    return list(
        session.scalars(
            select(Work.id)
            .outerjoin(WorkProgress, WorkProgress.work_id == Work.id)
            .where(
                ~exists().where(WorkEnd.work_id == Work.id),
                or_(WorkProgress.work_id.is_(None), WorkProgress.seen_at < now - SILENCE),
            )
            .order_by(Work.asked_at, Work.id)
        )
    )


def under_way(session: Session, *, agent_id: int) -> list[Work]:
    """What an agent asked for and that has not ended, the latest first."""
    return list(
        session.scalars(
            select(Work)
            .where(Work.asked_by == agent_id, ~exists().where(WorkEnd.work_id == Work.id))
            .order_by(Work.asked_at.desc(), Work.id)
        )
    )
