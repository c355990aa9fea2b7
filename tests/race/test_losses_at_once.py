"""A pass is used at the instant at which it is declared lost, or expires: one of the two wins."""

from functools import partial

import pytest
from sqlalchemy import or_
from sqlalchemy.orm import Session

from app import ledger
from app.closing.calendar import expire
from app.database.connections import Database
from app.ledger import AccountKind, VoucherRange
from app.ledger.models import Voucher
from app.losses import queries
from app.losses.models import Block
from app.losses.rules import BlockCause
from app.programmes.service import known_vintage
from tests.factories import Scheme
from tests.race.together import Answer, after, everywhere, in_transactions, meeting


def declared(session: Session, scheme: Scheme, named: str) -> Block:
    """A loss declared now."""
    return scheme.blocked(session, named, cause=BlockCause.STOLEN)


def redeemed_and_declared(database: Database, scheme: Scheme, place: int) -> list[Answer]:
    """One pass of a person, at a mediator and on a declaration of loss."""
    with database.transaction(writing=False) as session:
        code = scheme.codes(session, 1)[place - 1]
    return in_transactions(
        database,
        [
            lambda session: scheme.redeem(session, code).accepted(),
            partial(declared, scheme=scheme, named=scheme.serial(1, place)),
        ],
    )


def redeemed_and_expired(database: Database, scheme: Scheme, place: int) -> list[Answer]:
    """A pass at a mediator, sent late, while the vintage of a booklet expires."""
    with database.transaction(writing=False) as session:
        code = scheme.codes(session, 1)[place - 1]
        terms = known_vintage(session, scheme.vintage_id)
    return in_transactions(
        database,
        [
            lambda session: scheme.redeem(session, code).accepted(),
            lambda session: expire(
                session, terms, actor_id=scheme.actors["coordinator"].agent_id, now=scheme.now
            ),
        ],
    )


def in_a_pocket(database: Database, scheme: Scheme) -> None:
    """A booklet handed over."""
    with database.transaction() as session:
        scheme.allocation(session, 1, 1)
        scheme.prescription(session, scheme.beneficiary(session), [1])


def test_one_of_a_redemption_and_an_opposition_wins_and_the_other_says_so(
    database: Database, scheme: Scheme
) -> None:
    in_a_pocket(database, scheme)
    for place in range(1, 7):
        redemption, declaration = redeemed_and_declared(database, scheme, place)

        assert declaration.said == "accepted"
        assert isinstance(declaration.value, Block)
        with database.transaction(writing=False) as session:
            rests = ledger.history(session, place)[-1].credit.kind
            found = [f.found for f in queries.findings_of(session, declaration.value.id)]
        if redemption.said == "accepted":
            assert (rests, found) == (AccountKind.REDEEMED, ["redeemed"])
        else:
            assert redemption.said == "voucher_blocked"
            assert (rests, found) == (AccountKind.BLOCKED, [])


def look_without_holding(
    session: Session, vouchers: list[VoucherRange]
) -> list[ledger.VoucherState]:
    """The mutant: what the lock reads, without the lock."""
    return ledger.voucher_states(
        session, or_(*(Voucher.id.between(whole.first, whole.last) for whole in vouchers))
    )


def test_without_the_lock_a_declaration_reports_nothing_of_a_pass_just_used(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_pocket(database, scheme)
    everywhere(monkeypatch, ledger.lock_vouchers, look_without_holding)
    refused = set()
    with meeting(2) as meet:
        after(monkeypatch, look_without_holding, meet)
        after(monkeypatch, ledger.lock_vouchers_by_code, meet)
        for place in range(1, 4):
            _, declaration = redeemed_and_declared(database, scheme, place)
            refused.add(declaration.said)

    # The ledger still moves each pass once; but the declaration is refused, not recorded.
    assert "vouchers_not_there" in refused


# ── Expiry ────────────────────────────────────────────────────────────────────────────────────────


def test_one_of_a_redemption_and_the_expiry_wins_and_the_other_says_so(
    database: Database, scheme: Scheme
) -> None:
    in_a_pocket(database, scheme)

    redemption, expiry = redeemed_and_expired(database, scheme, 1)

    assert expiry.said == "accepted"
    with database.transaction(writing=False) as session:
        rests = ledger.history(session, 1)[-1].credit.kind
        assert ledger.verify(session).honest
    if redemption.said == "accepted":
        assert (rests, expiry.value) == (AccountKind.REDEEMED, 119)
    else:
        assert redemption.said == "voucher_expired"
        assert (rests, expiry.value) == (AccountKind.EXPIRED, 120)


def test_without_the_lock_a_redemption_stops_the_expiry_of_a_whole_vintage(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_a_pocket(database, scheme)
    everywhere(monkeypatch, ledger.lock_vouchers, look_without_holding)
    with meeting(2) as meet:
        after(monkeypatch, look_without_holding, meet)
        after(monkeypatch, ledger.lock_vouchers_by_code, meet)
        redemption, expiry = redeemed_and_expired(database, scheme, 1)

    assert {redemption.said, expiry.said} & {"vouchers_not_there", "OperationalError"}
