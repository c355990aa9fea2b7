"""The calendar in the server: every minute, for as long as it serves, what is due is done."""

from app.closing.calendar import run_due
from app.config import Settings
from app.database.connections import Database
from app.keeper import Keeper
from app.kernel.clock import utc_now

EVERY_MINUTE = 60.0


class CalendarKeeper(Keeper):
    """Runs the closing calendar in the background. Several servers may: each step is done once."""

    what = "calendar"

    def __init__(self, settings: Settings, *, every: float = EVERY_MINUTE) -> None:
        super().__init__(settings, every=every)

    def work(self, database: Database) -> None:
        """Do what is due."""
        run_due(database, now=utc_now())
