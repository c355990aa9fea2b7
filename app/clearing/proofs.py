"""Checking a receipt for whoever holds it, signed in or not."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.clearing import redemption_queries
from app.clearing.receipts import Receipt, ReceiptSigner
from app.partners import queries as partners
from app.trust.errors import NotSealedYet
from app.trust.models import SealBlock
from app.trust.notes import Checkpoint
from app.trust.proofs import InclusionProof, block_sealing, checkpoint_of, inclusion_proof


@dataclass(frozen=True, slots=True)
class Proof:
    """What a true receipt says, and what has become of its redemption since."""

    receipt: Receipt
    mediator_name: str
    undone: bool
    known: bool
    """False for a true receipt whose redemption this database has not: a restored copy, say."""
    block: SealBlock | None = None
    """The checkpoint that its movement is in; None while it waits for the next."""

    @property
    def checkpoint(self) -> Checkpoint | None:
        """What that checkpoint says."""
        return checkpoint_of(self.block) if self.block else None


def check_receipt(session: Session, *, text: str, signer: ReceiptSigner) -> Proof | None:
    """What a receipt says, if we signed it; None of anything else. Holding it is the only right."""
    receipt = signer.read(text)
    if receipt is None:
        return None
    mediator = partners.organisation(session, receipt.mediator_id)
    known = redemption_queries.redemption(session, receipt.redemption_id)
    its_own = known is not None and known.movement_id == receipt.movement_id
    return Proof(
        receipt,
        mediator_name=mediator.name if mediator else "",
        undone=redemption_queries.reversal_of(session, receipt.redemption_id) is not None,
        known=known is not None,
        block=block_sealing(session, receipt.movement_id) if its_own else None,
    )


def inclusion_of(session: Session, *, text: str, signer: ReceiptSigner) -> InclusionProof:
    """The proof that the movement of a receipt is sealed. Holding the receipt is the only right.

    Raises:
        NotSealedYet: it is no receipt of ours, or its movement waits for the next seal.
    """
    proof = check_receipt(session, text=text, signer=signer)
    if proof is None or proof.block is None:
        raise NotSealedYet
    return inclusion_proof(session, movement_id=proof.receipt.movement_id)
