"""What the oracle knows of the end of a vintage: its calendar, its hold, its last account."""

from dataclasses import dataclass, field

from tests.property.custody_oracle import CustodyOracle, Place

FROM = {"alert": -30, "withhold": -15, "late": -7, "refuse": 32, "expire": 37, "statement": 38}
"""The first day on which a step is done, in the order of the steps."""
IN_HAND = {"stock_inert", "stock", "transit", "prescriber"}
EXPIRING = IN_HAND | {"circulation", "withheld", "blocked"}
USED = {"redeemed", "claimed", "settled"}


@dataclass(frozen=True)
class Account:
    """What the joint statement closes: the passes used, and those that never will be."""

    used: int
    unused: frozenset[int]
    void: int


@dataclass
class ClosingOracle(CustodyOracle):
    """Steps done, what is held and was let go, the statement, its signatures, its settlement."""

    steps: list[str] = field(default_factory=list)
    held: dict[int, Place] | None = None
    """Where each pass was that the hold withheld and nothing let go."""
    account: Account | None = None
    signed: dict[str, str] = field(default_factory=dict)
    settled: bool = False
    free: set[int] = field(default_factory=set)
    """Passes that were replaced free of charge."""

    def tick(self) -> list[str]:
        """Every step that is due, in order; what came back after the expiry goes too."""
        before = len(self.steps)
        for step, first_day in FROM.items():
            if step in self.steps:
                continue
            if self.day < first_day:
                break
            if step == "expire":
                self._expire()
            if step == "statement":
                self._expire()
                self.account = self._closed()
            self.steps.append(step)
        if "expire" in self.steps:
            self._expire()
        return self.steps[before:]

    def _expire(self) -> None:
        for serial, (kind, party, _) in self.place.items():
            if kind in EXPIRING:
                self.place[serial] = "expired", party, party

    def _closed(self) -> Account:
        kinds = {serial: kind for serial, (kind, _, _) in self.place.items()}
        return Account(
            sum(kind in USED for kind in kinds.values()),
            frozenset(s for s, kind in kinds.items() if kind in {"expired", "void"}) - self.free,
            sum(kind == "void" for kind in kinds.values()),
        )

    def hold_back(self) -> str | None:
        """What nobody was given stays where it lies, once its list is drawn up."""
        if "withhold" not in self.steps:
            return "hold_not_due"
        if "expire" in self.steps:
            return "hold_too_late"
        if self.held is not None:
            return "held_already"
        self.held = {s: place for s, place in self.place.items() if place[0] in IN_HAND}
        for serial, (_, party, _) in self.held.items():
            self.place[serial] = "withheld", party, party
        return None

    def leak(self) -> tuple[int, int]:
        """Nothing leaves any more; returns what is withheld by it, and what people still hold."""
        self.leaked = True
        in_hand = [s for s, (kind, _, _) in self.place.items() if kind in IN_HAND]
        for serial in in_hand:
            _, party, _ = self.place[serial]
            self.place[serial] = "withheld", party, party
        return len(in_hand), sum(kind == "circulation" for kind, _, _ in self.place.values())

    def let_go(self, number: int) -> str | None:
        """A booklet that is held whole goes back to where it was."""
        if self.day > 0:
            return "release_too_late"
        if number not in self.booklet:
            return "booklets_missing"
        serials = self.serials_of(number)
        held = self.held or {}
        if len({held.get(serial) for serial in serials} - {None}) != 1 or not all(
            serial in held and self.place[serial][0] == "withheld" for serial in serials
        ):
            return "booklet_not_held_back"
        for serial in serials:
            self.place[serial] = held.pop(serial)
        return None

    def sign(self, side: str, by: str) -> str | None:
        if by == "accountant":
            return "right_missing"
        if self.account is None:
            return "unknown_joint_statement"
        if side in self.signed:
            return "side_signed_already"
        if by in self.signed.values():
            return "signed_by_the_same_person"
        self.signed[side] = by
        return None

    def settle_end(self, by: str) -> str | None:
        """Where the issuer pays, what was never used is credited: that, and nothing since."""
        if by != "finance":
            return "right_missing"
        if self.account is None:
            return "unknown_joint_statement"
        if self.settled:
            return "closing_settled_already"
        if len(self.signed) < 2:
            return "joint_statement_not_signed"
        self.settled = True
        if self.issuer_pays:
            for serial in self.account.unused:
                _, party, _ = self.place[serial]
                self.place[serial] = "credited", party, party
        return None
