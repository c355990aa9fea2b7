"""What commits late is sealed late and never skipped; those who seal at once make one list."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.database.connections import Database
from app.kernel.codes import VoucherCode
from app.trust import queries
from app.trust.notes import CheckpointSigner
from app.trust.service import seal
from app.trust.verify import verify_seals
from tests.factories import Scheme
from tests.race.conftest import all_at_once
from tests.settling import wait_until_settled

SEALERS = 6


@pytest.fixture
def signer(tmp_path: Path) -> CheckpointSigner:
    return CheckpointSigner(tmp_path / "keys", "pass.exemple.fr/registre")


def sealed(database: Database, signer: CheckpointSigner, scheme: Scheme) -> int:
    """How many movements one more look seals."""
    with database.transaction() as session:
        block = seal(session, signer=signer, now=scheme.now)
        return block.movement_count if block else 0


def circulating(database: Database, scheme: Scheme) -> list[VoucherCode]:
    """The codes of a booklet that a person was handed."""
    with database.transaction() as session:
        scheme.allocation(session, 1, 1)
        scheme.prescription(session, scheme.beneficiary(session), [1])
        return scheme.codes(session, 1)


def late_commit(database: Database, scheme: Scheme, signer: CheckpointSigner) -> int:
    """A redemption begins first and commits last; how many movements are never sealed."""
    opening, first, second, third, *_ = circulating(database, scheme)
    with database.transaction() as session:
        scheme.redeem(session, opening).accepted()  # opens the accounts, for which others wait
    with database.session() as late:
        scheme.redeem(late, first).accepted()
        with database.transaction() as session:
            scheme.redeem(session, second).accepted()
        sealed(database, signer, scheme)
        late.commit()
    with database.transaction() as session:
        scheme.redeem(session, third).accepted()
    sealed(database, signer, scheme)
    with database.transaction() as session:
        assert verify_seals(session).first_difference is None
        return len(queries.unsealed(session, above=0, most=99))


def test_a_movement_that_commits_late_is_sealed_later(
    database: Database, scheme: Scheme, signer: CheckpointSigner
) -> None:
    assert late_commit(database, scheme, signer) == 0


def test_without_the_horizon_it_would_be_forgotten(
    database: Database, scheme: Scheme, signer: CheckpointSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: going on from the highest id that was seen."""

    def naive(session: Session) -> int:
        block = queries.last_block(session)
        return block.highest_movement_id if block else 0

    monkeypatch.setattr(queries, "settled_until", naive)

    assert late_commit(database, scheme, signer) == 1


def test_the_tail_that_is_read_again_is_short_once_all_have_committed(
    database: Database, scheme: Scheme, signer: CheckpointSigner
) -> None:
    codes = circulating(database, scheme)
    sealed(database, signer, scheme)
    with database.transaction() as session:
        first = queries.last_block(session)
        scheme.redeem(session, codes[0]).accepted()
    wait_until_settled(database)
    sealed(database, signer, scheme)

    with database.transaction() as session:
        assert first is not None
        assert queries.settled_until(session) == first.highest_movement_id > 0


def together(database: Database, scheme: Scheme, signer: CheckpointSigner) -> Callable[[int], int]:
    def act(number: int) -> int:
        with database.transaction() as session:
            scheme.allocation(session, number + 1, number + 1, accept=False)
        return sealed(database, signer, scheme)

    return act


def test_those_who_seal_at_once_make_one_list(
    database: Database, scheme: Scheme, signer: CheckpointSigner
) -> None:
    all_at_once(together(database, scheme, signer), count=SEALERS)
    sealed(database, signer, scheme)

    with database.transaction() as session:
        verdict = verify_seals(session)
    assert verdict.first_difference is None
    assert verdict.unsealed_count == 0
    assert verdict.sealed_count >= SEALERS
