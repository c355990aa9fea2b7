"""What the oracle knows of statements, of their payments, and of what is owed back."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from tests.property.hand_over_oracle import HandOverOracle

WITHOUT_BANK = {"nobank"}


@dataclass
class Owed:
    """What a mediator owes back for one pass, and the statement that paid it."""

    mediator: str
    paid_on: UUID
    day: int
    recovered_on: UUID | None = None
    """The statement or the debit note that asks for it."""


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
class ClearingOracle(HandOverOracle):
    """Statements and payments."""

    statements: dict[UUID, Statement] = field(default_factory=dict)
    owed: list[Owed] = field(default_factory=list)

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
            one.recovered_on = statement_id
        if not cents:
            self.settle_passes(statement)
        statement.payable = cents
        return None

    def recoverable(self, statement: Statement) -> list[Owed]:
        """What a draft would recover: ten euros each, the oldest first, while they fit."""
        owed = [o for o in self.owed if o.mediator == statement.mediator and not o.recovered_on]
        return owed[: len(statement.serials)]

    def payable(self, statement: Statement) -> int:
        """What a draft would pay."""
        return statement.cents - 1000 * len(self.recoverable(statement))

    def payable_together(self) -> int:
        """What all drafts would pay: what is owed back is taken off once, from whichever."""
        drafts: Counter[str] = Counter()
        for statement in self.statements.values():
            if not statement.approved_by:
                drafts[statement.mediator] += statement.cents
        owed = Counter(one.mediator for one in self.owed if not one.recovered_on)
        return sum(max(0, cents - 1000 * owed[name]) for name, cents in drafts.items())

    def settle_passes(self, statement: Statement) -> None:
        """Its passes are paid, in money or by what was recovered."""
        for serial in statement.serials:
            self.place[serial] = ("settled", statement.mediator, statement.mediator)

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
