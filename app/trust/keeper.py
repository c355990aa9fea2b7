"""The sealing job: every few seconds, in the server, for as long as it serves.

It outlives every error (a database that restarts, a full disk), tells it once, and tries again.
Several servers may run it: whoever finds the lock taken has nothing to do.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.config import Settings
from app.database import Database, take
from app.kernel.clock import utc_now
from app.trust import queries
from app.trust.checkpoints import folder_in, write_missing
from app.trust.notes import CheckpointSigner
from app.trust.service import seal

EVERY = 5
"""Seconds between two looks."""
BLOCKS_AT_ONCE = 20

log = logging.getLogger(__name__)


def seal_all(
    database: Database,
    *,
    signer: CheckpointSigner,
    folder: Path,
    clock: Callable[[], datetime] = utc_now,
    waiting: bool = True,
) -> int:
    """Seal what waits, a transaction a block, and write the checkpoints; returns how many.

    With `waiting` false, give way when somebody else is sealing.

    Raises:
        CheckpointsDisagree: the files say another thing than the database.
    """
    count = 0
    while count < BLOCKS_AT_ONCE or waiting:
        with database.transaction(writing=False) as session:
            if not queries.any_unsealed(session):
                break
        with database.transaction() as session:
            if not waiting and not take(session, "sealing"):
                break
            if seal(session, signer=signer, now=clock()) is None:
                break
        count += 1
    with database.transaction(writing=False) as session:
        write_missing(session, folder)
    return count


class Keeper(threading.Thread):
    """Seals in the background with a connection of its own.

    What else is done every so often is a subclass that says what, and does it in `work`.
    """

    what = "sealing"

    def __init__(self, settings: Settings, *, every: float = EVERY) -> None:
        super().__init__(name="passnum sealing", daemon=True)
        self.settings, self.every = settings, every
        self.stopped = threading.Event()
        self.told: str | None = None

    def run(self) -> None:
        """Look, seal, wait, until told to stop."""
        database = Database(self.settings.database_url, pool_size=1)
        while not self.stopped.wait(self.every):
            self.look(database)
        database.close()

    def look(self, database: Database) -> None:
        """One look, whatever happens."""
        try:
            self.work(database)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            if said != self.told:
                log.warning("%s is put off: %s", self.what, said)
            self.told = said
        else:
            self.told = None

    def work(self, database: Database) -> None:
        """Seal what waits, unless somebody else does."""
        seal_all(
            database,
            signer=CheckpointSigner.of(self.settings),
            folder=folder_in(self.settings.data_dir),
            waiting=False,
        )

    def stop(self) -> None:
        """Let the thread end after the look that it is at."""
        self.stopped.set()
