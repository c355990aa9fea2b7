"""Long work in the server: whatever was asked for is begun within a second."""

from collections.abc import Mapping

from app.config import Settings
from app.database.connections import Database
from app.keeper import Keeper
from app.kernel.clock import utc_now
from app.works.doing import Doer, do_next, forget_old
from app.works.rules import LANES, WorkKind
from app.works.shelf import Shelf

EVERY_SECOND = 1.0
EVERY_TEN_MINUTES = 600.0
CONNECTIONS = 2
"""One that works, one that says how far it is."""


class WorkKeeper(Keeper):
    """Does what was asked for, one work after the other. Several servers may: each is done once."""

    what = "long work"

    def __init__(
        self, settings: Settings, *, doers: Mapping[WorkKind, Doer], every: float = EVERY_SECOND
    ) -> None:
        super().__init__(settings, every=every, connections=CONNECTIONS)
        self.doers, self.shelf = doers, Shelf.of(settings.data_dir)

    def work(self, database: Database) -> None:
        """Do everything that waits."""
        while not self.stopped.is_set() and do_next(
            database,
            doers=self.doers,
            secret_key=self.settings.secret_key,
            shelf=self.shelf,
            clock=utc_now,
        ):
            pass


class WorkSweeper(Keeper):
    """Throws away what works leave behind once its days are over."""

    what = "forgetting long work"

    def __init__(self, settings: Settings, *, every: float = EVERY_TEN_MINUTES) -> None:
        super().__init__(settings, every=every)
        self.shelf = Shelf.of(settings.data_dir)

    def work(self, database: Database) -> None:
        """Forget what is over."""
        forget_old(database, shelf=self.shelf, now=utc_now())


def keepers(settings: Settings, doers: Mapping[WorkKind, Doer]) -> list[Keeper]:
    """One for each lane, so that no act waits for a file that takes half an hour."""
    lanes = [{kind: doers[kind] for kind in lane} for lane in LANES]
    return [*(WorkKeeper(settings, doers=lane) for lane in lanes), WorkSweeper(settings)]
