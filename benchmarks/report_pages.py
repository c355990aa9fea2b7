"""The two report pages, with few movements and with 100,000; no reference and no target yet.

Measured: the time inside the application of « Où sont les pass » and of the usage rate, on
PostgreSQL, asked by the coordination. They are sums over all movements: their time grows with
these until balances have snapshots.
"""

import statistics
import time

from flask.testing import FlaskClient
from flask_login import FlaskLoginClient

from app.database import Database
from app.factory import create_app
from app.identity import queries as identity
from app.web.auth import SignedIn
from benchmarks import plain, world
from benchmarks.bench import Bench
from benchmarks.figures import Figure
from benchmarks.world import World

PAGES = {"« Où sont les pass »": "/ou-sont-les-pass", "usage rate": "/taux-d-utilisation"}
AT_ONCE = 10_000
TIMES = 5


def measure(bench: Bench) -> list[Figure]:
    """Milliseconds of each page."""
    with bench.circulating() as (name, the_world):
        few = milliseconds(bench, name, the_world)
        with plain.postgresql(bench.cluster, name) as believing:
            redeem_the_rest(believing, the_world)
        bench.cluster.execute("vacuum analyze", database=name)
        many = milliseconds(bench, name, the_world)
    return [
        Figure(
            f"page {page} after {the_world.passes:,} redemptions",
            many[page],
            "ms",
            remark=f"{few[page]:.0f} ms after {the_world.past:,}",
        )
        for page in PAGES
    ]


def redeem_the_rest(believing: Database, the_world: World) -> None:
    """Every pass that is left, spread over the mediators, past the rules: it is the fastest way."""
    known = {voucher_id for voucher_id, _ in the_world.codes()}
    left = sorted(known | set(range(the_world.passes_by_http + 1, the_world.passes + 1)))
    for turn, start in enumerate(range(0, len(left), AT_ONCE)):
        number = turn % len(the_world.mediators)
        with believing.transaction() as session:
            plain.redeem(
                session,
                left[start : start + AT_ONCE],
                actor=the_world.mediators[number],
                credit_account_id=world.FIRST_ACCOUNT + 1 + number,
                now=the_world.scheme.now,
            )


def milliseconds(bench: Bench, name: str, the_world: World) -> dict[str, float]:
    """The median time of each page."""
    database = Database(bench.cluster.address(name))
    app = create_app(the_world.settings(database.url), database)
    app.test_client_class = FlaskLoginClient
    with database.transaction(writing=False) as session:
        agent = identity.agent(session, the_world.scheme.actors["coordinator"].agent_id)
    if agent is None:
        message = "the coordination has no account"
        raise RuntimeError(message)
    with app.app_context():
        client = app.test_client(user=SignedIn(agent))
    times = {
        page: statistics.median(seconds(client, path) for _ in range(TIMES))
        for page, path in PAGES.items()
    }
    database.close()
    return {page: 1000 * taken for page, taken in times.items()}


def seconds(client: FlaskClient, path: str) -> float:
    """How long one page takes.

    Raises:
        RuntimeError: another page came.
    """
    started = time.perf_counter()
    answer = client.get(path)
    taken = time.perf_counter() - started
    if answer.status != "200 OK":
        message = f"{path} answered {answer.status}"
        raise RuntimeError(message)
    return taken
