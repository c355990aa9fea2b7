"""Where a test begins: a database in which something has happened, made once a run and cloned.

What `Scheme.ready` and `Chain.lived` do through the services takes up to three seconds; a clone of
what they leave takes milliseconds, and is the test's own.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, Self, TypeVar, cast

from app.database.connections import Database
from tests.databases import Databases
from tests.factories import Scheme
from tests.service.chain import Chain


class Movable(Protocol):
    """What knows the folder of the keys."""

    def at(self, folder: Path) -> Self:
        """The same with its keys in that folder."""


MovableT = TypeVar("MovableT", bound=Movable)


def ready(database: Database, folder: Path) -> Scheme:
    """A programme with its people, and nothing ordered."""
    with database.transaction() as session:
        return Scheme.ready(session, folder)


def stocked(database: Database, folder: Path) -> Scheme:
    """The same with the stock that arrived."""
    with database.transaction() as session:
        scheme = Scheme.ready(session, folder)
        scheme.stock(session)
        return scheme


def lived(database: Database, folder: Path) -> Chain:
    """Something rests at every stage."""
    return Chain.lived(database, folder)


def begin(
    databases: Databases,
    dialect: str,
    folder: Path,
    how: Callable[[Database, Path], MovableT],
) -> tuple[str, MovableT]:
    """The address of a new database that began like this, and what is in it.

    The keys that belong to it are copied into the folder.
    """
    made = databases.filled(dialect, how)
    shutil.copytree(made.files, folder, dirs_exist_ok=True)
    return databases.clone(dialect, made), cast("MovableT", made.said).at(folder)
