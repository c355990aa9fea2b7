"""Which booklets rest in which account, read once and remembered until a movement touches it.

Every pass that was never handed out would otherwise be counted for each page. What is remembered
is no second truth: it is what was read, beside the movements that had touched the account by then,
and it is read again as soon as there is another one. Up to the end of the newest snapshot nothing
is committed late, so what may have changed lies in the short tail after it. A transaction that
writes remembers nothing and is told nothing from memory: it may be rolled back.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from weakref import WeakKeyDictionary

from sqlalchemy import func, or_, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app.ledger import AccountKind
from app.ledger.models import Movement, Snapshot, Voucher
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


@dataclass(frozen=True, slots=True)
class _Memory:
    """What was read, and the movements after `settled_id` that had touched each account by then."""

    settled_id: int = 0
    touched_by: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    found: Mapping[int, Resting] = field(default_factory=dict)


_memories: WeakKeyDictionary[Engine, _Memory] = WeakKeyDictionary()


def resting_in(session: Session, account_ids: Iterable[int]) -> dict[int, Resting]:
    """What rests in each of these accounts, all of `KINDS`."""
    wanted, engine = set(account_ids), session.get_bind()
    if not isinstance(engine, Engine) or "sqlite_begin" in engine.get_execution_options():
        return _read(session, wanted)
    settled_id = _settled_id(session)
    memory = _memories.get(engine) or _Memory(settled_id)
    settled_id = max(memory.settled_id, settled_id)
    touched_by = _touched_since(session, memory.settled_id)
    found = {
        account_id: known
        for account_id, known in memory.found.items()
        if memory.touched_by.get(account_id, ()) == touched_by.get(account_id, ())
    }
    if missing := wanted - found.keys():
        found |= _read(session, missing)
    still_open = {
        account_id: tuple(one for one in ids if one > settled_id)
        for account_id, ids in touched_by.items()
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


def _touched_since(session: Session, movement_id: int) -> dict[int, tuple[int, ...]]:
    """The movements after that one that touched accounts of those kinds, by account."""
    rows = session.execute(
        select(Movement.id, Movement.debit_account_id, Movement.credit_account_id)
        .where(
            Movement.id > movement_id,
            or_(Movement.debit_kind.in_(KINDS), Movement.credit_kind.in_(KINDS)),
        )
        .order_by(Movement.id)
    )
    found: defaultdict[int, list[int]] = defaultdict(list)
    for one, debit, credit in rows:
        found[debit].append(one)
        found[credit].append(one)
    return {account_id: tuple(ids) for account_id, ids in found.items()}


def _read(session: Session, account_ids: set[int]) -> dict[int, Resting]:
    in_place = (
        select(
            Voucher.account_id,
            Voucher.booklet_id,
            func.count().label("here_count"),
            func.min(Voucher.id).label("first_id"),
            func.max(Voucher.id).label("last_id"),
        )
        .where(Voucher.account_id.in_(account_ids))
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
    return {one: Resting(tuple(_runs(whole[one])), tuple(parts[one])) for one in account_ids}


def _runs(booklets: list[tuple[int, int, int]]) -> Iterable[Run]:
    """Numbers that follow each other, of one vintage and size, as the fewest runs."""
    in_order = enumerate(sorted(booklets))
    for _, run in groupby(in_order, key=lambda one: (*one[1][:2], one[1][2] - one[0])):
        numbers = [booklet for _, booklet in run]
        vintage_id, size, first = numbers[0]
        yield Run(vintage_id, size, first, numbers[-1][2])
