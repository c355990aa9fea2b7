"""What a pass is worth by where it rests and on which day: no database."""

from datetime import date, timedelta

import pytest

from app.clearing import errors
from app.clearing.rules import TAKEN, refusal_of_day, refusal_of_state
from app.kernel.errors import DomainError
from app.ledger import AccountKind
from app.programmes.rules import Validity

DAY = timedelta(days=1)
FIRST, LAST = date(2026, 9, 1), date(2026, 12, 31)
VALIDITY = Validity(FIRST, LAST - 31 * DAY, 31)


@pytest.mark.parametrize("kind", AccountKind)
def test_every_place_takes_refuses_or_has_taken(kind: AccountKind) -> None:
    refusal = refusal_of_state(kind)

    free = kind is AccountKind.CIRCULATION
    assert (refusal is None) == (free or kind in TAKEN)


@pytest.mark.parametrize(
    ("kind", "refusal"),
    [
        (AccountKind.STOCK, errors.VoucherNotIssued),
        (AccountKind.WITHHELD, errors.VoucherNotIssued),
        (AccountKind.BLOCKED, errors.VoucherBlocked),
        (AccountKind.VOID, errors.VoucherVoid),
        (AccountKind.EXPIRED, errors.VoucherExpired),
        (AccountKind.CREDITED, errors.VoucherExpired),
    ],
)
def test_each_refusal_has_its_reason(kind: AccountKind, refusal: type[DomainError]) -> None:
    assert type(refusal_of_state(kind)) is refusal


@pytest.mark.parametrize(
    ("day", "refusal"),
    [
        (FIRST - DAY, errors.OutsideValidity),
        (FIRST, errors.SessionBeforeIssue),
        (FIRST + 9 * DAY, errors.SessionBeforeIssue),
        (FIRST + 10 * DAY, None),
        (LAST, None),
        (LAST + DAY, errors.OutsideValidity),
        (date.min, errors.OutsideValidity),
        (date.max, errors.OutsideValidity),
    ],
)
def test_a_session_is_held_between_the_hand_over_and_the_last_day(
    day: date, refusal: type[DomainError] | None
) -> None:
    found = refusal_of_day(VALIDITY, on=day, issued_on=FIRST + 10 * DAY)

    assert type(found) is (refusal or type(None))


def test_a_refused_day_is_said_with_the_days_that_are_right() -> None:
    refusal = refusal_of_day(VALIDITY, on=LAST + DAY, issued_on=FIRST)

    assert refusal is not None
    for day in ("01/09/2026", "30/11/2026", "31/12/2026", "01/01/2027"):
        assert day in refusal.message
