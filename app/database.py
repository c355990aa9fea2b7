"""The database: one engine, two dialects, transactions opened where a reader looks for them.

SQLite serves a pilot, PostgreSQL 15 or later a deployment. On PostgreSQL the application is the
role passnum_app, which owns nothing; migrations and the writing of history are passnum_owner's.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    LargeBinary,
    Select,
    SQLColumnExpression,
    Table,
    Text,
    TypeDecorator,
    UnaryExpression,
    Uuid,
    and_,
    bindparam,
    create_engine,
    event,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, CursorResult, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.operators import desc_op
from sqlalchemy.types import Boolean, TypeEngine

from app.kernel.errors import IdAlreadyUsed

if TYPE_CHECKING:
    from alembic.config import Config

APPLICATION_ROLE = "passnum_app"
OWNER_ROLE = "passnum_owner"
SEARCH_PATH = "ledger,public"
"""The ledger first: nobody can put a table of the same name before it."""
MIGRATION_SEARCH_PATH = "public,ledger"
"""Where new tables go."""
PROJECT = Path(__file__).parent.parent


# ── Column types: one meaning, two spellings (SQLite's STRICT tables know INTEGER, TEXT, BLOB) ────


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC. SQLite: 27 characters that sort like time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """TEXT on SQLite, timestamptz on PostgreSQL."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        """Refuse a naive instant: nobody knows when it was."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a naive instant was about to be stored"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401 - SQLAlchemy's signature
        """Always aware, always UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return datetime.fromisoformat(value)  # its Z is UTC
        instant: datetime = value
        return instant.astimezone(UTC)


class Day(TypeDecorator[date]):
    """A day in Martinique."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """TEXT on SQLite, date on PostgreSQL."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        """ISO 8601 on SQLite."""
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:  # noqa: ANN401 - SQLAlchemy's signature
        """A date, whatever the dialect keeps."""
        if value is None or isinstance(value, date):
            return value
        return date.fromisoformat(value)


class Uuid16(TypeDecorator[UUID]):
    """A UUID: the type of that name on PostgreSQL, 16 bytes on SQLite."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """BLOB on SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(LargeBinary())
        return dialect.type_descriptor(postgresql.UUID(as_uuid=True))

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        """Sixteen bytes on SQLite."""
        return value.bytes if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:  # noqa: ANN401 - SQLAlchemy's signature
        """A UUID, whatever the dialect keeps."""
        if value is None or isinstance(value, UUID):
            return value
        return UUID(bytes=bytes(value))


class Flag(TypeDecorator[bool]):
    """Yes or no."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """INTEGER on SQLite."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:  # noqa: ANN401, FBT001 - SQLAlchemy's signature
        """0 or 1 on SQLite."""
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:  # noqa: ANN401 - SQLAlchemy's signature
        """A bool, whatever the dialect keeps."""
        return None if value is None else bool(value)


class JsonText(TypeDecorator[dict[str, Any]]):
    """A small JSON object, kept as it was said."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        """Keys sorted."""
        return None if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> dict[str, Any] | None:  # noqa: ANN401 - SQLAlchemy's signature
        """A dictionary again."""
        return None if value is None else json.loads(value)


BigInt = BigInteger().with_variant(Integer(), "sqlite")
Bytes = LargeBinary


class Model(DeclarativeBase):
    """Base of every mapped table. Constraints are named by hand: names are promises."""


class Record(Model):
    """A row made by a request: the id is the request's, the hash tells repetition from reuse."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True, sort_order=-2)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary, sort_order=-1)


RecordT = TypeVar("RecordT", bound=Record)
KeyT = TypeVar("KeyT")
ModelT = TypeVar("ModelT", bound=Model)


# ── Connections ───────────────────────────────────────────────────────────────────────────────────


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


# ── Sending twice, and arriving together ──────────────────────────────────────────────────────────


def hold(session: Session, *what: object) -> None:
    """Wait until nobody else holds this, and hold it until the transaction ends.

    SQLite's writers already stand in one line. PostgreSQL: an advisory lock, since a row lock
    would need a privilege that the application does not have.
    """
    if dialect_of(session) == "postgresql":
        name = " ".join(map(str, what))
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def take(session: Session, *what: object) -> bool:
    """Hold this until the transaction ends, unless somebody else does; says whether."""
    if dialect_of(session) != "postgresql":
        return True
    name = " ".join(map(str, what))
    free = func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0))
    return bool(session.scalar(select(free)))


def earlier(
    session: Session, model: type[RecordT], record_id: UUID, request_hash: bytes
) -> RecordT | None:
    """The record that this same request made before, if any; twins wait for each other.

    Raises:
        IdAlreadyUsed: the id came earlier with another content.
    """
    hold(session, model.__tablename__, record_id)
    record = session.get(model, record_id)
    if record is not None and record.request_hash != request_hash:
        raise IdAlreadyUsed
    return record


def perform(
    session: Session,
    statement: Executable,
    parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]],
) -> CursorResult[Any]:
    """Run a statement that reads or writes columns, in the session's transaction.

    It does not ask what the statement may mean for mapped objects, which takes half of the time of
    a short one: nothing that waits in the session is written before, no object comes back.
    """
    return session.connection().execute(statement, parameters)


def as_read(model: type[ModelT], columns: Mapping[str, Any]) -> ModelT:
    """A record of which every column is known, as if it had just been read.

    Given to the constructor, each column would be noted as a change to be written.
    """
    record = model()
    vars(record).update(columns)
    return record


# ── Writing many rows ─────────────────────────────────────────────────────────────────────────────


def insert_rows(
    session: Session,
    model: type[Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    returning: InstrumentedAttribute[KeyT] | None = None,
    unless_there: bool = False,
) -> list[KeyT]:
    """Add rows in one statement however many they are; returns that column of those added.

    Rows are added in the order given, so ids that the database makes grow in that order. With
    `unless_there`, a row whose key exists already is passed over.
    """
    dialect = dialect_of(session)
    if dialect == "postgresql" and len(rows) > 1:
        names = tuple(rows[0])
        statement: Executable = _insert_of_a_set(model, names, returning, unless_there)
        result = perform(session, statement, {"rows": _as_json(rows)})
    else:
        result = perform(session, _insert(model, dialect, returning, unless_there), rows)
    return list(result.scalars()) if returning is not None else []


@cache
def _insert(
    model: type[Model],
    dialect: str,
    returning: InstrumentedAttribute[Any] | None,
    unless_there: bool,  # noqa: FBT001 - a part of the cache's key
) -> Executable:
    """Built once: building a statement takes longer than running it."""
    table = cast("Table", model.__table__)
    statement: postgresql.Insert | sqlite.Insert = (
        postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    )
    if unless_there:
        statement = statement.on_conflict_do_nothing()
    return statement if returning is None else statement.returning(returning)


@cache
def _insert_of_a_set(
    model: type[Model],
    names: tuple[str, ...],
    returning: InstrumentedAttribute[Any] | None,
    unless_there: bool,  # noqa: FBT001 - a part of the cache's key
) -> Executable:
    """PostgreSQL: the rows travel as one parameter, so a thousand are one statement, planned once.

    With a parameter a value, a thousand rows would be twenty thousand parameters to read, or a
    thousand statements.
    """
    table, columns = model.__tablename__, ", ".join(names)
    return text(
        f"insert into {table} ({columns}) select {columns}"  # noqa: S608 - names of our own models
        f" from json_populate_recordset(cast(null as {table}), cast(:rows as json))"
        " with ordinality order by ordinality"
        + (" on conflict do nothing" if unless_there else "")
        + ("" if returning is None else f" returning {returning.key}")
    )


def _as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as PostgreSQL reads them: orjson writes UUIDs, days and instants; the rest is below.

    A naive instant is refused. Looking for one beforehand takes a third of being asked about each.
    """
    for row in rows:
        for value in row.values():
            if type(value) is datetime and value.tzinfo is None:
                message = "a naive instant was about to be stored"
                raise ValueError(message)
    return orjson.dumps(rows, default=_as_text).decode()


def _as_text(value: object) -> str:
    """Bytes in hexadecimal; there is nothing else that orjson does not write itself."""
    if not isinstance(value, bytes):
        raise TypeError(type(value).__name__)
    return f"\\x{value.hex()}"


def stream_rows(
    session: Session,
    model: type[Model],
    names: Sequence[str],
    rows: Iterable[tuple[int | bytes, ...]],
) -> None:
    """Add many rows of numbers and bytes while they are being made.

    PostgreSQL takes the first ones while we make the next: of two who work at the same time, only
    the slower one takes time. Numbers and bytes only: there is nothing to escape in them.
    """
    stream = iter(rows)
    if dialect_of(session) != "postgresql":
        while some := [dict(zip(names, row, strict=True)) for row in islice(stream, AT_ONCE)]:
            insert_rows(session, model, some)
        return
    statement = f"copy {model.__tablename__} ({', '.join(names)}) from stdin"
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    dbapi_error = connection.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            while lines := "".join(map(_as_copied, islice(stream, AT_ONCE))):
                copy.write(lines)
    except dbapi_error as error:
        raise DBAPIError.instance(
            statement, None, error, dbapi_error, hide_parameters=True
        ) from error


AT_ONCE = 500
"""How many rows are handed over in one go."""


def _as_copied(row: tuple[int | bytes, ...]) -> str:
    """A line of COPY."""
    return "\t".join([f"\\\\x{v.hex()}" if type(v) is bytes else str(v) for v in row]) + "\n"


# ── Statements that are built once ────────────────────────────────────────────────────────────────


def among(column: InstrumentedAttribute[Any], name: str, dialect: str) -> ColumnElement[bool]:
    """Whether a column is among the values of the parameter of that name, a list.

    On PostgreSQL the list is one parameter, so that a statement is the same for any number.
    """
    if dialect == "postgresql":
        return column == func.any(bindparam(name, type_=postgresql.ARRAY(column.type)))
    return column.in_(bindparam(name, expanding=True))


# ── Reading whole pages ───────────────────────────────────────────────────────────────────────────


def rows_by(
    session: Session,
    column: InstrumentedAttribute[KeyT],
    keys: Iterable[KeyT],
    *order: ColumnElement[Any] | InstrumentedAttribute[Any],
) -> dict[KeyT, list[Any]]:
    """The rows of a table for each of these values of a column, in one statement for all.

    A page of a list is read in the same number of statements however long it is.
    """
    wanted = set(keys)
    rows = session.scalars(select(column.class_).where(column.in_(wanted)).order_by(*order))
    found: dict[KeyT, list[Any]] = {key: [] for key in wanted}
    for row in rows:
        found[getattr(row, column.key)].append(row)
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader stands in a list: how many rows, sorted by what, which way, after which one.

    Without a name the list has its first order, the latest first. A reader who goes back is given
    the rows before that one, the nearest first.
    """

    limit: int
    by: str = ""
    descending: bool = True
    after: UUID | int | None = None
    back: bool = False


def placed(
    query: Select[Any],
    place: Place,
    row_id: InstrumentedAttribute[Any],
    orders: Mapping[str, Sequence[SQLColumnExpression[Any]]],
) -> Select[Any]:
    """The rows of a list from that place on: sorted by a value, then by id, both the same way.

    `orders` are the values that may be asked for, never null; what follows the first one sorts
    its equals, always upwards, or always downwards where it is written `….desc()`. Only the id of
    the last row read travels: the values beside it are looked up by the same query, which has no
    filter yet. So an address stays short, and a row that changes its state between two pages does
    not lose the place.
    """
    value, *equals = orders[place.by or next(iter(orders))]
    keys = [(value, place.descending), *map(_way_of, equals)]
    keys.append((row_id, place.descending and not equals))
    if place.back:
        keys = [(key, not down) for key, down in keys]
    listed = query.order_by(*(key.desc() if down else key.asc() for key, down in keys))
    if place.after is not None:
        steps: list[ColumnElement[bool]] = []
        same: list[ColumnElement[bool]] = []
        for key, down in keys:
            last = (
                query.with_only_columns(key)
                .where(row_id == place.after)
                .correlate(None)
                .scalar_subquery()
            )
            steps.append(and_(*same, key < last if down else key > last))
            same.append(key == last)
        listed = listed.where(or_(*steps))
    return listed.limit(place.limit)


def _way_of(key: SQLColumnExpression[Any]) -> tuple[SQLColumnExpression[Any], bool]:
    """A value that sorts equals, and whether the greatest comes first."""
    if isinstance(key, UnaryExpression) and key.modifier is desc_op:
        return key.element, True
    return key, False


# ── Migrations ────────────────────────────────────────────────────────────────────────────────────


def alembic_config(url: str) -> "Config":
    """Alembic's settings for that database; everything else is in migrations/env.py.

    Alembic is imported when it is asked for: it takes as long as all of SQLAlchemy, and of all
    commands only one migrates.
    """
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(PROJECT / "migrations"))
    config.set_main_option("prepend_sys_path", str(PROJECT))
    config.set_main_option("path_separator", "newline")
    config.attributes["url"] = url
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database up to that revision, as its owner."""
    from alembic import command  # noqa: PLC0415 - see alembic_config

    command.upgrade(alembic_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to that revision; what later revisions held is gone."""
    from alembic import command  # noqa: PLC0415 - see alembic_config

    command.downgrade(alembic_config(url), revision)
