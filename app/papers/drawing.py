"""Guilloche and microtext: fine lines that slow a copyist down, drawn once and shared.

They protect nothing by themselves: a copied pass is refused because its code is spent.
"""

import math
from collections.abc import Callable

from app.papers.fonts import width

Curve = Callable[[float], tuple[float, float]]
FULL_TURN = 2 * math.pi
MICROTEXT_SIZE = 1.25


def curve(point: Curve, slope: Curve, start: float, stop: float, steps: int) -> str:
    """A smooth curve as Béziers, from a parametric point and its derivative, in points."""
    step = (stop - start) / steps
    x, y = point(start)
    drawn = [f"{x:.2f} {y:.2f} m"]
    for place in range(steps):
        here, there = start + place * step, start + (place + 1) * step
        (xa, ya), (xb, yb), (da, ea), (db, eb) = (
            point(here),
            point(there),
            slope(here),
            slope(there),
        )
        drawn.append(
            f"{xa + da * step / 3:.2f} {ya + ea * step / 3:.2f} "
            f"{xb - db * step / 3:.2f} {yb - eb * step / 3:.2f} {xb:.2f} {yb:.2f} c"
        )
    return " ".join(drawn) + " S"


def rosette(
    centre: tuple[float, float], inner: float, outer: float, petals: int = 12, turns: int = 9
) -> str:
    """A ring of interlaced waves with an empty middle for the amount, in points."""
    middle, reach = (inner + outer) / 2, (outer - inner) / 2
    return "\n".join(
        _ring(centre, middle, reach * share, count, FULL_TURN * turn / turns)
        for turn in range(turns)
        for count, share in ((petals, 1.0), (petals + 7, 0.55))
    )


def _ring(
    centre: tuple[float, float], middle: float, reach: float, petals: int, phase: float
) -> str:
    def radius(t: float) -> float:
        return middle + reach * math.sin(petals * t + phase)

    def growth(t: float) -> float:
        return reach * petals * math.cos(petals * t + phase)

    def point(t: float) -> tuple[float, float]:
        return centre[0] + radius(t) * math.cos(t), centre[1] + radius(t) * math.sin(t)

    def slope(t: float) -> tuple[float, float]:
        return (
            growth(t) * math.cos(t) - radius(t) * math.sin(t),
            growth(t) * math.sin(t) + radius(t) * math.cos(t),
        )

    return curve(point, slope, 0, FULL_TURN, petals * 6)


def band(x0: float, x1: float, y: float, height: float, length: float, lines: int = 8) -> str:
    """A woven band along x, in points."""
    steps = max(8, int((x1 - x0) / length * 12))
    return "\n".join(
        _wave((x0, x1), y, height / 2, FULL_TURN / length, FULL_TURN * line / lines, steps)
        for line in range(lines)
    )


def _wave(
    ends: tuple[float, float], y: float, reach: float, pulse: float, phase: float, steps: int
) -> str:
    def point(t: float) -> tuple[float, float]:
        swing = 0.72 * math.sin(pulse * t + phase) + 0.28 * math.sin(2.5 * pulse * t - phase)
        return t, y + reach * swing

    def slope(t: float) -> tuple[float, float]:
        swing = 0.72 * math.cos(pulse * t + phase) + 0.7 * math.cos(2.5 * pulse * t - phase)
        return 1.0, reach * pulse * swing

    return curve(point, slope, *ends, steps)


def microtext(words: str, long: float) -> str:
    """Words repeated until they fill a line of that many millimetres, at `MICROTEXT_SIZE`."""
    unit = f"{words} · "
    return unit * int(long / width(unit, "R", MICROTEXT_SIZE))
