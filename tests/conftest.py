"""Fixtures that every test may ask for: databases of both kinds, as the application or the owner.

One PostgreSQL server and one migrated template serve a whole run, however many processes share
it: the process that starts the others makes them and tells the others where they are.
"""

import gc
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.orm import Session
from xdist.scheduler import LoadScopeScheduling

from app.database.connections import Database
from app.identity import passwords
from app.kernel.clock import utc_now
from app.ledger import snapshots
from tests.beginnings import begin, ready
from tests.compiling import compile_once
from tests.databases import Databases
from tests.factories import Scheme

DIALECTS = ("sqlite", "postgresql")
DIALECT_OF_TEST = re.compile(r"[\[-](sqlite|postgresql)[\]-]")
WHOLE_FOLDERS = {"cli", "demo", "service", "walks"}
"""Folders whose files share what lives as long as the run."""
ONE_BY_ONE = {"test_gallery.py"}
"""Files of long tests that share nothing dear: any process may take any of them."""

# Databases set the pace here, not the examples: a deadline would only measure the machine.
settings.register_profile(
    "passnum",
    deadline=None,
    print_blob=True,
    # The same examples for every submission, so that none is refused by chance; deep runs look on.
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile(
    "deep", settings.get_profile("passnum"), derandomize=False, max_examples=2000
)
settings.load_profile("passnum")


# Looking for garbage every 700 objects takes a sixth of the time of tests, and finds next to none.
gc.set_threshold(100_000, 10, 20)

DATABASES = pytest.StashKey[Databases]()
SCHEME = pytest.StashKey[Scheme]()


def pytest_configure(config: pytest.Config) -> None:
    """Know where databases come from, without starting anything yet."""
    # Whoever starts the tests behind a shell hands them a Ctrl-C that is deaf, and so to servers.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    compile_once()
    worker = getattr(config, "workerinput", None)
    config.stash[DATABASES] = Databases(worker["databases"] if worker else None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    config.stash[DATABASES].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - pytest-xdist has no public type for it
    """Tell a process of pytest-xdist where the shared server and templates are."""
    node.workerinput["databases"] = node.config.stash[DATABASES].share()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole folders first, single tests last: they fill what would be an idle core at the end."""

    def turn(item: pytest.Item) -> int:
        file = PurePosixPath(item.nodeid.partition("::")[0])
        if file.name in ONE_BY_ONE:
            return 2
        return 0 if file.parent.name in WHOLE_FOLDERS else 1

    items.sort(key=turn)


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: nobody need look through it again."""
    gc.freeze()


class ByDearFixture(LoadScopeScheduling):  # type: ignore[misc]  # its library has no types
    """Lets one process run all tests that share a dear fixture, which is then made once.

    A scheduler of our own: the marks of `--dist loadgroup` travel in an attribute that pytest 9.2
    no longer reads, and tests that share a scheme would be dealt out one by one.
    """

    def _split_scope(self, nodeid: str) -> str:
        return shared_by(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByDearFixture:  # noqa: ANN401 - pytest-xdist has no public type for it
    """Deal tests out by what they share."""
    return ByDearFixture(config, log)


def shared_by(nodeid: str) -> str:
    """What a test shares with its neighbours: a folder or a file, and a kind of database."""
    file = PurePosixPath(nodeid.partition("::")[0])
    if file.name in ONE_BY_ONE:
        return nodeid
    place = file.parent if file.parent.name in WHOLE_FOLDERS else file
    dialect = DIALECT_OF_TEST.search(nodeid)
    return f"{place}-{dialect[1] if dialect else ''}"


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Databases:
    """Clones of a migrated template, of either kind."""
    return pytestconfig.stash[DATABASES]


@pytest.fixture(params=DIALECTS)
def database_url(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> Iterator[str]:
    """The address of a migrated database of this test's own, on SQLite then PostgreSQL.

    It is empty, unless the test asks for the `usual_scheme` in it.
    """
    if "usual_scheme" in request.fixturenames:
        url, scheme = begin(databases, request.param, tmp_path, ready)
        request.node.stash[SCHEME] = scheme
    else:
        url = databases.clone(request.param)
    yield url
    databases.drop(url)


@pytest.fixture
def usual_scheme(request: pytest.FixtureRequest, database_url: str) -> Scheme:  # noqa: ARG001 - it is in there
    """A programme with its people, in this test's own database, at the instant of this test."""
    scheme: Scheme = request.node.stash[SCHEME]
    return replace(scheme, now=utc_now())


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """This test's database with the rights of the application."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def owner_database(database_url: str) -> Iterator[Database]:
    """The same database with the rights of its owner, who alone writes history."""
    database = Database(database_url, as_owner=True)
    yield database
    database.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session in this test's database; what is not committed is rolled back."""
    with database.session() as session:
        yield session


@pytest.fixture(scope="session", autouse=True)
def _patient_snapshots() -> None:
    """On PostgreSQL whoever writes in another test's database holds back the sums of this one."""
    snapshots.PATIENCE_SECONDS = 60


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> None:
    """A real hash takes a quarter of a second on purpose; no test waits for that."""
    passwords.make_cheap()
