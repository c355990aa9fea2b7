"""What a declaration of claims says: plain values."""

from dataclasses import dataclass
from datetime import datetime

from app.kernel.money import Cents
from app.ledger import AccountKind

OWED = (AccountKind.REDEEMED, AccountKind.CLAIMED)
OUTSTANDING = (
    AccountKind.STOCK_INERT,
    AccountKind.STOCK,
    AccountKind.TRANSIT,
    AccountKind.PRESCRIBER,
    AccountKind.CIRCULATION,
    AccountKind.WITHHELD,
    AccountKind.BLOCKED,
)


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """What rests in the accounts of one kind, of one structure, for one vintage."""

    name: str
    programme: str
    vintage: str
    kind: AccountKind
    voucher_count: int
    amount_cents: Cents


@dataclass(frozen=True, slots=True)
class Claims:
    """What a declaration says, at one instant."""

    read_at: datetime
    specimen: bool
    sponsor: str
    owed: tuple[ClaimLine, ...]
    outstanding: tuple[ClaimLine, ...]
