"""Secrets of second factors at rest: sealed with a key that stays outside the database.

One file, `second-factors.key`, in the key folder. From it come two keys (HKDF, RFC 5869): one seals
the secret that an authenticator shares (AES-256-GCM, bound to its agent and its record), the other
makes a fingerprint of recovery codes (HMAC-SHA-256). Whoever has the database alone makes no code.

A lost key stops those codes and no more: passkeys go on, and an administrator resets the others.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from app.config import secret_file
from app.identity.session_errors import FactorKeyMissing
from app.kernel.sealing import Box, Unopened, derived

PURPOSE = "passnum second factors"


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
        return _box(secret_file(self.file)).seal(secret, bound=_bound(agent_id, factor_id))

    def open(self, sealed: bytes, *, agent_id: int, factor_id: UUID) -> bytes:
        """The secret in clear.

        Raises:
            FactorKeyMissing: the key that sealed it is not on this machine.
        """
        try:
            return _box(self._key()).open(sealed, bound=_bound(agent_id, factor_id))
        except Unopened:
            raise FactorKeyMissing from None

    def fingerprint(self, code: str, *, agent_id: int) -> bytes:
        """The same for the same recovery code of that agent, and nothing that leads back to it."""
        key = derived(secret_file(self.file), f"{PURPOSE} recovery")
        return hmac.digest(key, b"%d %b" % (agent_id, code.encode()), sha256)

    def _key(self) -> bytes:
        if not self.file.exists():
            raise FactorKeyMissing
        return secret_file(self.file)


def _box(key: bytes) -> Box:
    return Box.of_file(key, f"{PURPOSE} totp")


def _bound(agent_id: int, factor_id: UUID) -> bytes:
    """Whose secret it is: it opens nowhere else."""
    return b"%d %b" % (agent_id, factor_id.bytes)
