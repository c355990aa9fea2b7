"""Printing booklets of 10: how many in a second of processor, and memory that does not grow.

Drawn as the application draws them, a file for each carton of a hundred, without a database: what
is measured is ink. There is no reference; a printer takes longer than we do at any of these speeds.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path

from app.kernel import codes
from app.kernel.serials import BookletNumber, SerialNumber
from app.printing.leaves import Edition
from app.printing.press import PrintedBooklet, booklets
from app.printing.rules import CARTON
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_least, at_most

SIZE = 10
FEWEST_A_SECOND = 60
MOST_GROWTH = 1.1
EDITION = Edition(
    label="26A",
    face_value_cents=1_000,
    last_day=date(2027, 3, 31),
    issuer="CAP Nord Martinique, régie Pass numérique",
    sponsor="CAP Nord Martinique",
    help_line="05\N{NO-BREAK SPACE}36\N{NO-BREAK SPACE}49\N{NO-BREAK SPACE}00\N{NO-BREAK SPACE}00",
    address="https://pass.capnord.example",
    places=tuple((f"Médiateur {n}", "Le Lorrain") for n in range(1, 7)),
    specimen=True,
)


def measure(bench: Bench) -> list[Figure]:
    """Booklets a processor second, in both type sizes, each in a process of its own."""
    figures = []
    for words, large in (("normal", False), ("large", True)):
        count = bench.sizes.booklets
        seen = [run(count, large=large) for _ in range(min(bench.sizes.pairs, 3))]
        rates = sorted(count / seconds for seconds, _, _, _ in seen)
        _, second, last, bytes_each = seen[-1]
        figures += [
            Figure(
                f"{count} booklets of 10 printed, {words} type",
                rates[len(rates) // 2],
                "a processor second",
                at_least(FEWEST_A_SECOND),
                f"{rates[0]:.0f}–{rates[-1]:.0f} in {len(rates)} runs; {bytes_each / 1000:.1f} kB",
            ),
            Figure(
                f"memory after {count} against after the second carton, {words} type",
                last / second,
                "×",
                at_most(MOST_GROWTH),
                f"{second:.0f} then {last:.0f} MB",
            ),
        ]
    return figures


def run(count: int, *, large: bool) -> tuple[float, float, float, float]:
    """Processor seconds, memory after the second carton and after the last, bytes a booklet."""
    said = subprocess.run(
        [sys.executable, "-m", "benchmarks.printing", str(count), str(int(large))],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parent.parent,
    ).stdout
    seconds, second, last, size = map(float, said.split())
    return seconds, second, last, size


def cartons(count: int) -> Iterator[list[PrintedBooklet]]:
    """What is printed, codes included, carton by carton."""
    for start in range(1, count + 1, CARTON):
        yield [printed(number) for number in range(start, min(start + CARTON, count + 1))]


def printed(number: int) -> PrintedBooklet:
    """One booklet of a key that opens nothing."""
    named = BookletNumber(EDITION.label, number)
    return PrintedBooklet(
        number=str(named),
        cover=codes.derive_cover(b"benchmark", number),
        passes=tuple(
            (str(SerialNumber(named, place)), codes.derive(b"benchmark", number * SIZE + place))
            for place in range(1, SIZE + 1)
        ),
    )


def memory() -> float:
    """The most memory that this process ever held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(count: int, *, large: bool) -> None:
    """Print, and say what it took; the fonts are made before the clock starts."""
    booklets(EDITION, SIZE, [printed(1)], large=large)
    started, size, second = time.process_time(), 0, 0.0
    for place, carton in enumerate(cartons(count), 1):
        file = booklets(EDITION, SIZE, carton, large=large)
        sha256(file).digest()
        size += len(file)
        del file
        if place <= 2:  # noqa: PLR2004 - what the first carton leaves behind is there by then
            second = memory()
    print(time.process_time() - started, second, memory(), size / count)


if __name__ == "__main__":
    main(int(sys.argv[1]), large=sys.argv[2] == "1")
