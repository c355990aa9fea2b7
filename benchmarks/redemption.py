"""One redemption by HTTP on PostgreSQL, against its own SQL statements in pgbench; 4 clients.

Measured: `passnum serve` with 2 workers, POST /api/v1/redemptions with a bearer token. Reference:
pgbench with the statements that the same route sends (benchmarks.statements), on the same database.
The batch route is measured here too, where there is a server, against plain SQL as in
benchmarks.batch.
"""

import statistics
from itertools import islice

from app.kernel.ids import new_id
from benchmarks import batch, plain, statements, world
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_least, at_most, in_turn
from benchmarks.serving import Served, serving
from benchmarks.world import World

CLIENTS = 4
WORKERS = 2
RATE = 1 / 3
MOST_STATEMENTS = 8
MOST_MILLISECONDS = 4
PGBENCH_TIMES = 3
"""pgbench is that much faster, and is given as much more to do."""


def measure(bench: Bench) -> list[Figure]:
    """The rate of the route as a share of pgbench's, and what a redemption costs a worker."""
    each = bench.sizes.redemptions
    heard = statements.one_redemption(bench)
    with bench.circulating() as (name, the_world):
        script = heard.script(mediators=1)
        pgbench_each = PGBENCH_TIMES * each
        taken = iter(range(the_world.passes_by_http, the_world.passes, CLIENTS * pgbench_each))

        def by_pgbench() -> float:
            return bench.cluster.pgbench(
                name,
                script,
                clients=CLIENTS,
                transactions=pgbench_each,
                variables={"first": next(taken), "stride": pgbench_each, "n": 0},
            )

        address = bench.cluster.address(name)
        with serving(address, the_world.data_dir, workers=WORKERS) as served:
            route = Route(served, the_world)
            route.rate(each), by_pgbench()
            route.milliseconds.clear()
            pairs = in_turn(lambda: route.rate(each), by_pgbench, times=bench.sizes.pairs)
            with (
                bench.circulating() as (other, _),
                plain.postgresql(bench.cluster, other) as plainly,
            ):
                reference = batch.Plain(plainly, the_world, bench.sizes.batch)
                batches = in_turn(
                    lambda: route.batch_rate(bench.sizes.batch),
                    reference.rate,
                    times=bench.sizes.pairs,
                )
    return [
        Figure(
            f"redemption by HTTP / pgbench, {CLIENTS} clients, {WORKERS} workers",
            pairs.ratio,
            target=at_least(RATE),
            remark=pairs.said("redemptions/s"),
        ),
        Figure(
            "SQL statements of a redemption, BEGIN and COMMIT apart",
            len(heard.statements),
            target=at_most(MOST_STATEMENTS),
        ),
        Figure(
            "processor time of the workers for a redemption",
            statistics.median(route.milliseconds),
            "ms",
            at_most(MOST_MILLISECONDS),
            f"{min(route.milliseconds):.2f}–{max(route.milliseconds):.2f}",
        ),
        Figure(
            f"batch of {bench.sizes.batch:,} redemptions by HTTP / plain SQL",
            batches.ratio,
            target=at_least(batch.TARGET),
            remark=batches.said("passes/s"),
        ),
    ]


class Route:
    """A mediator's clients of a server, each pass sent once."""

    def __init__(self, served: Served, the_world: World) -> None:
        self.served = served
        self.coming = the_world.codes()
        self.milliseconds: list[float] = []

    def _bodies(self, count: int) -> list[dict[str, str]]:
        return [{"id": str(new_id()), "code": code} for _, code in islice(self.coming, count)]

    def rate(self, each: int) -> float:
        """Redemptions a second of all clients; remembers the workers' processor time for one."""
        bodies = [self._bodies(each) for _ in range(CLIENTS)]
        before = self.served.processor_seconds()
        seconds = self.served.post_all("/api/v1/redemptions", world.token(1), bodies)
        spent = self.served.processor_seconds() - before
        self.milliseconds.append(1000 * spent / (CLIENTS * each))
        return CLIENTS * each / seconds

    def batch_rate(self, size: int) -> float:
        """Passes a second of one batch."""
        body = {"redemptions": self._bodies(size)}
        seconds = self.served.post_all("/api/v1/redemptions/batch", world.token(1), [[body]])
        return size / seconds
