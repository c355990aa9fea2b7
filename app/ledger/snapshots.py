"""Taking snapshots: the sums of a stretch of movements, so that nobody adds them up again.

They are derived: the ledger is right without them, `rebuild_snapshots` makes them anew and
app.ledger.verify compares each with a replay. Nobody touches them while a pass is redeemed.

A stretch that was summed must never gain a movement. SQLite's writers stand in one line, so what is
there is all there will be. On PostgreSQL a movement with a smaller number may be committed later
than one with a greater: `settled_up_to` therefore takes the greatest number that it sees, and waits
until every transaction that had begun to write by then is over. Whoever holds a smaller number had
begun: numbers are drawn in order, and drawn after the posting was written. Transactions are asked
for by pg_current_snapshot(), in which posting.transaction_id is counted too.

Stretches are small, so that a bound in the past cuts few movements, and a few neighbours are joined
into one of the next level, so that the whole journal is a few dozen of
them however long it is. All is INSERT: a snapshot is never changed and never deleted.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from app.database.connections import Database, dialect_of
from app.database.locks import hold
from app.database.rows import insert_rows
from app.ledger.models import Movement, Posting, Snapshot, SnapshotSum
from app.ledger.reading import SIDES, Stretch, Summed, acted_in, added_up, of_stretches


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long stretches are, and how many are joined; for tests, which have few movements."""

    least: int = 1_000
    """A tail of fewer movements is read as fast as its sums would be."""
    most: int = 2_000
    fan: int = 4
    at_once: int = 10
    """How many stretches one transaction takes: SQLite's other writers wait for it."""


SIZES = Sizes()
PATIENCE_SECONDS = 2.0
PAUSE_SECONDS = 0.01


def take_snapshot(session: Session, *, now: datetime, sizes: Sizes = SIZES) -> int:
    """Sum what has been moved since the last snapshot, or its beginning; returns how many it took.

    Call it again in another transaction until it takes none: see take_snapshots. Takes none while
    the tail is short, or while somebody has been writing for longer than we wait: the next one who
    asks will take it. Takers stand in line.
    """
    hold(session, "snapshot")
    generation = session.scalar(select(func.max(Snapshot.generation))) or 1
    return _take(session, generation, sizes, now=now)


def snapshot_is_due(session: Session, *, sizes: Sizes = SIZES) -> bool:
    """Whether the tail is long enough to be summed; looking at it holds nothing."""
    generation = session.scalar(select(func.max(Snapshot.generation))) or 1
    greatest = session.scalar(select(func.max(Movement.id)))
    return bool(greatest and _next_stretch(session, generation, greatest, sizes))


def take_snapshots(database: Database, *, now: datetime) -> None:
    """Sum everything that has been moved since the last snapshot, a few stretches at a time."""
    taken = 1
    while taken:
        with database.transaction() as session:
            taken = take_snapshot(session, now=now)


def rebuild_snapshots(session: Session, *, now: datetime, sizes: Sizes = SIZES) -> int:
    """Begin to sum everything once more; from then on nobody reads what was summed before.

    It is a new generation of snapshots, which take_snapshot goes on with.
    """
    hold(session, "snapshot")
    generation = (session.scalar(select(func.max(Snapshot.generation))) or 0) + 1
    return _take(session, generation, replace(sizes, least=1), now=now)


def _take(session: Session, generation: int, sizes: Sizes, *, now: datetime) -> int:
    taken, upto = 0, settled_up_to(session)
    for _ in range(sizes.at_once):
        stretch = upto and _next_stretch(session, generation, upto, sizes)
        if not stretch:
            break
        sums = _sums_of_movements(session, stretch)
        header = _header_of_movements(session, stretch)
        _write(session, header | {"generation": generation, "level": 0, "taken_at": now}, sums)
        taken += 1 + _join(session, generation, sizes, now=now)
    return taken


def settled_up_to(session: Session) -> int | None:
    """The movement before which none will ever appear; None while somebody is still writing.

    See the module: we see the greatest number now, and who is writing may hold smaller ones.
    """
    greatest: int | None = session.scalar(select(func.max(Movement.id)))
    if greatest is None or dialect_of(session) != "postgresql":
        return greatest
    # After the number was seen, and each statement sees what was committed before it: READ
    # COMMITTED. Transactions below this one had begun to write; ours does not wait for itself.
    begun = session.scalar(text("select pg_snapshot_xmax(pg_current_snapshot())::text"))
    patient_until = time.monotonic() + PATIENCE_SECONDS
    while session.scalar(_STILL_WRITING, {"begun": begun}):
        if time.monotonic() > patient_until:
            return None
        time.sleep(PAUSE_SECONDS)
    return greatest


_STILL_WRITING = text(
    """
    select exists (
      select from pg_snapshot_xip(pg_current_snapshot()) as writing (id)
       where writing.id < cast(:begun as xid8)
         and writing.id is distinct from pg_current_xact_id_if_assigned())
    """
)


def _next_stretch(session: Session, generation: int, upto: int, sizes: Sizes) -> Stretch | None:
    """The movements after the last snapshot, or what there is of them when it is enough."""
    last = session.scalar(
        select(func.max(Snapshot.last_movement_id)).where(
            Snapshot.generation == generation, Snapshot.level == 0
        )
    )
    after = last or 0
    ids = session.scalars(
        select(Movement.id)
        .where(of_stretches([Stretch(after, upto)]))
        .order_by(Movement.id)
        .limit(sizes.most)
    ).all()
    return Stretch(after, ids[-1]) if len(ids) >= sizes.least else None


def _join(session: Session, generation: int, sizes: Sizes, *, now: datetime) -> int:
    """Join the last few snapshots of a level that no other joins yet, and so on upwards."""
    joined, level = 0, 0
    while len(parts := _not_joined(session, generation, level)) >= sizes.fan:
        level += 1
        header = {
            "generation": generation,
            "level": level,
            "after_movement_id": parts[0].after,
            "last_movement_id": parts[-1].last,
            "movement_count": sum(part.movement_count for part in parts),
            "recorded_from": min(part.recorded_from for part in parts),
            "recorded_until": max(part.recorded_until for part in parts),
            "acted_from": min(part.acted_from for part in parts),
            "acted_until": max(part.acted_until for part in parts),
            "taken_at": now,
        }
        names = (*SIDES, "acted_in")
        lines = select(
            *(getattr(SnapshotSum, name) for name in names), SnapshotSum.voucher_count
        ).where(SnapshotSum.snapshot_id.in_([part.id for part in parts]))
        sums = added_up(session, lines.subquery(), names)
        _write(session, header, sums)
        joined += 1
    return joined


def _not_joined(session: Session, generation: int, level: int) -> list[Summed]:
    """The snapshots of a level after the last one that the level above joins."""
    above = select(func.coalesce(func.max(Snapshot.last_movement_id), 0)).where(
        Snapshot.generation == generation, Snapshot.level == level + 1
    )
    rows = session.execute(
        select(
            Snapshot.id,
            Snapshot.level,
            Snapshot.after_movement_id,
            Snapshot.last_movement_id,
            Snapshot.movement_count,
            Snapshot.recorded_from,
            Snapshot.recorded_until,
            Snapshot.acted_from,
            Snapshot.acted_until,
        )
        .where(
            Snapshot.generation == generation,
            Snapshot.level == level,
            Snapshot.after_movement_id >= above.scalar_subquery(),
        )
        .order_by(Snapshot.after_movement_id)
    )
    return [Summed(*row) for row in rows]


def _sums_of_movements(session: Session, stretch: Stretch) -> list[tuple[Any, ...]]:
    lines = (
        select(
            *(getattr(Movement, name) for name in SIDES),
            acted_in(session),
            Movement.voucher_count,
        )
        .join(Posting, Posting.id == Movement.posting_id)
        .where(of_stretches([stretch]))
    )
    return added_up(session, lines.subquery(), (*SIDES, "acted_in"))


def _header_of_movements(session: Session, stretch: Stretch) -> dict[str, Any]:
    count, *instants = session.execute(
        select(
            func.count(),
            func.min(Posting.recorded_at),
            func.max(Posting.recorded_at),
            func.min(Posting.occurred_at),
            func.max(Posting.occurred_at),
        )
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(of_stretches([stretch]))
    ).one()
    names = ("recorded_from", "recorded_until", "acted_from", "acted_until")
    return {
        "after_movement_id": stretch.after,
        "last_movement_id": stretch.last,
        "movement_count": count,
        **dict(zip(names, instants, strict=True)),
    }


def _write(session: Session, header: Mapping[str, Any], sums: list[tuple[Any, ...]]) -> None:
    """A snapshot with its sums."""
    snapshot_id = session.execute(
        insert(Snapshot).values(**header, sum_count=len(sums)).returning(Snapshot.id)
    ).scalar_one()
    rows = numbered(snapshot_id, (*SIDES, "acted_in", "voucher_count"), sums)
    insert_rows(session, SnapshotSum, rows)


def numbered(
    snapshot_id: int, names: Sequence[str], sums: Sequence[tuple[Any, ...]]
) -> list[dict[str, Any]]:
    """The sums of a snapshot as its rows: to the last one none can be added."""
    return [
        {
            "snapshot_id": snapshot_id,
            "ordinal": ordinal,
            "sum_count": len(sums),
            **dict(zip(names, line, strict=True)),
        }
        for ordinal, line in enumerate(sums, start=1)
    ]


def first_wrong(stored: Sequence[Any], right: Sequence[Any]) -> int | None:
    """The number of the first sum that is not right, is missing or is too many; None: all agree."""
    for ordinal, (one, other) in enumerate(zip_longest(stored, right), start=1):
        if one != other:
            return ordinal
    return None
