"""A scheme with its people, and its pages."""

from pathlib import Path

import pytest

from app.database import Database
from tests.api.house import House
from tests.factories import Scheme


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    """A programme with its people, in this test's own database."""
    with database.transaction() as session:
        return House.on(database, tmp_path, Scheme.ready(session, tmp_path))
