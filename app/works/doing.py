"""Doing long work, once, whatever happens to whoever does it.

Whoever does it may be killed at any moment: another one begins again after a silence, and finds
what was done, because each act behind it has the id of the work.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, BinaryIO, cast
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.database.connections import Database
from app.database.locks import hold
from app.identity import queries as identity
from app.identity.rules import Actor
from app.identity.service import actor_of
from app.kernel.clock import first_instant, martinique_day
from app.kernel.errors import DomainError
from app.works import queries
from app.works.models import Work, WorkEnd, WorkFile, WorkInput, WorkLine, WorkProgress
from app.works.rules import (
    FILE_KEPT,
    MOST_ATTEMPTS,
    MOST_LINES,
    WAITED_FOR,
    Made,
    Progress,
    Result,
    WorkKind,
)
from app.works.service import BOARD, box
from app.works.shelf import Shelf

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

NEVER_DONE = "never_done"
NEVER_DONE_SENTENCE = (
    f"Personne n’a pu faire ce travail en {WAITED_FOR.days} jours : il est abandonné. "
    "Recommencez, et prévenez la personne qui gère passnum."
)

WRITTEN_EVERY = 1.0
"""Seconds: how far a work is goes to the database no more often."""


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
    write_file: Callable[[Callable[[BinaryIO], None], str, str], Made]
    """Writes the file that the work makes, under a name and a media type."""


Doer = Callable[[Task], Result]


def do_next(
    database: Database,
    *,
    doers: Mapping[WorkKind, Doer],
    secret_key: bytes,
    shelf: Shelf,
    clock: Callable[[], datetime],
) -> bool:
    """Do the oldest work of these kinds that nobody does; False when there is none.

    A refusal of the domain ends it with its sentence. A fault of ours leaves it to be begun again,
    a few times. What a work committed before stays, and is found again.
    """
    with database.transaction(writing=False) as session:
        waiting = queries.to_do(session, kinds=doers, now=clock())
    for work_id in waiting:
        with database.transaction() as session:
            begun = _begin(session, work_id, kinds=doers, now=clock())
        if begun is not None:
            _do(database, begun, doers=doers, secret_key=secret_key, shelf=shelf, clock=clock)
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Begun:
    work: Work
    actor: Actor
    sealed: bytes
    """The file that came with it, as it was kept; nothing where none did."""


def _begin(
    session: Session, work_id: UUID, *, kinds: Iterable[WorkKind], now: datetime
) -> _Begun | None:
    """Take a work, unless somebody else has in the meantime, or it broke too often."""
    hold(session, "work", work_id)
    if work_id not in queries.to_do(session, kinds=kinds, now=now):
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
    progress.done_count = progress.of_count = 0
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
    shelf: Shelf,
    clock: Callable[[], datetime],
) -> None:
    work, written_at = begun.work, 0.0

    def told(progress: Progress) -> None:
        nonlocal written_at
        BOARD[work.id] = progress
        if database.is_postgresql and time.monotonic() - written_at >= WRITTEN_EVERY:
            written_at = time.monotonic()
            with database.transaction() as session:
                row = queries.progress_of(session, work.id)
                # Gone where another one has ended it, after a silence of this one.
                if row is not None:
                    row.stage, row.seen_at = progress.stage, clock()
                    row.done_count, row.of_count = progress.done_count, progress.of_count

    result: Result | None = None
    try:
        # Within the try: a file that the present key does not open breaks this work, not the queue.
        content = begun.sealed and box(secret_key).open(begun.sealed, bound=work.id.bytes)
        result = doers[WorkKind(work.kind)](
            Task(
                work.id,
                begun.actor,
                work.asked,
                content,
                database,
                work.asked_at,
                told,
                partial(shelf.write, work.id),
            )
        )
        with database.transaction() as session:
            _end(session, work.id, result=result, shelf=shelf, now=clock())
    except DomainError as refusal:
        lines = cast("list[dict[str, Any]]", refusal.details.get("faults") or [])
        with database.transaction() as session:
            _end(
                session,
                work.id,
                refused=(refusal.code, refusal.message),
                lines=lines,
                now=clock(),
            )
    except Exception:
        log.exception("a work of the kind %s broke", work.kind)
    finally:
        BOARD.pop(work.id, None)
        if result and result.made:
            result.made.draft.unlink(missing_ok=True)


def _end(
    session: Session,
    work_id: UUID,
    *,
    result: Result | None = None,
    refused: tuple[str, str] = ("", ""),
    lines: Iterable[Mapping[str, Any]] = (),
    shelf: Shelf | None = None,
    now: datetime,
) -> None:
    """Write down how a work ended, once, and forget what only its doer needed."""
    hold(session, "work", work_id)
    if queries.end_of(session, work_id) is not None:
        return
    code, sentence = refused
    session.execute(delete(WorkInput).where(WorkInput.work_id == work_id))
    session.execute(delete(WorkProgress).where(WorkProgress.work_id == work_id))
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
    session.add_all(
        WorkLine(work_id=work_id, ordinal=place, line=one["line"], sentence=one["sentence"])
        for place, one in enumerate(list(lines)[:MOST_LINES], 1)
    )
    if result and result.made and shelf:
        made = result.made
        session.add(
            WorkFile(
                work_id=work_id,
                name=made.name,
                media_type=made.media_type,
                byte_count=made.byte_count,
                sha256=made.sha256,
                made_at=now,
                kept_until=first_instant(martinique_day(now) + FILE_KEPT + timedelta(days=1)),
            )
        )
        session.flush()
        shelf.keep(work_id, made)
    session.flush()


# ── Forgetting ────────────────────────────────────────────────────────────────────────────────────


def forget_old(database: Database, *, shelf: Shelf, now: datetime) -> None:
    """Throw away files and lines whose days are over, and give up what nobody ever did.

    What was asked, by whom and when, and how it ended stay: ids, days and a sentence. The rest of
    a work is gone with its end, or here.
    """
    with database.transaction(writing=False) as session:
        due = queries.is_anything_over(session, now=now)
    if due:
        with database.transaction() as session:
            session.execute(delete(WorkFile).where(WorkFile.kept_until <= now))
            session.execute(delete(WorkLine).where(queries.line_is_over(now)))
            for work_id in queries.never_done(session, now=now):
                if work_id not in BOARD:
                    _end(session, work_id, refused=(NEVER_DONE, NEVER_DONE_SENTENCE), now=now)
    with database.transaction(writing=False) as session:
        known = queries.files_known(session)
    shelf.sweep(known, now=now)
