"""Waiting until what is sealed is settled, as a server does that looks again every few seconds."""

import time

from app.database.connections import Database
from app.trust import queries

PATIENCE_SECONDS = 60


def wait_until_settled(database: Database) -> None:
    """Until no movement can appear any more below those that are sealed.

    PostgreSQL numbers the transactions of all its databases in one row: those of other tests, in
    other databases of the same server, may have begun before and not ended yet.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with database.transaction(writing=False) as session:
            last = queries.last_block(session)
            if last is None or queries.settling(session) == last.highest_movement_id:
                return
        time.sleep(0.02)
    message = "Somebody has been writing all the time."
    raise AssertionError(message)
