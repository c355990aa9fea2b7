"""The orders of lists: read page after page, they give each row once, in the order asked for."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clearing import session_queries as redemptions
from app.clearing import standing_queries as clearing
from app.clearing.redemption_models import Redemption
from app.database.lists import Place
from app.losses import queries as losses
from app.orders import queries as orders
from app.prescribers import custody_queries as custody
from app.prescribers import queries as prescriptions
from app.stock import queries as stock
from tests.demo.conftest import Loaded

Read = Callable[[Session, Place], Sequence[Any]]


def of_the_fullest_day(session: Session, place: Place) -> Sequence[Any]:
    """The redemptions of the day that has most of them."""
    days = select(Redemption.redeemed_on).group_by(Redemption.redeemed_on)
    day = session.scalars(days.order_by(func.count().desc()).limit(1)).one()
    return redemptions.day_lines(session, day, place, mediator_id=None)


LISTS: tuple[tuple[Read, dict[str, Any]], ...] = (
    (
        lambda session, place: clearing.statements_listed(session, place, asked=clearing.Filter()),
        clearing.STATEMENTS_BY,
    ),
    (
        lambda session, place: orders.orders_listed(session, place, state=None, programme_id=None),
        orders.ORDERS_BY,
    ),
    (custody.latest_consignments, custody.CONSIGNMENTS_BY),
    (custody.latest_requests, custody.REQUESTS_BY),
    (
        lambda session, place: prescriptions.latest_prescriptions(
            session, prescriptions.Filters(), place
        ),
        prescriptions.PRESCRIPTIONS_BY,
    ),
    (
        lambda session, place: losses.latest_blocks(
            session, place, organisation_id=None, cause=None
        ),
        losses.BLOCKS_BY,
    ),
    (losses.latest_write_offs, losses.WRITE_OFFS_BY),
    (stock.latest_counts, stock.COUNTS_BY),
    (of_the_fullest_day, redemptions.REDEMPTIONS_BY),
)


@pytest.mark.parametrize("descending", [False, True])
def test_pages_of_any_order_give_each_row_once(loaded: Loaded, descending: bool) -> None:  # noqa: FBT001 - pytest gives it
    with loaded.database.transaction(writing=False) as session:
        for read, orders_of in LISTS:
            for by in orders_of:
                whole = [one.id for one in read(session, Place(10_000, by, descending))]
                size = -(-len(whole) // 4)
                found: list[Any] = []
                while page := read(
                    session, Place(size, by, descending, found[-1] if found else None)
                ):
                    found += [one.id for one in page]
                assert whole
                assert found == whole
                assert len(set(found)) == len(found)
                while page := read(session, Place(size, by, descending, found[-1], back=True)):
                    assert [one.id for one in page] == found[-2 : -2 - size : -1]
                    del found[-len(page) :]
                assert found == whole[:1]
