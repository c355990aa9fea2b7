"""Proofs for whoever doubts: that a movement is in a checkpoint, that a checkpoint extends another.

An inclusion proof is a text of its own, C2SP's tlog-proof: it carries the canonical bytes of the
movement, the path, and the signed checkpoint, and is checked without us (docs/seals.md).
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.orm import Session

from app.identity.rules import Actor, Right
from app.trust import merkle, queries
from app.trust.errors import (
    CheckpointsReversed,
    NoCheckpointInFile,
    NothingSealedYet,
    NotSealedYet,
    UnknownCheckpoint,
)
from app.trust.leaves import leaf
from app.trust.models import SealBlock
from app.trust.notes import Checkpoint, SignedCheckpoint, VerifierKey, read_checkpoints

A_MINUTE = timedelta(minutes=1)
PROOF = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """What shows that a movement is at its place under a checkpoint."""

    movement_id: int
    position: int
    entry: bytes
    path: tuple[bytes, ...]
    checkpoint: Checkpoint
    note: str
    block: int

    @property
    def text(self) -> str:
        """The proof as a file: everything that a check needs but the public key."""
        lines = [
            PROOF,
            f"extra {b64encode(self.entry).decode()}",
            f"index {self.position - 1}",
            *(b64encode(step).decode() for step in self.path),
        ]
        return "\n".join(lines) + f"\n\n{self.note}"


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """What shows that the larger checkpoint begins with all of the smaller one."""

    earlier: SealBlock
    later: SealBlock
    path: tuple[bytes, ...]


def checkpoint_of(block: SealBlock) -> Checkpoint:
    """The checkpoint of a block."""
    [signed] = read_checkpoints(block.note)
    return signed.checkpoint


def latest(session: Session) -> SealBlock:
    """The latest block.

    Raises:
        NothingSealedYet.
    """
    block = queries.last_block(session)
    if block is None:
        raise NothingSealedYet
    return block


def fingerprint_before(session: Session, moment: datetime) -> str:
    """Number and fingerprint of the latest checkpoint of a minute before; nothing without one.

    A paper that is drawn again says the same: nothing is sealed any more with so old an instant.
    """
    block = queries.block_at(session, moment - A_MINUTE)
    return f"n° {block.number} : {checkpoint_of(block).fingerprint}" if block else ""


def block_sealing(session: Session, movement_id: int) -> SealBlock | None:
    """The first checkpoint that includes a movement; None while it waits."""
    position = queries.position_of(session, movement_id)
    return None if position is None else queries.block_with(session, position)


def inclusion_proof(
    session: Session, *, movement_id: int, size: int | None = None
) -> InclusionProof:
    """The proof of a movement in the latest checkpoint, or in the one of that size.

    Raises:
        NotSealedYet: there is no such movement, it waits, or it came after that checkpoint.
        UnknownCheckpoint: no checkpoint has that size.
    """
    position = queries.position_of(session, movement_id)
    if position is None:
        raise NotSealedYet
    block = latest(session) if size is None else queries.block_of_size(session, size)
    if block is None:
        raise UnknownCheckpoint
    if position > block.last_position:
        raise NotSealedYet
    [place] = queries.places(session, position, position)
    if place.line is None:
        raise NotSealedYet
    entry = leaf(place.line, queries.accounts_of(session, [place.line]))
    path = merkle.inclusion(queries.subtree(session), position - 1, block.last_position)
    return InclusionProof(
        movement_id, position, entry, tuple(path), checkpoint_of(block), block.note, block.number
    )


def proof_for(
    session: Session, *, actor: Actor, movement_id: int, size: int | None
) -> InclusionProof:
    """The proof of a movement that concerns whoever asks.

    Raises:
        RightMissing, OtherOrganisation, NotSealedYet, UnknownCheckpoint.
    """
    actor.check(Right.SEE_VOUCHERS)
    line = queries.line_of(session, movement_id)
    if line is None:
        raise NotSealedYet
    accounts = queries.accounts_of(session, [line]).values()
    actor.check_sees(*(p for a in accounts for p in (a.party_id, a.counterparty_id)))
    return inclusion_proof(session, movement_id=movement_id, size=size)


def consistency_proof(session: Session, *, earlier: int, later: int | None) -> ConsistencyProof:
    """The proof that a checkpoint begins another (the latest unless told).

    Raises:
        UnknownCheckpoint: no checkpoint has one of the sizes.
        CheckpointsReversed: the first is the larger one.
    """
    first = queries.block_of_size(session, earlier)
    last = latest(session) if later is None else queries.block_of_size(session, later)
    if first is None or last is None:
        raise UnknownCheckpoint
    if first.last_position > last.last_position:
        raise CheckpointsReversed
    path = merkle.consistency(queries.subtree(session), first.last_position, last.last_position)
    return ConsistencyProof(first, last, tuple(path))


def at_least_one(found: Iterable[SignedCheckpoint]) -> list[SignedCheckpoint]:
    """The checkpoints of a text.

    Raises:
        NoCheckpointInFile: it holds none.
    """
    checkpoints = list(found)
    if not checkpoints:
        raise NoCheckpointInFile
    return checkpoints


# ── Checking, without a database ──────────────────────────────────────────────────────────────────

_PROOF = re.compile(
    rf"{re.escape(PROOF)}\nextra (?P<extra>[\w+/=]+)\nindex (?P<index>\d+)\n"
    r"(?P<path>(?:[\w+/=]+\n)*)\n(?P<note>.+)",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ProofVerdict:
    """What a proof is worth. `movement` is what it is about, when it can be read."""

    honest: bool
    sentence: str
    movement: dict[str, Any] | None = None


def check_proof(text: str, *, public_key: bytes) -> ProofVerdict:
    """Whether a proof holds, by the text and the public key alone."""
    found = _PROOF.fullmatch(text.replace("\r\n", "\n"))
    signed = next(read_checkpoints(found["note"]), None) if found else None
    if found is None or signed is None:
        return ProofVerdict(honest=False, sentence="Ce fichier n’est pas une preuve entière.")
    checkpoint = signed.checkpoint
    try:
        entry = b64decode(found["extra"], validate=True)
        path = [b64decode(step, validate=True) for step in found["path"].split()]
        movement = orjson.loads(entry)
    except ValueError:
        return ProofVerdict(honest=False, sentence="Ce fichier n’est pas une preuve entière.")
    if not signed.signed_by(VerifierKey(checkpoint.origin, public_key)):
        return ProofVerdict(
            honest=False, sentence="Le point de contrôle n’est pas signé par la clé connue."
        )
    if not merkle.includes(
        checkpoint.root, checkpoint.size, int(found["index"]), merkle.leaf_hash(entry), path
    ):
        return ProofVerdict(
            honest=False,
            sentence="Le chemin ne mène pas de ce mouvement au point de contrôle.",
        )
    return ProofVerdict(
        honest=True,
        sentence=f"Preuve vraie : le mouvement n° {movement['movement']} est scellé dans le point "
        f"de contrôle de {checkpoint.size} mouvements (empreinte {checkpoint.fingerprint}).",
        movement=movement,
    )
