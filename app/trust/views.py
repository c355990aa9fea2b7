"""How checkpoints and proofs are shown: as text, and as JSON."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from app.trust import proofs
from app.trust.models import SealBlock
from app.trust.proofs import ConsistencyProof, InclusionProof

Json = dict[str, Any]


def consistency_text(proof: ConsistencyProof) -> str:
    """Both sizes, then the path, a hash a line, then both checkpoints."""
    lines = [
        f"{proof.earlier.last_position} {proof.later.last_position}",
        *(b64encode(step).decode() for step in proof.path),
    ]
    return "\n".join(lines) + f"\n\n{proof.earlier.note}\n{proof.later.note}"


def checkpoints_shown(blocks: Sequence[SealBlock]) -> list[Json]:
    """Blocks with their checkpoints."""
    return [checkpoint_shown(block) for block in blocks]


def checkpoint_shown(block: SealBlock) -> Json:
    """A block with its checkpoint."""
    checkpoint = proofs.checkpoint_of(block)
    return {
        "number": block.number,
        "origin": checkpoint.origin,
        "size": block.last_position,
        "movement_count": block.movement_count,
        "root": b64encode(bytes(block.root)).decode(),
        "sealed_at": block.sealed_at,
        "fingerprint": checkpoint.fingerprint,
        "note": block.note,
        "verifier_key": block.verifier_key,
    }


def inclusion_shown(proof: InclusionProof) -> Json:
    """A proof part by part, and as the text that other tools read."""
    return {
        "movement_id": proof.movement_id,
        "position": proof.position,
        "entry": b64encode(proof.entry).decode(),
        "path": [b64encode(step).decode() for step in proof.path],
        "size": proof.checkpoint.size,
        "note": proof.note,
        "proof": proof.text,
    }


def consistency_shown(proof: ConsistencyProof) -> Json:
    """A proof that a checkpoint begins another."""
    return {
        "earlier": checkpoint_shown(proof.earlier),
        "later": checkpoint_shown(proof.later),
        "path": [b64encode(step).decode() for step in proof.path],
    }
