"""Asking for long work, and seeing how far it is.

What is asked is written with the request's own id, like every act, so that asking twice is asking
once. `app.works.doing` does it.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.locks import earlier, hold
from app.identity.errors import RightMissing
from app.identity.rules import Actor
from app.kernel.ids import request_hash
from app.kernel.sealing import Box
from app.works import queries
from app.works.errors import UnknownWork, WorkFileGone
from app.works.models import Work, WorkEnd, WorkFile, WorkInput
from app.works.rules import FILE_RIGHT, FILES, LISTED, Progress, WorkKind

BOARD: dict[UUID, Progress] = {}
"""How far the works of this very process are: SQLite has one writer, who is busy with the work."""


# ── Asking ────────────────────────────────────────────────────────────────────────────────────────


def ask(
    session: Session,
    *,
    actor: Actor,
    work_id: UUID,
    kind: WorkKind,
    asked: Mapping[str, Any],
    content: bytes = b"",
    secret_key: bytes,
    now: datetime,
) -> Work:
    """Ask for a work; its doer asks for the rights of whoever asked, when it is done.

    `asked` (app.works.rules.asked) holds nothing personal and no code; `content` is sealed, and
    forgotten at the end: its digest, which stays, has a key, so that nobody guesses it back.
    Where a file is made, the same person who asks the same again, by another form, gets the work
    that makes it or has made it, for as long as that file is kept.

    Raises:
        IdAlreadyUsed: the id came earlier with another content.
    """
    digest = request_hash(
        "work",
        kind=kind,
        asked=dict(asked),
        content=hmac.digest(secret_key, content, "sha256").hex(),
        by=actor.agent_id,
    )
    if record := earlier(session, Work, work_id, digest):
        return record
    if kind in FILES:
        hold(session, "files asked for by", actor.agent_id)
        for one in queries.still_serving(session, agent_id=actor.agent_id, kind=kind, now=now):
            if one.asked == asked:
                return one
    record = Work(
        id=work_id,
        request_hash=digest,
        kind=kind,
        asked=dict(asked),
        asked_by=actor.agent_id,
        asked_at=now,
    )
    session.add(record)
    session.flush()
    if content:
        sealed = box(secret_key).seal(content, bound=work_id.bytes)
        session.add(WorkInput(work_id=work_id, sealed=sealed))
        session.flush()
    return record


def box(secret_key: bytes) -> Box:
    """What seals the file that comes with a work."""
    return Box.of_site(secret_key, "passnum long work")


# ── Seeing ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class WorkState:
    """A work, how far it is, and how it ended if it has: with a file, or with lines to correct."""

    work: Work
    progress: Progress | None
    end: WorkEnd | None
    file: WorkFile | None
    lines: tuple[tuple[int, str], ...]
    """The number of each, and what to write there."""


def standing(session: Session, *, actor: Actor, work_id: UUID, now: datetime) -> WorkState:
    """How far one's own work is.

    Raises:
        UnknownWork: there is none, or it is another agent's.
    """
    found = queries.work(session, work_id)
    if found is None or found.asked_by != actor.agent_id:
        raise UnknownWork
    row = queries.progress_of(session, work_id)
    said = Progress(row.stage, row.done_count, row.of_count) if row else None
    return WorkState(
        found,
        BOARD.get(work_id, said),
        queries.end_of(session, work_id),
        queries.file_of(session, work_id, now=now),
        tuple((one.line, one.sentence) for one in queries.lines_of(session, work_id)),
    )


def own_works(
    session: Session, *, actor: Actor
) -> list[tuple[Work, WorkEnd | None, WorkFile | None]]:
    """One's own works, the latest first."""
    return queries.latest(session, agent_id=actor.agent_id, limit=LISTED)


def file_to_take(session: Session, *, actor: Actor, work_id: UUID, now: datetime) -> WorkFile:
    """What is known of the file of one's own work, for whoever still may read it.

    Raises:
        UnknownWork: there is none, or it is another agent's.
        RightMissing: the role of whoever asked has changed.
        WorkFileGone: it made none, or its days are over.
    """
    found = standing(session, actor=actor, work_id=work_id, now=now)
    right = FILE_RIGHT.get(WorkKind(found.work.kind))
    if right is not None:
        actor.check(right)
    if found.work.asked.get("role", actor.role) != actor.role:
        raise RightMissing
    if found.file is None:
        raise WorkFileGone
    return found.file
