"""Installations to type commands in: empty on each database, opened, and at work."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminals import Terminal
from tests.cli.town import Town
from tests.databases import Databases


@pytest.fixture
def terminal(database_url: str, tmp_path: Path) -> Terminal:
    """A migrated, empty database of each kind, and nobody acting."""
    return Terminal(tmp_path / "data", database_url)


@pytest.fixture(scope="session")
def opened_once(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A scheme with its people on SQLite, which tests copy."""
    url = databases.clone("sqlite")
    yield Town(Terminal(tmp_path_factory.mktemp("opened"), url)).open()
    databases.drop(url)


@pytest.fixture(scope="session")
def busy_once(opened_once: Town, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The same with passes in people's pockets."""
    return opened_once.copy(tmp_path_factory.mktemp("busy") / "data").supply().issue()


@pytest.fixture
def town(opened_once: Town, tmp_path: Path) -> Town:
    """A scheme with its people and nothing ordered, on SQLite, of the test's own."""
    return opened_once.copy(tmp_path / "data")


@pytest.fixture
def busy(busy_once: Town, tmp_path: Path) -> Town:
    """A scheme where passes circulate, on SQLite, of the test's own."""
    return busy_once.copy(tmp_path / "data")
