"""What is told of reports and of the ledger."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from app import ledger
from app.identity.rules import Actor
from app.ledger.models import Movement, Posting, Voucher
from app.reports.rules import UsageTable
from app.reports.service import UsageReport
from app.vouchers.queries import serial_numbers
from app.web.api import Json, shown


def usage_shown(report: UsageReport, table: UsageTable | None = None) -> Json:
    """The usage rate with the rate over each denominator, and the table that was asked for."""
    used = report.redeemed_count
    rated = [
        {**asdict(d), "rate_basis_points": basis_points(used, d.voucher_count)}
        for d in report.denominators
    ]
    return {**asdict(report), "denominators": rated, "table": table}


def basis_points(part: int, whole: int) -> int | None:
    """So many for 10,000, rounded half up; of nothing there is no rate."""
    return (2 * part * 10_000 + whole) // (2 * whole) if whole else None


def movements_shown(session: Session, rows: Sequence[tuple[Movement, Posting]]) -> list[Json]:
    """Lines of the ledger with their accounts and their printed serial numbers."""
    accounts = ledger.accounts_by_id(
        session, {i for m, _ in rows for i in (m.debit_account_id, m.credit_account_id)}
    )
    ends = {i for m, _ in rows for i in (m.first_id, m.last_id)}
    states = ledger.voucher_states(session, Voucher.id.in_(ends))
    serials = serial_numbers(session, [(state.id, state.booklet_id) for state in states])
    return [
        shown(
            movement,
            debit=accounts[movement.debit_account_id],
            credit=accounts[movement.credit_account_id],
            first_serial=str(serials[movement.first_id]),
            last_serial=str(serials[movement.last_id]),
            document_type=posting.document_type,
            document_id=posting.document_id,
            actor_id=posting.actor_id,
            occurred_at=posting.occurred_at,
            recorded_at=posting.recorded_at,
        )
        for movement, posting in rows
    ]


def balances_shown(session: Session, *, actor: Actor, at: datetime | None) -> list[Json]:
    """What rests in each account that is the actor's business."""
    return [
        {
            "account": account,
            "voucher_count": balance.voucher_count,
            "amount_cents": balance.amount_cents,
        }
        for account, balance in ledger.balances(session, at=at).items()
        if actor.sees(account.party_id, account.counterparty_id)
    ]
