"""A count against the register: sets of passes as spans of consecutive ids, no database."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from app.kernel.serials import LARGEST_BOOKLET, BookletNumber, SerialNumber
from app.stock.errors import CountedRangeBroken

MOST_LINES = 1_000
"""Lines of one go: a thousand scanned covers."""
MOST_BOOKLETS = 100_000
"""Booklets of one line; more is a slip of the keyboard."""

_TO = re.compile(r"\s+(?:à|a|au|-|–|—)\s+|\s*[–—]\s*", re.IGNORECASE)


class CountState(StrEnum):
    """How far a count has come: which rows exist says it."""

    OPEN = "open"
    CLOSED = "closed"
    SIGNED = "signed"
    ABANDONED = "abandoned"


NOT_COMPARED = frozenset({CountState.OPEN, CountState.ABANDONED})
"""States in which the theory was never read."""

FRENCH_COUNT_STATE = {
    CountState.OPEN: "en cours",
    CountState.CLOSED: "à signer",
    CountState.SIGNED: "signé",
    CountState.ABANDONED: "abandonné",
}


class DifferenceKind(StrEnum):
    """In which way a pass differs."""

    MISSING = "missing"
    EXCESS = "excess"


FRENCH_DIFFERENCE = {
    DifferenceKind.MISSING: "Manquant",
    DifferenceKind.EXCESS: "En trop",
}


# ── What a person types ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class CountedLine:
    """Booklets found, both ends included; or some passes of one booklet."""

    label: str
    first: int
    last: int
    first_position: int | None = None
    last_position: int | None = None

    @property
    def booklet_count(self) -> int:
        """How many covers."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        """As it is printed."""
        first = BookletNumber(self.label, self.first)
        if self.first_position is None or self.last_position is None:
            if self.first == self.last:
                return str(first)
            return f"{first} à {BookletNumber(self.label, self.last)}"
        ends = [SerialNumber(first, p) for p in (self.first_position, self.last_position)]
        return str(ends[0]) if ends[0] == ends[1] else f"{ends[0]} à {ends[1]}"


def distinct_booklets(lines: Iterable[CountedLine]) -> int:
    """How many booklets lines name; one that two of them name is one."""
    seen = 0
    upto: dict[str, int] = {}
    for line in sorted(lines, key=lambda line: (line.label, line.first)):
        fresh = max(line.first, upto.get(line.label, 0) + 1)
        seen += max(line.last - fresh + 1, 0)
        upto[line.label] = max(upto.get(line.label, 0), line.last)
    return seen


def ends_of(typed: str) -> list[str]:
    """The one or two ends of a line: « 26A 00001 à 26A 00040 », « 26A 00001 à 40 »."""
    return [end.strip() for end in _TO.split(typed, maxsplit=1)]


def line_between(
    first: SerialNumber | BookletNumber, last: SerialNumber | BookletNumber
) -> CountedLine:
    """The line that runs from one end to the other.

    Raises:
        CountedRangeBroken: backwards, over two vintages, from a booklet to a pass, or too long.
    """
    if isinstance(first, SerialNumber) and isinstance(last, SerialNumber):
        if first.booklet != last.booklet or first.position > last.position:
            raise CountedRangeBroken
        number = first.booklet
        return CountedLine(
            number.vintage_label, number.number, number.number, first.position, last.position
        )
    if isinstance(first, SerialNumber) or isinstance(last, SerialNumber):
        raise CountedRangeBroken
    line = CountedLine(first.vintage_label, first.number, last.number)
    if first.vintage_label != last.vintage_label or not 1 <= line.booklet_count <= MOST_BOOKLETS:
        raise CountedRangeBroken
    return line


def fits(line: CountedLine) -> bool:
    """Whether a line that a program sent is one that can be counted."""
    positions = (line.first_position, line.last_position)
    if line.first < 1 or not 1 <= line.booklet_count <= MOST_BOOKLETS:
        return False
    if positions == (None, None):
        return True
    if line.first_position is None or line.last_position is None or line.first != line.last:
        return False
    return 1 <= line.first_position <= line.last_position <= LARGEST_BOOKLET


# ── Sets of passes ────────────────────────────────────────────────────────────────────────────────


class Span(NamedTuple):
    """Passes with consecutive ids, both ends included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many."""
        return self.last - self.first + 1


def union(spans: Iterable[Span]) -> list[Span]:
    """The fewest spans that hold exactly these passes, in order."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.first <= joined[-1].last + 1:
            joined[-1] = Span(joined[-1].first, max(joined[-1].last, span.last))
        else:
            joined.append(span)
    return joined


def without(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What of the first lies in none of the others; both as `union` gives them."""
    left: list[Span] = []
    place = 0
    for first, last in spans:
        start = first
        while place < len(others) and others[place].last < start:
            place += 1
        look = place
        while look < len(others) and others[look].first <= last:
            if others[look].first > start:
                left.append(Span(start, others[look].first - 1))
            start = max(start, others[look].last + 1)
            look += 1
        if start <= last:
            left.append(Span(start, last))
    return left


def counted(spans: Iterable[Span]) -> int:
    """How many passes."""
    return sum(span.size for span in spans)


class Moved(NamedTuple):
    """Passes that came to the holder, or left it, after the instant that is asked about."""

    span: Span
    came: bool


def taken_back(spans: Sequence[Span], moves: Iterable[Moved]) -> list[Span]:
    """What was there before these moves, given the latest first."""
    then = union(spans)
    for span, came in moves:
        then = without(then, [span]) if came else union([*then, span])
    return then


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found against what the register says, in passes."""

    theory: tuple[Span, ...]
    found: tuple[Span, ...]
    missing: tuple[Span, ...]
    excess: tuple[Span, ...]


def compare(theory: Iterable[Span], found: Iterable[Span]) -> Comparison:
    """The two sets, and what is in one of them only."""
    expected, there = union(theory), union(found)
    return Comparison(
        tuple(expected),
        tuple(there),
        tuple(without(expected, there)),
        tuple(without(there, expected)),
    )


@dataclass(frozen=True, slots=True)
class CountTotal:
    """One vintage: what the register says, what was found, and by how much they differ."""

    label: str
    theory_count: int
    counted_count: int
    missing_count: int
    excess_count: int
    face_value_cents: int

    @property
    def difference_count(self) -> int:
        """Found less expected: a missing and an excess pass do not make each other good."""
        return self.counted_count - self.theory_count

    @property
    def theory_cents(self) -> int:
        """The face value of what is expected."""
        return self.theory_count * self.face_value_cents

    @property
    def counted_cents(self) -> int:
        """The face value of what was found."""
        return self.counted_count * self.face_value_cents

    @property
    def difference_cents(self) -> int:
        """The face value of the difference."""
        return self.difference_count * self.face_value_cents
