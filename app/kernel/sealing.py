"""Sealing what the database alone must not tell: AES-256-GCM, under a key for each purpose.

What is sealed is bound to whose it is and where it rests: moved to another row it opens no more.
Two ways lead from a secret to the key of a purpose, and neither may change, since what was sealed
years ago must open: HMAC for the secret of the site, HKDF (RFC 5869) for a secret in its own file.
"""

import hmac
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_LENGTH = 12
"""Bytes: what NIST SP 800-38D asks of AES-GCM; drawn anew each time."""


class Unopened(Exception):
    """Another key sealed it, it belongs elsewhere, or it is not as it was written."""


@dataclass(frozen=True, slots=True)
class Box:
    """Seals and opens with one key, for one purpose."""

    key: bytes = field(repr=False)

    @classmethod
    def of_site(cls, secret_key: bytes, purpose: str) -> "Box":
        """The box of that purpose, from the secret of the site."""
        return cls(hmac.digest(secret_key, purpose.encode(), "sha256"))

    @classmethod
    def of_file(cls, secret: bytes, purpose: str) -> "Box":
        """The box of that purpose, from a secret in a file of its own."""
        return cls(derived(secret, purpose))

    def seal(self, content: bytes, *, bound: bytes) -> bytes:
        """The content as it may be kept; `bound` says whose it is."""
        nonce = secrets.token_bytes(NONCE_LENGTH)
        return nonce + AESGCM(self.key).encrypt(nonce, content, bound)

    def open(self, sealed: bytes, *, bound: bytes) -> bytes:
        """The content in clear.

        Raises:
            Unopened.
        """
        nonce, rest = sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:]
        try:
            return AESGCM(self.key).decrypt(nonce, rest, bound)
        except (InvalidTag, ValueError):
            raise Unopened from None


def derived(secret: bytes, purpose: str) -> bytes:
    """A key for one purpose alone."""
    return HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret)
