"""Every page of the menu of every role, after few passes and after a hundred times as many.

Measured: the time inside the application, on PostgreSQL, with snapshots taken as the server takes
them. The list comes from the menu itself, and a few pages that are opened from there are added, so
a page that is new is measured too. What is reported is the slowest page of each role, and the page
that grew most: all must be answered within a tenth of a second however long the ledger is.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from flask import Flask, url_for

from app.database import Database
from app.factory import RIGHT_OF_DOOR, create_app
from app.identity.rules import RIGHTS, Actor, Right
from app.reports.snapshots import take_snapshots
from app.web.pages import MENU
from benchmarks import history
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_most
from benchmarks.report_pages import FAST_MS, milliseconds, signed_in
from benchmarks.world import World

FLAT = 2.0
"""Of a page of ten milliseconds, half of the time may be the machine’s."""
NOTICED_MS = 20
"""What grows below this is not told: nobody sees it."""
READERS = ("coordinator", "finance", "accountant", "auditor", "plie", "mediator1")
SLOWEST = 4


def measure(bench: Bench) -> list[Figure]:
    """The slowest page of each role, and the growth of all."""
    few, many = bench.sizes.used // 100, bench.sizes.used
    with ExitStack() as both:
        small, large = (both.enter_context(seen(bench, size)) for size in (few, many))
        found: list[Figure] = []
        grown: dict[str, float] = {}
        for reader in READERS:
            times = large.times(reader)
            before = small.times(reader)
            grown |= {
                f"{reader} {path}": ms / before[path]
                for path, ms in times.items()
                if path in before and ms > NOTICED_MS
            }
            slowest = sorted(times, key=times.__getitem__, reverse=True)[:SLOWEST]
            found.append(
                Figure(
                    f"slowest of {len(times)} pages of {reader} after {many:,} passes",
                    times[slowest[0]],
                    "ms",
                    at_most(FAST_MS),
                    ", ".join(f"{path} {times[path]:.0f} ms" for path in slowest),
                )
            )
    most = sorted(grown, key=grown.__getitem__, reverse=True)[:SLOWEST]
    return [
        *found,
        Figure(
            f"the page that grew most, {many:,} / {few:,} passes",
            max(grown.values(), default=1.0),
            "×",
            at_most(FLAT),
            ", ".join(f"{name} {grown[name]:.1f} ×" for name in most),
        ),
    ]


@dataclass(frozen=True, slots=True)
class Seen:
    """A scheme with its passes used, and an application before it."""

    world: World
    app: Flask
    database: Database

    def times(self, reader: str) -> dict[str, float]:
        """The milliseconds of each page that somebody may open."""
        actor = self.world.scheme.actors[reader]
        client = signed_in(self.app, self.database, actor)
        found = {}
        for path in self.paths(actor):
            milliseconds(client, path)
            found[path] = milliseconds(client, path)
        return found

    def paths(self, actor: Actor) -> list[str]:
        """The doors of the menu that are open to somebody, and pages behind them."""
        rights, scheme = RIGHTS[actor.role], self.world.scheme
        doors = [entry for entry in MENU if RIGHT_OF_DOOR[entry.door] in rights]
        with self.app.test_request_context():
            paths = [url_for(entry.endpoint) for entry in doors]
        plie = scheme.organisations["plie"]
        register = f"/registres/{plie}/{scheme.vintage_id}?du=2020-01-01"
        behind = {
            Right.SEE_LEDGER: [
                register,
                f"{register}&apres={self.world.passes // 2}",
                f"/compte-d-emploi/{scheme.vintage_id}",
            ],
            Right.SEE_REDEMPTIONS: [f"/encaissements?jour={scheme.today}"],
        }
        return paths + [path for right, some in behind.items() if right in rights for path in some]


@contextmanager
def seen(bench: Bench, passes: int) -> Iterator[Seen]:
    """A scheme in which so many passes were used."""
    with bench.empty() as name:
        database = Database(bench.cluster.address(name))
        world = history.used(
            database,
            bench.folder / f"seen-{passes}",
            passes=passes,
            mediators=bench.sizes.mediators,
        )
        take_snapshots(database, now=world.scheme.now)
        bench.cluster.execute("vacuum analyze", database=name)
        app = create_app(world.settings(database.url), database)
        yield Seen(world, app, database)
        database.close()
