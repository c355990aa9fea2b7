"""What the information kit says, as plain values: it depends on a programme and on a day alone."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.kernel.communes import commune_named
from app.kernel.money import Cents, euros
from app.programmes.rules import Entitled, Public


class KitPaper(StrEnum):
    """The papers of the kit, by the names of their files."""

    POSTER_A3 = "affiche-a3"
    POSTER_A4 = "affiche-a4"
    PARTNER = "partenaires"
    PRESCRIBER = "prescripteur"
    MEDIATOR = "mediateur"


ASKED = {
    Public.PLIE: "Vous êtes suivi par le PLIE",
    Public.REGISTERED_JOB_SEEKER: "Vous cherchez un emploi",
    Public.UNREGISTERED_JOB_SEEKER: "Vous cherchez un emploi",
    Public.SENIOR: "Vous avez 60 ans ou plus",
    Public.OTHER: "Le numérique vous bloque ? Demandez aussi",
}
"""Each public as it is spoken to on a wall; two that are spoken to alike are one line."""


@dataclass(frozen=True, slots=True)
class KitVintage:
    """The passes that are handed out: what one is worth, and until when it serves."""

    label: str
    face_value_cents: Cents
    valid_until: date
    last_redemption_on: date


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a pass is asked for, or used."""

    name: str
    commune: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """Who answers for the scheme, and how its page of the directory says to reach it.

    What is not said there is empty: nothing is made up.
    """

    name: str = ""
    address: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Kit:
    """Everything that the papers of the kit say.

    `vintages` are those that serve on the day or will, the first to end first; those that were
    taken over come last. `page` is the address of the public page; empty where this installation
    has not said its own.
    """

    programme_name: str
    sponsor: str
    on: date
    vintages: tuple[KitVintage, ...]
    entitlements: tuple[Entitled, ...]
    pays: str
    """Who pays the mediators, by name."""
    payment_delay_days: int
    fee_basis_points: int
    withhold_days_before_end: int
    late_days_before_end: int
    certification_required: bool
    session_required: bool
    prescribers: tuple[Spot, ...]
    places: tuple[Spot, ...]
    reached: tuple[str, ...]
    """How the sponsor is reached, as far as the directory says it."""
    page: str
    specimen: bool

    @property
    def vintage(self) -> KitVintage | None:
        """The passes in people's hands first of all."""
        return self.vintages[0] if self.vintages else None

    @property
    def worth(self) -> str:
        """What one pass is worth: « 10 € », or two values where two serve together."""
        return " ou ".join(map(euros, sorted({one.face_value_cents for one in self.vintages})))

    @property
    def publics(self) -> tuple[str, ...]:
        """Who may ask, as a wall says it."""
        given = {one.public for one in self.entitlements}
        return tuple(dict.fromkeys(words for public, words in ASKED.items() if public in given))

    @property
    def towns(self) -> tuple[str, ...]:
        """The communes where one asks; who serves the whole territory is in none of them."""
        return tuple(
            dict.fromkeys(spot.commune for spot in self.prescribers if commune_named(spot.commune))
        )

    def before_end(self, days: int) -> date | None:
        """The day that comes so many days before the first end of validity."""
        return self.vintage.valid_until - timedelta(days=days) if self.vintage else None
