"""Keys of vintages: they make the codes, and stay outside the database.

One file a vintage in the key folder, or PASSNUM_VINTAGE_KEY_26A (hexadecimal) in the environment.
A lost key stops printing only; a leaked one means withholding the vintage (DESIGN 2).
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from app.config import secret_file
from app.kernel.errors import RuleBroken
from app.kernel.serials import LABEL


class KeyMissing(RuleBroken):
    """The key of that vintage is not on this machine."""

    code = "key_missing"
    sentence = (
        "La clé du millésime {label} n’est pas sur cette machine : les codes ne peuvent pas être "
        "calculés. Remettez la sauvegarde de la clé dans le dossier des clés, puis recommencez."
    )


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
        """
        if key := self._from_environment(label):
            return key
        try:
            return self._path(label).read_bytes()
        except FileNotFoundError:
            raise KeyMissing(label=label) from None

    def _path(self, label: str) -> Path:
        if not re.fullmatch(LABEL, label):
            message = "a vintage label is two digits and a letter"
            raise ValueError(message)
        return self.folder / f"vintage-{label}.key"

    @staticmethod
    def _from_environment(label: str) -> bytes:
        return bytes.fromhex(os.environ.get(f"PASSNUM_VINTAGE_KEY_{label}", ""))
