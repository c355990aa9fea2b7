"""Serials allotted, delivered and paid for: plain values, no database."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.kernel.ids import LARGEST_INTEGER
from app.kernel.money import Cents
from app.orders.errors import (
    DeliveryExceedsOrder,
    EmptyDelivery,
    RangeCutsABooklet,
    RangeReversed,
    RangesOverlap,
    SerialsNotOfThisOrder,
    VintageFull,
)

BOOKLET_SIZES = (10, 5)
"""In the order in which an order's serials are allotted."""

LAST_BOOKLET = 999_999
"""Serial numbers are printed with six digits of booklet at most."""


@dataclass(frozen=True, slots=True)
class LineAsked:
    """So many booklets of a size, at a price for each booklet in cents."""

    booklet_size: int
    booklet_count: int
    unit_price_cents: Cents


@dataclass(frozen=True, slots=True, order=True)
class SerialRange:
    """Consecutive serials of one vintage, both ends included."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many passes."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Allotted:
    """The serials that one line of a sent order may bring, and its first booklet's number."""

    booklet_size: int
    serials: SerialRange
    first_booklet: int

    def __str__(self) -> str:
        """In words, for a refusal."""
        return f"{self.serials.first} à {self.serials.last} (carnets de {self.booklet_size})"


def allot(lines: Sequence[LineAsked], *, last_serial: int, last_booklet: int) -> list[Allotted]:
    """Serials for the lines of an order, following the last ones of the vintage without a gap.

    Raises:
        VintageFull: a booklet's number would have more than six digits.
    """
    allotted = []
    for line in sorted(lines, key=lambda line: -line.booklet_size):
        serials = SerialRange(last_serial + 1, last_serial + line.booklet_count * line.booklet_size)
        allotted.append(Allotted(line.booklet_size, serials, last_booklet + 1))
        last_serial, last_booklet = serials.last, last_booklet + line.booklet_count
        if last_booklet > LAST_BOOKLET:
            raise VintageFull(last=LAST_BOOKLET)
    return allotted


def check_delivered(  # noqa: C901 - a list of refusals, in their order
    ranges: Sequence[SerialRange], allotted: Sequence[Allotted]
) -> list[tuple[SerialRange, Allotted]]:
    """Each range with the allotment that it lies in, in order.

    A range over the end of one allotment into the next is cut there.

    Raises, in this order for each range:
        EmptyDelivery, RangeReversed, RangesOverlap, DeliveryExceedsOrder, SerialsNotOfThisOrder,
        RangeCutsABooklet.
    """
    if not ranges:
        raise EmptyDelivery
    for serials in ranges:
        if not 0 < serials.first <= serials.last <= LARGEST_INTEGER:
            raise RangeReversed(first=serials.first, last=serials.last)
    ordered = sorted(ranges)
    for before, after in pairwise(ordered):
        if after.first <= before.last:
            raise RangesOverlap(serial=after.first)
    placed = []
    for serials in ordered:
        pieces = [
            (SerialRange(max(serials.first, a.serials.first), min(serials.last, a.serials.last)), a)
            for a in allotted
            if serials.first <= a.serials.last and serials.last >= a.serials.first
        ]
        expected = " et ".join(map(str, allotted))
        if not pieces:
            raise SerialsNotOfThisOrder(first=serials.first, last=serials.last, expected=expected)
        if sum(piece.count for piece, _ in pieces) < serials.count:
            raise DeliveryExceedsOrder(first=serials.first, last=serials.last, expected=expected)
        placed += pieces
    for piece, a in placed:
        offsets = piece.first - a.serials.first, piece.last + 1 - a.serials.first
        if any(offset % a.booklet_size for offset in offsets):
            raise RangeCutsABooklet(first=piece.first, last=piece.last, size=a.booklet_size)
    return placed


def cost(delivered: Sequence[tuple[SerialRange, int]], unit_price_cents: dict[int, Cents]) -> Cents:
    """What delivered ranges cost, given as (serials, booklet size), at the order's prices."""
    return Cents(sum(serials.count // size * unit_price_cents[size] for serials, size in delivered))
