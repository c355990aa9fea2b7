"""What a need is measured by: quick answers, each against a look at every pass."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app import ledger
from app.database.connections import Database
from app.kernel.ids import new_id
from app.ledger import AccountKind
from app.orders import planning, queries
from app.orders.rules import SerialRange
from app.prescribers.rules import UndoReason
from app.prescribers.undoing import undo_prescription
from app.programmes import queries as programmes
from tests import by_hand
from tests.factories import Scheme
from tests.service.conftest import World


def see_that_delays_are_right(session: Session, vintage_id: int) -> None:
    """As many as are asked for, however far back they are looked for at once."""
    for limit, look in ((1, 1), (2, 3), (7, 2), (500, 2_000)):
        quick = queries.latest_delays(session, {vintage_id}, limit=limit, look=look)
        assert quick == by_hand.latest_delays(session, {vintage_id}, limit=limit)


def test_delays_are_those_of_the_latest_passes_used(world: World) -> None:
    see_that_delays_are_right(world.session, world.scheme.vintage_id)
    assert queries.latest_delays(world.session, {world.scheme.vintage_id}, limit=500)
    assert queries.latest_delays(world.session, {world.scheme.vintage_id + 1}, limit=500) == []


def test_passes_handed_over_and_used_are_those_that_flowed(world: World) -> None:
    measured = planning.measured_so_far(world.session, world.scheme.programme_id)

    vintages = {
        terms.vintage_id
        for terms in programmes.vintages_of(world.session, world.scheme.programme_id)
    }
    accounts = ledger.all_accounts(world.session)

    def flowed(start: AccountKind, to: AccountKind) -> int:
        return sum(
            one.voucher_count
            for one in ledger.flows(world.session, ledger.net(start, to))
            if accounts[one.debit_account_id].vintage_id in vintages
        )

    assert measured.issued_count == flowed(AccountKind.PRESCRIBER, AccountKind.CIRCULATION) > 0
    assert measured.redeemed_count == flowed(AccountKind.CIRCULATION, AccountKind.REDEEMED) > 0


def test_a_delay_counts_from_the_last_hand_over_before_the_pass_was_used(
    session: Session, usual_scheme: Scheme
) -> None:
    scheme, start = usual_scheme, usual_scheme.now
    scheme.stock(session, tens=7, fives=0)
    scheme.allocation(session, 1, 7)
    wrong = scheme.prescription(session, scheme.beneficiary(session), [2])
    undo_prescription(
        session,
        actor=scheme.actors["plie"],
        undo_id=new_id(),
        prescription_id=wrong,
        reason=UndoReason.WRONG_PERSON,
        now=scheme.now,
    )
    for day, booklets in ((0, [1]), (30, [2]), (40, [3, 4]), (45, [6, 7])):
        scheme.now = start + timedelta(days=day)
        scheme.prescription(session, scheme.beneficiary(session), booklets)
    scheme.now = start + timedelta(days=50)
    for day, booklet, place in ((31, 2, 0), (32, 1, 9), (47, 4, 5), (48, 7, 4), (49, 1, 0)):
        code = scheme.codes(session, booklet)[place]
        scheme.redeem(session, code, redeemed_at=start + timedelta(days=day))

    found = queries.latest_delays(session, {scheme.vintage_id}, limit=500)

    assert [(used - given).days for given, used in found] == [49, 3, 7, 32, 1]
    see_that_delays_are_right(session, scheme.vintage_id)


def test_whole_booklets_are_those_of_which_each_pass_is_there(
    database: Database, usual_scheme: Scheme
) -> None:
    scheme = usual_scheme

    def whole() -> list[tuple[int, int]]:
        sponsor_id = scheme.organisations["sponsor"]
        with database.transaction(writing=False) as session:
            sizes = queries.stock_by_size(session, sponsor_id, [scheme.vintage_id])
            there = by_hand.whole_booklets(session, sponsor_id)
        for size in sizes:
            assert size.active_count == there[AccountKind.STOCK, size.booklet_size]
            assert size.inert_count == there[AccountKind.STOCK_INERT, size.booklet_size]
        return [(size.active_count, size.inert_count) for size in sizes]

    assert whole() == [(0, 0), (0, 0)]
    with database.transaction() as session:
        scheme.stock(session)
        second = scheme.sent_order(session, tens=3, fives=1)
        scheme.delivery(session, second, [SerialRange(121, 140)])
    assert whole() == [(10, 2), (4, 0)]
    with database.transaction() as session:
        scheme.allocation(session, 1, 3)
        scheme.blocked(session, scheme.serial(7, 3))
    assert whole() == [(6, 2), (4, 0)]
