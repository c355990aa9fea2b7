"""What is told of redemptions, statements and payments, whole pages at a time."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy.orm import Session

from app.clearing import redemption_queries, standing_queries
from app.clearing.lookups import Check
from app.clearing.models import (
    ClearingRun,
    Payment,
    PaymentOrder,
    PaymentRejection,
    StatementApproval,
    StatementLine,
)
from app.clearing.receipts import serial_in
from app.clearing.redemption_models import Redemption
from app.clearing.redemptions import ACCEPTED, Verdict
from app.clearing.runs import Expected, expected_sum
from app.clearing.standing_queries import Filter, Size, Standing
from app.clearing.statements import held_because
from app.database.rows import rows_by
from app.identity.rules import Actor
from app.programmes import numbering
from app.vouchers.errors import UnknownVoucher
from app.web.api import Json, shown

REDEEMABLE = "redeemable"
LARGEST_RUN = 10_000
"""Statements of one run: there are as many as mediators."""


def redemption_shown(redemption: Redemption, *, undone: bool) -> Json:
    """A redemption with the serial number that its receipt names."""
    return shown(redemption, serial=serial_in(redemption.receipt), undone=undone)


def redemptions_shown(session: Session, redemptions: Sequence[Redemption]) -> list[Json]:
    """Redemptions, and which of them were undone."""
    undone = redemption_queries.undone_among(session, [r.id for r in redemptions])
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


def statements_shown(session: Session, standings: Sequence[Standing]) -> list[Json]:
    """Statements with the lines of their last version, their state, and what holds them."""
    lines = rows_by(
        session,
        StatementLine.statement_id,
        [one.statement.id for one in standings],
        StatementLine.vintage_id,
    )
    held = held_because(session, standings)

    def one(standing: Standing) -> Json:
        statement, version = standing.statement, standing.version
        return shown(
            statement,
            state=standing.state,
            version=version.version,
            voucher_count=version.voucher_count,
            amount_cents=version.amount_cents,
            fee_cents=version.fee_cents,
            net_cents=version.net_cents,
            recovered_cents=standing.recovered_cents,
            payable_cents=standing.payable_cents,
            lines=[line for line in lines[statement.id] if line.version == version.version],
            held_because=list(held.get(statement.id, ())),
            payment_order_id=standing.order.id if standing.order else None,
            **approval_shown(standing.approval),
        )

    return [one(standing) for standing in standings]


def approval_shown(approval: StatementApproval | None) -> Json:
    """Who approved a statement, under which number, and where it is paid; nothing of a draft."""
    if approval is None:
        names = ("number", "approved_by", "approved_at", "due_on", "payee_name", "payee_iban")
        return dict.fromkeys(names)
    return {
        "number": numbering.written(numbering.STATEMENT, approval.year, approval.number),
        "approved_by": approval.approved_by,
        "approved_at": approval.approved_at,
        "due_on": approval.due_on,
        "payee_name": approval.payee_name,
        "payee_iban": approval.payee_iban_masked,
    }


def runs_shown(session: Session, runs: Sequence[ClearingRun], *, actor: Actor) -> list[Json]:
    """Runs with what their statements come to: a mediator is told of its own only."""
    sizes = standing_queries.sizes_by_run(
        session, [run.id for run in runs], mediator_id=actor.scope
    )

    def one(run: ClearingRun) -> Json:
        total = sizes.get(run.id, Size(0, 0, 0))
        return shown(
            run,
            statement_count=total.statement_count,
            voucher_count=total.voucher_count,
            amount_cents=total.amount_cents,
        )

    return [one(run) for run in runs]


def run_shown(session: Session, run: ClearingRun, *, actor: Actor) -> Json:
    """One run, with each of its statements that are the actor's business."""
    [told] = runs_shown(session, [run], actor=actor)
    asked = Filter(run_id=run.id, mediator_id=actor.scope)
    seen = standing_queries.statements_after(session, None, limit=LARGEST_RUN, asked=asked)
    return {**told, "statements": statements_shown(session, seen)}


def preview_shown(expected: Sequence[Expected]) -> Json:
    """What a run would take, mediator by mediator, and in all."""
    return {
        "statements": [
            {
                "mediator_id": one.mediator_id,
                "mediator_name": one.mediator_name,
                "voucher_count": one.total.voucher_count,
                "amount_cents": one.total.amount_cents,
                "fee_cents": one.total.fee_cents,
                "net_cents": one.total.net_cents,
                "recovered_cents": one.recovered_cents,
                "payable_cents": one.payable_cents,
                "held_because": list(one.held_because),
                "untold_count": one.untold_count,
            }
            for one in expected
        ],
        **asdict(expected_sum(expected)),
    }


def payment_orders_shown(session: Session, orders: Sequence[PaymentOrder]) -> list[Json]:
    """Payment orders with their payee, and whether they were paid or came back."""
    ids = [order.id for order in orders]
    payments = rows_by(session, Payment.payment_order_id, ids)
    rejections = rows_by(session, PaymentRejection.payment_order_id, ids)

    def one(order: PaymentOrder) -> Json:
        payment = next(iter(payments[order.id]), None)
        rejection = next(iter(rejections[order.id]), None)
        return shown(
            order,
            payee_iban=order.payee_iban_masked,
            paid_on=payment.paid_on if payment else None,
            recorded_by=payment.recorded_by if payment else None,
            rejected_on=rejection.rejected_on if rejection else None,
            rejection_reason=rejection.reason if rejection else None,
        )

    return [one(order) for order in orders]
