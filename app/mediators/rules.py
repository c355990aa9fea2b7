"""What places of mediation offer, and the steps of a label: plain values, no database."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby, pairwise

from app.kernel.money import NO_BREAK


class Service(StrEnum):
    """What a place offers, in the national vocabulary.

    The nine services of the « schéma de données des lieux de médiation numérique »
    (https://github.com/LaMednum/standard-mediation-num), which the national map of places reads.
    """

    ADMINISTRATIVE_PROCEDURES = "administrative_procedures"
    USING_DIGITAL_TOOLS = "using_digital_tools"
    FINDING_WORK = "finding_work"
    SAFE_USE = "safe_use"
    PARENTING_AND_EDUCATION = "parenting_and_education"
    LEISURE_AND_CREATION = "leisure_and_creation"
    UNDERSTANDING_THE_DIGITAL_WORLD = "understanding_the_digital_world"
    ACCESS_TO_EQUIPMENT = "access_to_equipment"
    EQUIPMENT_AT_A_FAIR_PRICE = "equipment_at_a_fair_price"


FRENCH_SERVICE = {
    Service.ADMINISTRATIVE_PROCEDURES: "Aide aux démarches administratives",
    Service.USING_DIGITAL_TOOLS: "Maîtrise des outils numériques du quotidien",
    Service.FINDING_WORK: "Insertion professionnelle via le numérique",
    Service.SAFE_USE: "Utilisation sécurisée du numérique",
    Service.PARENTING_AND_EDUCATION: "Parentalité et éducation avec le numérique",
    Service.LEISURE_AND_CREATION: "Loisirs et créations numériques",
    Service.UNDERSTANDING_THE_DIGITAL_WORLD: "Compréhension du monde numérique",
    Service.ACCESS_TO_EQUIPMENT: "Accès internet et matériel informatique",
    Service.EQUIPMENT_AT_A_FAIR_PRICE: "Acquisition de matériel informatique à prix solidaire",
}

FRENCH_WEEKDAY = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MINUTES_AN_HOUR = 60
MINUTES_A_DAY = 24 * MINUTES_AN_HOUR


@dataclass(frozen=True, slots=True, order=True)
class OpeningHours:
    """A stretch of the week when a place is open: 0 is Monday, minutes from midnight."""

    weekday: int
    opens: int
    closes: int

    @property
    def in_bounds(self) -> bool:
        """Within one day, and for some time."""
        return (
            0 <= self.weekday < len(FRENCH_WEEKDAY)
            and 0 <= self.opens < self.closes <= MINUTES_A_DAY
        )


def week_in_words(hours: Iterable[OpeningHours]) -> tuple[tuple[str, str], ...]:
    """Each day with its hours: « Lundi », « 8 h à 12 h, 14 h à 17 h »."""
    return tuple(
        (
            FRENCH_WEEKDAY[weekday].capitalize(),
            ", ".join(f"{hour(one.opens)} à {hour(one.closes)}" for one in stretches),
        )
        for weekday, stretches in groupby(sorted(hours), key=lambda one: one.weekday)
    )


def hour(minutes: int) -> str:
    """A time of day: « 8 h 30 »."""
    whole, rest = divmod(minutes, 60)
    return f"{whole}{NO_BREAK}h" + (f"{NO_BREAK}{rest:02d}" if rest else "")


MOST_STRETCHES = 21
"""Three a day, all week."""


def hours_overlap(hours: Iterable[OpeningHours]) -> bool:
    """Whether two stretches share a moment, or touch: then they are one."""
    ordered = sorted(hours)
    return any(
        one.weekday == after.weekday and after.opens <= one.closes
        for one, after in pairwise(ordered)
    )


_STRETCH = re.compile(r"(\d{1,2})h(\d{2})?[-–à](\d{1,2})h(\d{2})?")
MOST_A_DAY = 3


def read_hours(typed: str, weekday: int) -> list[OpeningHours] | None:
    """The stretches of a day as people write them: 8h-12h30, 14h-17h. None when unreadable."""
    text = re.sub(r"(?<=\d)\s*[hH:]\s*(?=\d)|(?<=\d)\s*[hH]", "h", typed.strip())
    text = re.sub(r"\s*([-–à])\s*", r"\1", text)
    stretches = [word for word in re.split(r"[\s,;]+|et(?=\d)", text) if word not in {"", "et"}]
    if len(stretches) > MOST_A_DAY:
        return None
    found = []
    for stretch in stretches:
        match = _STRETCH.fullmatch(stretch)
        if match is None:
            return None
        opens, opens_minutes, closes, closes_minutes = (int(part or 0) for part in match.groups())
        one = OpeningHours(weekday, opens * 60 + opens_minutes, closes * 60 + closes_minutes)
        if not one.in_bounds or max(opens_minutes, closes_minutes) >= MINUTES_AN_HOUR:
            return None
        found.append(one)
    return found


def written_hours(hours: Iterable[OpeningHours], weekday: int) -> str:
    """The stretches of a day as `read_hours` reads them."""
    return ", ".join(
        f"{_clock(one.opens)}-{_clock(one.closes)}" for one in hours if one.weekday == weekday
    )


def told_hours(hours: Iterable[OpeningHours], weekday: int) -> str:
    """The stretches of a day as a page tells them: 8 h – 12 h 30, 14 h – 17 h."""
    return ", ".join(
        f"{_spaced(one.opens)}\u00a0– {_spaced(one.closes)}"
        for one in hours
        if one.weekday == weekday
    )


def _spaced(minutes: int) -> str:
    hour, minute = divmod(minutes, MINUTES_AN_HOUR)
    return f"{hour}\u00a0h\u00a0{minute:02d}" if minute else f"{hour}\u00a0h"


def _clock(minutes: int) -> str:
    hour, minute = divmod(minutes, MINUTES_AN_HOUR)
    return f"{hour}h{minute:02d}" if minute else f"{hour}h"


LONGEST_NOTES = 500


class CashOfficeKind(StrEnum):
    """What a régie lets a public body do with public money (CGCT, R.1617-1 ff.)."""

    ADVANCES = "advances"
    REVENUE = "revenue"
    EXTENDED_REVENUE = "extended_revenue"


FRENCH_CASH_OFFICE = {
    CashOfficeKind.ADVANCES: "régie d’avances",
    CashOfficeKind.REVENUE: "régie de recettes",
    CashOfficeKind.EXTENDED_REVENUE: "régie de recettes prolongée",
}


@dataclass(frozen=True, slots=True)
class GrantedLabel:
    """The label that an application ended with."""

    reference: str
    valid_from: date
    valid_until: date


class LabelStep(StrEnum):
    """How far an application for a label has come, after it was handed in."""

    COMPLETE = "complete"
    UNDER_REVIEW = "under_review"
    GRANTED = "granted"
    REFUSED = "refused"


FRENCH_LABEL_STEP = {
    LabelStep.COMPLETE: "Dossier complet",
    LabelStep.UNDER_REVIEW: "En examen",
    LabelStep.GRANTED: "Label accordé",
    LabelStep.REFUSED: "Label refusé",
}

PLACE_OF_STEP = {
    LabelStep.COMPLETE: 1,
    LabelStep.UNDER_REVIEW: 2,
    LabelStep.GRANTED: 3,
    LabelStep.REFUSED: 3,
}
"""Steps go forward, and one may be passed over; granted and refused are one decision."""


FRENCH_RENEWAL = {
    "agreement": "Convention",
    "label": "Label",
    "cash_office": "Régie",
}
"""What comes to an end and may be renewed."""
