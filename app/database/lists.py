"""Lists that are read page by page, from the place where a reader stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, UnaryExpression, and_, or_
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.operators import desc_op


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader stands in a list: how many rows, sorted by what, which way, after which one.

    Without a name the list has its first order, the latest first. A reader who goes back is given
    the rows before that one, the nearest first.
    """

    limit: int
    by: str = ""
    descending: bool = True
    after: UUID | int | None = None
    back: bool = False


def placed(
    query: Select[Any],
    place: Place,
    row_id: InstrumentedAttribute[Any],
    orders: Mapping[str, Sequence[SQLColumnExpression[Any]]],
) -> Select[Any]:
    """The rows of a list from that place on: sorted by a value, then by id, both the same way.

    `orders` are the values that may be asked for, never null; what follows the first one sorts
    its equals, always upwards, or always downwards where it is written `….desc()`. Only the id of
    the last row read travels: the values beside it are looked up by the same query, which has no
    filter yet. So an address stays short, and a row that changes its state between two pages does
    not lose the place.
    """
    value, *equals = orders[place.by or next(iter(orders))]
    keys = [(value, place.descending), *map(_way_of, equals)]
    keys.append((row_id, place.descending and not equals))
    if place.back:
        keys = [(key, not down) for key, down in keys]
    listed = query.order_by(*(key.desc() if down else key.asc() for key, down in keys))
    if place.after is not None:
        steps: list[ColumnElement[bool]] = []
        same: list[ColumnElement[bool]] = []
        for key, down in keys:
            last = (
                query.with_only_columns(key)
                .where(row_id == place.after)
                .correlate(None)
                .scalar_subquery()
            )
            steps.append(and_(*same, key < last if down else key > last))
            same.append(key == last)
        listed = listed.where(or_(*steps))
    return listed.limit(place.limit)


def _way_of(key: SQLColumnExpression[Any]) -> tuple[SQLColumnExpression[Any], bool]:
    """A value that sorts equals, and whether the greatest comes first."""
    if isinstance(key, UnaryExpression) and key.modifier is desc_op:
        return key.element, True
    return key, False
