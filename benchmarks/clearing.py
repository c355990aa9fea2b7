"""A clearing run over what a hundred thousand redemptions owe to two hundred mediators.

Measured: the service run_clearing, one transaction a mediator, on both databases, in a process of
its own which says how much larger it has become. Its reference is a run of a tenth: the time must
grow with the redemptions and no faster.
"""

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from app.clearing.models import StatementVersion
from app.clearing.runs import run_clearing
from app.database.connections import Database
from app.database.migrations import migrate
from app.identity.rules import Actor
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from benchmarks import history
from benchmarks.arrival import peak_megabytes
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_most
from benchmarks.world import BOOKLET

SECONDS, MEGABYTES, LINEAR = 20, 300, 1.2


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took."""

    redemptions: int
    seconds: float
    megabytes: float
    """The most memory that the process ever held."""


def measure(bench: Bench) -> list[Figure]:
    """The time of a run, its memory, and how its time grows."""
    figures = []
    for dialect in ("postgresql", "sqlite"):
        few = cleared(bench, dialect, bench.sizes.cleared // 10)
        many = cleared(bench, dialect, bench.sizes.cleared)
        growth = many.seconds / few.seconds / (many.redemptions / few.redemptions)
        told = f"clearing {many.redemptions:,} redemptions, {dialect}"
        figures += [
            Figure(
                told,
                many.seconds,
                "s",
                at_most(SECONDS),
                f"{bench.sizes.mediators} mediators; "
                f"{many.redemptions / many.seconds:,.0f} redemptions a second",
            ),
            Figure(f"{told}: memory", many.megabytes, "MB", at_most(MEGABYTES)),
            Figure(
                f"{told}: a redemption / one of {few.redemptions:,}",
                growth,
                "×",
                at_most(LINEAR),
                f"{few.redemptions:,} took {few.seconds:.2f} s and {few.megabytes:.0f} MB",
            ),
        ]
    return figures


def cleared(bench: Bench, dialect: str, redemptions: int) -> Run:
    """Clear so many redemptions in a process of its own.

    Raises:
        RuntimeError: some were left.
    """
    with (
        somewhere(bench, dialect, redemptions) as url,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process,
    ):
        database = Database(url)
        world = history.used(
            database,
            bench.folder / f"cleared-{dialect}-{redemptions}",
            passes=redemptions + BOOKLET,
            mediators=bench.sizes.mediators,
        )
        database.close()
        scheme, finance = world.scheme, world.scheme.actors["finance"]
        run = process.submit(clear, url, scheme.programme_id, finance, scheme.now).result()
    if run.redemptions != redemptions:
        message = f"{run.redemptions} of {redemptions} redemptions were claimed"
        raise RuntimeError(message)
    return run


@contextmanager
def somewhere(bench: Bench, dialect: str, redemptions: int) -> Iterator[str]:
    """A migrated database."""
    if dialect == "postgresql":
        with bench.empty() as name:
            yield bench.cluster.address(name)
        return
    file = Path(bench.folder) / f"cleared-{redemptions}.db"
    url = f"sqlite:///{file}"
    migrate(url)
    yield url
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def clear(url: str, programme_id: UUID, actor: Actor, now: datetime) -> Run:
    """In a process of its own: one run."""
    database = Database(url)
    claimed = select(func.coalesce(func.sum(StatementVersion.voucher_count), 0))
    with database.transaction(writing=False) as session:
        session.scalar(claimed)  # the connection is open before the clock starts
    started = time.perf_counter()
    run_clearing(
        database,
        actor=actor,
        run_id=new_id(),
        programme_id=programme_id,
        cut_off_on=martinique_day(now),
        now=now,
    )
    seconds = time.perf_counter() - started
    with database.transaction(writing=False) as session:
        count = session.scalar(claimed) or 0
    database.close()
    return Run(int(count), seconds, peak_megabytes())
