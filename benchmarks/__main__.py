"""The command line of the benchmarks: which, how long, and the table at the end."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    allocation,
    arrival,
    batch,
    clearing,
    hot_mediator,
    printing,
    redemption,
    register,
    report_pages,
    role_pages,
    sealing,
    second_start,
    serials,
    takeover,
)
from benchmarks.bench import FULL, QUICK, Bench
from benchmarks.figures import Figure
from benchmarks.machine import flush_time, load, machine
from benchmarks.postgresql import OTHER_SERVER, Cluster

BENCHMARKS: dict[str, Callable[[Bench], list[Figure]]] = {
    "redemption": redemption.measure,
    "hot-mediator": hot_mediator.measure,
    "sealing": sealing.measure,
    "batch": batch.measure,
    "clearing": clearing.measure,
    "allocation": allocation.measure,
    "arrival": arrival.measure,
    "serials": serials.measure,
    "printing": printing.measure,
    "report-pages": report_pages.measure,
    "role-pages": role_pages.measure,
    "register": register.measure,
    "takeover": takeover.measure,
    "second-start": second_start.measure,
}


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="benchmarks/run",
        description="Measure what docs/performance.md promises, each figure against a reference "
        f"of the same run. {OTHER_SERVER} names a PostgreSQL server to use instead of our own.",
    )
    parser.add_argument("--quick", action="store_true", help="three minutes, with wider spreads")
    parser.add_argument(
        "--only", nargs="+", choices=BENCHMARKS, default=list(BENCHMARKS), metavar="NAME",
        help=", ".join(BENCHMARKS),
    )  # fmt: skip
    given = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="passnum-benchmarks-") as place:
        folder = Path(place)
        cluster = Cluster.start(folder)
        try:
            print(f"{machine()}, {load()}")
            print(f"{cluster}; a flush of this disk takes {flush_time(folder) * 1000:.2f} ms\n")
            bench = Bench(cluster, folder, QUICK if given.quick else FULL)
            for name in given.only:
                for figure in BENCHMARKS[name](bench):
                    print(figure, flush=True)
        finally:
            cluster.stop()
    print(f"\n{time.monotonic() - started:.0f} s, {load()}")


if __name__ == "__main__":
    main(sys.argv[1:])
