"""Each pattern at its threshold and just below it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from app.signals.rules import (
    LEAST_FED,
    Taken,
    bursts,
    failed_codes,
    far_from_sessions,
    feeding,
    out_of_hours,
    whole_booklets,
)

EXO7, CARECOF, PLIE, CCAS = (UUID(int=n) for n in range(1, 5))
NOON = datetime(2026, 11, 17, 16, tzinfo=UTC)  # a Tuesday, 12:00 in Martinique
NIGHT = datetime(2026, 11, 18, 2, tzinfo=UTC)  # the same Tuesday, 22:00


def taken(
    count: int,
    *,
    at: datetime = NOON,
    apart: int = 0,
    mediator: UUID = EXO7,
    prescriber: UUID = PLIE,
    day: date = date(2026, 11, 17),
    booklet: int = 1,
    has_session: bool = False,
) -> list[Taken]:
    """So many passes of booklets of 10, so many minutes one after the other."""
    return [
        Taken(
            booklet + n,
            booklet + n // 10 * 10,
            10,
            mediator,
            prescriber,
            day,
            at + timedelta(minutes=n * apart),
            has_session,
        )
        for n in range(count)
    ]


def test_a_whole_booklet_in_one_sitting() -> None:
    (found,) = whole_booklets(taken(10, apart=5), minutes=60)

    assert (found.measured, found.booklet_id, found.mediator_id) == (45, 1, EXO7)
    assert list(whole_booklets(taken(9, apart=5), minutes=60)) == []
    assert list(whole_booklets(taken(10, apart=7), minutes=60)) == []
    shared = taken(5) + taken(10, mediator=CARECOF)[5:]
    assert list(whole_booklets(shared, minutes=60)) == []


def test_a_burst_out_of_hours() -> None:
    assert [out_of_hours(at) for at in (NOON, NIGHT, NOON + timedelta(days=5))] == [
        False,
        True,
        True,  # a Sunday
    ]
    assert [f.measured for f in bursts(taken(12, at=NIGHT), count=10)] == [12]
    assert list(bursts(taken(9, at=NIGHT) + taken(20), count=10)) == []


def test_one_pair_far_above_the_others() -> None:
    others = taken(90) + taken(10, mediator=CARECOF)  # a tenth of plie's goes to carecof
    fed = taken(LEAST_FED, prescriber=CCAS, mediator=CARECOF) + taken(20, prescriber=CCAS)

    (found,) = feeding([*others, *fed], times=5)  # half of the CCAS's does

    assert (found.prescriber_id, found.mediator_id, found.measured) == (CCAS, CARECOF, LEAST_FED)
    assert list(feeding([*others, *fed], times=6)) == []
    assert list(feeding([*others, *fed[1:]], times=2)) == [], "too few to mean anything"
    assert list(feeding(fed, times=2)) == [], "nobody to compare with"


def test_codes_that_nothing_bears() -> None:
    tries = [(7, NOON + timedelta(minutes=n)) for n in range(20)]

    assert [(f.agent_id, f.measured) for f in failed_codes(tries, count=20)] == [(7, 20)]
    assert list(failed_codes(tries[1:], count=20)) == []


def test_passes_far_from_any_session() -> None:
    day, today = date(2026, 11, 17), date(2026, 11, 26)

    def seen(*held: int, passes: int = 3, described: bool = False, on: date = today) -> list[int]:
        sessions = {EXO7: [day + timedelta(days=n) for n in held]}
        found = far_from_sessions(taken(passes, has_session=described), sessions, days=7, today=on)
        return [one.measured for one in found]

    assert seen() == seen(8, -8) == [3]
    assert seen(7) == seen(-7) == seen(described=True) == []
    assert seen(on=day + timedelta(days=7)) == [], "there is still time to declare one"


def test_a_pattern_is_the_same_one_however_large_it_has_grown() -> None:
    (small,), (large,) = (list(bursts(taken(n, at=NIGHT), count=10)) for n in (10, 30))

    assert small.id == large.id
    (other,) = bursts(taken(10, at=NIGHT, mediator=CARECOF), count=10)
    assert other.id != small.id
