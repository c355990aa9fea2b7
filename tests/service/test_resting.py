"""What rests where is read once: it is true all the same, whatever happened since."""

from datetime import UTC, datetime

from sqlalchemy import select

from app.database.connections import Database
from app.ledger.models import AccountRow
from app.ledger.snapshots import Sizes
from app.prescribers.custody_queries import Held, held_booklets
from app.reports.snapshots import take_snapshots
from app.vouchers.resting import KINDS, Resting, resting_in
from tests.factories import Scheme


def test_what_is_remembered_of_a_drawer_is_what_a_new_reading_finds(
    database: Database, usual_scheme: Scheme
) -> None:
    scheme = usual_scheme

    def held() -> list[Held]:
        with database.transaction(writing=False) as session:
            remembered = held_booklets(session, KINDS)
        with database.transaction() as session:
            assert remembered == held_booklets(session, KINDS)
        return remembered

    assert held() == []
    with database.transaction() as session:
        scheme.stock(session)
    stocked = held()
    assert held() == stocked != []

    with database.session() as session:
        scheme.allocation(session, 1, 1)
        session.rollback()
    assert held() == stocked

    with database.transaction() as session:
        scheme.allocation(session, 1, 3)
    entrusted = held()
    take_snapshots(database, now=datetime.now(UTC), sizes=Sizes(least=1, most=2))
    assert held() == entrusted != stocked

    with database.transaction() as session:
        scheme.prescription(session, scheme.beneficiary(session), [2])
    assert [(one.first_number, one.last_number) for one in held() if one.kind == "prescriber"] == [
        (1, 1),
        (3, 3),
    ]


def test_of_what_moved_since_the_last_look_only_those_booklets_are_read_again(
    database: Database, usual_scheme: Scheme
) -> None:
    scheme = usual_scheme
    with database.transaction() as session:
        scheme.stock(session)
        accounts = session.scalars(select(AccountRow.id).where(AccountRow.kind.in_(KINDS))).all()

    def looked_at() -> dict[int, Resting]:
        with database.transaction(writing=False) as session:
            return resting_in(session, accounts)

    looked_at()
    with database.transaction() as session:
        scheme.allocation(session, 1, 4)
        scheme.prescription(session, scheme.beneficiary(session), [2])
        scheme.prescription(session, scheme.beneficiary(session), [4])
        scheme.blocked(session, scheme.serial(7, 3))
    seen = looked_at()
    with database.transaction() as session:
        assert seen == resting_in(session, accounts)
    assert [part.number for found in seen.values() for part in found.parts] == [7]
