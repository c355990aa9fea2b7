"""Opening hours as OpenStreetMap writes them: « Mo-Fr 08:00-12:00,13:30-16:30; Sa 08:00-12:00 ».

The weekly part of https://wiki.openstreetmap.org/wiki/Key:opening_hours is read. Seasons, dates and
comments are not: they are given back unread, so that somebody can type what they mean.
"""

import re
from collections.abc import Iterable
from itertools import groupby

from app.mediators.rules import MINUTES_A_DAY, OpeningHours, hours_overlap

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
ALL_WEEK = range(len(DAYS))
_DAY = re.compile(r"(Mo|Tu|We|Th|Fr|Sa|Su)(?:\s*-\s*(Mo|Tu|We|Th|Fr|Sa|Su))?")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_RULE = re.compile(r"((?:(?:Mo|Tu|We|Th|Fr|Sa|Su|PH|SH)[\s,-]*)*)(.*)", re.DOTALL)
CLOSED = frozenset({"off", "closed"})


def written(hours: Iterable[OpeningHours]) -> str:
    """Hours of a week, days that are alike together."""
    by_day: dict[int, str] = {}
    for weekday, stretches in groupby(sorted(hours), key=lambda one: one.weekday):
        by_day[weekday] = ",".join(f"{_clock(one.opens)}-{_clock(one.closes)}" for one in stretches)
    spans: dict[str, list[int]] = {}
    for weekday, said in by_day.items():
        spans.setdefault(said, []).append(weekday)
    return "; ".join(f"{_days(weekdays)} {said}" for said, weekdays in spans.items())


def read(typed: str) -> tuple[OpeningHours, ...] | None:
    """Hours of a week; None when something else is said, or nothing that can be read.

    A later rule replaces an earlier one for its days, as OpenStreetMap has it. What holds on public
    holidays alone is left aside.
    """
    text = " ".join(typed.split()).strip("; ")
    if text == "24/7":
        return tuple(OpeningHours(day, 0, MINUTES_A_DAY) for day in ALL_WEEK)
    found: dict[int, list[OpeningHours]] = {}
    for rule in filter(None, (part.strip() for part in text.split(";"))):
        match = _RULE.fullmatch(rule)
        if match is None:
            return None
        named, rest = match[1].strip(" ,"), match[2].strip()
        spans = _spans(rest)
        if spans is None:
            return None
        days = _weekdays(named)
        if named and not days:
            continue  # public holidays or school holidays alone
        for day in days or ALL_WEEK:
            found[day] = [OpeningHours(day, opens, closes) for opens, closes in spans]
    hours = tuple(sorted(one for stretches in found.values() for one in stretches))
    readable = bool(hours) and all(one.in_bounds for one in hours) and not hours_overlap(hours)
    return hours if readable else None


def _spans(rest: str) -> list[tuple[int, int]] | None:
    """The stretches of a rule in minutes; none when it says closed, None when unreadable."""
    if rest.lower() in CLOSED:
        return []
    spans = []
    for part in filter(None, (one.strip() for one in rest.split(","))):
        match = _SPAN.fullmatch(part)
        if match is None:
            return None
        opens, opens_minutes, closes, closes_minutes = map(int, match.groups())
        spans.append((opens * 60 + opens_minutes, closes * 60 + closes_minutes))
    return spans or None


def _weekdays(named: str) -> list[int]:
    days: list[int] = []
    for match in _DAY.finditer(named):
        first = DAYS.index(match[1])
        last = DAYS.index(match[2]) if match[2] else first
        days += [day % len(DAYS) for day in range(first, last + 1 + 7 * (last < first))]
    return days


def _days(weekdays: list[int]) -> str:
    """Days as ranges: Mo-We,Fr."""
    runs: list[list[int]] = []
    for day in weekdays:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
