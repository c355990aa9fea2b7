"""Reading lists for what waits: on and on, until they end or it would take too long."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from app.database import Place
from app.desk.rules import Waiting

MANY = 100
"""So many of a kind are read at once."""

PIECES = 5
"""So often a list is read on; beyond that a line says « au moins », and opens the list."""


class Row(Protocol):
    """A record of a list: rows are told apart by their ids."""

    @property
    def id(self) -> UUID:
        """Its own."""


RowT = TypeVar("RowT", bound=Row)


def look(read: Callable[[Place], Sequence[RowT]], wanted: Callable[[RowT], bool]) -> Waiting[RowT]:
    """What is wanted of a list, read on until it ends, or until that would take too long."""
    things: list[RowT] = []
    place = Place(MANY)
    for _ in range(PIECES):
        piece = read(place)
        things += filter(wanted, piece)
        if len(piece) < MANY:
            return Waiting(tuple(things))
        place = Place(MANY, after=piece[-1].id)
    return Waiting(tuple(things), more=True)
