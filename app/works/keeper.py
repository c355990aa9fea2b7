"""Long work in the server: whatever was asked for is begun within a second."""

from collections.abc import Mapping

from app.config import Settings
from app.database import Database
from app.keeper import Keeper
from app.kernel.clock import utc_now
from app.works.rules import WorkKind
from app.works.service import Doer, do_next

EVERY_SECOND = 1.0
CONNECTIONS = 2
"""One that works, one that says how far it is."""


class WorkKeeper(Keeper):
    """Does what was asked for, one work after the other. Several servers may: each is done once."""

    what = "long work"

    def __init__(
        self, settings: Settings, *, doers: Mapping[WorkKind, Doer], every: float = EVERY_SECOND
    ) -> None:
        super().__init__(settings, every=every, connections=CONNECTIONS)
        self.doers = doers

    def work(self, database: Database) -> None:
        """Do everything that waits."""
        while not self.stopped.is_set() and do_next(
            database, doers=self.doers, secret_key=self.settings.secret_key, clock=utc_now
        ):
            pass
