"""When a place is open, seen from a moment: plain values, no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.mediators.rules import FRENCH_WEEKDAY, MINUTES_A_DAY, OpeningHours, hour

WEEK = 7 * MINUTES_A_DAY


@dataclass(frozen=True, slots=True)
class OpenState:
    """A place at a moment: open, or opening later, by the stretch that decides it.

    `in_minutes` is 0 when it is open; `days` is 0 for today and 1 for tomorrow.
    """

    in_minutes: int
    days: int
    stretch: OpeningHours

    @property
    def is_open(self) -> bool:
        """Whether somebody may enter now."""
        return self.in_minutes == 0


def standing(hours: Iterable[OpeningHours], at: datetime) -> OpenState | None:
    """How a place stands at a local time; None when no hours are known."""
    minute = at.hour * 60 + at.minute
    now = at.weekday() * MINUTES_A_DAY + minute
    waits = []
    for one in hours:
        opens = one.weekday * MINUTES_A_DAY + one.opens
        is_open = 0 <= (now - opens) % WEEK < one.closes - one.opens
        waits.append((0 if is_open else (opens - now) % WEEK, one))
    if not waits:
        return None
    wait, stretch = min(waits)
    return OpenState(wait, (minute + wait) // MINUTES_A_DAY, stretch)


def opens_in(hours: Iterable[OpeningHours], at: datetime) -> int | None:
    """Minutes until somebody may enter; 0 when it is open now, None when no hours are known."""
    found = standing(hours, at)
    return None if found is None else found.in_minutes


def opening_said(minutes: int, at: datetime) -> str:
    """When a place opens, that many minutes from a local time: « ouvre demain à 8 h »."""
    if minutes == 0:
        return "ouvert en ce moment"
    days, minute = divmod(at.hour * 60 + at.minute + minutes, MINUTES_A_DAY)
    day = {0: "aujourd’hui", 1: "demain"}.get(days) or FRENCH_WEEKDAY[(at.weekday() + days) % 7]
    return f"ouvre {day} à {hour(minute)}"


def standing_said(found: OpenState | None, at: datetime) -> str:
    """How a place stands, in a few words: « ouvert, jusqu’à 12 h »."""
    if found is None:
        return "pas d’horaires"
    if found.is_open:
        return f"ouvert, jusqu’à {hour(found.stretch.closes)}"
    return opening_said(found.in_minutes, at)
