"""Lengths of the drawings, out of 100, as SVG attributes: a strict CSP refuses `style=`."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.web.format import share


@dataclass(frozen=True, slots=True)
class RiverColumn:
    """One stage of the flow figure, seen from above: what goes on, then what rests here.

    Each length is a share of all that was ordered. The solids of all columns and the band of
    what left the chain add up to 100.
    """

    goes_on: str
    """Height of the light part, which starts at the top; the solid follows it."""
    rests: str
    bar: str
    """What rests here against the fullest stage, for the narrow form of the figure."""


def river(counts: Sequence[int], whole: int) -> tuple[RiverColumn, ...]:
    """The columns of the stages that hold `counts` passes, in the order of the chain."""
    fullest = max(counts, default=0)
    return tuple(
        RiverColumn(
            goes_on=share(sum(counts[place + 1 :]), whole),
            rests=share(resting, whole),
            bar=share(resting, fullest),
        )
        for place, resting in enumerate(counts)
    )
