"""Moves of the cupboard: counting it blind, and receiving what a printer's file names."""

from uuid import UUID

import hypothesis.strategies as st
from hypothesis.stateful import rule

from app.kernel.ids import new_id
from app.ledger.models import Voucher
from app.stock import counts, queries
from app.stock.count_rules import CountedLine
from tests.property.moves import ANY, one_of
from tests.property.world import World

HOLDERS = st.sampled_from(["sponsor", "sponsor", "plie", "ccas", "exo7"])
COUNTERS = st.sampled_from(["coordinator", "finance", "plie", "ccas", "accountant"])
LINES = st.lists(
    st.tuples(st.integers(1, 9), st.none() | st.integers(1, 5)), min_size=1, max_size=8
)


class CountMoves(World):
    """Counts: opened, typed in several goes, struck, closed, signed by another."""

    @rule(holder=HOLDERS, by=COUNTERS)
    def open_count(self, holder: str, by: str) -> None:
        new = new_id()
        self.both(
            self.oracle.open_count(new, holder, by),
            lambda session: counts.open_count(
                session,
                actor=self.actor(by),
                count_id=new,
                holder_id=self.scheme.organisations[holder],
                counted_on=self.scheme.today,
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY, by=COUNTERS, lines=LINES)
    def count(self, pick: int, by: str, lines: list[tuple[int, int | None]]) -> None:
        """Some go of some count; the same booklet may be typed twice, or never have existed."""
        count_id, new = one_of(self.oracle.counts, pick), new_id()
        self.both(
            self.oracle.enter(new, count_id, by, lines),
            lambda session: counts.enter_lines(
                session,
                actor=self.actor(by),
                entry_id=new,
                count_id=count_id,
                lines=[
                    CountedLine(self.scheme.label, number, number, place, place)
                    for number, place in lines
                ],
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY, which=ANY)
    def strike(self, pick: int, which: int) -> None:
        count_id = one_of(self.oracle.counts, pick)
        known = self.oracle.counts.get(count_id)
        lines = known.lines if known else []
        entry, place, _ = lines[which % len(lines)] if lines else (new_id(), 1, None)
        if which % 5 == 4:
            place += 9
        self.both(
            self.oracle.strike(count_id, "coordinator", entry, place),
            lambda session: counts.strike_line(
                session,
                actor=self.actor("coordinator"),
                correction_id=new_id(),
                count_id=count_id,
                entry_id=entry,
                place=place,
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY, by=COUNTERS, says_nothing=st.booleans())
    def close_count(self, pick: int, by: str, *, says_nothing: bool) -> None:
        count_id = one_of(self.oracle.counts, pick)
        expected = self.oracle.close_count(count_id, by, says_nothing=says_nothing)
        self.both(
            expected,
            lambda session: counts.close_count(
                session,
                actor=self.actor(by),
                count_id=count_id,
                now=self.scheme.now,
                nothing_there=says_nothing,
            ),
        )
        if expected is None:
            self.see_what_differs(count_id)

    def see_what_differs(self, count_id: UUID) -> None:
        """Each pass that is missing or too much is named, and so is each unknown booklet."""
        count = self.oracle.counts[count_id]
        told: dict[str, set[int]] = {"missing": set(), "excess": set()}
        with self.database.transaction(writing=False) as session:
            for one in queries.differences_of(session, count_id):
                for voucher_id in range(one.first_voucher_id, one.last_voucher_id + 1):
                    told[one.kind].add(session.get_one(Voucher, voucher_id).serial)
            strangers = queries.strangers_of(session, count_id)
            totals = queries.totals_of(session, count_id)
        assert told == {"missing": count.missing, "excess": count.excess}
        assert {n for s in strangers for n in range(s.first, s.last + 1)} == count.strangers
        for total in totals:
            assert total.missing_count == len(count.missing)
            assert total.excess_count == len(count.excess)
            assert total.difference_cents == 1000 * (len(count.excess) - len(count.missing))

    @rule(pick=ANY, by=COUNTERS)
    def abandon_count(self, pick: int, by: str) -> None:
        count_id = one_of(self.oracle.counts, pick)
        self.both(
            self.oracle.abandon_count(count_id, by),
            lambda session: counts.abandon_count(
                session,
                actor=self.actor(by),
                abandonment_id=new_id(),
                count_id=count_id,
                reason="Interrompu",
                now=self.scheme.now,
            ),
        )

    @rule(pick=ANY, by=COUNTERS)
    def sign_count(self, pick: int, by: str) -> None:
        count_id = one_of(self.oracle.counts, pick)
        self.both(
            self.oracle.sign_count(count_id, by),
            lambda session: counts.sign_count(
                session, actor=self.actor(by), count_id=count_id, now=self.scheme.now
            ),
        )
