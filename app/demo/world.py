"""What the acts of the demonstration share: the session, who is who, and ids from the seed."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.clearing.models import Statement
from app.clearing.receipts import ReceiptSigner
from app.demo.calendar import Timeline
from app.demo.plan import SEED
from app.identity.rules import Actor
from app.kernel import codes
from app.kernel.codes import VoucherCode
from app.kernel.serials import BookletNumber, SerialNumber
from app.partners.vault import BankVault
from app.programmes.keys import KeyStore


@dataclass
class World:
    """One loading. Everything is kept by short names; acts look here for what others made."""

    session: Session
    timeline: Timeline
    keys: KeyStore
    signer: ReceiptSigner
    randomness: Random = field(default_factory=lambda: Random(f"{SEED} ids"))
    programme_id: UUID = field(init=False)
    vintage_id: int = field(init=False)
    organisations: dict[str, UUID] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    orders: dict[str, UUID] = field(default_factory=dict)
    deliveries: dict[str, UUID] = field(default_factory=dict)
    first_serials: dict[int, int] = field(default_factory=dict)
    """Serial of the first pass of each booklet, by the booklet's number."""
    allocations: dict[int, UUID] = field(default_factory=dict)
    consignments: dict[str, UUID] = field(default_factory=dict)
    requests: dict[str, UUID] = field(default_factory=dict)
    losses: dict[str, UUID] = field(default_factory=dict)
    beneficiaries: dict[int, UUID] = field(default_factory=dict)
    statements: dict[tuple[date, str], Statement] = field(default_factory=dict)
    payment_orders: dict[tuple[date, str], UUID] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    """What has been done since the last line of progress."""
    kept: list[object] = field(default_factory=list)
    """Records that everything refers to: while they live here, the session need not read them."""
    key: bytes = b""

    @property
    def vault(self) -> BankVault:
        """Where IBANs are sealed: its key lies with the others."""
        return BankVault(self.keys.folder)

    def new_id(self, at: datetime) -> UUID:
        """A UUID of version 7 (RFC 9562) of that instant; its random bits come from the seed."""
        bits = self.randomness.getrandbits(74)
        value = (int(at.timestamp() * 1000) << 80) | (0x7 << 76) | (bits >> 62 << 64)
        return UUID(int=value | (0b10 << 62) | (bits & ((1 << 62) - 1)))

    def code(self, booklet: int, place: int) -> VoucherCode:
        """The code of one pass, derived as for the printer."""
        return codes.derive(self.key, self.first_serials[booklet] + place)

    def booklet(self, number: int) -> str:
        """The printed number of a booklet."""
        return str(BookletNumber(self.timeline.vintage_label, number))

    def serial(self, booklet: int, place: int) -> SerialNumber:
        """The printed serial number of one pass; places count from 0."""
        return SerialNumber(BookletNumber(self.timeline.vintage_label, booklet), place + 1)

    @contextmanager
    def at(self, instant: datetime) -> Iterator[datetime]:
        """Let the ledger record at that instant."""
        with ledger.recorded_at(self.session, instant):
            yield instant


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens at one instant."""

    at: datetime
    play: Callable[[World, datetime], None]
