"""Many rows at once: read for a whole page, written in one statement, streamed while being made."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, TypeVar, cast

import orjson
from sqlalchemy import (
    ColumnElement,
    Executable,
    Table,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.database import Model
from app.database.connections import dialect_of

KeyT = TypeVar("KeyT")
ModelT = TypeVar("ModelT", bound=Model)

AT_ONCE = 500
"""How many rows are handed over in one go."""


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


def among(column: InstrumentedAttribute[Any], name: str, dialect: str) -> ColumnElement[bool]:
    """Whether a column is among the values of the parameter of that name, a list.

    On PostgreSQL the list is one parameter, so that a statement is the same for any number.
    """
    if dialect == "postgresql":
        return column == func.any(bindparam(name, type_=postgresql.ARRAY(column.type)))
    return column.in_(bindparam(name, expanding=True))


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


def _as_copied(row: tuple[int | bytes, ...]) -> str:
    """A line of COPY."""
    return "\t".join([f"\\\\x{v.hex()}" if type(v) is bytes else str(v) for v in row]) + "\n"
