"""Fixtures that every test may ask for: databases of both kinds, as the application or the owner.

One PostgreSQL server and one migrated template serve a whole run, however many processes share
it: the process that starts the others makes them and tells the others where they are.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.orm import Session

from app.database import Database
from tests.databases import OTHER_SERVER, Databases, Server, memory_folder

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


class Run:
    """What one run of the suite shares: started when first asked for, stopped at its end."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self.databases: Databases | None = None

    def start(self) -> Databases:
        """Start the server, unless another was named, and make the templates."""
        if self.databases is None:
            url = os.environ.get(OTHER_SERVER)
            if not url:
                self.server = Server().start()
                url = self.server.url
            self.databases = Databases(url, memory_folder(), f"passnum_template_{os.getpid()}")
            self.databases.make_templates()
        return self.databases

    def stop(self) -> None:
        """Leave nothing behind."""
        if self.databases is not None:
            shutil.rmtree(self.databases.folder, ignore_errors=True)
            if self.server is None:
                self.databases.drop_templates()
        if self.server is not None:
            self.server.stop()


RUN = pytest.StashKey[Run]()


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the shared run, without starting anything yet."""
    config.stash[RUN] = Run()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    config.stash[RUN].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - pytest-xdist has no public type for it
    """Tell a process of pytest-xdist where the shared server and templates are."""
    databases = node.config.stash[RUN].start()
    node.workerinput["databases"] = {
        "server_url": databases.server_url,
        "folder": str(databases.folder),
        "template": databases.template,
    }


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Databases:
    """Clones of a migrated template, of either kind."""
    worker = getattr(pytestconfig, "workerinput", None)
    if worker is None:
        return pytestconfig.stash[RUN].start()
    shared = worker["databases"]
    return Databases(shared["server_url"], Path(shared["folder"]), shared["template"])


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
