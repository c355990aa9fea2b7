"""A batch of 1,000 redemptions, against plain SQL that writes the same rows.

Measured: the service redeem_vouchers with its commit, on passes from all over the booklets.
Reference: benchmarks.plain, which judges nothing, signs no receipt and answers nothing. The route
POST /api/v1/redemptions/batch is measured in benchmarks.redemption, where there is a server.
"""

import time
from itertools import islice

from app.clearing.redemptions import redeem_vouchers
from app.database.connections import Database
from benchmarks import plain, world
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_least, in_turn
from benchmarks.world import World

TARGET = 0.35


def measure(bench: Bench) -> list[Figure]:
    """The rate of the service as a share of the rate of plain SQL."""
    with bench.circulating() as (ours, the_world), bench.circulating() as (theirs, _):
        database = Database(bench.cluster.address(ours))
        with plain.postgresql(bench.cluster, theirs) as believing:
            service = Service(database, the_world, bench.sizes.batch)
            reference = Plain(believing, the_world, bench.sizes.batch)
            service.rate(), reference.rate()
            pairs = in_turn(service.rate, reference.rate, times=bench.sizes.pairs)
        database.close()
    return [
        Figure(
            f"batch of {bench.sizes.batch:,} redemptions / plain SQL",
            pairs.ratio,
            target=at_least(TARGET),
            remark=pairs.said("passes/s"),
        )
    ]


class Service:
    """Batches through the service, each of other passes."""

    def __init__(self, database: Database, the_world: World, size: int) -> None:
        self.database, self.world, self.size = database, the_world, size
        self.coming = the_world.codes()

    def rate(self) -> float:
        """Passes a second of the next batch."""
        scans = self.world.scans(self.coming, self.size)
        started = time.perf_counter()
        with self.database.transaction() as session:
            verdicts = redeem_vouchers(
                session,
                actor=self.world.mediators[0],
                scans=scans,
                signer=self.world.scheme.signer,
                now=self.world.scheme.now,
            )
        seconds = time.perf_counter() - started
        for verdict in verdicts:
            verdict.accepted()
        return self.size / seconds


class Plain:
    """The same batches, in another copy, by plain SQL."""

    def __init__(self, database: Database, the_world: World, size: int) -> None:
        self.database, self.world, self.size = database, the_world, size
        self.coming = the_world.codes()

    def rate(self) -> float:
        """Passes a second of the next batch."""
        vouchers = [voucher_id for voucher_id, _ in islice(self.coming, self.size)]
        started = time.perf_counter()
        with self.database.transaction() as session:
            plain.redeem(
                session,
                vouchers,
                actor=self.world.mediators[0],
                credit_account_id=world.FIRST_ACCOUNT + 1,
                now=self.world.scheme.now,
            )
        return self.size / (time.perf_counter() - started)
