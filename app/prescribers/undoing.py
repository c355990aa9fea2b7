"""Taking a hand-over back, as long as none of its passes has moved on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.orm import Session

from app import ledger
from app.database import earlier, hold
from app.identity.rules import Actor, Right, Role
from app.kernel.clock import martinique_day
from app.kernel.ids import request_hash
from app.ledger.models import Voucher
from app.prescribers import queries
from app.prescribers.errors import (
    PrescriptionUndoneAlready,
    PrescriptionUsed,
    UndoTooLate,
)
from app.prescribers.models import (
    PrescriptionUndo,
)
from app.prescribers.prescriptions import known_prescription
from app.prescribers.rules import (
    UndoReason,
)


def wholes_of(session: Session, prescription_id: UUID) -> list[ledger.VoucherRange]:
    """The passes that a hand-over gave, booklet by booklet."""
    return [
        ledger.VoucherRange(b.booklet_id, b.booklet_id + b.booklet_size - 1)
        for b in queries.booklets_of(session, prescription_id)
    ]


def moved_since(session: Session, prescription_id: UUID) -> bool:
    """Whether a pass of a hand-over has moved on, so that it is not taken back any more."""
    movements = queries.movements_of(session, prescription_id)
    ranges = (Voucher.id.between(w.first, w.last) for w in wholes_of(session, prescription_id))
    held = ledger.voucher_states(session, or_(*ranges))
    return any(state.last_movement_id not in movements for state in held)


def undo_prescription(
    session: Session,
    *,
    actor: Actor,
    undo_id: UUID,
    prescription_id: UUID,
    reason: UndoReason,
    now: datetime,
) -> PrescriptionUndo:
    """Take a hand-over back before any pass was used: its booklets are in the drawer again.

    Raises:
        UnknownPrescription.
        PrescriptionUndoneAlready: somebody did it before.
        UndoTooLate: neither the coordination, nor the agent who made it, that day.
        PrescriptionUsed: a pass has moved on since.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.UNDO_PRESCRIPTION)
    digest = request_hash("prescription undo", prescription=prescription_id, reason=reason)
    if record := earlier(session, PrescriptionUndo, undo_id, digest):
        return record
    made = known_prescription(session, actor=actor, prescription_id=prescription_id)
    hold(session, "beneficiary", made.beneficiary_id)
    if queries.undo_of(session, prescription_id):
        raise PrescriptionUndoneAlready
    today = martinique_day(now)
    by_coordination = actor.role is Role.COORDINATOR
    if not by_coordination and (actor.agent_id, today) != (made.prescribed_by, made.prescribed_on):
        raise UndoTooLate(number=made.number)
    movements = queries.movements_of(session, prescription_id)
    wholes = wholes_of(session, prescription_id)
    if any(s.last_movement_id not in movements for s in ledger.lock_vouchers(session, wholes)):
        raise PrescriptionUsed
    record = PrescriptionUndo(
        id=undo_id,
        request_hash=digest,
        prescription_id=prescription_id,
        prescribed_by=made.prescribed_by,
        prescribed_on=made.prescribed_on,
        reason=reason,
        by_coordination=by_coordination,
        undone_by=actor.agent_id,
        undone_on=today,
        undone_at=now,
    )
    session.add(record)
    session.flush()
    ledger.reverse(
        session,
        ledger.Act(
            posting_id=undo_id,
            kind=ledger.MovementKind.REVERSE,
            document_type="prescription",
            document_id=prescription_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        [(movement_id, None) for movement_id in movements],
    )
    return record
