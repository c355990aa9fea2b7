"""What the oracle knows of counts of cupboards and drawers, and of printers' files."""

from dataclasses import dataclass, field
from uuid import UUID

from tests.property.custody_oracle import CustodyOracle

LYING_THERE = {"stock_inert", "stock", "prescriber", "withheld"}
SPONSORS = {"coordinator", "finance", "accountant"}
COUNTING = {"coordinator", "finance", "plie", "ccas"}
Line = tuple[int, int | None]
"""A booklet, whole or one pass of it."""


@dataclass
class Count:
    """A count: what was typed, who closed and who signed it, and what differed."""

    holder: str
    lines: list[tuple[UUID, int, Line]] = field(default_factory=list)
    """The go and the place of each line that counts."""
    closed_by: str | None = None
    signed_by: str | None = None
    abandoned: bool = False
    missing: set[int] = field(default_factory=set)
    excess: set[int] = field(default_factory=set)
    strangers: set[int] = field(default_factory=set)


@dataclass
class CountOracle(CustodyOracle):
    """Blind until closed, then compared with what should lie there, and signed by another."""

    counts: dict[UUID, Count] = field(default_factory=dict)

    def open_count(self, new: UUID, holder: str, by: str) -> str | None:
        if by not in COUNTING:
            return "right_missing"
        if not of(by, holder) and by not in SPONSORS:
            return "other_organisation"
        if holder not in {"sponsor", "plie", "ccas"}:
            return "holds_no_booklets"
        self.counts[new] = Count(holder)
        return None

    def _open(self, count_id: UUID, by: str) -> str | None:
        count = self.counts.get(count_id)
        if count is None or not (of(by, count.holder) or by in SPONSORS):
            return "unknown_stock_count"
        if count.closed_by:
            return "count_closed"
        return "count_abandoned" if count.abandoned else None

    def abandon_count(self, count_id: UUID, by: str) -> str | None:
        if by not in COUNTING:
            return "right_missing"
        if refusal := self._open(count_id, by):
            return refusal
        self.counts[count_id].abandoned = True
        return None

    def enter(self, new: UUID, count_id: UUID, by: str, lines: list[Line]) -> str | None:
        if by not in COUNTING:
            return "right_missing"
        if refusal := self._open(count_id, by):
            return refusal
        self.counts[count_id].lines += [(new, place, one) for place, one in enumerate(lines, 1)]
        return None

    def strike(self, count_id: UUID, by: str, entry: UUID, place: int) -> str | None:
        if refusal := self._open(count_id, by):
            return refusal
        lines = self.counts[count_id].lines
        here = [line for line in lines if line[:2] == (entry, place)]
        if not here:
            return "unknown_counted_line"
        lines.remove(here[0])
        return None

    def close_count(self, count_id: UUID, by: str, *, says_nothing: bool) -> str | None:
        if by not in COUNTING:
            return "right_missing"
        if refusal := self._open(count_id, by):
            same = refusal == "count_closed" and self.counts[count_id].closed_by == by
            return None if same else refusal
        count = self.counts[count_id]
        found: set[int] = set()
        for _, _, (number, position) in count.lines:
            if number not in self.booklet:
                count.strangers.add(number)
                continue
            serials = self.serials_of(number)
            found |= {*serials} if position is None else {*serials[position - 1 : position]}
        if not found and not count.strangers and not says_nothing:
            return "count_empty_unsaid"
        theory = {
            serial
            for serial, (kind, party, _) in self.place.items()
            if kind in LYING_THERE and party == count.holder
        }
        count.closed_by = by
        count.missing, count.excess = theory - found, found - theory
        return None

    def sign_count(self, count_id: UUID, by: str) -> str | None:
        count = self.counts.get(count_id)
        if count is None or not (of(by, count.holder) or by in SPONSORS):
            return "unknown_stock_count"
        if count.closed_by is None:
            return "count_abandoned" if count.abandoned else "count_open"
        if count.signed_by is not None:
            return None if count.signed_by == by else "count_signed_already"
        if count.closed_by == by:
            return "counter_cannot_sign"
        if not of(by, count.holder) and not of(count.closed_by, count.holder):
            return "signer_not_of_holder"
        count.signed_by = by
        return None


def of(agent: str, holder: str) -> bool:
    """Whether an agent works for a holder."""
    return holder == ("sponsor" if agent in SPONSORS else agent)
