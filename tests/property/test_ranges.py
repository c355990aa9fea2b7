"""Arithmetic of ranges: what is contiguous, what an order waits for, what a delivery may bring."""

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from app.kernel.errors import DomainError
from app.kernel.money import Cents
from app.ledger import VoucherRange, contiguous
from app.orders.rules import Allotted, LineAsked, SerialRange, allot, check_delivered, cost
from tests.property.order_oracle import ill_formed, misplaced

PRICES = st.integers(0, 500).map(Cents)
LINES = st.lists(
    st.builds(LineAsked, st.sampled_from([5, 10]), st.integers(1, 6), PRICES),
    min_size=1,
    max_size=2,
    unique_by=lambda line: line.booklet_size,
)
ENDS = st.integers(-2, 110)


@given(st.sets(st.integers(1, 200)))
def test_contiguous_ranges_hold_exactly_those_vouchers_and_are_the_fewest(ids: set[int]) -> None:
    ranges = list(contiguous(ids))

    assert {i for r in ranges for i in range(r.first, r.last + 1)} == ids
    assert ranges == sorted(ranges)
    assert all(after.first > before.last + 1 for before, after in pairwise(ranges))


@given(st.integers(1, 2**62), st.integers(0, 2**31 - 2))
def test_the_span_of_a_range_is_its_size_to_a_power_of_two(first: int, more: int) -> None:
    vouchers = VoucherRange(first, first + more)

    assert vouchers.count == more + 1
    assert 2**vouchers.span_bits <= vouchers.count < 2 ** (vouchers.span_bits + 1)


@pytest.mark.parametrize(("first", "last"), [(0, 1), (-1, 1), (2, 1)])
def test_a_range_is_never_empty(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="no range"):
        VoucherRange(first, last)


@given(LINES, st.integers(0, 10**9), st.integers(0, 10**5))
def test_serials_follow_one_another_without_a_gap(
    lines: list[LineAsked], last_serial: int, last_booklet: int
) -> None:
    allotted = allot(lines, last_serial=last_serial, last_booklet=last_booklet)

    sizes = [line.booklet_size for line in lines]
    assert [a.booklet_size for a in allotted] == sorted(sizes, reverse=True)
    for a in allotted:
        assert (a.serials.first, a.first_booklet) == (last_serial + 1, last_booklet + 1)
        booklets = next(x.booklet_count for x in lines if x.booklet_size == a.booklet_size)
        assert a.serials.count == booklets * a.booklet_size
        last_serial, last_booklet = a.serials.last, last_booklet + booklets


def plain(allotted: list[Allotted]) -> list[tuple[int, int, int, int]]:
    """As the oracle keeps them."""
    return [(a.booklet_size, a.serials.first, a.serials.last, a.first_booklet) for a in allotted]


@given(LINES, st.integers(0, 20), st.lists(st.tuples(ENDS, ENDS), max_size=4))
def test_a_delivery_is_refused_as_counting_serial_by_serial_says(
    lines: list[LineAsked], before: int, ends: list[tuple[int, int]]
) -> None:
    allotted = allot(lines, last_serial=before, last_booklet=before)
    expected = ill_formed(ends) or misplaced(ends, plain(allotted))

    ranges = [SerialRange(*pair) for pair in ends]

    if expected is not None:
        with pytest.raises(DomainError) as refusal:
            check_delivered(ranges, allotted)
        assert refusal.value.code == expected
        return
    placed = check_delivered(ranges, allotted)
    arrived = {s for first, last in ends for s in range(first, last + 1)}
    assert {s for r, _ in placed for s in range(r.first, r.last + 1)} == arrived
    assert all(a.serials.first <= r.first <= r.last <= a.serials.last for r, a in placed)


@given(LINES, st.data())
def test_whole_booklets_arrive_in_any_parts_and_cost_what_they_cost(
    lines: list[LineAsked], data: st.DataObject
) -> None:
    allotted = allot(lines, last_serial=0, last_booklet=0)
    size = {s: a.booklet_size for a in allotted for s in range(a.serials.first, a.serials.last + 1)}
    starts = [
        start
        for a in allotted
        for start in range(a.serials.first, a.serials.last + 1, a.booklet_size)
    ]
    chosen = sorted(data.draw(st.sets(st.sampled_from(starts), min_size=1)))
    prices = {line.booklet_size: line.unit_price_cents for line in lines}

    placed = check_delivered([SerialRange(s, s + size[s] - 1) for s in chosen], allotted)

    assert len(placed) == len(chosen)
    spent = cost([(r, a.booklet_size) for r, a in placed], prices)
    assert spent == sum(prices[size[start]] for start in chosen)
