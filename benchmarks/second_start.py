"""The second start of scripts/run on this machine, from the command to the first page.

The first start installs what is missing and loads the demonstration; the second one finds
everything. There is no reference: a person waits in seconds.
"""

import signal
import statistics
import subprocess
import time
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_most
from benchmarks.serving import first_page, free_port

RUN = Path(__file__).resolve().parent.parent / "scripts" / "run"
MOST_SECONDS = 5


def measure(bench: Bench) -> list[Figure]:
    """Seconds from the command to the sign-in page."""
    data_dir = bench.folder / "started"
    first = start(data_dir)
    later = [start(data_dir) for _ in range(bench.sizes.pairs)]
    return [
        Figure(
            "second start of scripts/run to the first page",
            statistics.median(later),
            "s",
            at_most(MOST_SECONDS),
            f"{min(later):.1f}–{max(later):.1f} s; with the demonstration {first:.1f} s",
        )
    ]


def start(data_dir: Path) -> float:
    """Start, wait for the first page, and stop as Ctrl-C does."""
    port = free_port()
    started = time.perf_counter()
    process = subprocess.Popen(
        [RUN, f"--port={port}", f"--data-dir={data_dir}"], stdout=subprocess.DEVNULL
    )
    try:
        first_page(port, process)
        return time.perf_counter() - started
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
