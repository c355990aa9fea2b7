"""What the oracle knows of people, of what they were given, and of what mediators took."""

from dataclasses import dataclass, field
from uuid import UUID

from tests.property.custody_oracle import CustodyOracle, Place

ENTITLED = {"plie": (10, 3, 0), "registered_job_seeker": (10, 1, 0), "senior": (5, 1, 1)}
"""Size and number of booklets of a public, and how often again."""
WITHOUT_LABEL = {"unlabelled"}
GUESSES = 20
MAY_UNDO = {"coordinator", "finance"}
WHEN_NOT_THERE = {
    "blocked": "voucher_blocked",
    "void": "voucher_void",
    "expired": "voucher_expired",
    "credited": "voucher_expired",
}
"""What a mediator is told of a pass that is nobody's any more."""
LATE, END, TOLERANCE = -7, 0, 31
"""Days by the settings: late hand-overs, the last day, the last day for a session."""


@dataclass
class Person:
    """Somebody whom a prescriber met."""

    public: str
    prescriber: str
    received: int = 0
    booklets: list[int] = field(default_factory=list)


@dataclass
class Attempt:
    """A scan and its answer."""

    mediator: str
    serial: int
    verdict: str | None
    undone: bool = False
    taken_back: bool = False
    """It was paid, and clawed back."""
    day: int = -60


@dataclass
class HandOverOracle(CustodyOracle):
    """People, prescriptions, redemptions."""

    people: dict[UUID, Person] = field(default_factory=dict)
    attempts: dict[UUID, Attempt] = field(default_factory=dict)
    taken_by: dict[int, UUID] = field(default_factory=dict)
    issued_on: dict[int, int] = field(default_factory=dict)
    """The day on which a booklet was handed over."""

    def prescribe(  # noqa: PLR0911 - one return a refusal
        self,
        person_id: UUID,
        by: str,
        numbers: list[int],
        *,
        declares: bool,
        accepts_late: bool = False,
    ) -> str | None:
        if not numbers:
            return "no_booklet_given"
        person = self.people.get(person_id)
        if person is None or person.prescriber != by:
            return "unknown_beneficiary"
        if person.public == "registered_job_seeker" and not declares:
            return "declaration_missing"
        if by in self.without_right:
            return "no_right_to_hold"
        if refusal := self.not_now(person, numbers, accepts_late=accepts_late):
            return refusal
        if refusal := self.not_for(person, numbers, ("prescriber", by, by)):
            return refusal
        person.received += len(numbers)
        person.booklets += numbers
        for number in numbers:
            self.issued_on[number] = self.day
            for serial in self.serials_of(number):
                self.place[serial] = ("circulation", by, by)
                self.issued_by[serial] = by
        return None

    def not_now(self, person: Person, numbers: list[int], *, accepts_late: bool) -> str | None:
        """Why these booklets are given to nobody of that public, or to nobody today."""
        for place, number in enumerate(numbers):
            if number not in self.booklet:
                return "unknown_booklet"
            if number in numbers[:place]:
                return "booklets_overlap"
            if self.booklet[number][1] != ENTITLED[person.public][0]:
                return "wrong_booklet_size"
            if self.day > END:
                return "vintage_over"
        return "late_hand_over" if self.day >= LATE and not accepts_late else None

    def not_for(self, person: Person, numbers: list[int], drawer: Place) -> str | None:
        """Why these booklets of a drawer are not for that person."""
        _, count, renewals = ENTITLED[person.public]
        after = person.received + len(numbers)
        if after > count * (1 + renewals):
            return "entitlement_exceeded"
        if after > count and self.unused(person):
            return "renewal_too_early"
        strays = [number for number in numbers if not self.rests(number, drawer)]
        return self.not_in_drawer(min(strays), drawer[1]) if strays else None

    def not_in_drawer(self, number: int, by: str) -> str:
        """Why a prescriber may not hand a booklet over."""
        if any(number in p.booklets for p in self.people.values() if p.prescriber == by):
            return "booklet_handed_over"
        places = [self.place[serial] for serial in self.serials_of(number)]
        if any(kind == "transit" and to == by for kind, _, to in places):
            return "booklet_on_its_way"
        here = {kind for kind, party, _ in places if party == by}
        if here & {"withheld", *WHEN_NOT_THERE}:
            return "booklet_blocked"
        return "booklet_incomplete" if here & {"prescriber", "circulation"} else "booklet_not_yours"

    def unused(self, person: Person) -> bool:
        """Whether a pass of a person's booklets is still in their pocket."""
        return any(
            self.place[self.latest(serial)][0] == "circulation"
            for number in person.booklets
            for serial in self.serials_of(number)
        )

    def latest(self, serial: int) -> int:
        """The pass that stands for another now, which may have been replaced in its turn."""
        while serial in self.stood_for:
            serial = self.stood_for[serial]
        return serial

    # ── Mediators ─────────────────────────────────────────────────────────────────────────────────

    def throttled(self, mediator: str, scans: list[UUID]) -> bool:
        """Whether a mediator has guessed too often to be told anything new."""
        if all(scan_id in self.attempts for scan_id in scans):
            return False
        guesses = [
            a
            for a in self.attempts.values()
            if (a.mediator, a.verdict, a.day) == (mediator, "unknown_voucher", self.day)
        ]
        return len(guesses) >= GUESSES

    def redeem(
        self, scan_id: UUID, serial: int, mediator: str, *, on: int | None = None
    ) -> str | None:
        """The verdict on one scan of a session, throttle apart."""
        known = self.attempts.get(scan_id)
        if known is not None:
            same = (known.mediator, known.serial) == (mediator, serial)
            return known.verdict if same else "id_already_used"
        verdict = self.judged(serial, mediator, on=self.day if on is None else on)
        self.attempts[scan_id] = Attempt(mediator, serial, verdict, day=self.day)
        if verdict is None:
            self.place[serial] = ("redeemed", mediator, mediator)
            self.taken_by[serial] = scan_id
        return verdict

    def judged(self, serial: int, mediator: str, *, on: int) -> str | None:
        """What a pass is worth to a mediator, for a session of that day."""
        if serial not in self.place:
            return "unknown_voucher"
        kind = self.place[serial][0]
        if kind in {"redeemed", "claimed", "settled"}:
            return "voucher_already_redeemed"
        if kind != "circulation":
            return WHEN_NOT_THERE.get(kind, "voucher_not_issued")
        if on > TOLERANCE:
            return "outside_validity"
        if on < self.issued_on.get(self.number_of(serial), on):
            return "session_before_issue"
        return "no_label_in_force" if mediator in WITHOUT_LABEL else None

    def undo(self, scan_id: UUID, by: str) -> str | None:
        if by == "accountant":
            return "right_missing"
        attempt = self.attempts.get(scan_id)
        seen = attempt is not None and by in {attempt.mediator, *MAY_UNDO}
        if attempt is None or attempt.verdict is not None or not seen:
            return "unknown_redemption"
        if attempt.undone:
            return "redemption_undone_already"
        if self.place[attempt.serial][0] != "redeemed" or self.taken_by[attempt.serial] != scan_id:
            return "redemption_claimed_already"
        attempt.undone = True
        issuer = self.issued_by[attempt.serial]
        self.place[attempt.serial] = ("circulation", issuer, issuer)
        del self.taken_by[attempt.serial]
        return None
