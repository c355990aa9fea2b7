"""« /recu »: whoever holds a receipt learns whether it is true, without signing in."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.clearing.api import signer_of
from app.clearing.proofs import Proof, check_receipt, inclusion_of
from app.web.auth import ANONYMOUS, KNOWING_THEIR_READER
from app.web.downloads import download
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("receipt_pages", __name__)
ANONYMOUS.update({"receipt_pages.verify", "receipt_pages.inclusion"})
KNOWING_THEIR_READER.add("receipt_pages.verify")

LONGEST_TYPED = 4000


@dataclass(frozen=True, slots=True)
class ProofPage:
    """What was pasted or scanned, and what it proves; None of what is no receipt of ours."""

    typed: str
    proof: Proof | None


@bp.get("/recu")
def verify() -> ResponseReturnValue:
    """Say whether a receipt is true, and what it says. It holds no person's name and no code."""
    typed = request.args.get("r", "").strip()[:LONGEST_TYPED]
    signer = signer_of(current_settings().key_dir)
    proof = (
        in_transaction(lambda session: check_receipt(session, text=typed, signer=signer))
        if typed
        else None
    )
    return render_template("clearing/verify.html", page=ProofPage(typed, proof))


@bp.get("/recu/preuve.tlog-proof")
def inclusion() -> ResponseReturnValue:
    """The proof that the movement of a receipt is sealed, as a file that is checked without us."""
    signer = signer_of(current_settings().key_dir)
    typed = request.args.get("r", "")[:LONGEST_TYPED]
    proof = in_transaction(lambda session: inclusion_of(session, text=typed, signer=signer))
    name = f"preuve-{proof.movement_id}.tlog-proof"
    return download(proof.text.encode(), name, "text/plain; charset=utf-8")
