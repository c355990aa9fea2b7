"""A fresh house for tests that write, and one that has lived for those that read or are refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database.connections import Database
from tests.api.house import House, house_that_has_lived
from tests.databases import Databases
from tests.factories import Scheme

DIALECTS = ("sqlite", "postgresql")


@pytest.fixture
def house(database: Database, usual_scheme: Scheme, tmp_path: Path) -> House:
    """A programme with its people, in this test's own database."""
    return House.on(database, tmp_path, usual_scheme)


@pytest.fixture(scope="session", params=DIALECTS)
def lived_in(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """One house a dialect in which something rests at every stage.

    Whoever changes what others look at makes one of their own, under the same name.
    """
    with house_that_has_lived(databases, request.param, tmp_path_factory.mktemp("lived")) as house:
        yield house


@pytest.fixture(scope="module", params=DIALECTS)
def used_up(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Such a house for one module that leaves nothing as it was."""
    with house_that_has_lived(databases, request.param, tmp_path_factory.mktemp("used")) as house:
        yield house
