"""What the oracle knows of passes that are lost, replaced and destroyed."""

from dataclasses import dataclass, field
from uuid import UUID

from tests.property.custody_oracle import CustodyOracle, Place
from tests.property.hand_over_oracle import END

BLOCKABLE = {"stock_inert", "stock", "transit", "prescriber", "circulation"}
USED = {"redeemed", "claimed", "settled"}


@dataclass
class WriteOff:
    """A destruction: prepared by one, counted and approved by another."""

    prepared_by: str
    serials: list[int]
    approved_by: str | None = None
    abandoned: bool = False


@dataclass
class LossOracle(CustodyOracle):
    """Oppositions, replacements, destructions."""

    blocked_by: dict[int, tuple[UUID, Place]] = field(default_factory=dict)
    """Which opposition blocks a pass, and where it was."""
    blocks: set[UUID] = field(default_factory=set)
    write_offs: dict[UUID, WriteOff] = field(default_factory=dict)

    def declare(self, new: UUID, number: int, by: str) -> str | None:
        """Every pass of a booklet that can be is blocked; the others are reported."""
        if by != "coordinator":
            return "right_missing"
        if number not in self.booklet:
            return "unknown_booklet"
        self.blocks.add(new)
        for serial in self.serials_of(number):
            kind, party, _ = self.place[serial]
            if kind in BLOCKABLE:
                self.blocked_by[serial] = new, self.place[serial]
                self.place[serial] = "blocked", party, party
        return None

    def lift(self, block_id: UUID) -> str | None:
        """What an opposition blocks still is back where it was."""
        if block_id not in self.blocks:
            return "unknown_block"
        mine = [
            serial
            for serial, (block, _) in self.blocked_by.items()
            if block == block_id and self.place[serial][0] == "blocked"  # it may have expired
        ]
        if not mine:
            return "nothing_blocked_still"
        for serial in mine:
            self.place[serial] = self.blocked_by.pop(serial)[1]
        return None

    def prepare_write_off(self, new: UUID, by: str, serials: list[int | None]) -> str | None:
        """Some blocked passes are listed to be destroyed; nothing moves yet."""
        known = [serial for serial in serials if serial is not None]
        for place, serial in enumerate(serials):
            if serial is None:
                return "unknown_booklet"
            if serial in serials[:place]:
                return "named_twice"
        if not self._destructible(known):
            return "not_blocked_to_write_off"
        waiting = [w for w in self.write_offs.values() if not (w.approved_by or w.abandoned)]
        if any({*known} & {*w.serials} for w in waiting):
            return "write_off_prepared_already"
        self.write_offs[new] = WriteOff(by, known)
        return None

    def _destructible(self, serials: list[int]) -> bool:
        return all(self.place[serial][0] == "blocked" for serial in serials)

    def abandon_write_off(self, write_off_id: UUID) -> str | None:
        """Nothing moves, and its passes may be listed anew."""
        record = self.write_offs.get(write_off_id)
        if record is None:
            return "unknown_write_off"
        if record.approved_by or record.abandoned:
            return f"write_off_{'approved' if record.approved_by else 'abandoned'}_already"
        record.abandoned = True
        return None

    def approve_write_off(  # noqa: PLR0911 - one return a refusal
        self, write_off_id: UUID, by: str, count: int
    ) -> str | None:
        """Blocked passes become void, for good."""
        record = self.write_offs.get(write_off_id)
        if record is None:
            return "unknown_write_off"
        if record.prepared_by == by:
            return "write_off_by_the_same_person"
        if record.approved_by:
            return None if record.approved_by == by else "write_off_approved_already"
        if record.abandoned:
            return "write_off_abandoned_already"
        if count != len(record.serials):
            return "write_off_count_differs"
        if not self._destructible(record.serials):
            return "not_blocked_to_write_off"
        record.approved_by = by
        for serial in record.serials:
            del self.blocked_by[serial]
            _, party, _ = self.place[serial]
            self.place[serial] = "void", party, party
        return None

    def may_replace(  # noqa: PLR0911 - one return a refusal
        self, serial: int | None, by: str
    ) -> str | None:
        """Why a pass is not replaced by that agent; None when it is."""
        if by not in {"plie", "ccas", "coordinator"}:
            return "right_missing"
        if serial is None:
            return "unknown_booklet"
        kind, party, _ = self.place[serial]
        if kind not in {"circulation", "blocked"}:
            return "not_in_circulation"
        if by not in {"coordinator", party}:
            return "not_yours_to_replace"
        if by in self.without_right:
            return "no_right_to_hold"
        if not self.pool(by):
            return "nothing_to_replace_with"
        was = self.blocked_by[serial][1][0] if kind == "blocked" else kind
        return None if was == "circulation" else "not_in_circulation"

    def pool(self, by: str) -> list[int]:
        """Passes that may replace others: of cut booklets alone, if there are any."""
        if self.day > END or self.leaked:
            return []
        place = ("stock", "sponsor", "sponsor") if by == "coordinator" else ("prescriber", by, by)
        here = [serial for serial, rests in self.place.items() if rests == place]
        cut = [
            serial
            for number in self.booklet
            for serial in self.serials_of(number)
            if serial in here and not self.rests(number, place)
        ]
        return cut or here

    def replaced(self, old: int, new: int, by: str) -> None:
        """The old one is void, the new one stands for it with the same prescriber."""
        assert new in self.pool(by)
        _, party, _ = self.place[old]
        self.blocked_by.pop(old, None)
        self.place[old] = "void", party, party
        self.place[new] = "circulation", party, party
        self.issued_by[new] = party
        self.stood_for[old] = new
