"""The databases of those who practise: one template, and a copy of it for each.

A copy is a SQLite file, whatever the real database is. Its name says neither who nor where from.
Nothing is made before somebody asks; what is left alone for days, or belongs to another release, is
thrown away by the next one who begins. Workers of one server share the folder through a lock.
"""

import fcntl
import os
import secrets
import shutil
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from app.database.connections import Database
from app.database.migrations import alembic_config, migrate
from app.training.rules import KEPT_FOR, LARGEST, MOST

OPEN_AT_ONCE = 16
"""Copies that one worker keeps open; the others are opened again in a millisecond."""
PAGE_BYTES = 4096
AWAY = ("", "-wal", "-shm")


class Copies:
    """Every copy of one installation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: OrderedDict[str, Database] = OrderedDict()
        self._guard = threading.Lock()

    @property
    def key_dir(self) -> Path:
        """Keys that sign and seal here and nowhere else."""
        return self.folder / "keys"

    @cached_property
    def shelf(self) -> Path:
        """Where the files of this release are: another schema has another shelf."""
        scripts = ScriptDirectory.from_config(alembic_config("sqlite://"))
        return self.folder / f"release-{scripts.get_current_head()}"

    @property
    def template(self) -> Path:
        """What every copy begins as."""
        return self.shelf / "template.db"

    # ── Beginning ─────────────────────────────────────────────────────────────────────────────────

    def begin(self, who: str, *, now: datetime) -> str:
        """A new copy for somebody; the one that they had before is gone. Returns its name."""
        with self._alone():
            self._prepare(now)
            self._throw_away(who)
            name = f"{who}-{secrets.token_hex(16)}"
            draft = self.shelf / f"{name}.new"
            shutil.copyfile(self.template, draft)
            draft.chmod(0o600)
            draft.replace(self._path(name))
        return name

    def latest(self, who: str) -> str | None:
        """The copy that somebody works in, if it is still there."""
        found = sorted(self.shelf.glob(f"{who}-*.db"), key=_touched)
        return found[-1].stem if found else None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time, threads and processes alike."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
        finally:
            os.close(held)

    def _prepare(self, now: datetime) -> None:
        """Tell the story, unless it was told lately: a second of work, once a month."""
        # A server in which nobody practises never reads it.
        from app.clearing.receipts import ReceiptSigner  # noqa: PLC0415 - see above
        from app.demo import training as story  # noqa: PLC0415 - see above
        from app.programmes.keys import KeyStore  # noqa: PLC0415 - see above

        if self.template.exists() and time.time() - _touched(self.template) < story.FRESH_FOR:
            return
        for old in self.folder.glob("release-*"):
            if old != self.shelf:
                shutil.rmtree(old, ignore_errors=True)
        self.shelf.mkdir(exist_ok=True, mode=0o700)
        draft = self.shelf / "template.new"
        _remove(draft)
        database = Database(f"sqlite:///{draft}")
        try:
            migrate(database.url)
            keys, signer = KeyStore(self.key_dir), ReceiptSigner(self.key_dir)
            story.prepare(database, keys=keys, signer=signer, now=now)
        finally:
            database.close()
        _remove(self.template)
        draft.replace(self.template)

    def _throw_away(self, who: str) -> None:
        """Drop this person's copies, those that nobody opens any more, and the oldest too many."""
        kept = []
        for path in self.shelf.glob("*-*.db"):
            old = time.time() - _touched(path) > KEPT_FOR.total_seconds()
            if old or path.name.startswith(f"{who}-"):
                self._drop(path)
            else:
                kept.append(path)
        kept.sort(key=_touched)
        for path in kept[: max(0, len(kept) - MOST + 1)]:
            self._drop(path)

    def _drop(self, path: Path) -> None:
        with self._guard:
            database = self._opened.pop(path.stem, None)
        if database is not None:
            database.close()
        _remove(path)

    # ── Working ───────────────────────────────────────────────────────────────────────────────────

    def database(self, name: str) -> Database | None:
        """The copy of that name; None once it was thrown away."""
        if not name or not self._path(name).exists():
            return None
        with self._guard:
            database = self._opened.pop(name, None) or self._open(name)
            self._opened[name] = database
            too_many = len(self._opened) > OPEN_AT_ONCE
            longest_away = self._opened.popitem(last=False)[1] if too_many else None
        if longest_away is not None:
            # Whoever reads in it just now finishes: only connections at rest are closed.
            longest_away.close()
        return database

    def _open(self, name: str) -> Database:
        # Opened for what it is: a copy that is thrown away just now does not come back empty.
        database = Database(f"sqlite:///file:{quote(str(self._path(name)))}?mode=rw&uri=true")

        @event.listens_for(database.engine, "connect")
        def bound(connection: object, _record: ConnectionPoolEntry) -> None:
            connection.execute(  # type: ignore[attr-defined]  # sqlite3's
                f"pragma max_page_count = {LARGEST // PAGE_BYTES}"
            )

        return database

    def _path(self, name: str) -> Path:
        return self.shelf / f"{name}.db"


def is_full(error: DBAPIError) -> bool:
    """Whether a copy has no room left for what was asked of it."""
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _touched(path: Path) -> float:
    """When a database was last written to; its latest rows are beside it."""
    times = []
    for end in AWAY:
        try:
            times.append(path.with_name(path.name + end).stat().st_mtime)
        except FileNotFoundError:
            continue
    return max(times, default=0.0)


def _remove(path: Path) -> None:
    for end in AWAY:
        path.with_name(path.name + end).unlink(missing_ok=True)
