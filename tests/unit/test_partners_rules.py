"""SIRET, IBAN and periods: no database."""

from datetime import date, timedelta

import pytest

from app.kernel.clock import FIRST_DAY, LAST_DAY
from app.partners.rules import in_force, masked_iban, read_iban, read_siret
from app.partners.service import wrong_period

DAY = timedelta(days=1)
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("73282932000074", "73282932000074"),
        (" 732 829 320 00074 ", "73282932000074"),
        ("732\u00a0829\u202f320\t00074", "73282932000074"),
        ("35600000000048", "35600000000048"),
        ("35600000049837", "35600000049837"),
    ],
    ids=["whole", "in groups", "with any space", "La Poste by Luhn", "La Poste by fives"],
)
def test_a_siret_is_read_however_it_is_spaced(typed: str, read: str) -> None:
    assert read_siret(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "73282932000075",
        "7328293200007",
        "732829320000740",
        "73282932-000074",
        "7328293200007O",
        "٧٣٢٨٢٩٣٢٠٠٠٠٧٤",
        "\uff173282932000074",
        "35600000000049",
        "73282932000074\0",
        "\0" * 14,
    ],
)
def test_what_is_no_siret_is_refused(typed: str) -> None:
    assert read_siret(typed) is None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("FR1420041010050500013M02606", "FR1420041010050500013M02606"),
        ("fr14 2004 1010 0505 0001 3m02 606", "FR1420041010050500013M02606"),
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("FR14\uff12\uff10\uff1041010050500013M02606", "FR1420041010050500013M02606"),
    ],
)
def test_an_iban_is_read_however_it_is_written(typed: str, read: str) -> None:
    assert read_iban(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "FR",
        "FR1420041010050500013M02607",
        "FR1420041010050500013M0260",
        "XX1420041010050500013M02606",
        "FR14\0",
        "é" * 27,
        "1" * 10_000,
    ],
)
def test_what_is_no_iban_is_refused(typed: str) -> None:
    assert read_iban(typed) is None


def test_a_masked_iban_shows_its_two_ends() -> None:
    assert masked_iban("FR1420041010050500013M02606") == "FR14 … 2606"


@pytest.mark.parametrize(
    ("day", "expected"),
    [(TODAY - DAY, False), (TODAY, True), (TODAY + DAY, True), (TODAY + 2 * DAY, False)],
)
def test_both_ends_of_a_period_belong_to_it(day: date, *, expected: bool) -> None:
    assert in_force(TODAY, TODAY + DAY, on=day) is expected


@pytest.mark.parametrize(
    ("first", "last", "fields"),
    [
        (TODAY, TODAY, set()),
        (FIRST_DAY, LAST_DAY, set()),
        (date(2024, 2, 29), date(2024, 2, 29), set()),
        (TODAY, TODAY - DAY, {"valid_until"}),
        (FIRST_DAY - DAY, TODAY, {"valid_from"}),
        (TODAY, LAST_DAY + DAY, {"valid_until"}),
        (date.min, date.max, {"valid_from", "valid_until"}),
    ],
)
def test_a_period_lies_in_the_century_and_the_right_way_round(
    first: date, last: date, fields: set[str]
) -> None:
    assert wrong_period(first, last).keys() == fields
