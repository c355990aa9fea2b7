"""Moves of the state machine when paper goes wrong; `test_chain.py` plays them."""

from collections.abc import Callable
from uuid import UUID

import hypothesis.strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from app.identity.rules import Actor
from app.kernel.ids import new_id
from app.ledger.models import Voucher
from app.losses import blocks, write_offs
from app.losses import replacement_queries as queries
from app.losses.naming import Named
from app.losses.replacements import replace_passes
from app.losses.rules import BlockCause, Declarant, ReplacementCause
from tests.factories import Scheme
from tests.property.custody_moves import NUMBERS
from tests.property.moves import ANY
from tests.property.oracle import Oracle

PLACES = st.integers(1, 5)
DECLARERS = st.sampled_from(["coordinator", "coordinator", "exo7"])
REPLACERS = st.sampled_from(["plie", "ccas", "coordinator", "exo7"])


class LossMoves:
    """Declaring, lifting, replacing, destroying."""

    scheme: Scheme
    database: Database
    oracle: Oracle
    actor: Callable[[str], Actor]
    both: Callable[[str | None, Callable[[Session], object]], None]

    def serial_at(self, number: int, place: int) -> int | None:
        """The serial of a pass, if its booklet was delivered."""
        if number not in self.oracle.booklet:
            return None
        return self.oracle.serials_of(number)[place - 1]

    def named(self, number: int, place: int) -> list[Named]:
        """One pass, as typed."""
        serial = self.scheme.serial(number, place)
        return [Named(serial, serial)]

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

    @rule(number=NUMBERS, place=PLACES)
    def destroy(self, number: int, place: int) -> None:
        new = new_id()

        def move(session: Session) -> None:
            write_offs.prepare_write_off(
                session,
                actor=self.actor("coordinator"),
                write_off_id=new,
                named=self.named(number, place),
                reason="Brûlé",
                now=self.scheme.now,
            )
            write_offs.approve_write_off(
                session,
                actor=self.actor("finance"),
                write_off_id=new,
                voucher_count=1,
                now=self.scheme.now,
            )

        self.both(self.oracle.destroy(self.serial_at(number, place)), move)

    @rule(number=NUMBERS, place=PLACES, by=REPLACERS)
    def replace(self, number: int, place: int, by: str) -> None:
        """Which pass comes in the place is the scheme's to choose, within the oracle's pool."""
        new, old = new_id(), self.serial_at(number, place)
        refusal = self.oracle.may_replace(old, by)
        self.both(
            refusal,
            lambda session: replace_passes(
                session,
                actor=self.actor(by),
                replacement_id=new,
                named=self.named(number, place),
                cause=ReplacementCause.LOST,
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
