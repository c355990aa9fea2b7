"""One pass and its whole history."""

from dataclasses import replace

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.identity.rules import Right
from app.kernel.errors import DomainError
from app.reports.service import voucher_report
from app.reports.told import SearchPage
from app.vouchers.errors import (
    BookletNotShown,
    UnknownBooklet,
    UnknownVoucher,
    VoucherNotShown,
)
from app.web.auth import check, current_actor, may, started_at
from app.web.problems import status_of
from app.web.transaction import in_transaction

bp = Blueprint("vouchers_pages", __name__)

LONGEST_TYPED = 60


def may_take() -> bool:
    """Whether who looks takes passes: a mediator, who sees its own and asks of others elsewhere."""
    return may(Right.REDEEM)


def not_found(typed: str, refusal: DomainError) -> ResponseReturnValue:
    """The search again, with why nothing was found and what to write instead."""
    if isinstance(refusal, (UnknownVoucher, UnknownBooklet)) and may_take():
        refusal = VoucherNotShown()
    elif isinstance(refusal, UnknownBooklet) and not current_actor().sees():
        refusal = BookletNotShown()
    page = SearchPage(typed=typed, error=refusal.message)
    return render_template("vouchers/search.html", page=page), status_of(refusal)


@bp.get("/pass/<serial>")
def voucher(serial: str) -> ResponseReturnValue:
    """One pass and its history; a serial number that is none goes back to the search."""
    check(Right.SEE_VOUCHERS)
    typed = serial[:LONGEST_TYPED]
    try:
        page = in_transaction(
            lambda session: voucher_report(session, actor=current_actor(), typed_serial=typed)
        )
    except DomainError as refusal:
        return not_found(typed, refusal)
    return render_template("vouchers/voucher.html", page=replace(page, read_at=started_at()))
