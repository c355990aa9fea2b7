"""How the pages write numbers, money, rates and times in French: pure functions, used as filters.

Thousands and units take a no-break space, so that no figure is ever cut in two at the end of a
line. The narrow one would be the printer's choice, but the font of the pages lacks it: browsers
make it up at half a space, two pixels, and 12 000 reads as one word. Times are told in Martinique,
whatever the machine's own zone.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from app.kernel import money
from app.kernel.clock import MARTINIQUE
from app.kernel.money import NARROW, NO_BREAK
from app.kernel.text import de, que, written_phone

MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
WEEKDAYS = ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche")
MONTHS_SHORT = (
    "janv.",
    "févr.",
    "mars",
    "avril",
    "mai",
    "juin",
    "juil.",
    "août",
    "sept.",
    "oct.",
    "nov.",
    "déc.",
)
MINUS = "\N{MINUS SIGN}"
NOTHING_TO_DIVIDE = "\N{EN DASH}"


def count(number: int) -> str:
    """A number of things: 12000 is « 12 000 »."""
    sign = MINUS if number < 0 else ""
    return sign + f"{abs(number):,}".replace(",", NO_BREAK)


def weight(byte_count: int) -> str:
    """How big a file is, as people say it: « 1,2 Mo »."""
    for unit, size in (("Go", 10**9), ("Mo", 10**6)):
        if byte_count >= size:
            return f"{byte_count / size:.1f}".replace(".", ",") + NO_BREAK + unit
    return f"{count(-(-byte_count // 1000))}{NO_BREAK}ko"


def euros(cents: int) -> str:
    """An amount: 123050 is « 1 230,50 € »."""
    return money.euros(cents).replace(NARROW, NO_BREAK)


def plural(number: int) -> str:
    """The « s » of two and more; French says « 0 carnet » and « 1 carnet »."""
    return "s" if abs(number) > 1 else ""


def percent(part: int, whole: int) -> str:
    """A rate with one decimal, rounded half up: 3160 of 6310 is « 50,1 % ».

    Of nothing there is no rate, so a whole of 0 gives a dash and not 0 %; so does a month in which
    more was undone than done.
    """
    if whole == 0 or part < 0:
        return NOTHING_TO_DIVIDE
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{count(tenths // 10)},{tenths % 10}{NO_BREAK}%"


def share(part: int, whole: int) -> str:
    """The same rate as a length out of 100, for the attributes of a drawing: « 50.08 »."""
    if whole == 0 or part < 0:
        return "0"
    return f"{100 * part / whole:.2f}"


def day_long(day: date) -> str:
    """« 6 novembre 2026 », « 1er juin 2026 ».

    Raises:
        TypeError: it is an instant, whose day depends on the zone: `local_day` tells it.
    """
    return f"{_day_of_month(day)}{NO_BREAK}{MONTHS[day.month - 1]} {day.year}"


def day_short(day: date) -> str:
    """« 6 nov. 2026 »."""
    return f"{_day_of_month(day)}{NO_BREAK}{MONTHS_SHORT[day.month - 1]} {day.year}"


def weekday_long(day: date) -> str:
    """« Vendredi 6 novembre »: today, whose year everybody knows."""
    return f"{WEEKDAYS[day.weekday()]} {_day_of_month(day)}{NO_BREAK}{MONTHS[day.month - 1]}"


def month_long(day: date) -> str:
    """The month of a day: « novembre 2026 »."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def month_short(day: date) -> str:
    """« nov. », for the foot of a chart."""
    return MONTHS_SHORT[day.month - 1]


def time_of_day(instant: datetime) -> str:
    """The clock in Martinique: « 10 h 02 ».

    Raises:
        ValueError: the instant has no zone, so nobody knows when it was.
    """
    local = _in_martinique(instant)
    return f"{local.hour}{NO_BREAK}h{NO_BREAK}{local.minute:02d}"


def moment(instant: datetime) -> str:
    """Day and clock in Martinique: « 6 nov. 2026, 10 h 02 »."""
    return f"{local_day(instant)}, {time_of_day(instant)}"


def session_moment(instant: datetime) -> str:
    """The moment of a session, or its day alone where no hour was typed: noon stands for a day."""
    exact = _in_martinique(instant).time() != time(12)
    return moment(instant) if exact else local_day(instant)


def local_day(instant: datetime) -> str:
    """The day it was in Martinique: « 6 nov. 2026 »."""
    return day_short(_in_martinique(instant).date())


def compact(serial: object) -> str:
    """A serial number as it stands in an address: « 26A 00442 07 91 » is 26A004420791."""
    return "".join(str(serial).split())


def typeset(sentence: str) -> str:
    """A sentence with the no-break spaces of French typography before : ; ! ? » and after «."""
    return _AFTER_OPENING.sub(rf"\1{NO_BREAK}", _BEFORE_SIGN.sub(rf"{NO_BREAK}\1", sentence))


def inside(label: str) -> str:
    """A label within a sentence: « Participants du PLIE » begins in lower case and keeps PLIE."""
    first = label.split(" ", 1)[0]
    return label if first.isupper() and len(first) > 1 else label[:1].lower() + label[1:]


_BEFORE_SIGN = re.compile(r" ([:;!?»%€])")
_AFTER_OPENING = re.compile(r"(«) ")


def _day_of_month(day: date) -> str:
    if isinstance(day, datetime):
        message = "an instant is not a day"
        raise TypeError(message)
    return "1er" if day.day == 1 else str(day.day)


def _in_martinique(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        message = "an instant without a zone"
        raise ValueError(message)
    return instant.astimezone(MARTINIQUE)


def phone(number: str) -> str:
    """A telephone number as people read it, on one line: « 0596 12 34 56 »."""
    return written_phone(number, NO_BREAK)


def is_day(typed: str) -> bool:
    """Whether a date field of a browser can show it: a day written 2026-11-19, or nothing."""
    try:
        date.fromisoformat(typed or "2000-01-01")
    except ValueError:
        return False
    return True


def lasting(length: timedelta) -> str:
    """A length of time in minutes, or in hours when it is whole hours."""
    minutes = int(length.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    number, unit = (hours, "heure") if hours and not rest else (minutes, "minute")
    return f"{count(number)}{NO_BREAK}{unit}{'s' if number > 1 else ''}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "compact": compact,
    "count": count,
    "day_long": day_long,
    "day_short": day_short,
    "de": de,
    "euros": euros,
    "inside": inside,
    "is_day": is_day,
    "lasting": lasting,
    "local_day": local_day,
    "moment": moment,
    "session_moment": session_moment,
    "month_long": month_long,
    "month_short": month_short,
    "percent": percent,
    "phone": phone,
    "que": que,
    "plural": plural,
    "share": share,
    "time_of_day": time_of_day,
    "typeset": typeset,
    "weekday_long": weekday_long,
    "weight": weight,
}
