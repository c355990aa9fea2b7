"""Clawbacks: a pass that was paid and should not have been is taken back, and owed back once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.clearing import correction_queries, queries, redemption_queries, rules
from app.clearing.correction_models import (
    Clawback,
    ClawbackDecision,
    Receivable,
)
from app.clearing.errors import (
    ClawbackDecidedAlready,
    ClawbackPreparerCannotApprove,
    ClawbackWaitsAlready,
    RedemptionNotPaid,
    UnknownClawback,
)
from app.clearing.models import Statement
from app.clearing.recoveries import hold_receivables
from app.clearing.redemption_models import Redemption
from app.clearing.redemptions import known_redemption
from app.clearing.runs import asked_on
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.ledger import AccountKind, VoucherRange, chart
from app.ledger.models import Voucher
from app.programmes.models import VintageTerms

APPROVED, SET_ASIDE = "approved", "set_aside"


def prepare_clawback(
    session: Session,
    *,
    actor: Actor,
    clawback_id: UUID,
    redemption_id: UUID,
    reason: str,
    now: datetime,
) -> Clawback:
    """Say that a pass that was paid should not have been, and why. Another person approves.

    Raises:
        UnknownRedemption.
        RedemptionNotPaid: it is on no statement, on one that is not paid, undone or clawed back.
        ClawbackWaitsAlready: somebody has prepared it before.
        InvalidInput: no reason.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_CLAWBACK)
    cleaned = clean(reason)
    if cleaned is None:
        raise InvalidInput(reason="Écrivez en quelques mots pourquoi ce pass est repris.")
    digest = request_hash("clawback", redemption=redemption_id, reason=cleaned)
    if record := earlier(session, Clawback, clawback_id, digest):
        return record
    hold(session, "redemption", redemption_id)
    redemption = known_redemption(session, actor=actor, redemption_id=redemption_id)
    paying_statement(session, redemption)
    if correction_queries.waiting_clawback_of(session, redemption_id):
        raise ClawbackWaitsAlready
    record = Clawback(
        id=clawback_id,
        request_hash=digest,
        redemption_id=redemption_id,
        mediator_id=redemption.mediator_id,
        reason=cleaned,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    session.add(record)
    session.flush()
    return record


def paying_statement(session: Session, redemption: Redemption) -> Statement:
    """The statement that paid a redemption whose pass rests settled.

    Raises:
        RedemptionNotPaid.
    """
    [voucher] = ledger.voucher_states(session, Voucher.id == redemption.voucher_id)
    statement_id = (
        correction_queries.settled_by(session, voucher.last_movement_id)
        if voucher.account.kind is AccountKind.SETTLED and voucher.last_movement_id
        else None
    )
    if (
        statement_id is None
        or ledger.latest_redemption(session, voucher.id) != redemption.movement_id
    ):
        raise RedemptionNotPaid
    statement = queries.statement(session, statement_id)
    if statement is None:
        message = f"movement {voucher.last_movement_id} settles no statement"
        raise AssertionError(message)
    return statement


def known_clawback(session: Session, *, actor: Actor, clawback_id: UUID) -> Clawback:
    """The clawback of that id: for staff, and for its mediator once it is approved.

    Raises:
        UnknownClawback: there is none, or it is none of the actor's business: both look alike.
    """
    found = correction_queries.clawback(session, clawback_id)
    if found is None or not actor.sees(found.mediator_id):
        raise UnknownClawback
    if actor.scope is not None:
        decision = correction_queries.decision_of(session, clawback_id)
        if decision is None or decision.decision != APPROVED:
            raise UnknownClawback
    return found


def approve_clawback(
    session: Session, *, actor: Actor, clawback_id: UUID, now: datetime
) -> ClawbackDecision:
    """Take the pass back: the person has it again, and the mediator owes its value. Twice is once.

    After the last day on which the pass could serve it does not circulate again: it has expired.

    Raises:
        UnknownClawback, ClawbackPreparerCannotApprove.
        ClawbackDecidedAlready: by somebody else, or otherwise.
        RedemptionNotPaid: the payment came back since, or the pass was taken back.
    """
    actor.check(Right.APPROVE_CLAWBACK)
    found = known_clawback(session, actor=actor, clawback_id=clawback_id)
    if found.prepared_by == actor.agent_id:
        raise ClawbackPreparerCannotApprove
    hold(session, "redemption", found.redemption_id)
    if decided := correction_queries.decision_of(session, clawback_id):
        if (decided.decision, decided.decided_by) == (APPROVED, actor.agent_id):
            return decided
        raise ClawbackDecidedAlready
    redemption = known_redemption(session, actor=actor, redemption_id=found.redemption_id)
    statement = paying_statement(session, redemption)
    # In this order everywhere: what was paid, then what its mediator owes.
    hold(session, "statement", statement.id)
    hold_receivables(session, statement)
    whole = VoucherRange.one(redemption.voucher_id)
    ledger.lock_vouchers(session, [whole])
    paying_statement(session, redemption)
    decision = ClawbackDecision(
        clawback_id=clawback_id,
        redemption_id=redemption.id,
        prepared_by=found.prepared_by,
        decision=APPROVED,
        decided_by=actor.agent_id,
        decided_at=now,
        reason=None,
    )
    session.add(decision)
    session.flush()
    movement_id = _take_back(session, redemption, found, actor=actor, now=now)
    before = correction_queries.clawed_back_of(session, statement.id)
    fee = rules.fee_share(
        redemption.amount_cents,
        before=sum(one.amount_cents for one in before),
        basis_points=statement.fee_basis_points,
    )
    session.add(
        Receivable(
            clawback_id=clawback_id,
            redemption_id=redemption.id,
            movement_id=movement_id,
            statement_id=statement.id,
            mediator_id=redemption.mediator_id,
            programme_id=statement.programme_id,
            amount_cents=redemption.amount_cents,
            fee_cents=fee,
            net_cents=redemption.amount_cents - fee,
            owed_since=now,
        )
    )
    session.flush()
    return decision


def _take_back(
    session: Session, redemption: Redemption, found: Clawback, *, actor: Actor, now: datetime
) -> int:
    """Move the pass from settled to whom it came from, or to what has expired there."""
    giver = redemption_queries.giver_of(session, redemption)
    kind = AccountKind.EXPIRED if has_ended(session, redemption, now=now) else giver.kind
    accounts = ledger.accounts(
        session,
        [
            paid := chart.settled(redemption.mediator_id, redemption.vintage_id),
            back := chart.account(kind, giver.party_id, redemption.vintage_id),
        ],
    )
    [movement_id] = ledger.post(
        session,
        ledger.Act(
            posting_id=found.id,
            kind=ledger.MovementKind.CLAWBACK,
            document_type="clawback",
            document_id=found.id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        [
            ledger.Line(
                ledger.MovementKind.CLAWBACK,
                VoucherRange.one(redemption.voucher_id),
                accounts[paid],
                accounts[back],
            )
        ],
    )
    return movement_id


def has_ended(session: Session, redemption: Redemption, *, now: datetime) -> bool:
    """Whether passes of that vintage have expired: nothing circulates after that."""
    terms = session.get(VintageTerms, redemption.vintage_id)
    if terms is None:
        message = f"vintage {redemption.vintage_id} has no terms"
        raise AssertionError(message)
    asked = asked_on(session, terms.programme_id, day=terms.last_redemption_on)
    return rules.passes_have_expired(
        terms.last_redemption_on,
        upload_days=asked.offline_upload_days,
        today=martinique_day(now),
    )


def set_aside_clawback(
    session: Session, *, actor: Actor, clawback_id: UUID, reason: str, now: datetime
) -> ClawbackDecision:
    """Leave a pass paid after all, for a reason; whoever prepared it may too. Twice is once.

    Raises:
        UnknownClawback, ClawbackDecidedAlready.
        InvalidInput: no reason.
    """
    actor.check(Right.PREPARE_CLAWBACK)
    cleaned = clean(reason)
    if cleaned is None:
        raise InvalidInput(reason="Écrivez en quelques mots pourquoi ce pass reste payé.")
    found = known_clawback(session, actor=actor, clawback_id=clawback_id)
    hold(session, "redemption", found.redemption_id)
    if decided := correction_queries.decision_of(session, clawback_id):
        same = (SET_ASIDE, actor.agent_id, cleaned)
        if (decided.decision, decided.decided_by, decided.reason) == same:
            return decided
        raise ClawbackDecidedAlready
    decision = ClawbackDecision(
        clawback_id=clawback_id,
        redemption_id=found.redemption_id,
        prepared_by=found.prepared_by,
        decision=SET_ASIDE,
        decided_by=actor.agent_id,
        decided_at=now,
        reason=cleaned,
    )
    session.add(decision)
    session.flush()
    return decision
