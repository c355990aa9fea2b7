"""What the oracle knows of what was paid and taken back, and of passes that two claim."""

from dataclasses import dataclass, field
from uuid import UUID, uuid5

from tests.property.clearing_oracle import ClearingOracle, Owed
from tests.property.hand_over_oracle import Attempt

RECOVERY_DELAY = 60
EXPIRES = 36
"""From that day on, what is taken back does not circulate any more."""
LATER = 2
"""Days from the acts of a day to those of its clearing."""


@dataclass
class DebitNote:
    """What a mediator is asked for, once no statement is left that would recover it."""

    mediator: str
    issued_by: str
    cents: int
    paid: bool = False


@dataclass
class Dispute:
    """A second claim on a pass, and how it ended."""

    claimant: str
    opened_by: str
    serial: int
    first: UUID
    """The redemption that it disputes."""
    on: int
    outcome: tuple[str, str] | None = None
    """How, and who said so."""


@dataclass
class CorrectionOracle(ClearingOracle):
    """Clawbacks, debit notes, disputes."""

    notes: dict[UUID, DebitNote] = field(default_factory=dict)
    disputes: dict[UUID, Dispute] = field(default_factory=dict)
    disputed: set[UUID] = field(default_factory=set)
    """Attempts that began one."""

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
        self.owed.append(Owed(attempt.mediator, paid_on, self.day + LATER))
        issuer = self.issued_by[serial]
        kind = "expired" if self.day + LATER >= EXPIRES else "circulation"
        self.place[serial] = (kind, issuer, issuer)
        del self.taken_by[serial]
        return None

    # ── Debit notes ───────────────────────────────────────────────────────────────────────────────

    def issue_note(self, new: UUID, mediator: str, by: str, *, on: int) -> str | None:
        """All that is owed back, once one of it is old enough and nothing is left to recover it."""
        if by not in {"finance", "finance2"}:
            return "right_missing"
        owed = [o for o in self.owed if o.mediator == mediator and not o.recovered_on]
        asked = any(one.mediator == mediator and not one.paid for one in self.notes.values())
        if not owed and asked:
            return "debit_note_issued_already"
        if not any(on - one.day >= RECOVERY_DELAY for one in owed):
            return "nothing_to_collect"
        drafts = [s for s in self.statements.values() if s.mediator == mediator]
        if mediator in self.waiting() or any(s.serials and not s.approved_by for s in drafts):
            return "mediator_is_still_owed"
        self.notes[new] = DebitNote(mediator, by, 1000 * len(owed))
        for one in owed:
            one.recovered_on = new
        return None

    def collect_note(self, note_id: UUID, by: str) -> str | None:
        note = self.notes.get(note_id)
        if note is None:
            return "unknown_debit_note"
        if note.paid:
            return "debit_note_collected_already"
        if note.issued_by == by:
            return "collection_by_the_same_person"
        note.paid = True
        return None

    # ── Disputes ──────────────────────────────────────────────────────────────────────────────────

    def holds(self, serial: int) -> UUID | None:
        """The last redemption of a pass that was not undone, though it be clawed back."""
        held = [
            scan_id
            for scan_id, a in self.attempts.items()
            if a.serial == serial and a.verdict is None and not a.undone
        ]
        return held[-1] if held else None

    def open_dispute(self, new: UUID, attempt_id: UUID, serial: int, by: str) -> str | None:
        """A mediator claims a pass that it was refused as taken by another."""
        attempt = self.attempts.get(attempt_id)
        seen = attempt is not None and by in {attempt.mediator, "coordinator"}
        if (
            attempt is None
            or not seen
            or attempt.verdict != "voucher_already_redeemed"
            or attempt.serial != serial
        ):
            return "attempt_not_disputable"
        if attempt_id in self.disputed:
            return "attempt_disputed_already"
        first = self.holds(serial)
        if first is None or self.attempts[first].mediator == attempt.mediator:
            return "attempt_not_disputable"
        if any(
            (d.serial, d.claimant, d.outcome) == (serial, attempt.mediator, None)
            for d in self.disputes.values()
        ):
            return "pass_disputed_already"
        self.disputed.add(attempt_id)
        self.disputes[new] = Dispute(attempt.mediator, by, serial, first, self.day)
        return None

    def decide_dispute(self, dispute_id: UUID, outcome: str, by: str) -> str | None:
        """Kept where it is, or taken from the first and given to the other."""
        dispute = self.disputes.get(dispute_id)
        if dispute is None:
            return "unknown_dispute"
        if dispute.outcome is not None:
            return None if dispute.outcome == (outcome, by) else "dispute_decided_already"
        if dispute.opened_by == by:
            return "dispute_opener_cannot_decide"
        if outcome == "kept" and self.attempts[dispute.first].taken_back:
            return "disputed_payment_taken_back"
        if outcome == "awarded" and (refusal := self._award(dispute_id, dispute, by)):
            return refusal
        dispute.outcome = outcome, by
        return None

    def _award(self, dispute_id: UUID, dispute: Dispute, by: str) -> str | None:
        serial, first = dispute.serial, dispute.first
        kind = self.place[serial][0]
        mine = self.taken_by.get(serial) == first
        if not mine:
            if refusal := self.judged(serial, dispute.claimant, on=dispute.on):
                return refusal
        elif kind == "settled":
            return "disputed_pass_paid"
        else:
            drafts = [s for s in self.statements.values() if serial in s.serials]
            if kind == "claimed" and drafts[-1].approved_by is not None:
                return "disputed_pass_on_statement"
            if dispute.claimant == "unlabelled":
                return "no_label_in_force"
            if kind == "claimed":
                drafts[-1].serials.remove(serial)
                drafts[-1].versions.append(drafts[-1].cents)
                drafts[-1].withdrawn_by.add(by)
            self.attempts[first].undone = True
        award = uuid5(dispute_id, "award")
        self.attempts[award] = Attempt(dispute.claimant, serial, None, day=self.day)
        self.place[serial] = ("redeemed", dispute.claimant, dispute.claimant)
        self.taken_by[serial] = award
        return None
