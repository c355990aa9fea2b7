"""Checking a receipt for whoever holds it, signed in or not."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.clearing import queries
from app.clearing.receipts import Receipt, ReceiptSigner
from app.partners import queries as partners


@dataclass(frozen=True, slots=True)
class Proof:
    """What a true receipt says, and what has become of its redemption since."""

    receipt: Receipt
    mediator_name: str
    undone: bool
    known: bool
    """False for a true receipt whose redemption this database has not: a restored copy, say."""


def check_receipt(session: Session, *, text: str, signer: ReceiptSigner) -> Proof | None:
    """What a receipt says, if we signed it; None of anything else. Holding it is the only right."""
    receipt = signer.read(text)
    if receipt is None:
        return None
    mediator = partners.organisation(session, receipt.mediator_id)
    return Proof(
        receipt,
        mediator_name=mediator.name if mediator else "",
        undone=queries.reversal_of(session, receipt.redemption_id) is not None,
        known=queries.redemption(session, receipt.redemption_id) is not None,
    )
