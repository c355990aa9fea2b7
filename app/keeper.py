"""What the server does every so often by itself, each in a thread with a connection of its own."""

import logging
import threading
from abc import ABC, abstractmethod

from app.config import Settings
from app.database.connections import Database

log = logging.getLogger(__name__)


class Keeper(threading.Thread, ABC):
    """Does its work every few seconds, for as long as the server serves.

    It outlives every error (a database that restarts, a full disk), tells it once, and tries again.
    Several servers may run it, so the work must be one that is harmless when done twice.
    """

    what: str
    """What is done, for who reads the log."""

    def __init__(self, settings: Settings, *, every: float, connections: int = 1) -> None:
        super().__init__(name=f"passnum {self.what}", daemon=True)
        self.settings, self.every, self.connections = settings, every, connections
        self.stopped = threading.Event()
        self.told: str | None = None

    def run(self) -> None:
        """Wait, look, until told to stop."""
        database = Database(self.settings.database_url, pool_size=self.connections)
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

    @abstractmethod
    def work(self, database: Database) -> None:
        """What is to be done, if anything is."""

    def stop(self) -> None:
        """Let the thread end after the look that it is at."""
        self.stopped.set()
