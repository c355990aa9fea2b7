"""Entitlements, ages and validity: no database."""

from datetime import date, timedelta

import pytest

from app.programmes.rules import (
    FRENCH_PUBLIC,
    RECOMMENDED,
    Entitled,
    Public,
    Validity,
    is_senior,
)

DAY = timedelta(days=1)
END = date(2026, 12, 31)


def test_the_deliberation_gives_three_tens_to_the_plie_and_a_five_to_seniors() -> None:
    given = {e.public: (e.booklet_count, e.booklet_size) for e in RECOMMENDED}

    assert given[Public.PLIE] == (3, 10)
    assert given[Public.SENIOR] == (1, 5)
    assert set(given) == set(Public) == set(FRENCH_PUBLIC)
    assert all(entitled.in_bounds for entitled in RECOMMENDED)


@pytest.mark.parametrize(
    ("size", "count", "in_bounds"),
    [
        (5, 1, True),
        (10, 20, True),
        (7, 1, False),
        (0, 1, False),
        (10, 0, False),
        (10, -1, False),
        (10, 21, False),
        (2**63, 1, False),
        (10, 2**63, False),
    ],
)
def test_an_entitlement_is_a_few_booklets_of_a_size_that_is_printed(
    size: int,
    count: int,
    *,
    in_bounds: bool,
) -> None:
    assert Entitled(Public.PLIE, size, count).in_bounds is in_bounds


@pytest.mark.parametrize(
    ("born", "senior"), [(1966, True), (1965, True), (1967, False), (2026, False), (1900, True)]
)
def test_sixty_is_a_difference_of_years(born: int, *, senior: bool) -> None:
    assert is_senior(born, on=date(2026, 1, 1)) is senior
    assert is_senior(born, on=date(2026, 12, 31)) is senior


@pytest.mark.parametrize(
    ("day", "issuable", "redeemable"),
    [
        (END - 31 * DAY, False, False),
        (END - 30 * DAY, True, True),
        (END, True, True),
        (END + DAY, False, True),
        (END + 31 * DAY, False, True),
        (END + 32 * DAY, False, False),
    ],
    ids=["the day before", "first day", "last day", "tolerance", "last of tolerance", "too late"],
)
def test_passes_are_handed_over_until_the_end_and_taken_until_the_tolerance(
    day: date,
    *,
    issuable: bool,
    redeemable: bool,
) -> None:
    validity = Validity(END - 30 * DAY, END, 31)

    assert validity.issuable(on=day) is issuable
    assert validity.redeemable(on=day) is redeemable


def test_a_tolerance_of_zero_days_ends_with_the_validity() -> None:
    assert Validity(END, END, 0).last_redemption_on == END


def test_a_year_that_leaps_has_its_29_february() -> None:
    validity = Validity(date(2028, 1, 1), date(2028, 2, 28), 1)

    assert validity.last_redemption_on == date(2028, 2, 29)
