"""What is told of clawbacks, debit notes and disputes, whole pages at a time."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.clearing import correction_queries, session_queries
from app.clearing.correction_models import DebitNote
from app.clearing.correction_queries import Correction, Disputed
from app.clearing.debit_notes import note_number
from app.clearing.rules import ClawbackState
from app.identity.rules import Actor
from app.web.api import Json, shown


def state_of(one: Correction) -> ClawbackState:
    """How far a clawback has come."""
    if one.decision is None:
        return ClawbackState.WAITING
    if one.receivable is None:
        return ClawbackState.SET_ASIDE
    return ClawbackState.OWED if one.recovery is None else ClawbackState.RECOVERED


def clawbacks_shown(session: Session, corrections: Sequence[Correction]) -> list[Json]:
    """Clawbacks with their passes, and what is owed back."""
    serials = session_queries.serials_of(
        session, [one.clawback.redemption_id for one in corrections]
    )

    def told(one: Correction) -> Json:
        decision, receivable, recovery = one.decision, one.receivable, one.recovery
        return shown(
            one.clawback,
            serial=serials[one.clawback.redemption_id],
            state=state_of(one),
            decided_by=decision.decided_by if decision else None,
            decided_at=decision.decided_at if decision else None,
            set_aside_because=decision.reason if decision else None,
            amount_cents=receivable.amount_cents if receivable else None,
            fee_cents=receivable.fee_cents if receivable else None,
            net_cents=receivable.net_cents if receivable else None,
            paid_on_statement_id=receivable.statement_id if receivable else None,
            recovered_by_statement_id=recovery.statement_id if recovery else None,
            debit_note_id=recovery.debit_note_id if recovery else None,
        )

    return [told(one) for one in corrections]


def debit_notes_shown(session: Session, notes: Sequence[DebitNote]) -> list[Json]:
    """Debit notes, and which of them were paid."""
    collections = correction_queries.collections_of(session, [note.id for note in notes])

    def told(note: DebitNote) -> Json:
        collected = collections.get(note.id)
        return shown(
            note,
            number=note_number(note),
            collected_on=collected.collected_on if collected else None,
            recorded_by=collected.recorded_by if collected else None,
        )

    return [told(note) for note in notes]


def disputes_shown(session: Session, disputed: Sequence[Disputed], *, actor: Actor) -> list[Json]:
    """Disputes; who claims is not told of the other’s redemption."""
    serials = session_queries.serials_of(session, [one.dispute.redemption_id for one in disputed])

    def told(one: Disputed) -> Json:
        decision = one.decision
        return shown(
            one.dispute,
            serial=serials[one.dispute.redemption_id],
            redemption_id=one.dispute.redemption_id if actor.scope is None else None,
            outcome=decision.outcome if decision else None,
            reason=decision.reason if decision else None,
            awarded_redemption_id=decision.redemption_id if decision else None,
            decided_by=decision.decided_by if decision else None,
            decided_at=decision.decided_at if decision else None,
        )

    return [told(one) for one in disputed]
