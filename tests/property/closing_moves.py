"""Moves of the end of a vintage: days go by, the calendar runs, people decide and sign."""

from datetime import timedelta

import hypothesis.strategies as st
from hypothesis.stateful import rule

from app.closing import calendar, endings, queries
from app.closing.rules import Side
from app.kernel.ids import new_id
from app.losses.compromises import withdraw_vintage
from app.programmes.service import create_vintage
from tests.opening import TEN_EUROS
from tests.property.custody_moves import NUMBERS
from tests.property.world import World

SIDES = st.sampled_from(["sponsor", "issuer"])
SIGNERS = st.sampled_from(["coordinator", "finance", "accountant"])


class ClosingMoves(World):
    """The calendar, the hold, late releases, a leaked key, signatures, the settlement."""

    other_vintage: int | None = None

    @rule(days=st.sampled_from([1, 7, 8, 15, 30, 40]))
    def days_go_by(self, days: int) -> None:
        self.oracle.day += days
        self.scheme.now += timedelta(days=days)

    @rule()
    def tick(self) -> None:
        """Twice: the second time nothing is left to do."""
        done = [
            str(one.step)
            for one in calendar.run_due(self.database, now=self.scheme.now)
            if one.label == self.scheme.label
        ]
        assert done == self.oracle.tick()
        assert calendar.run_due(self.database, now=self.scheme.now) == []
        if "statement" in done:
            self.see_that_the_account_is_closed()

    def see_that_the_account_is_closed(self) -> None:
        account = self.oracle.account
        with self.database.transaction(writing=False) as session:
            told = queries.joint_statement(session, self.scheme.vintage_id)
        assert told is not None
        assert account is not None
        assert told.received_count == len(self.oracle.place)
        assert (told.used_count, told.unused_count) == (account.used, len(account.unused))
        assert told.void_count == account.void

    @rule(by=st.sampled_from(["coordinator", "coordinator", "finance"]))
    def hold_back(self, by: str) -> None:
        expected = self.oracle.hold_back() if by == "coordinator" else "right_missing"
        self.both(
            expected,
            lambda session: endings.validate_hold(
                session,
                actor=self.actor(by),
                hold_id=new_id(),
                vintage_id=self.scheme.vintage_id,
                now=self.scheme.now,
            ),
        )

    @rule(number=NUMBERS)
    def let_go(self, number: int) -> None:
        self.both(
            self.oracle.let_go(number),
            lambda session: endings.release_held(
                session,
                actor=self.actor("coordinator"),
                release_id=new_id(),
                vintage_id=self.scheme.vintage_id,
                booklets=[self.one(number)],
                reason="Rendez-vous pris",
                now=self.scheme.now,
            ),
        )

    @rule()
    def leak(self) -> None:
        """The key is known to others; of the vintage that is to replace it nothing is there yet."""
        if self.other_vintage is None:
            with self.database.transaction() as session:
                self.other_vintage = create_vintage(
                    session,
                    actor=self.actor("coordinator"),
                    programme_id=self.scheme.programme_id,
                    label="27B",
                    face_value_cents=TEN_EUROS,
                    valid_from=self.scheme.today,
                    valid_until=self.scheme.today + timedelta(days=900),
                    tolerance_days=31,
                    keys=self.scheme.keys,
                    now=self.scheme.now,
                ).vintage_id
        progress = withdraw_vintage(
            self.database,
            actor=self.actor("coordinator"),
            compromise_id=new_id(),
            vintage_id=self.scheme.vintage_id,
            replacement_id=self.other_vintage,
            reason="Clé copiée",
            now=self.scheme.now,
            at_once=4,
        )
        withheld, left = self.oracle.leak()
        told = progress.withheld_count, progress.replaced_count, progress.left_count
        assert told == (withheld, 0, left)

    @rule(side=SIDES, by=SIGNERS)
    def sign_the_end(self, side: str, by: str) -> None:
        self.both(
            self.oracle.sign(side, by),
            lambda session: endings.sign_statement(
                session,
                actor=self.actor(by),
                signature_id=new_id(),
                vintage_id=self.scheme.vintage_id,
                side=Side(side),
                signed_on=self.scheme.today,
                now=self.scheme.now,
            ),
        )

    @rule(by=st.sampled_from(["finance", "finance", "coordinator"]))
    def settle_the_end(self, by: str) -> None:
        """The credit note, or the release, is worth what was never used, at face value."""
        expected, new = self.oracle.settle_end(by), new_id()
        self.both(
            expected,
            lambda session: endings.settle_closing(
                session,
                actor=self.actor(by),
                settlement_id=new,
                vintage_id=self.scheme.vintage_id,
                now=self.scheme.now,
            ),
        )
        if expected is None and self.oracle.account is not None:
            with self.database.transaction(writing=False) as session:
                settled = queries.settlement_of(session, self.scheme.vintage_id)
            assert settled is not None
            assert settled.amount_cents == 1000 * len(self.oracle.account.unused)
            assert settled.kind == ("credit_note" if self.oracle.issuer_pays else "release")
