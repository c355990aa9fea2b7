"""Moves from what mediators took to what they are paid; `test_machines.py` plays them."""

from dataclasses import replace
from uuid import UUID, uuid5

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import rule

from app import ledger
from app.clearing import payments, statements
from app.clearing.errors import NothingToClear
from app.clearing.statements import PassRange
from app.identity.rules import Role
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from app.ledger.snapshots import Sizes
from app.reports import snapshots
from tests.property.moves import ANY, MEDIATORS, one_of
from tests.property.world import World


class ClearingMoves(World):
    """Runs, drafts, approvals, payments."""

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
                mandate_number=f"M-{new}",
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
