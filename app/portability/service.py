"""Everything taken out, and taken into an empty database that is then verified to the last seal."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table, delete, func, insert, inspect, select, text
from sqlalchemy.orm import Session

from app import ledger
from app.database import JsonText
from app.database.connections import dialect_of
from app.identity.models import Agent
from app.ledger.models import Movement, Posting, TransitionRow, Voucher
from app.portability import tables
from app.portability.archive import Archive, ArchiveWriter
from app.portability.errors import (
    ArchiveDamaged,
    ArchiveOfAnotherRelease,
    ImportUntrue,
    NotEmpty,
)
from app.portability.readme import README
from app.portability.rules_off import rules_off
from app.portability.tables import CHUNK, Row
from app.trust import queries as seals
from app.trust.leaves import leaf
from app.trust.models import SealBlock
from app.trust.notes import SignedCheckpoint, VerifierKey, read_checkpoints
from app.trust.verify import verify_seals

MUST_BE_EMPTY = (Agent, Posting, Movement, Voucher, SealBlock)


@dataclass(frozen=True, slots=True)
class Taken:
    """How much was taken out or in."""

    table_count: int
    row_count: int
    movement_count: int
    sealed_count: int
    checkpoint: SignedCheckpoint | None


# ── Out ───────────────────────────────────────────────────────────────────────────────────────────


def take_snapshot_of(session: Session) -> None:
    """See one state of the database until the transaction ends, whatever others write meanwhile.

    SQLite does so by itself from the first statement on.
    """
    if dialect_of(session) == "postgresql":
        session.execute(text("set transaction isolation level repeatable read, read only"))


Files = Callable[[Session, datetime], Iterable[tuple[str, bytes]]]


def export(
    session: Session, out: ArchiveWriter, *, now: datetime, identity: bool, papers: Files
) -> Taken:
    """Write every table but secrets, the sealed list, the checkpoints, and `papers`.

    The session has read nothing yet. `identity` adds people's names, and agents'.
    """
    take_snapshot_of(session)
    out.add("LISEZ-MOI.txt", [README.encode()])
    travelling = tables.travelling(identity=identity)
    row_count = sum(
        out.add(
            _file_of(table),
            (tables.line(row) for row in _told(session, table, identity=identity)),
            rows=True,
        )
        for table in travelling
    )
    out.add("sceaux/feuilles.jsonl", _leaves(session), rows=True)
    out.add("sceaux/points-de-controle.txt", _notes(session))
    for name, content in papers(session, now):
        out.add(name, [content])
    last = seals.last_block(session)
    out.finish(
        revision=revision(session),
        made_at=now,
        identity=identity,
        movements=session.scalar(select(func.count(Movement.id))) or 0,
        sealed=last.last_position if last else 0,
        checkpoint=last.note if last else None,
        verifier_key=last.verifier_key if last else None,
    )
    return Taken(
        len(travelling),
        row_count,
        session.scalar(select(func.count(Movement.id))) or 0,
        last.last_position if last else 0,
        next(read_checkpoints(last.note)) if last else None,
    )


def _file_of(table: Table) -> str:
    return f"tables/{table.name}.jsonl"


def _told(session: Session, table: Table, *, identity: bool) -> Iterator[Row]:
    """The rows as they may leave."""
    if table.name != Agent.__tablename__:
        return tables.rows_of(session, table)
    hide = tables.without_secrets if identity else tables.without_identity
    return map(hide, tables.rows_of(session, table))


def _leaves(session: Session) -> Iterator[bytes]:
    """The canonical bytes of every sealed movement, a line each, in the order of places."""
    size = seals.last_position(session)
    for first in range(1, size + 1, CHUNK):
        places = seals.places(session, first, first + CHUNK - 1)
        accounts = seals.accounts_of(session, [place.line for place in places if place.line])
        for place in places:
            yield (leaf(place.line, accounts) if place.line else b"null") + b"\n"


def _notes(session: Session) -> Iterator[bytes]:
    after = 0
    while page := seals.blocks_after(session, after, limit=500):
        for block in page:
            yield f"{block.note}\n".encode()
        after = page[-1].number


def revision(session: Session) -> str:
    """The migration that the database is at."""
    return MigrationContext.configure(session.connection()).get_current_revision() or ""


# ── In ────────────────────────────────────────────────────────────────────────────────────────────


class Source(Protocol):
    """Where rows come from: a file, or another database."""

    @property
    def revision(self) -> str:
        """The migration of the database that they come from."""
        ...

    @property
    def checkpoint(self) -> str | None:
        """The note that the seals must end with."""
        ...

    def rows(self, table: Table) -> Iterable[Row]:
        """The rows of a table; none of one that did not travel."""
        ...


class FromArchive:
    """An export as a source."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.revision = str(archive.manifest.get("revision"))
        self.checkpoint: str | None = archive.manifest.get("checkpoint")

    def rows(self, table: Table) -> Iterator[Row]:
        """Each line as a row; an export without identities has no file of them."""
        name = _file_of(table)
        if name not in self.archive.files and table.name in tables.SECRETS | tables.IDENTITY:
            return
        read = tables.reader(table)
        for line in self.archive.lines(name):
            try:
                yield read(line)
            except (ValueError, KeyError, TypeError):
                raise ArchiveDamaged(file=name) from None


class FromDatabase:
    """Another database of the same installation as a source: secrets travel too."""

    def __init__(self, session: Session) -> None:
        self.session = session
        take_snapshot_of(session)
        self.revision = revision(session)
        last = seals.last_block(session)
        self.checkpoint = last.note if last else None

    def rows(self, table: Table) -> Iterator[Row]:
        """Each row."""
        return tables.rows_of(self.session, table)


def take_in(session: Session, source: Source, *, keys: Collection[VerifierKey] = ()) -> Taken:
    """Fill an empty, migrated database, and verify all of it before anything is kept.

    The session is the owner's, and its transaction holds everything or nothing. `keys` are the
    public keys of checkpoints known from elsewhere.

    Raises:
        ArchiveOfAnotherRelease, NotEmpty, ArchiveDamaged, RulesChanged,
        ImportUntrue: the ledger or a seal does not hold.
    """
    here = revision(session)
    if source.revision != here:
        raise ArchiveOfAnotherRelease(revision=source.revision, here=here)
    check_empty(session)
    with rules_off(session):
        taken = fill(session, source)
        if dialect_of(session) == "postgresql":
            _go_on_counting(session)
    return check_true(session, source, keys, taken)


def check_empty(session: Session) -> None:
    """Refuse to mix.

    Raises:
        NotEmpty.
    """
    for model in MUST_BE_EMPTY:
        if session.execute(select(model.__table__).limit(1)).first():
            raise NotEmpty


def fill(session: Session, source: Source) -> tuple[int, int]:
    """Write every row of every table; returns how many tables and rows."""
    table_count = row_count = 0
    every = [table for table in tables.all_tables() if table.name != tables.FIXED]
    for table in reversed(every):  # what a migration laid there, a default setting say
        session.execute(delete(table))
    chart = {tuple(sorted(row.items())) for row in source.rows(_table_of(TransitionRow))}
    if chart != {
        tuple(sorted(row.items())) for row in tables.rows_of(session, _table_of(TransitionRow))
    }:
        raise ImportUntrue(difference="le plan des passages n’est pas celui de cette version.")
    for table in every:
        rows = iter(source.rows(table))
        while chunk := list(islice(rows, CHUNK)):
            if table.name == SealBlock.__tablename__:
                chunk = [row | {"horizon": None} for row in chunk]
            write(session, table, chunk)
            row_count += len(chunk)
        table_count += 1
    return table_count, row_count


def _table_of(model: Any) -> Table:  # noqa: ANN401 - a mapped class
    table: Table = model.__table__
    return table


def write(session: Session, table: Table, rows: list[Row]) -> None:
    """Write rows as they are; PostgreSQL takes them in its own bulk form, ids included."""
    if dialect_of(session) != "postgresql":
        session.execute(insert(table), rows)
        return
    names = [column.name for column in table.columns]
    as_text = [isinstance(column.type, JsonText) for column in table.columns]
    encode = JsonText().process_bind_param
    driver = session.connection().connection.driver_connection
    assert driver is not None  # noqa: S101 - a session at work has a connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"copy {table.name} ({', '.join(names)}) from stdin") as copy,
    ):
        for row in rows:
            copy.write_row(
                [
                    encode(row[name], session.get_bind().dialect) if json else row[name]
                    for name, json in zip(names, as_text, strict=True)
                ]
            )


def _go_on_counting(session: Session) -> None:
    """PostgreSQL: ids that it makes go on after the greatest that arrived."""
    found = inspect(session.connection())
    for table in tables.all_tables():
        schema = "ledger" if table.info.get("made_by") == "sql" else "public"
        for column in table.primary_key:
            whole = f"{schema}.{table.name}"
            if not found.has_table(table.name, schema=schema):
                continue
            sequence = session.scalar(
                text("select pg_get_serial_sequence(:table, :column)"),
                {"table": whole, "column": column.name},
            )
            if sequence:
                greatest = session.scalar(select(func.max(column)))
                if greatest is not None:
                    session.execute(
                        text("select setval(cast(:name as regclass), :value)"),
                        {"name": sequence, "value": greatest},
                    )


def check_true(
    session: Session, source: Source, keys: Collection[VerifierKey], taken: tuple[int, int]
) -> Taken:
    """Replay the ledger and derive every seal again.

    Raises:
        ImportUntrue: with the first difference.
    """
    session.expire_all()
    against = list(read_checkpoints(source.checkpoint)) if source.checkpoint else []
    sealed = verify_seals(session, against=against, keys=keys)
    replayed = ledger.verify(session)
    for difference in (sealed.first_difference, replayed.first_difference):
        if difference:
            raise ImportUntrue(difference=difference)
    return Taken(
        *taken, replayed.movement_count, sealed.sealed_count, against[0] if against else None
    )
