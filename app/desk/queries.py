"""Reading lists for what waits: on and on, until they end or it would take too long."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.lists import Place
from app.desk.rules import Waiting
from app.orders.endings import is_over, serves_no_more
from app.programmes import queries as programmes
from app.programmes.models import VintageTerms

MANY = 100
"""So many of a kind are read at once."""

PIECES = 5
"""So often a list is read on; beyond that a line says « au moins », and opens the list."""

ENOUGH = 30
"""So many are wanted of a kind: whoever has more to do learns nothing from how many more."""


@dataclass(frozen=True)
class Day:
    """The day on which somebody looks; what several lists ask of it is read once."""

    session: Session
    today: date

    @cached_property
    def vintages(self) -> dict[int, VintageTerms]:
        """Every vintage."""
        return programmes.all_vintages(self.session)

    @cached_property
    def over(self) -> set[int]:
        """Vintages whose booklets are no longer handed out."""
        return {v for v, terms in self.vintages.items() if is_over(terms, self.today)}

    @cached_property
    def serving(self) -> set[int]:
        """Vintages whose passes can still be used."""
        return {v for v, terms in self.vintages.items() if not serves_no_more(terms, self.today)}

    @cached_property
    def frozen(self) -> set[UUID]:
        """Programmes in which nothing moves."""
        return {freeze.programme_id for _, freeze in programmes.open_freezes(self.session)}


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
