"""The receipt of a redemption as a file: the same by a page and by the API."""

from uuid import UUID

from flask import Response, url_for
from sqlalchemy.orm import Session

from app.clearing import redemptions, session_queries
from app.clearing.receipt_papers import ReceiptPaper, receipt_pdf
from app.clearing.receipts import serial_in
from app.clearing.rules import RedemptionState
from app.kernel.money import Cents
from app.partners import queries as partners
from app.programmes import queries as programmes
from app.web.auth import current_actor
from app.web.downloads import PDF, download
from app.web.format import compact, time_of_day
from app.web.transaction import in_transaction


def receipt_file(redemption_id: UUID) -> Response:
    """The receipt on paper, named by the number of its pass.

    Raises:
        UnknownRedemption.
    """
    paper = in_transaction(lambda session: receipt_paper(session, redemption_id))
    return download(receipt_pdf(paper), f"recu-{compact(paper.serial)}.pdf", PDF)


def receipt_paper(session: Session, redemption_id: UUID) -> ReceiptPaper:
    """What the paper says of a redemption that the reader may see."""
    one = redemptions.known_redemption(session, actor=current_actor(), redemption_id=redemption_id)
    mediator = partners.organisation(session, one.mediator_id)
    state = session_queries.line_of(session, redemption_id).state
    return ReceiptPaper(
        mediator.name if mediator else "",
        serial_in(one.receipt),
        Cents(one.amount_cents),
        one.redeemed_on,
        time_of_day(one.redeemed_at),
        one.movement_id,
        one.receipt,
        url_for("receipt_pages.verify", r=one.receipt, _external=True),
        url_for("receipt_pages.verify", _external=True),
        state is RedemptionState.UNDONE,
        partners.authority_name(session),
        programmes.is_demonstration(session),
    )
