"""Two people want what only one can have: one gets it and the other is told, never both."""

from contextlib import suppress
from functools import partial
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.clearing import queries as clearing
from app.clearing.errors import NothingToClear
from app.database.connections import Database
from app.database.locks import hold
from app.identity.queries import failures_since
from app.identity.service import ATTEMPTS_OF_ACCOUNT, SignInKeys, begin_sign_in
from app.kernel.ids import new_id
from app.ledger import AccountKind
from app.orders import queries as orders
from app.orders.rules import SerialRange
from app.programmes.models import DocumentCounter
from app.programmes.numbering import next_number
from tests.factories import Scheme
from tests.race.together import (
    Answer,
    after,
    everywhere,
    in_transactions,
    meeting,
    no_hold,
    said,
    together,
)


def honest(database: Database) -> bool:
    """Whether the ledger's replay agrees."""
    with database.transaction(writing=False) as session:
        return ledger.verify(session).honest


# ── One booklet ───────────────────────────────────────────────────────────────────────────────────


def to_two_people(database: Database, scheme: Scheme, number: int) -> list[Answer]:
    """One booklet is handed to two people at once."""
    with database.transaction() as session:
        people = [scheme.beneficiary(session) for _ in range(2)]
    return in_transactions(
        database,
        [
            partial(scheme.prescription, beneficiary_id=person, booklets=[number])
            for person in people
        ],
    )


def test_one_booklet_is_not_handed_to_two_people(database: Database, scheme: Scheme) -> None:
    with database.transaction() as session:
        scheme.allocation(session, 1, 5)

    for number in range(1, 6):
        answers = to_two_people(database, scheme, number)

        assert said(answers) == ["accepted", "booklet_handed_over"]
    assert honest(database)


def test_one_booklet_is_not_entrusted_to_two_prescribers(
    database: Database, scheme: Scheme
) -> None:
    for number in range(1, 6):
        answers = in_transactions(
            database,
            [
                partial(scheme.allocation, first=number, last=number, to=to, accept=False)
                for to in ("plie", "ccas")
            ],
        )

        assert said(answers) in (
            ["accepted", "booklet_not_in_stock"],
            ["accepted", "vouchers_not_there"],
        )
    assert honest(database)


# ── One delivery, one mandate ─────────────────────────────────────────────────────────────────────


def delivered_twice(database: Database, scheme: Scheme) -> list[Answer]:
    """Two people type the same delivery note, each under an id of their own."""
    with database.transaction() as session:
        order_id = scheme.sent_order(session, tens=2, fives=0)
        [allotted] = orders.allotments(session, order_id)
    first = allotted.serials.first
    ranges = [SerialRange(first, first + 9)], [SerialRange(first, first + 19)]
    return in_transactions(
        database, [partial(scheme.delivery, order_id=order_id, ranges=r) for r in ranges]
    )


def test_one_delivery_note_typed_by_two_people_arrives_once(
    database: Database, scheme: Scheme
) -> None:
    for _ in range(3):
        answers = delivered_twice(database, scheme)

        assert said(answers) == ["accepted", "serials_received_already"]
    assert honest(database)


def test_neighbours_delivered_at_once_get_ids_in_a_row(database: Database, scheme: Scheme) -> None:
    with database.transaction() as session:
        order_id = scheme.sent_order(session, tens=8, fives=0)
        [allotted] = orders.allotments(session, order_id)
    starts = range(allotted.serials.first, allotted.serials.last, 10)

    answers = in_transactions(
        database,
        [
            partial(scheme.delivery, order_id=order_id, ranges=[SerialRange(start, start + 9)])
            for start in starts
        ],
    )

    assert said(answers) == ["accepted"] * 8
    with database.transaction(writing=False) as session:
        assert ledger.next_voucher_id(session) == allotted.serials.last + 1
        numbers = [delivery.number for delivery in orders.deliveries_of(session, order_id)]
    assert sorted(int(number[-4:]) for number in numbers) == list(range(2, 10))
    assert honest(database)


def test_one_delivery_typed_by_two_people_crashes_where_nobody_waits(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere(monkeypatch, hold, no_hold)
    with meeting(2) as meet:
        after(monkeypatch, orders.received_overlapping, meet)

        answers = delivered_twice(database, scheme)

    assert "IntegrityError" in said(answers)
    assert honest(database)


def activated_twice(database: Database, scheme: Scheme) -> list[Answer]:
    """Two deliveries are activated at once on a mandate that covers one."""
    with database.transaction() as session:
        order_id = scheme.sent_order(session, tens=2, fives=0)
        [allotted] = orders.allotments(session, order_id)
        first = allotted.serials.first
        deliveries = [
            scheme.delivery(session, order_id, [SerialRange(start, start + 9)])
            for start in (first, first + 10)
        ]
        scheme.mandate(session, order_id, 200)

    return in_transactions(database, [partial(scheme.activated, delivery_id=d) for d in deliveries])


def test_one_mandate_does_not_cover_two_deliveries(database: Database, scheme: Scheme) -> None:
    for _ in range(3):
        answers = activated_twice(database, scheme)

        assert said(answers) == ["accepted", "mandate_does_not_cover"]


def test_one_mandate_covers_two_deliveries_where_nobody_waits(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere(monkeypatch, hold, no_hold)
    with meeting(2) as meet:
        after(monkeypatch, orders.activated_cost, meet)

        answers = activated_twice(database, scheme)

    # Both are accepted, or the trigger stops whoever comes a moment later: never a clean refusal.
    assert "mandate_does_not_cover" not in said(answers)


# ── One pass: undone or claimed ───────────────────────────────────────────────────────────────────


def test_a_redemption_is_undone_or_claimed_and_not_both(database: Database, scheme: Scheme) -> None:
    with database.transaction() as session:
        scheme.allocation(session, 1, 1)
        scheme.prescription(session, scheme.beneficiary(session), [1])
        codes = scheme.codes(session, 1)
    for code in codes[:5]:
        with database.transaction() as session:
            redemption = scheme.redeem(session, code).accepted()
        run_id = new_id()

        def undo(redemption_id: UUID = redemption.id) -> object:
            with database.transaction() as session:
                return scheme.undone(session, redemption_id)

        def clear(run_id: UUID = run_id) -> object:
            return scheme.clearing(database, run_id=run_id)

        undone, cleared = together([undo, clear])
        with suppress(NothingToClear):
            scheme.clearing(database, run_id=run_id)

        assert undone.said in {"accepted", "redemption_claimed_already"}
        assert cleared.said in {"accepted", "nothing_to_clear"}
        with database.transaction(writing=False) as session:
            entry = ledger.history(session, redemption.voucher_id)[-1]
            on_a_statement = clearing.statements_of(session, run_id)
        expected = AccountKind.CIRCULATION if undone.said == "accepted" else AccountKind.CLAIMED
        assert entry.credit.kind is expected
        assert len(on_a_statement) == (undone.said != "accepted")
    assert honest(database)


# ── Numbers without a gap ─────────────────────────────────────────────────────────────────────────


class Cut(Exception):
    """The network, at the worst moment."""


def numbers_taken(database: Database, scheme: Scheme) -> tuple[list[Answer], list[str]]:
    """Eight orders prepared at once, of which every other is cut before it commits."""

    def prepare(session: Session, number: int) -> object:
        order_id = scheme.sent_order(session, tens=1, fives=0)
        if number % 2:
            raise Cut
        return order_id

    answers = in_transactions(database, [partial(prepare, number=n) for n in range(8)])
    with database.transaction(writing=False) as session:
        numbers = [order.number for order in orders.orders_after(session, None, limit=100)]
    return answers, sorted(numbers)


def test_numbers_leave_no_gap_where_every_other_transaction_is_cut(
    database: Database, scheme: Scheme
) -> None:
    answers, numbers = numbers_taken(database, scheme)

    assert said(answers) == ["Cut"] * 4 + ["accepted"] * 4
    assert [int(number[-4:]) for number in numbers] == [1, 2, 3, 4, 5]


def test_a_counter_that_is_read_before_it_is_written_numbers_twice(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An order waits for the programme first; whatever takes a number need not.
    everywhere(monkeypatch, hold, no_hold)
    with meeting(8) as meet:

        def look_then_write(session: Session, prefix: str, year: int) -> int:
            counter = session.get(DocumentCounter, (prefix, year))
            number = (counter.last_number if counter else 0) + 1
            meet()
            if counter is not None:
                counter.last_number = number
            return number

        everywhere(monkeypatch, next_number, look_then_write)
        answers, _ = numbers_taken(database, scheme)

    assert "IntegrityError" in said(answers)


# ── Tries ─────────────────────────────────────────────────────────────────────────────────────────


def tried(database: Database, scheme: Scheme) -> list[Answer]:
    """Ten tries at one account, sent together."""
    keys = SignInKeys(b"exo7", b"network")

    def attempt(session: Session) -> object:
        return begin_sign_in(session, email="exo7@exemple.fr", keys=keys, now=scheme.now)

    return in_transactions(database, [attempt] * 10)


def test_tries_sent_together_count_together(database: Database, scheme: Scheme) -> None:
    answers = tried(database, scheme)

    assert said(answers).count("accepted") == ATTEMPTS_OF_ACCOUNT


def test_tries_sent_together_all_pass_where_nobody_waits(
    database: Database, scheme: Scheme, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere(monkeypatch, hold, no_hold)
    with meeting(10) as meet:
        after(monkeypatch, failures_since, meet)

        answers = tried(database, scheme)

    assert said(answers).count("accepted") > ATTEMPTS_OF_ACCOUNT
