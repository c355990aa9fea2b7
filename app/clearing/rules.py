"""What a pass is worth to a mediator, by where it rests and on which day: plain values."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from app.clearing.errors import (
    OutsideValidity,
    SessionBeforeIssue,
    VoucherBlocked,
    VoucherExpired,
    VoucherNotIssued,
    VoucherVoid,
)
from app.kernel.clock import first_instant
from app.kernel.errors import DomainError
from app.ledger import AccountKind
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
    AccountKind.BLOCKED: VoucherBlocked,
    AccountKind.VOID: VoucherVoid,
    AccountKind.EXPIRED: VoucherExpired,
    AccountKind.CREDITED: VoucherExpired,
}


def refusal_of_state(kind: AccountKind) -> DomainError | None:
    """Why a pass that rests there is not taken; None in circulation or where it is taken."""
    refusal = _REFUSALS.get(kind)
    return refusal() if refusal else None


def refusal_of_day(validity: Validity, *, on: date, issued_on: date | None) -> DomainError | None:
    """Why a session held that day is not paid with that pass; None when it is."""
    if not validity.redeemable(on=on):
        return OutsideValidity(
            valid_from=f"{validity.valid_from:%d/%m/%Y}",
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
    Topic.PHONE: "Téléphone, tablette",
    Topic.INTERNET: "Internet",
    Topic.EMAIL: "Courriel",
    Topic.FORMALITIES: "Démarches en ligne",
    Topic.EMPLOYMENT: "Emploi",
    Topic.DOCUMENTS: "Documents, photos",
    Topic.SAFETY: "Sécurité, arnaques",
}

NOON = timedelta(hours=12)


def instant_of(day: date, *, now: datetime) -> datetime:
    """The instant of a session of which only the day is known: noon, or now if that is sooner."""
    return min(first_instant(day) + NOON, now)
