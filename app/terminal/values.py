"""The values that people type after a verb: days, sums, ids, counts, words of the scheme.

Each refuses in French what it cannot read. Loads nothing of the scheme.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

import click

from app.kernel.clock import FIRST_DAY, LAST_DAY, MARTINIQUE, end_of_day
from app.kernel.ids import LARGEST_INTEGER
from app.kernel.money import NARROW, NO_BREAK, Cents

E = TypeVar("E", bound=StrEnum)
LARGEST_CENTS = LARGEST_INTEGER // 1000
MOST_DIGITS = 19
WHOLE_IN_HUNDREDTHS = 10_000


class Day(click.ParamType[date]):
    """A day: 2026-11-19 or 19/11/2026."""

    name = "JOUR"

    def convert(
        self, value: str | date, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Refuse what is no day, and years in which the scheme cannot be."""
        day = value if isinstance(value, date) else read_day(value.strip())
        if day is None or not FIRST_DAY <= day <= LAST_DAY:
            self.fail(
                f"« {value} » n’est pas un jour : écrivez 2026-11-19 ou 19/11/2026.", param, ctx
            )
        return day


def read_day(typed: str) -> date | None:
    """A day in one of its two forms, or None."""
    if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", typed, re.ASCII):
        typed = f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


class Instant(click.ParamType[datetime]):
    """A day and an hour in Martinique; a day alone means its noon, or its end."""

    name = "INSTANT"

    def __init__(self, *, day_ends: bool = False) -> None:
        self.day_ends = day_ends

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Refuse what is no instant. An offset, where there is one, is kept to."""
        instant = (
            value if isinstance(value, datetime) else read_instant(value, day_ends=self.day_ends)
        )
        if instant is None:
            self.fail(
                f"« {value} » n’est pas un moment : écrivez 2026-11-19T10:30, heure d’ici.",
                param,
                ctx,
            )
        return instant


def read_instant(typed: str, *, day_ends: bool) -> datetime | None:
    """An instant in UTC, or None."""
    day_typed, _, hour = typed.strip().replace("T", " ").partition(" ")
    if (day := read_day(day_typed)) is None or not FIRST_DAY <= day <= LAST_DAY:
        return None
    if not hour and day_ends:
        return end_of_day(day)
    hour = re.sub(r"^(\d)(?=:)", r"0\1", hour.strip().replace("h", ":")) or "12:00"
    try:
        clock = time.fromisoformat(hour)
    except ValueError:
        return None
    zone = clock.tzinfo or MARTINIQUE
    return datetime.combine(day, clock.replace(tzinfo=None), zone).astimezone(UTC)


class Euros(click.ParamType[Cents]):
    """A sum in euros: 2, 2,50 or « 1 230,50 € »; kept as cents."""

    name = "EUROS"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> Cents:
        """Refuse a third decimal rather than round it."""
        if isinstance(value, int):
            return Cents(value)
        bare = re.sub(f"[ {NO_BREAK}{NARROW}€]", "", value)
        found = re.fullmatch(rf"(\d{{1,{MOST_DIGITS}}})(?:[.,](\d{{1,2}}))?", bare, re.ASCII)
        cents = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else -1
        if not 0 <= cents <= LARGEST_CENTS:
            self.fail(f"« {value} » n’est pas une somme : écrivez 1230,50 par exemple.", param, ctx)
        return Cents(cents)


class Percent(click.ParamType[int]):
    """A part of the whole in per cent: 4, 4,5 or « 50 % »; kept as hundredths of a per cent."""

    name = "POUR-CENT"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Refuse a third decimal, and more than the whole."""
        if isinstance(value, int):
            return value
        bare = re.sub(f"[ {NO_BREAK}{NARROW}%]", "", value)
        found = re.fullmatch(r"(\d{1,3})(?:[.,](\d{1,2}))?", bare, re.ASCII)
        hundredths = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else -1
        if not 0 <= hundredths <= WHOLE_IN_HUNDREDTHS:
            self.fail(
                f"« {value} » n’est pas un pourcentage : écrivez 4 ou 4,5 par exemple.", param, ctx
            )
        return hundredths


class Count(click.ParamType[int]):
    """A whole number, within bounds."""

    name = "NOMBRE"

    def __init__(self, least: int = 0, most: int = LARGEST_INTEGER) -> None:
        self.least, self.most = least, most

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Refuse what is no number, and what no table holds."""
        text = str(value).strip()
        number = int(text) if re.fullmatch(rf"\d{{1,{MOST_DIGITS}}}", text, re.ASCII) else -1
        if not self.least <= number <= self.most:
            until = f" et {self.most}" if self.most < LARGEST_INTEGER else ""
            expected = f"entre {self.least}{until}" if until else "entier"
            self.fail(f"« {value} » ne va pas : écrivez un nombre {expected}.", param, ctx)
        return number


class Id(click.ParamType[UUID]):
    """The id of a record or of a request."""

    name = "UUID"

    def convert(
        self, value: str | UUID, param: click.Parameter | None, ctx: click.Context | None
    ) -> UUID:
        """Refuse what is no UUID."""
        found = value if isinstance(value, UUID) else read_id(value)
        if found is None:
            self.fail(f"« {value} » n’est pas un identifiant (UUID).", param, ctx)
        return found


def read_id(typed: str) -> UUID | None:
    """A UUID written in its five groups, or None."""
    form = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    text = typed.strip().lower()
    return UUID(text) if re.fullmatch(form, text) else None


class OneOf(click.ParamType[E], Generic[E]):
    """One of a few words: in French for people, the identifier of the API for programs."""

    def __init__(self, name: str, words: Mapping[str, E]) -> None:
        self.name = name
        self.words = words

    def convert(
        self, value: str | E, param: click.Parameter | None, ctx: click.Context | None
    ) -> E:
        """Refuse another word, naming those that there are."""
        typed = plain(value)
        found = [m for w, m in self.words.items() if typed in {plain(w), plain(m.value)}]
        if not found:
            expected = ", ".join(self.words)
            self.fail(f"« {value} » ne va pas : écrivez l’un de {expected}.", param, ctx)
        return found[0]


def plain(word: str) -> str:
    """A word without accents, capitals, spaces or dashes: people type it as they like."""
    letters = unicodedata.normalize("NFD", word).lower()
    return "".join(c for c in letters if c.isalnum())
