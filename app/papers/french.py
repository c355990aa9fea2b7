"""Numbers, amounts and days as French papers write them, in figures and in words.

Accountants keep the traditional spelling: « vingt et un », « quatre-vingts », « deux cents ».
"""

import re
from datetime import date, datetime

from app.kernel.clock import MARTINIQUE, martinique_day
from app.papers.measures import NBSP, NNBSP

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
_UNITS = (
    *("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    *("dix", "onze", "douze", "treize", "quatorze", "quinze", "seize"),
    *("dix-sept", "dix-huit", "dix-neuf"),
)
_TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}
_BORROWS = (7, 9)
"""Seventy and ninety: the ten before, and eleven to nineteen."""
_EIGHTY = 8
TWENTY, HUNDRED, THOUSAND, MILLION, BILLION = 20, 100, 1_000, 1_000_000, 1_000_000_000


def money(cents: int) -> str:
    """An amount with its cents, as accounts show them: 123050 is « 1 230,50 € »."""
    whole, rest = divmod(abs(cents), 100)
    sign = "\N{MINUS SIGN}" if cents < 0 else ""
    return f"{sign}{grouped(whole)},{rest:02d}{NBSP}€"


def grouped(number: int) -> str:
    """A number with its thousands apart: « 12 000 »."""
    sign = "\N{MINUS SIGN}" if number < 0 else ""
    return sign + f"{abs(number):,}".replace(",", NNBSP)


def long_day(day: date) -> str:
    """« 1er juin 2026 », never cut in two."""
    first = "1er" if day.day == 1 else str(day.day)
    return f"{first}{NBSP}{MONTHS[day.month - 1]}{NBSP}{day.year}"


def short_day(day: date) -> str:
    """« 01/06/2026 »."""
    return f"{day:%d/%m/%Y}"


def clock(instant: datetime) -> str:
    """The time in Martinique: « 9 h 30 »."""
    local = instant.astimezone(MARTINIQUE)
    return f"{local.hour}{NBSP}h{NBSP}{local:%M}"


def day_and_time(instant: datetime) -> str:
    """« 1er juin 2026 à 9 h 30 », in Martinique."""
    return f"{long_day(martinique_day(instant))} à {clock(instant)}"


def plural(number: int) -> str:
    """The « s » of two and more."""
    return "s" if abs(number) > 1 else ""


def typeset(sentence: str) -> str:
    """No-break spaces before : ; ! ? » % € and after «."""
    return re.sub(r"« ", f"«{NBSP}", re.sub(r" ([:;!?»%€])", rf"{NBSP}\1", sentence))


def in_words(number: int) -> str:
    """A whole number in words, from zero to 999 999 999 999.

    Raises:
        ValueError: it is negative or larger.
    """
    if not 0 <= number < BILLION * THOUSAND:
        message = f"no words for {number}"
        raise ValueError(message)
    if number < TWENTY:
        return _UNITS[number]
    if number < HUNDRED:
        return _tens(number)
    if number < THOUSAND:
        return _hundreds(number)
    if number < MILLION:
        return _thousands(number)
    scale, name = (BILLION, "milliard") if number >= BILLION else (MILLION, "million")
    head, rest = divmod(number, scale)
    return f"{in_words(head)} {name}{plural(head)}" + (f" {in_words(rest)}" if rest else "")


def euros_in_words(cents: int) -> str:
    """An amount in words: « deux cents euros et cinquante centimes »."""
    whole, rest = divmod(cents, 100)
    of = " d’" if whole >= MILLION and whole % MILLION == 0 else " "
    words = f"{in_words(whole)}{of}euro{plural(whole)}"
    return words + (f" et {in_words(rest)} centime{plural(rest)}" if rest else "")


def _tens(number: int) -> str:
    ten, unit = divmod(number, 10)
    if ten in _BORROWS:
        ten, unit = ten - 1, unit + 10
    if unit == 0:
        return _TENS[ten] + ("s" if ten == _EIGHTY else "")
    link = " et " if unit in (1, 11) and ten != _EIGHTY else "-"
    return f"{_TENS[ten]}{link}{_UNITS[unit]}"


def _hundreds(number: int) -> str:
    hundred, rest = divmod(number, HUNDRED)
    many = f"{_UNITS[hundred]} cent" + ("s" if not rest else "")
    head = "cent" if hundred == 1 else many
    return head + (f" {in_words(rest)}" if rest else "")


def _thousands(number: int) -> str:
    thousand, rest = divmod(number, THOUSAND)
    # « quatre-vingt mille », « deux cent mille »: mille is no noun, the s goes.
    head = re.sub(r"(vingt|cent)s$", r"\1", in_words(thousand))
    words = "mille" if thousand == 1 else f"{head} mille"
    return words + (f" {in_words(rest)}" if rest else "")


def months_told(months: int) -> str:
    """A time in months as people say it: « deux ans », « 18 mois »."""
    return {12: "un an", 24: "deux ans"}.get(months, f"{months}{NBSP}mois")
