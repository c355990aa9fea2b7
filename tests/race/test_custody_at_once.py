"""Two people sign for one consignment, or one signs while another calls it back: one succeeds."""

from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.database.connections import Database
from app.database.locks import hold
from app.kernel.ids import new_id
from app.prescribers import custody
from app.prescribers import custody_queries as queries
from tests.factories import Scheme
from tests.race.together import (
    Answer,
    after,
    everywhere,
    in_transactions,
    meeting,
    no_hold,
    said,
)


def signed_and_called_back(
    database: Database, scheme: Scheme, number: int, *, signing: int, calling: int
) -> list[Answer]:
    """So many sign for one allocation and so many call it back, at once."""
    with database.transaction() as session:
        consignment_id = scheme.allocation(session, number, number, accept=False)

    def sign(session: Session, consignment_id: UUID = consignment_id) -> object:
        return custody.confirm_receipt(
            session,
            actor=scheme.actors["plie"],
            receipt_id=new_id(),
            consignment_id=consignment_id,
            now=scheme.now,
        )

    def call_back(session: Session, consignment_id: UUID = consignment_id) -> object:
        return custody.cancel_consignment(
            session,
            actor=scheme.actors["coordinator"],
            cancellation_id=new_id(),
            consignment_id=consignment_id,
            reason="Mauvais destinataire",
            now=scheme.now,
        )

    return in_transactions(database, [sign] * signing + [call_back] * calling)


def test_one_consignment_is_signed_for_once(database: Database, scheme: Scheme) -> None:
    with database.transaction() as session:
        scheme.stock(session)
    for number in range(1, 4):
        answers = signed_and_called_back(database, scheme, number, signing=2, calling=0)

        assert said(answers) == ["accepted", "consignment_received_already"]


def test_a_consignment_is_received_or_called_back_and_not_both(
    database: Database, scheme: Scheme
) -> None:
    with database.transaction() as session:
        scheme.stock(session)
    for number in range(1, 5):
        signed, called_back = signed_and_called_back(database, scheme, number, signing=1, calling=1)

        assert {signed.said, called_back.said} in (
            {"accepted", "consignment_received_already"},
            {"accepted", "consignment_cancelled"},
        )
    with database.transaction(writing=False) as session:
        assert ledger.verify(session).honest


def test_two_who_sign_for_one_consignment_crash_where_nobody_waits(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        scheme.stock(session)
    everywhere(monkeypatch, hold, no_hold)
    with meeting(2) as meet:
        after(monkeypatch, queries.answer_of, meet)

        answers = signed_and_called_back(database, scheme, 1, signing=2, calling=0)

    assert said(answers) == ["IntegrityError", "accepted"], "the key refuses, in nobody's words"
