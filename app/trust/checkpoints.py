"""Checkpoints outside the database: files of the data folder, one a month, only ever added to.

They are plain text that may be copied anywhere; each checkpoint is whole by itself. A file that
says another thing than the database stops the writing: it is the older witness.
"""

import fcntl
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.kernel.clock import martinique_day
from app.trust import queries
from app.trust.errors import CheckpointsDisagree
from app.trust.notes import SignedCheckpoint, read_checkpoints

FOLDER = "checkpoints"
PAGE = 500
LONGEST = 8_000
"""Bytes in which one checkpoint is whole, wherever they begin."""


def folder_in(data_dir: Path) -> Path:
    """Where an installation writes its checkpoints."""
    return data_dir / FOLDER


def written(folder: Path) -> list[SignedCheckpoint]:
    """All checkpoints that were written, the smallest first."""
    found = [
        signed
        for path in sorted(folder.glob("*.txt"))
        for signed in read_checkpoints(path.read_text("utf-8"))
    ]
    return sorted(found, key=lambda signed: signed.checkpoint.size)


def write_missing(session: Session, folder: Path) -> int:
    """Add to the files the checkpoints that they lack; returns how many.

    Raises:
        CheckpointsDisagree: the last one written is none of the database's.
    """
    last = queries.last_block(session)
    if last is None:
        return 0
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    count = 0
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for month, notes in _by_month(session, _already(session, folder)):
            _append(folder / f"{month}.txt", notes)
            count += len(notes)
    return count


def _already(session: Session, folder: Path) -> int:
    """The number of the block whose checkpoint was written last."""
    files = sorted(folder.glob("*.txt"))
    if not files:
        return 0
    told = list(read_checkpoints(_end_of(files[-1])))
    if not told:
        return 0
    latest = told[-1].checkpoint
    block = queries.block_of_size(session, latest.size)
    if block is None or bytes(block.root) != latest.root:
        raise CheckpointsDisagree(file=str(files[-1]), size=latest.size)
    return block.number


def _end_of(path: Path) -> str:
    """The end of a file, with its last checkpoint whole; a busy month is long."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST))
        return file.read().decode("utf-8", errors="ignore")


def _by_month(session: Session, after: int) -> Iterator[tuple[str, list[str]]]:
    """The notes to write, by the month of their file."""
    while page := queries.blocks_after(session, after, limit=PAGE):
        notes: dict[str, list[str]] = {}
        for block in page:
            notes.setdefault(month_of(block.sealed_at), []).append(block.note)
        yield from notes.items()
        after = page[-1].number


def month_of(sealed_at: datetime) -> str:
    """The file that a checkpoint goes to."""
    return f"{martinique_day(sealed_at):%Y-%m}"


def _append(path: Path, notes: list[str]) -> None:
    """Add notes, each followed by an empty line; they are on the disk when this returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("".join(f"{note}\n" for note in notes))
        file.flush()
        os.fsync(file.fileno())
