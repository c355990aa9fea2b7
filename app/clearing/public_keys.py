"""The public keys of receipts and of lists, for whoever wants to verify one without us."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from app.clearing.api import signer_of
from app.devices.api import list_signer_of
from app.web.auth import ANONYMOUS
from app.web.transaction import current_settings

bp = Blueprint("public_keys", __name__)
ANONYMOUS.add("public_keys.receipts")


@bp.get("/.well-known/jwks.json")
def receipts() -> ResponseReturnValue:
    """The keys that sign receipts, then the one of lists, as a JWK set (RFC 7517)."""
    key_dir = current_settings().key_dir
    answer = jsonify(
        keys=[*signer_of(key_dir).public_keys["keys"], list_signer_of(key_dir).public_key]
    )
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer
