"""Taking a hand-over back, as long as none of its passes has moved on."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right, Role
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.ids import request_hash
from app.ledger.models import Voucher
from app.prescribers import queries
from app.prescribers.errors import (
    PrescriptionUndoneAlready,
    PrescriptionUsed,
    UndoTooLate,
)
from app.prescribers.models import Prescription, PrescriptionUndo
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


def why_not(session: Session, *, actor: Actor, made: Prescription, on: date) -> DomainError | None:
    """What stands in the way of taking a hand-over back that day; None when it can be."""
    ranges = (Voucher.id.between(w.first, w.last) for w in wholes_of(session, made.id))
    held = ledger.voucher_states(session, or_(*ranges))
    return _refusal(session, actor, made, held, on=on)


def _refusal(
    session: Session,
    actor: Actor,
    made: Prescription,
    held: Sequence[ledger.VoucherState],
    *,
    on: date,
) -> DomainError | None:
    if queries.undo_of(session, made.id):
        return PrescriptionUndoneAlready()
    movements = queries.movements_of(session, made.id)
    # Before whose act it is: once a pass has moved on, nobody can be asked to do it.
    if any(state.last_movement_id not in movements for state in held):
        return PrescriptionUsed()
    own = (made.prescribed_by, made.prescribed_on)
    if actor.role is not Role.COORDINATOR and (actor.agent_id, on) != own:
        return UndoTooLate(number=made.number)
    return None


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
        PrescriptionUsed: a pass has moved on since.
        UndoTooLate: neither the coordination, nor the agent who made it, that day.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.UNDO_PRESCRIPTION)
    digest = request_hash("prescription undo", prescription=prescription_id, reason=reason)
    if record := earlier(session, PrescriptionUndo, undo_id, digest):
        return record
    made = known_prescription(session, actor=actor, prescription_id=prescription_id)
    hold(session, "beneficiary", made.beneficiary_id)
    held = ledger.lock_vouchers(session, wholes_of(session, prescription_id))
    today, by_coordination = martinique_day(now), actor.role is Role.COORDINATOR
    if refusal := _refusal(session, actor, made, held, on=today):
        raise refusal
    movements = queries.movements_of(session, prescription_id)
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
