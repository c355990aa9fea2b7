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
