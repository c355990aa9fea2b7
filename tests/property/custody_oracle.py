"""What the oracle knows of booklets on their way between holders."""

from dataclasses import dataclass, field
from uuid import UUID

Place = tuple[str, str, str]
"""Kind of account, party, counterparty."""
STOCK: Place = ("stock", "sponsor", "sponsor")
PRESCRIBERS = ("plie", "ccas")


@dataclass
class Consignment:
    """Booklets by number, from one holder to another; `ended` is how, once it has."""

    kind: str
    sender: str
    to: str
    numbers: list[int]
    ended: str = ""
    missing: set[int] = field(default_factory=set)


@dataclass
class CustodyOracle:
    """Allocations, returns and transfers, what their counts missed, and what became of it."""

    consignments: dict[UUID, Consignment] = field(default_factory=dict)
    place: dict[int, Place] = field(default_factory=dict)
    issued_by: dict[int, str] = field(default_factory=dict)
    stood_for: dict[int, int] = field(default_factory=dict)
    """Which pass stands for a void one."""
    day: int = -60
    """Today, counted from the last day of validity."""
    issuer_pays: bool = False
    frozen: bool = False
    leaked: bool = False
    """The key of the vintage is known to others."""
    without_right: set[str] = field(default_factory=set)
    """Public bodies whose mandate has ended."""
    booklet: dict[int, tuple[int, int]] = field(default_factory=dict)
    """First serial and size of what was delivered, by number."""

    def to_return(self) -> set[int]:
        """Whole booklets in the drawer of who may not hold them any more."""
        return {
            number
            for number in self.booklet
            for party in self.without_right
            if self.rests(number, ("prescriber", party, party))
        }

    def end_right(self, party: str) -> str | None:
        if party in self.without_right:
            return "agreement_closed_already"
        self.without_right.add(party)
        return None

    def freeze(self) -> str | None:
        if self.frozen:
            return "programme_frozen"
        self.frozen = True
        return None

    def thaw(self) -> str | None:
        if not self.frozen:
            return "programme_not_frozen"
        self.frozen = False
        return None

    def number_of(self, serial: int) -> int:
        """The booklet of a delivered pass."""
        for number, (first, size) in self.booklet.items():
            if first <= serial < first + size:
                return number
        raise AssertionError(serial)

    def serials_of(self, number: int) -> list[int]:
        """The passes of a delivered booklet."""
        first, size = self.booklet[number]
        return list(range(first, first + size))

    def rests(self, number: int, place: Place) -> bool:
        """Whether a whole booklet rests there."""
        return all(self.place[serial] == place for serial in self.serials_of(number))

    def put(self, number: int, place: Place) -> None:
        """A whole booklet rests there from now on."""
        for serial in self.serials_of(number):
            self.place[serial] = place

    def _leave(self, new: UUID, sent: Consignment, start: Place, refusal: str) -> str | None:
        if not sent.numbers:
            return "booklets_reversed"
        if any(number not in self.booklet for number in sent.numbers):
            return "booklets_missing"
        if not all(self.rests(number, start) for number in sent.numbers):
            return refusal
        for number in sent.numbers:
            self.put(number, ("transit", sent.sender, sent.to))
        self.consignments[new] = sent
        return None

    def allocate(self, new: UUID, first: int, last: int, to: str) -> str | None:
        if self.frozen:
            return "programme_frozen"
        if to not in PRESCRIBERS:
            return "no_agreement_in_force"
        if to in self.without_right:
            return "no_right_to_hold"
        sent = Consignment("allocation", "sponsor", to, list(range(first, last + 1)))
        return self._leave(new, sent, STOCK, "booklet_not_in_stock")

    def give_back(self, new: UUID, number: int, sender: str, by: str) -> str | None:
        if by not in {sender, "coordinator"}:
            return "other_organisation"
        sent = Consignment("return", sender, "sponsor", [number])
        return self._leave(new, sent, ("prescriber", sender, sender), "booklet_not_held")

    def hand_on(self, new: UUID, number: int, sender: str, to: str) -> str | None:
        if sender == to:
            return "sent_to_itself"
        if to not in PRESCRIBERS:
            return "no_agreement_in_force"
        if self.without_right & {sender, to}:
            return "no_right_to_hold"
        sent = Consignment("transfer", sender, to, [number])
        return self._leave(new, sent, ("prescriber", sender, sender), "booklet_not_held")

    def _not_for(self, consignment_id: UUID, by: str) -> str | None:
        """Why that agent does not count this consignment."""
        sent = self.consignments.get(consignment_id)
        if sent is None:
            return "unknown_consignment"
        end = "sponsor" if by == "coordinator" else by
        if end != "sponsor" and end not in {sent.sender, sent.to}:
            return "other_organisation"
        return None if end == sent.to else "not_the_recipient"

    def accept(  # noqa: PLR0911 - one return a refusal
        self, consignment_id: UUID, by: str, missing: tuple[int, ...] = ()
    ) -> str | None:
        if refusal := self._not_for(consignment_id, by):
            return refusal
        sent = self.consignments[consignment_id]
        if sent.ended:
            return f"consignment_{sent.ended}"
        if sent.to in self.without_right:
            return "no_right_to_hold"
        if any(number not in self.booklet for number in missing):
            return "booklets_missing"
        if not {*missing} <= {*sent.numbers}:
            return "booklet_not_in_consignment"
        if not self._on_the_way(sent, {*sent.numbers} - {*missing}):
            return "booklet_not_on_the_way"
        sent.ended, sent.missing = "received_already", {*missing}
        for number in {*sent.numbers} - sent.missing:
            self._arrive(sent, number)
        return None

    def _on_the_way(self, sent: Consignment, numbers: set[int]) -> bool:
        """Whether booklets are in transit still, whole: nothing of them is blocked."""
        return all(self.rests(number, ("transit", sent.sender, sent.to)) for number in numbers)

    def _arrive(self, sent: Consignment, number: int) -> None:
        self.put(number, STOCK if sent.kind == "return" else ("prescriber", sent.to, sent.to))

    def cancel(self, consignment_id: UUID) -> str | None:
        sent = self.consignments.get(consignment_id)
        if sent is None:
            return "unknown_consignment"
        if sent.ended:
            return f"consignment_{sent.ended}"
        if not self._on_the_way(sent, {*sent.numbers}):
            return "booklet_not_on_the_way"
        sent.ended = "cancelled"
        drawer = ("prescriber", sent.sender, sent.sender)
        for number in sent.numbers:
            self.put(number, drawer if sent.kind == "return" else STOCK)
        return None

    def settle(self, consignment_id: UUID, number: int, by: str, *, found: bool) -> str | None:
        if found and (refusal := self._not_for(consignment_id, by)):
            return refusal
        sent = self.consignments.get(consignment_id)
        if sent is None:
            return "unknown_consignment"
        if refusal := self._not_missing(sent, number, found=found):
            return refusal
        if not self._on_the_way(sent, {number}):
            return "booklet_not_on_the_way"
        sent.missing.remove(number)
        if found:
            self._arrive(sent, number)
        else:
            self.put(number, STOCK)
        return None

    def _not_missing(self, sent: Consignment, number: int, *, found: bool) -> str | None:
        """Why a booklet of a consignment cannot be found any more."""
        if not sent.ended:
            return "not_yet_counted"
        if sent.ended == "cancelled":
            return "consignment_cancelled"
        if found and sent.to in {*self.without_right, "sponsor"}:
            return "no_right_to_hold"  # what a return lacked is said to be in the stock instead
        if number not in self.booklet:
            return "booklets_missing"
        return None if number in sent.missing else "booklet_not_missing"
