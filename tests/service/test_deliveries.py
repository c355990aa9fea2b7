"""Booklets arrive by ranges, in parts, out of order; they are active while mandates cover them."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import ledger
from app.kernel import codes
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger import AccountKind
from app.ledger.models import Voucher
from app.orders import planning, queries, service
from app.orders.errors import MandateDoesNotCover, SerialsReceivedAlready
from app.orders.rules import SerialRange
from app.programmes.rules import Public
from app.programmes.service import known_vintage
from app.vouchers.errors import UnknownVoucher
from app.vouchers.models import Booklet
from app.vouchers.service import codes_of, read_serial, voucher_by_code, voucher_by_serial
from tests.factories import Scheme
from tests.service.conftest import World


def rests(session: Session) -> dict[AccountKind, int]:
    """How many passes rest in accounts of each kind."""
    counts: dict[AccountKind, int] = {}
    for account, balance in ledger.balances(session).items():
        if balance.voucher_count:
            counts[account.kind] = counts.get(account.kind, 0) + balance.voucher_count
    return counts


@pytest.mark.parametrize(
    "parts",
    [
        [[(1, 50)]],
        [[(1, 20), (21, 50)]],
        [[(41, 50)], [(21, 40)], [(1, 10)], [(11, 20)]],
        [[(31, 40), (1, 10)], [(11, 30)], [(41, 45), (46, 50)]],
        [[(11, 45)], [(1, 10), (46, 50)]],
    ],
    ids=["whole", "neighbouring ranges", "backwards", "shuffled", "over the edge of two sizes"],
)
def test_however_booklets_arrive_each_pass_is_the_one_that_was_printed(
    session: Session, scheme: Scheme, parts: list[list[tuple[int, int]]]
) -> None:
    order_id = scheme.sent_order(session, tens=4, fives=2)

    for ranges in parts:
        scheme.delivery(session, order_id, [SerialRange(first, last) for first, last in ranges])

    ids = session.scalars(select(Voucher.id).order_by(Voucher.id)).all()
    assert list(ids) == list(range(1, 51))
    assert rests(session) == {AccountKind.ISSUER: -50, AccountKind.STOCK_INERT: 50}
    key = scheme.keys.key(scheme.label)
    for serial in range(1, 51):
        in_tens = serial <= 40
        number = BookletNumber(
            scheme.label, (serial - 1) // 10 + 1 if in_tens else 5 + (serial - 41) // 5
        )
        position = (serial - 1) % 10 + 1 if in_tens else (serial - 41) % 5 + 1
        voucher = voucher_by_serial(session, SerialNumber(number, position))
        assert voucher.serial == serial
        assert voucher_by_code(session, codes.derive(key, serial)).id == voucher.id
        assert voucher.booklet_id == voucher.id - position + 1
    assert ledger.verify(session).honest


def test_the_printers_file_holds_the_codes_that_are_taken(session: Session, scheme: Scheme) -> None:
    scheme.stock(session, tens=1, fives=0)
    booklet = session.scalars(select(Booklet)).one()
    terms = known_vintage(session, scheme.vintage_id)

    printed = dict(codes_of(booklet, terms, scheme.keys))

    assert len(set(printed.values())) == 10
    for serial, code in printed.items():
        assert voucher_by_code(session, code).id == voucher_by_serial(session, serial).id


def test_a_second_order_continues_where_the_first_ends(session: Session, scheme: Scheme) -> None:
    first, second = (scheme.sent_order(session, tens=2, fives=1) for _ in range(2))

    allotted = [a for order in (first, second) for a in queries.allotments(session, order)]

    assert [(a.serials.first, a.serials.last, a.first_booklet) for a in allotted] == [
        (1, 20, 1),
        (21, 25, 3),
        (26, 45, 4),
        (46, 50, 6),
    ]


def test_the_second_order_may_arrive_first(session: Session, scheme: Scheme) -> None:
    first, second = (scheme.sent_order(session, tens=1, fives=0) for _ in range(2))

    scheme.delivery(session, second, [SerialRange(11, 20)])
    scheme.delivery(session, first, [SerialRange(1, 10)])

    rows = session.execute(select(Voucher.id, Voucher.serial).order_by(Voucher.id)).all()
    assert [serial for _, serial in rows] == [*range(11, 21), *range(1, 11)]


def test_a_booklet_arrives_once_whatever_the_range_it_is_in(
    session: Session, scheme: Scheme
) -> None:
    order_id = scheme.sent_order(session, tens=5, fives=0)
    scheme.delivery(session, order_id, [SerialRange(11, 30)])

    for first, last in ((1, 20), (21, 40), (11, 30), (1, 50), (21, 30)):
        with pytest.raises(SerialsReceivedAlready), session.begin_nested():
            scheme.delivery(session, order_id, [SerialRange(first, last)])
    scheme.delivery(session, order_id, [SerialRange(1, 10), SerialRange(31, 50)])

    assert rests(session)[AccountKind.STOCK_INERT] == 50


def test_deliveries_are_active_one_by_one_while_mandates_cover_them(
    session: Session, scheme: Scheme
) -> None:
    order_id = scheme.sent_order(session, tens=3, fives=0)
    first, second = (
        scheme.delivery(session, order_id, [SerialRange(*ends)]) for ends in ((1, 10), (11, 30))
    )

    scheme.mandate(session, order_id, 399, number="M-1")
    with pytest.raises(MandateDoesNotCover) as too_little, session.begin_nested():
        scheme.activated(session, second)
    scheme.activated(session, first)
    with pytest.raises(MandateDoesNotCover), session.begin_nested():
        scheme.activated(session, second)
    scheme.mandate(session, order_id, 201, number="M-2")
    scheme.activated(session, second)

    assert "3,99\u00a0€" in too_little.value.message
    assert "4\u00a0€" in too_little.value.message
    assert rests(session)[AccountKind.STOCK] == 30


def test_an_order_that_costs_nothing_needs_no_mandate(session: Session, scheme: Scheme) -> None:
    order_id = scheme.sent_order(session, tens=1, fives=0, unit_cents=0)
    delivery_id = scheme.delivery(session, order_id, [SerialRange(1, 10)])

    scheme.activated(session, delivery_id)

    assert session.scalar(select(func.count()).select_from(Voucher)) == 10
    assert rests(session)[AccountKind.STOCK] == 10


def test_orders_are_numbered_without_a_gap_when_one_fails(session: Session, scheme: Scheme) -> None:
    with session.begin_nested() as cut:
        scheme.sent_order(session)
        cut.rollback()

    numbers = [
        service.known_order(session, scheme.sent_order(session)).number[-4:] for _ in range(3)
    ]

    assert numbers == ["0001", "0002", "0003"]


def test_a_thousand_booklets_are_one_movement(session: Session, scheme: Scheme) -> None:
    order_id = scheme.sent_order(session, tens=1000, fives=0)

    scheme.delivery(session, order_id, [SerialRange(1, 10_000)])

    [entry] = ledger.history(session, 5_000)
    assert (entry.vouchers.first, entry.vouchers.last) == (1, 10_000)


@pytest.mark.parametrize(
    "typed", ["26A 00001 10", "26A 00003 06", "26A 00004 01", "27A 00001 01", "26A 999999 10"]
)
def test_a_pass_that_never_arrived_is_unknown(session: Session, scheme: Scheme, typed: str) -> None:
    order_id = scheme.sent_order(session, tens=2, fives=2)
    scheme.delivery(session, order_id, [SerialRange(11, 25)])
    serial = read_serial(typed)
    assert isinstance(serial, SerialNumber)

    with pytest.raises(UnknownVoucher):
        voucher_by_serial(session, serial)


def test_the_plan_tells_orders_that_have_not_left_apart(world: World) -> None:
    found = planning.plan_order(
        world.session,
        actor=world.scheme.actors["coordinator"],
        programme_id=world.scheme.programme_id,
        people={Public.PLIE: 20},
        now=world.scheme.now,
    )

    tens = found.sizes[0]
    # Two orders of two booklets of ten are prepared, one of them approved; a third is cancelled.
    assert tens.stock.prepared_count == 4
    assert tens.to_order_count - tens.to_order_beyond_count == 4
