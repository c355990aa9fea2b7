"""Which booklets rest in which account, read once and remembered until a movement touches them.

Every pass that was never handed out would otherwise be counted for each page. What is remembered
is no second truth: it is what was read, beside the movements that had touched the account by then.
After another one its booklets are read again, and no others. Up to the end of the newest snapshot
nothing is committed late, so what may have changed lies in the short tail after it. A transaction
that writes remembers nothing and is told nothing from memory: it may be rolled back.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import attrgetter
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app.database.connections import Database
from app.kernel.serials import BOOKLET_SIZES
from app.ledger import AccountKind, VoucherRange, contiguous
from app.ledger.models import AccountRow, Movement, Snapshot, Voucher
from app.vouchers.models import Booklet

KINDS = (
    AccountKind.STOCK_INERT,
    AccountKind.STOCK,
    AccountKind.TRANSIT,
    AccountKind.PRESCRIBER,
)
"""Where whole booklets rest before they are handed to people."""


@dataclass(frozen=True, slots=True)
class Run:
    """Whole booklets with consecutive numbers, of one size and vintage."""

    vintage_id: int
    size: int
    first_number: int
    last_number: int

    @property
    def count(self) -> int:
        """How many booklets."""
        return self.last_number - self.first_number + 1


@dataclass(frozen=True, slots=True)
class Part:
    """What is left of a booklet of which some passes rest elsewhere."""

    booklet_id: int
    vintage_id: int
    number: int
    size: int
    first_id: int
    last_id: int
    here_count: int


@dataclass(frozen=True, slots=True)
class Resting:
    """What rests in one account."""

    runs: tuple[Run, ...] = ()
    parts: tuple[Part, ...] = ()


_Touched = Mapping[int, Mapping[int, VoucherRange]]
"""The passes of each movement that touched an account, by account and movement."""


@dataclass(frozen=True, slots=True)
class _Memory:
    """What was read, and the movements after `settled_id` that had touched each account by then."""

    settled_id: int = 0
    touched_by: _Touched = field(default_factory=dict)
    found: Mapping[int, Resting] = field(default_factory=dict)


MOST_RANGES, MOST_VOUCHERS = 100, 20_000
"""Beyond so much that moved since, all of an account is read again."""

_memories: WeakKeyDictionary[Engine, _Memory] = WeakKeyDictionary()
_reading = Lock()
"""While all of an account is read nobody else reads all of one: they find it read."""


def resting_in(session: Session, account_ids: Iterable[int]) -> dict[int, Resting]:
    """What rests in each of these accounts, all of `KINDS`."""
    wanted, engine = set(account_ids), session.get_bind()
    if not isinstance(engine, Engine) or "sqlite_begin" in engine.get_execution_options():
        return _read(session, wanted)
    if wanted <= (_memories.get(engine) or _Memory()).found.keys():
        return _remembered(session, engine, wanted)
    with _reading:
        return _remembered(session, engine, wanted)


def read_ahead(database: Database) -> None:
    """Read what rests everywhere, so that no page waits for it: a server does when it starts."""
    with database.transaction(writing=False) as session:
        resting_in(
            session, session.scalars(select(AccountRow.id).where(AccountRow.kind.in_(KINDS)))
        )


def _remembered(session: Session, engine: Engine, wanted: set[int]) -> dict[int, Resting]:
    settled_id = _settled_id(session)
    memory = _memories.get(engine) or _Memory(settled_id)
    settled_id = max(memory.settled_id, settled_id)
    touched_by = _touched_since(session, memory.settled_id)
    found, changed, moved = {}, dict[int, Resting](), set[VoucherRange]()
    for account_id, known in memory.found.items():
        seen, touched = memory.touched_by.get(account_id, {}), touched_by.get(account_id, {})
        if seen.keys() - touched.keys():
            continue  # Read by somebody who began later than we.
        if fresh := {vouchers for one, vouchers in touched.items() if one not in seen}:
            changed[account_id] = known
            moved |= fresh
        else:
            found[account_id] = known
    if len(moved) <= MOST_RANGES and sum(one.count for one in moved) <= MOST_VOUCHERS:
        found |= _read_again(session, changed, moved)
    if missing := wanted - found.keys():
        found |= _read(session, missing)
    still_open = {
        account_id: {one: vouchers for one, vouchers in touched.items() if one > settled_id}
        for account_id, touched in touched_by.items()
    }
    # One assignment: whoever reads at the same time keeps what it read, or finds this.
    _memories[engine] = _Memory(
        settled_id, {account_id: ids for account_id, ids in still_open.items() if ids}, found
    )
    return {account_id: found[account_id] for account_id in wanted}


def _settled_id(session: Session) -> int:
    """The movement up to which none is committed late: see app.ledger.snapshots."""
    newest = select(func.max(Snapshot.generation)).scalar_subquery()
    last = select(func.max(Snapshot.last_movement_id)).where(Snapshot.generation == newest)
    return session.scalar(last) or 0


def _touched_since(session: Session, movement_id: int) -> _Touched:
    """The movements after that one that touched accounts of those kinds, by account."""
    rows = session.execute(
        select(
            Movement.id,
            Movement.debit_account_id,
            Movement.credit_account_id,
            Movement.first_id,
            Movement.last_id,
        )
        .where(
            Movement.id > movement_id,
            or_(Movement.debit_kind.in_(KINDS), Movement.credit_kind.in_(KINDS)),
        )
        .order_by(Movement.id)
    )
    found: defaultdict[int, dict[int, VoucherRange]] = defaultdict(dict)
    for one, debit, credit, first_id, last_id in rows:
        found[debit][one] = found[credit][one] = VoucherRange(first_id, last_id)
    return found


def _read_again(
    session: Session, known: Mapping[int, Resting], moved: Iterable[VoucherRange]
) -> dict[int, Resting]:
    """What rests in accounts of which all is known but the booklets of these passes."""
    if not known:
        return {}
    touched = session.execute(
        select(Booklet.id, Booklet.vintage_id, Booklet.number, Booklet.size).where(
            or_(
                *(
                    and_(
                        Booklet.id.between(one.first - max(BOOKLET_SIZES) + 1, one.last),
                        Booklet.id + Booklet.size > one.first,
                    )
                    for one in moved
                )
            )
        )
    ).all()
    ids = {one.id for one in touched}
    numbers = sorted((one.vintage_id, one.number) for one in touched)
    whole = contiguous(one.id + place for one in touched for place in range(one.size))
    fresh = _read(
        session, set(known), or_(*(Voucher.id.between(one.first, one.last) for one in whole))
    )
    return {
        account_id: Resting(
            _merged([*_left(before.runs, numbers), *fresh[account_id].runs]),
            _in_order(
                [
                    *(part for part in before.parts if part.booklet_id not in ids),
                    *fresh[account_id].parts,
                ]
            ),
        )
        for account_id, before in known.items()
    }


def _read(
    session: Session, account_ids: set[int], among: ColumnElement[bool] | None = None
) -> dict[int, Resting]:
    in_place = (
        select(
            Voucher.account_id,
            Voucher.booklet_id,
            func.count().label("here_count"),
            func.min(Voucher.id).label("first_id"),
            func.max(Voucher.id).label("last_id"),
        )
        .where(Voucher.account_id.in_(account_ids), true() if among is None else among)
        .group_by(Voucher.account_id, Voucher.booklet_id)
        .subquery()
    )
    rows = session.execute(
        select(
            in_place.c.account_id,
            in_place.c.booklet_id,
            Booklet.vintage_id,
            Booklet.number,
            Booklet.size,
            in_place.c.first_id,
            in_place.c.last_id,
            in_place.c.here_count,
        ).join(Booklet, Booklet.id == in_place.c.booklet_id)
    ).all()
    whole: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    parts: defaultdict[int, list[Part]] = defaultdict(list)
    for account_id, booklet_id, vintage_id, number, size, first_id, last_id, here in rows:
        if here == size:
            whole[account_id].append((vintage_id, size, number))
        else:
            parts[account_id].append(
                Part(booklet_id, vintage_id, number, size, first_id, last_id, here)
            )
    return {one: Resting(tuple(_runs(whole[one])), _in_order(parts[one])) for one in account_ids}


def _runs(booklets: list[tuple[int, int, int]]) -> Iterable[Run]:
    """Numbers that follow each other, of one vintage and size, as the fewest runs."""
    in_order = enumerate(sorted(booklets))
    for _, run in groupby(in_order, key=lambda one: (*one[1][:2], one[1][2] - one[0])):
        numbers = [booklet for _, booklet in run]
        vintage_id, size, first = numbers[0]
        yield Run(vintage_id, size, first, numbers[-1][2])


def _left(runs: Iterable[Run], taken: Sequence[tuple[int, int]]) -> Iterator[Run]:
    """What is left of runs without these booklets: vintages and numbers, in order."""
    for run in runs:
        first = run.first_number
        for place in range(bisect_left(taken, (run.vintage_id, first)), len(taken)):
            vintage_id, number = taken[place]
            if (vintage_id, number) > (run.vintage_id, run.last_number):
                break
            if first < number:
                yield replace(run, first_number=first, last_number=number - 1)
            first = number + 1
        if first <= run.last_number:
            yield replace(run, first_number=first)


def _merged(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The same booklets as the fewest runs."""
    found: list[Run] = []
    for run in sorted(runs, key=attrgetter("vintage_id", "size", "first_number")):
        before = found[-1] if found else None
        if before and (before.vintage_id, before.size, before.last_number + 1) == (
            run.vintage_id,
            run.size,
            run.first_number,
        ):
            found[-1] = replace(before, last_number=run.last_number)
        else:
            found.append(run)
    return tuple(found)


def _in_order(parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=attrgetter("booklet_id")))
