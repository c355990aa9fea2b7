"""What reports are made of: plain values, no database. Each figure names what it is a part of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.kernel.money import Cents


class By(StrEnum):
    """What usage is told apart by."""

    PROGRAMME = "programme"
    VINTAGE = "vintage"
    PRESCRIBER = "prescriber"
    PRESCRIBER_COMMUNE = "prescriber_commune"
    MEDIATOR = "mediator"
    MEDIATOR_COMMUNE = "mediator_commune"
    PUBLIC = "public"
    MONTH = "month"


FRENCH_BY = {
    By.PROGRAMME: "dispositif",
    By.VINTAGE: "millésime",
    By.PRESCRIBER: "prescripteur",
    By.PRESCRIBER_COMMUNE: "commune du prescripteur",
    By.MEDIATOR: "médiateur",
    By.MEDIATOR_COMMUNE: "commune du médiateur",
    By.PUBLIC: "public",
    By.MONTH: "mois",
}

WHERE_USED = frozenset({By.MEDIATOR, By.MEDIATOR_COMMUNE})
"""Passes are not handed out at a mediator: there a part is a part of all that were used."""


BEFORE_PASSNUM = "Repris d’avant passnum"
"""What was handed out, or used, on days and with people that nobody wrote down."""
NO_COMMUNE = "Sans commune propre (intercommunal)"
"""The row of organisations that serve the whole territory, beside those of communes."""


class Denominator(StrEnum):
    """What a rate is a rate of."""

    ISSUED = "issued"
    AVAILABLE = "available"
    REDEEMED = "redeemed"


FRENCH_DENOMINATOR = {
    Denominator.ISSUED: "pass remis sur la même ligne",
    Denominator.AVAILABLE: (
        "pass disponibles sur la même ligne : chez les personnes au début, plus ceux remis ensuite"
    ),
    Denominator.REDEEMED: "tous les pass utilisés de ce tableau",
}


@dataclass(frozen=True, slots=True)
class UsageLine:
    """Passes handed out and used, for one programme, prescriber, commune, public or month."""

    name: str
    redeemed_count: int
    redeemed_cents: Cents
    of_count: int
    """What its rate is a part of: see UsageTable.denominator."""
    issued_count: int | None = None
    detail: str | None = None
    """The commune of an organisation."""
    apart: bool = False
    opening_count: int = 0
    """Of what its rate is a part of, what people had in hand when the period began."""

    @property
    def rate_tenths(self) -> int | None:
        """The rate in tenths of a per cent, rounded half up; of nothing there is no rate.

        Where more was undone than used in a period there is none either.
        """
        if not 0 <= self.redeemed_count <= self.of_count or not self.of_count:
            return None
        return (2000 * self.redeemed_count + self.of_count) // (2 * self.of_count)


@dataclass(frozen=True, slots=True)
class UsageTable:
    """Usage told apart by one thing, over a period or since the beginning."""

    by: By
    since: date | None
    on: date
    read_at: datetime
    scope: str
    lines: tuple[UsageLine, ...]
    total: UsageLine
    sponsor: str
    specimen: bool

    @property
    def denominator(self) -> Denominator:
        """What every rate of the table is a rate of."""
        if self.by in WHERE_USED:
            return Denominator.REDEEMED
        return Denominator.AVAILABLE if self.since or self.by is By.MONTH else Denominator.ISSUED

    @property
    def heading(self) -> str:
        """What stands over the first column."""
        return FRENCH_BY[self.by].capitalize()

    @property
    def rate_of(self) -> str:
        """The denominator in words."""
        return FRENCH_DENOMINATOR[self.denominator]


def summed(lines: Sequence[UsageLine], by: By) -> UsageLine:
    """The last line of a table. Months follow one another: what was there was there once."""
    used = sum(line.redeemed_count for line in lines)
    given = sum(line.issued_count or 0 for line in lines)
    opening = sum(line.opening_count for line in (lines[:1] if by is By.MONTH else lines))
    return UsageLine(
        "Ensemble",
        redeemed_count=used,
        redeemed_cents=Cents(sum(line.redeemed_cents for line in lines)),
        of_count=used if by in WHERE_USED else opening + given,
        issued_count=None if by in WHERE_USED else given,
        opening_count=opening,
    )


# ── One page for the council ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Place:
    """Passes that rest somewhere, and their face value."""

    label: str
    voucher_count: int
    amount_cents: Cents
    why: str = ""


@dataclass(frozen=True, slots=True)
class PublicLine:
    """Passes handed to a public, and used by it."""

    name: str
    issued_count: int
    redeemed_count: int


BASIS = 10_000
"""A whole, in basis points."""


@dataclass(frozen=True, slots=True)
class FunderLine:
    """What a funder bears of the value of the passes used, by its share."""

    name: str
    share_basis_points: int
    amount_cents: Cents
    of_cents: Cents
    """The value of which it is a part: that of every public, or of the agreement's only."""


@dataclass(frozen=True, slots=True)
class KeyDay:
    """A day that the council knows the scheme by."""

    label: str
    day: date | None


@dataclass(frozen=True, slots=True)
class CouncilSheet:
    """Where every pass and every euro is: what was ordered closes to zero, in both."""

    sponsor: str
    programme_name: str
    on: date
    read_at: datetime
    pays_by_issuer: bool
    ordered: Place
    stages: tuple[Place, ...]
    exits: tuple[Place, ...]
    paid: Place
    owed: Place
    committed: Place
    released: Place
    printing_cents: Cents
    fee_cents: Cents
    mandated_cents: Cents
    budget_cents: Cents | None
    budget_committed_cents: Cents
    budget_released_cents: Cents
    """What was committed on it once, and will not be paid any more."""
    issued_count: int
    redeemed_count: int
    agreed: tuple[PublicLine, ...]
    beyond: tuple[PublicLine, ...]
    funders: tuple[FunderLine, ...]
    days: tuple[KeyDay, ...]
    specimen: bool

    @property
    def used_cents(self) -> Cents:
        """The value of the passes used, of which the parts of the funders are the whole."""
        return self.funders[-1].of_cents

    def part_of(self, line: FunderLine) -> tuple[int, int]:
        """A funder's part of everything used, so that the column adds up; its share before that."""
        if not self.used_cents:
            return line.share_basis_points, BASIS
        return line.amount_cents, self.used_cents

    def agreed_only(self, line: FunderLine) -> bool:
        """Whether a funder takes its share of the publics of the agreement only."""
        return line.of_cents != self.funders[-1].of_cents

    @property
    def missing_count(self) -> int:
        """Ordered passes that rest nowhere; anything but 0 is a fault to report."""
        return self.ordered.voucher_count - sum(
            p.voucher_count for p in (*self.stages, *self.exits)
        )

    @property
    def missing_cents(self) -> Cents:
        """Ordered euros that are neither paid, nor owed, nor committed, nor released."""
        parts = (self.paid, self.owed, self.committed, self.released)
        return Cents(self.ordered.amount_cents - sum(p.amount_cents for p in parts))

    @property
    def agreed_total(self) -> PublicLine:
        """The publics of the agreement with the State together."""
        return PublicLine(
            "Publics de la convention",
            sum(p.issued_count for p in self.agreed),
            sum(p.redeemed_count for p in self.agreed),
        )
