"""The sealing job: every few seconds, in the server, for as long as it serves.

Several servers may run it: whoever finds the lock taken has nothing to do.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.config import Settings
from app.database.connections import Database
from app.database.locks import take
from app.keeper import Keeper
from app.kernel.clock import utc_now
from app.trust import queries
from app.trust.checkpoints import folder_in, write_missing
from app.trust.notes import CheckpointSigner
from app.trust.service import MOST, seal

EVERY = 5
"""Seconds between two looks."""
BLOCKS_AT_ONCE = 20


def seal_all(
    database: Database,
    *,
    signer: CheckpointSigner,
    folder: Path,
    clock: Callable[[], datetime] = utc_now,
    waiting: bool = True,
) -> int:
    """Seal what waits, a transaction a block, and write the checkpoints; returns how many.

    What comes meanwhile waits for the next look: while passes are redeemed there is always some
    more, and a block costs as much for one movement as for hundreds. With `waiting` false, give way
    when somebody else is sealing.

    Raises:
        CheckpointsDisagree: the files say another thing than the database.
    """
    count = 0
    with database.transaction(writing=False) as session:
        full = queries.any_unsealed(session)
    while full and (count < BLOCKS_AT_ONCE or waiting):
        with database.transaction() as session:
            if not waiting and not take(session, "sealing"):
                break
            block = seal(session, signer=signer, now=clock())
        count += block is not None
        full = block is not None and block.movement_count == MOST
    with database.transaction(writing=False) as session:
        write_missing(session, folder)
    return count


class SealKeeper(Keeper):
    """Seals in the background."""

    what = "sealing"

    def __init__(self, settings: Settings, *, every: float = EVERY) -> None:
        super().__init__(settings, every=every)

    def work(self, database: Database) -> None:
        """Seal what waits, unless somebody else does."""
        seal_all(
            database,
            signer=CheckpointSigner.of(self.settings),
            folder=folder_in(self.settings.data_dir),
            waiting=False,
        )
