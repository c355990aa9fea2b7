"""Asking for long work, and doing it once whatever happens to whoever does it.

What is asked is written with the request's own id, like every act, so that asking twice is asking
once. Whoever does it may be killed at any moment: another one begins again after a silence, and
finds what was done, because each act behind it has that same id.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.database import Database, earlier, hold
from app.identity import queries as identity
from app.identity.rules import Actor
from app.identity.service import actor_of
from app.kernel.errors import DomainError
from app.kernel.ids import request_hash
from app.kernel.sealing import Box
from app.works import queries
from app.works.errors import UnknownWork
from app.works.models import Work, WorkEnd, WorkInput, WorkProgress
from app.works.rules import MOST_ATTEMPTS, Progress, Result, WorkKind

log = logging.getLogger(__name__)

BROKEN = "broken"
"""The code of a work that was given up because of a fault of ours."""
BROKEN_SENTENCE = (
    "Le travail s’est interrompu plusieurs fois et il est abandonné. Ce qui est fait reste fait : "
    "recommencez, ou prévenez la personne qui gère passnum."
)

CLOSED = "account_closed"
CLOSED_SENTENCE = (
    "Le compte qui a demandé ce travail est fermé : rien n’a été fait. Demandez-le d’un autre "
    "compte."
)

BOARD: dict[UUID, Progress] = {}
"""How far the works of this very process are: SQLite has one writer, who is busy with the work."""


@dataclass(frozen=True, slots=True)
class Task:
    """A work as its doer gets it. `told` is to be called at least every few seconds."""

    id: UUID
    actor: Actor
    asked: Mapping[str, Any]
    content: bytes
    """The file that came with it, or nothing."""
    database: Database
    asked_at: datetime
    told: Callable[[Progress], None]


Doer = Callable[[Task], Result]


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

    `asked` holds nothing personal and no code; `content` is sealed, and forgotten at the end.

    Raises:
        IdAlreadyUsed: the id came earlier with another content.
    """
    digest = request_hash(
        "work", kind=kind, asked=dict(asked), content=content.hex(), by=actor.agent_id
    )
    if record := earlier(session, Work, work_id, digest):
        return record
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
        sealed = _box(secret_key).seal(content, bound=work_id.bytes)
        session.add(WorkInput(work_id=work_id, sealed=sealed))
        session.flush()
    return record


def _opened(secret_key: bytes, work_id: UUID, sealed: bytes) -> bytes:
    if not sealed:
        return b""
    return _box(secret_key).open(sealed, bound=work_id.bytes)


def _box(secret_key: bytes) -> Box:
    return Box.of_site(secret_key, "passnum long work")


@dataclass(frozen=True, slots=True)
class WorkState:
    """A work, how far it is, and how it ended if it has."""

    work: Work
    progress: Progress | None
    end: WorkEnd | None


def standing(session: Session, *, actor: Actor, work_id: UUID) -> WorkState:
    """How far one's own work is.

    Raises:
        UnknownWork: there is none, or it is another agent's.
    """
    found = queries.work(session, work_id)
    if found is None or found.asked_by != actor.agent_id:
        raise UnknownWork
    row = queries.progress_of(session, work_id)
    said = Progress(row.stage, row.done_count, row.of_count) if row else None
    return WorkState(found, BOARD.get(work_id, said), queries.end_of(session, work_id))


# ── Doing ─────────────────────────────────────────────────────────────────────────────────────────


def do_next(
    database: Database,
    *,
    doers: Mapping[WorkKind, Doer],
    secret_key: bytes,
    clock: Callable[[], datetime],
) -> bool:
    """Do the oldest work that nobody does; False when there is none.

    A refusal of the domain ends it with its sentence. A fault of ours leaves it to be begun again,
    a few times. What a work committed before stays, and is found again.
    """
    with database.transaction(writing=False) as session:
        waiting = queries.to_do(session, now=clock())
    for work_id in waiting:
        with database.transaction() as session:
            begun = _begin(session, work_id, now=clock())
        if begun is not None:
            _do(database, begun, doers=doers, secret_key=secret_key, clock=clock)
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Begun:
    work: Work
    actor: Actor
    sealed: bytes
    """The file that came with it, as it was kept; nothing where none did."""


def _begin(session: Session, work_id: UUID, *, now: datetime) -> _Begun | None:
    """Take a work, unless somebody else has in the meantime, or it broke too often."""
    hold(session, "work", work_id)
    if work_id not in queries.to_do(session, now=now):
        return None
    work = session.get_one(Work, work_id)
    progress = queries.progress_of(session, work_id)
    if progress is None:
        progress = WorkProgress(work_id=work_id, attempt_count=0, done_count=0, of_count=0)
        session.add(progress)
    elif progress.attempt_count >= MOST_ATTEMPTS:
        _end(session, work_id, refused=(BROKEN, BROKEN_SENTENCE), now=now)
        return None
    progress.attempt_count += 1
    progress.stage, progress.seen_at = "", now
    session.flush()
    agent = identity.agent(session, work.asked_by)
    assert agent is not None  # noqa: S101 - a foreign key says so
    if agent.disabled_at is not None:
        _end(session, work_id, refused=(CLOSED, CLOSED_SENTENCE), now=now)
        return None
    kept = session.get(WorkInput, work_id)
    return _Begun(work, actor_of(agent, by_token=False), kept.sealed if kept else b"")


def _do(
    database: Database,
    begun: _Begun,
    *,
    doers: Mapping[WorkKind, Doer],
    secret_key: bytes,
    clock: Callable[[], datetime],
) -> None:
    work = begun.work

    def told(progress: Progress) -> None:
        BOARD[work.id] = progress
        if database.is_postgresql:
            with database.transaction() as session:
                row = session.get_one(WorkProgress, work.id)
                row.stage, row.seen_at = progress.stage, clock()
                row.done_count, row.of_count = progress.done_count, progress.of_count

    try:
        # Within the try: a file that the present key does not open breaks this work, not the queue.
        content = _opened(secret_key, work.id, begun.sealed)
        result = doers[WorkKind(work.kind)](
            Task(work.id, begun.actor, work.asked, content, database, work.asked_at, told)
        )
    except DomainError as refusal:
        with database.transaction() as session:
            _end(session, work.id, refused=(refusal.code, refusal.message), now=clock())
    except Exception:
        log.exception("a work of the kind %s broke", work.kind)
    else:
        with database.transaction() as session:
            _end(session, work.id, result=result, now=clock())
    finally:
        BOARD.pop(work.id, None)


def _end(
    session: Session,
    work_id: UUID,
    *,
    result: Result | None = None,
    refused: tuple[str, str] = ("", ""),
    now: datetime,
) -> None:
    """Write down how a work ended, once, and forget the file that came with it."""
    hold(session, "work", work_id)
    if queries.end_of(session, work_id) is not None:
        return
    code, sentence = refused
    session.execute(delete(WorkInput).where(WorkInput.work_id == work_id))
    session.add(
        WorkEnd(
            work_id=work_id,
            refusal_code=None if result else code,
            sentence=result.sentence if result else sentence,
            endpoint=result.endpoint if result else None,
            shown=dict(result.values) if result else {},
            ended_at=now,
        )
    )
    session.flush()
