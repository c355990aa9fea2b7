"""A movement with a smaller number is committed after a greater one: no snapshot misses it."""

from collections.abc import Iterator
from contextlib import ExitStack
from threading import Timer

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.redemptions import Scan, redeem_voucher
from app.database.connections import Database
from app.kernel.ids import new_id
from app.ledger import snapshots
from app.ledger.models import Movement
from app.ledger.snapshots import Sizes
from tests.factories import Scheme

ALL = Sizes(least=1)
A_MOMENT_SECONDS = 0.1


@pytest.fixture
def late(database: Database, scheme: Scheme) -> Iterator[Session]:
    """A redemption that is not committed yet, while a later one is."""
    with database.transaction() as session:
        scheme.allocation(session, 1, 1)
        scheme.prescription(session, scheme.beneficiary(session), [1])
        first, second, *_ = scheme.codes(session, 1)
    with ExitStack() as stack:
        waiting = stack.enter_context(database.session())
        take(waiting, scheme, "exo7", first)
        with database.transaction() as session:
            take(session, scheme, "carecof", second)
        yield waiting


def take(session: Session, scheme: Scheme, mediator: str, code: str) -> None:
    """Redeem one pass."""
    verdict = redeem_voucher(
        session,
        actor=scheme.actors[mediator],
        scan=Scan(new_id(), code, scheme.now),
        signer=scheme.signer,
        now=scheme.now,
    )
    verdict.accepted()


def test_a_snapshot_waits_for_who_began_to_write_before_it(
    database: Database, scheme: Scheme, late: Session
) -> None:
    soon = Timer(A_MOMENT_SECONDS, late.commit)
    soon.start()
    with database.transaction() as session:
        taken = ledger.take_snapshot(session, now=scheme.now, sizes=ALL)
    soon.join()

    with database.transaction() as session:
        assert taken > 0
        assert ledger.verify(session).honest
        whole = ledger.Reading(session).cover
        assert whole.stretches[-1].after == session.scalar(select(func.max(Movement.id)))


def test_it_is_not_taken_when_they_take_too_long(
    database: Database, scheme: Scheme, late: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PATIENCE_SECONDS", A_MOMENT_SECONDS)
    with database.transaction() as session:
        assert ledger.take_snapshot(session, now=scheme.now, sizes=ALL) == 0
    late.commit()

    with database.transaction() as session:
        assert ledger.take_snapshot(session, now=scheme.now, sizes=ALL) > 0
        assert ledger.verify(session).honest


def test_without_waiting_the_late_one_is_missed(
    database: Database, scheme: Scheme, late: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutant: what is seen now is taken for all there will be."""
    monkeypatch.setattr(
        snapshots, "settled_up_to", lambda session: session.scalar(select(func.max(Movement.id)))
    )
    with database.transaction() as session:
        ledger.take_snapshot(session, now=scheme.now, sizes=ALL)
    late.commit()

    with database.transaction() as session:
        assert not ledger.verify(session).honest
