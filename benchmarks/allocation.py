"""Allocating a range of 100,000 passes, against plain SQL on the same tables and indexes.

Measured: the service allocate_booklets, which looks each booklet up, checks that all its passes
are in stock, writes the paper and posts one movement. Reference: benchmarks.plain, one posting,
one movement and one UPDATE. Each measurement has a fresh copy of the stock.
"""

import time

from app import ledger
from app.database.connections import Database
from app.ledger import chart
from benchmarks import plain
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_most, in_turn
from benchmarks.world import World

TARGET = 1.3


def measure(bench: Bench) -> list[Figure]:
    """The time of the service as a multiple of the time of plain SQL, on both databases."""
    times = max(1, bench.sizes.pairs // 2)

    def service_on_postgresql() -> float:
        with bench.stocked() as (name, world):
            return service(Database(bench.cluster.address(name)), world)

    def plain_on_postgresql() -> float:
        with bench.stocked() as (name, world), plain.postgresql(bench.cluster, name) as database:
            return in_plain_sql(database, world)

    def service_on_sqlite() -> float:
        with bench.stocked_sqlite() as (url, world):
            return service(Database(url), world)

    def plain_on_sqlite() -> float:
        with bench.stocked_sqlite() as (url, world), plain.sqlite(url) as database:
            return in_plain_sql(database, world)

    found = {
        "PostgreSQL": in_turn(service_on_postgresql, plain_on_postgresql, times=times),
        "SQLite": in_turn(service_on_sqlite, plain_on_sqlite, times=times),
    }
    return [
        Figure(
            f"allocating {bench.sizes.passes:,} passes / plain SQL, {database}",
            pairs.ratio,
            "×",
            at_most(TARGET),
            pairs.said("s"),
        )
        for database, pairs in found.items()
    ]


def service(database: Database, world: World) -> float:
    """Seconds to allocate everything through the service."""
    with database.transaction(writing=False) as session:
        ledger.next_voucher_id(session)  # the connection is open before the clock starts
    started = time.perf_counter()
    with database.transaction() as session:
        world.scheme.allocation(session, 1, world.booklets, accept=False)
    seconds = time.perf_counter() - started
    database.close()
    return seconds


def in_plain_sql(database: Database, world: World) -> float:
    """Seconds to do the same in plain SQL."""
    scheme = world.scheme
    sponsor_id, recipient_id = scheme.organisations["sponsor"], scheme.organisations["plie"]
    with database.transaction() as session:
        stock = ledger.account(session, chart.stock(sponsor_id, scheme.vintage_id))
        transit = ledger.account(
            session, chart.transit(sponsor_id, recipient_id, scheme.vintage_id)
        )
    started = time.perf_counter()
    with database.transaction() as session:
        whole = ledger.VoucherRange(1, world.passes)
        plain.allocate(session, whole, stock, transit, now=scheme.now)
    return time.perf_counter() - started
