"""The outbox in the server: every few seconds, letters whose turn it is are handed in."""

from app.config import Settings
from app.database.connections import Database
from app.keeper import Keeper
from app.kernel.clock import utc_now
from app.mails.sending import send_due

EVERY_FEW_SECONDS = 5.0


class MailKeeper(Keeper):
    """Sends letters in the background. Several servers may: each letter is claimed first."""

    what = "mails"

    def __init__(self, settings: Settings, *, every: float = EVERY_FEW_SECONDS) -> None:
        super().__init__(settings, every=every)

    def work(self, database: Database) -> None:
        """Hand in what is due."""
        send_due(database, self.settings, now=utc_now())
