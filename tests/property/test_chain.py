"""Any order of right and wrong moves, from order to payment: the scheme answers like its oracle.

After each move, what rests in every account but the issuer's is what the oracle says; at the end
the ledger's own replay agrees, and the statements add up.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid5

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import ledger
from app.clearing import clawbacks, payments, statements
from app.clearing.correction_queries import account_of
from app.clearing.errors import NothingToClear
from app.clearing.models import StatementApproval, StatementVersion
from app.clearing.redemptions import Scan, redeem_vouchers, undo_redemption
from app.clearing.statements import PassRange
from app.database import Database
from app.identity.rules import Actor, Role
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.ledger import AccountKind
from app.ledger.snapshots import Sizes
from app.orders import mandates
from app.orders import service as orders
from app.orders.rules import LineAsked, SerialRange
from app.prescribers import people, prescriptions
from app.prescribers.people import Person
from app.prescribers.rules import Commitment
from app.programmes.rules import Public
from app.reports import snapshots
from tests.databases import Databases
from tests.factories import ALIKE, ANSWERS, Scheme
from tests.property.custody_moves import CustodyMoves
from tests.property.loss_moves import LossMoves
from tests.property.moves import ANY, PRESCRIBERS, one_of
from tests.property.oracle import Oracle
from tests.property.oracle import Person as KnownPerson

ORDERERS = st.sampled_from(["coordinator", "coordinator2", "finance", "accountant"])
MEDIATORS = st.sampled_from(["exo7", "exo7", "carecof", "nobank", "unlabelled"])
STAFF = st.sampled_from(["finance", "finance2", "coordinator"])
SMALL = st.integers(0, 3)
SERIALS = st.integers(1, 42)
SLIP = st.sampled_from([0, 0, 0, 0, 0, -1, 1])


class ChainMachine(CustodyMoves, LossMoves, RuleBasedStateMachine):
    """The services on one side, the oracle on the other."""

    databases: Databases
    dialect: str

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.url = self.databases.clone(self.dialect)
        self.database = Database(self.url)
        self.oracle = Oracle()
        self.payment_orders: dict[UUID, UUID] = {}
        self.last_run: UUID | None = None
        with self.database.transaction() as session:
            self.scheme = Scheme.ready(session, Path(self.folder.name))
            self.scheme.mediator(session, "nobank", bank_details=False)
            self.scheme.mediator(session, "unlabelled", label=None)
        self.names = {party: name for name, party in self.scheme.organisations.items()}
        self.key = self.scheme.keys.key(self.scheme.label)

    def teardown(self) -> None:
        try:
            with self.database.transaction(writing=False) as session:
                self.see_that_a_replay_agrees(session)
        finally:
            self.database.close()
            self.databases.drop(self.url)
            self.folder.cleanup()

    # ── Asking both ───────────────────────────────────────────────────────────────────────────────

    def actor(self, name: str) -> Actor:
        return self.scheme.actors[name]

    def both(self, expected: str | None, move: Callable[[Session], object]) -> None:
        """The scheme answers as the oracle did."""
        answered = None
        try:
            with self.database.transaction() as session:
                move(session)
        except DomainError as refusal:
            answered = refusal.code
        assert answered == expected

    # ── Orders ────────────────────────────────────────────────────────────────────────────────────

    @initialize(depth=st.integers(0, 9))
    def begin_further_down(self, depth: int) -> None:
        """Most examples begin where something can be redeemed, claimed or paid already."""
        if depth < 2:
            return
        self.prepare(by="coordinator", tens=3, fives=2)
        self.approve(pick=0, by="finance")
        self.send(pick=0)
        self.delivered(next(iter(self.oracle.orders)), [(1, 40)])
        self.mandate(pick=0, number="A", cents=5000)
        self.activate(pick=0)
        for first, more, to in ((1, 1, "plie"), (4, 1, "ccas")):
            self.allocate(first=first, more=more, to=to)
            self.accepted(list(self.oracle.consignments)[-1], to)
        self.person(public=Public.PLIE, by="plie")
        self.person(public=Public.SENIOR, by="ccas")
        self.prescribe(pick=0, by="plie", numbers=[1, 2], declares=True)
        self.prescribe(pick=1, by="ccas", numbers=[4], declares=True)
        if depth > 3:
            for serial, at in ((3, "exo7"), (15, "carecof"), (31, "exo7"), (5, "nobank")):
                self.redeem(serial=serial, at=at)
        if depth > 5:
            self.clear()
        if depth > 7:
            for pick in range(3):
                self.approve_statement(pick=pick, by="finance2", off=0)
                self.order_payment(pick=pick, by="finance", says_why=False)
                self.pay(pick=pick, by="accountant")

    @rule(by=ORDERERS, tens=SMALL, fives=SMALL)
    def prepare(self, by: str, tens: int, fives: int) -> None:
        new, lines = new_id(), {size: n for size, n in ((10, tens), (5, fives)) if n}
        self.both(
            self.oracle.prepare(new, by, lines),
            lambda session: orders.prepare_order(
                session,
                actor=self.actor(by),
                order_id=new,
                programme_id=self.scheme.programme_id,
                vintage_id=self.scheme.vintage_id,
                lines=[LineAsked(size, n, Cents(200)) for size, n in lines.items()],
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY, by=ORDERERS)
    def approve(self, pick: int, by: str) -> None:
        order_id = one_of(self.oracle.orders, pick)
        self.both(
            self.oracle.approve(order_id, by),
            lambda session: orders.approve_order(
                session, actor=self.actor(by), order_id=order_id, now=self.scheme.now
            ),
        )

    @rule(pick=ANY)
    def send(self, pick: int) -> None:
        order_id = one_of(self.oracle.orders, pick)
        self.both(
            self.oracle.send(order_id),
            lambda session: orders.send_order(
                session, actor=self.actor("coordinator"), order_id=order_id, now=self.scheme.now
            ),
        )

    @rule(
        pick=ANY,
        parts=st.lists(
            st.tuples(st.integers(0, 1), SMALL, st.integers(1, 4), SLIP), min_size=0, max_size=2
        ),
    )
    def deliver(self, pick: int, parts: list[tuple[int, int, int, int]]) -> None:
        """Ranges near what the order waits for, whole booklets but for a slip."""
        order_id = one_of(self.oracle.orders, pick)
        order = self.oracle.orders.get(order_id)
        waits = (order.allotted if order else None) or [(10, 1, 10, 1)]
        ranges = []
        for line, start, length, slip in parts:
            size, first, _, _ = waits[line % len(waits)]
            begin = first + start * size + slip
            ranges.append((begin, begin + length * size - 1))
        self.delivered(order_id, ranges)

    def delivered(self, order_id: UUID, ranges: list[tuple[int, int]]) -> None:
        new = new_id()
        self.both(
            self.oracle.deliver(new, order_id, ranges),
            lambda session: orders.record_delivery(
                session,
                actor=self.actor("coordinator"),
                delivery_id=new,
                order_id=order_id,
                ranges=[SerialRange(first, last) for first, last in ranges],
                keys=self.scheme.keys,
                now=self.scheme.now,
            ),
        )

    @rule(
        pick=ANY,
        number=st.sampled_from(["A", "B", "C"]),
        cents=st.sampled_from([0, 200, 400, 1000, 5000]),
    )
    def mandate(self, pick: int, number: str, cents: int) -> None:
        order_id = one_of(self.oracle.orders, pick)
        self.both(
            self.oracle.mandate(order_id, number, cents),
            lambda session: mandates.record_mandate(
                session,
                accept_beyond=True,
                actor=self.actor("finance"),
                mandate_id=new_id(),
                order_id=order_id,
                mandate_number=number,
                amount_cents=Cents(cents),
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY)
    def activate(self, pick: int) -> None:
        delivery_id = one_of(self.oracle.deliveries, pick)
        self.both(
            self.oracle.activate(delivery_id),
            lambda session: orders.activate_delivery(
                session,
                actor=self.actor("finance"),
                activation_id=new_id(),
                delivery_id=delivery_id,
                now=self.scheme.now,
            ),
        )

    # ── Prescribers ───────────────────────────────────────────────────────────────────────────────

    @rule(
        public=st.sampled_from([Public.PLIE, Public.SENIOR, Public.REGISTERED_JOB_SEEKER]),
        by=PRESCRIBERS,
    )
    def person(self, public: Public, by: str) -> None:
        new = new_id()
        self.oracle.people[new] = KnownPerson(str(public), by)
        self.both(
            None,
            lambda session: people.register_beneficiary(
                session,
                actor=self.actor(by),
                beneficiary_id=new,
                public=public,
                person=Person("Démonstration", "Rosette", 1950, "Le Lorrain"),
                now=self.scheme.now,
            ),
        )

    @rule(
        pick=ANY,
        by=PRESCRIBERS,
        numbers=st.lists(st.integers(1, 9), max_size=3),
        declares=st.booleans(),
    )
    def prescribe(self, pick: int, by: str, numbers: list[int], *, declares: bool) -> None:
        person_id = one_of(self.oracle.people, pick)
        self.both(
            self.oracle.prescribe(person_id, by, numbers, declares=declares),
            lambda session: prescriptions.issue_booklets(
                session,
                actor=self.actor(by),
                prescription_id=new_id(),
                programme_id=self.scheme.programme_id,
                beneficiary_id=person_id,
                booklets=[self.scheme.booklet(number) for number in numbers],
                referred_to_id=self.scheme.organisations["exo7"],
                answers=ANSWERS,
                commitment=Commitment.SCREEN,
                reasons=ALIKE,
                declares_no_other_pass=declares,
                now=self.scheme.now,
            ),
        )

    # ── Mediators ─────────────────────────────────────────────────────────────────────────────────

    def scanned(self, at: str, scans: list[tuple[UUID, int]]) -> None:
        """Passes sent at once: the oracle takes them one after the other."""
        throttled = self.oracle.throttled(at, [scan_id for scan_id, _ in scans])
        expected = [] if throttled else [self.oracle.redeem(*scan, at) for scan in scans]
        undone = [
            not refused and (self.oracle.attempts[i].undone or self.oracle.attempts[i].taken_back)
            for (i, _), refused in zip(scans, expected, strict=False)
        ]

        def move(session: Session) -> None:
            verdicts = redeem_vouchers(
                session,
                actor=self.actor(at),
                scans=[Scan(i, codes.derive(self.key, n), self.scheme.now) for i, n in scans],
                signer=self.scheme.signer,
                now=self.scheme.now,
            )
            assert [v.refusal.code if v.refusal else None for v in verdicts] == expected
            assert [v.undone for v in verdicts] == undone

        self.both("too_many_guesses" if throttled else None, move)

    @rule(serial=SERIALS, at=MEDIATORS)
    def redeem(self, serial: int, at: str) -> None:
        self.scanned(at, [(new_id(), serial)])

    @rule(at=MEDIATORS, scans=st.lists(st.tuples(SERIALS, st.booleans()), min_size=1, max_size=6))
    def redeem_a_batch(self, at: str, scans: list[tuple[int, bool]]) -> None:
        """Some scans of a batch bear the id of the one before."""
        batch: list[tuple[UUID, int]] = []
        for serial, again in scans:
            batch.append((batch[-1][0] if again and batch else new_id(), serial))
        self.scanned(at, batch)

    @precondition(lambda self: self.oracle.attempts)
    @rule(picks=st.lists(ANY, min_size=1, max_size=4), slip=SLIP, at=st.none() | MEDIATORS)
    def scan_again(self, picks: list[int], slip: int, at: str | None) -> None:
        """The same ids; now and then with another pass, or from elsewhere."""
        known = list(self.oracle.attempts.items())
        again = [known[pick % len(known)] for pick in picks]
        self.scanned(at or again[0][1].mediator, [(i, max(1, a.serial + slip)) for i, a in again])

    @rule(pick=ANY, at=st.none() | MEDIATORS | st.sampled_from(["finance", "accountant"]))
    def undo(self, pick: int, at: str | None) -> None:
        scan_id = one_of(self.oracle.attempts, pick)
        known = self.oracle.attempts.get(scan_id)
        by = at or (known.mediator if known else "exo7")
        self.both(
            self.oracle.undo(scan_id, by),
            lambda session: undo_redemption(
                session,
                actor=self.actor(by),
                reversal_id=new_id(),
                redemption_id=scan_id,
                reason="Erreur",
                now=self.scheme.now,
            ),
        )

    # ── Clearing ──────────────────────────────────────────────────────────────────────────────────

    @rule(again=st.booleans())
    def clear(self, *, again: bool = False) -> None:
        """A run; or the last one sent again, which claims for whoever has no statement in it."""
        again = again and self.last_run is not None
        if not again and not self.oracle.waiting():
            with pytest.raises(NothingToClear):
                self.scheme.clearing(self.database)
            return
        if not again or self.last_run is None:
            self.last_run = new_id()
        for mediator in self.oracle.waiting():
            statement_id = uuid5(self.last_run, str(self.scheme.organisations[mediator]))
            if statement_id not in self.oracle.statements:
                self.oracle.claim(statement_id, mediator, "finance")
        self.scheme.clearing(self.database, run_id=self.last_run)

    @rule(
        pick=ANY,
        by=st.sampled_from(["finance", "finance", "finance2"]),
        places=st.lists(ANY, min_size=1, max_size=3),
        stale=st.sampled_from([0, 0, 0, 1]),
    )
    def withdraw(self, pick: int, by: str, places: list[int], stale: int) -> None:
        """Passes of a statement, now and then one that is not on it."""
        statement_id = one_of(self.oracle.statements, pick)
        known = self.oracle.statements.get(statement_id)
        delivered = sorted(self.oracle.place)
        if not delivered:
            return
        on_it = (known.serials if known else []) or delivered
        chosen = (
            delivered[place % len(delivered)] if place % 7 == 6 else on_it[place % len(on_it)]
            for place in places
        )
        serials = list(dict.fromkeys(chosen))
        version = (known.version if known else 1) + stale
        self.both(
            self.oracle.withdraw(statement_id, by, version, serials),
            lambda session: statements.withdraw_passes(
                session,
                actor=self.actor(by),
                withdrawal_id=new_id(),
                statement_id=statement_id,
                version=version,
                passes=[PassRange(typed, typed) for typed in map(self.printed, serials)],
                reason="Saisi deux fois",
                now=self.scheme.later,
            ),
        )

    def printed(self, serial: int) -> str:
        """The number of a delivered pass, as on paper."""
        for number, (first, size) in self.oracle.booklet.items():
            if first <= serial < first + size:
                return f"{self.scheme.booklet(number)} {serial - first + 1:02d}"
        raise AssertionError(serial)

    @rule(pick=ANY, by=MEDIATORS)
    def certify(self, pick: int, by: str) -> None:
        statement_id = one_of(self.oracle.statements, pick)
        known = self.oracle.statements.get(statement_id)
        version = known.version if known else 1
        self.both(
            self.oracle.certify(statement_id, by),
            lambda session: statements.certify_statement(
                session,
                actor=self.actor(by),
                certification_id=new_id(),
                statement_id=statement_id,
                version=version,
                now=self.scheme.later,
            ),
        )

    @rule(
        pick=ANY,
        by=st.sampled_from(["finance", "finance2", "coordinator"]),
        off=st.sampled_from([0, 0, 0, 1000]),
    )
    def approve_statement(self, pick: int, by: str, off: int) -> None:
        statement_id = one_of(self.oracle.statements, pick)
        known = self.oracle.statements.get(statement_id)
        cents = (self.oracle.payable(known) if known else 0) + off
        version = known.version if known else 1
        self.both(
            self.oracle.approve_statement(statement_id, by, cents),
            lambda session: statements.approve_statement(
                session,
                actor=self.actor(by),
                statement_id=statement_id,
                version=version,
                net_cents=cents,
                now=self.scheme.later,
            ),
        )

    @rule(pick=ANY, by=st.sampled_from(["finance", "finance2"]), says_why=st.booleans())
    def order_payment(self, pick: int, by: str, *, says_why: bool) -> None:
        statement_id, new = one_of(self.oracle.statements, pick), new_id()
        expected = self.oracle.order_payment(statement_id, by, says_why=says_why)
        if expected is None:
            self.payment_orders[statement_id] = new
        self.both(
            expected,
            lambda session: payments.order_payment(
                session,
                actor=self.actor(by),
                payment_order_id=new,
                statement_id=statement_id,
                mandate_number=f"M-{statement_id}",
                bordereau_number="B-1",
                issued_on=martinique_day(self.scheme.later),
                same_account_reason="Le compte est rouvert" if says_why else None,
                now=self.scheme.later,
            ),
        )

    @rule(pick=ANY, by=st.sampled_from(["accountant", "accountant", "finance", "finance2"]))
    def pay(self, pick: int, by: str) -> None:
        """By the accountant; or by somebody who has become one since."""
        statement_id = one_of(self.oracle.statements, pick)
        self.both(
            self.oracle.pay(statement_id, by),
            lambda session: payments.record_payment(
                session,
                actor=replace(self.actor(by), role=Role.ACCOUNTANT),
                payment_id=new_id(),
                payment_order_id=self.payment_orders.get(statement_id, UUID(int=1)),
                paid_on=martinique_day(self.scheme.later),
                now=self.scheme.later,
            ),
        )

    @rule(pick=ANY)
    def reject(self, pick: int) -> None:
        """The bank sends a payment back, or the accountant an order."""
        statement_id = one_of(self.oracle.statements, pick)
        self.both(
            self.oracle.reject(statement_id),
            lambda session: payments.reject_payment(
                session,
                actor=self.actor("accountant"),
                rejection_id=new_id(),
                payment_order_id=self.payment_orders.get(statement_id, UUID(int=1)),
                rejected_on=martinique_day(self.scheme.later),
                reason="Compte clos",
                now=self.scheme.later,
            ),
        )

    @rule(most=st.integers(1, 5), anew=st.booleans())
    def sum_the_journal(self, most: int, *, anew: bool) -> None:
        """What is read afterwards comes from sums, and is what the oracle says all the same."""
        sizes = Sizes(least=1, most=most, fan=2, at_once=most)
        with self.database.transaction() as session:
            if anew:
                ledger.rebuild_snapshots(session, now=self.scheme.later, sizes=sizes)
            snapshots.take_snapshot(session, now=self.scheme.later, sizes=sizes)

    @rule(pick=ANY, by=STAFF, approved_by=STAFF)
    def claw_back(self, pick: int, by: str, approved_by: str) -> None:
        """Two people take back what was paid; now and then one person tries alone."""
        scan_id, new = one_of(self.oracle.attempts, pick), new_id()

        def move(session: Session) -> None:
            clawbacks.prepare_clawback(
                session,
                actor=self.actor(by),
                clawback_id=new,
                redemption_id=scan_id,
                reason="La séance n’a pas eu lieu",
                now=self.scheme.later,
            )
            clawbacks.approve_clawback(
                session, actor=self.actor(approved_by), clawback_id=new, now=self.scheme.later
            )

        self.both(self.oracle.claw_back(scan_id, by, approved_by), move)

    # ── What must always be so ────────────────────────────────────────────────────────────────────

    @invariant()
    def everything_rests_where_the_oracle_says(self) -> None:
        with self.database.transaction(writing=False) as session:
            balances = ledger.balances(session)
        rests = Counter(
            {
                (
                    str(a.kind),
                    self.names[a.party_id],
                    self.names[a.counterparty_id],
                ): b.voucher_count
                for a, b in balances.items()
                if b.voucher_count and a.kind is not AccountKind.ISSUER
            }
        )
        issued = [b for a, b in balances.items() if a.kind is AccountKind.ISSUER]
        assert rests == self.oracle.balances()
        assert sum(b.voucher_count for b in issued) == -len(self.oracle.place)
        assert all(b.amount_cents == 1000 * b.voucher_count for b in balances.values())

    def see_that_a_replay_agrees(self, session: Session) -> None:
        """At the end: the ledger against itself, and the statements against the oracle."""
        assert ledger.verify(session).first_difference is None
        assert snapshots.first_difference(session) is None
        stated = {
            (v.statement_id, v.version): v.amount_cents
            for v in session.scalars(select(StatementVersion))
        }
        assert stated == {
            (i, version): cents
            for i, s in self.oracle.statements.items()
            for version, cents in enumerate(s.versions, start=1)
        }
        for name in ("exo7", "carecof", "nobank"):
            settled = sum(1000 for p in self.oracle.place.values() if p[:2] == ("settled", name))
            account = account_of(session, self.scheme.organisations[name])
            assert account.settled_cents == settled
        approved = session.scalars(select(StatementApproval)).all()
        assert sorted(a.number for a in approved) == list(range(1, len(approved) + 1))
        assert {a.statement_id for a in approved} == {
            i for i, s in self.oracle.statements.items() if s.approved_by
        }


def run(databases: Databases, dialect: str, *, examples: int) -> None:
    """Play so many examples of forty moves."""

    class Machine(ChainMachine):
        """The machine on one kind of database."""

    Machine.databases, Machine.dialect = databases, dialect
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=examples, stateful_step_count=40)
    )


@pytest.mark.parametrize(("dialect", "examples"), [("sqlite", 20), ("postgresql", 8)])
def test_the_scheme_answers_like_its_oracle(
    databases: Databases, dialect: str, examples: int
) -> None:
    run(databases, dialect, examples=examples)


@pytest.mark.deep
@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_scheme_answers_like_its_oracle_for_long(databases: Databases, dialect: str) -> None:
    run(databases, dialect, examples=500)
