"""Receiving passes through record_delivery: how fast, and whether memory grows with the delivery.

Each delivery is received by a process of its own, which says how much larger it has become. There
is no reference and no target yet: a delivery of a tenth of the size shows whether both are linear.
"""

import multiprocessing
import re
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.database import Database
from benchmarks import world
from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.machine import PROC, read

KILOBYTES = 1024


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
    """The rate of a delivery, and how much the process grew."""
    small, large = (
        receive(bench, passes) for passes in (bench.sizes.passes // 10, bench.sizes.passes)
    )
    return [
        Figure(
            f"receiving {large.passes:,} passes",
            large.rate,
            "/s",
            remark=f"{large.seconds:.1f} s; {small.passes:,} passes at {small.rate:,.0f}/s",
        ),
        Figure(
            f"memory that receiving {large.passes:,} passes takes",
            large.grown_megabytes,
            "MB",
            remark=f"{small.passes:,} passes: {small.grown_megabytes:.0f} MB",
        ),
    ]


def receive(bench: Bench, passes: int) -> Arrival:
    """Receive so many passes in a fresh process, into an empty database."""
    with (
        bench.empty() as name,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process,
    ):
        folder = bench.folder / f"arrival-{passes}"
        return process.submit(deliver, bench.cluster.address(name), folder, passes).result()


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


def peak_megabytes() -> float:
    """The most memory that this process ever held since it began."""
    [peak] = re.findall(r"^VmHWM:\s+(\d+) kB", read(PROC / "self" / "status"), re.MULTILINE)
    return int(peak) / KILOBYTES
