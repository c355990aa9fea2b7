"""Looking files of serials, what was put aside, and counts up."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from app.ledger.models import Voucher
from app.orders.models import BookletOrder, Delivery, DeliveryRange
from app.orders.rules import SerialRange
from app.stock.file_rules import CodesFrom, Fault
from app.stock.models import QuarantinedRow, SerialFile, SerialGap
from app.vouchers.models import Booklet

# ── Files of a printer ────────────────────────────────────────────────────────────────────────────


def serial_file(session: Session, file_id: UUID) -> SerialFile | None:
    """The file of that id."""
    return session.get(SerialFile, file_id)


def serial_file_by_number(session: Session, number: str) -> SerialFile | None:
    """The file of that number."""
    return session.scalar(select(SerialFile).where(SerialFile.number == number))


def same_file(
    session: Session, order_id: UUID, file_hash: bytes, codes_from: CodesFrom
) -> SerialFile | None:
    """What was made of that very file before."""
    return session.scalar(
        select(SerialFile).where(
            SerialFile.order_id == order_id,
            SerialFile.file_hash == file_hash,
            SerialFile.codes_from == codes_from,
        )
    )


def serial_files_after(
    session: Session, after: UUID | None, *, limit: int, order_id: UUID | None = None
) -> list[SerialFile]:
    """Files in the order of their ids, from after that one; an order's or all."""
    query = select(SerialFile).order_by(SerialFile.id).limit(limit)
    if after is not None:
        query = query.where(SerialFile.id > after)
    if order_id is not None:
        query = query.where(SerialFile.order_id == order_id)
    return list(session.scalars(query))


def serial_files_of(session: Session, order_id: UUID) -> list[SerialFile]:
    """The files of an order, the latest first."""
    return list(
        session.scalars(
            select(SerialFile)
            .where(SerialFile.order_id == order_id)
            .order_by(SerialFile.imported_at.desc(), SerialFile.number.desc())
        )
    )


def gaps_of(session: Session, file_id: UUID) -> list[SerialRange]:
    """Serials that a file leaves out."""
    rows = session.execute(
        select(SerialGap.first_serial, SerialGap.last_serial)
        .where(SerialGap.file_id == file_id)
        .order_by(SerialGap.first_serial)
    )
    return [SerialRange(first, last) for first, last in rows]


@dataclass(frozen=True, slots=True)
class FaultCount:
    """How many rows of a file were put aside for one reason, and how many came after all."""

    fault: Fault
    row_count: int
    mended_count: int


def fault_counts(session: Session, file: SerialFile) -> list[FaultCount]:
    """Rows put aside by reason, in the order of the reasons."""
    rows = session.execute(
        select(QuarantinedRow.fault, func.count(), func.count(_came_later(file)))
        .where(QuarantinedRow.file_id == file.id)
        .group_by(QuarantinedRow.fault)
    )
    found = {Fault(fault): FaultCount(Fault(fault), n, mended) for fault, n, mended in rows}
    return [found[fault] for fault in Fault if fault in found]


def _came_later(file: SerialFile) -> ScalarSelect[datetime]:
    """When the pass of a row put aside arrived with another delivery, if it has.

    What was there before, or twice in the file, is not mended by being there.
    """
    vintage = select(BookletOrder.vintage_id).where(BookletOrder.id == file.order_id)
    return (
        select(func.min(Delivery.received_at))
        .join(DeliveryRange, DeliveryRange.delivery_id == Delivery.id)
        .where(
            DeliveryRange.vintage_id == vintage.scalar_subquery(),
            DeliveryRange.first_serial <= QuarantinedRow.serial,
            DeliveryRange.last_serial >= QuarantinedRow.serial,
            QuarantinedRow.fault.not_in([Fault.KNOWN, Fault.DUPLICATE]),
            Delivery.id != (file.delivery_id or file.id),
        )
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class AsideRow:
    """A row that was put aside, and since when its pass is there after all."""

    line: int
    typed: str
    serial: int | None
    fault: Fault
    arrived_at: datetime | None


def rows_aside(
    session: Session,
    file: SerialFile,
    *,
    after: int = 0,
    limit: int,
    fault: Fault | None = None,
) -> list[AsideRow]:
    """Rows of a file that were put aside, in the order of its lines, from after that one."""
    query = (
        select(
            QuarantinedRow.line,
            QuarantinedRow.typed,
            QuarantinedRow.serial,
            QuarantinedRow.fault,
            _came_later(file),
        )
        .where(QuarantinedRow.file_id == file.id, QuarantinedRow.line > after)
        .order_by(QuarantinedRow.line)
        .limit(limit)
    )
    if fault is not None:
        query = query.where(QuarantinedRow.fault == fault)
    return [
        AsideRow(line, typed, serial, Fault(why), at)
        for line, typed, serial, why, at in session.execute(query)
    ]


def every_row_aside(session: Session, file: SerialFile) -> Iterator[AsideRow]:
    """All of them, page by page."""
    after, page = 0, 5_000
    while rows := rows_aside(session, file, after=after, limit=page):
        yield from rows
        after = rows[-1].line


def received_of(session: Session, order_id: UUID) -> list[SerialRange]:
    """The serials of an order that have arrived."""
    rows = session.execute(
        select(DeliveryRange.first_serial, DeliveryRange.last_serial).where(
            DeliveryRange.order_id == order_id
        )
    )
    return [SerialRange(first, last) for first, last in rows]


def known_codes(session: Session, hashes: Collection[bytes]) -> set[bytes]:
    """Those of these hashes that are the code of a pass or of a cover."""
    of_passes = session.scalars(select(Voucher.code_hash).where(Voucher.code_hash.in_(hashes)))
    of_covers = session.scalars(select(Booklet.cover_hash).where(Booklet.cover_hash.in_(hashes)))
    return {bytes(h) for h in (*of_passes, *of_covers) if h is not None}
