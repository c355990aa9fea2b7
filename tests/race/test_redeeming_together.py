"""The same passes in many small batches, on both databases: each is paid once, nobody unanswered.

Many short transactions meet in more ways than one long one; and an SQLite file is written to by
eight threads.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.redemptions import Scan, Verdict, redeem_vouchers
from app.database.connections import Database
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from app.ledger import AccountKind
from app.ledger.models import Voucher
from app.ledger.queries import VoucherState, lock_vouchers_by_code, voucher_states
from tests.beginnings import begin, stocked
from tests.databases import Databases
from tests.factories import Scheme
from tests.race.together import after, everywhere, meeting, said, together

MEDIATORS = ("exo7", "carecof")


def in_a_pocket(database: Database, scheme: Scheme) -> list[VoucherCode]:
    """Thirty passes of one person."""
    with database.transaction() as session:
        scheme.allocation(session, 1, 3)
        scheme.prescription(session, scheme.beneficiary(session), [1, 2, 3])
        return [code for number in (1, 2, 3) for code in scheme.codes(session, number)]


def race(database: Database, scheme: Scheme, *, threads: int, writing: bool = True) -> list[str]:
    """Everybody tries to redeem everything, in an order and in batches of their own.

    Returns what went wrong, in words; nothing should.
    """

    codes = in_a_pocket(database, scheme)

    def redeem_all(number: int) -> list[tuple[VoucherCode, Verdict]]:
        chance = random.Random(number)  # noqa: S311 - the same race every time
        answered: list[tuple[VoucherCode, Verdict]] = []
        left = chance.sample(codes, len(codes))
        while left:
            size = chance.choice((1, 1, 2, 5, 9))
            batch, left = left[:size], left[size:]
            scans = [Scan(new_id(), code, scheme.now) for code in batch]
            with database.transaction(writing=writing) as session:
                verdicts = redeem_vouchers(
                    session,
                    actor=scheme.actors[MEDIATORS[number % 2]],
                    scans=scans,
                    signer=scheme.signer,
                    now=scheme.now,
                )
            answered += zip(batch, verdicts, strict=True)
        return answered

    answers = together([partial(redeem_all, number) for number in range(threads)])
    faults = [f"lost answer: {a.said}" for a in answers if a.crash or a.refusal]
    verdicts = [pair for a in answers if isinstance(a.value, list) for pair in a.value]
    paid = Counter(code for code, verdict in verdicts if verdict.refusal is None)
    faults += [f"paid {paid[code]} times" for code in codes if paid[code] != 1]
    told = {verdict.refusal.code for _, verdict in verdicts if verdict.refusal is not None}
    faults += [f"told {code}" for code in told - {"voucher_already_redeemed"}]
    with database.transaction(writing=False) as session:
        verdict = ledger.verify(session)
        held = sum(
            balance.voucher_count
            for account, balance in ledger.balances(session).items()
            if account.kind is AccountKind.REDEEMED
        )
    if held != len(codes):
        faults.append(f"{held} passes redeemed out of {len(codes)}")
    return faults + ([verdict.first_difference] if verdict.first_difference else [])


def test_sixteen_connections_pay_each_pass_once(database: Database, scheme: Scheme) -> None:
    assert race(database, scheme, threads=16) == []


def test_the_race_goes_wrong_without_the_lock_on_passes(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    def just_look(session: Session, code_hashes: Sequence[bytes]) -> list[VoucherState]:
        return voucher_states(session, Voucher.code_hash.in_(code_hashes))

    everywhere(monkeypatch, lock_vouchers_by_code, just_look)
    with meeting(16, once=True) as meet:
        after(monkeypatch, just_look, meet)

        assert race(database, scheme, threads=16) != []


# ── SQLite: one writer at a time ──────────────────────────────────────────────────────────────────


@pytest.fixture
def on_a_file(databases: Databases, tmp_path: Path) -> Iterator[tuple[str, Scheme]]:
    """An SQLite file, and the usual scheme with stock that is in it."""
    url, scheme = begin(databases, "sqlite", tmp_path, stocked)
    yield url, scheme
    databases.drop(url)


@pytest.fixture
def file(on_a_file: tuple[str, Scheme]) -> Iterator[Database]:
    """That file, which eight threads write to."""
    database = Database(on_a_file[0], pool_size=8)
    yield database
    database.close()


@pytest.fixture
def small_scheme(on_a_file: tuple[str, Scheme]) -> Scheme:
    """The usual scheme with stock, in that file."""
    return on_a_file[1]


def test_eight_threads_on_one_file_lose_nothing(file: Database, small_scheme: Scheme) -> None:
    assert race(file, small_scheme, threads=8) == []


def test_the_race_on_a_file_goes_wrong_where_writers_begin_as_readers(
    file: Database, small_scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    with meeting(8, once=True) as meet:
        after(monkeypatch, lock_vouchers_by_code, meet)

        assert race(file, small_scheme, threads=8, writing=False) != []


# ── One id for two passes ─────────────────────────────────────────────────────────────────────────


def test_one_id_for_two_passes_is_accepted_for_one_of_them(
    database: Database, scheme: Scheme
) -> None:
    codes = in_a_pocket(database, scheme)

    def send(scan: Scan) -> Verdict:
        with database.transaction() as session:
            [verdict] = redeem_vouchers(
                session,
                actor=scheme.actors["exo7"],
                scans=[scan],
                signer=scheme.signer,
                now=scheme.now,
            )
            return verdict

    for pair in zip(codes[::2], codes[1::2], strict=True):
        scan_id = new_id()
        answers = together([partial(send, Scan(scan_id, code, scheme.now)) for code in pair])

        refusals = [a.value.refusal for a in answers if isinstance(a.value, Verdict)]
        assert len(refusals) == 2, said(answers)
        assert sorted(type(refusal).__name__ for refusal in refusals) == [
            "IdAlreadyUsed",
            "NoneType",
        ]
