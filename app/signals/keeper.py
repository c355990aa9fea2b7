"""Signals in the server: every hour, for as long as it serves, somebody is told what is new."""

from app.config import Settings
from app.database.connections import Database
from app.keeper import Keeper
from app.kernel.clock import utc_now
from app.signals.service import tell_what_is_new

EVERY_HOUR = 3600.0


class SignalKeeper(Keeper):
    """Looks for patterns in the background. Several servers may: each pattern is told once."""

    what = "signals"

    def __init__(self, settings: Settings, *, every: float = EVERY_HOUR) -> None:
        super().__init__(settings, every=every)

    def work(self, database: Database) -> None:
        """Tell what nobody was told of."""
        with database.transaction() as session:
            tell_what_is_new(session, now=utc_now())
