"""Moves of the state machine between holders of booklets; `test_machines.py` plays them."""

from uuid import UUID

import hypothesis.strategies as st
from hypothesis.stateful import invariant, rule
from sqlalchemy.orm import Session

from app.kernel.ids import new_id
from app.partners.agreements import close_agreement
from app.partners.queries import agreements_of
from app.partners.rules import AgreementRole
from app.prescribers import allocations, custody
from app.prescribers.allocations import BookletRange
from app.prescribers.custody_rules import Settlement
from app.prescribers.recalls import recalls
from tests.property.moves import ANY, PRESCRIBERS, one_of
from tests.property.world import World

NUMBERS = st.integers(1, 9)
TO = st.sampled_from(["plie", "plie", "ccas", "exo7"])
COUNTERS = st.sampled_from(["plie", "ccas", "coordinator"])


class CustodyMoves(World):
    """Allocations, returns, transfers, counts with something missing, and calling back."""

    @rule(first=NUMBERS, more=st.integers(-1, 3), to=TO)
    def allocate(self, first: int, more: int, to: str) -> None:
        new, last = new_id(), max(1, first + more)
        self.both(
            self.oracle.allocate(new, first, last, to),
            lambda session: allocations.allocate_booklets(
                session,
                actor=self.actor("coordinator"),
                allocation_id=new,
                programme_id=self.scheme.programme_id,
                recipient_id=self.scheme.organisations[to],
                booklets=[BookletRange(self.scheme.booklet(first), self.scheme.booklet(last))],
                now=self.scheme.now,
            ),
        )

    @rule(number=NUMBERS, sender=PRESCRIBERS, by=COUNTERS)
    def give_back(self, number: int, sender: str, by: str) -> None:
        new = new_id()
        self.both(
            self.oracle.give_back(new, number, sender, by),
            lambda session: custody.return_booklets(
                session,
                actor=self.actor(by),
                consignment_id=new,
                programme_id=self.scheme.programme_id,
                sender_id=self.scheme.organisations[sender],
                booklets=[self.one(number)],
                reason="De trop",
                now=self.scheme.now,
            ),
        )

    @rule(number=NUMBERS, sender=PRESCRIBERS, to=TO)
    def hand_on(self, number: int, sender: str, to: str) -> None:
        new = new_id()
        self.both(
            self.oracle.hand_on(new, number, sender, to),
            lambda session: custody.transfer_booklets(
                session,
                actor=self.actor(sender),
                consignment_id=new,
                programme_id=self.scheme.programme_id,
                sender_id=self.scheme.organisations[sender],
                recipient_id=self.scheme.organisations[to],
                booklets=[self.one(number)],
                reason="Plus de demandes là-bas",
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY, by=COUNTERS, missing=st.lists(NUMBERS, max_size=1))
    def accept(self, pick: int, by: str, missing: list[int]) -> None:
        """Now and then one of the booklets sent is missing, or one that was never sent."""
        consignment_id = one_of(self.oracle.consignments, pick)
        self.accepted(consignment_id, by, tuple(missing) if pick % 3 == 0 else ())

    def accepted(self, consignment_id: UUID, by: str, missing: tuple[int, ...] = ()) -> None:
        self.both(
            self.oracle.accept(consignment_id, by, missing),
            lambda session: custody.confirm_receipt(
                session,
                actor=self.actor(by),
                receipt_id=new_id(),
                consignment_id=consignment_id,
                missing=[self.one(number) for number in missing],
                now=self.scheme.now,
            ),
        )

    @rule()
    def end_right_to_hold(self) -> None:
        """A public body's mandate ends: what it holds is to come back, and nothing else."""
        self.both(
            self.oracle.end_right("ccas"),
            lambda session: close_agreement(
                session,
                actor=self.actor("coordinator"),
                closure_id=new_id(),
                agreement_id=self.mandate_id(session),
                from_on=self.scheme.today,
                reason="Fin du mandat",
                now=self.scheme.now,
            ),
        )

    def mandate_id(self, session: Session) -> UUID:
        """The mandate of the only public body that holds passes."""
        signed = agreements_of(session, self.scheme.organisations["ccas"])
        return next(one.id for one in signed if one.role == AgreementRole.MANDATE)

    @invariant()
    def what_must_come_back_is_listed(self) -> None:
        if not self.oracle.without_right:
            return
        with self.database.transaction(writing=False) as session:
            asked = recalls(session, actor=self.actor("coordinator"), on=self.scheme.today)
        told = {
            number
            for one in asked
            for held in one.booklets
            for number in range(held.first_number, held.last_number + 1)
        }
        assert told == self.oracle.to_return()

    @rule(pick=ANY)
    def call_back(self, pick: int) -> None:
        consignment_id = one_of(self.oracle.consignments, pick)
        self.both(
            self.oracle.cancel(consignment_id),
            lambda session: custody.cancel_consignment(
                session,
                actor=self.actor("coordinator"),
                cancellation_id=new_id(),
                consignment_id=consignment_id,
                reason="Mauvais destinataire",
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY, number=NUMBERS, by=COUNTERS, found=st.booleans())
    def settle(self, pick: int, number: int, by: str, *, found: bool) -> None:
        consignment_id = one_of(self.oracle.consignments, pick)
        known = self.oracle.consignments.get(consignment_id)
        lost = min(known.missing, default=number) if known else number
        who = by if found else "coordinator"
        self.both(
            self.oracle.settle(consignment_id, lost, who, found=found),
            lambda session: custody.settle_shortfall(
                session,
                actor=self.actor(who),
                settlement_id=new_id(),
                consignment_id=consignment_id,
                settlement=Settlement.FOUND if found else Settlement.RETURNED,
                booklets=[self.one(lost)],
                now=self.scheme.now,
            ),
        )
