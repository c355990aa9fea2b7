"""Approving a procès-verbal of 100,000 lines: every line a booklet, each in a place of its own.

Measured: the time for a line and the memory that opening the balances takes, against a tenth of the
lines: the time must stay the same, and the memory said. Neighbouring lines lie in different places,
so that none is merged with the next one.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.connections import Database
from app.kernel.ids import new_id
from app.programmes.service import create_vintage
from app.takeover.rules import COLUMNS
from app.takeover.service import approve_takeover, prepare_takeover
from benchmarks.arrival import peak_megabytes
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_most, in_turn
from tests.factories import Scheme
from tests.opening import TEN_EUROS

FLAT = 1.3
SIZE = 5
MICROSECONDS = 1_000_000
PLACES = ("stock;", "stock inerte;", "prescripteur;CCAS", "circulation;PLIE")


def measure(bench: Bench) -> list[Figure]:
    """The time of a line as a multiple of that among a tenth, and the memory of all."""
    many = bench.sizes.taken
    few = many // 10
    peaks: list[float] = []
    pairs = in_turn(
        lambda: microseconds(bench, many, peaks), lambda: microseconds(bench, few, []), times=1
    )
    return [
        Figure(
            f"takeover: approving a line of {many:,} / of {few:,}",
            pairs.ratio,
            "×",
            at_most(FLAT),
            pairs.said("µs"),
        ),
        Figure(f"takeover: memory for {many:,} lines", max(peaks), "MB"),
    ]


def lines(count: int) -> Iterator[str]:
    """The file, line by line."""
    yield ";".join(COLUMNS)
    for number in range(1, count + 1):
        yield f"25R;{number};{number};{SIZE};{PLACES[number % len(PLACES)]};passnum;"


def microseconds(bench: Bench, count: int, peaks: list[float]) -> float:
    """How long a line takes to be approved, once the file is prepared."""
    with bench.empty() as name:
        database = Database(bench.cluster.address(name))
        with database.transaction() as session:
            scheme, takeover_id = prepared(session, bench.folder / new_id().hex, count)
        before = peak_megabytes()
        started = time.perf_counter()
        with database.transaction() as session:
            approve_takeover(
                session,
                actor=scheme.actors["coordinator2"],
                takeover_id=takeover_id,
                voucher_count=count * SIZE,
                keys=scheme.keys,
                now=scheme.now,
            )
        seconds = time.perf_counter() - started
        peaks.append(peak_megabytes() - before)
        database.close()
    return MICROSECONDS * seconds / count


def prepared(session: Session, folder: Path, count: int) -> tuple[Scheme, UUID]:
    """A scheme with a procès-verbal of so many lines."""
    scheme = Scheme.ready(session, folder)
    coordinator = scheme.actors["coordinator"]
    create_vintage(
        session,
        actor=coordinator,
        programme_id=scheme.programme_id,
        label="25R",
        face_value_cents=TEN_EUROS,
        valid_from=scheme.today,
        valid_until=scheme.today,
        tolerance_days=31,
        keys=scheme.keys,
        now=scheme.now,
        taken_over=True,
    )
    record = prepare_takeover(
        session,
        actor=coordinator,
        takeover_id=new_id(),
        programme_id=scheme.programme_id,
        content="\n".join(lines(count)).encode(),
        counted_on=scheme.today,
        now=scheme.now,
    )
    return scheme, record.id
