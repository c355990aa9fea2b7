"""Reading sums over movements in the same time however many there are.

Snapshots (app.ledger.snapshots) hold the sums of stretches of the journal. A question is answered
from the fewest of them that lie wholly in what it asks about; what is left, the tail after the last
one and the stretches that a bound cuts, is read from the movements themselves. Without any snapshot
everything is tail: slow, and the same figures.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Select,
    Subquery,
    and_,
    bindparam,
    cast,
    false,
    func,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.elements import ColumnElement

from app.database import Day, UtcDateTime
from app.database.connections import dialect_of
from app.kernel.clock import first_instant, martinique_day
from app.ledger.models import Movement, Posting, SnapshotSum


@dataclass(frozen=True, slots=True)
class Window:
    """Movements recorded before the instant `at`; of these, where `acted` says so, done then.

    Of a journal read line by line: those recorded since an instant, up to one movement.
    """

    at: datetime | None = None
    acted: tuple[datetime, datetime] | None = None
    """From the first instant to just before the second one."""
    since: datetime | None = None
    upto: int | None = None

    @property
    def cuts(self) -> list[datetime]:
        """Where the period cuts sums: they are kept by month, so not where a month begins."""
        return [bound for bound in self.acted or () if not _begins_a_month(bound)]


EVERYTHING = Window()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Movements after one and up to another one; None: up to the present."""

    after: int
    last: int | None


@dataclass(frozen=True, slots=True)
class Summed:
    """A snapshot's stretch, and between which instants its movements were recorded and done."""

    id: int
    level: int
    after: int
    last: int
    movement_count: int
    recorded_from: datetime
    recorded_until: datetime
    acted_from: datetime
    acted_until: datetime

    def lies_in(self, window: Window) -> bool | None:
        """Whether all of it is in the window, or none; None where a bound cuts it."""
        ways = [_lies_before(self.recorded_from, self.recorded_until, window.at)]
        if window.since is not None:
            before = _lies_before(self.recorded_from, self.recorded_until, window.since)
            ways.append(None if before is None else not before)
        if window.upto is not None:
            ways.append(_lies_before(self.after + 1, self.last, window.upto + 1))
        if window.acted is not None:
            ways.append(self._was_done(window, *window.acted))
        if False in ways:
            return False
        return None if None in ways else True

    def _was_done(self, window: Window, start: datetime, end: datetime) -> bool | None:
        if self.acted_until < start or self.acted_from >= end:
            return False
        cut = any(self.acted_from < bound <= self.acted_until for bound in window.cuts)
        return None if cut else True


Bound = TypeVar("Bound", int, datetime)


def _lies_before(first: Bound, last: Bound, bound: Bound | None) -> bool | None:
    """Whether all from the first to the last is before a bound, or none; None where it cuts."""
    if bound is None or last < bound:
        return True
    return False if first >= bound else None


@dataclass(frozen=True, slots=True)
class Cover:
    """What answers a question: snapshots that are taken whole, and stretches read line by line."""

    snapshots: tuple[Summed, ...]
    stretches: tuple[Stretch, ...]

    @property
    def whole(self) -> list[Stretch]:
        """The stretches of which every movement is in the window: nobody has to look at them."""
        return _joined(Stretch(one.after, one.last) for one in self.snapshots)


def cover(session: Session, window: Window = EVERYTHING) -> Cover:
    """The snapshots and the stretches that together are a window, each movement once."""
    whole: list[Summed] = []
    cut: list[Stretch] = []
    after = 0
    for link in _chain(session, window):
        match link.lies_in(window):
            case True:
                whole.append(link)
            case None:
                cut.append(Stretch(link.after, link.last))
            case False:
                pass
        after = link.last
    return Cover(tuple(whole), tuple(_clipped((*_joined(cut), Stretch(after, None)), window.upto)))


def _clipped(stretches: Iterable[Stretch], upto: int | None) -> Iterable[Stretch]:
    """What of these is not after that movement."""
    for stretch in stretches:
        if upto is None:
            yield stretch
        elif stretch.after < upto:
            yield Stretch(stretch.after, min(upto, stretch.last or upto))


def _chain(session: Session, window: Window) -> list[Summed]:
    """The fewest snapshots of the newest generation that follow each other from the first movement.

    At each step the longest that no bound of the window cuts, or else the one of level 0.
    """
    bounds: dict[str, Any] = {f"cut{n}": bound for n, bound in enumerate(window.cuts)}
    uncut = [f"(s.acted_from >= :{name} or s.acted_until < :{name})" for name in bounds]
    for name, instant in (("at", window.at), ("since", window.since)):
        if instant is not None:
            bounds[name] = instant
            uncut.append(f"(s.recorded_from >= :{name} or s.recorded_until < :{name})")
    types: list[BindParameter[Any]] = [bindparam(name, type_=UtcDateTime) for name in bounds]
    if window.upto is not None:
        bounds["upto"] = window.upto
        types.append(bindparam("upto", type_=BigInteger))
        uncut.append("(s.after_movement_id >= :upto or s.last_movement_id <= :upto)")
    usable = f"(s.level = 0 or {' and '.join(uncut)})" if uncut else "true"
    rows = session.execute(
        text(_CHAIN.format(usable=usable))
        .bindparams(*types)
        .columns(
            recorded_from=UtcDateTime,
            recorded_until=UtcDateTime,
            acted_from=UtcDateTime,
            acted_until=UtcDateTime,
        ),
        bounds,
    )
    return [Summed(*row) for row in rows]


_CHAIN = """
    with recursive link (after_id, last_id) as (
      select cast(0 as bigint), (
        select max(s.last_movement_id) from snapshot s
         where s.generation = (select max(generation) from snapshot)
           and s.after_movement_id = 0 and {usable})
      union all
      select link.last_id, (
        select max(s.last_movement_id) from snapshot s
         where s.generation = (select max(generation) from snapshot)
           and s.after_movement_id = link.last_id and {usable})
        from link where link.last_id is not null
    )
    select s.id, s.level, s.after_movement_id, s.last_movement_id, s.movement_count,
           s.recorded_from, s.recorded_until, s.acted_from, s.acted_until
      from link join snapshot s on s.after_movement_id = link.after_id
       and s.last_movement_id = link.last_id
       and s.generation = (select max(generation) from snapshot)
     order by s.after_movement_id
"""


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Neighbours as one, in order."""
    joined: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: s.after):
        if joined and joined[-1].last == stretch.after:
            joined[-1] = Stretch(joined[-1].after, stretch.last)
        else:
            joined.append(stretch)
    return joined


# ── What moved ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Moved:
    """Vouchers that went from one account to another by one kind of act."""

    kind: str
    vintage_id: int
    debit_account_id: int
    debit_kind: str
    credit_account_id: int
    credit_kind: str
    voucher_count: int


@dataclass(frozen=True, slots=True)
class MovedInMonth:
    """Vouchers that went from one kind of account to another, in the month of that first day."""

    kind: str
    vintage_id: int
    debit_kind: str
    credit_kind: str
    acted_in: date
    voucher_count: int


Way = tuple[str, str, str]
"""The kind of an act, and the kinds of the accounts that it led from and to."""


class Reading:
    """What moved in a window, read once and told apart as often as is asked."""

    def __init__(self, session: Session, window: Window = EVERYTHING) -> None:
        self.session, self.window = session, window

    @cached_property
    def cover(self) -> Cover:
        """Where it is read from."""
        return cover(self.session, self.window)

    @cached_property
    def by_account(self) -> list[Moved]:
        """Told apart by both accounts."""
        return [Moved(*row) for row in self._sums(*SIDES)]

    @cached_property
    def by_way(self) -> dict[Way, list[Moved]]:
        """The same by what a rule asks: the kind of act, and from where to where."""
        found: defaultdict[Way, list[Moved]] = defaultdict(list)
        for moved in self.by_account:
            found[moved.kind, moved.debit_kind, moved.credit_kind].append(moved)
        return found

    @cached_property
    def between_kinds(self) -> list[tuple[int, str, str, int]]:
        """Vintage, kinds of the accounts debited and credited, vouchers: a few dozen lines."""
        return [
            (vintage_id, debit_kind, credit_kind, count)
            for vintage_id, debit_kind, credit_kind, count in self._sums(
                "vintage_id", "debit_kind", "credit_kind"
            )
        ]

    @cached_property
    def by_month(self) -> list[MovedInMonth]:
        """Told apart by the month of the act."""
        rows = self._sums("kind", "vintage_id", "debit_kind", "credit_kind", "acted_in")
        return [MovedInMonth(*row) for row in rows]

    def _sums(self, *names: str) -> list[tuple[Any, ...]]:
        """Vouchers by these columns of SnapshotSum, which movements have too but for the month."""
        month = acted_in(self.session)
        sums: Select[Any] = select(
            *(getattr(SnapshotSum, name) for name in names), SnapshotSum.voucher_count
        ).where(
            SnapshotSum.snapshot_id.in_([s.id for s in self.cover.snapshots]),
            *months_of(self.window, SnapshotSum.acted_in),
        )
        lines: Select[Any] = select(
            *(month if name == "acted_in" else getattr(Movement, name) for name in names),
            Movement.voucher_count,
        ).where(of_stretches(self.cover.stretches), *recorded_and_done(self.window))
        if "acted_in" in names or self.window != EVERYTHING:
            lines = lines.join(Posting, Posting.id == Movement.posting_id)
        both = union_all(sums, lines).subquery()
        return added_up(self.session, both, names)


def added_up(session: Session, rows: Subquery, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """The sum of `voucher_count` last, for each combination of these columns; in their order."""
    apart = [rows.c[name] for name in names]
    total = cast(func.sum(rows.c.voucher_count), BigInteger)
    found = session.execute(select(*apart, total).group_by(*apart).order_by(*apart))
    return [tuple(row) for row in found]


SIDES = (
    "kind",
    "vintage_id",
    "debit_account_id",
    "debit_kind",
    "credit_account_id",
    "credit_kind",
)
"""What tells movements apart in a snapshot, beside the month."""


def of_stretches(
    stretches: Iterable[Stretch], movement_id: InstrumentedAttribute[Any] = Movement.id
) -> ColumnElement[bool]:
    """The condition that a movement, or the one that a column names, is of one of these."""
    return or_(
        false(),
        *(
            and_(
                movement_id > stretch.after,
                *([] if stretch.last is None else [movement_id <= stretch.last]),
            )
            for stretch in stretches
        ),
    )


def recorded_and_done(window: Window) -> list[ColumnElement[bool]]:
    """The conditions of a window on a posting; stretches end where it does."""
    conditions: list[ColumnElement[bool]] = []
    if window.since is not None:
        conditions.append(Posting.recorded_at >= window.since)
    if window.at is not None:
        conditions.append(Posting.recorded_at < window.at)
    if window.acted is not None:
        start, end = window.acted
        conditions += [Posting.occurred_at >= start, Posting.occurred_at < end]
    return conditions


def months_of(window: Window, column: InstrumentedAttribute[date]) -> list[ColumnElement[bool]]:
    """The condition that a month is in a window; a month that it cuts is, as far as it is summed.

    Of a snapshot taken whole, what was done in such a month was done in the window.
    """
    if window.acted is None:
        return []
    start, end = window.acted
    last = martinique_day(end)
    conditions = [column >= martinique_day(start).replace(day=1)]
    if _begins_a_month(end):
        conditions.append(column < last)
    else:
        conditions.append(column <= last.replace(day=1))
    return conditions


def acted_in(session: Session) -> ColumnElement[date]:
    """The first day of the month, in Martinique, in which a posting was done."""
    if dialect_of(session) == "postgresql":
        local = func.timezone("America/Martinique", Posting.occurred_at)
        return func.date_trunc("month", local).cast(Day).label("acted_in")
    # Martinique is four hours behind UTC all year.
    return func.strftime("%Y-%m-01", Posting.occurred_at, "-4 hours", type_=Day).label("acted_in")


def _begins_a_month(instant: datetime) -> bool:
    """Whether that is the first instant of a month in Martinique."""
    day = martinique_day(instant)
    return day.day == 1 and first_instant(day) == instant
