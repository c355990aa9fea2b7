"""What signing in leaves behind, in the server: every hour, what has had its time is forgotten."""

from app.config import Settings
from app.database.connections import Database
from app.identity import drafts, passkeys, sessions
from app.identity.service import forget_attempts
from app.keeper import Keeper
from app.kernel.clock import utc_now

EVERY_HOUR = 3600.0


class SessionKeeper(Keeper):
    """Forgets in the background. Several servers may: what is forgotten is not found again."""

    what = "forgetting sessions"

    def __init__(self, settings: Settings, *, every: float = EVERY_HOUR) -> None:
        super().__init__(settings, every=every)

    def work(self, database: Database) -> None:
        """Forget sessions of a year ago, drafts, answered questions, and attempts to sign in."""
        now = utc_now()
        with database.transaction() as session:
            sessions.forget_old(session, now=now)
            drafts.forget_old(session, now=now)
            passkeys.forget_answered(session, now=now)
            forget_attempts(session, now=now)
