"""The budget of a programme: what it may commit is said, and kept twice."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.orders import budget, queries, service
from app.orders.errors import OverBudget
from app.programmes.errors import BudgetBelowCommitted
from app.programmes.rules import Payer, Terms
from app.programmes.service import change_settings, known_programme
from tests.factories import Scheme

TEN_BOOKLETS = Cents(10 * 200 + 100 * 1000)
"""Ten booklets of ten at 2 € each, and their hundred passes of 10 €."""


def allow(session: Session, scheme: Scheme, budget_cents: int) -> None:
    """Set the budget from today on."""
    change_settings(
        session,
        actor=scheme.actors["coordinator"],
        settings_id=new_id(),
        programme_id=scheme.programme_id,
        applies_from=scheme.today,
        terms=replace(Terms(), budget_cents=budget_cents),
        now=scheme.now,
    )


def approve(session: Session, scheme: Scheme, order_id: UUID) -> None:
    service.approve_order(
        session, actor=scheme.actors["coordinator2"], order_id=order_id, now=scheme.now
    )


def committed(session: Session, scheme: Scheme) -> int:
    programme = known_programme(session, scheme.programme_id)
    return budget.budget_of(session, programme, on=scheme.today).committed_cents


def test_an_order_commits_its_passes_at_face_value_and_stays_within_the_budget(
    session: Session, scheme: Scheme
) -> None:
    before = committed(session, scheme)
    allow(session, scheme, before + 2 * TEN_BOOKLETS - 1)
    first, second = scheme.prepared_order(session, fives=0), scheme.prepared_order(session, fives=0)
    approve(session, scheme, first)

    with pytest.raises(OverBudget) as refused:
        approve(session, scheme, second)

    assert committed(session, scheme) == before + TEN_BOOKLETS
    assert "nouvelle version des réglages" in refused.value.sentence
    service.cancel_order(
        session,
        actor=scheme.actors["coordinator"],
        cancellation_id=new_id(),
        order_id=first,
        reason="Trop",
        now=scheme.now,
    )
    approve(session, scheme, second)


def test_a_budget_lowered_below_what_is_committed_stops_approvals_and_no_activation(
    session: Session, scheme: Scheme
) -> None:
    order_id = scheme.sent_order(session)
    ranges = [a.serials for a in queries.allotments(session, order_id)]
    delivery_id = scheme.delivery(session, order_id, ranges)
    allow(session, scheme, committed(session, scheme) - 1)

    scheme.activation(session, order_id, delivery_id)

    with pytest.raises(OverBudget):
        approve(session, scheme, scheme.prepared_order(session, fives=0))
    programme = known_programme(session, scheme.programme_id)
    passed = budget.budget_of(session, programme, on=scheme.today)
    assert passed.left_cents == 0
    assert passed.excess_cents == 1


@pytest.mark.parametrize(("payer", "released"), [(Payer.AUTHORITY, True), (Payer.ISSUER, False)])
def test_what_expired_releases_the_commitment_of_whoever_pays(payer: Payer, released: bool) -> None:  # noqa: FBT001 - a case
    assert ("expired" in budget.RELEASED[payer]) is released
    assert "credited" in budget.RELEASED[payer]


def test_a_budget_below_what_is_committed_is_typed_twice(session: Session, scheme: Scheme) -> None:
    approve(session, scheme, scheme.prepared_order(session, fives=0))
    asked: dict[str, Any] = {
        "actor": scheme.actors["coordinator"],
        "settings_id": new_id(),
        "programme_id": scheme.programme_id,
        "applies_from": scheme.today,
        "terms": replace(Terms(), budget_cents=1),
        "committed": budget.committed_cents,
        "now": scheme.now,
    }

    with pytest.raises(BudgetBelowCommitted) as refused:
        change_settings(session, **asked)

    assert "déjà engagés" in refused.value.message
    made = change_settings(session, accept_below=True, **asked)
    assert change_settings(session, **asked) is made, "sent again, it is what was accepted"
