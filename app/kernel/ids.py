"""Ids of records: UUIDs, made by whoever asks, so that asking twice is harmless."""

import hashlib
import json
import secrets
import time
from uuid import UUID

LARGEST_INTEGER = 2**63 - 1
"""The largest integer that either database holds."""


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562): 60 bits of the instant, then 62 random bits.

    The instant is in 4096ths of a millisecond (6.2, method 3), which is less than it takes to make
    one: those that one process makes sort as they were made.
    """
    milliseconds, fraction = divmod((time.time_ns() << 12) // 1_000_000, 1 << 12)
    value = (milliseconds << 80) | (0x7 << 76) | (fraction << 64)
    return UUID(int=value | (0b10 << 62) | secrets.randbits(62))


def request_hash(what: str, **content: object) -> bytes:
    """SHA-256 of a request's content: tells a repetition from another request under the same id.

    Values are written with `str` where JSON has no form for them (dates, UUIDs).
    """
    canonical = json.dumps([what, content], sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()
