"""The register of inactive values of a holder with a million movements, written as a CSV file.

Measured: the time for an entry and the memory that writing takes, against the register of a holder
with a tenth of them: both must stay the same, because entries are read page by page. The movements
are booklets that come to a drawer and go back, written past the rules (benchmarks.history).
"""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from tempfile import TemporaryFile

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import ledger
from app.database.connections import Database
from app.kernel.clock import martinique_day
from app.ledger import MovementKind, chart
from app.ledger.models import Movement, Posting
from app.reports import registers
from app.reports.register_papers import write_register
from app.reports.snapshots import take_snapshots
from benchmarks import history
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_most, in_turn
from benchmarks.history import Row
from benchmarks.world import BOOKLET, World, numbered

FLAT = 1.2
COMING, GOING = 8, 9
"""What the ids of these acts begin with, beside those of benchmarks.history."""
BOOKLETS = 100
MICROSECONDS, MEGABYTE = 1_000_000, 1024 * 1024


def measure(bench: Bench) -> list[Figure]:
    """The time of an entry, and the memory, as multiples of those of a tenth."""
    many = bench.sizes.entries
    few = many // 10
    with held(bench, few) as short, held(bench, many) as long:
        found = {
            "µs for an entry": in_turn(
                lambda: microseconds(long, many), lambda: microseconds(short, few), times=1
            ),
            "MB": in_turn(lambda: megabytes(long), lambda: megabytes(short), times=1),
        }
    return [
        Figure(
            f"register: {unit}, {many:,} / {few:,} movements",
            pairs.ratio,
            "×",
            at_most(FLAT),
            pairs.said(unit),
        )
        for unit, pairs in found.items()
    ]


Writing = Callable[[], None]


@contextmanager
def held(bench: Bench, entries: int) -> Iterator[Writing]:
    """A drawer to which booklets came and from which they went, so many times; how to write it."""
    with bench.empty() as name:
        database = Database(bench.cluster.address(name))
        folder = bench.folder / f"held-{entries}"
        world = history.used(database, folder, passes=BOOKLETS * BOOKLET, mediators=1)
        with database.transaction() as session:
            lines = Lines.of(session, world)
        with history.past_every_rule(database) as write:
            write(Posting, (lines.posting(turn) for turn in range(entries)))
            write(Movement, (lines.movement(turn) for turn in range(entries)))
        take_snapshots(database, now=world.scheme.now)
        bench.cluster.execute("vacuum analyze", database=name)
        yield lambda: write_whole(database, world)
        database.close()


@dataclass(frozen=True, slots=True)
class Lines:
    """Booklets that come to a drawer and leave it again."""

    world: World
    first_id: int
    there: ledger.Account
    drawer: ledger.Account
    back: ledger.Account

    @classmethod
    def of(cls, session: Session, world: World) -> "Lines":
        """With the accounts that they go between."""
        scheme = world.scheme
        sponsor, plie = scheme.organisations["sponsor"], scheme.organisations["plie"]
        keys = (
            chart.transit(sponsor, plie, scheme.vintage_id),
            chart.prescriber(plie, scheme.vintage_id),
            chart.transit(plie, sponsor, scheme.vintage_id),
        )
        last = session.scalar(select(func.max(Movement.id))) or 0
        return cls(world, last + 1, *(ledger.account(session, key) for key in keys))

    def posting(self, turn: int) -> Row:
        """One act, recorded as it was done."""
        scheme, act = self.world.scheme, numbered(GOING if turn % 2 else COMING, turn)
        at = scheme.now - timedelta(days=1) + timedelta(milliseconds=turn)
        return {
            "id": act,
            "kind": str(MovementKind.RETURN if turn % 2 else MovementKind.ACCEPT),
            "document_type": "allocation",
            "document_id": act,
            "actor_id": scheme.actors["plie"].agent_id,
            "occurred_at": at,
            "recorded_at": at,
        }

    def movement(self, turn: int) -> Row:
        """Its line: a booklet that comes, or the same one that goes."""
        first = (turn // 2 % BOOKLETS) * BOOKLET + 1
        ten = ledger.VoucherRange(first, first + BOOKLET - 1)
        ends = (self.drawer, self.back) if turn % 2 else (self.there, self.drawer)
        posting = self.posting(turn)
        kind = MovementKind(posting["kind"])
        return history.movement(self.first_id + turn, posting["id"], kind, ten, *ends)


def write_whole(database: Database, world: World) -> None:
    """The register of that drawer as a CSV file."""
    scheme = world.scheme
    with database.transaction(writing=False) as session, TemporaryFile() as out:
        register = registers.register_of(
            session,
            actor=scheme.actors["auditor"],
            holder_id=scheme.organisations["plie"],
            vintage_id=scheme.vintage_id,
            since=martinique_day(scheme.now - timedelta(days=2)),
            until=scheme.today,
            now=scheme.now,
        )
        write_register(out, register, registers.entries(session, register), ending="csv")


def microseconds(write: Writing, entries: int) -> float:
    """How long an entry takes."""
    started = time.perf_counter()
    write()
    return MICROSECONDS * (time.perf_counter() - started) / entries


def megabytes(write: Writing) -> float:
    """How much memory of Python's writing holds at most."""
    tracemalloc.start()
    write()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / MEGABYTE
