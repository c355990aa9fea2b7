"""Instants are aware UTC; days, cut-offs and years are Martinique's (UTC−4, no summer time)."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MARTINIQUE = ZoneInfo("America/Martinique")

FIRST_DAY = date(2000, 1, 1)
"""Nothing of the scheme happened before: an earlier day is a slip of the keyboard."""
LAST_DAY = date(2099, 12, 31)


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def martinique_day(instant: datetime) -> date:
    """The day it is in Martinique at that instant; the calendar's end for one beyond it."""
    try:
        return instant.astimezone(MARTINIQUE).date()
    except OverflowError:
        return date.max if instant.year > FIRST_DAY.year else date.min


def first_instant(day: date) -> datetime:
    """Midnight in Martinique at the start of that day."""
    return datetime.combine(day, time.min, MARTINIQUE).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The first instant that is no longer that day: an exclusive bound."""
    return first_instant(day + timedelta(days=1))


def next_month(day: date) -> date:
    """The first day of the month after that day's."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def last_of_month(day: date) -> date:
    """The last day of that day's month."""
    return next_month(day) - timedelta(days=1)


def day_asked(since: date, today: date) -> str:
    """The sentence that asks for a day since another, until today."""
    if since >= today:
        return f"Écrivez le jour d’aujourd’hui, {today:%d/%m/%Y} : aucun autre n’est possible."
    return f"Écrivez un jour entre le {since:%d/%m/%Y} et aujourd’hui."


def months_before(day: date, months: int) -> date:
    """The same day so many months earlier; the last of a month that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
