"""Whatever is counted against whatever is there, what differs is exactly what is in one of them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.stock.count_rules import Moved, Span, compare, counted, taken_back, union

PASSES = st.sets(st.integers(1, 60), max_size=60)


def spans_of(passes: set[int]) -> list[Span]:
    """Each pass as a span of its own."""
    return [Span(one, one) for one in passes]


def passes_of(spans: tuple[Span, ...] | list[Span]) -> set[int]:
    """The passes of some spans."""
    return {one for span in spans for one in range(span.first, span.last + 1)}


@given(theory=PASSES, found=PASSES)
def test_missing_and_excess_are_the_symmetric_difference(theory: set[int], found: set[int]) -> None:
    result = compare(spans_of(theory), spans_of(found))

    assert passes_of(result.missing) == theory - found
    assert passes_of(result.excess) == found - theory
    assert counted(result.found) == counted(result.theory) - counted(result.missing) + counted(
        result.excess
    )
    for spans in (result.theory, result.found, result.missing, result.excess):
        assert all(a.last + 1 < b.first for a, b in pairwise(spans))


@given(
    spans=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)), max_size=12),
    moves=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9), st.booleans()), max_size=12),
)
def test_what_was_there_before_is_found_by_going_back(
    spans: list[tuple[int, int]], moves: list[tuple[int, int, bool]]
) -> None:
    before = union(Span(first, first + more) for first, more in spans)
    here = passes_of(before)
    story: list[Moved] = []
    for first, more, comes in moves:
        for one in range(first, first + more + 1):  # only what may move does
            if (one in here) is not comes:
                here ^= {one}
                story.append(Moved(Span(one, one), comes))

    then = taken_back(spans_of(here), reversed(story))

    assert then == before
