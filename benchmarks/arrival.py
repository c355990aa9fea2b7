"""Receiving passes through record_delivery, against SQL that fills the same tables.

The reference is what a database can do alone: one INSERT of all booklets and one of all vouchers
from a series of numbers, with hashes it makes itself, then the same posting; every trigger, key and
index stays. Each delivery is received by a process of its own, which says how much larger it has
become; one of a tenth of the size shows whether memory is flat.
"""

import multiprocessing
import re
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from app import ledger
from app.database.connections import Database
from app.kernel.ids import new_id
from app.ledger import chart
from benchmarks import world
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_most
from benchmarks.machine import PROC, read

KILOBYTES = 1024
TARGET = 1.3


@dataclass(frozen=True, slots=True)
class Arrival:
    """What receiving took."""

    passes: int
    seconds: float
    grown_megabytes: float

    @property
    def rate(self) -> float:
        """Passes a second."""
        return self.passes / self.seconds


def measure(bench: Bench) -> list[Figure]:
    """The time of a delivery as a multiple of the database's alone, and how much memory it took."""
    passes = bench.sizes.delivery
    small = receive(bench, passes // 10, deliver)
    large = receive(bench, passes, deliver)
    alone = receive(bench, passes, fill)
    return [
        Figure(
            f"receiving {passes:,} passes / the same SQL with all triggers",
            large.seconds / alone.seconds,
            "×",
            at_most(TARGET),
            f"{large.seconds:.1f} against {alone.seconds:.1f} s; {large.rate:,.0f} passes/s, "
            f"{small.passes:,} at {small.rate:,.0f}/s",
        ),
        Figure(
            f"memory that receiving {large.passes:,} passes takes",
            large.grown_megabytes,
            "MB",
            remark=f"{small.passes:,} passes: {small.grown_megabytes:.0f} MB",
        ),
    ]


def receive(bench: Bench, passes: int, how: Callable[[str, Path, int], Arrival]) -> Arrival:
    """Receive so many passes in a fresh process, into an empty database."""
    with (
        bench.empty() as name,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process,
    ):
        folder = bench.folder / f"arrival-{how.__name__}-{passes}"
        return process.submit(how, bench.cluster.address(name), folder, passes).result()


def deliver(url: str, folder: Path, passes: int) -> Arrival:
    """In a process of its own: prepare the order, then receive it."""
    database = Database(url)
    scheme, order_id, serials = world.ordered(database, folder, passes=passes)
    before = peak_megabytes()
    started = time.perf_counter()
    with database.transaction() as session:
        scheme.delivery(session, order_id, serials)
    seconds = time.perf_counter() - started
    database.close()
    return Arrival(passes, seconds, peak_megabytes() - before)


FILL = (
    """
    insert into booklet (id, vintage_id, number, size, first_serial, delivery_id)
    select n * 10 - 9, :vintage, n, 10, n * 10 - 9, :delivery
      from generate_series(1, :booklets) as n
    """,
    """
    insert into voucher
      (id, vintage_id, serial, booklet_id, face_value_cents, code_hash, account_id)
    select n, :vintage, n, n - (n - 1) % 10, :face, sha256(int8send(n)), :issuer
      from generate_series(1, 10 * :booklets) as n
    """,
)


def fill(url: str, folder: Path, passes: int) -> Arrival:
    """In a process of its own: let the database fill its tables from numbers."""
    database = Database(url)
    scheme, _, _ = world.ordered(database, folder, passes=passes)
    issuer_id, sponsor_id = (scheme.organisations[who] for who in ("issuer", "sponsor"))
    delivery_id = new_id()
    started = time.perf_counter()
    with database.transaction() as session:
        issuer = ledger.account(session, chart.issuer(issuer_id, scheme.vintage_id))
        inert = ledger.account(session, chart.stock_inert(sponsor_id, scheme.vintage_id))
        values = {
            "vintage": scheme.vintage_id,
            "delivery": delivery_id,
            "booklets": passes // world.BOOKLET,
            "face": issuer.face_value_cents,
            "issuer": issuer.id,
        }
        for statement in FILL:
            session.execute(text(statement), values)
        receive_all = ledger.Line(
            ledger.MovementKind.RECEIVE, ledger.VoucherRange(1, passes), issuer, inert
        )
        act = ledger.Act(
            posting_id=delivery_id,
            kind=ledger.MovementKind.RECEIVE,
            document_type="delivery",
            document_id=delivery_id,
            actor_id=scheme.actors["coordinator"].agent_id,
            occurred_at=scheme.now,
        )
        ledger.post(session, act, [receive_all])
    seconds = time.perf_counter() - started
    database.close()
    return Arrival(passes, seconds, 0)


def peak_megabytes() -> float:
    """The most memory that this process ever held since it began."""
    [peak] = re.findall(r"^VmHWM:\s+(\d+) kB", read(PROC / "self" / "status"), re.MULTILINE)
    return int(peak) / KILOBYTES
