"""Figures: what was measured, beside its reference and its target."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum


class Bound(Enum):
    """On which side of a target a figure should lie."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should be."""

    bound: Bound
    value: float

    def met_by(self, value: float) -> bool:
        """Whether a figure is on the right side."""
        return value >= self.value if self.bound is Bound.AT_LEAST else value <= self.value

    def __str__(self) -> str:
        """As the table prints it."""
        return f"{self.bound.value} {self.value:.3g}"


def at_least(value: float) -> Target:
    """That much or more."""
    return Target(Bound.AT_LEAST, value)


def at_most(value: float) -> Target:
    """That much or less."""
    return Target(Bound.AT_MOST, value)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str = ""
    target: Target | None = None
    remark: str = ""

    @property
    def verdict(self) -> str:
        """Met, missed and by how much, or nothing where there is no target."""
        if self.target is None:
            return ""
        if self.target.met_by(self.value):
            return "met"
        if not self.target.value:
            return "missed"
        return f"missed: {self.value / self.target.value:.2f} of the target"

    def __str__(self) -> str:
        """One line of text."""
        value = f"{self.value:.3g}" if self.value < 1000 else f"{self.value:,.0f}"  # noqa: PLR2004 - three digits
        target = str(self.target or "")
        line = f"{self.what:<58} {f'{value} {self.unit}':>14}  {target:<8} {self.verdict}"
        return f"{line.rstrip()}\n    {self.remark}" if self.remark else line.rstrip()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Neighbouring measurements of a thing and of its reference."""

    measured: Sequence[float]
    reference: Sequence[float]

    @property
    def ratios(self) -> list[float]:
        """Each measurement over its neighbour."""
        return [m / r for m, r in zip(self.measured, self.reference, strict=True)]

    @property
    def ratio(self) -> float:
        """Their median."""
        return statistics.median(self.ratios)

    def said(self, unit: str) -> str:
        """Both medians, and how far the ratios spread."""
        return (
            f"{_number(statistics.median(self.measured))} against "
            f"{_number(statistics.median(self.reference))} {unit}; "
            f"ratios {min(self.ratios):.2f}–{max(self.ratios):.2f} in {len(self.ratios)} pairs"
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def in_turn(measure: Callable[[], float], reference: Callable[[], float], *, times: int) -> Pairs:
    """Measure A B A B …: what else happens on the machine happens to both."""
    pairs = [(measure(), reference()) for _ in range(times)]
    return Pairs([m for m, _ in pairs], [r for _, r in pairs])
