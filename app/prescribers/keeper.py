"""Names that have had their time, in the server: every hour, whoever is to be forgotten is."""

from app.config import Settings
from app.database.connections import Database
from app.keeper import Keeper
from app.kernel.clock import utc_now
from app.prescribers.forgetting import forget_identities

EVERY_HOUR = 3600.0


class IdentityKeeper(Keeper):
    """Forgets names in the background. Several servers may: who is forgotten is not found again."""

    what = "identities"

    def __init__(self, settings: Settings, *, every: float = EVERY_HOUR) -> None:
        super().__init__(settings, every=every)

    def work(self, database: Database) -> None:
        """Forget whoever is due."""
        with database.transaction() as session:
            forget_identities(session, months=self.settings.identity_months, now=utc_now())
