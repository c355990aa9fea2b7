"""Comparing snapshots with the movements that they sum, one by one as a replay meets them.

It shares nothing with what takes them: sums are made in Python, movement by movement.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.clock import martinique_day
from app.ledger.models import Snapshot, SnapshotSum
from app.ledger.snapshots import first_wrong


@dataclass(slots=True)
class _Replayed:
    """What the movements of one snapshot come to, as far as they were met."""

    counts: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    movement_count: int = 0
    recorded: list[datetime] = field(default_factory=list)
    acted: list[datetime] = field(default_factory=list)

    def add(self, row: Any, key: tuple[Any, ...]) -> None:  # noqa: ANN401 - a row of the replay
        self.counts[key] += row.voucher_count
        self.movement_count += 1
        self.recorded = _ends(self.recorded, row.recorded_at)
        self.acted = _ends(self.acted, row.occurred_at)


def _ends(so_far: list[datetime], instant: datetime) -> list[datetime]:
    """The earliest and the latest instant."""
    if not so_far:
        return [instant, instant]
    return [min(so_far[0], instant), max(so_far[1], instant)]


class SnapshotsReplayed:
    """The snapshots of the newest generation; movements are given in the order of their ids."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.first_difference: str | None = None
        newest = select(func.max(Snapshot.generation)).scalar_subquery()
        rows = session.scalars(
            select(Snapshot)
            .where(Snapshot.generation == newest)
            .order_by(Snapshot.level, Snapshot.after_movement_id)
        ).all()
        self.levels = [
            _Level(self, list(one)) for _, one in groupby(rows, key=lambda row: row.level)
        ]

    def add(self, row: Any) -> None:  # noqa: ANN401 - a row of the replay
        """Count a movement in the snapshot of each level whose stretch it is in."""
        if not self.levels or self.first_difference:
            return
        key = (
            row.kind,
            row.vintage_id,
            row.debit_account_id,
            row.debit_kind,
            row.credit_account_id,
            row.credit_kind,
            martinique_day(row.occurred_at).replace(day=1),
        )
        for level in self.levels:
            level.add(row, key)

    def end(self) -> str | None:
        """The first snapshot that is wrong, once all movements were given; None: all are right."""
        for level in self.levels:
            level.end()
        return self.first_difference

    def compare(self, one: Snapshot, replayed: _Replayed) -> None:
        """Note what is wrong with a snapshot, if it is the first one."""
        if self.first_difference is None:
            self.first_difference = self._difference(one, replayed)

    def _difference(self, one: Snapshot, replayed: _Replayed) -> str | None:
        said = (
            one.movement_count,
            [one.recorded_from, one.recorded_until],
            [one.acted_from, one.acted_until],
        )
        if said != (replayed.movement_count, replayed.recorded, replayed.acted):
            return f"snapshot n° {one.id} ne dit pas quels mouvements il résume."
        stored = self.session.execute(
            select(
                SnapshotSum.kind,
                SnapshotSum.vintage_id,
                SnapshotSum.debit_account_id,
                SnapshotSum.debit_kind,
                SnapshotSum.credit_account_id,
                SnapshotSum.credit_kind,
                SnapshotSum.acted_in,
                SnapshotSum.voucher_count,
            )
            .where(SnapshotSum.snapshot_id == one.id)
            .order_by(SnapshotSum.ordinal)
        )
        right = [(*key, count) for key, count in replayed.counts.items()]
        wrong = first_wrong(sorted(tuple(row) for row in stored), sorted(right))
        if wrong or one.sum_count != len(right):
            return f"snapshot_sum n° {one.id}/{wrong} ne compte pas ses mouvements."
        return None


class _Level:
    """The snapshots of one level, which follow each other from the first movement on."""

    def __init__(self, all_levels: SnapshotsReplayed, snapshots: Sequence[Snapshot]) -> None:
        self.all_levels = all_levels
        self.snapshots, self.compared, self.replayed = snapshots, 0, _Replayed()
        starts = [0, *(one.last_movement_id for one in snapshots)]
        for start, one in zip(starts, snapshots, strict=False):
            if one.after_movement_id != start and all_levels.first_difference is None:
                all_levels.first_difference = (
                    f"snapshot n° {one.id} ne commence pas où le précédent finit."
                )

    def add(self, row: Any, key: tuple[Any, ...]) -> None:  # noqa: ANN401 - a row of the replay
        while self.compared < len(self.snapshots):
            if row.id <= self.snapshots[self.compared].last_movement_id:
                self.replayed.add(row, key)
                return
            self._compare()

    def end(self) -> None:
        while self.compared < len(self.snapshots):
            self._compare()

    def _compare(self) -> None:
        self.all_levels.compare(self.snapshots[self.compared], self.replayed)
        self.compared, self.replayed = self.compared + 1, _Replayed()
