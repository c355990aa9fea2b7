"""Checkpoints as text: what the ledger was at a size, signed, and readable by other people's tools.

The form is C2SP's tlog-checkpoint in a signed note: origin, size, root, then two lines of ours (the
instant, and the checkpoint before), an empty line, and a signature by Ed25519. The private key
stays with the keys, outside the database; the verifier key is published.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.config import Settings, secret_file
from app.trust.leaves import instant
from app.trust.merkle import DIGEST

ED25519 = b"\x01"
"""C2SP's number of this kind of signature."""
KEY_HASH = 4
SIGNED = "— "
SEALED, AFTER = "sealed ", "after "
GROUPS, GROUP = 4, 5
KEYS_BEFORE = "checkpoints-before.txt"
"""Verifier keys of the installations that this ledger comes from, a line each."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the ledger was: so many movements, under that root, at that instant.

    `after` is the SHA-256 of the text of the checkpoint before, None of the first: a chain.
    """

    origin: str
    size: int
    root: bytes
    sealed_at: datetime | None
    after: bytes | None

    @property
    def text(self) -> str:
        """What is signed."""
        lines = [self.origin, str(self.size), b64encode(self.root).decode()]
        if self.sealed_at is not None:
            lines.append(SEALED + instant(self.sealed_at))
        if self.after is not None:
            lines.append(AFTER + b64encode(self.after).decode())
        return "\n".join(lines) + "\n"

    @property
    def digest(self) -> bytes:
        """What the next checkpoint names this one by, and what its fingerprint is made of."""
        return sha256(self.text.encode()).digest()

    @property
    def fingerprint(self) -> str:
        """Eighty bits to print and to compare by eye: four groups of five hexadecimal digits."""
        digits = self.digest.hex()
        return " ".join(digits[GROUP * n : GROUP * (n + 1)] for n in range(GROUPS))


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint and the note that carries it, signatures included."""

    checkpoint: Checkpoint
    note: str

    def signed_by(self, key: "VerifierKey") -> bool:
        """Whether that key signed it."""
        text, _, signatures = self.note.partition("\n\n")
        for line in signatures.splitlines():
            name, _, encoded = line.removeprefix(SIGNED).partition(" ")
            try:
                signature = b64decode(encoded, validate=True)
            except ValueError:
                continue
            if name == key.name and signature[:KEY_HASH] == key.key_hash:
                return key.verifies(f"{text}\n", signature[KEY_HASH:])
        return False


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public key of checkpoints, under the name of their origin."""

    name: str
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:KEY_HASH]

    @property
    def text(self) -> str:
        """The key as C2SP writes it: name, hash, algorithm and key."""
        return f"{self.name}+{self.key_hash.hex()}+{b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def read(cls, text: str) -> "VerifierKey | None":
        """The key that a text is; None of any other text."""
        name, _, rest = text.strip().partition("+")
        _, _, encoded = rest.partition("+")
        try:
            key = b64decode(encoded, validate=True)
        except ValueError:
            return None
        found = cls(name, key[1:])
        whole = key[:1] == ED25519 and len(key) == 1 + DIGEST and found.text == text.strip()
        return found if whole else None

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether the signature is of that text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


class CheckpointSigner:
    """Signs checkpoints with the key of this installation, made the first time.

    It is another key than that of receipts: a signature of one kind is never one of the other.
    """

    def __init__(self, key_dir: Path, origin: str) -> None:
        pem = secret_file(key_dir / "checkpoints.pem", _new_key)
        key = load_pem_private_key(pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(type(key).__name__)
        self._key, self.origin = key, origin

    @classmethod
    def of(cls, settings: Settings) -> "CheckpointSigner":
        """The signer of an installation; the origin is its public address without a scheme."""
        return cls(settings.key_dir, origin_at(settings.public_url))

    def verifier_key(self, origin: str | None = None) -> VerifierKey:
        """The public half, under the name of the origin."""
        return VerifierKey(origin or self.origin, self._key.public_key().public_bytes_raw())

    def sign(self, checkpoint: Checkpoint) -> SignedCheckpoint:
        """The checkpoint as a signed note."""
        key = self.verifier_key(checkpoint.origin)
        signature = key.key_hash + self._key.sign(checkpoint.text.encode())
        line = f"{SIGNED}{key.name} {b64encode(signature).decode()}\n"
        return SignedCheckpoint(checkpoint, f"{checkpoint.text}\n{line}")


def known_keys(settings: Settings) -> list[VerifierKey]:
    """The public keys whose checkpoints this installation believes: its own, and those before."""
    file = settings.key_dir / KEYS_BEFORE
    before = file.read_text("utf-8").splitlines() if file.exists() else []
    read = (VerifierKey.read(line) for line in before)
    return [CheckpointSigner.of(settings).verifier_key(), *(key for key in read if key)]


def believe(settings: Settings, key: VerifierKey) -> None:
    """Remember the key of the installation whose ledger was taken in."""
    if key.public in {known.public for known in known_keys(settings)}:
        return
    with (settings.key_dir / KEYS_BEFORE).open("a", encoding="utf-8") as file:
        file.write(f"{key.text}\n")


def origin_at(public_url: str) -> str:
    """What names the ledger of an installation."""
    return re.sub(r"^\w+://", "", public_url).rstrip("/") + "/registre"


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────

_NOTE = re.compile(r"(?P<text>(?:[^\n—][^\n]*\n){3,})\n(?P<signatures>(?:— [^\n]+(?:\n|\Z))+)")


def read_checkpoints(text: str) -> Iterator[SignedCheckpoint]:
    """The checkpoints that a text holds, one after the other, signed by whomever."""
    for found in _NOTE.finditer(text.replace("\r\n", "\n")):
        checkpoint = _read(found["text"].splitlines())
        if checkpoint is not None and checkpoint.text == found["text"]:
            signatures = found["signatures"].rstrip("\n")
            yield SignedCheckpoint(checkpoint, f"{found['text']}\n{signatures}\n")


def _read(lines: list[str]) -> Checkpoint | None:
    """The checkpoint of these lines; None when they are none of ours."""
    origin, size, root, *more = lines
    said = {line.partition(" ")[0]: line.partition(" ")[2] for line in more}
    try:
        sealed_at = said.get(SEALED.strip())
        after = said.get(AFTER.strip())
        return Checkpoint(
            origin,
            int(size),
            b64decode(root, validate=True),
            datetime.strptime(sealed_at, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
            if sealed_at
            else None,
            b64decode(after, validate=True) if after else None,
        )
    except ValueError:
        return None
