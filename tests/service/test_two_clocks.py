"""The instant of recording governs balances and cut-offs; the instant of the act, eligibility.

31 December, 20:00 to 24:00 in Martinique, is already next year in UTC. Each test writes history
with instants of recording of its own, as the owner, who alone may.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.clearing import queries
from app.clearing.redemption_models import Redemption
from app.clearing.runs import run_clearing
from app.clearing.statements import approve_statement
from app.database.connections import Database
from app.kernel.clock import MARTINIQUE, first_instant
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from app.ledger import AccountKind, chart
from app.mediators.errors import NoLabelInForce
from tests.factories import Scheme

NEW_YEAR = first_instant(date(2026, 1, 1))
TICK = timedelta(microseconds=1)


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant by the clock on the wall in Martinique."""
    return datetime(year, month, day, hour, minute, tzinfo=MARTINIQUE).astimezone(UTC)


@contextmanager
def at(database: Database, scheme: Scheme, instant: datetime) -> Iterator[Session]:
    """A transaction that happens at that instant: acts and recordings alike."""
    scheme.now = instant
    with database.transaction() as session, ledger.recorded_at(session, instant):
        yield session


@pytest.fixture
def december(owner_database: Database, tmp_path: Path) -> tuple[Scheme, list[VoucherCode]]:
    """A booklet in a pocket since 1 December."""
    instant = local(2025, 12, 1, 9)
    with owner_database.transaction() as session, ledger.recorded_at(session, instant):
        scheme = Scheme.ready(session, tmp_path, now=instant)
        return scheme, scheme.issued_booklet(session)


def taken(
    database: Database,
    scheme: Scheme,
    code: VoucherCode,
    *,
    recorded: datetime,
    held: datetime | None = None,
) -> Redemption:
    """A pass taken at a session held then, and recorded then."""
    with at(database, scheme, recorded) as session:
        return scheme.redeem(session, code, redeemed_at=held or recorded).accepted()


def redeemed_at(database: Database, scheme: Scheme, instant: datetime) -> int:
    """How many passes rested redeemed at exo7 just before an instant."""
    with database.transaction(writing=False) as session:
        account = ledger.account(
            session, chart.redeemed(scheme.organisations["exo7"], scheme.vintage_id)
        )
        balance = ledger.balances(session, at=instant).get(account)
        return balance.voucher_count if balance else 0


def cleared(database: Database, scheme: Scheme, *, before: date, now: datetime) -> UUID:
    """A run with that cut-off."""
    return run_clearing(
        database,
        actor=scheme.actors["finance"],
        run_id=new_id(),
        programme_id=scheme.programme_id,
        cut_off_on=before,
        now=now,
    ).id


def test_the_year_ends_at_midnight_in_martinique(
    owner_database: Database, december: tuple[Scheme, list[VoucherCode]]
) -> None:
    scheme, codes = december
    evening = local(2025, 12, 31, 20)
    assert evening == datetime(2026, 1, 1, tzinfo=UTC), "in UTC the new year has begun"
    taken(owner_database, scheme, codes[0], recorded=evening)
    taken(owner_database, scheme, codes[1], recorded=NEW_YEAR - TICK)
    taken(owner_database, scheme, codes[2], recorded=NEW_YEAR)

    balances = [
        redeemed_at(owner_database, scheme, instant)
        for instant in (evening, evening + TICK, NEW_YEAR, NEW_YEAR + TICK)
    ]

    assert balances == [0, 1, 2, 3]


def test_a_cut_off_is_exclusive_and_goes_by_the_instant_of_recording(
    owner_database: Database, december: tuple[Scheme, list[VoucherCode]]
) -> None:
    scheme, codes = december
    taken(owner_database, scheme, codes[0], recorded=local(2025, 12, 31, 20))
    taken(owner_database, scheme, codes[1], recorded=NEW_YEAR - TICK)
    taken(owner_database, scheme, codes[2], recorded=NEW_YEAR)
    taken(
        owner_database,
        scheme,
        codes[3],
        recorded=local(2026, 1, 1, 0, 10),
        held=local(2025, 12, 31, 23),
    )

    year_end = cleared(owner_database, scheme, before=date(2026, 1, 1), now=local(2026, 1, 2))
    next_day = cleared(owner_database, scheme, before=date(2026, 1, 2), now=local(2026, 1, 2))

    with owner_database.transaction(writing=False) as session:
        counts = [scheme.total(session, run, "exo7").voucher_count for run in (year_end, next_day)]
    assert counts == [2, 2]


def test_a_late_upload_counts_for_the_day_of_its_session_and_is_owed_when_recorded(
    owner_database: Database, december: tuple[Scheme, list[VoucherCode]]
) -> None:
    scheme, codes = december

    late = taken(
        owner_database,
        scheme,
        codes[0],
        recorded=local(2026, 1, 4, 8),
        held=local(2025, 12, 31, 22, 30),
    )

    assert late.redeemed_on == date(2025, 12, 31)
    assert redeemed_at(owner_database, scheme, NEW_YEAR) == 0
    assert redeemed_at(owner_database, scheme, local(2026, 1, 5)) == 1
    with owner_database.transaction(writing=False) as session:
        entry = ledger.history(session, late.voucher_id)[-1]
    assert (entry.occurred_at, entry.recorded_at) == (
        local(2025, 12, 31, 22, 30),
        local(2026, 1, 4, 8),
    )


def test_a_label_that_ends_with_the_year_serves_until_midnight_in_martinique(
    owner_database: Database, december: tuple[Scheme, list[VoucherCode]]
) -> None:
    scheme, codes = december
    with at(owner_database, scheme, local(2025, 12, 2, 9)) as session:
        scheme.mediator(session, "ending", label=(-30, 29))

    with at(owner_database, scheme, local(2026, 1, 1, 9)) as session:
        in_time = scheme.redeem(session, codes[0], at="ending", redeemed_at=NEW_YEAR - TICK)
        too_late = scheme.redeem(session, codes[1], at="ending", redeemed_at=NEW_YEAR)

    assert in_time.accepted().redeemed_on == date(2025, 12, 31)
    assert isinstance(too_late.refusal, NoLabelInForce)


def test_statements_are_numbered_by_the_year_it_is_in_martinique(
    owner_database: Database, december: tuple[Scheme, list[VoucherCode]]
) -> None:
    scheme, codes = december
    numbers = []
    for code, now in (
        (codes[0], local(2025, 12, 30, 10)),
        (codes[1], NEW_YEAR - TICK),
        (codes[2], NEW_YEAR),
    ):
        taken(owner_database, scheme, code, recorded=now - timedelta(days=3))
        today = now.astimezone(MARTINIQUE).date()
        run_id = cleared(owner_database, scheme, before=today, now=now)
        with at(owner_database, scheme, now) as session:
            statement = scheme.draft(session, run_id, "exo7")
            approval = approve_statement(
                session,
                actor=scheme.actors["finance2"],
                statement_id=statement.id,
                version=1,
                net_cents=scheme.total(session, run_id, "exo7").net_cents,
                now=now,
            )
            numbers.append((approval.year, approval.number))

    assert numbers == [(2025, 1), (2025, 2), (2026, 1)]


def test_balances_at_any_instant_are_those_that_were_true_then(
    owner_database: Database, december: tuple[Scheme, list[VoucherCode]]
) -> None:
    scheme, codes = december
    taken(owner_database, scheme, codes[0], recorded=local(2025, 12, 10))
    run_id = cleared(owner_database, scheme, before=date(2025, 12, 15), now=local(2025, 12, 15, 12))

    with owner_database.transaction(writing=False) as session:
        assert queries.statements_of(session, run_id)
        then = {
            account.kind: balance.voucher_count
            for account, balance in ledger.balances(session, at=local(2025, 12, 11)).items()
        }
        before_all = ledger.balances(session, at=local(2025, 12, 1, 9))

    assert then[AccountKind.REDEEMED] == 1
    assert then[AccountKind.CIRCULATION] == 9
    assert AccountKind.CLAIMED not in then
    assert sum(then.values()) == 0, "what was received has left the issuer"
    assert before_all == {}


def test_a_flow_at_an_instant_knows_nothing_of_what_was_undone_later(
    owner_database: Database, december: tuple[Scheme, list[VoucherCode]]
) -> None:
    scheme, codes = december
    kept, undone = (
        taken(owner_database, scheme, code, recorded=local(2025, 12, 31, 21)) for code in codes[:2]
    )
    with at(owner_database, scheme, local(2026, 1, 1, 9)) as session:
        scheme.undone(session, undone.id)

    def flow(instant: datetime | None) -> int:
        with owner_database.transaction(writing=False) as session:
            [found] = ledger.flows(session, ledger.uses(), at=instant)
            return found.voucher_count

    assert kept.id != undone.id
    assert [flow(instant) for instant in (NEW_YEAR, local(2026, 1, 1, 10), None)] == [2, 1, 1]
