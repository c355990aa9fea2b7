"""Reading what work there is."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from app.works.models import Work, WorkEnd, WorkFile, WorkLine, WorkProgress
from app.works.rules import FILE_KEPT, SILENCE, WAITED_FOR, WorkKind

_HAS_ENDED = exists().where(WorkEnd.work_id == Work.id)


def work(session: Session, work_id: UUID) -> Work | None:
    """The work of that id."""
    return session.get(Work, work_id)


def progress_of(session: Session, work_id: UUID) -> WorkProgress | None:
    """How far it is, once somebody has begun and until it has ended."""
    return session.get(WorkProgress, work_id)


def end_of(session: Session, work_id: UUID) -> WorkEnd | None:
    """How it ended, once it has."""
    return session.get(WorkEnd, work_id)


def file_of(session: Session, work_id: UUID, *, now: datetime) -> WorkFile | None:
    """The file that it made, for as long as it is kept."""
    return session.scalars(
        select(WorkFile).where(WorkFile.work_id == work_id, WorkFile.kept_until > now)
    ).first()


def lines_of(session: Session, work_id: UUID) -> list[WorkLine]:
    """The lines to correct of the file that it refused."""
    return list(
        session.scalars(
            select(WorkLine).where(WorkLine.work_id == work_id).order_by(WorkLine.ordinal)
        )
    )


def to_do(session: Session, *, kinds: Iterable[WorkKind], now: datetime) -> list[UUID]:
    """Work of these kinds that nobody does, the oldest first.

    Not begun, or its doer has been silent for too long.
    """
    return list(
        session.scalars(
            select(Work.id)
            .outerjoin(WorkProgress, WorkProgress.work_id == Work.id)
            .where(
                Work.kind.in_([str(kind) for kind in kinds]),
                ~_HAS_ENDED,
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
            .where(Work.asked_by == agent_id, ~_HAS_ENDED)
            .order_by(Work.asked_at.desc(), Work.id)
        )
    )


def with_files(session: Session, *, agent_id: int, now: datetime) -> list[tuple[Work, WorkFile]]:
    """What an agent asked for and whose file can be taken away, the latest first."""
    rows = session.execute(
        select(Work, WorkFile)
        .join(WorkFile, WorkFile.work_id == Work.id)
        .where(Work.asked_by == agent_id, WorkFile.kept_until > now)
        .order_by(Work.asked_at.desc(), Work.id)
    )
    return [(one, file) for one, file in rows]


def latest(
    session: Session, *, agent_id: int, limit: int
) -> list[tuple[Work, WorkEnd | None, WorkFile | None]]:
    """What an agent asked for, the latest first, with how it ended."""
    rows = session.execute(
        select(Work, WorkEnd, WorkFile)
        .outerjoin(WorkEnd, WorkEnd.work_id == Work.id)
        .outerjoin(WorkFile, WorkFile.work_id == Work.id)
        .where(Work.asked_by == agent_id)
        .order_by(Work.asked_at.desc(), Work.id)
        .limit(limit)
    )
    return [(one, end, file) for one, end, file in rows]


def still_serving(session: Session, *, agent_id: int, kind: WorkKind, now: datetime) -> list[Work]:
    """Works of a kind whose file is being made, or kept; the latest first."""
    kept = exists().where(WorkFile.work_id == Work.id, WorkFile.kept_until > now)
    return list(
        session.scalars(
            select(Work)
            .where(Work.asked_by == agent_id, Work.kind == kind, or_(~_HAS_ENDED, kept))
            .order_by(Work.asked_at.desc(), Work.id)
        )
    )


# ── What is over ──────────────────────────────────────────────────────────────────────────────────


def line_is_over(now: datetime) -> ColumnElement[bool]:
    """Whether the days are over for which the lines of a refused file are kept."""
    return exists().where(WorkEnd.work_id == WorkLine.work_id, WorkEnd.ended_at <= now - FILE_KEPT)


def never_done(session: Session, *, now: datetime) -> list[UUID]:
    """Works asked for long ago that nobody does."""
    silent = ~exists().where(
        and_(WorkProgress.work_id == Work.id, WorkProgress.seen_at >= now - SILENCE)
    )
    return list(
        session.scalars(
            select(Work.id).where(Work.asked_at <= now - WAITED_FOR, ~_HAS_ENDED, silent)
        )
    )


def is_anything_over(session: Session, *, now: datetime) -> bool:
    """Whether there is anything to forget."""
    files = select(WorkFile.work_id).where(WorkFile.kept_until <= now).limit(1)
    lines = select(WorkLine.work_id).where(line_is_over(now)).limit(1)
    return (
        session.scalar(files) is not None
        or session.scalar(lines) is not None
        or bool(never_done(session, now=now))
    )


def files_known(session: Session) -> set[UUID]:
    """The works whose file is kept."""
    return set(session.scalars(select(WorkFile.work_id)))
