"""The scheme once more, in dictionaries: what each move should answer, and what should rest where.

Nothing here is shared with the application but the words. A move returns the code of the refusal,
or None when it is accepted; only an accepted move changes anything.
"""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from tests.property.custody_oracle import Place
from tests.property.loss_oracle import WHEN_NOT_THERE, LossOracle

ENTITLED = {"plie": (10, 3, 0), "registered_job_seeker": (10, 1, 0), "senior": (5, 1, 1)}
"""Size and number of booklets of a public, and how often again."""
WITHOUT_LABEL = {"unlabelled"}
WITHOUT_BANK = {"nobank"}
GUESSES = 20
PRICE = 200
MAY_UNDO = {"coordinator", "finance"}
MAY_ORDER = {"coordinator", "coordinator2", "finance"}


@dataclass
class Order:
    """An order, and what has become of it."""

    prepared_by: str
    lines: dict[int, int]
    approved_by: str | None = None
    allotted: list[tuple[int, int, int, int]] | None = None
    """Once sent: size, first and last serial, first booklet."""
    mandates: dict[str, int] = field(default_factory=dict)
    active_cents: int = 0


@dataclass
class Delivery:
    """What arrived, and what it cost."""

    order: UUID
    serials: list[int]
    cents: int
    active: bool = False


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


@dataclass
class Owed:
    """What a mediator owes back for one pass, and the statement that paid it."""

    mediator: str
    paid_on: UUID
    recovered: bool = False


@dataclass
class Statement:
    """What a mediator is owed."""

    mediator: str
    prepared_by: str
    serials: list[int]
    approved_by: str | None = None
    ordered_by: str | None = None
    paid: bool = False
    rejected: bool = False
    payable: int = 0
    """What was approved to be paid."""
    withdrawn_by: set[str] = field(default_factory=set)
    certified: set[int] = field(default_factory=set)
    versions: list[int] = field(default_factory=list)
    """What each version came to, in cents."""

    @property
    def version(self) -> int:
        """The number of its last version."""
        return len(self.versions)

    @property
    def cents(self) -> int:
        """Its total."""
        return 1000 * len(self.serials)


@dataclass
class Oracle(LossOracle):
    """Everything that there is."""

    orders: dict[UUID, Order] = field(default_factory=dict)
    deliveries: dict[UUID, Delivery] = field(default_factory=dict)
    people: dict[UUID, Person] = field(default_factory=dict)
    attempts: dict[UUID, Attempt] = field(default_factory=dict)
    statements: dict[UUID, Statement] = field(default_factory=dict)
    taken_by: dict[int, UUID] = field(default_factory=dict)
    owed: list[Owed] = field(default_factory=list)
    last_serial: int = 0
    last_booklet: int = 0

    # ── Orders ────────────────────────────────────────────────────────────────────────────────────

    def prepare(self, new: UUID, by: str, lines: dict[int, int]) -> str | None:
        if by not in MAY_ORDER:
            return "right_missing"
        if not lines:
            return "empty_order"
        self.orders[new] = Order(by, lines)
        return None

    def approve(self, order_id: UUID, by: str) -> str | None:
        if by not in MAY_ORDER:
            return "right_missing"
        order = self.orders.get(order_id)
        if order is None:
            return "unknown_order"
        if order.prepared_by == by:
            return "order_preparer_cannot_approve"
        if order.approved_by not in {None, by}:
            return "order_approved_already"
        order.approved_by = by
        return None

    def send(self, order_id: UUID) -> str | None:
        order = self.orders.get(order_id)
        if order is None:
            return "unknown_order"
        if order.approved_by is None:
            return "order_not_approved"
        if order.allotted is None:
            order.allotted = []
            for size in sorted(order.lines, reverse=True):
                count = order.lines[size]
                first, booklet = self.last_serial + 1, self.last_booklet + 1
                self.last_serial += size * count
                self.last_booklet += count
                order.allotted.append((size, first, self.last_serial, booklet))
        return None

    def deliver(self, new: UUID, order_id: UUID, ranges: list[tuple[int, int]]) -> str | None:
        order = self.orders.get(order_id)
        if order is None:
            return "unknown_order"
        if order.allotted is None:
            return "order_not_sent"
        if refusal := ill_formed(ranges) or misplaced(ranges, order.allotted):
            return refusal
        serials = [serial for first, last in sorted(ranges) for serial in range(first, last + 1)]
        if any(serial in self.place for serial in serials):
            return "serials_received_already"
        cents = 0
        for size, first, last, number in order.allotted:
            for start in range(first, last + 1, size):
                if start in serials:
                    self.booklet[number + (start - first) // size] = (start, size)
                    cents += PRICE
        for serial in serials:
            self.place[serial] = ("stock_inert", "sponsor", "sponsor")
        self.deliveries[new] = Delivery(order_id, serials, cents)
        return None

    def mandate(self, order_id: UUID, number: str, cents: int) -> str | None:
        if not cents:
            return "invalid_input"
        order = self.orders.get(order_id)
        if order is None:
            return "unknown_order"
        if order.approved_by is None:
            return "order_not_approved"
        if any(number in other.mandates for other in self.orders.values()):
            return "mandate_taken"
        order.mandates[number] = cents
        return None

    def activate(self, delivery_id: UUID) -> str | None:
        delivery = self.deliveries.get(delivery_id)
        if delivery is None:
            return "unknown_delivery"
        order = self.orders[delivery.order]
        if delivery.active:
            return "delivery_activated_already"
        if not order.mandates:
            return "mandate_missing"
        if order.active_cents + delivery.cents > sum(order.mandates.values()):
            return "mandate_does_not_cover"
        delivery.active = True
        order.active_cents += delivery.cents
        for serial in delivery.serials:
            self.place[serial] = ("stock", "sponsor", "sponsor")
        return None

    # ── Prescribers ───────────────────────────────────────────────────────────────────────────────

    def prescribe(
        self, person_id: UUID, by: str, numbers: list[int], *, declares: bool
    ) -> str | None:
        if not numbers:
            return "no_booklet_given"
        person = self.people.get(person_id)
        if person is None or person.prescriber != by:
            return "unknown_beneficiary"
        if person.public == "registered_job_seeker" and not declares:
            return "declaration_missing"
        if refusal := self.not_for(person, numbers, ("prescriber", by, by)):
            return refusal
        person.received += len(numbers)
        person.booklets += numbers
        for number in numbers:
            for serial in self.serials_of(number):
                self.place[serial] = ("circulation", by, by)
                self.issued_by[serial] = by
        return None

    def not_for(self, person: Person, numbers: list[int], drawer: Place) -> str | None:
        """Why these booklets of a drawer are not for that person."""
        size, count, renewals = ENTITLED[person.public]
        for place, number in enumerate(numbers):
            if number not in self.booklet:
                return "unknown_booklet"
            if number in numbers[:place]:
                return "booklets_overlap"
            if self.booklet[number][1] != size:
                return "wrong_booklet_size"
        after = person.received + len(numbers)
        if after > count * (1 + renewals):
            return "entitlement_exceeded"
        if after > count and self.unused(person):
            return "renewal_too_early"
        return None if all(self.rests(n, drawer) for n in numbers) else "booklet_not_yours"

    def unused(self, person: Person) -> bool:
        """Whether a pass of a person's booklets is still in their pocket."""
        return any(
            self.place[serial][0] == "circulation"
            for number in person.booklets
            for serial in self.serials_of(number)
        )

    # ── Mediators ─────────────────────────────────────────────────────────────────────────────────

    def throttled(self, mediator: str, scans: list[UUID]) -> bool:
        """Whether a mediator has guessed too often to be told anything new."""
        if all(scan_id in self.attempts for scan_id in scans):
            return False
        guesses = [
            a
            for a in self.attempts.values()
            if (a.mediator, a.verdict) == (mediator, "unknown_voucher")
        ]
        return len(guesses) >= GUESSES

    def redeem(self, scan_id: UUID, serial: int, mediator: str) -> str | None:
        """The verdict on one scan, throttle apart."""
        known = self.attempts.get(scan_id)
        if known is not None:
            same = (known.mediator, known.serial) == (mediator, serial)
            return known.verdict if same else "id_already_used"
        verdict = self.judged(serial, mediator)
        self.attempts[scan_id] = Attempt(mediator, serial, verdict)
        if verdict is None:
            self.place[serial] = ("redeemed", mediator, mediator)
            self.taken_by[serial] = scan_id
        return verdict

    def judged(self, serial: int, mediator: str) -> str | None:
        """What a pass is worth to a mediator."""
        if serial not in self.place:
            return "unknown_voucher"
        kind = self.place[serial][0]
        if kind in {"redeemed", "claimed", "settled"}:
            return "voucher_already_redeemed"
        if kind != "circulation":
            return WHEN_NOT_THERE.get(kind, "voucher_not_issued")
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

    # ── Clearing ──────────────────────────────────────────────────────────────────────────────────

    def waiting(self) -> dict[str, list[int]]:
        """What a run would take, by mediator."""
        found: dict[str, list[int]] = {}
        for serial, (kind, party, _) in sorted(self.place.items()):
            if kind == "redeemed":
                found.setdefault(party, []).append(serial)
        return found

    def claim(self, new: UUID, mediator: str, by: str) -> None:
        serials = self.waiting()[mediator]
        for serial in serials:
            self.place[serial] = ("claimed", mediator, mediator)
        self.statements[new] = Statement(mediator, by, serials, versions=[1000 * len(serials)])

    def approve_statement(  # noqa: PLR0911 - one return a refusal
        self, statement_id: UUID, by: str, cents: int
    ) -> str | None:
        statement = self.statements.get(statement_id)
        if statement is None:
            return "unknown_statement"
        if statement.prepared_by == by:
            return "statement_preparer_cannot_approve"
        if by in statement.withdrawn_by:
            return "statement_withdrawer_cannot_approve"
        if statement.approved_by is not None:
            return None if statement.approved_by == by else "statement_approved_already"
        if not statement.serials:
            return "statement_emptied"
        if cents != self.payable(statement):
            return "statement_changed"
        if statement.mediator in WITHOUT_BANK:
            return "statement_held"
        statement.approved_by = by
        for one in self.recoverable(statement):
            one.recovered = True
        if not cents:
            self.settle_passes(statement)
        statement.payable = cents
        return None

    def recoverable(self, statement: Statement) -> list[Owed]:
        """What a draft would recover: ten euros each, the oldest first, while they fit."""
        owed = [o for o in self.owed if o.mediator == statement.mediator and not o.recovered]
        return owed[: len(statement.serials)]

    def payable(self, statement: Statement) -> int:
        """What a draft would pay."""
        return statement.cents - 1000 * len(self.recoverable(statement))

    def settle_passes(self, statement: Statement) -> None:
        """Its passes are paid, in money or by what was recovered."""
        for serial in statement.serials:
            self.place[serial] = ("settled", statement.mediator, statement.mediator)

    def claw_back(self, scan_id: UUID, prepared_by: str, approved_by: str) -> str | None:
        """Two people take a paid pass back."""
        attempt = self.attempts.get(scan_id)
        if attempt is None or attempt.verdict is not None:
            return "unknown_redemption"
        serial = attempt.serial
        if self.place[serial][0] != "settled" or self.taken_by[serial] != scan_id:
            return "redemption_not_paid"
        if prepared_by == approved_by:
            return "clawback_preparer_cannot_approve"
        attempt.taken_back = True
        # Of the statements that held the pass, the last one paid it.
        paid_on = [i for i, s in self.statements.items() if serial in s.serials][-1]
        self.owed.append(Owed(attempt.mediator, paid_on))
        issuer = self.issued_by[serial]
        self.place[serial] = ("circulation", issuer, issuer)
        del self.taken_by[serial]
        return None

    def order_payment(self, statement_id: UUID, by: str, *, says_why: bool) -> str | None:
        statement = self.statements.get(statement_id)
        if statement is None:
            return "unknown_statement"
        if statement.approved_by is None:
            return "statement_not_approved"
        if statement.ordered_by is not None and not statement.rejected:
            return "statement_ordered_already"
        if not statement.payable:
            return "nothing_to_pay"
        if statement.rejected and not says_why:
            return "same_account_again"
        statement.ordered_by, statement.paid, statement.rejected = by, False, False
        return None

    def pay(self, statement_id: UUID, by: str) -> str | None:
        statement = self.statements.get(statement_id)
        if statement is None or statement.ordered_by is None:
            return "unknown_payment_order"
        if statement.rejected:
            return "payment_order_rejected"
        if statement.paid:
            return "payment_recorded_already"
        if by in {statement.prepared_by, statement.approved_by, statement.ordered_by}:
            return "payment_by_the_same_person"
        statement.paid = True
        self.settle_passes(statement)
        return None

    def withdraw(self, statement_id: UUID, by: str, version: int, serials: list[int]) -> str | None:
        """Passes taken off a draft rest with the mediator again."""
        statement = self.statements.get(statement_id)
        if statement is None:
            return "unknown_statement"
        if statement.approved_by is not None:
            return "statement_not_a_draft"
        if version != statement.version:
            return "statement_changed"
        if any(serial not in statement.serials for serial in serials):
            return "voucher_not_on_statement"
        statement.serials = [s for s in statement.serials if s not in serials]
        statement.versions.append(statement.cents)
        statement.withdrawn_by.add(by)
        for serial in serials:
            self.place[serial] = ("redeemed", statement.mediator, statement.mediator)
        return None

    def certify(self, statement_id: UUID, by: str) -> str | None:
        """The mediator certifies the last version."""
        statement = self.statements.get(statement_id)
        if statement is None or statement.mediator != by:
            return "unknown_statement"
        if statement.approved_by is not None:
            return "statement_not_a_draft"
        if not statement.serials:
            return "statement_emptied"
        if statement.version in statement.certified:
            return "statement_certified_already"
        statement.certified.add(statement.version)
        return None

    def reject(self, statement_id: UUID) -> str | None:
        """A payment comes back: what it settled is claimed again."""
        statement = self.statements.get(statement_id)
        if statement is None or statement.ordered_by is None:
            return "unknown_payment_order"
        if statement.rejected:
            return "payment_rejected_already"
        if statement.paid and any(one.paid_on == statement_id for one in self.owed):
            return "payment_corrected"
        statement.rejected = True
        if statement.paid:
            for serial in statement.serials:
                self.place[serial] = ("claimed", statement.mediator, statement.mediator)
        return None

    # ── Looking ───────────────────────────────────────────────────────────────────────────────────

    def balances(self) -> Counter[Place]:
        """How many passes should rest where."""
        return Counter(self.place.values())


def ill_formed(ranges: list[tuple[int, int]]) -> str | None:
    """What is wrong with ranges whatever the order."""
    if not ranges:
        return "empty_delivery"
    if any(not 0 < first <= last for first, last in ranges):
        return "range_reversed"
    serials = [serial for first, last in ranges for serial in range(first, last + 1)]
    return "ranges_overlap" if len(set(serials)) < len(serials) else None


def misplaced(
    ranges: list[tuple[int, int]], allotted: list[tuple[int, int, int, int]]
) -> str | None:
    """What is wrong with ranges for that order."""
    expected = {
        s: (size, first) for size, first, last, _ in allotted for s in range(first, last + 1)
    }
    for first, last in sorted(ranges):
        inside = [serial for serial in range(first, last + 1) if serial in expected]
        if not inside:
            return "serials_not_of_this_order"
        if len(inside) < last - first + 1:
            return "delivery_exceeds_order"
    for piece in (range(first, last + 1) for first, last in ranges):
        for size, start in {expected[serial] for serial in piece}:
            ours = [serial for serial in piece if expected[serial] == (size, start)]
            if (ours[0] - start) % size or (ours[-1] + 1 - start) % size:
                return "range_cuts_a_booklet"
    return None
