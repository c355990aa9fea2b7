"""Moves of the state machine when paper goes wrong; `test_machines.py` plays them."""

from uuid import UUID

import hypothesis.strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from app.kernel.ids import new_id
from app.ledger.models import Voucher
from app.losses import blocks, write_offs
from app.losses import replacement_queries as queries
from app.losses.naming import Named
from app.losses.replacements import replace_passes
from app.losses.rules import BlockCause, Declarant, ReplacementCause
from tests.property.custody_moves import NUMBERS
from tests.property.moves import ANY, one_of
from tests.property.world import World

PLACES = st.integers(1, 5)
DECLARERS = st.sampled_from(["coordinator", "coordinator", "exo7"])
DESTROYERS = st.sampled_from(["coordinator", "finance", "finance2"])
REPLACERS = st.sampled_from(["plie", "ccas", "coordinator", "exo7"])


class LossMoves(World):
    """Declaring, lifting, replacing, destroying."""

    @rule(number=NUMBERS, by=DECLARERS)
    def declare(self, number: int, by: str) -> None:
        new, booklet = new_id(), self.scheme.booklet(number)
        self.both(
            self.oracle.declare(new, number, by),
            lambda session: blocks.block_vouchers(
                session,
                actor=self.actor(by),
                block_id=new,
                named=[Named(booklet, booklet)],
                declarant=Declarant.HOLDER,
                cause=BlockCause.LOST,
                happened_on=self.scheme.today,
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY)
    def lift(self, pick: int) -> None:
        known = sorted(self.oracle.blocks)
        block_id = known[pick % len(known)] if known and pick % 9 < 8 else UUID(int=1)
        self.both(
            self.oracle.lift(block_id),
            lambda session: blocks.lift_block(
                session,
                actor=self.actor("coordinator"),
                lift_id=new_id(),
                block_id=block_id,
                reason="Retrouvé",
                now=self.scheme.now,
            ),
        )

    @rule(places=st.lists(st.tuples(NUMBERS, PLACES), min_size=1, max_size=4), by=DESTROYERS)
    def prepare_to_destroy(self, places: list[tuple[int, int]], by: str) -> None:
        """Mostly what is blocked; now and then what is not, or the same pass twice."""
        blocked = sorted(self.oracle.blocked_by)
        if blocked and places[0][1] > 1:
            chosen = [blocked[(n * p) % len(blocked)] for n, p in places]
            numbers = [self.oracle.number_of(serial) for serial in chosen]
            places = [
                (n, s - self.oracle.booklet[n][0] + 1) for n, s in zip(numbers, chosen, strict=True)
            ]
        new = new_id()
        self.both(
            self.oracle.prepare_write_off(new, by, [self.serial_at(*one) for one in places]),
            lambda session: write_offs.prepare_write_off(
                session,
                actor=self.actor(by),
                write_off_id=new,
                named=self.named(*places),
                reason="Brûlé",
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY, by=DESTROYERS, off=st.sampled_from([0, 0, 0, 1]))
    def destroy(self, pick: int, by: str, off: int) -> None:
        write_off_id = one_of(self.oracle.write_offs, pick)
        known = self.oracle.write_offs.get(write_off_id)
        count = (len(known.serials) if known else 1) + off
        self.both(
            self.oracle.approve_write_off(write_off_id, by, count),
            lambda session: write_offs.approve_write_off(
                session,
                actor=self.actor(by),
                write_off_id=write_off_id,
                voucher_count=count,
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY, by=DESTROYERS)
    def spare(self, pick: int, by: str) -> None:
        """A destruction is given up; by whom does not matter."""
        write_off_id = one_of(self.oracle.write_offs, pick)
        self.both(
            self.oracle.abandon_write_off(write_off_id),
            lambda session: write_offs.abandon_write_off(
                session,
                actor=self.actor(by),
                abandonment_id=new_id(),
                write_off_id=write_off_id,
                reason="Préparée par erreur",
                now=self.scheme.now,
            ),
        )

    @rule(number=NUMBERS, place=PLACES, by=REPLACERS, free=st.booleans())
    def replace(self, number: int, place: int, by: str, *, free: bool) -> None:
        """Which pass comes in the place is the scheme's to choose, within the oracle's pool."""
        new, old = new_id(), self.serial_at(number, place)
        refusal = self.oracle.may_replace(old, by)
        self.both(
            refusal,
            lambda session: replace_passes(
                session,
                actor=self.actor(by),
                replacement_id=new,
                named=self.named((number, place)),
                cause=ReplacementCause.LOST,
                free_of_charge=free,
                now=self.scheme.now,
            ),
        )
        if refusal is None and old is not None:
            with self.database.transaction(writing=False) as session:
                [pair] = queries.pairs_of(session, new)
                chosen = session.scalar(
                    select(Voucher.serial).where(Voucher.id == pair.new_voucher_id)
                )
            assert chosen is not None
            self.oracle.replaced(old, chosen, by)
            self.oracle.free |= {old} if free else set()
