"""Redemption codes: what a mediator scans or types, and what proves that a pass is genuine.

A code is 16 characters of Crockford base32 in four groups: 75 bits of HMAC-SHA-256(key of the
vintage, serial) and one check character (Luhn mod 32). The database keeps a hash only; the
key stays outside, so a copy of the database cannot make a pass.

Alphabet: Douglas Crockford, "Base 32", https://www.crockford.com/base32.html.
"""

import hashlib
import hmac
import re
from typing import NewType

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
GROUP = 4
ENOUGH = 10
"""Bytes of the digest that hold the 75 bits."""

VoucherCode = NewType("VoucherCode", str)
"""Sixteen characters of the alphabet, upper case, without separators, check character right."""

_ADDRESS = re.compile(r"\s*https?://[^/\s]+/[PC]/", re.IGNORECASE)
"""What a camera reads before the code: the address that the square of a pass or a cover opens."""
# A delivery derives a million codes: tables take half of the time of arithmetic.
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_PLACES = range(8 * ENOUGH - 10, -1, -10)
"""Ten bits are two characters; the last character of the last pair is not used."""
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_DOUBLED = {character: 2 * v // 32 + 2 * v % 32 for character, v in _VALUE.items()}
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


class MistypedCode(ValueError):
    """What was typed cannot be a code: wrong length, character, or check character."""


def derive(key: bytes, serial: int) -> VoucherCode:
    """The code of one serial number of the vintage that `key` belongs to."""
    return _derived(key, f"passnum code v1 {serial}")


def derive_cover(key: bytes, booklet: int) -> VoucherCode:
    """The code on the cover of a booklet: it finds the booklet, and is worth nothing."""
    return _derived(key, f"passnum cover v1 {booklet}")


def derive_verification(key: bytes) -> VoucherCode:
    """The code on a paper of ours that whoever holds it can look up; it pays for nothing."""
    return _derived(key, "passnum paper v1")


def _derived(key: bytes, name: str) -> VoucherCode:
    digest = hmac.digest(key, name.encode(), "sha256")
    bits = int.from_bytes(digest[:ENOUGH], "big")
    body = "".join([_PAIRS[bits >> shift & 1023] for shift in _PLACES])[: LENGTH - 1]
    return VoucherCode(body + check_character(body))


def check_character(body: str) -> str:
    """Luhn mod 32: catches every single slip and nearly all neighbours swapped."""
    total = sum(map(_DOUBLED.__getitem__, body[::-2])) + sum(map(_VALUE.__getitem__, body[-2::-2]))
    return ALPHABET[-total % 32]


def read(typed: str) -> VoucherCode:
    """What a person typed or a camera read, as a code.

    Lower case, spaces and dashes are welcome; O is read as 0, I and L as 1. So is the whole
    address that a camera reads.

    Raises:
        MistypedCode: it cannot be a code, so there is no need to look it up.
    """
    code = _bare(typed)
    if len(code) != LENGTH or any(c not in ALPHABET for c in code):
        raise MistypedCode
    if check_character(code[:-1]) != code[-1]:
        raise MistypedCode
    return VoucherCode(code)


def length(typed: str) -> int | None:
    """How many letters and digits were typed of a code; None where there is anything else."""
    code = _bare(typed)
    return len(code) if code.isascii() and code.isalnum() else None


def _bare(typed: str) -> str:
    typed = _ADDRESS.sub("", typed, count=1)
    return "".join(c for c in typed.upper() if c not in " -\u00a0\u202f.").translate(_READ_AS)


def written(code: VoucherCode) -> str:
    """In four groups, as printed."""
    return " ".join(code[i : i + GROUP] for i in range(0, LENGTH, GROUP))


def digest(code: VoucherCode) -> bytes:
    """What the database keeps of a code. 75 random bits need neither salt nor stretching."""
    return hashlib.sha256(code.encode()).digest()
