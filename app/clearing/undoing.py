"""Giving a pass back while no statement claims it: from the mediator into circulation again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.clearing import redemption_queries
from app.clearing.errors import RedemptionClaimedAlready, RedemptionUndoneAlready
from app.clearing.redemption_models import Redemption, RedemptionReversal
from app.clearing.redemptions import known_redemption
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean


def undo_redemption(
    session: Session,
    *,
    actor: Actor,
    reversal_id: UUID,
    redemption_id: UUID,
    reason: str,
    now: datetime,
) -> RedemptionReversal:
    """Give the person the pass back, while no statement claims it.

    By the mediator’s own agent, or by the sponsor’s staff: a pass withdrawn from a draft rests with
    the mediator again, and is undone like any other.

    Raises:
        UnknownRedemption, RedemptionUndoneAlready.
        RedemptionClaimedAlready: a statement holds it.
        InvalidInput: no reason was given.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.UNDO_REDEMPTION)
    cleaned = clean(reason)
    if cleaned is None:
        raise InvalidInput(reason="Écrivez en quelques mots pourquoi l’encaissement est annulé.")
    redemption = known_redemption(session, actor=actor, redemption_id=redemption_id)
    return take_back(
        session,
        actor=actor,
        reversal_id=reversal_id,
        redemption=redemption,
        reason=cleaned,
        now=now,
    )


def take_back(
    session: Session,
    *,
    actor: Actor,
    reversal_id: UUID,
    redemption: Redemption,
    reason: str,
    now: datetime,
) -> RedemptionReversal:
    """Undo a redemption; who may ask for that is the caller's to check.

    Raises:
        RedemptionUndoneAlready, RedemptionClaimedAlready, IdAlreadyUsed.
    """
    redemption_id = redemption.id
    digest = request_hash("redemption reversal", redemption=redemption_id, reason=reason)
    if record := earlier(session, RedemptionReversal, reversal_id, digest):
        return record
    hold(session, "redemption", redemption_id)
    if redemption_queries.reversal_of(session, redemption_id):
        raise RedemptionUndoneAlready
    whole = ledger.VoucherRange.one(redemption.voucher_id)
    [voucher] = ledger.lock_vouchers(session, [whole])
    if (
        voucher.account.kind is not ledger.AccountKind.REDEEMED
        or ledger.latest_redemption(session, voucher.id) != redemption.movement_id
    ):
        raise RedemptionClaimedAlready
    record = RedemptionReversal(
        id=reversal_id,
        request_hash=digest,
        redemption_id=redemption_id,
        reason=reason,
        reversed_by=actor.agent_id,
        reversed_at=now,
    )
    session.add(record)
    session.flush()
    ledger.undo_redemptions(
        session,
        ledger.Act(
            posting_id=reversal_id,
            kind=ledger.MovementKind.UNDO,
            document_type="redemption",
            document_id=redemption_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        [(redemption.movement_id, whole)],
    )
    return record
