"""Reading lists for what waits: on and on, until they end or it would take too long."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from app.database.lists import Place
from app.desk.rules import Waiting

MANY = 100
"""So many of a kind are read at once."""

PIECES = 5
"""So often a list is read on; beyond that a line says « au moins », and opens the list."""

ENOUGH = 30
"""So many are wanted of a kind: whoever has more to do learns nothing from how many more."""


class Row(Protocol):
    """A record of a list: rows are told apart by their ids."""

    @property
    def id(self) -> UUID:
        """Its own."""


RowT = TypeVar("RowT", bound=Row)


def look(read: Callable[[Place], Sequence[RowT]], wanted: Callable[[RowT], bool]) -> Waiting[RowT]:
    """What is wanted of a list, read on until it ends, is enough, or would take too long."""
    things: list[RowT] = []
    place = Place(ENOUGH + 1)
    for _ in range(PIECES):
        piece = read(place)
        things += filter(wanted, piece)
        if len(things) > ENOUGH:
            return Waiting(tuple(things[:ENOUGH]), more=True)
        if len(piece) < place.limit:
            return Waiting(tuple(things))
        place = Place(MANY, after=piece[-1].id)
    return Waiting(tuple(things), more=True)
