"""Keys of vintages: they make the codes, and stay outside the database.

One file a vintage in the key folder, or PASSNUM_VINTAGE_KEY_26A (hexadecimal) in the environment.
A lost key stops printing only; a leaked one means withholding the vintage.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from app.config import SHORTEST_SECRET, secret_file
from app.kernel.serials import LABEL
from app.programmes.errors import KeyMalformed, KeyMissing


@dataclass(frozen=True, slots=True)
class KeyStore:
    """Where the keys are kept."""

    folder: Path

    def create(self, label: str) -> bytes:
        """The key of a new vintage; an attempt that failed half-way finds its key again."""
        return self._from_environment(label) or secret_file(self._path(label))

    def key(self, label: str) -> bytes:
        """The key of a vintage.

        Raises:
            KeyMissing: it is neither in the environment nor in the folder.
            KeyMalformed: what the environment gives is no key.
        """
        if key := self._from_environment(label):
            return key
        path = self._path(label)
        if not path.exists():
            raise KeyMissing(label=label)
        return secret_file(path)

    def _path(self, label: str) -> Path:
        if not re.fullmatch(LABEL, label):
            message = "a vintage label is two digits and a letter"
            raise ValueError(message)
        return self.folder / f"vintage-{label}.key"

    @staticmethod
    def _from_environment(label: str) -> bytes:
        written = os.environ.get(f"PASSNUM_VINTAGE_KEY_{label}", "")
        try:
            key = bytes.fromhex(written)
        except ValueError:
            raise KeyMalformed(label=label) from None
        if written and len(key) < SHORTEST_SECRET:
            raise KeyMalformed(label=label)
        return key
