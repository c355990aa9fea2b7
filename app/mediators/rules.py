"""What places of mediation offer, and the steps of a label: plain values, no database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise


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
MINUTES_A_DAY = 24 * 60


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


MOST_STRETCHES = 21
"""Three a day, all week."""


def hours_overlap(hours: Iterable[OpeningHours]) -> bool:
    """Whether two stretches share a moment, or touch: then they are one."""
    ordered = sorted(hours)
    return any(
        one.weekday == after.weekday and after.opens <= one.closes
        for one, after in pairwise(ordered)
    )


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

TAKES_PASSES = frozenset({CashOfficeKind.REVENUE, CashOfficeKind.EXTENDED_REVENUE})
"""A régie d’avances pays out; it takes nothing in."""


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
