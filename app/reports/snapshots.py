"""Use by public, from snapshots and a short tail, as app.ledger.reading does it by account.

The ledger knows no publics: they are those of prescriptions. Beside each snapshot of the ledger
stand its sums by public; where they are missing, its movements are read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    case,
    exists,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app import ledger
from app.database import BigInt
from app.database.connections import Database
from app.database.locks import hold
from app.database.rows import insert_rows
from app.ledger import AccountKind, MovementKind
from app.ledger.chart import TRANSITIONS
from app.ledger.models import Movement, Posting, Snapshot, Voucher
from app.ledger.reading import (
    Stretch,
    acted_in,
    added_up,
    months_of,
    of_stretches,
    recorded_and_done,
)
from app.ledger.snapshots import SIZES, Sizes, first_wrong, numbered
from app.prescribers.models import PrescriptionBooklet
from app.reports.models import NO_PUBLIC, UsageSnapshot, UsageSum
from app.vouchers.models import ReplacedVoucher

ISSUES = ledger.net(AccountKind.PRESCRIBER, AccountKind.CIRCULATION)
"""Passes handed to people, less those whose hand-over was taken back."""


@dataclass(frozen=True, slots=True)
class MovedOfPublic:
    """Passes of one public that were issued or used, or came back, in a month."""

    kind: str
    vintage_id: int
    debit_kind: str
    credit_kind: str
    public: str
    acted_in: date
    voucher_count: int


NAMES = ("kind", "vintage_id", "debit_kind", "credit_kind", "public", "acted_in")


def moved_of_publics(session: Session, reading: ledger.Reading) -> list[MovedOfPublic]:
    """What was issued to each public and used by it, in what was read."""
    window, found = reading.window, reading.cover
    summed = set(
        session.scalars(
            select(UsageSnapshot.snapshot_id).where(
                UsageSnapshot.snapshot_id.in_([s.id for s in found.snapshots])
            )
        )
    )
    missing = [Stretch(s.after, s.last) for s in found.snapshots if s.id not in summed]
    sums: Select[Any] = select(
        *(getattr(UsageSum, name) for name in NAMES), UsageSum.voucher_count
    ).where(UsageSum.snapshot_id.in_(summed), *months_of(window, UsageSum.acted_in))
    lines = _lines(session, [*missing, *found.stretches], recorded_and_done(window))
    both = union_all(sums, select(lines)).subquery()
    return [MovedOfPublic(*row) for row in added_up(session, both, NAMES)]


def take_snapshot(session: Session, *, now: datetime, sizes: Sizes = SIZES) -> int:
    """Sum what has happened since the last snapshot, or its beginning; returns how many it took.

    Done outside the path of a redemption: see take_snapshots.
    """
    taken = ledger.take_snapshot(session, now=now, sizes=sizes)
    return taken + _sum_publics(session, sizes)


def is_due(session: Session, *, sizes: Sizes = SIZES) -> bool:
    """Whether the tail is long enough to be summed, or a snapshot has no sums by public yet."""
    return ledger.snapshot_is_due(session, sizes=sizes) or bool(
        _newest(session, UsageSnapshot.snapshot_id.is_(None))
    )


def take_snapshots(
    database: Database, *, now: datetime, anew: bool = False, sizes: Sizes = SIZES
) -> int:
    """Sum everything that has happened since, a few stretches a transaction; `anew`: everything.

    The server does it every minute (app.reports.keeper), and `passnum snapshot take`.
    """
    taken = 0
    if anew:
        with database.transaction() as session:
            taken = ledger.rebuild_snapshots(session, now=now, sizes=sizes)
    while True:
        with database.transaction() as session:
            more = take_snapshot(session, now=now, sizes=sizes)
        if not more:
            return taken
        taken += more


def _sum_publics(session: Session, sizes: Sizes) -> int:
    """Give sums by public to snapshots of the newest generation that have none; how many it did."""
    hold(session, "snapshot")
    without = _newest(session, UsageSnapshot.snapshot_id.is_(None))[: 2 * sizes.at_once]
    for one in without:
        sums = sums_of_publics(session, one)
        insert_rows(session, UsageSnapshot, [{"snapshot_id": one.id, "sum_count": len(sums)}])
        if sums:
            rows = numbered(one.id, (*NAMES, "voucher_count"), sums)
            insert_rows(session, UsageSum, rows)
    return len(without)


def _newest(session: Session, which: ColumnElement[bool]) -> Sequence[Snapshot]:
    """Snapshots of the newest generation, those that others join first."""
    newest = select(func.max(Snapshot.generation)).scalar_subquery()
    return session.scalars(
        select(Snapshot)
        .outerjoin(UsageSnapshot, UsageSnapshot.snapshot_id == Snapshot.id)
        .where(Snapshot.generation == newest, which)
        .order_by(Snapshot.level, Snapshot.after_movement_id)
    ).all()


def sums_of_publics(session: Session, one: Snapshot) -> list[tuple[Any, ...]]:
    """What a snapshot holds by public: of movements, or of the snapshots that it joins."""
    if one.level == 0:
        stretch = Stretch(one.after_movement_id, one.last_movement_id)
        return added_up(session, _lines(session, [stretch], []), NAMES)
    joined = (
        select(*(getattr(UsageSum, name) for name in NAMES), UsageSum.voucher_count)
        .join(Snapshot, Snapshot.id == UsageSum.snapshot_id)
        .where(
            Snapshot.generation == one.generation,
            Snapshot.level == one.level - 1,
            Snapshot.after_movement_id >= one.after_movement_id,
            Snapshot.last_movement_id <= one.last_movement_id,
        )
    )
    return added_up(session, joined.subquery(), NAMES)


def first_difference(session: Session) -> str | None:
    """The first sum by public that is not what its movements say, as a sentence; None: all are."""
    for one in _newest(session, UsageSnapshot.snapshot_id.is_not(None)):
        stored = [
            tuple(row)
            for row in session.execute(
                select(*(getattr(UsageSum, name) for name in NAMES), UsageSum.voucher_count)
                .where(UsageSum.snapshot_id == one.id)
                .order_by(UsageSum.ordinal)
            )
        ]
        if wrong := first_wrong(stored, sums_of_publics(session, one)):
            return f"snapshot_usage_sum n° {one.id}/{wrong} ne compte pas ses mouvements."
    return None


def _lines(
    session: Session, stretches: Iterable[Stretch], conditions: Iterable[ColumnElement[bool]]
) -> Subquery:
    """Movements of these stretches that issue or use passes, with the public of each."""
    stretches, conditions = list(stretches), list(conditions)
    return union_all(
        *(moved(session).where(of_stretches(stretches), *conditions) for moved in (_issued, _used))
    ).subquery()


def _issued(session: Session) -> Select[*tuple[Any, ...]]:
    """Each hand-over, and each that was taken back, by booklet: a posting is a prescription's."""
    return (
        _moved(
            session,
            func.coalesce(PrescriptionBooklet.public, NO_PUBLIC),
            func.coalesce(PrescriptionBooklet.booklet_size, Movement.voucher_count),
        )
        .outerjoin(
            PrescriptionBooklet,
            (PrescriptionBooklet.prescription_id == Posting.document_id)
            & PrescriptionBooklet.booklet_id.between(Movement.first_id, Movement.last_id),
        )
        .where(_counted_in(ISSUES))
    )


def _used(session: Session) -> Select[*tuple[Any, ...]]:
    """Each use, and each that was taken back, with the public that the booklet was then issued to.

    A pass is redeemed, and taken back, one at a time (app.clearing.redemptions), so its movement is
    joined by equality: by range, both planners would look at every booklet for every movement. A
    booklet may be handed over again once its hand-over was taken back, so of several the latest
    before the movement counts: what was summed once stays true. A pass that stands for another one
    counts with the public of the first of them; its lineage was written before it could be used.
    """
    issue = aliased(Movement)
    public = (
        select(PrescriptionBooklet.public)
        .join(
            issue,
            (issue.posting_id == PrescriptionBooklet.prescription_id)
            & (issue.kind == MovementKind.ISSUE),
        )
        .where(PrescriptionBooklet.booklet_id == Voucher.booklet_id, issue.id < Movement.id)
        .order_by(issue.id.desc())
        .limit(1)
        .correlate(Movement, Voucher)
        .scalar_subquery()
    )
    lines = _moved(session, func.coalesce(public, NO_PUBLIC), Movement.voucher_count)
    return lines.join(Voucher, Voucher.id == _first_of_its_line()).where(_counted_in(ledger.uses()))


def _first_of_its_line() -> ColumnElement[int]:
    """The pass that was handed over, of which the movement's is the last in the line.

    Most passes stand for no other one: they are told by one look at an index. The others are
    followed back however often they were replaced.
    """
    stands = aliased(ReplacedVoucher)
    back = select(
        literal_column("movement.first_id", BigInt).label("id"), literal(0).label("step")
    ).cte("back", recursive=True, nesting=True)
    back = back.union_all(
        select(ReplacedVoucher.old_voucher_id, back.c.step + 1).join(
            back, ReplacedVoucher.new_voucher_id == back.c.id
        )
    )
    followed = select(back.c.id).order_by(back.c.step.desc()).limit(1).scalar_subquery()
    replaces = exists(
        select(1).where(stands.new_voucher_id == Movement.first_id).correlate(Movement)
    )
    return case((replaces, followed), else_=Movement.first_id)


def _moved(
    session: Session,
    public: ColumnElement[str],
    count: ColumnElement[int] | InstrumentedAttribute[int],
) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Movement.kind,
            Movement.vintage_id,
            Movement.debit_kind,
            Movement.credit_kind,
            public.label("public"),
            acted_in(session),
            count.label("voucher_count"),
        )
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
    )


def _counted_in(net: ledger.Net) -> ColumnElement[bool]:
    """Whether a movement adds to it or takes off."""
    moves = sorted(
        (str(kind), str(start), str(to))
        for kind, start, to in TRANSITIONS
        if net.sign(kind, start, to)
    )
    return tuple_(Movement.kind, Movement.debit_kind, Movement.credit_kind).in_(moves)
