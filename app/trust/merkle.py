"""The Merkle tree of RFC 6962: one hash for a whole list, and short proofs about what is in it.

A leaf is hashed behind a zero byte and a pair behind a one, so that neither passes for the other.
Whole subtrees of a power of two never change when the list grows: they are all that a proof needs,
and `Subtree` says where to find them. Plain values, no database.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Subtree = Callable[[int, int], bytes]
"""The hash of the whole subtree of that height (0: one leaf) and ordinal (from 0) in its row."""

EMPTY = hashlib.sha256(b"").digest()
DIGEST = 32


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry of the list."""
    return hashlib.sha256(b"\x00" + entry).digest()


def pair_hash(left: bytes, right: bytes) -> bytes:
    """The hash above two others."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def whole(hashes: Sequence[bytes]) -> bytes:
    """The hash above a row whose length is a power of two."""
    while len(hashes) > 1:
        hashes = [
            pair_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)
        ]
    return hashes[0]


def root(subtree: Subtree, size: int) -> bytes:
    """The hash of the first `size` leaves."""
    return _range(subtree, 0, size) if size else EMPTY


def _range(subtree: Subtree, start: int, size: int) -> bytes:
    """The hash of `size` leaves from `start`, as the tree of the whole list cuts them."""
    height = size.bit_length() - 1
    if size == 1 << height:
        return subtree(height, start >> height)
    left = _split(size)
    return pair_hash(_range(subtree, start, left), _range(subtree, start + left, size - left))


def _split(size: int) -> int:
    """The largest power of two smaller than the size: how many leaves stand on the left."""
    return 1 << ((size - 1).bit_length() - 1)


# ── A list that grows ─────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Edge:
    """The right edge of a tree: its largest whole subtrees, from which the root is computed."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, subtree: Subtree, size: int) -> "Edge":
        """The edge of a tree that is kept somewhere."""
        hashes, start = [], 0
        for height in reversed(range(size.bit_length())):
            if size >> height & 1:
                hashes.append(subtree(height, start >> height))
                start += 1 << height
        return cls(size, hashes)

    def add(self, leaf: bytes) -> Iterable[tuple[int, int, bytes]]:
        """Add the hash of a leaf; tells each subtree that it made whole: height, ordinal, hash."""
        made = []
        self.hashes.append(leaf)
        self.size += 1
        height, rest = 0, self.size
        while not rest & 1:
            right, left = self.hashes.pop(), self.hashes.pop()
            self.hashes.append(pair_hash(left, right))
            height, rest = height + 1, rest >> 1
            made.append((height, rest - 1, self.hashes[-1]))
        return made

    @property
    def root(self) -> bytes:
        """The hash of the whole list."""
        if not self.hashes:
            return EMPTY
        *others, above = self.hashes
        for left in reversed(others):
            above = pair_hash(left, above)
        return above


# ── Proofs ────────────────────────────────────────────────────────────────────────────────────────


def inclusion(subtree: Subtree, index: int, size: int) -> list[bytes]:
    """What leads from the leaf of that index (from 0) to the root of the first `size` leaves."""
    path: list[bytes] = []
    start = 0
    while size > 1:
        left = _split(size)
        if index < left:
            path.append(_range(subtree, start + left, size - left))
            size = left
        else:
            path.append(_range(subtree, start, left))
            start, index, size = start + left, index - left, size - left
    return path[::-1]


def includes(root_hash: bytes, size: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Whether a path leads from that leaf to that root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, above = index, size - 1, leaf
    for step in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            above = pair_hash(step, above)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            above = pair_hash(above, step)
        place, last = place >> 1, last >> 1
    return last == 0 and above == root_hash


def consistency(subtree: Subtree, earlier: int, size: int) -> list[bytes]:
    """What shows that the first `earlier` leaves of `size` are those of the smaller tree."""
    if not 0 < earlier <= size:
        return []
    path: list[bytes] = []
    start, inside = 0, True  # inside: the smaller tree's own root is known to whoever asks
    while earlier < size:
        left = _split(size)
        if earlier <= left:
            path.append(_range(subtree, start + left, size - left))
            size = left
        else:
            path.append(_range(subtree, start, left))
            start, earlier, size, inside = start + left, earlier - left, size - left, False
    if not inside:
        path.append(_range(subtree, start, size))
    return path[::-1]


def extends(
    earlier_root: bytes, earlier: int, root_hash: bytes, size: int, path: Sequence[bytes]
) -> bool:
    """Whether a path shows that the smaller tree begins the larger one (RFC 9162, 2.1.4.2)."""
    if earlier == size:
        return not path and earlier_root == root_hash
    if not 0 < earlier < size or not path:
        return False
    steps = [earlier_root, *path] if earlier & (earlier - 1) == 0 else list(path)
    place, last = earlier - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = pair_hash(step, before), pair_hash(step, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = pair_hash(after, step)
        place, last = place >> 1, last >> 1
    return last == 0 and before == earlier_root and after == root_hash
