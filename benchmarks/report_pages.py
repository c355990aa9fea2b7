"""What the coordination looks at, after few passes and after a hundred times as many.

Measured: the time inside the application of the pages and of GET /ledger/balances, on PostgreSQL,
with snapshots taken as they are by a job. They are sums over the journal, so their reference is
the same page over a short journal: it must take the same time.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from app.database.connections import Database
from app.factory import create_app
from app.identity import queries as identity
from app.identity.rules import FROM_SERVER, Actor
from app.identity.session_rules import Method, Second
from app.identity.sessions import begin_session
from app.kernel.clock import utc_now
from app.reports.snapshots import take_snapshots
from app.web.cookie import COOKIE
from benchmarks import history
from benchmarks.bench import Bench
from benchmarks.figures import Figure, at_most, in_turn
from benchmarks.world import World

FLAT, FAST_MS = 1.2, 100
MILLISECONDS = 1000
TURNS = 3
"""How often a page is asked for in one measurement."""


def measure(bench: Bench) -> list[Figure]:
    """Each page's time, as a multiple of its time over a hundredth of the passes too."""
    few, many = bench.sizes.used // 100, bench.sizes.used
    with visited(bench, few) as (small, world), visited(bench, many) as (large, _):
        found = []
        for name, path in pages(world).items():
            milliseconds(large, path), milliseconds(small, path)
            pairs = in_turn(
                lambda path=path: milliseconds(large, path),  # type: ignore[misc]
                lambda path=path: milliseconds(small, path),  # type: ignore[misc]
                times=bench.sizes.pairs,
            )
            found += [
                Figure(
                    f"{name} after {many:,} passes",
                    statistics.median(pairs.measured),
                    "ms",
                    at_most(FAST_MS),
                ),
                Figure(
                    f"{name}: {many:,} / {few:,} passes",
                    pairs.ratio,
                    "×",
                    at_most(FLAT),
                    pairs.said("ms"),
                ),
            ]
    return found


def pages(world: World) -> dict[str, str]:
    """What is looked at, where."""
    month = (world.scheme.today.replace(day=1) - timedelta(days=1)).replace(day=1)
    then = world.scheme.today - timedelta(days=history.DAYS // 2)
    return {
        "« Où sont les pass »": "/ou-sont-les-pass",
        "the same two months ago": f"/ou-sont-les-pass?au={then:%d/%m/%Y}",
        "usage rate": "/taux-d-utilisation",
        "usage rate of two months": f"/taux-d-utilisation?par=public&du={month:%d/%m/%Y}",
        "usage rate since a day": f"/taux-d-utilisation?du={then:%d/%m/%Y}",
        "« /conseil »": "/conseil",
        "/stock": "/stock",
        "balances": "/api/v1/ledger/balances",
    }


@contextmanager
def visited(bench: Bench, passes: int) -> Iterator[tuple[FlaskClient, World]]:
    """The coordination before a scheme in which so many passes were used."""
    with bench.empty() as name:
        database = Database(bench.cluster.address(name))
        world = history.used(
            database,
            bench.folder / f"visited-{passes}",
            passes=passes,
            mediators=bench.sizes.mediators,
        )
        take_snapshots(database, now=world.scheme.now)
        bench.cluster.execute("vacuum analyze", database=name)
        app = create_app(world.settings(database.url), database)
        client = signed_in(app, database, world.scheme.actors["coordinator"])
        yield client, world
        database.close()


def signed_in(app: Flask, database: Database, actor: Actor) -> FlaskClient:
    """Somebody before an application, who has shown a second factor.

    Raises:
        RuntimeError: nobody has that account.
    """
    with database.transaction() as session:
        agent = identity.agent(session, actor.agent_id)
        if agent is None:
            message = f"{actor.role} has no account"
            raise RuntimeError(message)
        secret, _ = begin_session(
            session,
            agent=agent,
            method=Method.PASSWORD,
            second=Second.TOTP,
            browser="Mesures",
            minutes={},
            origin=FROM_SERVER,
            now=utc_now(),
        )
    client = app.test_client()
    client.set_cookie(COOKIE, secret)
    return client


def milliseconds(client: FlaskClient, path: str) -> float:
    """The milliseconds that one page takes.

    Raises:
        RuntimeError: another page came.
    """
    times = []
    for _ in range(TURNS):
        started = time.perf_counter()
        answer = client.get(path)
        times.append(time.perf_counter() - started)
        if answer.status != "200 OK":
            message = f"{path} answered {answer.status}"
            raise RuntimeError(message)
    return MILLISECONDS * statistics.median(times)
