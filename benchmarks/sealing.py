"""What sealing costs redemptions: the same clients with the sealing job at work and without it.

Both sides are pgbench with the application's statements (benchmarks.statements) on the same
database, in turns. While one side is measured a process seals every half second, ten times as often
as the server does, and takes its share of the same cores.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from app.config import EXAMPLE_URL
from app.database import Database
from app.trust import queries
from app.trust.checkpoints import folder_in
from app.trust.keeper import seal_all
from app.trust.notes import CheckpointSigner, origin_at
from benchmarks import statements
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_least, in_turn

CLIENTS = 4
TARGET = 0.95
TIMES = 3
"""pgbench is fast, and is given as much more to do."""
SEALER = """
import sys, time
from pathlib import Path
from app.database import Database
from app.trust.keeper import seal_all
from app.trust.notes import CheckpointSigner
database, folder = Database(sys.argv[1]), Path(sys.argv[2])
signer = CheckpointSigner(folder / "keys", sys.argv[3])
print("ready", flush=True)
while True:
    seal_all(database, signer=signer, folder=folder / "checkpoints", waiting=False)
    time.sleep(0.5)
"""


def measure(bench: Bench) -> list[Figure]:
    """The rate of redemptions while they are sealed, as a share of the rate when they are not."""
    each = TIMES * bench.sizes.redemptions
    heard = statements.one_redemption(bench)
    with bench.circulating() as (name, world):
        address, script = bench.cluster.address(name), heard.script(mediators=1)
        taken = iter(range(world.passes_by_http, world.passes, CLIENTS * each))
        database = Database(address)
        signer = CheckpointSigner(world.data_dir / "keys", origin_at(EXAMPLE_URL))
        seal_all(database, signer=signer, folder=folder_in(world.data_dir))

        def rate() -> float:
            return bench.cluster.pgbench(
                name,
                script,
                clients=CLIENTS,
                transactions=each,
                variables={"first": next(taken), "stride": each, "n": 0},
            )

        def rate_sealed() -> float:
            with sealing(address, str(world.data_dir), signer.origin):
                return rate()

        pairs = in_turn(rate_sealed, rate, times=bench.sizes.pairs)
        seal_all(database, signer=signer, folder=folder_in(world.data_dir))
        with database.transaction(writing=False) as session:
            sealed = queries.last_position(session)
        database.close()
    return [
        Figure(
            f"redemptions while sealing / without, {CLIENTS} clients",
            pairs.ratio,
            target=at_least(TARGET),
            remark=f"{pairs.said('redemptions/s')}; {sealed:,} movements sealed in the end",
        )
    ]


@contextmanager
def sealing(address: str, folder: str, origin: str) -> Iterator[None]:
    """A process that seals, for as long as the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-c", SEALER, address, folder, origin], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        process.stdout.readline()
        yield
        process.terminate()
