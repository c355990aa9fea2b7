"""Moves that correct what was paid, or claimed by two; `test_machines.py` plays them."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import hypothesis.strategies as st
from hypothesis.stateful import rule
from sqlalchemy.orm import Session

from app.clearing import clawbacks, debit_notes, disputes
from app.clearing.disputes import Outcome
from app.identity.rules import Role
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from tests.property.correction_oracle import LATER
from tests.property.moves import ANY, STAFF, one_of
from tests.property.world import World


class CorrectionMoves(World):
    """Clawbacks, debit notes, disputes."""

    @rule(pick=ANY, by=STAFF, approved_by=STAFF)
    def claw_back(self, pick: int, by: str, approved_by: str) -> None:
        """Two people take back what was paid; now and then one person tries alone."""
        scan_id, new = one_of(self.oracle.attempts, pick), new_id()

        def move(session: Session) -> None:
            clawbacks.prepare_clawback(
                session,
                actor=self.actor(by),
                clawback_id=new,
                redemption_id=scan_id,
                reason="La séance n’a pas eu lieu",
                now=self.scheme.later,
            )
            clawbacks.approve_clawback(
                session, actor=self.actor(approved_by), clawback_id=new, now=self.scheme.later
            )

        self.both(self.oracle.claw_back(scan_id, by, approved_by), move)

    # ── Debit notes ───────────────────────────────────────────────────────────────────────────────

    @rule(
        mediator=st.sampled_from(["exo7", "exo7", "carecof"]),
        by=st.sampled_from(["finance", "finance2", "finance", "coordinator"]),
        days=st.sampled_from([10, 61, 61]),
    )
    def ask_back(self, mediator: str, by: str, days: int) -> None:
        new = new_id()
        self.both(
            self.oracle.issue_note(new, mediator, by, on=self.oracle.day + LATER + days),
            lambda session: debit_notes.issue_debit_note(
                session,
                actor=self.actor(by),
                debit_note_id=new,
                mediator_id=self.scheme.organisations[mediator],
                programme_id=self.scheme.programme_id,
                now=self.scheme.later + timedelta(days=days),
            ),
        )

    @rule(pick=ANY, by=st.sampled_from(["accountant", "accountant", "finance", "finance2"]))
    def collect(self, pick: int, by: str) -> None:
        """By the accountant; or by somebody who has become one since."""
        note_id, now = one_of(self.oracle.notes, pick), self.scheme.later + timedelta(days=61)
        self.both(
            self.oracle.collect_note(note_id, by),
            lambda session: debit_notes.collect_debit_note(
                session,
                actor=replace(self.actor(by), role=Role.ACCOUNTANT),
                collection_id=new_id(),
                debit_note_id=note_id,
                collected_on=martinique_day(now),
                now=now,
            ),
        )

    # ── Disputes ──────────────────────────────────────────────────────────────────────────────────

    @rule(pick=ANY, slip=st.sampled_from([0, 0, 0, 0, 1]), by_staff=st.booleans())
    def claim_too(self, pick: int, slip: int, *, by_staff: bool) -> None:
        """A scan that was refused as taken, mostly; by its mediator, or by the coordination."""
        refused = [
            i for i, a in self.oracle.attempts.items() if a.verdict == "voucher_already_redeemed"
        ]
        known = refused if refused and pick % 5 else list(self.oracle.attempts)
        attempt_id = known[pick % len(known)] if known else UUID(int=1)
        attempt = self.oracle.attempts.get(attempt_id)
        serial = max(1, (attempt.serial if attempt else 1) + slip)
        by, new = "coordinator" if by_staff or attempt is None else attempt.mediator, new_id()
        self.both(
            self.oracle.open_dispute(new, attempt_id, serial, by),
            lambda session: disputes.open_dispute(
                session,
                actor=self.actor(by),
                dispute_id=new,
                attempt_id=attempt_id,
                code=codes.derive(self.key, serial),
                redeemed_at=self.scheme.now,
                story="Remis à notre atelier",
                now=self.scheme.now,
            ),
        )

    @rule(
        pick=ANY,
        outcome=st.sampled_from(["kept", "awarded", "awarded"]),
        by=st.sampled_from(["finance", "finance2", "coordinator"]),
    )
    def decide(self, pick: int, outcome: str, by: str) -> None:
        dispute_id = one_of(self.oracle.disputes, pick)
        self.both(
            self.oracle.decide_dispute(dispute_id, outcome, by),
            lambda session: disputes.decide_dispute(
                session,
                actor=self.actor(by),
                dispute_id=dispute_id,
                outcome=Outcome(outcome),
                reason="D’après la feuille",
                signer=self.scheme.signer,
                now=self.scheme.later,
            ),
        )
