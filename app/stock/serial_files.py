"""A printer's file: read row by row, what is right received, what is not put aside with its reason.

The file is sorted before anything is written, in a transaction that only reads; what it brings
then arrives by the same delivery as what is counted by hand. Its codes are compared or hashed, and
are kept nowhere.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import BinaryIO, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.connections import Database
from app.database.locks import earlier, hold
from app.database.rows import insert_rows
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.ids import request_hash
from app.orders import queries as orders
from app.orders.deliveries import record_delivery
from app.orders.errors import OrderNotSent
from app.orders.rules import Allotted
from app.orders.service import known_order
from app.programmes import numbering
from app.programmes.keys import KeyStore
from app.programmes.service import known_vintage
from app.stock import queries
from app.stock.errors import SerialFileEmpty, SerialFileWithoutCodes, UnknownSerialFile
from app.stock.file_rules import (
    ALIASES,
    CODE,
    COLUMNS,
    COVER,
    HEADS,
    MOST_ROWS,
    REQUIRED,
    SERIAL,
    CodesFrom,
    DerivedCodes,
    Fault,
    Findings,
    IssuersCodes,
    Row,
    Sorter,
)
from app.stock.models import QuarantinedRow, SerialFile, SerialGap
from app.takeover.errors import UnreadableFile
from app.takeover.reading import BROKEN, read_table
from app.takeover.rules import Fault as Broken
from app.takeover.rules import Faults, Line
from app.vouchers.service import vintage_key
from app.works.rules import nobody

CHUNK = 5_000
"""Rows written at a time, and codes looked up."""
PIECE = 1024 * 1024
EVERY = 10_000
"""Rows between two words about how far the reading has come."""


class Stage(StrEnum):
    """What an import is doing."""

    READING = "reading"
    RECEIVING = "receiving"


T = TypeVar("T")
Told = Callable[[Stage, int, int], None]
"""Hears the stage, how much of it is done, and of how much; 0 while nobody knows."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file; `again` when it had been imported before, and nothing changed."""

    record: SerialFile
    again: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A file for an order, and who made its codes."""

    order_id: UUID
    file: BinaryIO
    codes_from: CodesFrom = CodesFrom.PASSNUM
    most_rows: int = MOST_ROWS


@dataclass(frozen=True, slots=True)
class Sorted:
    """A file whose rows have been held against its order; nothing of it is written yet."""

    asked: Asked
    file_hash: bytes
    sorter: Sorter
    findings: Findings


def import_serials(
    database: Database,
    *,
    actor: Actor,
    import_id: UUID,
    asked: Asked,
    keys: KeyStore,
    now: datetime,
    told: Told = nobody,
) -> Imported:
    """Receive what is right in a file, and keep what is not with the reason.

    The file is read in a transaction that writes nothing, so nobody waits for it.

    Raises:
        As sort_file and receive_file.
    """
    with database.transaction(writing=False) as session:
        found = sort_file(
            session, actor=actor, import_id=import_id, asked=asked, keys=keys, told=told
        )
    if isinstance(found, SerialFile):
        return Imported(found, again=True)
    with database.transaction() as session:
        return receive_file(
            session,
            actor=actor,
            import_id=import_id,
            found=found,
            keys=keys,
            now=now,
            told=told,
        )


def sort_file(
    session: Session,
    *,
    actor: Actor,
    import_id: UUID,
    asked: Asked,
    keys: KeyStore,
    told: Told = nobody,
) -> Sorted | SerialFile:
    """Sort the rows of a file, and write nothing; or what was made of that very file before.

    Raises:
        RightMissing, UnknownOrder, OrderNotSent, KeyMissing, VintageKeyMismatch.
        UnreadableFile, SerialFileEmpty, SerialFileTooLong, SerialFileNotOfThisOrder,
        SerialFileWithoutCodes: nothing of the file is kept.
        IdAlreadyUsed: the id came earlier with another file.
    """
    actor.check(Right.RECEIVE_DELIVERY)
    file_hash = _fingerprint(asked.file)
    if record := _before(session, import_id, asked, file_hash):
        return record
    sorter, findings = _sorted(session, asked, keys, told)
    return Sorted(asked, file_hash, sorter, findings)


def receive_file(
    session: Session,
    *,
    actor: Actor,
    import_id: UUID,
    found: Sorted,
    keys: KeyStore,
    now: datetime,
    told: Told = nobody,
) -> Imported:
    """Receive what was found right, and write down what was not.

    The same file for the same order changes nothing, whoever sends it again.

    Raises:
        RightMissing.
        SerialsReceivedAlready: somebody received some of them in the meantime; send it again.
        IdAlreadyUsed: the id came earlier with another file.
    """
    actor.check(Right.RECEIVE_DELIVERY)
    asked, findings, made = found.asked, found.findings, found.sorter.codes
    hold(session, "serial file", asked.order_id, found.file_hash.hex())
    if record := _before(session, import_id, asked, found.file_hash):
        return Imported(record, again=True)
    if findings.received:
        written = 0

        def count(passes: int) -> None:
            nonlocal written
            written += passes
            told(Stage.RECEIVING, written, findings.received_count)

        record_delivery(
            session,
            actor=actor,
            delivery_id=import_id,
            order_id=asked.order_id,
            ranges=findings.received,
            keys=keys,
            now=now,
            printed=made if isinstance(made, IssuersCodes) else None,
            told=count,
        )
    record = SerialFile(
        id=import_id,
        request_hash=_digest(asked, found.file_hash),
        number=numbering.next_document_number(
            session, numbering.SERIAL_FILE, martinique_day(now).year
        ),
        order_id=asked.order_id,
        file_hash=found.file_hash,
        codes_from=asked.codes_from,
        row_count=findings.row_count,
        received_count=findings.received_count,
        quarantined_count=len(findings.quarantined),
        missing_count=findings.missing_count,
        delivery_id=import_id if findings.received else None,
        imported_by=actor.agent_id,
        imported_at=now,
    )
    session.add(record)
    session.flush()
    _keep(session, record, findings)
    return Imported(record, again=False)


def _digest(asked: Asked, file_hash: bytes) -> bytes:
    return request_hash(
        "serial file", order=asked.order_id, file=file_hash.hex(), codes=asked.codes_from
    )


def _fingerprint(file: BinaryIO) -> bytes:
    """The SHA-256 of a file, read piece by piece."""
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
    return digest.digest()


def _before(session: Session, import_id: UUID, asked: Asked, file_hash: bytes) -> SerialFile | None:
    return earlier(session, SerialFile, import_id, _digest(asked, file_hash)) or queries.same_file(
        session, asked.order_id, file_hash, asked.codes_from
    )


def _keep(session: Session, record: SerialFile, findings: Findings) -> None:
    for rows in _lots(findings.quarantined, CHUNK):
        insert_rows(
            session,
            QuarantinedRow,
            [
                {
                    "file_id": record.id,
                    "line": row.line,
                    "typed": row.typed,
                    "serial": row.serial,
                    "fault": str(row.fault),
                }
                for row in rows
            ],
        )
    for gaps in _lots(findings.missing, CHUNK):
        insert_rows(
            session,
            SerialGap,
            [{"file_id": record.id, "first_serial": g.first, "last_serial": g.last} for g in gaps],
        )


def _lots(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """The same things, so many at a time."""
    rest = iter(things)
    while lot := list(islice(rest, size)):
        yield lot


# ── Sorting ───────────────────────────────────────────────────────────────────────────────────────


def _sorted(session: Session, asked: Asked, keys: KeyStore, told: Told) -> tuple[Sorter, Findings]:
    """The rows of a file held against its order, its codes, and what is there."""
    order = known_order(session, asked.order_id)
    allotted = orders.allotments(session, order.id)
    if not allotted:
        raise OrderNotSent
    terms = known_vintage(session, order.vintage_id)
    broken = _Broken()
    lines = read_table(asked.file, COLUMNS, REQUIRED, broken, called=ALIASES, shown=HEADS)
    first = next(lines, None)
    in_file = first is not None and CODE in first.cells
    if asked.codes_from is CodesFrom.ISSUER:
        if first is not None and not in_file:
            raise SerialFileWithoutCodes
        codes: DerivedCodes | IssuersCodes = _room_for_codes(allotted)
    else:
        codes = DerivedCodes(vintage_key(keys, terms), in_file)
    sorter = Sorter(terms.label, allotted, codes, most_rows=asked.most_rows)
    sorter.arrived(queries.received_of(session, order.id))
    for line in _from(first, lines):
        broken.tell(sorter)
        if any(line.cells.values()):
            cells = line.cells
            sorter.judge(Row(line.number, cells[SERIAL], cells.get(CODE, ""), cells.get(COVER, "")))
            if sorter.row_count % EVERY == 0:
                told(Stage.READING, sorter.row_count, 0)
    broken.tell(sorter)
    if not sorter.row_count:
        raise SerialFileEmpty
    if isinstance(codes, IssuersCodes):
        _refuse_known_codes(session, sorter, codes)
    return sorter, sorter.finish()


def _room_for_codes(allotted: Sequence[Allotted]) -> IssuersCodes:
    first, last = allotted[0].serials.first, allotted[-1].serials.last
    return IssuersCodes(first, last - first + 1)


def _from(first: Line | None, lines: Iterator[Line]) -> Iterator[Line]:
    if first is not None:
        yield first
        yield from lines


class _Broken(Faults):
    """Lines that are no rows of a table, until the sorter hears of them."""

    def add(self, line: int, sentence: str) -> None:
        """Note a line, however many there are.

        Raises:
            UnreadableFile: reading stops there, so that rows behind it would be lost.
        """
        if sentence == BROKEN:
            raise UnreadableFile(reason=f"la ligne {line} est coupée au milieu d’une cellule")
        self.kept.append(Broken(line, sentence))

    def tell(self, sorter: Sorter) -> None:
        """Pass them on."""
        for fault in self.kept:
            sorter.unreadable(fault.line)
        self.kept.clear()


def _refuse_known_codes(session: Session, sorter: Sorter, codes: IssuersCodes) -> None:
    """Put aside passes whose code, or whose cover's, is borne by another one already."""
    taken = [
        serial
        for serials in _lots(sorter.good(), CHUNK // 10)
        if (known := queries.known_codes(session, {codes.of_pass(s) for s in serials}))
        for serial in serials
        if codes.of_pass(serial) in known
    ]
    for serial in taken:
        sorter.refuse(serial, Fault.CODE_TAKEN)
    covers = dict(codes.covers)
    worn = {
        booklet
        for part in _lots(covers, CHUNK // 10)
        if (known := queries.known_codes(session, {covers[b] for b in part}))
        for booklet in part
        if covers[booklet] in known
    }
    if worn:
        for serial in [s for s in sorter.good() if sorter.booklet_of(s) in worn]:
            sorter.refuse(serial, Fault.COVER_WRONG)


# ── What came of it ───────────────────────────────────────────────────────────────────────────────


def known_serial_file(session: Session, *, actor: Actor, file_id: UUID) -> SerialFile:
    """A file that was imported, for those who see orders.

    Raises:
        RightMissing, UnknownSerialFile.
    """
    actor.check(Right.SEE_ORDERS)
    record = queries.serial_file(session, file_id)
    if record is None:
        raise UnknownSerialFile
    return record
