"""Looking files of serials, what was put aside, and counts up."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    and_,
    case,
    exists,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from app.database.lists import Place, placed
from app.kernel.serials import LARGEST_BOOKLET
from app.ledger import AccountKind
from app.ledger.models import Movement, Posting, Voucher
from app.orders.models import BookletOrder, Delivery, DeliveryRange
from app.orders.rules import SerialRange
from app.programmes.models import VintageTerms
from app.stock.count_rules import CountedLine, CountState, CountTotal, Moved, Span, union
from app.stock.file_rules import CodesFrom, Fault
from app.stock.models import (
    CountAbandonment,
    CountClosing,
    CountCorrection,
    CountDifference,
    CountedBooklets,
    CountEntry,
    CountSignature,
    CountStranger,
    CountTotalRow,
    QuarantinedRow,
    SerialFile,
    SerialGap,
    StockCount,
)
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


def fault_counts(session: Session, file_ids: Collection[UUID]) -> dict[UUID, list[FaultCount]]:
    """Rows of these files put aside by reason, in the order of the reasons."""
    rows = session.execute(
        select(QuarantinedRow.file_id, QuarantinedRow.fault, func.count(), func.count(CAME_LATER))
        .join(SerialFile, SerialFile.id == QuarantinedRow.file_id)
        .where(QuarantinedRow.file_id.in_(file_ids))
        .group_by(QuarantinedRow.file_id, QuarantinedRow.fault)
    )
    found: dict[UUID, list[FaultCount]] = {file_id: [] for file_id in file_ids}
    for file_id, fault, count, mended in rows:
        found[file_id].append(FaultCount(Fault(fault), count, mended))
    order = list(Fault)
    return {
        file_id: sorted(counts, key=lambda one: order.index(one.fault))
        for file_id, counts in found.items()
    }


CAME_LATER: ScalarSelect[datetime] = (
    select(func.min(Delivery.received_at))
    .join(DeliveryRange, DeliveryRange.delivery_id == Delivery.id)
    .join(BookletOrder, BookletOrder.vintage_id == DeliveryRange.vintage_id)
    .where(
        BookletOrder.id == SerialFile.order_id,
        DeliveryRange.first_serial <= QuarantinedRow.serial,
        DeliveryRange.last_serial >= QuarantinedRow.serial,
        QuarantinedRow.fault.not_in([Fault.KNOWN, Fault.DUPLICATE]),
        Delivery.id != func.coalesce(SerialFile.delivery_id, SerialFile.id),
    )
    .correlate(QuarantinedRow, SerialFile)
    .scalar_subquery()
)
"""When the pass of a row put aside arrived with another delivery, if it has.

What was there before, or twice in the file, is not mended by being there.
"""


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
            CAME_LATER,
        )
        .join(SerialFile, SerialFile.id == QuarantinedRow.file_id)
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


# ── Counts ────────────────────────────────────────────────────────────────────────────────────────

LYING_THERE = frozenset(
    {
        AccountKind.STOCK_INERT,
        AccountKind.STOCK,
        AccountKind.PRESCRIBER,
        AccountKind.WITHHELD,
    }
)
"""Where passes rest that their holder can show. What is in transit lies with nobody yet."""


def stock_count(session: Session, count_id: UUID) -> StockCount | None:
    """The count of that id."""
    return session.get(StockCount, count_id)


def stock_count_by_number(session: Session, number: str) -> StockCount | None:
    """The count of that number."""
    return session.scalar(select(StockCount).where(StockCount.number == number))


def stock_counts_after(
    session: Session, after: UUID | None, *, limit: int, holder_id: UUID | None = None
) -> list[StockCount]:
    """Counts in the order of their ids, from after that one; a holder's or all."""
    query = select(StockCount).order_by(StockCount.id).limit(limit)
    if after is not None:
        query = query.where(StockCount.id > after)
    if holder_id is not None:
        query = query.where(StockCount.holder_id == holder_id)
    return list(session.scalars(query))


COUNT_STATE: ColumnElement[str] = case(
    (exists().where(CountSignature.count_id == StockCount.id), CountState.SIGNED),
    (exists().where(CountClosing.count_id == StockCount.id), CountState.CLOSED),
    (exists().where(CountAbandonment.count_id == StockCount.id), CountState.ABANDONED),
    else_=CountState.OPEN,
)
"""The state of a count: which rows exist. The only place that says it."""


COUNTS_BY = {"jour": (StockCount.counted_on,)}


def latest_counts(
    session: Session,
    place: Place,
    *,
    holder_id: UUID | None = None,
    state: CountState | None = None,
) -> list[StockCount]:
    """Counts from that place of the list on, the latest first."""
    query = placed(select(StockCount), place, StockCount.id, COUNTS_BY)
    if holder_id is not None:
        query = query.where(StockCount.holder_id == holder_id)
    if state is not None:
        query = query.where(COUNT_STATE.in_([state]))
    return list(session.scalars(query))


def count_states(session: Session, count_ids: Collection[UUID]) -> dict[UUID, CountState]:
    """How far each of these counts has come."""
    rows = session.execute(
        select(StockCount.id, COUNT_STATE).where(StockCount.id.in_(list(count_ids)))
    )
    return {count_id: CountState(state) for count_id, state in rows}


def differing_in(session: Session, count_ids: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    """Passes missing and passes in excess in each of these counts, once they are closed."""
    rows = session.execute(
        select(
            CountTotalRow.count_id,
            func.sum(CountTotalRow.missing_count),
            func.sum(CountTotalRow.excess_count),
        )
        .where(CountTotalRow.count_id.in_(list(count_ids)))
        .group_by(CountTotalRow.count_id)
    )
    return {count_id: (int(missing), int(excess)) for count_id, missing, excess in rows}


def closers_of(session: Session, count_ids: Collection[UUID]) -> dict[UUID, int]:
    """Who closed these counts, those that are closed."""
    query = select(CountClosing.count_id, CountClosing.closed_by)
    return dict(session.execute(query.where(CountClosing.count_id.in_(count_ids))).all())


def closing_of(session: Session, count_id: UUID) -> CountClosing | None:
    """When a count was closed, if it was."""
    return session.get(CountClosing, count_id)


def abandonment_of(session: Session, count_id: UUID) -> CountAbandonment | None:
    """Why a count was given up, if it was."""
    return session.scalar(select(CountAbandonment).where(CountAbandonment.count_id == count_id))


def signature_of(session: Session, count_id: UUID) -> CountSignature | None:
    """Who signed a count as the second person, if anybody did."""
    return session.get(CountSignature, count_id)


@dataclass(frozen=True, slots=True)
class EnteredLine:
    """A line of a count: who entered it when, and whether it was struck."""

    entry_id: UUID
    place: int
    line: CountedLine
    vintage_id: int
    entered_by: int
    entered_at: datetime
    struck_at: datetime | None


def lines_entered(
    session: Session, count_id: UUID, *, entry_id: UUID | None = None
) -> list[EnteredLine]:
    """What was scanned or typed, in the order in which it was."""
    query = (
        select(CountedBooklets, CountEntry, VintageTerms.label, CountCorrection.struck_at)
        .join(CountEntry, CountEntry.id == CountedBooklets.entry_id)
        .join(VintageTerms, VintageTerms.vintage_id == CountedBooklets.vintage_id)
        .outerjoin(
            CountCorrection,
            and_(
                CountCorrection.entry_id == CountedBooklets.entry_id,
                CountCorrection.place == CountedBooklets.place,
            ),
        )
        .where(CountEntry.count_id == count_id)
        .order_by(CountEntry.entered_at, CountEntry.id, CountedBooklets.place)
    )
    if entry_id is not None:
        query = query.where(CountEntry.id == entry_id)
    return [
        EnteredLine(
            entry.id,
            row.place,
            CountedLine(
                label, row.first_number, row.last_number, row.first_position, row.last_position
            ),
            row.vintage_id,
            entry.entered_by,
            entry.entered_at,
            struck,
        )
        for row, entry, label, struck in session.execute(query)
    ]


def lying_with(
    session: Session, accounts: Collection[int], *, since: datetime | None = None
) -> tuple[list[Span], list[Moved]]:
    """What rests in these accounts now, and what moved since an instant, the latest first.

    One statement, so that nothing moves between the two.
    """
    step = Voucher.id - func.row_number().over(order_by=Voucher.id)
    run = select(Voucher.id, step.label("run")).where(Voucher.account_id.in_(accounts)).subquery()
    resting = select(
        literal(0).label("movement_id"),
        func.min(run.c.id).label("first_id"),
        func.max(run.c.id).label("last_id"),
        literal(0).label("came"),
    ).group_by(run.c.run)
    if since is None:
        return union(Span(first, last) for _, first, last, _ in session.execute(resting)), []
    comes, goes = (
        column.in_(accounts) for column in (Movement.credit_account_id, Movement.debit_account_id)
    )
    moved = (
        select(
            Movement.id,
            Movement.first_id,
            Movement.last_id,
            case((comes, 1), else_=0),
        )
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Posting.recorded_at >= since, comes != goes)
    )
    rows = session.execute(union_all(resting, moved)).all()
    spans = [Span(first, last) for movement, first, last, _ in rows if not movement]
    moves = [
        (movement, Moved(Span(first, last), bool(came)))
        for movement, first, last, came in rows
        if movement
    ]
    return spans, [move for _, move in sorted(moves, reverse=True)]


def vintages_of_spans(session: Session, spans: Collection[Span]) -> list[tuple[Span, int, int]]:
    """These passes as runs of one account and one vintage: span, vintage, account."""
    found: list[tuple[Span, int, int]] = []
    for span in spans:
        rows = session.execute(
            select(Voucher.id, Voucher.vintage_id, Voucher.account_id)
            .where(Voucher.id.between(span.first, span.last))
            .order_by(Voucher.id)
        )
        for (vintage, account), run in groupby(rows, key=lambda row: (row[1], row[2])):
            ids = [row[0] for row in run]
            found.append((Span(ids[0], ids[-1]), vintage, account))
    return found


def counts_by_vintage(session: Session, spans: Collection[Span]) -> dict[int, int]:
    """How many of these passes each vintage has."""
    counts: dict[int, int] = {}
    for span in spans:
        rows = session.execute(
            select(Voucher.vintage_id, func.count())
            .where(Voucher.id.between(span.first, span.last))
            .group_by(Voucher.vintage_id)
        )
        for vintage, count in rows:
            counts[vintage] = counts.get(vintage, 0) + int(count)
    return counts


def totals_of(session: Session, count_id: UUID) -> list[CountTotal]:
    """What a closed count comes to, by vintage."""
    rows = session.execute(
        select(VintageTerms.label, CountTotalRow)
        .join(VintageTerms, VintageTerms.vintage_id == CountTotalRow.vintage_id)
        .where(CountTotalRow.count_id == count_id)
        .order_by(VintageTerms.label)
    )
    return [
        CountTotal(
            label,
            row.theory_count,
            row.counted_count,
            row.missing_count,
            row.excess_count,
            row.face_value_cents,
        )
        for label, row in rows
    ]


def differences_of(session: Session, count_id: UUID) -> list[CountDifference]:
    """What differs, missing first, in the order of passes."""
    return list(
        session.scalars(
            select(CountDifference)
            .where(CountDifference.count_id == count_id)
            .order_by(CountDifference.kind.desc(), CountDifference.first_voucher_id)
        )
    )


def strangers_of(session: Session, count_id: UUID) -> list[CountedLine]:
    """Booklets found that no delivery brought."""
    rows = session.execute(
        select(VintageTerms.label, CountStranger.first_number, CountStranger.last_number)
        .join(VintageTerms, VintageTerms.vintage_id == CountStranger.vintage_id)
        .where(CountStranger.count_id == count_id)
        .order_by(VintageTerms.label, CountStranger.first_number)
    )
    return [CountedLine(label, first, last) for label, first, last in rows]


def booklets_over(session: Session, span: Span) -> list[Booklet]:
    """The booklets that these passes are of."""
    return list(
        session.scalars(
            select(Booklet)
            .where(
                Booklet.id.between(span.first - LARGEST_BOOKLET + 1, span.last),
                Booklet.id + Booklet.size > span.first,
            )
            .order_by(Booklet.id)
        )
    )
