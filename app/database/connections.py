"""Connections: one engine, two dialects, transactions opened where a reader looks for them.

On PostgreSQL the application is the role passnum_app, which owns nothing; migrations and the
writing of history are passnum_owner's.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from sqlalchemy import Dialect, Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

APPLICATION_ROLE = "passnum_app"
OWNER_ROLE = "passnum_owner"
SEARCH_PATH = "ledger,public"
"""The ledger first: nobody can put a table of the same name before it."""


class UnknownDatabase(Exception):
    """The address of the database names no database that passnum knows."""


def read_url(url: str) -> URL:
    """The address with the driver that passnum uses.

    Raises:
        UnknownDatabase: neither a SQLite file nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except Exception as error:
        raise UnknownDatabase(url) from error
    if parsed.get_backend_name() in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed.set(drivername="sqlite+pysqlite")
    raise UnknownDatabase(parsed.render_as_string(hide_password=True))


class Database:
    """Where everything is kept, opened with the rights of the application or of the owner."""

    def __init__(self, url: str, *, as_owner: bool = False, pool_size: int = 5) -> None:
        self.url = url
        self.as_owner = as_owner
        parsed = read_url(url)
        self.is_postgresql = parsed.get_backend_name() == "postgresql"
        if self.is_postgresql:
            role = OWNER_ROLE if as_owner else APPLICATION_ROLE
            self.engine = create_engine(
                parsed,
                # Compiling a statement takes seconds where the planner fears many rows.
                connect_args={"options": f"-c role={role} -c search_path={SEARCH_PATH} -c jit=off"},
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=False,
                hide_parameters=True,
            )
        else:
            self.engine = create_engine(parsed, hide_parameters=True)
            prepare_sqlite(self.engine)
        self._writing = self.engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")

    def session(self, *, writing: bool = True) -> Session:
        """A session whose transaction begins with its first statement.

        On SQLite a writing transaction takes the one write lock at once: a transaction that
        reads first and writes later would otherwise fail in the middle.
        """
        return Session(self._writing if writing else self.engine, expire_on_commit=False)

    @contextmanager
    def transaction(self, *, writing: bool = True) -> Iterator[Session]:
        """A session that commits when the block ends, and rolls back when it fails."""
        with self.session(writing=writing) as session, session.begin():
            yield session

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def prepare_sqlite(engine: Engine) -> None:
    """Make each connection keep the promises of a ledger: durable, with foreign keys."""

    @event.listens_for(engine, "do_connect")
    def make_private(
        _dialect: Dialect, _record: ConnectionPoolEntry, given: Sequence[str], _named: object
    ) -> None:
        # SQLite would make it as the umask says; -wal and -shm take the mode of the file itself.
        if not given[0].startswith(("file:", ":memory:")):
            with suppress(OSError):
                os.close(os.open(given[0], os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3 would otherwise begin by itself, too late
        for pragma in (
            "busy_timeout = 10000",
            "journal_mode = wal",
            "synchronous = full",
            "foreign_keys = on",
            "recursive_triggers = on",
        ):
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def dialect_of(session: Session) -> str:
    """Which of the two databases this is: "postgresql" or "sqlite"."""
    return session.get_bind().dialect.name
