"""Two orders that fit one by one, and not together: one is approved, the other is told."""

from functools import partial
from uuid import UUID

import pytest

from app.database.connections import Database
from app.database.locks import hold
from app.orders import budget
from tests.factories import Scheme
from tests.race.together import Answer, after, everywhere, in_transactions, meeting, no_hold, said
from tests.service.test_budget import TEN_BOOKLETS, allow, approve, committed


def two_orders(database: Database, scheme: Scheme) -> list[UUID]:
    """Two that fit one by one, and not together."""
    with database.transaction() as session:
        allow(session, scheme, committed(session, scheme) + 2 * TEN_BOOKLETS - 1)
        return [scheme.prepared_order(session, fives=0) for _ in range(2)]


def approved_at_once(database: Database, scheme: Scheme, orders: list[UUID]) -> list[Answer]:
    """They are approved at the same moment."""
    return in_transactions(
        database, [partial(approve, scheme=scheme, order_id=order) for order in orders]
    )


def test_one_budget_is_not_committed_twice(database: Database, scheme: Scheme) -> None:
    answers = approved_at_once(database, scheme, two_orders(database, scheme))

    assert said(answers) == ["accepted", "over_budget"]


def test_a_budget_is_committed_twice_where_nobody_waits(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = two_orders(database, scheme)
    everywhere(monkeypatch, hold, no_hold)
    with meeting(2) as meet:
        after(monkeypatch, budget.budget_of, meet)

        answers = approved_at_once(database, scheme, orders)

    # Both are accepted, or the trigger stops whoever comes a moment later: never a clean refusal.
    assert "over_budget" not in said(answers)
