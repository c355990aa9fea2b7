"""What every benchmark is given: a server, copies of the measured world, and how long to take."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.database.connections import Database
from app.database.migrations import migrate
from benchmarks import world
from benchmarks.postgresql import Cluster
from benchmarks.world import World


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    passes: int = 100_000
    delivery: int = 1_000_000
    mediators: int = 200
    pairs: int = 5
    batch: int = 1000
    redemptions: int = 400
    """Of each client, in one measurement by HTTP; pgbench makes three times as many."""
    booklets: int = 1000
    used: int = 1_000_000
    """Passes behind the pages; the reference has a hundredth."""
    cleared: int = 100_000
    """Redemptions of a clearing run; the reference has a tenth."""
    entries: int = 1_000_000
    """Movements of a register; the reference has a tenth."""
    taken: int = 100_000
    """Lines of a procès-verbal that is approved; the reference has a tenth."""


FULL = Sizes()
QUICK = Sizes(
    delivery=100_000,
    pairs=2,
    redemptions=250,
    booklets=300,
    used=100_000,
    cleared=20_000,
    entries=100_000,
    taken=10_000,
)
TOY = Sizes(
    passes=600,
    delivery=600,
    mediators=3,
    pairs=1,
    batch=20,
    redemptions=2,
    booklets=3,
    used=2000,
    cleared=200,
    entries=200,
    taken=100,
)


@dataclass(slots=True)
class Bench:
    """One run of the benchmarks."""

    cluster: Cluster
    folder: Path
    sizes: Sizes
    _templates: dict[str, World] = field(default_factory=dict)
    _copies: int = 0

    @contextmanager
    def stocked(self) -> Iterator[tuple[str, World]]:
        """A PostgreSQL database with everything in stock."""
        if "stocked" not in self._templates:
            self._make_stocked()
        with self._copy("stocked") as name:
            yield name, self._templates["stocked"]

    @contextmanager
    def circulating(self) -> Iterator[tuple[str, World]]:
        """A PostgreSQL database with everything in people's pockets."""
        if "circulating" not in self._templates:
            self._make_circulating()
        with self._copy("circulating") as name:
            yield name, self._templates["circulating"]

    @contextmanager
    def stocked_sqlite(self) -> Iterator[tuple[str, World]]:
        """A SQLite file with everything in stock."""
        template = self.folder / "stocked.db"
        if "sqlite" not in self._templates:
            migrate(f"sqlite:///{template}")
            database = Database(f"sqlite:///{template}")
            self._templates["sqlite"] = world.stocked(
                database, self.folder / "sqlite", passes=self.sizes.passes
            )
            database.close()
        self._copies += 1
        copy = self.folder / f"copy{self._copies}.db"
        shutil.copyfile(template, copy)
        yield f"sqlite:///{copy}", self._templates["sqlite"]
        for suffix in ("", "-wal", "-shm"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)

    @contextmanager
    def empty(self) -> Iterator[str]:
        """A migrated PostgreSQL database."""
        name = self.cluster.create(self._next("empty"))
        migrate(self.cluster.address(name))
        yield name
        self.cluster.drop(name)

    @contextmanager
    def _copy(self, template: str) -> Iterator[str]:
        name = self.cluster.create(self._next(template), template=self.cluster.named(template))
        yield name
        self.cluster.drop(name)

    def _next(self, what: str) -> str:
        self._copies += 1
        return f"{what}_{self._copies}"

    def _make_stocked(self) -> None:
        name = self.cluster.create("stocked")
        migrate(self.cluster.address(name))
        database = Database(self.cluster.address(name))
        self._templates["stocked"] = world.stocked(database, self.folder, passes=self.sizes.passes)
        database.close()
        self.cluster.execute("vacuum analyze", database=name)

    def _make_circulating(self) -> None:
        if "stocked" not in self._templates:
            self._make_stocked()
        name = self.cluster.create("circulating", template=self.cluster.named("stocked"))
        self._templates["circulating"] = world.circulating(
            self.cluster, name, self._templates["stocked"], mediators=self.sizes.mediators
        )
