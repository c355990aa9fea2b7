"""What is told of redemptions, statements and payments, whole pages at a time."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.clearing import queries
from app.clearing.models import (
    ClearingRun,
    Payment,
    PaymentOrder,
    Redemption,
    Statement,
    StatementApproval,
    StatementLine,
)
from app.clearing.receipts import serial_in
from app.clearing.redemptions import ACCEPTED, Check, Verdict
from app.clearing.schemas import StatementState
from app.database import rows_by
from app.identity.rules import Actor
from app.programmes import numbering
from app.vouchers.errors import UnknownVoucher
from app.web.api import Json, shown

REDEEMABLE = "redeemable"


def redemption_shown(redemption: Redemption, *, undone: bool) -> Json:
    """A redemption with the serial number that its receipt names."""
    return shown(redemption, serial=serial_in(redemption.receipt), undone=undone)


def redemptions_shown(session: Session, redemptions: Sequence[Redemption]) -> list[Json]:
    """Redemptions, and which of them were undone."""
    undone = queries.undone_among(session, [r.id for r in redemptions])
    return [redemption_shown(r, undone=r.id in undone) for r in redemptions]


def verdict_shown(verdict: Verdict) -> Json:
    """The answer to one scan of a batch."""
    refusal, redemption = verdict.refusal, verdict.redemption
    return {
        "id": verdict.redemption_id,
        "verdict": refusal.code if refusal else ACCEPTED,
        "detail": refusal.message if refusal else None,
        "details": refusal.details if refusal else None,
        "redemption": redemption_shown(redemption, undone=verdict.undone) if redemption else None,
    }


def check_shown(check: Check) -> Json:
    """What a mediator sees of a pass.

    Raises:
        UnknownVoucher: no pass bears the code.
    """
    if check.voucher is None or check.validity is None:
        raise check.refusal or UnknownVoucher()
    return {
        "serial": str(check.serial),
        "redeemable": check.refusal is None,
        "verdict": check.refusal.code if check.refusal else REDEEMABLE,
        "detail": check.refusal.message if check.refusal else None,
        "details": check.refusal.details if check.refusal else None,
        "face_value_cents": check.voucher.account.face_value_cents,
        "valid_from": check.validity.valid_from,
        "valid_until": check.validity.valid_until,
        "last_redemption_on": check.validity.last_redemption_on,
    }


def statements_shown(session: Session, statements: Sequence[Statement]) -> list[Json]:
    """Statements with their lines, their number and payee once approved, and their state."""
    ids = [statement.id for statement in statements]
    lines = rows_by(session, StatementLine.statement_id, ids, StatementLine.vintage_id)
    approvals = rows_by(session, StatementApproval.statement_id, ids)
    orders = rows_by(session, PaymentOrder.statement_id, ids)
    payments = rows_by(session, Payment.statement_id, ids)

    def one(statement: Statement) -> Json:
        approval = next(iter(approvals[statement.id]), None)
        order = next(iter(orders[statement.id]), None)
        paid = bool(payments[statement.id])
        return shown(
            statement,
            state=state_of(approval, order, paid=paid),
            lines=lines[statement.id],
            payment_order_id=order.id if order else None,
            **approval_shown(approval),
        )

    return [one(statement) for statement in statements]


def approval_shown(approval: StatementApproval | None) -> Json:
    """Who approved a statement, under which number, and where it is paid; nothing of a draft."""
    if approval is None:
        names = ("number", "approved_by", "approved_at", "payee_name", "payee_iban")
        return dict.fromkeys(names)
    return {
        "number": numbering.written(numbering.STATEMENT, approval.year, approval.number),
        "approved_by": approval.approved_by,
        "approved_at": approval.approved_at,
        "payee_name": approval.payee_name,
        "payee_iban": approval.payee_iban_masked,
    }


def state_of(
    approval: StatementApproval | None, order: PaymentOrder | None, *, paid: bool
) -> StatementState:
    """How far a statement has come: which rows exist says it."""
    if paid:
        return StatementState.PAID
    if order is not None:
        return StatementState.ORDERED
    return StatementState.APPROVED if approval is not None else StatementState.DRAFT


def runs_shown(session: Session, runs: Sequence[ClearingRun], *, actor: Actor) -> list[Json]:
    """Runs with their statements: a mediator is told of its own only."""
    gathered = rows_by(session, Statement.run_id, [run.id for run in runs], Statement.id)

    def one(run: ClearingRun) -> Json:
        seen = [s for s in gathered[run.id] if actor.sees(s.mediator_id)]
        return shown(
            run,
            statement_count=len(seen),
            voucher_count=sum(s.voucher_count for s in seen),
            amount_cents=sum(s.amount_cents for s in seen),
        )

    return [one(run) for run in runs]


def run_shown(session: Session, run: ClearingRun, *, actor: Actor) -> Json:
    """One run, with each of its statements that are the actor's business."""
    [told] = runs_shown(session, [run], actor=actor)
    seen = [s for s in queries.statements_of(session, run.id) if actor.sees(s.mediator_id)]
    return {**told, "statements": statements_shown(session, seen)}


def payment_orders_shown(session: Session, orders: Sequence[PaymentOrder]) -> list[Json]:
    """Payment orders with their payee, and whether they are paid."""
    statements = [order.statement_id for order in orders]
    approvals = rows_by(session, StatementApproval.statement_id, statements)
    payments = rows_by(session, Payment.payment_order_id, [order.id for order in orders])

    def one(order: PaymentOrder) -> Json:
        [approval] = approvals[order.statement_id]
        payment = next(iter(payments[order.id]), None)
        return shown(
            order,
            payee_name=approval.payee_name,
            payee_iban=approval.payee_iban_masked,
            paid_on=payment.paid_on if payment else None,
            recorded_by=payment.recorded_by if payment else None,
        )

    return [one(order) for order in orders]
