"""The demonstration, loaded once in a database of each kind for the tests that only read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.clearing.receipts import ReceiptSigner
from app.database.connections import Database
from app.demo.service import load
from app.programmes.keys import KeyStore
from tests.databases import Databases

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Loaded:
    """A database with the demonstration in it, with the rights of the owner and of everybody."""

    owner: Database
    database: Database
    folder: Path
    now: datetime
    lines: tuple[str, ...]


def load_into(owner: Database, folder: Path, now: datetime) -> tuple[str, ...]:
    """Load the demonstration; returns the lines of progress."""
    lines: list[str] = []
    load(
        owner,
        keys=KeyStore(folder / "keys"),
        signer=ReceiptSigner(folder / "keys"),
        now=now,
        progress=lines.append,
    )
    return tuple(lines)


# Loading it takes as long as all that is asked of it; by night it is asked of both databases.
@pytest.fixture(
    scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.deep)]
)
def loaded(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """The demonstration as it stands on 20 November 2026, late in the morning in Martinique."""
    url = databases.clone(request.param)
    owner, database = Database(url, as_owner=True), Database(url)
    folder = tmp_path_factory.mktemp("demonstration")
    yield Loaded(owner, database, folder, NOW, load_into(owner, folder, NOW))
    owner.close()
    database.close()
    databases.drop(url)
