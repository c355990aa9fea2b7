"""A scheme on PostgreSQL, and a way to let many connections do something at the same moment."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest

from app.database.connections import Database
from tests.beginnings import begin, stocked
from tests.databases import Databases
from tests.factories import Scheme

CONNECTIONS = 16
T = TypeVar("T")


@pytest.fixture
def begun(databases: Databases, tmp_path: Path) -> Iterator[tuple[str, Scheme]]:
    """A PostgreSQL database of this test's own, and the usual scheme with stock that is in it."""
    url, scheme = begin(databases, "postgresql", tmp_path, stocked)
    yield url, scheme
    databases.drop(url)


@pytest.fixture
def database(begun: tuple[str, Scheme]) -> Iterator[Database]:
    """That database with a connection for each who comes at the same moment."""
    database = Database(begun[0], pool_size=CONNECTIONS)
    yield database
    database.close()


@pytest.fixture
def scheme(begun: tuple[str, Scheme]) -> Scheme:
    """The usual scheme, with stock."""
    return begun[1]


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
