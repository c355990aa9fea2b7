"""The tree against the definitions of RFC 6962, written here word for word, and its known roots."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.trust import merkle

# ── A second implementation: section 2.1 of the RFC, as it stands ─────────────────────────────────


def largest_power_of_two_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(entries: Sequence[bytes]) -> bytes:
    """2.1: the Merkle Tree Hash."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = largest_power_of_two_below(len(entries))
    return hashlib.sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """2.1.1: the Merkle audit path."""
    if len(entries) == 1:
        return []
    k = largest_power_of_two_below(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: Sequence[bytes], *, whole: bool) -> list[bytes]:
    """2.1.2: the Merkle consistency proof."""
    if m == len(entries):
        return [] if whole else [mth(entries)]
    k = largest_power_of_two_below(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], whole=whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], whole=False), mth(entries[:k])]


# ── The same by ours ──────────────────────────────────────────────────────────────────────────────


def kept(entries: Sequence[bytes]) -> merkle.Subtree:
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    return lambda height, ordinal: merkle.whole(leaves[ordinal << height : (ordinal + 1) << height])


CERTIFICATE_TRANSPARENCY = [
    ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
    ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
    ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
    ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
    ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
    ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
    (
        "606162636465666768696a6b6c6d6e6f",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ),
]
"""Eight entries and the root after each, from the test vectors of Certificate Transparency."""


def test_the_roots_are_those_of_certificate_transparency() -> None:
    edge = merkle.Edge()
    for entry, root in CERTIFICATE_TRANSPARENCY:
        edge.add(merkle.leaf_hash(bytes.fromhex(entry)))
        assert edge.root.hex() == root
    assert merkle.Edge().root.hex() == hashlib.sha256().hexdigest()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21, 64, 100])
def test_roots_and_proofs_are_those_that_the_rfc_defines(size: int) -> None:
    entries = [f"movement {n}".encode() for n in range(size)]
    subtree, root = kept(entries), mth(entries)

    assert merkle.root(subtree, size) == merkle.Edge.of(subtree, size).root == root
    for m in range(size):
        proof = merkle.inclusion(subtree, m, size)
        assert proof == path(m, entries)
        assert merkle.includes(root, size, m, merkle.leaf_hash(entries[m]), proof)
    for m in range(1, size + 1):
        proof = merkle.consistency(subtree, m, size)
        assert proof == subproof(m, entries, whole=True)
        assert merkle.extends(mth(entries[:m]), m, root, size, proof)


@given(st.integers(2, 60), st.data())
def test_a_proof_of_anything_else_fails(size: int, data: st.DataObject) -> None:
    entries = [f"movement {n}".encode() for n in range(size)]
    subtree, root = kept(entries), mth(entries)
    m = data.draw(st.integers(0, size - 1))
    proof, leaf = merkle.inclusion(subtree, m, size), merkle.leaf_hash(entries[m])
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != m))

    assert not merkle.includes(root, size, other, leaf, proof)
    assert not merkle.includes(root, size, m, merkle.leaf_hash(b"forged"), proof)
    assert not merkle.includes(root, size, m, leaf, [*proof, leaf])
    assert not merkle.includes(root, size, m, leaf, proof[:-1])
    rewritten = [b"rewritten", *entries[1:]]
    earlier = data.draw(st.integers(1, size - 1))
    of_theirs = merkle.consistency(kept(rewritten), earlier, size)
    assert not merkle.extends(mth(entries[:earlier]), earlier, mth(rewritten), size, of_theirs)
