"""Balances, flows and histories, each against a count by hand over all movements."""

import random
from collections import Counter

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import ledger
from app.kernel.ids import new_id
from app.ledger import Account, AccountKind, MovementKind, VoucherRange, chart
from app.ledger.models import AccountRow, Movement, Voucher
from tests.factories import Scheme
from tests.service.conftest import World
from tests.service.scans import redeem, undo

K, M = AccountKind, MovementKind
SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257]


class Hands:
    """Moves ranges of one stock to and fro, by hand."""

    def __init__(self, session: Session, scheme: Scheme) -> None:
        self.session, self.scheme = session, scheme
        sponsor, vintage = scheme.organisations["sponsor"], scheme.vintage_id
        self.stock = ledger.account(session, chart.stock(sponsor, vintage))
        self.blocked = ledger.account(session, chart.account(K.BLOCKED, sponsor, vintage))

    def act(self, kind: MovementKind) -> ledger.Act:
        """An act without a paper."""
        posting_id = new_id()
        return ledger.Act(posting_id, kind, "test", posting_id, 1, self.scheme.now)

    def block(self, *ranges: VoucherRange) -> list[int]:
        """Hold ranges, one movement each."""
        lines = [ledger.Line(M.BLOCK, r, self.stock, self.blocked) for r in ranges]
        return ledger.post(self.session, self.act(M.BLOCK), lines)

    def unblock(self, movement_id: int, part: VoucherRange | None = None) -> list[int]:
        """Let a range go, whole or in part."""
        return ledger.reverse(self.session, self.act(M.REVERSE), [(movement_id, part)])


def by_hand(session: Session, voucher_id: int) -> list[int]:
    """The movements of a voucher, found by looking at every one."""
    rows = session.execute(
        select(Movement.id, Movement.first_id, Movement.last_id).order_by(Movement.id)
    )
    return [movement_id for movement_id, first, last in rows if first <= voucher_id <= last]


def found(session: Session, voucher_id: int) -> list[int]:
    """The same, as the ledger answers."""
    return [entry.movement_id for entry in ledger.history(session, voucher_id)]


def test_the_history_of_a_pass_is_every_movement_that_moved_it(
    session: Session, scheme: Scheme
) -> None:
    scheme.stock(session, tens=130, fives=0)
    hands, seed = Hands(session, scheme), random.Random(4)  # noqa: S311 - the same every time
    edges = {1, 2, 1299, 1300}
    for size in SIZES:
        first = seed.randrange(1, 1301 - size)
        [movement] = hands.block(VoucherRange(first, first + size - 1))
        hands.unblock(movement)
        edges |= {first - 1, first, first + size - 1, first + size}

    for voucher_id in edges - {0}:
        assert found(session, voucher_id) == by_hand(session, voucher_id)


def test_a_range_undone_in_parts_is_in_the_history_of_its_own_passes_only(
    session: Session, scheme: Scheme
) -> None:
    scheme.stock(session, tens=2, fives=0)
    hands = Hands(session, scheme)
    [held] = hands.block(VoucherRange(3, 17))
    hands.unblock(held, VoucherRange(5, 8))
    hands.block(VoucherRange(6, 6))

    for voucher_id in range(1, 21):
        assert found(session, voucher_id) == by_hand(session, voucher_id)
    kinds = [entry.kind for entry in ledger.history(session, 6)]
    assert kinds == [M.RECEIVE, M.ACTIVATE, M.BLOCK, M.REVERSE, M.BLOCK]


def test_a_pass_that_travelled_tells_its_whole_life(world: World) -> None:
    settled = ledger.history(world.session, 1)
    undone = ledger.history(world.session, 7)

    way = [M.RECEIVE, M.ACTIVATE, M.ALLOCATE, M.ACCEPT, M.ISSUE, M.REDEEM]
    assert [entry.kind for entry in settled] == [*way, M.CLAIM, M.SETTLE]
    assert [entry.kind for entry in undone] == [*way, M.UNDO]
    assert [e.debit.kind for e in settled[1:]] == [e.credit.kind for e in settled[:-1]]
    assert ledger.history(world.session, 10**6) == []


def counted(session: Session) -> dict[int, int]:
    """How many passes rest in each account, by looking at each pass."""
    return Counter(session.scalars(select(Voucher.account_id)))


def test_balances_are_what_rests_there_but_the_issuers_is_minus_what_was_received(
    world: World,
) -> None:
    balances = ledger.balances(world.session)
    rests = counted(world.session)

    received = Counter(world.session.scalars(select(Voucher.vintage_id)))
    for account, balance in balances.items():
        is_issuer = account.kind is K.ISSUER
        expected = -received[account.vintage_id] if is_issuer else rests.get(account.id, 0)
        assert balance.voucher_count == expected
        assert balance.amount_cents == expected * 1000
    assert sum(balance.voucher_count for balance in balances.values()) == 0


def flow(session: Session, start: AccountKind, to: AccountKind) -> Counter[tuple[int, int]]:
    """Net flows as the ledger answers."""
    return Counter(
        {
            (f.debit_account_id, f.credit_account_id): f.voucher_count
            for f in ledger.flows(session, ledger.net(start, to))
        }
    )


def flow_by_hand(
    session: Session, start: AccountKind, to: AccountKind
) -> dict[tuple[int, int], int]:
    """The same, by looking at every movement; what replaces a pass is not handed over again."""
    kinds: dict[int, str] = {a.id: a.kind for a in session.scalars(select(AccountRow))}
    net: Counter[tuple[int, int]] = Counter()
    for m in session.scalars(select(Movement).where(Movement.kind != M.REPLACE)):
        way, sign = (m.debit_account_id, m.credit_account_id), 1
        if m.kind in chart.BACKWARD:
            way, sign = way[::-1], -1
        if (kinds[way[0]], kinds[way[1]]) == (start, to):
            net[way] += sign * m.voucher_count
    return dict(net)


@pytest.mark.parametrize(
    ("start", "to"),
    sorted({(start, to) for kind, start, to in chart.TRANSITIONS if kind not in chart.BACKWARD}),
)
def test_flows_are_movements_less_what_was_taken_back(
    world: World, start: AccountKind, to: AccountKind
) -> None:
    hands = Hands(world.session, world.scheme)
    [held] = hands.block(VoucherRange(71, 80), VoucherRange(85, 86))[:1]
    hands.unblock(held, VoucherRange(72, 75))

    assert dict(flow(world.session, start, to)) == flow_by_hand(world.session, start, to)


def test_a_redemption_undone_and_made_elsewhere_flows_to_the_other_mediator(world: World) -> None:
    def taken(name: str) -> int:
        party = world.scheme.organisations[name]
        ids = {
            account_id
            for account_id, account in ledger.accounts_by_id(
                world.session, world.session.scalars(select(AccountRow.id))
            ).items()
            if account.party_id == party
        }
        flows = flow(world.session, K.CIRCULATION, K.REDEEMED)
        return sum(count for (_, credit), count in flows.items() if credit in ids)

    before = taken("exo7"), taken("carecof")
    undo(world, redeem(world, world.chain.codes[7]).accepted().id)
    redeem(world, world.chain.codes[7], at="carecof")

    assert (taken("exo7"), taken("carecof")) == (before[0], before[1] + 1)


def test_what_rests_in_an_account_is_told_in_the_fewest_ranges(world: World) -> None:
    hands = Hands(world.session, world.scheme)
    hands.block(VoucherRange(75, 78))
    stock: Account = hands.stock

    ranges = ledger.ranges_in(world.session, stock.id)

    assert ranges == [VoucherRange(61, 74), VoucherRange(79, 90), VoucherRange(111, 115)]
    assert ledger.first_stray(world.session, VoucherRange(71, 100), stock) is not None
    assert ledger.first_stray(world.session, VoucherRange(79, 90), stock) is None


def test_a_pass_that_is_there_already_stops_the_stream_and_the_rule_is_named(
    session: Session, scheme: Scheme
) -> None:
    scheme.stock(session, tens=1, fives=0)
    issuer = ledger.account(
        session, chart.issuer(scheme.organisations["issuer"], scheme.vintage_id)
    )
    twice = ledger.NewVoucher(id=1, serial=1, booklet_id=1, code_hash=bytes(32))

    with pytest.raises(DBAPIError) as refused, session.begin_nested():
        ledger.add_vouchers(session, [twice], issuer=issuer)

    assert "voucher_id_is_one_voucher" in ledger.rule_named_by(refused.value)
    assert session.scalar(select(func.count(Voucher.id))) == 10
