"""What a pass is worth to a mediator, by where it rests and on which day: plain values."""

from datetime import date, timedelta

from app.clearing.errors import (
    OutsideValidity,
    SessionBeforeIssue,
    VoucherBlocked,
    VoucherExpired,
    VoucherNotIssued,
    VoucherVoid,
)
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
