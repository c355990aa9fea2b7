"""Booklets to practise with: numbers that no vintage of money bears, and a key that is no secret.

They are the same on every installation, so that they are printed once and serve at each training.
Nobody can do anything with them outside a training: their codes are nobody's, and a database of
money refuses to open a vintage of that label.
"""

import hashlib
from functools import cache
from typing import Final

from app.kernel import codes, serials

LABEL: Final = "00E"
KEY: Final = hashlib.sha256(b"passnum: booklets to practise with, worth nothing").digest()
BOOKLETS: Final = {10: 12, 5: 8}
"""How many of each size there are, in the order of their numbers."""
FIRST_SERIAL: Final = 1


def is_number(typed: str) -> bool:
    """Whether that is the number of such a pass or of such a booklet."""
    try:
        read = serials.read(typed)
    except (serials.NotASerial, serials.WrongKey):
        return False
    return (read.booklet if isinstance(read, serials.SerialNumber) else read).vintage_label == LABEL


def is_code(digest: bytes) -> bool:
    """Whether a code of that digest is printed on such a pass or on such a cover."""
    return digest in _digests()


@cache
def _digests() -> frozenset[bytes]:
    passes = sum(size * count for size, count in BOOKLETS.items())
    printed = [codes.derive(KEY, FIRST_SERIAL + place) for place in range(passes)]
    printed += [codes.derive_cover(KEY, 1 + place) for place in range(sum(BOOKLETS.values()))]
    return frozenset(map(codes.digest, printed))
