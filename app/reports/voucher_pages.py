"""One pass: searching for it by what is printed on it, and its whole history."""

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import RIGHTS, Right
from app.kernel.errors import DomainError
from app.kernel.serials import SerialNumber
from app.reports.service import Found, search_vouchers, voucher_report
from app.reports.told import SearchPage
from app.vouchers.errors import UnknownBooklet, UnknownVoucher, VoucherNotShown
from app.web.auth import check, current_actor, started_at
from app.web.format import compact
from app.web.problems import status_of
from app.web.transaction import in_transaction

bp = Blueprint("vouchers_pages", __name__)

LONGEST_TYPED = 60


@bp.get("/pass")
def search() -> ResponseReturnValue:
    """The search for a pass by serial number or by code."""
    check(Right.SEE_VOUCHERS)
    return render_template("vouchers/search.html", page=SearchPage())


@bp.post("/pass")
def find() -> ResponseReturnValue:
    """Find a pass. A POST, because a code must not stand in an address."""
    check(Right.SEE_VOUCHERS)
    typed = request.form.get("typed", "")[:LONGEST_TYPED].strip()
    try:
        found = in_transaction(lambda session: _search(session, typed))
    except DomainError as refusal:
        return _not_found(typed, refusal)
    if isinstance(found, DomainError):
        return _not_found(typed, found)
    if isinstance(found, SerialNumber):
        return redirect(url_for("vouchers_pages.voucher", serial=compact(found)))
    page = SearchPage(typed=typed, candidates=found.lines)
    return render_template("vouchers/search.html", page=page)


def _search(session: Session, typed: str) -> SerialNumber | Found | DomainError:
    return search_vouchers(session, actor=current_actor(), typed=typed, now=started_at())


def may_take() -> bool:
    """Whether who looks takes passes: a mediator, who sees its own and asks of others elsewhere."""
    return Right.REDEEM in RIGHTS[current_actor().role]


def _not_found(typed: str, refusal: DomainError) -> ResponseReturnValue:
    if isinstance(refusal, (UnknownVoucher, UnknownBooklet)) and may_take():
        refusal = VoucherNotShown()
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
        return _not_found(typed, refusal)
    return render_template("vouchers/voucher.html", page=replace(page, read_at=started_at()))
