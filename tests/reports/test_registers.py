"""Registers tie to the ledger: what opened, what moved, what closed, to the pass."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app import ledger
from app.database.connections import Database
from app.identity.errors import RightMissing
from app.kernel.errors import InvalidInput
from app.ledger.models import Movement
from app.ledger.snapshots import Sizes
from app.reports import registers
from app.reports.accounts import account_of_use, slip_of
from app.reports.register_rules import HELD, Register
from app.reports.snapshots import take_snapshots
from tests.api.house import House, house_that_has_lived
from tests.databases import Databases
from tests.factories import Scheme


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lived(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("registers")
    with house_that_has_lived(databases, request.param, folder) as house:
        sums = Sizes(least=3, most=7, fan=2)
        take_snapshots(house.database, now=house.clock(), sizes=sums)
        yield house


def asked(house: House) -> dict[str, object]:
    now = house.clock()
    return {
        "actor": house.scheme.actors["auditor"],
        "since": house.scheme.today,
        "until": house.scheme.today,
        "now": now,
    }


def test_every_holding_closes_on_the_balances_of_the_ledger(lived: House) -> None:
    with lived.database.transaction(writing=False) as session:
        told = registers.holdings(session, **asked(lived))  # type: ignore[arg-type]
        resting: dict[tuple[UUID, int], int] = {}
        for account, balance in ledger.balances(session).items():
            if account.kind in HELD:
                key = (account.party_id, account.vintage_id)
                resting[key] = resting.get(key, 0) + balance.voucher_count

    assert {(h.holder_id, h.vintage_id): h.closing_count for h in told if h.closing_count} == {
        key: count for key, count in resting.items() if count
    }
    assert all(h.opening_count == 0 for h in told)


def test_every_register_adds_up_line_by_line(lived: House) -> None:
    with lived.database.transaction(writing=False) as session:
        told = registers.holdings(session, **asked(lived))  # type: ignore[arg-type]
        for held in told:
            register = registers.register_of(
                session,
                holder_id=held.holder_id,
                vintage_id=held.vintage_id,
                **asked(lived),  # type: ignore[arg-type]
            )
            lines = list(registers.entries(session, register))
            assert sum(line.in_count for line in lines) == held.in_count
            assert sum(line.out_count for line in lines) == held.out_count
            assert lines[-1].balance_count == held.closing_count
            assert [line.number for line in lines] == sorted({line.number for line in lines})
            journal = registers.Journal.of(session, register)
            assert registers.is_longer_than(session, journal, len(lines) - 1)
            assert not registers.is_longer_than(session, journal, len(lines))
            for after in (0, *(line.number for line in lines[:: len(lines) // 3 or 1])):
                rest = registers.page_of_entries(session, journal, after=after, limit=3)
                assert rest == [line for line in lines if line.number > after][:3]
            assert all(line.operation and line.origin and line.destination for line in lines)


def test_the_next_movements_of_many_accounts_are_those_of_each(lived: House) -> None:
    with lived.database.transaction(writing=False) as session:
        some = sorted(ledger.all_accounts(session))[::2]
        assert len(some) > registers.FEW_ACCOUNTS
        touched = Movement.debit_account_id.in_(some) | Movement.credit_account_id.in_(some)
        ids = session.scalars(select(Movement.id).where(touched).order_by(Movement.id)).all()
        bounds = product((0, ids[5]), (None, ids[-4]), (3, 1_000), (False, True))
        for piece in (registers.Piece(*asked) for asked in bounds):
            told = registers.next_ids(session, some, piece, length=2)
            fitting = [one for one in ids if piece.after < one <= (piece.until or one)]
            assert told == (fitting[::-1] if piece.down else fitting)[: piece.limit]


def test_what_was_ordered_is_on_one_line_of_the_account_of_use(lived: House) -> None:
    with lived.database.transaction(writing=False) as session:
        for vintage_id in (lived.scheme.vintage_id, lived.lived.other_vintage_id):
            account = account_of_use(
                session,
                actor=lived.scheme.actors["auditor"],
                vintage_id=vintage_id,
                on=lived.scheme.today,
                now=lived.clock(),
            )
            assert account.missing_count == 0
            assert account.ordered.before_count == 0


def test_a_slip_ties_to_the_registers_and_to_what_is_owed(lived: House) -> None:
    with lived.database.transaction(writing=False) as session:
        balances = ledger.balances(session)
        for name in ("plie", "ccas", "exo7", "sponsor"):
            party = lived.scheme.organisations[name]
            slip = slip_of(session, holder_id=party, **asked(lived))  # type: ignore[arg-type]

            def resting(kinds: frozenset[str], party: UUID = party) -> int:
                return sum(
                    b.voucher_count
                    for a, b in balances.items()
                    if a.party_id == party and a.kind in kinds
                )

            assert slip.held[-1].count == resting(frozenset(map(str, HELD)))
            assert slip.taken[-1].count == resting(frozenset({"redeemed", "claimed"}))
            for part in (slip.held, slip.taken):
                assert sum(line.count for line in part[:-1]) == part[-1].count
                assert sum(line.cents for line in part[:-1]) == part[-1].cents


EVE, NEW_YEAR = date(2025, 12, 31), date(2026, 1, 1)


def test_the_year_ends_at_midnight_in_martinique_by_the_instant_of_recording(
    owner_database: Database, tmp_path: Path
) -> None:
    """31 December, 20:00–24:00 local, is the next year in UTC, and of this year here."""
    instants = [datetime(2026, 1, 1, 3, 58, tzinfo=UTC), datetime(2026, 1, 1, 4, tzinfo=UTC)]
    began = datetime(2025, 12, 31, 14, tzinfo=UTC)
    with owner_database.transaction() as session:
        with ledger.recorded_at(session, began):
            scheme = Scheme.ready(session, tmp_path, now=began)
            scheme.stock(session)
        for number, instant in enumerate(instants, start=1):
            with ledger.recorded_at(session, instant):
                scheme.allocation(session, number, number, to="plie")

        def register(since: date, until: date) -> Register:
            return registers.register_of(
                session,
                actor=scheme.actors["auditor"],
                holder_id=scheme.organisations["plie"],
                vintage_id=scheme.vintage_id,
                since=since,
                until=until,
                now=datetime(2026, 1, 2, tzinfo=UTC),
            )

        old, new = register(date(2025, 1, 1), EVE), register(NEW_YEAR, NEW_YEAR)
        [line] = registers.entries(session, new)
        with pytest.raises(InvalidInput):
            register(NEW_YEAR, EVE)

    assert (old.holding.opening_count, old.holding.closing_count) == (0, 10)
    assert (new.holding.opening_count, new.holding.closing_count) == (10, 20)
    assert (line.in_count, line.balance_count) == (10, 20)
    assert line.first_serial.startswith("26A 00002")


def test_a_mediator_reads_no_register(lived: House) -> None:
    with (
        lived.database.transaction(writing=False) as session,
        pytest.raises(RightMissing),
    ):
        registers.holdings(
            session,
            **(asked(lived) | {"actor": lived.scheme.actors["exo7"]}),  # type: ignore[arg-type]
        )
