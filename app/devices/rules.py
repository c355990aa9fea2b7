"""What a device knows of a pass, in plain values: its state, its tag, and the file of its list.

The file is described for other people's programs in docs/devices.md.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256

from app.ledger import AccountKind
from app.ledger.chart import TRANSITIONS

MAGIC = b"PNVL1\n"
"""How a list begins; the number goes up when a program of before could no longer read it."""
FORMAT = "passnum-voucher-list/1"
CONTENT_TYPE = "application/vnd.passnum.voucher-list"
SIGNED_AS = b"passnum voucher list v1\n"
"""What is signed begins with this, so that no other signature of ours is one of a list."""
PROVED_AS = "passnum device v1"
TAG = 8
"""Bytes that are kept of a hash: 100,000 passes are 0.8 MB."""
KEPT_AFTER_END = timedelta(days=366)
"""For how long after its last day a vintage stays in the list, to say « expired »."""
MOST_CHANGES = 50_000
"""Passes changed since a version, above which the whole list is sent instead."""
LISTS_AN_HOUR = 60
OFFERS_AT_ONCE = 5
OLD_AFTER = timedelta(hours=72)
"""A list that is older is pointed out to people: the recommended limit of settings."""
TAKINGS_KEPT = timedelta(days=61)
"""A day longer than the longest delay that settings allow to an upload: which list a device held
when it took a pass can be looked up for as long as it may tell us."""


class PassState(StrEnum):
    """What a device tells a mediator about a pass."""

    UNISSUED = "unissued"
    ISSUED = "issued"
    USED = "used"
    BLOCKED = "blocked"
    VOID = "void"
    EXPIRED = "expired"
    GONE = "gone"
    """Among changes only: what the list held, and holds no more."""


_A, _S = AccountKind, PassState
STATE_OF: Mapping[AccountKind, PassState] = {
    _A.ISSUER: _S.GONE,
    _A.STOCK_INERT: _S.UNISSUED,
    _A.STOCK: _S.UNISSUED,
    _A.TRANSIT: _S.UNISSUED,
    _A.PRESCRIBER: _S.UNISSUED,
    _A.CIRCULATION: _S.ISSUED,
    _A.REDEEMED: _S.USED,
    _A.CLAIMED: _S.USED,
    _A.SETTLED: _S.USED,
    _A.BLOCKED: _S.BLOCKED,
    _A.WITHHELD: _S.BLOCKED,
    _A.VOID: _S.VOID,
    _A.EXPIRED: _S.EXPIRED,
    _A.CREDITED: _S.EXPIRED,
}
"""Every account has its state: a pass that is withheld is refused like a blocked one."""

TOLD = frozenset((start, to) for _, start, to in TRANSITIONS if STATE_OF[start] is not STATE_OF[to])
"""Moves that a device notices. A carton that goes to a prescriber is none."""

Section = tuple[int, PassState]
"""A vintage, and a state."""


def tagger(salt: bytes, passes: Iterable[tuple[bytes, int]]) -> Iterator[tuple[int, bytes]]:
    """The account and the tag of each pass: the first bytes of SHA-256(salt, SHA-256(code)).

    Salt and hash have one length each, so the two cannot be read as two others.
    """
    salted = sha256(salt)
    for code_hash, account_id in passes:
        each = salted.copy()
        each.update(code_hash)
        yield account_id, each.digest()[:TAG]


@dataclass(slots=True)
class Tags:
    """The tags of one section, sorted part by part: nothing tells in which order passes lie.

    Eight bytes a pass, in 256 parts by their first byte, so that sorting needs little more.
    """

    parts: list[bytearray] = field(default_factory=lambda: [bytearray() for _ in range(256)])

    def add(self, one: bytes) -> None:
        """One more, in no order."""
        self.parts[one[0]] += one

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(map(len, self.parts)) // TAG

    def sorted(self) -> Iterator[bytes]:
        """All of them, smallest first, a part at a time."""
        for part in self.parts:
            many = struct.Struct(f">{len(part) // TAG}Q")
            yield many.pack(*sorted(many.unpack(part)))


def in_order(sections: Mapping[Section, Tags]) -> list[tuple[Section, Tags]]:
    """By vintage, then by state in the order in which states are named."""
    places = {state: place for place, state in enumerate(PassState)}
    return sorted(sections.items(), key=lambda item: (item[0][0], places[item[0][1]]))


def written(header: bytes, sections: Sequence[Tags]) -> bytearray:
    """The list without its signature."""
    content = bytearray(MAGIC)
    content += struct.pack(">I", len(header))
    content += header
    for tags in sections:
        for part in tags.sorted():
            content += part
    return content


def proof_text(secret: str, device_id: object, credential_hash: bytes) -> bytes:
    """What a device signs to be enrolled: this square, this device, this credential."""
    return "\n".join((PROVED_AS, secret, str(device_id), credential_hash.hex())).encode()
