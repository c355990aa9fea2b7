"""IBANs at rest: sealed with a key that stays outside the database.

One file, `bank-details.key`, in the key folder. From it come two keys (HKDF, RFC 5869): one seals
each IBAN (AES-256-GCM, bound to its organisation and its record, so that a sealed IBAN moved to
another row opens no more), the other makes a fingerprint (HMAC-SHA-256), by which the database
compares accounts without knowing them. Whoever has the database alone reads four characters.

A lost key stops payment files and no more: statements keep the masked account and its fingerprint.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from app.config import secret_file
from app.kernel.sealing import Box, Unopened, derived
from app.partners.errors import BankDetailsDamaged, BankKeyMissing
from app.partners.rules import masked_iban

PURPOSE = "passnum bank details"


@dataclass(frozen=True, slots=True)
class SealedIban:
    """What the database keeps of an IBAN."""

    ciphertext: bytes
    key_id: str
    fingerprint: bytes
    masked: str


@dataclass(frozen=True, slots=True)
class BankVault:
    """Seals IBANs, and opens them for whoever writes a payment file."""

    folder: Path

    @property
    def file(self) -> Path:
        """Where the key is; whoever saves the database saves this file elsewhere."""
        return self.folder / "bank-details.key"

    def create(self) -> None:
        """Make the key of this installation; the one that is there stays."""
        secret_file(self.file)

    def fingerprint(self, iban: str) -> bytes:
        """The same for the same account, and nothing that leads back to it.

        Raises:
            BankKeyMissing: the key is not on this machine.
        """
        return hmac.digest(derived(self._key(), f"{PURPOSE} fingerprint"), iban.encode(), sha256)

    def seal(self, iban: str, *, organisation_id: UUID, bank_details_id: UUID) -> SealedIban:
        """An IBAN as the database keeps it.

        Raises:
            BankKeyMissing: the key is not on this machine.
        """
        key = self._key()
        return SealedIban(
            ciphertext=_box(key).seal(
                iban.encode(), bound=_bound(organisation_id, bank_details_id)
            ),
            key_id=_key_id(key),
            fingerprint=self.fingerprint(iban),
            masked=masked_iban(iban),
        )

    def open(self, sealed: SealedIban, *, organisation_id: UUID, bank_details_id: UUID) -> str:
        """The IBAN in clear: for a payment file, never for a page.

        Raises:
            BankKeyMissing: the key that sealed it is not on this machine.
            BankDetailsDamaged: the row is not as it was written.
        """
        key = self._key()
        if _key_id(key) != sealed.key_id:
            raise BankKeyMissing
        try:
            iban = _box(key).open(sealed.ciphertext, bound=_bound(organisation_id, bank_details_id))
        except Unopened:
            raise BankDetailsDamaged(account=sealed.masked) from None
        return iban.decode()

    def _key(self) -> bytes:
        if not self.file.exists():
            raise BankKeyMissing
        return secret_file(self.file)


def _box(key: bytes) -> Box:
    return Box.of_file(key, f"{PURPOSE} iban")


def _key_id(key: bytes) -> str:
    """Which key it was, without saying anything of it."""
    return sha256(b"passnum bank details key " + key).hexdigest()[:16]


def _bound(organisation_id: UUID, bank_details_id: UUID) -> bytes:
    """Whose account a sealed IBAN is: it opens nowhere else."""
    return organisation_id.bytes + bank_details_id.bytes
