"""The days of the demonstration, all counted from the instant at which it is loaded.

Whatever that day is, there are seven full months behind it, a month under way, and four months
of validity to come.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from app.kernel.clock import first_instant, martinique_day

MONTHS_BEFORE = 7
MONTHS_AFTER = 4
TOLERANCE_DAYS = 31
PREPARATION_DAYS = 45
"""From the first day of preparation to the first day of validity."""

CLEARING_FROM = 6
"""The previous month is cleared on the first working day from this day of the month."""

SATURDAY = 5
_FIXED_HOLIDAYS = ((1, 1), (5, 1), (5, 8), (5, 22), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
"""Public holidays of Martinique; 22 May is the abolition of slavery."""
_AFTER_EASTER = (1, 39, 50)
"""Easter Monday, Ascension Day, Whit Monday."""


@cache
def holidays(year: int) -> frozenset[date]:
    """The days of a year on which nobody is received."""
    first = easter(year)
    return frozenset(
        {date(year, month, day) for month, day in _FIXED_HOLIDAYS}
        | {first + timedelta(days) for days in _AFTER_EASTER}
    )


def easter(year: int) -> date:
    """Easter Sunday (Meeus, Astronomical Algorithms, chapter 8)."""
    century, of_century = divmod(year, 100)
    epact = (
        19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15
    ) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    shift = (year % 19 + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def is_working(day: date) -> bool:
    """Monday to Friday, without public holidays."""
    return day.weekday() < SATURDAY and day not in holidays(day.year)


def working_day(day: date) -> date:
    """That day, or the first working day after it."""
    while not is_working(day):
        day += timedelta(1)
    return day


def working_day_before(day: date) -> date:
    """That day, or the last working day before it."""
    while not is_working(day):
        day -= timedelta(1)
    return day


def working_days_later(day: date, count: int) -> date:
    """So many working days after a day."""
    for _ in range(count):
        day = working_day(day + timedelta(1))
    return day


def instant(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of day in Martinique, where summer time is unknown."""
    return first_instant(day) + timedelta(hours=hour, minutes=minute)


def shifted(first_of_month: date, months: int) -> date:
    """The first day of a month so many months away."""
    count = first_of_month.year * 12 + first_of_month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The days of one loading."""

    now: datetime

    @property
    def today(self) -> date:
        """The day it is in Martinique."""
        return martinique_day(self.now)

    @property
    def this_month(self) -> date:
        """The first day of the month under way."""
        return self.today.replace(day=1)

    @property
    def opens_on(self) -> date:
        """The first day of validity of the passes."""
        return shifted(self.this_month, -MONTHS_BEFORE)

    @property
    def closes_on(self) -> date:
        """The last day of validity of the passes, tolerance not counted."""
        return shifted(self.this_month, MONTHS_AFTER + 1) - timedelta(1)

    @property
    def last_redemption_on(self) -> date:
        """The end of the tolerance."""
        return self.closes_on + timedelta(TOLERANCE_DAYS)

    @property
    def prepared_on(self) -> date:
        """The first day of all."""
        return self.opening(-PREPARATION_DAYS)

    @property
    def newcomer_from(self) -> date:
        """The first day of the mediator who joins late."""
        return shifted(self.this_month, -2)

    @property
    def label_lapses_on(self) -> date:
        """The last day of the label that lapses: the end of the month before last."""
        return shifted(self.this_month, -1) - timedelta(1)

    @property
    def vintage_label(self) -> str:
        """The year of the first day of validity, and the first letter."""
        return f"{self.opens_on:%y}A"

    def opening(self, days: int) -> date:
        """A working day counted from the first day of validity."""
        return working_day(self.opens_on + timedelta(days))

    def ago(self, days: int) -> date:
        """A working day counted back from today."""
        return working_day_before(self.today - timedelta(days))

    @property
    def clearings(self) -> list[tuple[date, datetime]]:
        """The cut-off and the instant of each monthly run that is behind us."""
        cut_offs = [shifted(self.opens_on, month) for month in range(1, MONTHS_BEFORE + 1)]
        runs = [
            (cut_off, instant(working_day(cut_off.replace(day=CLEARING_FROM)), 9))
            for cut_off in cut_offs
        ]
        return [(cut_off, at) for cut_off, at in runs if at < self.now]

    def working_days(self, first: date, last: date) -> list[date]:
        """Every working day between two, both included."""
        span = (last - first).days + 1
        return [d for n in range(span) if is_working(d := first + timedelta(n))]
