"""Sums of the journal are those of its movements, whatever was summed and when."""

import re
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.run_queries import anything_old_to_clear, waiting_to_clear
from app.config import Settings
from app.database.connections import Database
from app.kernel.clock import first_instant, martinique_day
from app.ledger import AccountKind
from app.ledger.models import AccountRow, Movement, Posting, Snapshot, Voucher
from app.ledger.snapshots import Sizes
from app.prescribers.models import PrescriptionBooklet
from app.programmes.models import VintageTerms
from app.reports import snapshots
from app.reports.keeper import SnapshotKeeper
from app.reports.models import UsageSnapshot, UsageSum
from tests.factories import Scheme
from tests.service.conftest import World

SMALL = Sizes(least=1, most=3, fan=2, at_once=1000)
"""Stretches so short that a chain that has lived has several levels of them."""
Sums = dict[tuple[Any, ...], int]


def by_hand(session: Session, at: datetime | None, acted: tuple[datetime, datetime] | None) -> Any:  # noqa: ANN401 - four sums
    """What moved, told apart in all ways, by looking at every movement."""
    kinds = {a.id: a.kind for a in ledger.all_accounts(session).values()}
    booklets = defaultdict(list)
    for row in session.scalars(select(PrescriptionBooklet)):
        booklets[row.prescription_id].append(row)
    publics: dict[int, str] = {}
    by_account: Counter[Any] = Counter()
    by_month: Counter[Any] = Counter()
    by_public: Counter[Any] = Counter()
    rests: Counter[Any] = Counter()
    rows = session.execute(select(Movement, Posting).join(Posting).order_by(Movement.id))
    for m, p in rows:
        start, to = kinds[m.debit_account_id], kinds[m.credit_account_id]
        for booklet in booklets[p.document_id] if m.kind == "issue" else ():
            for voucher in range(booklet.booklet_id, booklet.booklet_id + booklet.booklet_size):
                publics[voucher] = booklet.public
        if at is not None and p.recorded_at >= at:
            continue
        if acted is not None and not acted[0] <= p.occurred_at < acted[1]:
            continue
        month = martinique_day(p.occurred_at).replace(day=1)
        way = m.kind, m.vintage_id
        by_account[*way, m.debit_account_id, start, m.credit_account_id, to] += m.voucher_count
        by_month[*way, start, to, month] += m.voucher_count
        rests.update({(m.vintage_id, to): m.voucher_count})
        rests.subtract({(m.vintage_id, start): m.voucher_count})
        ends = {start, to} if m.kind != "replace" else set()
        if ends == {AccountKind.PRESCRIBER, AccountKind.CIRCULATION} or (
            (AccountKind.CIRCULATION in ends or m.kind == "clawback")
            and ends & {AccountKind.REDEEMED, AccountKind.SETTLED}
        ):
            for voucher in range(m.first_id, m.last_id + 1):
                by_public[*way, start, to, publics.get(voucher, ""), month] += 1
    return rests, by_account, by_month, by_public


def as_read(session: Session, at: datetime | None, acted: tuple[datetime, datetime] | None) -> Any:  # noqa: ANN401 - four sums
    """The same, as reports read it."""
    reading = ledger.Reading(session, ledger.Window(at, acted))
    told_apart = (
        {
            tuple(getattr(line, name) for name in line.__slots__[:-1]): line.voucher_count
            for line in lines
        }
        for lines in (
            reading.by_account,
            reading.by_month,
            snapshots.moved_of_publics(session, reading),
        )
    )
    return ledger.rests_of(reading), *told_apart


def windows(session: Session) -> list[tuple[datetime | None, tuple[datetime, datetime] | None]]:
    """Everything; before, between and after acts; periods that cut months, and whole ones."""
    recorded = sorted(set(session.scalars(select(Posting.recorded_at))))
    bounds = [recorded[0], *(at + timedelta(microseconds=1) for at in recorded)]
    first = first_instant(martinique_day(recorded[0]).replace(day=1))
    months = [first, first_instant(date(2099, 1, 1))]
    return [
        (None, None),
        *((at, None) for at in bounds[:: len(bounds) // 12 + 1]),
        *((None, acted) for acted in list(pairwise(bounds))[:: len(bounds) // 6 + 1]),
        (bounds[-2], (bounds[3], bounds[-1])),
        (bounds[-2], (months[0], months[1])),
    ]


def test_sums_are_those_of_the_movements_whatever_was_summed_before(world: World) -> None:
    session, now = world.session, world.scheme.now
    asked = windows(session)
    expected = [by_hand(session, *window) for window in asked]
    assert [as_read(session, *window) for window in asked] == expected

    taken = ledger.rebuild_snapshots(session, now=now, sizes=SMALL)
    assert [as_read(session, *window) for window in asked] == expected, "publics not summed yet"
    while snapshots.take_snapshot(session, now=now, sizes=SMALL):
        pass

    assert taken > 10
    assert (session.scalar(select(func.max(Snapshot.level))) or 0) > 1
    assert [as_read(session, *window) for window in asked] == expected
    assert ledger.verify(session).first_difference is None
    assert snapshots.first_difference(session) is None


def waiting_by_hand(
    session: Session, programme_id: UUID, before: datetime
) -> dict[UUID, tuple[int, int]]:
    """What mediators took before an instant and is on no statement, by looking at every pass."""
    faces = defaultdict(list)
    for mediator_id, face in session.execute(
        select(AccountRow.party_id, Voucher.face_value_cents)
        .select_from(Voucher)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .join(Movement, Movement.id == Voucher.last_movement_id)
        .join(Posting, Posting.id == Movement.posting_id)
        .join(VintageTerms, VintageTerms.vintage_id == AccountRow.vintage_id)
        .where(
            VintageTerms.programme_id == programme_id,
            AccountRow.kind == AccountKind.REDEEMED,
            Posting.recorded_at < before,
        )
    ):
        faces[mediator_id].append(face)
    return {one: (len(some), sum(some)) for one, some in faces.items()}


def test_what_waits_for_a_run_is_what_its_movements_say(world: World) -> None:
    session, now, programme_id = world.session, world.scheme.now, world.scheme.programme_id
    came = select(Posting.recorded_at).join(Movement).where(Movement.kind == "redeem")
    instants = sorted(set(session.scalars(came)))
    bounds = [*instants, *(at + timedelta(microseconds=1) for at in instants)]
    expected = [waiting_by_hand(session, programme_id, before) for before in bounds]
    assert any(one and one != expected[-1] for one in expected), "some bound cuts them"

    for sizes in (SMALL, Sizes(least=1, most=7, fan=2, at_once=5)):
        ledger.rebuild_snapshots(session, now=now, sizes=sizes)
        told = (waiting_to_clear(session, programme_id, before=one) for one in bounds)
        assert [
            {one.mediator_id: (one.voucher_count, one.amount_cents) for one in waiting}
            for waiting in told
        ] == expected
        assert [anything_old_to_clear(session, programme_id, before=one) for one in bounds] == [
            bool(one) for one in expected
        ]


LIES = {
    "a sum counts one pass more": (
        "update snapshot_sum set voucher_count = 99 where snapshot_id = 2 and ordinal = 1",
        "snapshot_sum n° 2/",
    ),
    "a sum has vanished": (
        "delete from snapshot_sum where snapshot_id = 2 and ordinal = 1",
        "snapshot_sum n° 2/",
    ),
    "a sum is of another month": (
        "update snapshot_sum set acted_in = '2020-01-01' where snapshot_id = 3",
        "snapshot_sum n° 3/",
    ),
    "a snapshot left a movement out": (
        "update snapshot set movement_count = movement_count - 1 where id = 1",
        "snapshot n° 1 ne dit pas quels mouvements il résume.",
    ),
    "a snapshot was recorded earlier": (
        "update snapshot set recorded_until = recorded_from where id = 1",
        "snapshot n° 1 ne dit pas quels mouvements il résume.",
    ),
    "a snapshot has vanished": (
        "delete from snapshot where level = 0 and after_movement_id = 0",
        r"snapshot n° \d+ ne commence pas où le précédent finit.",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_replay_names_the_first_sum_that_lies(past_every_rule: Session, lie: str) -> None:
    statement, expected = LIES[lie]
    past_every_rule.execute(text(statement))

    found = ledger.verify(past_every_rule).first_difference

    assert re.match(expected, found or ""), found


def test_sums_by_public_that_lie_are_named_too(past_every_rule: Session) -> None:
    number = past_every_rule.scalar(select(func.min(UsageSum.snapshot_id)))
    past_every_rule.execute(
        text("update snapshot_usage_sum set public = 'other' where snapshot_id = :n"), {"n": number}
    )

    found = snapshots.first_difference(past_every_rule)

    assert found == f"snapshot_usage_sum n° {number}/1 ne compte pas ses mouvements."


def test_sums_that_lie_are_made_anew(past_every_rule: Session, world: World) -> None:
    past_every_rule.execute(text("update snapshot_sum set voucher_count = voucher_count + 1"))

    ledger.rebuild_snapshots(past_every_rule, now=world.scheme.now)
    snapshots.take_snapshot(past_every_rule, now=world.scheme.now)

    assert ledger.verify(past_every_rule).first_difference is None
    assert snapshots.first_difference(past_every_rule) is None


def test_the_server_sums_the_tail_once_it_is_long_enough(
    database: Database, scheme: Scheme, tmp_path: Path
) -> None:
    with database.transaction() as session:
        scheme.stock(session)
    settings = Settings(tmp_path, database.url, database.url, secret_key=b"a test")

    SnapshotKeeper(settings).look(database)
    with database.transaction(writing=False) as session:
        assert session.scalar(select(func.count(Snapshot.id))) == 0, "a few movements"
    SnapshotKeeper(settings, sizes=SMALL).look(database)
    SnapshotKeeper(settings, sizes=SMALL).look(database)

    with database.transaction(writing=False) as session:
        taken = session.scalar(select(func.count(Snapshot.id)))
        assert taken
        assert session.scalar(select(func.count(UsageSnapshot.snapshot_id))) == taken
        assert ledger.verify(session).first_difference is None
