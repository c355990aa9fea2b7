"""One hostile world for each database, built once; each check works in a transaction of its own."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine

from app.database.connections import Database
from tests.databases import Databases
from tests.ledger.hostile import World

DIALECTS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def world_engine(databases: Databases) -> Iterator[Callable[[str], Engine]]:
    """The engine of a database that holds the world, for a dialect, as the application."""
    made: dict[str, tuple[str, Database]] = {}

    def engine(dialect: str) -> Engine:
        if dialect not in made:
            url = databases.clone(dialect)
            made[dialect] = url, Database(url)
            with made[dialect][1].engine.begin() as connection:
                World(connection).build()
        return made[dialect][1].engine

    yield engine
    for url, database in made.values():
        database.close()
        databases.drop(url)


def world_in(connection: Connection) -> Iterator[World]:
    """The world in a transaction that is rolled back."""
    transaction = connection.begin()
    world = World(connection)
    world.find_accounts()
    yield world
    transaction.rollback()


@pytest.fixture(params=DIALECTS)
def world(request: pytest.FixtureRequest, world_engine: Callable[[str], Engine]) -> Iterator[World]:
    """The world on SQLite, then on PostgreSQL as the application's role."""
    with world_engine(request.param).connect() as connection:
        yield from world_in(connection)


@pytest.fixture
def postgresql_world(world_engine: Callable[[str], Engine]) -> Iterator[World]:
    """The world on PostgreSQL."""
    with world_engine("postgresql").connect() as connection:
        yield from world_in(connection)


@pytest.fixture
def sqlite_world(world_engine: Callable[[str], Engine]) -> Iterator[World]:
    """The world on SQLite."""
    with world_engine("sqlite").connect() as connection:
        yield from world_in(connection)
