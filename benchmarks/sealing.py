"""What sealing costs redemptions: with a process that seals at work, and while nobody may seal.

What counts is redemptions as people make them: by HTTP, through the workers of `passnum serve`,
whose processor time sealing would take. Every worker looks every five seconds; here a process
beside them seals every second, so that each measurement has its share. For the reference the lock
of sealing is held by us. What was not sealed then is sealed before the next measurement begins: it
is no part of it.

The rate of one measurement spreads by more than the twentieth that is asked about, so processor
time is compared too: of the sealer and of its connection to the database, against that of the
workers and of the whole database without sealing.

Beside it stands the bare figure: the same statements by pgbench, without HTTP, JSON, tokens, rules
and signatures, five times as many a second on the same cores. Nobody redeems passes that way.
"""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.config import EXAMPLE_URL
from app.database.connections import Database
from app.database.locks import hold
from app.trust import queries
from app.trust.notes import origin_at
from benchmarks import statements
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_least, at_most, in_turn
from benchmarks.machine import TICKS, processor_seconds
from benchmarks.redemption import CLIENTS, PGBENCH_TIMES, WORKERS, Route
from benchmarks.serving import serving

RATE, COST = 0.95, 0.05
SEALER = """
import sys, time
from pathlib import Path
from sqlalchemy import text
from app.database.connections import Database
from app.trust.keeper import seal_all
from app.trust.notes import CheckpointSigner
database, folder = Database(sys.argv[1], pool_size=1), Path(sys.argv[2])
signer = CheckpointSigner(folder / "keys", sys.argv[3])
def seal(waiting):
    seal_all(database, signer=signer, folder=folder / "checkpoints", waiting=waiting)
seal(True)
with database.transaction(writing=False) as session:
    print(session.scalar(text("select pg_backend_pid()")), flush=True)
while True:
    time.sleep(1)
    seal(False)
"""
"""Seals what waits, says which connection it has, and goes on every second."""


def measure(bench: Bench) -> list[Figure]:
    """Rates with sealing as shares of those without, and processor time as a share."""
    each = bench.sizes.redemptions
    heard = statements.one_redemption(bench)
    with bench.circulating() as (name, world):
        script, address = heard.script(mediators=1), bench.cluster.address(name)
        pgbench_each = PGBENCH_TIMES * each
        taken = iter(range(world.passes_by_http, world.passes, CLIENTS * pgbench_each))
        sealing = Sealing(address, world.data_dir)

        def bare() -> float:
            return bench.cluster.pgbench(
                name,
                script,
                clients=CLIENTS,
                transactions=pgbench_each,
                variables={"first": next(taken), "stride": pgbench_each, "n": 0},
            )

        def bare_sealed() -> float:
            with sealing.at_work():
                return bare()

        def bare_unsealed() -> float:
            with sealing.forbidden():
                return bare()

        with serving(address, world.data_dir, workers=WORKERS) as served:
            route = Route(served, world)
            route.rate(each)
            costs: list[float] = []

            def sealed() -> float:
                with sealing.at_work() as sealer:
                    before = sealer.processor_seconds()
                    rate = route.rate(each)
                    costs.append(sealer.processor_seconds() - before)
                    return rate

            def unsealed() -> float:
                with sealing.forbidden():
                    before = served.processor_seconds() + bench.cluster.processor_seconds()
                    rate = route.rate(each)
                    after = served.processor_seconds() + bench.cluster.processor_seconds()
                    costs[-1] /= max(after - before, 1 / TICKS)
                    return rate

            by_http = in_turn(sealed, unsealed, times=bench.sizes.pairs)
        barely = in_turn(bare_sealed, bare_unsealed, times=bench.sizes.pairs)
        sealed_count = sealing.count()
    return [
        Figure(
            f"redemptions by HTTP while sealing / without, {CLIENTS} clients",
            by_http.ratio,
            target=at_least(RATE),
            remark=f"{by_http.said('redemptions/s')}; {sealed_count:,} movements sealed in the end",
        ),
        Figure(
            "processor time of sealing / of redemptions by HTTP",
            statistics.median(costs),
            target=at_most(COST),
            remark=f"{min(costs):.3f}–{max(costs):.3f} in {len(costs)} pairs",
        ),
        Figure(
            "the same statements by pgbench while sealing / without",
            barely.ratio,
            remark=barely.said("redemptions/s"),
        ),
    ]


@dataclass(frozen=True, slots=True)
class Sealer:
    """A process that seals, and its connection."""

    process_ids: tuple[int, int]

    def processor_seconds(self) -> float:
        """What both have used so far."""
        return processor_seconds(self.process_ids)


@dataclass(frozen=True, slots=True)
class Sealing:
    """Sealing of one database, at work or forbidden."""

    address: str
    folder: Path

    @contextmanager
    def at_work(self) -> Iterator[Sealer]:
        """A process that seals, for as long as the block lasts; what waited is sealed before."""
        with subprocess.Popen(
            [sys.executable, "-c", SEALER, self.address, self.folder, origin_at(EXAMPLE_URL)],
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            connection = int(process.stdout.readline())
            try:
                yield Sealer((process.pid, connection))
            finally:
                process.terminate()

    @contextmanager
    def forbidden(self) -> Iterator[None]:
        """Nobody seals: whoever tries finds the lock taken."""
        database = Database(self.address)
        with database.transaction() as session:
            hold(session, "sealing")
            yield
        database.close()

    def count(self) -> int:
        """How many movements are sealed."""
        database = Database(self.address)
        with database.transaction(writing=False) as session:
            found = queries.last_position(session)
        database.close()
        return found
