"""Sums of the journal in the server: every minute, for as long as it serves, the tail is summed."""

from app.config import Settings
from app.database.connections import Database
from app.keeper import Keeper
from app.kernel.clock import utc_now
from app.ledger.snapshots import SIZES, Sizes
from app.reports import snapshots

EVERY_MINUTE = 60.0


class SnapshotKeeper(Keeper):
    """Takes snapshots in the background. Several servers may: they stand in line."""

    what = "snapshots"

    def __init__(
        self, settings: Settings, *, every: float = EVERY_MINUTE, sizes: Sizes = SIZES
    ) -> None:
        super().__init__(settings, every=every)
        self.sizes = sizes

    def work(self, database: Database) -> None:
        """Sum what has been moved, if that is enough; looking takes no lock."""
        with database.transaction(writing=False) as session:
            due = snapshots.is_due(session, sizes=self.sizes)
        if due:
            snapshots.take_snapshots(database, now=utc_now(), sizes=self.sizes)
