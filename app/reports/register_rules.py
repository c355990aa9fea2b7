"""The register of inactive values: plain values, no database.

A holder answers for what lies in its cupboard, in its drawer and on the way to somebody who has not
signed yet, and for what is withheld there. What is blocked, handed over, expired or void has left.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from app.kernel.money import Cents
from app.ledger import AccountKind

HELD = frozenset(
    {
        AccountKind.STOCK_INERT,
        AccountKind.STOCK,
        AccountKind.TRANSIT,
        AccountKind.PRESCRIBER,
        AccountKind.WITHHELD,
    }
)
"""Where passes lie that a holder has to account for."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a holder had of one vintage at the beginning and at the end of a period."""

    holder_id: UUID
    holder: str
    vintage_id: int
    vintage: str
    face_value_cents: Cents
    opening_count: int
    in_count: int
    out_count: int

    @property
    def id(self) -> UUID:
        """Of the holder and the vintage together."""
        return uuid5(self.holder_id, str(self.vintage_id))

    @property
    def closing_count(self) -> int:
        """What it had at the end."""
        return self.opening_count + self.in_count - self.out_count

    def cents(self, count: int) -> Cents:
        """So many passes at face value."""
        return Cents(count * self.face_value_cents)


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement by a range of serials; what moves between two places of the holder is no in."""

    number: int
    """The movement's own number in the ledger: never given twice, in the order of recording."""
    recorded_at: datetime
    operation: str
    origin: str
    destination: str
    first_serial: str
    last_serial: str
    booklet_count: int
    voucher_count: int
    face_value_cents: Cents
    in_count: int
    out_count: int
    balance_count: int
    document: str

    @property
    def balance_cents(self) -> Cents:
        """What the holder has after it, at face value."""
        return Cents(self.balance_count * self.face_value_cents)


@dataclass(frozen=True, slots=True)
class Register:
    """The register of one holder and one vintage over a period: its head and its two balances."""

    holding: Holding
    since: date
    until: date
    read_at: datetime
    sponsor: str
    specimen: bool


# ── Compte d’emploi ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class UseLine:
    """One line of the account of use, at the end of the year before and of this one."""

    label: str
    why: str
    before_count: int
    count: int
    cents: Cents
    total: bool = False

    @property
    def year_count(self) -> int:
        """What the year added or took."""
        return self.count - self.before_count


@dataclass(frozen=True, slots=True)
class AccountOfUse:
    """What became of the passes of a vintage, closing to what was ordered."""

    programme: str
    vintage: str
    sponsor: str
    face_value_cents: Cents
    on: date
    before_on: date
    read_at: datetime
    ordered: UseLine
    lines: tuple[UseLine, ...]
    specimen: bool

    @property
    def missing_count(self) -> int:
        """Ordered passes that are on no line; anything but 0 is a fault to report."""
        return self.ordered.count - sum(line.count for line in self.lines)

    @property
    def gap(self) -> UseLine:
        """The same as a line, at both ends of the year."""
        before = self.ordered.before_count - sum(line.before_count for line in self.lines)
        cents = Cents(self.missing_count * self.face_value_cents)
        return UseLine(
            "Écart",
            "commandés moins tous les emplois",
            before,
            self.missing_count,
            cents,
            total=True,
        )


# ── Bordereau d’emploi et de versement ────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SlipLine:
    """One line of a slip: passes and their face value; a total stands out."""

    label: str
    count: int
    cents: Cents
    total: bool = False


@dataclass(frozen=True, slots=True)
class Slip:
    """What a régie did with the passes it held, and what it took in and was paid."""

    holder: str
    sponsor: str
    office: str
    since: date
    until: date
    read_at: datetime
    held: tuple[SlipLine, ...]
    taken: tuple[SlipLine, ...]
    specimen: bool
