"""Sealing: movements get a place in one list, and a checkpoint says what the list is.

Nothing of a redemption waits for this. It is done behind, every few seconds, by whoever comes
first; what commits late gets a later place.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.database.locks import hold
from app.database.rows import insert_rows, stream_rows
from app.trust import queries
from app.trust.leaves import leaf
from app.trust.merkle import Edge, leaf_hash
from app.trust.models import SealBlock, SealedMovement, SealNode
from app.trust.notes import Checkpoint, CheckpointSigner, read_checkpoints

MOST = 5000
"""Movements of one block: what is read at once, and what waits for one commit."""


def seal(
    session: Session, *, signer: CheckpointSigner, now: datetime, most: int = MOST
) -> SealBlock | None:
    """Seal the movements that have no place yet; None when there are none.

    One block for `most` movements: whoever wants all sealed calls again until None. Two at once
    wait for each other, and the second seals what the first did not see.
    """
    hold(session, "sealing")
    settled, settling = queries.settled_until(session), queries.settling(session)
    lines = queries.unsealed(session, above=settled, most=most)
    if not lines:
        return None
    horizon = queries.horizon(session)  # after reading: whoever was not seen began before
    before = queries.last_block(session)
    size = before.last_position if before else 0
    accounts = queries.accounts_of(session, lines)
    digests = [leaf_hash(leaf(line, accounts)) for line in lines]
    edge = Edge.of(queries.subtree(session), size)
    nodes = [
        {"level": height // queries.TILE, "ordinal": ordinal, "hash": digest}
        for each in digests
        for height, ordinal, digest in edge.add(each)
        if height % queries.TILE == 0
    ]
    stream_rows(
        session,
        SealedMovement,
        ("position", "movement_id", "leaf_hash"),
        (
            (position, line.movement_id, digest)
            for position, (line, digest) in enumerate(
                zip(lines, digests, strict=True), start=size + 1
            )
        ),
    )
    if nodes:
        insert_rows(session, SealNode, nodes)
    origin, after = _follows(before) if before else (signer.origin, None)
    signed = signer.sign(Checkpoint(origin, edge.size, edge.root, now, after))
    block = SealBlock(
        number=before.number + 1 if before else 1,
        first_position=size + 1,
        last_position=edge.size,
        root=edge.root,
        after_number=before.number if before else None,
        after_position=before.last_position if before else None,
        after_root=before.root if before else None,
        sealed_at=now,
        note=signed.note,
        verifier_key=signer.verifier_key(origin).text,
        highest_movement_id=max(lines[-1].movement_id, before.highest_movement_id if before else 0),
        # All that was below was read, unless this block is full before it got there.
        settled_movement_id=max(
            settled, min(settling, lines[-1].movement_id) if len(lines) == most else settling
        ),
        horizon=horizon,
    )
    session.add(block)
    session.flush()
    return block


def _follows(block: SealBlock) -> tuple[str, bytes]:
    """The origin and the digest of the checkpoint that a block made; an origin never changes."""
    [signed] = read_checkpoints(block.note)
    return signed.checkpoint.origin, signed.checkpoint.digest
