"""Settling: the passes of a statement are paid, in money or by what was recovered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.clearing import queries
from app.identity.rules import Actor
from app.ledger import chart


def settle(
    session: Session,
    statement_id: UUID,
    mediator_id: UUID,
    *,
    posting_id: UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Everything that the statement claims is settled."""
    claims = queries.claims_of(session, statement_id)
    claimed = ledger.accounts_by_id(session, {claim.account_id for claim in claims})
    settled = {
        account.id: ledger.account(session, chart.settled(mediator_id, account.vintage_id))
        for account in claimed.values()
    }
    ledger.post(
        session,
        ledger.Act(
            posting_id=posting_id,
            kind=ledger.MovementKind.SETTLE,
            document_type="statement",
            document_id=statement_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        [
            ledger.Line(
                ledger.MovementKind.SETTLE,
                claim.vouchers,
                claimed[claim.account_id],
                settled[claim.account_id],
            )
            for claim in claims
        ],
    )
