"""The chart of accounts, read aloud: no database."""

from itertools import product
from uuid import UUID

import pytest

from app.ledger import AccountKind, MovementKind, chart
from app.ledger.chart import TRANSITIONS, WHOLE_BOOKLETS
from app.ledger.errors import NoSuchMove
from app.ledger.rules import check_move

K, M = AccountKind, MovementKind
ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize("kind", MovementKind)
def test_a_move_is_in_the_chart_or_it_is_refused(kind: MovementKind) -> None:
    for start, to in product(AccountKind, AccountKind):
        if (kind, start, to) in TRANSITIONS:
            check_move(kind, start, to)
        else:
            with pytest.raises(NoSuchMove):
                check_move(kind, start, to)


def test_the_way_of_a_pass_from_issuer_to_payment_is_in_the_chart() -> None:
    way = [
        (M.RECEIVE, K.ISSUER, K.STOCK_INERT),
        (M.ACTIVATE, K.STOCK_INERT, K.STOCK),
        (M.ALLOCATE, K.STOCK, K.TRANSIT),
        (M.ACCEPT, K.TRANSIT, K.PRESCRIBER),
        (M.ISSUE, K.PRESCRIBER, K.CIRCULATION),
        (M.CLAIM, K.REDEEMED, K.CLAIMED),
        (M.SETTLE, K.CLAIMED, K.SETTLED),
    ]

    assert set(way) <= TRANSITIONS
    assert {(M.REVERSE, to, start) for _, start, to in way} <= TRANSITIONS


def test_every_reversal_undoes_a_move() -> None:
    moves = {(start, to) for kind, start, to in TRANSITIONS if kind is not M.REVERSE}
    undone = {(to, start) for kind, start, to in TRANSITIONS if kind is M.REVERSE}

    assert undone <= moves


def test_a_redemption_is_undone_by_a_move_of_its_own() -> None:
    assert {(M.REDEEM, K.CIRCULATION, K.REDEEMED), (M.UNDO, K.REDEEMED, K.CIRCULATION)} <= (
        TRANSITIONS
    )


def test_what_is_never_reversed_is_what_has_a_way_back_of_its_own_or_none() -> None:
    undone = {(to, start) for kind, start, to in TRANSITIONS if kind is M.REVERSE}
    final = {kind for kind, start, to in TRANSITIONS if (start, to) not in undone}

    assert final - {M.REVERSE} == {
        *(M.TRANSFER, M.RETURN, M.REPLACE, M.VOID, M.CREDIT, M.EXPIRE),
        *(M.REDEEM, M.UNDO, M.CLAWBACK),
    }


def test_nothing_leaves_expired_but_a_credit_and_nothing_leaves_credited() -> None:
    leaving = {(start, kind) for kind, start, _ in TRANSITIONS}

    assert {kind for start, kind in leaving if start is K.EXPIRED} == {M.CREDIT}
    assert not {kind for start, kind in leaving if start is K.CREDITED}


def test_a_pass_is_paid_only_after_it_was_handed_over_taken_and_claimed() -> None:
    into = {to: {start for _, start, t in TRANSITIONS if t is to} for to in AccountKind}

    assert into[K.SETTLED] == {K.CLAIMED}
    assert into[K.CLAIMED] == {K.REDEEMED, K.SETTLED}
    assert into[K.REDEEMED] == {K.CIRCULATION, K.CLAIMED}


def test_paper_under_its_cover_moves_whole() -> None:
    assert {M.ALLOCATE, M.ACCEPT, M.TRANSFER, M.RETURN, M.ISSUE} == WHOLE_BOOKLETS


def test_what_is_on_its_way_has_two_parties_and_everything_else_one() -> None:
    assert chart.transit(ONE, OTHER, 1).counterparty_id == OTHER
    opened = [
        chart.issuer(ONE, 1),
        chart.stock_inert(ONE, 1),
        chart.stock(ONE, 1),
        chart.prescriber(ONE, 1),
        chart.circulation(ONE, 1),
        chart.redeemed(ONE, 1),
        chart.claimed(ONE, 1),
        chart.settled(ONE, 1),
    ]
    assert {(key.party_id, key.counterparty_id, key.vintage_id) for key in opened} == {
        (ONE, ONE, 1)
    }
    assert len({key.kind for key in opened}) == len(opened)
