"""What the oracle knows of passes that are lost, replaced and destroyed."""

from dataclasses import dataclass, field
from uuid import UUID

from tests.property.custody_oracle import CustodyOracle, Place

BLOCKABLE = {"stock_inert", "stock", "transit", "prescriber", "circulation"}
WHEN_NOT_THERE = {"blocked": "voucher_blocked", "void": "voucher_void"}
"""What a mediator is told of a pass that is nobody's any more."""


@dataclass
class LossOracle(CustodyOracle):
    """Oppositions, replacements, destructions."""

    issued_by: dict[int, str] = field(default_factory=dict)
    blocked_by: dict[int, tuple[UUID, Place]] = field(default_factory=dict)
    """Which opposition blocks a pass, and where it was."""
    blocks: set[UUID] = field(default_factory=set)

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
        mine = [serial for serial, (block, _) in self.blocked_by.items() if block == block_id]
        if not mine:
            return "nothing_blocked_still"
        for serial in mine:
            self.place[serial] = self.blocked_by.pop(serial)[1]
        return None

    def destroy(self, serial: int | None) -> str | None:
        """A blocked pass becomes void, for good."""
        if serial is None:
            return "unknown_booklet"
        kind, party, _ = self.place[serial]
        if kind != "blocked":
            return "not_blocked_to_write_off"
        del self.blocked_by[serial]
        self.place[serial] = "void", party, party
        return None

    def may_replace(self, serial: int | None, by: str) -> str | None:
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
        if not self.pool(by):
            return "nothing_to_replace_with"
        was = self.blocked_by[serial][1][0] if kind == "blocked" else kind
        return None if was == "circulation" else "not_in_circulation"

    def pool(self, by: str) -> list[int]:
        """Passes that may replace others: of cut booklets alone, if there are any."""
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
