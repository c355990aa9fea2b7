"""A plain map of the north of Martinique: a coast, numbered places, and where one sets out.

Nothing is fetched from anywhere. The coast is about thirty points that we wrote down by hand, each
within a kilometre and a half of the shore: enough to recognise the north and say which side of the
mountain a place is on. The numbers are those of the list beside it, which says the same in words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Final

from app.kernel.communes import Point

COAST: Final = (
    (14.620, -61.105), (14.641, -61.139), (14.673, -61.164), (14.712, -61.185), (14.742, -61.179),
    (14.768, -61.190), (14.801, -61.226), (14.833, -61.229), (14.862, -61.206), (14.874, -61.181),
    (14.877, -61.143), (14.870, -61.117), (14.853, -61.087), (14.834, -61.055), (14.823, -61.030),
    (14.800, -61.005), (14.785, -60.989), (14.757, -60.973), (14.741, -60.966), (14.752, -60.936),
    (14.770, -60.925), (14.773, -60.886), (14.752, -60.880), (14.740, -60.925), (14.715, -60.930),
    (14.690, -60.890), (14.677, -60.938), (14.655, -60.905), (14.640, -60.880), (14.620, -60.885),
)  # fmt: skip
"""From Case-Pilote round the north to the south of Le Robert: latitude, longitude."""

TOWNS: Final = (
    ("Grand’Rivière", 14.874, -61.181, "middle", 0, -7),
    ("Le Lorrain", 14.834, -61.055, "start", 7, -2),
    ("Sainte-Marie", 14.785, -60.989, "start", 7, 0),
    ("La Trinité", 14.741, -60.966, "end", -7, 4),
    ("Saint-Pierre", 14.742, -61.179, "end", -7, 4),
    ("Case-Pilote", 14.641, -61.139, "end", -7, 4),
)
"""Names to find one’s way by: where each is, and how its name lies beside it."""

WIDTH: Final = 320
MARGIN: Final = 20
LEFT, RIGHT = 36, 14
"""Room for the name of a town on the west coast, which lies in the sea."""
_WEST, _EAST = -61.229, -60.880
_SOUTH, _NORTH = 14.620, 14.877
_ACROSS: Final = cos(radians((_SOUTH + _NORTH) / 2))
_SCALE: Final = (WIDTH - LEFT - RIGHT) / ((_EAST - _WEST) * _ACROSS)
HEIGHT: Final = round((_NORTH - _SOUTH) * _SCALE) + 2 * MARGIN
APART: Final = 22.0
"""Marks nearer than that are drawn as one, with both numbers."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A spot of the map: the numbers of the places there."""

    x: float
    y: float
    numbers: tuple[int, ...]

    @property
    def label(self) -> str:
        """What is written on it; where many are, the first and the last."""
        few = 2
        if len(self.numbers) <= few:
            return "·".join(map(str, self.numbers))
        first, last = self.numbers[0], self.numbers[-1]
        follow = last - first + 1 == len(self.numbers)
        return f"{first}–{last}" if follow else f"{first}…{last}"

    @property
    def half_width(self) -> float:
        """Half the width of its ground."""
        return max(10.0, 4.2 * len(self.label) + 5)


@dataclass(frozen=True, slots=True)
class Town:
    """A name on the map, which begins, ends or has its middle at a point."""

    name: str
    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Map:
    """What a template draws."""

    coast: str
    towns: tuple[Town, ...]
    marks: tuple[Mark, ...]
    here: Mark | None
    outside: tuple[int, ...]
    """The numbers of places beyond the edges of the map."""
    width: int = WIDTH
    height: int = HEIGHT


def spot(point: Point) -> tuple[float, float]:
    """Where a point is on the map, in units of the drawing."""
    x = LEFT + (point.longitude - _WEST) * _ACROSS * _SCALE
    y = HEIGHT - MARGIN - (point.latitude - _SOUTH) * _SCALE
    return round(x, 1), round(y, 1)


def drawn(places: Sequence[tuple[int, Point | None]], here: Point | None) -> Map | None:
    """A map of numbered places; None where no place has coordinates, or none is on the map."""
    marks: list[Mark] = []
    outside: list[int] = []
    for number, point in places:
        if point is None:
            continue
        x, y = spot(point)
        if not (0 <= x <= WIDTH and 0 <= y <= HEIGHT):
            outside.append(number)
            continue
        marks = _with(marks, Mark(x, y, (number,)))
    if not marks:
        return None
    start = Mark(*spot(here), ()) if here is not None else None
    return Map(_path(COAST), _towns(), tuple(marks), start, tuple(outside))


def _with(marks: list[Mark], one: Mark) -> list[Mark]:
    """The marks with one more, drawn together with the one that it would cover."""
    near = next((m for m in marks if hypot(m.x - one.x, m.y - one.y) < APART), None)
    if near is None:
        return [*marks, one]
    both = Mark(near.x, near.y, (*near.numbers, *one.numbers))
    return [both if mark is near else mark for mark in marks]


def _towns() -> tuple[Town, ...]:
    found = []
    for name, latitude, longitude, anchor, right, down in TOWNS:
        x, y = spot(Point(latitude, longitude))
        found.append(Town(name, round(x + right, 1), round(y + down, 1), anchor))
    return tuple(found)


def _path(points: Iterable[tuple[float, float]]) -> str:
    steps = (spot(Point(latitude, longitude)) for latitude, longitude in points)
    return "M" + "L".join(f"{x} {y}" for x, y in steps) + "Z"
