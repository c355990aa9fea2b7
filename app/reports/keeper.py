"""Sums of the journal in the server: every minute, for as long as it serves, the tail is summed."""

from app.config import Settings
from app.database import Database
from app.kernel.clock import utc_now
from app.ledger.snapshots import SIZES, Sizes
from app.reports import snapshots
from app.trust.keeper import Keeper

EVERY_MINUTE = 60.0


class SnapshotKeeper(Keeper):
    """Takes snapshots in the background. Several servers may: they stand in line."""

    what = "summing the journal"

    def __init__(
        self, settings: Settings, *, every: float = EVERY_MINUTE, sizes: Sizes = SIZES
    ) -> None:
        super().__init__(settings, every=every)
        self.name, self.sizes = "passnum snapshots", sizes

    def work(self, database: Database) -> None:
        """Sum what has been moved, if that is enough; looking takes no lock."""
        with database.transaction(writing=False) as session:
            due = snapshots.is_due(session, sizes=self.sizes)
        if due:
            snapshots.take_snapshots(database, now=utc_now(), sizes=self.sizes)
