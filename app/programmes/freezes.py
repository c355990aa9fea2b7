"""Freezing a programme whose issuer fails: nothing new is ordered or handed on; debts stay debts.

What people hold can still be redeemed, and mediators are still cleared: only orders, deliveries
and allocations stop, until another record lifts the freeze.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.programmes import queries
from app.programmes.errors import ProgrammeFrozen, ProgrammeNotFrozen
from app.programmes.models import FreezeLift, ProgrammeFreeze
from app.programmes.service import known_programme

LONGEST_REASON = 500


def freeze_programme(
    session: Session,
    *,
    actor: Actor,
    freeze_id: UUID,
    programme_id: UUID,
    reason: str,
    now: datetime,
) -> ProgrammeFreeze:
    """Stop orders, deliveries and allocations of a programme, for a reason that all will read.

    Raises:
        UnknownProgramme, InvalidInput, IdAlreadyUsed.
        ProgrammeFrozen: it is already.
    """
    actor.check(Right.MANAGE_PROGRAMME)
    said = _reason(reason)
    digest = request_hash("freeze", programme=programme_id, reason=said)
    if record := earlier(session, ProgrammeFreeze, freeze_id, digest):
        return record
    known_programme(session, programme_id)
    check_not_frozen(session, programme_id)
    record = ProgrammeFreeze(
        id=freeze_id,
        request_hash=digest,
        programme_id=programme_id,
        reason=said,
        frozen_by=actor.agent_id,
        frozen_at=now,
    )
    session.add(record)
    session.flush()
    return record


def lift_freeze(
    session: Session,
    *,
    actor: Actor,
    lift_id: UUID,
    programme_id: UUID,
    reason: str,
    now: datetime,
) -> FreezeLift:
    """Let a programme go on, for a reason.

    Raises:
        UnknownProgramme, InvalidInput, IdAlreadyUsed.
        ProgrammeNotFrozen: nothing is to be lifted.
    """
    actor.check(Right.MANAGE_PROGRAMME)
    said = _reason(reason)
    digest = request_hash("freeze lift", programme=programme_id, reason=said)
    if record := earlier(session, FreezeLift, lift_id, digest):
        return record
    known_programme(session, programme_id)
    hold(session, "freeze of", programme_id)
    freeze = queries.open_freeze(session, programme_id)
    if freeze is None:
        raise ProgrammeNotFrozen
    record = FreezeLift(
        id=lift_id,
        request_hash=digest,
        freeze_id=freeze.id,
        reason=said,
        lifted_by=actor.agent_id,
        lifted_at=now,
    )
    session.add(record)
    session.flush()
    return record


def check_not_frozen(session: Session, programme_id: UUID) -> None:
    """Refuse what a freeze stops; one that begins now waits until this transaction has ended.

    Raises:
        ProgrammeFrozen.
    """
    hold(session, "freeze of", programme_id)
    freeze = queries.open_freeze(session, programme_id)
    if freeze is not None:
        since = f"{martinique_day(freeze.frozen_at):%d/%m/%Y}"
        raise ProgrammeFrozen(since=since, reason=freeze.reason)


def _reason(typed: str) -> str:
    """A reason as it is kept.

    Raises:
        InvalidInput: there is none, or it is a letter.
    """
    said = " ".join(typed.split())
    if not 0 < len(said) <= LONGEST_REASON or not said.isprintable():
        raise InvalidInput(reason="Écrivez la raison, en 500 caractères au plus.")
    return said
