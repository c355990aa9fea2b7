"""The plan of the demonstration keeps the rules whatever day it is loaded; no database here."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from app.demo import calendar
from app.demo.calendar import Timeline
from app.demo.partners import LAPSED, MEDIATORS, NEWCOMER
from app.demo.plan import Plan, make_plan
from app.kernel.clock import martinique_day

AWKWARD = (
    datetime(2026, 11, 1, 4, 0, tzinfo=UTC),  # the first instant of a month in Martinique
    datetime(2027, 1, 1, 3, 59, tzinfo=UTC),  # its last minute of the year
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2027, 3, 31, 23, 0, tzinfo=UTC),
    datetime(2027, 5, 31, 16, 0, tzinfo=UTC),  # May is full of holidays
)
DAYS = [*AWKWARD, *(datetime(2026, 11, 20, 15, tzinfo=UTC) + timedelta(31 * n) for n in range(13))]


def entrusted_booklets(plan: Plan) -> dict[int, tuple[str, datetime]]:
    return {
        booklet: (one.prescriber, one.received_at)
        for one in plan.entrusted
        if one.received_at
        for booklet in one.booklets
    }


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_a_booklet_is_handed_over_once_by_who_signed_for_it(now: datetime) -> None:
    plan = make_plan(Timeline(now))

    signed = entrusted_booklets(plan)
    given = [(booklet, handover) for handover in plan.handovers for booklet in handover.booklets]

    assert len({booklet for booklet, _ in given}) == len(given)
    assert all(len(handover.booklets) == handover.booklet_count for handover in plan.handovers)
    for booklet, handover in given:
        prescriber, received_at = signed[booklet]
        assert prescriber == handover.prescriber
        assert received_at < handover.at


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_a_pass_is_used_once_after_it_was_handed_over_where_it_may(now: datetime) -> None:
    timeline = Timeline(now)
    plan = make_plan(timeline)
    opens = {mediator.key: mediator.open_weekdays for mediator in MEDIATORS}
    handed_over = {b: martinique_day(h.at) for h in plan.handovers for b in h.booklets}

    kept = Counter(one for visit in plan.visits if not visit.undone for one in visit.passes)

    assert set(kept.values()) == {1}
    for visit in plan.visits:
        assert calendar.is_working(visit.day)
        assert visit.day.weekday() in opens[visit.mediator]
        assert all(handed_over[one.booklet] < visit.day for one in visit.passes)
        assert visit.mediator != LAPSED or visit.day <= timeline.label_lapses_on
        assert visit.mediator != NEWCOMER or visit.day >= timeline.newcomer_from


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_seven_months_lie_behind_and_four_ahead(now: datetime) -> None:
    timeline = Timeline(now)

    assert 6 <= len(timeline.clearings) <= 7
    assert timeline.opens_on < timeline.prepared_on + timedelta(60)
    assert timedelta(200) < timeline.today - timeline.opens_on < timedelta(250)
    assert timedelta(110) < timeline.closes_on - timeline.today < timedelta(160)


def test_the_same_instant_gives_the_same_plan() -> None:
    assert make_plan(Timeline(DAYS[0])) == make_plan(Timeline(DAYS[0]))


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(2024, date(2024, 3, 31)), (2025, date(2025, 4, 20)), (2026, date(2026, 4, 5)),
     (2027, date(2027, 3, 28)), (2038, date(2038, 4, 25))],
)  # fmt: skip
def test_easter_is_where_calendars_put_it(year: int, sunday: date) -> None:
    assert calendar.easter(year) == sunday
