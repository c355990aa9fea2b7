"""What a pass is worth to a mediator, and what a statement comes to: plain values."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from operator import itemgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

from app.clearing.errors import (
    OutsideValidity,
    SessionBeforeIssue,
    VoucherBlocked,
    VoucherExpired,
    VoucherNotIssued,
    VoucherVoid,
)
from app.kernel import codes
from app.kernel.clock import first_instant
from app.kernel.errors import DomainError
from app.kernel.money import Cents
from app.ledger import AccountKind, VoucherRange
from app.programmes.rules import Validity

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a device's clock may run ahead of ours."""

TAKEN = frozenset({AccountKind.REDEEMED, AccountKind.CLAIMED, AccountKind.SETTLED})

_REFUSALS: dict[AccountKind, type[DomainError]] = {
    AccountKind.ISSUER: VoucherNotIssued,
    AccountKind.STOCK_INERT: VoucherNotIssued,
    AccountKind.STOCK: VoucherNotIssued,
    AccountKind.TRANSIT: VoucherNotIssued,
    AccountKind.PRESCRIBER: VoucherNotIssued,
    AccountKind.WITHHELD: VoucherNotIssued,
    AccountKind.VOID: VoucherVoid,
    AccountKind.EXPIRED: VoucherExpired,
    AccountKind.CREDITED: VoucherExpired,
}


def refusal_of_state(kind: AccountKind, *, since: str = "") -> DomainError | None:
    """Why a pass that rests there is not taken; None in circulation or where it is taken.

    Of a blocked one it is told since when.
    """
    if kind is AccountKind.BLOCKED:
        return VoucherBlocked(since=since)
    refusal = _REFUSALS.get(kind)
    return refusal() if refusal else None


def refusal_of_day(validity: Validity, *, on: date, issued_on: date | None) -> DomainError | None:
    """Why a session held that day is not paid with that pass; None when it is."""
    if not validity.redeemable(on=on):
        return OutsideValidity(
            valid_from=f"{validity.valid_from:%d/%m/%Y}",
            valid_until=f"{validity.valid_until:%d/%m/%Y}",
            last_redemption_on=f"{validity.last_redemption_on:%d/%m/%Y}",
            day=f"{on:%d/%m/%Y}",
        )
    if issued_on is not None and on < issued_on:
        return SessionBeforeIssue(day=f"{on:%d/%m/%Y}", issued_on=f"{issued_on:%d/%m/%Y}")
    return None


class RedemptionState(StrEnum):
    """How far a redemption has come."""

    OPEN = "open"
    CLAIMED = "claimed"
    SETTLED = "settled"
    OFFSET = "offset"
    UNDONE = "undone"
    WITHDRAWN = "withdrawn"
    TAKEN_BACK = "taken_back"


# ── Support sessions ──────────────────────────────────────────────────────────────────────────────

SHORTEST_SESSION, LONGEST_SESSION = 5, 600
"""Minutes: less is no session, more is a day typed as one."""
LARGEST_GROUP = 100


class SessionKind(StrEnum):
    """For one person, or for several."""

    INDIVIDUAL = "individual"
    GROUP = "group"


FRENCH_SESSION_KIND = {
    SessionKind.INDIVIDUAL: "Individuel",
    SessionKind.GROUP: "En groupe",
}


class Topic(StrEnum):
    """What a session was about: a short list, so that a counter can tick it in a moment."""

    COMPUTER = "computer"
    PHONE = "phone"
    INTERNET = "internet"
    EMAIL = "email"
    FORMALITIES = "formalities"
    EMPLOYMENT = "employment"
    DOCUMENTS = "documents"
    SAFETY = "safety"


FRENCH_TOPIC = {
    Topic.COMPUTER: "Ordinateur",
    Topic.PHONE: "Téléphone et tablette",
    Topic.INTERNET: "Internet",
    Topic.EMAIL: "Courriel",
    Topic.FORMALITIES: "Démarches en ligne",
    Topic.EMPLOYMENT: "Emploi",
    Topic.DOCUMENTS: "Documents et photos",
    Topic.SAFETY: "Sécurité et arnaques",
}


@dataclass(frozen=True, slots=True)
class ToldSession:
    """A session as a mediator tells it, or as a paper sheet does: how long, for whom, about what.

    Topics may be missing: better none than one ticked to get on.
    """

    duration_minutes: int
    kind: SessionKind
    people_count: int = 1
    topics: tuple[Topic, ...] = ()

    @property
    def wrong(self) -> dict[str, str]:
        """What cannot have been, by field."""
        wrong = {}
        if not SHORTEST_SESSION <= self.duration_minutes <= LONGEST_SESSION:
            wrong["duration_minutes"] = (
                f"Écrivez une durée de {SHORTEST_SESSION} à {LONGEST_SESSION} minutes."
            )
        if self.kind is SessionKind.INDIVIDUAL and self.people_count != 1:
            wrong["people_count"] = "Un accompagnement individuel compte une personne."
        if self.kind is SessionKind.GROUP and not 1 < self.people_count <= LARGEST_GROUP:
            wrong["people_count"] = f"Écrivez combien de personnes : de 2 à {LARGEST_GROUP}."
        return wrong

    def as_json(self) -> dict[str, Any]:
        """As it is kept until it becomes a session."""
        return {
            "duration_minutes": self.duration_minutes,
            "kind": str(self.kind),
            "people_count": self.people_count,
            "topics": sorted(map(str, set(self.topics))),
        }

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> "ToldSession":
        """What was kept."""
        return cls(
            kept["duration_minutes"],
            SessionKind(kept["kind"]),
            kept["people_count"],
            tuple(map(Topic, kept["topics"])),
        )


NOON = timedelta(hours=12)


def instant_of(day: date, *, now: datetime) -> datetime:
    """The instant of a session of which only the day is known: noon, or now if that is sooner."""
    return min(first_instant(day) + NOON, now)


# ── Statements ────────────────────────────────────────────────────────────────────────────────────

CERTIFIED = (
    "Je certifie que les accompagnements énumérés ont été réalisés, et que chaque pass a été remis "
    "par la personne accompagnée."
)
"""What a mediator signs, on screen and on paper."""
WHOLE_IN_BASIS_POINTS = 10_000


class StatementState(StrEnum):
    """How far a statement has come: which rows exist says it."""

    DRAFT = "draft"
    EMPTY = "empty"
    """Every pass was withdrawn: there is nothing to approve."""
    APPROVED = "approved"
    ORDERED = "ordered"
    PAID = "paid"
    OFFSET = "offset"
    """All that it owed was recovered: its passes are settled without a payment."""
    REJECTED = "rejected"
    """The money came back: another order is to be made."""


OWED = (
    StatementState.DRAFT,
    StatementState.APPROVED,
    StatementState.ORDERED,
    StatementState.REJECTED,
)
"""What is still to be paid."""


HELD = "retained"
"""Among the states of a list: drafts that cannot be paid yet."""


class ClawbackState(StrEnum):
    """How far a clawback has come."""

    WAITING = "waiting"
    SET_ASIDE = "set_aside"
    OWED = "owed"
    RECOVERED = "recovered"


class SheetState(StrEnum):
    """How far a typed sheet has come."""

    WAITING = "waiting"
    APPROVED = "approved"
    SET_ASIDE = "set_aside"


class HoldReason(StrEnum):
    """Why a draft cannot be approved yet. Nobody else's waits with it."""

    BANK_DETAILS = "bank_details_missing"
    CERTIFICATION = "certification_missing"


@dataclass(frozen=True, slots=True)
class Total:
    """What a version of a statement comes to: face value, fee and net kept apart."""

    voucher_count: int
    amount_cents: Cents
    fee_cents: Cents
    net_cents: Cents

    @classmethod
    def of(cls, voucher_count: int, amount_cents: int, *, fee_basis_points: int) -> "Total":
        """The total of so many passes; the fee is rounded half up, once."""
        fee = fee_of(amount_cents, basis_points=fee_basis_points)
        return cls(voucher_count, Cents(amount_cents), fee, Cents(amount_cents - fee))


def fee_of(amount_cents: int, *, basis_points: int) -> Cents:
    """A fee in basis points of a face value, rounded half up to the cent.

    The database computes the same (statement_fee_is_rounded_half_up).
    """
    half = WHOLE_IN_BASIS_POINTS // 2
    return Cents((amount_cents * basis_points + half) // WHOLE_IN_BASIS_POINTS)


def fee_share(amount_cents: int, *, before: int, basis_points: int) -> Cents:
    """The fee that comes back with a pass, after others of the same statement came back.

    The fee was rounded once for the whole statement: so are its parts together.
    """
    after = fee_of(before + amount_cents, basis_points=basis_points)
    return Cents(after - fee_of(before, basis_points=basis_points))


OwedT = TypeVar("OwedT")


def fitting(owed: Iterable[OwedT], net_cents: int, *, worth: Callable[[OwedT], int]) -> list[OwedT]:
    """What can be recovered of a net to pay: in order, each whole, as long as it fits."""
    left, found = net_cents, list[OwedT]()
    for one in owed:
        if worth(one) <= left:
            left -= worth(one)
            found.append(one)
    return found


OfT = TypeVar("OfT", bound=Hashable)


class Debts(Generic[OfT]):
    """What is owed back, deducted as approvals do: the oldest first, each whole, while it fits.

    Each debt is told by what it may be deducted from (a mediator's nets in one programme) and what
    it is worth, the oldest first.
    """

    def __init__(self, owed: Iterable[tuple[OfT, int]]) -> None:
        self._left: defaultdict[OfT, list[int]] = defaultdict(list)
        for of, cents in owed:
            self._left[of].append(cents)
        self.kept_cents = 0

    @property
    def left_cents(self) -> int:
        """What nothing has deducted."""
        return sum(map(sum, self._left.values()))

    def held_back(self, of: OfT, net_cents: int) -> Cents:
        """What a net to pay would lose if it were approved now. Nothing is deducted."""
        return Cents(sum(fitting(self._left.get(of, ()), net_cents, worth=int)))

    def deducted(self, of: OfT, net_cents: int) -> Cents:
        """What is left to be paid of a net; what it makes up for is deducted from no other."""
        owed = list(enumerate(self._left.get(of, ())))
        fit = dict(fitting(owed, net_cents, worth=itemgetter(1)))
        if fit:
            self._left[of] = [cents for place, cents in owed if place not in fit]
        kept = sum(fit.values())
        self.kept_cents += kept
        return Cents(net_cents - kept)


def passes_have_expired(last_redemption_on: date, *, upload_days: int, today: date) -> bool:
    """Whether the passes of a vintage expire that day or have: the last uploads are in."""
    return today >= last_redemption_on + timedelta(days=upload_days)


def without(ranges: Iterable[VoucherRange], taken: Iterable[VoucherRange]) -> list[VoucherRange]:
    """What is left of ranges once others are taken out of them, in order."""
    left = sorted(ranges)
    for hole in sorted(taken):
        pieces = []
        for there in left:
            if hole.last < there.first or there.last < hole.first:
                pieces.append(there)
                continue
            if there.first < hole.first:
                pieces.append(VoucherRange(there.first, hole.first - 1))
            if hole.last < there.last:
                pieces.append(VoucherRange(hole.last + 1, there.last))
        left = pieces
    return left


def common(one: VoucherRange, other: VoucherRange) -> VoucherRange | None:
    """The vouchers that two ranges share, if any."""
    first, last = max(one.first, other.first), min(one.last, other.last)
    return VoucherRange(first, last) if first <= last else None


def verification_code(statement_id: UUID) -> str:
    """What the paper of a statement is looked up by: 75 bits that nobody outside can guess.

    It follows from the statement's id, so that the same paper can be made again.
    """
    return codes.derive_verification(statement_id.bytes)


@dataclass(frozen=True, slots=True)
class PaperLine:
    """Passes of one booklet that one day's support was paid with, by their printed numbers."""

    day: date
    first: str
    last: str
    voucher_count: int
    amount_cents: Cents


@dataclass(frozen=True, slots=True)
class PaperRecovery:
    """A pass that was paid on another statement and taken back, by its printed number."""

    serial: str
    statement: str
    reason: str
    net_cents: Cents


@dataclass(frozen=True, slots=True)
class PaperSession:
    """A support session that passes of the statement paid for; nothing of who came."""

    day: date
    told: ToldSession
    voucher_count: int


@dataclass(frozen=True, slots=True)
class PaidTo:
    """The public accountant whom a debit note is paid to, as known when it was issued."""

    name: str
    address: str
    phone: str
    email: str

    @property
    def lines(self) -> tuple[str, ...]:
        """Name, address and how to reach it, as far as they are known."""
        return tuple(filter(None, (self.name, self.address, self.phone, self.email)))


@dataclass(frozen=True, slots=True)
class DebitNotePaper:
    """Everything that the paper of a debit note says, frozen when it was issued."""

    number: str
    mediator: str
    commune: str
    siret: str
    programme: str
    sponsor: str
    issued_on: date
    recoveries: tuple[PaperRecovery, ...]
    specimen: bool
    paid_to: PaidTo | None = None
    """None where no accountant was known, or more than one."""

    @property
    def amount_cents(self) -> Cents:
        """What is asked for."""
        return Cents(sum(one.net_cents for one in self.recoveries))


@dataclass(frozen=True, slots=True)
class StatementPaper:
    """Everything that the paper of a statement says, frozen by its approval.

    A draft has neither number nor code nor days, and says that it is worth nothing.
    """

    number: str
    mediator: str
    commune: str
    siret: str
    programme: str
    sponsor: str
    debtor: str
    payer_is_issuer: bool
    payee_name: str
    payee_iban_masked: str
    cut_off_on: date
    version: int
    withdrawn_count: int
    fee_basis_points: int
    total: Total
    lines: tuple[PaperLine, ...]
    prepared_at: datetime
    approved_at: datetime | None
    certified_at: datetime | None
    received_on: date | None
    due_on: date | None
    code: str
    address: str
    """What the QR code opens."""
    specimen: bool

    recoveries: tuple[PaperRecovery, ...] = ()
    sessions: tuple[PaperSession, ...] = ()
    checkpoint: str = ""
    """Number and fingerprint of the latest checkpoint of the ledger before the approval."""

    @property
    def recovered_cents(self) -> Cents:
        """What is taken off the net, for passes that were paid and taken back."""
        return Cents(sum(one.net_cents for one in self.recoveries))

    @property
    def payable_cents(self) -> Cents:
        """The net to pay."""
        return Cents(self.total.net_cents - self.recovered_cents)

    @property
    def untold_count(self) -> int:
        """Passes for which no session was noted."""
        return self.total.voucher_count - sum(one.voucher_count for one in self.sessions)

    @property
    def sums(self) -> list[tuple[int, int]]:
        """Passes and cents after no line, after the first, after the second, and so on."""
        passes = accumulate((line.voucher_count for line in self.lines), initial=0)
        cents = accumulate((line.amount_cents for line in self.lines), initial=0)
        return list(zip(passes, cents, strict=True))
