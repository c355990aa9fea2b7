"""Receipts: what a mediator keeps of each redemption, and can verify without us.

A receipt is a JWS (RFC 7515, compact form) signed with Ed25519 (RFC 8037). The public key is
published at /.well-known/jwks.json; the private one stays with the keys, outside the database.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidSignature
from joserfc.jwk import OKPKey

from app.config import secret_file
from app.kernel.money import Cents

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALGORITHM = "Ed25519"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says. `movement_id` is the line of the ledger that a seal will cover."""

    redemption_id: UUID
    mediator_id: UUID
    serial: str
    amount_cents: Cents
    redeemed_at: datetime
    movement_id: int


class ReceiptSigner:
    """Signs receipts with the key of this installation, made the first time."""

    def __init__(self, key_dir: Path) -> None:
        pem = secret_file(
            key_dir / "receipts.pem", lambda: OKPKey.generate_key("Ed25519").as_pem(private=True)
        )
        self._key = OKPKey.import_key(pem)
        self._header = {"alg": ALGORITHM, "kid": self._key.thumbprint(), "typ": "passnum-receipt"}
        self._private_key = cast("Ed25519PrivateKey", self._key.private_key)
        self._head = _encoded(orjson.dumps(self._header))

    @property
    def public_keys(self) -> dict[str, list[dict[str, object]]]:
        """A JWK set (RFC 7517) with the public key."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "kid": self._header["kid"], "use": "sig", "alg": ALGORITHM}]}

    def sign(self, receipt: Receipt) -> str:
        """The receipt as a compact JWS. Ed25519 is deterministic: same receipt, same text."""
        payload = orjson.dumps(
            {
                "redemption": str(receipt.redemption_id),
                "mediator": str(receipt.mediator_id),
                "serial": receipt.serial,
                "amount_cents": receipt.amount_cents,
                "currency": "EUR",
                "redeemed_at": receipt.redeemed_at.isoformat(),
                "movement": receipt.movement_id,
            }
        )
        # joserfc would weigh the header anew each time; it is always the same.
        signed = self._head + b"." + _encoded(payload)
        return (signed + b"." + _encoded(self._private_key.sign(signed))).decode()

    def read(self, text: str) -> Receipt | None:
        """What a receipt says, if this installation signed it; None of anything else.

        Whatever surrounds it (an address, spaces, line ends) is taken away first.
        """
        written = _WHOLE.search("".join(text.split()))
        if written is None:
            return None
        head, payload, signature = written.groups()
        try:
            if head.encode() != self._head:
                return None
            self._private_key.public_key().verify(_decoded(signature), f"{head}.{payload}".encode())
        except (ValueError, InvalidSignature):
            return None
        said = orjson.loads(_decoded(payload))
        return Receipt(
            UUID(said["redemption"]),
            UUID(said["mediator"]),
            said["serial"],
            Cents(said["amount_cents"]),
            datetime.fromisoformat(said["redeemed_at"]),
            said["movement"],
        )


_WHOLE = re.compile(r"([\w-]{20,})\.([\w-]{20,})\.([\w-]{86})(?![\w-])", re.ASCII)


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encoded(content: bytes) -> bytes:
    """Base64 for addresses, without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(content).rstrip(b"=")


def serial_in(receipt: str) -> str:
    """The serial number that one of our own receipts names; the signature is for whoever doubts."""
    content = orjson.loads(_decoded(receipt.split(".")[1]))
    return str(content["serial"])
