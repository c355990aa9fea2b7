"""Publics, entitlements and validity: plain values, no database."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

SENIOR_AGE = 60
BOOKLET_SIZES = (5, 10)
MOST_BOOKLETS = 20
"""One person receives a few booklets; more is a slip of the keyboard."""


class Payer(StrEnum):
    """Who pays the mediators: never both."""

    AUTHORITY = "authority"
    ISSUER = "issuer"


class Public(StrEnum):
    """Whom the scheme is for (seed: deliberation CC-04-2023-095, I b)."""

    PLIE = "plie"
    REGISTERED_JOB_SEEKER = "registered_job_seeker"
    UNREGISTERED_JOB_SEEKER = "unregistered_job_seeker"
    SENIOR = "senior"
    OTHER = "other"


FRENCH_PUBLIC = {
    Public.PLIE: "Participants du PLIE",
    Public.REGISTERED_JOB_SEEKER: "Demandeurs d’emploi inscrits",
    Public.UNREGISTERED_JOB_SEEKER: "Demandeurs d’emploi non inscrits",
    Public.SENIOR: "60 ans et plus",
    Public.OTHER: "Autres publics (comptés à part)",
}


@dataclass(frozen=True, slots=True)
class Entitled:
    """How many booklets of which size one person of a public may receive."""

    public: Public
    booklet_size: int
    booklet_count: int

    @property
    def in_bounds(self) -> bool:
        """A few booklets of a size that is printed."""
        return self.booklet_size in BOOKLET_SIZES and 1 <= self.booklet_count <= MOST_BOOKLETS


RECOMMENDED = (
    Entitled(Public.PLIE, booklet_size=10, booklet_count=3),
    Entitled(Public.REGISTERED_JOB_SEEKER, booklet_size=10, booklet_count=1),
    Entitled(Public.UNREGISTERED_JOB_SEEKER, booklet_size=10, booklet_count=1),
    Entitled(Public.SENIOR, booklet_size=5, booklet_count=1),
    Entitled(Public.OTHER, booklet_size=5, booklet_count=1),
)
"""PLIE and senior are the deliberation's; the three others are our assumption, and a setting."""


def is_senior(birth_year: int, *, on: date) -> bool:
    """With a birth year only, 60 and over means a difference of years of at least 60."""
    return on.year - birth_year >= SENIOR_AGE


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when the passes of a vintage serve, tolerance included."""

    valid_from: date
    valid_until: date
    tolerance_days: int

    @property
    def last_redemption_on(self) -> date:
        """The last day on which a support session counts."""
        return self.valid_until + timedelta(days=self.tolerance_days)

    def redeemable(self, *, on: date) -> bool:
        """Whether a session held that day may be paid with them."""
        return self.valid_from <= on <= self.last_redemption_on

    def issuable(self, *, on: date) -> bool:
        """Whether a booklet may be handed to a person that day."""
        return self.valid_from <= on <= self.valid_until
