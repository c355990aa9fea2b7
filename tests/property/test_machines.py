"""Any order of right and wrong moves: the scheme answers like its oracle, field by field of work.

One machine for each part of the work draws from the same moves, on the same scheme, so that each
goes deep where it begins. After each move, what rests in every account but the issuer's is what
the oracle says; at the end the ledger's own replay agrees, statements and debts add up, every
register closes, and every seal holds.
"""

from typing import cast

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import initialize, run_state_machine_as_test

from app.closing import calendar
from app.programmes.rules import Payer, Public
from tests.databases import Databases
from tests.property.clearing_moves import ClearingMoves
from tests.property.closing_moves import ClosingMoves
from tests.property.correction_moves import CorrectionMoves
from tests.property.count_moves import CountMoves
from tests.property.custody_moves import CustodyMoves
from tests.property.hand_over_moves import HandOverMoves
from tests.property.loss_moves import LossMoves
from tests.property.order_moves import OrderMoves
from tests.property.world import World


class Beginning(World):
    """The moves with which a machine begins, though it may draw others."""

    def begun(self, depth: int) -> None:
        """So far down that most examples find something to do."""
        steps = (self.received, self.entrusted, self.handed_over, self.taken)
        for step in steps[: (depth + 1) // 2]:
            step()

    def received(self) -> None:
        """Three booklets of ten and two of five, all active."""
        orders = cast("OrderMoves", self)
        OrderMoves.prepare(orders, by="coordinator", tens=3, fives=2)
        OrderMoves.approve(orders, pick=0, by="finance")
        OrderMoves.send(orders, pick=0)
        OrderMoves.delivered(orders, next(iter(self.oracle.orders)), [(1, 40)])
        OrderMoves.mandate(orders, pick=0, number="A", cents=50000)
        OrderMoves.activate(orders, pick=0)

    def entrusted(self) -> None:
        """Two booklets of each size with a prescriber."""
        custody = cast("CustodyMoves", self)
        for first, to in ((1, "plie"), (4, "ccas")):
            CustodyMoves.allocate(custody, first=first, more=1, to=to)
            CustodyMoves.accepted(custody, list(self.oracle.consignments)[-1], to)

    def handed_over(self) -> None:
        """Three booklets with people."""
        people = cast("HandOverMoves", self)
        HandOverMoves.person(people, public=Public.PLIE, by="plie")
        HandOverMoves.person(people, public=Public.SENIOR, by="ccas")
        HandOverMoves.prescribe(people, pick=0, by="plie", numbers=[1, 2], declares=True)
        HandOverMoves.prescribe(people, pick=1, by="ccas", numbers=[4], declares=True)

    def taken(self) -> None:
        """Four passes, at three mediators."""
        for serial, at in ((3, "exo7"), (15, "carecof"), (31, "exo7"), (5, "nobank")):
            HandOverMoves.redeem(cast("HandOverMoves", self), serial=serial, at=at)


class ChainMachine(Beginning, OrderMoves, CustodyMoves, HandOverMoves, LossMoves, ClearingMoves):
    """The whole chain, from order to payment, while paper goes astray."""

    @initialize(depth=st.integers(0, 9))
    def begin(self, depth: int) -> None:
        self.begun(depth)


class CupboardMachine(Beginning, OrderMoves, CustodyMoves, LossMoves, CountMoves):
    """Printers' files, counts, losses and destructions, among those who hold booklets."""

    @initialize(depth=st.integers(0, 5))
    def begin(self, depth: int) -> None:
        self.begun(depth)


class MoneyMachine(Beginning, HandOverMoves, ClearingMoves, CorrectionMoves):
    """What mediators are owed, are paid, owe back, and claim from one another."""

    @initialize(paid=st.booleans())
    def begin(self, *, paid: bool) -> None:
        self.begun(8)
        self.clear()
        for pick in range(3 if paid else 0):
            self.approve_statement(pick=pick, by="finance2", off=0)
            self.order_payment(pick=pick, by="finance", says_why=False)
            self.pay(pick=pick, by="accountant")


class EndingMachine(Beginning, ClosingMoves, HandOverMoves, CustodyMoves, LossMoves):
    """The last weeks of a vintage, and what comes after its end."""

    @initialize(
        day=st.sampled_from([-60, -31, -14, -14, 0, 20, 38, 38]),
        paid=st.booleans(),
        decided=st.booleans(),
    )
    def begin(self, day: int, *, paid: bool, decided: bool) -> None:
        """Somewhere in the calendar, with what people decide there decided or not."""
        self.begun(8)
        if paid:
            self.paid()
        self.days_go_by(day - self.oracle.day)
        self.tick()
        if decided and day == -14:
            self.hold_back(by="coordinator")
        if decided and self.oracle.account is not None:
            self.sign_the_end(side="sponsor", by="coordinator")
            self.sign_the_end(side="issuer", by="finance")

    def paid(self) -> None:
        """What was taken so far is paid, so that it can be clawed back."""
        clearing = cast("ClearingMoves", self)
        ClearingMoves.clear(clearing)
        for pick in range(3):
            ClearingMoves.approve_statement(clearing, pick=pick, by="finance2", off=0)
            ClearingMoves.order_payment(clearing, pick=pick, by="finance", says_why=False)
            ClearingMoves.pay(clearing, pick=pick, by="accountant")

    claw_back = CorrectionMoves.claw_back


MACHINES = {
    "chain": ChainMachine,
    "cupboard": CupboardMachine,
    "money": MoneyMachine,
    "ending": EndingMachine,
}


@pytest.fixture(autouse=True)
def _in_small_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vintage of a few booklets ends in several lots, as one of a hundred thousand does."""
    monkeypatch.setattr(calendar, "AT_ONCE", 7)


def play(databases: Databases, dialect: str, name: str, *, examples: int, payer: Payer) -> None:
    """Play so many examples of a machine, of thirty moves each."""

    class Machine(MACHINES[name]):  # type: ignore[valid-type,misc]  # one of four
        """The machine on one kind of database."""

    Machine.databases, Machine.dialect, Machine.payer = databases, dialect, payer
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=examples, stateful_step_count=30)
    )


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize(("dialect", "examples"), [("sqlite", 4), ("postgresql", 2)])
def test_the_scheme_answers_like_its_oracle(
    databases: Databases, dialect: str, name: str, examples: int
) -> None:
    payer = Payer.ISSUER if dialect == "sqlite" else Payer.AUTHORITY
    play(databases, dialect, name, examples=examples, payer=payer)


def test_another_operator_takes_over_what_a_machine_left(databases: Databases) -> None:
    class Machine(MoneyMachine):
        """The machine on SQLite, which leaves for PostgreSQL."""

    Machine.databases, Machine.dialect = databases, "sqlite"
    machine = Machine()
    machine.begin(paid=True)
    machine.claw_back(pick=0, by="finance", approved_by="finance2")
    machine.redeem(serial=16, at="exo7")
    machine.redeem(serial=16, at="carecof")
    machine.claim_too(pick=1, slip=0, by_staff=False)
    machine.decide(pick=0, outcome="awarded", by="finance")

    machine.leave()

    assert machine.oracle.owed
    assert machine.oracle.place[16] == ("redeemed", "carecof", "carecof")
    machine.teardown()


@pytest.mark.deep
@pytest.mark.parametrize("payer", list(Payer))
@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_scheme_answers_like_its_oracle_for_long(
    databases: Databases, dialect: str, name: str, payer: Payer
) -> None:
    play(databases, dialect, name, examples=100, payer=payer)
