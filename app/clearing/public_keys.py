"""The public key of receipts, for whoever wants to verify one without us."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.clearing.api import signer_of
from app.web.auth import ANONYMOUS
from app.web.transaction import current_settings

bp = Blueprint("public_keys", __name__)
ANONYMOUS.add("public_keys.receipts")


@bp.get("/.well-known/jwks.json")
def receipts() -> ResponseReturnValue:
    """The keys that sign receipts, as a JWK set (RFC 7517)."""
    answer = jsonify(signer_of(current_settings().key_dir).public_keys)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
