"""Fixtures that every test may ask for: databases of both kinds, as the application or the owner.

One PostgreSQL server and one migrated template serve a whole run, however many processes share
it: the process that starts the others makes them and tells the others where they are.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.orm import Session

from app.database import Database
from app.identity import passwords
from tests.databases import Databases

DIALECTS = ("sqlite", "postgresql")
WHOLE_FOLDERS = {"cli", "service"}
"""Folders whose files share what lives as long as the run."""
ONE_BY_ONE = {"test_gallery.py"}
"""Files of long tests that share nothing dear: any process may take any of them."""

# Databases set the pace here, not the examples: a deadline would only measure the machine.
settings.register_profile(
    "passnum",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("deep", settings.get_profile("passnum"), max_examples=2000)
settings.load_profile("passnum")


DATABASES = pytest.StashKey[Databases]()


def pytest_configure(config: pytest.Config) -> None:
    """Know where databases come from, without starting anything yet."""
    worker = getattr(config, "workerinput", None)
    config.stash[DATABASES] = Databases(worker["databases"] if worker else None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    config.stash[DATABASES].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - pytest-xdist has no public type for it
    """Tell a process of pytest-xdist where the shared server and templates are."""
    node.workerinput["databases"] = node.config.stash[DATABASES].share()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one process run all tests that share a dear fixture, which is then made once."""
    for item in items:
        if item.path.name not in ONE_BY_ONE:
            item.add_marker(pytest.mark.xdist_group(shared_by(item)))


def shared_by(item: pytest.Item) -> str:
    """What a test shares with its neighbours: a folder or a file, and a kind of database."""
    place = item.path.parent if item.path.parent.name in WHOLE_FOLDERS else item.path
    parameters = (
        item.callspec.params.values()
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else ()
    )
    dialect = next((v for v in parameters if isinstance(v, str) and v in DIALECTS), "")
    return f"{place.relative_to(item.config.rootpath).with_suffix('')}-{dialect}"


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Databases:
    """Clones of a migrated template, of either kind."""
    return pytestconfig.stash[DATABASES]


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """The address of a migrated, empty database of this test's own, on SQLite then PostgreSQL."""
    url = databases.clone(request.param)
    yield url
    databases.drop(url)


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
def _cheap_passwords() -> None:
    """A real hash takes a quarter of a second on purpose; no test waits for that."""
    passwords.make_cheap()
