"""The public page in the languages of those who read it.

Each catalogue is a file of sentences by name, in this folder, which somebody who speaks the
language can write without the program. French is the model: a language is offered once its
catalogue says everything that French says, and not before, so a page never mixes two of them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from app.kernel.money import NO_BREAK
from app.mediators.hours import OpenState
from app.mediators.rules import OpeningHours

FOLDER = Path(__file__).parent
MODEL = "fr"
TIED = "~"
"""Stands for a no-break space in a catalogue, where a real one would not be seen."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its sentences by name, « where.open_until »."""

    code: str
    sentences: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.sentences[name]

    def say(self, name: str, **parts: object) -> str:
        """A sentence with its parts in their places."""
        return self.sentences[name].format_map(parts)

    @property
    def name(self) -> str:
        """The language as those who speak it call it."""
        return self["name"]

    def day(self, day: date) -> str:
        """A day in full."""
        number = self["first_of_month"] if day.day == 1 else str(day.day)
        month = self["months"].split()[day.month - 1]
        return self.say("day", day=number, month=month, year=day.year)

    def hour(self, minutes: int) -> str:
        """A time of day."""
        whole, rest = divmod(minutes, 60)
        name = "hour_minute" if rest else "hour"
        return self.say(name, hour=whole, minute=f"{rest:02d}")

    def weekday(self, weekday: int) -> str:
        """A day of the week, as it begins a sentence; 0 is Monday."""
        word = self["weekdays"].split()[weekday]
        return word[0].upper() + word[1:]

    def week(self, hours: tuple[OpeningHours, ...]) -> list[tuple[str, str]]:
        """Each day with its hours."""
        days: dict[int, list[str]] = {}
        for one in sorted(hours):
            days.setdefault(one.weekday, []).append(
                self.say("stretch", opens=self.hour(one.opens), closes=self.hour(one.closes))
            )
        return [(self.weekday(weekday), ", ".join(said)) for weekday, said in days.items()]

    def opening(self, found: OpenState | None) -> str:
        """Whether a place is open now, or when it opens."""
        if found is None:
            return self["where.no_hours"]
        one = found.stretch
        opens, closes = self.hour(one.opens), self.hour(one.closes)
        if found.is_open:
            return self.say("where.open_until", hour=closes)
        if found.days == 0:
            return self.say("where.opens_today", hour=opens)
        if found.days == 1:
            return self.say("where.opens_tomorrow", opens=opens, closes=closes)
        weekday = self.weekday(one.weekday)
        return self.say("where.opens_on", weekday=weekday, opens=opens, closes=closes)

    def distance(self, kilometres: int) -> str:
        """How far a place is."""
        if kilometres == 0:
            return self["where.close"]
        return self.say("where.distance", km=self.say("kilometre", km=kilometres))


def read(code: str) -> dict[str, str]:
    """The sentences of a catalogue by name, empty ones too."""
    found = tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    sentences: dict[str, str] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            sentences |= {f"{name}.{one}": str(said) for one, said in value.items()}
        else:
            sentences[name] = str(value)
    return {name: said.replace(TIED, NO_BREAK) for name, said in sentences.items()}


@lru_cache(maxsize=1)
def languages() -> Mapping[str, Language]:
    """The languages that say everything, French first."""
    model = read(MODEL)
    codes = sorted((path.stem for path in FOLDER.glob("*.toml")), key=lambda c: (c != MODEL, c))
    found = {code: read(code) for code in codes}
    return MappingProxyType(
        {
            code: Language(code, MappingProxyType(said))
            for code, said in found.items()
            if said.keys() == model.keys() and all(said.values())
        }
    )


def language(code: str) -> Language:
    """The language of that code; French when it is not offered."""
    offered = languages()
    return offered.get(code, offered[MODEL])
