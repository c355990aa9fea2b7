"""Secrets of second factors at rest: sealed with a key that stays outside the database.

One file, `second-factors.key`, in the key folder. From it come two keys (HKDF, RFC 5869): one seals
the secret that an authenticator shares (AES-256-GCM, bound to its agent and its record), the other
makes a fingerprint of recovery codes (HMAC-SHA-256). Whoever has the database alone makes no code.

A lost key stops those codes and no more: passkeys go on, and an administrator resets the others.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.config import secret_file
from app.identity.session_errors import FactorKeyMissing

NONCE_LENGTH = 12


@dataclass(frozen=True, slots=True)
class FactorVault:
    """Seals the secrets of authenticators, and recognises recovery codes."""

    folder: Path

    @property
    def file(self) -> Path:
        """Where the key is; whoever saves the database saves this file elsewhere."""
        return self.folder / "second-factors.key"

    @property
    def key_id(self) -> str:
        """Which key this is, without saying anything of it."""
        return sha256(b"passnum second factors key " + self._key()).hexdigest()[:16]

    def seal(self, secret: bytes, *, agent_id: int, factor_id: UUID) -> bytes:
        """A secret as the database keeps it. The key is made the first time that one is needed."""
        nonce = secrets.token_bytes(NONCE_LENGTH)
        sealer = AESGCM(_derived(secret_file(self.file), b"totp"))
        return nonce + sealer.encrypt(nonce, secret, _bound(agent_id, factor_id))

    def open(self, sealed: bytes, *, agent_id: int, factor_id: UUID) -> bytes:
        """The secret in clear.

        Raises:
            FactorKeyMissing: the key that sealed it is not on this machine.
        """
        try:
            return AESGCM(_derived(self._key(), b"totp")).decrypt(
                sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:], _bound(agent_id, factor_id)
            )
        except (InvalidTag, ValueError):
            raise FactorKeyMissing from None

    def fingerprint(self, code: str, *, agent_id: int) -> bytes:
        """The same for the same recovery code of that agent, and nothing that leads back to it."""
        key = _derived(secret_file(self.file), b"recovery")
        return hmac.digest(key, b"%d %b" % (agent_id, code.encode()), sha256)

    def _key(self) -> bytes:
        if not self.file.exists():
            raise FactorKeyMissing
        return secret_file(self.file)


def _derived(key: bytes, purpose: bytes) -> bytes:
    """A key for one purpose alone."""
    return HKDF(SHA256(), length=32, salt=None, info=b"passnum second factors " + purpose).derive(
        key
    )


def _bound(agent_id: int, factor_id: UUID) -> bytes:
    """Whose secret it is: it opens nowhere else."""
    return b"%d %b" % (agent_id, factor_id.bytes)
