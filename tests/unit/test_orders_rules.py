"""What is planned, what an order costs, what may arrive: no database."""

from datetime import date

import pytest

from app.kernel.money import Cents
from app.orders.errors import (
    BookletsNotOfThisOrder,
    RangeReversed,
    RangesOverlap,
    SerialsReceivedAlready,
)
from app.orders.rules import (
    Allotted,
    LineAsked,
    Measured,
    OrderingTerms,
    SerialRange,
    StockOfSize,
    cost,
    delay_in_days,
    judge_booklets,
    plan,
    totals,
)
from app.programmes.rules import RECOMMENDED, Payer, Public

LINES = (LineAsked(10, 3, Cents(220)), LineAsked(5, 1, Cents(140)))


def test_a_plan_is_people_times_entitlement_less_what_can_still_serve() -> None:
    stock = (StockOfSize(10, active_count=20, inert_count=5, expected_count=10), StockOfSize(5))

    made = plan({Public.PLIE: 40, Public.SENIOR: 12}, RECOMMENDED, stock, Measured())

    tens, fives = made.sizes
    assert (tens.needed_count, tens.stock.usable_count, tens.to_order_count) == (120, 35, 85)
    assert (fives.needed_count, fives.to_order_count) == (12, 12)


def test_a_stock_beyond_the_need_leaves_nothing_to_order() -> None:
    made = plan({Public.SENIOR: 2}, RECOMMENDED, (StockOfSize(5, active_count=9),), Measured())

    assert [size.to_order_count for size in made.sizes] == [0, 0]


@pytest.mark.parametrize(
    ("payer", "fee", "expected"),
    [
        (Payer.AUTHORITY, 400, (800, 0, 0)),
        (Payer.ISSUER, 0, (800, 35_000, 0)),
        (Payer.ISSUER, 400, (800, 35_000, 1400)),
    ],
)
def test_the_payer_decides_what_an_order_pays(
    payer: Payer, fee: int, expected: tuple[int, int, int]
) -> None:
    made = totals(LINES, OrderingTerms(payer, Cents(1000), fee))

    assert (made.printing_cents, made.face_value_cents, made.fee_cents) == expected
    assert made.total_cents == sum(expected)


@pytest.mark.parametrize(("rate", "fee"), [(142, 497), (143, 501), (1, 4), (10_000, 35_000)])
def test_the_fee_is_rounded_half_up_once_for_the_order(rate: int, fee: int) -> None:
    assert totals(LINES, OrderingTerms(Payer.ISSUER, Cents(1000), rate)).fee_cents == fee


def test_a_delivery_costs_its_booklets_and_the_face_value_that_the_order_pays() -> None:
    brought = [(SerialRange(1, 20), 10), (SerialRange(31, 35), 5)]

    assert cost(brought, {10: Cents(220), 5: Cents(140)}) == 580
    assert cost(brought, {10: Cents(220), 5: Cents(140)}, face_value_cents=1000) == 25_580


def test_each_range_that_arrives_wrong_has_a_sentence_of_its_own() -> None:
    allotted = [Allotted(10, SerialRange(101, 130), 11), Allotted(5, SerialRange(131, 140), 14)]
    received = [SerialRange(101, 110)]

    judged = judge_booklets(
        [(12, 14), (15, 14), (14, 15), (11, 11), (16, 17), (15, 15)], allotted, received, "26A"
    )

    assert judged[0] == SerialRange(111, 135)
    assert [type(wrong) for wrong in judged[1:5]] == [
        RangeReversed,
        RangesOverlap,
        SerialsReceivedAlready,
        BookletsNotOfThisOrder,
    ]
    assert "26A 00014" in str(judged[2])
    assert "11 à 13 (carnets de 10) et 14 à 15 (carnets de 5)" in str(judged[4])
    assert judged[5] == SerialRange(136, 140), "a refused range takes no place"


def test_the_delay_is_the_median_and_of_nothing_there_is_none() -> None:
    given = date(2026, 9, 1)

    used = [(given, date(2026, 9, day)) for day in (3, 11, 30)]

    assert delay_in_days(used) == 10
    assert delay_in_days([]) is None


def test_what_is_prepared_and_has_not_left_is_told_apart() -> None:
    stock = (StockOfSize(10, active_count=5, prepared_count=20), StockOfSize(5, prepared_count=3))

    tens, fives = plan({Public.PLIE: 10}, RECOMMENDED, stock, Measured()).sizes

    assert (tens.needed_count, tens.to_order_count, tens.to_order_beyond_count) == (30, 25, 5)
    assert (fives.to_order_count, fives.to_order_beyond_count) == (0, 0)
