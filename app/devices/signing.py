"""The key of lists, and the keys of devices.

Lists are signed with a key of their own: a signature of one kind is never one of another.
"""

from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import OKPKey

from app.config import secret_file
from app.devices.rules import SIGNED_AS

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALGORITHM = "Ed25519"
POINT = 65
PAIR = 64
_HALF = PAIR // 2


class ListSigner:
    """Signs lists with the key of this installation, made the first time."""

    def __init__(self, key_dir: Path) -> None:
        pem = secret_file(
            key_dir / "lists.pem", lambda: OKPKey.generate_key("Ed25519").as_pem(private=True)
        )
        key = OKPKey.import_key(pem)
        self._public: dict[str, object] = dict(key.as_dict(private=False))
        self.key_id = key.thumbprint()
        self._private_key = cast("Ed25519PrivateKey", key.private_key)

    @property
    def public_key(self) -> dict[str, object]:
        """The public half, as a JWK (RFC 7517)."""
        return {**self._public, "kid": self.key_id, "use": "sig", "alg": ALGORITHM}

    def sign(self, content: bytes | bytearray) -> bytes:
        """Ed25519 of the hash of the whole list, under its own name."""
        return self._private_key.sign(SIGNED_AS + sha256(content).digest())


def read_base64(typed: str, length: int) -> bytes | None:
    """So many bytes in base64, either alphabet, with or without padding; None of anything else."""
    plain = typed.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        read = b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (Error, ValueError):
        return None
    return read if len(read) == length else None


def written_base64(content: bytes) -> str:
    """Base64 for addresses, without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def read_public_key(typed: str) -> bytes | None:
    """An uncompressed point of P-256, as WebCrypto exports a key « raw »; None of others."""
    point = read_base64(typed, POINT)
    if point is None:
        return None
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:
        return None
    return point


def proves(point: bytes, proof: str, text: bytes) -> bool:
    """Whether the signature (r, then s, as WebCrypto writes it) is that key's, of that text."""
    pair = read_base64(proof, PAIR)
    if pair is None:
        return False
    signature = encode_dss_signature(
        int.from_bytes(pair[:_HALF], "big"), int.from_bytes(pair[_HALF:], "big")
    )
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    try:
        key.verify(signature, text, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
