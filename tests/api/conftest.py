"""A fresh house for tests that write, and one that has lived for those that read or are refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database import Database
from tests.api.house import House
from tests.databases import Databases
from tests.factories import Scheme
from tests.service.chain import Chain

DIALECTS = ("sqlite", "postgresql")


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    """A programme with its people, in this test's own database."""
    with database.transaction() as session:
        return House.on(database, tmp_path, Scheme.ready(session, tmp_path))


@pytest.fixture(scope="module", params=DIALECTS)
def lived_in(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """One house a dialect and module in which something rests at every stage."""
    folder = tmp_path_factory.mktemp("lived")
    url = databases.clone(request.param)
    database = Database(url)
    house = House.on(database, folder, Chain.lived(database, folder))
    # What the chain ordered, approved and paid is dated two days from now.
    house.clock.days = 2
    yield house
    database.close()
    databases.drop(url)
