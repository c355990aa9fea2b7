"""A scheme on PostgreSQL, and a way to let many connections do something at the same moment."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest

from app.database import Database
from tests.databases import Databases
from tests.factories import Scheme

CONNECTIONS = 16
T = TypeVar("T")


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """A PostgreSQL database with a connection for each who comes at the same moment."""
    url = databases.clone("postgresql")
    database = Database(url, pool_size=CONNECTIONS)
    yield database
    database.close()
    databases.drop(url)


@pytest.fixture
def scheme(database: Database, tmp_path: Path) -> Scheme:
    """The usual scheme, with stock."""
    with database.transaction() as session:
        scheme = Scheme.ready(session, tmp_path)
        scheme.stock(session)
    return scheme


def all_at_once(work: Callable[[int], T], *, count: int = CONNECTIONS) -> list[T]:
    """Let `count` threads start the work at the same moment; their answers, in their order.

    An error in one of them is raised here.
    """
    gate = Barrier(count)

    def start(number: int) -> T:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))
