"""A scheme with its people, and its pages."""

from pathlib import Path

import pytest

from app.database.connections import Database
from tests.api.house import House
from tests.factories import Scheme


@pytest.fixture
def house(database: Database, usual_scheme: Scheme, tmp_path: Path) -> House:
    """A programme with its people, in this test's own database."""
    return House.on(database, tmp_path, usual_scheme)
