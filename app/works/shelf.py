"""Files that works have made: in a folder of the installation, readable by its owner alone.

A file has a name of its own while it is written, and takes that of its work in the transaction that
ends the work: whoever is killed on the way leaves nothing that anybody could open.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from app.works.rules import Made

FOLDER = "works"
LEFT_BEHIND = timedelta(hours=1)
"""A file that no work knows, and that nobody has written to for so long, was left by a crash."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where files of works rest; every server process of the machine sees the same."""

    folder: Path

    @classmethod
    def of(cls, data_dir: Path) -> "Shelf":
        """The shelf of an installation."""
        return cls(data_dir / FOLDER)

    def place_of(self, work_id: UUID) -> Path:
        """Where the file of a work is, once it has ended."""
        return self.folder / str(work_id)

    def write(
        self, work_id: UUID, write: Callable[[BinaryIO], None], name: str, media_type: str
    ) -> Made:
        """Write a file through to the disk, and take its digest; memory does not grow with it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, draft = tempfile.mkstemp(prefix=f"{work_id}.", dir=self.folder)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
                byte_count = file.seek(0, os.SEEK_END)
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").digest()
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return Made(Path(draft), name, media_type, byte_count, digest)

    def keep(self, work_id: UUID, made: Made) -> None:
        """The file takes the name of its work."""
        made.draft.replace(self.place_of(work_id))

    def sweep(self, known: Set[UUID], *, now: datetime) -> None:
        """Throw away what no work knows any more, but what may still be written."""
        if not self.folder.is_dir():
            return
        kept, untouched = {str(one) for one in known}, (now - LEFT_BEHIND).timestamp()
        for path in self.folder.iterdir():
            if path.name not in kept and path.stat().st_mtime < untouched:
                path.unlink(missing_ok=True)
