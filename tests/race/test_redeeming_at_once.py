"""Sixteen connections take the same passes at the same moment: each pass is paid once."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.redemptions import Scan, Verdict, redeem_vouchers
from app.database.connections import Database
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.ledger import AccountKind
from app.ledger.models import Voucher
from tests.factories import Scheme
from tests.race.conftest import CONNECTIONS, all_at_once
from tests.race.together import after, everywhere, meeting

T = TypeVar("T")
MEDIATORS = ("exo7", "carecof")


def issued_codes(database: Database, scheme: Scheme) -> list[str]:
    """Thirty passes in one person's pocket."""
    with database.transaction() as session:
        scheme.allocation(session, 1, 3)
        scheme.prescription(session, scheme.beneficiary(session), [1, 2, 3])
        return [code for number in (1, 2, 3) for code in scheme.codes(session, number)]


def shuffled(things: Sequence[T], *, by: int) -> list[T]:
    """The same things in another order, the same for the same number."""
    return random.Random(by).sample(things, len(things))  # noqa: S311 - an order, not a secret


def take_everything(database: Database, scheme: Scheme, codes: list[str]) -> list[Verdict]:
    """Every connection sends every pass, shuffled, under ids of its own."""

    def send(number: int) -> list[Verdict]:
        mine = shuffled(codes, by=number)
        with database.transaction() as session:
            return redeem_vouchers(
                session,
                actor=scheme.actors[MEDIATORS[number % 2]],
                scans=[Scan(new_id(), code, scheme.now) for code in mine],
                signer=scheme.signer,
                now=scheme.now,
            )

    return [verdict for answer in all_at_once(send) for verdict in answer]


def test_each_shared_pass_is_paid_once_and_every_scan_is_answered(
    database: Database, scheme: Scheme
) -> None:
    codes = issued_codes(database, scheme)

    verdicts = take_everything(database, scheme, codes)

    assert len(verdicts) == CONNECTIONS * len(codes)
    told = Counter(v.refusal.code if v.refusal else "accepted" for v in verdicts)
    assert told == {
        "accepted": len(codes),
        "voucher_already_redeemed": (CONNECTIONS - 1) * len(codes),
    }
    with database.transaction() as session:
        rests = Counter[AccountKind]()
        for account, balance in ledger.balances(session).items():
            rests[account.kind] += balance.voucher_count
        assert rests[AccountKind.REDEEMED] == len(codes)
        assert ledger.verify(session).honest


def look_without_holding(session: Session, hashes: list[bytes]) -> list[ledger.VoucherState]:
    """The mutant: what the lock reads, without the lock."""
    return ledger.voucher_states(session, Voucher.code_hash.in_(hashes))


def test_without_the_lock_some_scan_gets_no_answer(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = issued_codes(database, scheme)
    everywhere(monkeypatch, ledger.lock_vouchers_by_code, look_without_holding)

    with meeting(CONNECTIONS, once=True) as meet:
        after(monkeypatch, look_without_holding, meet)
        with pytest.raises((DomainError, DBAPIError)):
            take_everything(database, scheme, codes)

    with database.transaction() as session:
        assert ledger.verify(session).honest, "the ledger itself held all the same"


def test_the_same_ids_from_all_connections_are_one_answer(
    database: Database, scheme: Scheme
) -> None:
    codes = issued_codes(database, scheme)[:10]
    scans = [Scan(new_id(), code, scheme.now) for code in codes]

    def send(number: int) -> list[Verdict]:
        mine = shuffled(scans, by=number)
        with database.transaction() as session:
            return redeem_vouchers(
                session,
                actor=scheme.actors["exo7"],
                scans=mine,
                signer=scheme.signer,
                now=scheme.now,
            )

    answers = all_at_once(send)

    receipts: dict[object, set[str]] = {scan.redemption_id: set() for scan in scans}
    for answer in answers:
        for verdict in answer:
            receipts[verdict.redemption_id].add(verdict.accepted().receipt)
    assert all(len(kept) == 1 for kept in receipts.values())
