"""Reading what is to be sealed, what is, and the hashes that proofs are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from app import ledger
from app.database.connections import dialect_of
from app.ledger.models import Movement, Posting
from app.trust import merkle
from app.trust.leaves import Line
from app.trust.models import SealBlock, SealedMovement, SealNode

TILE = 4
"""One level of `seal_node` stands for four of the tree: sixteen hashes below each."""

_LINE = (
    Movement.id,
    Movement.kind,
    Movement.first_id,
    Movement.last_id,
    Movement.voucher_count,
    Movement.vintage_id,
    Movement.debit_account_id,
    Movement.debit_kind,
    Movement.credit_account_id,
    Movement.credit_kind,
    Movement.face_value_cents,
    Movement.amount_cents,
    Movement.reverses_id,
    Posting.id,
    Posting.kind,
    Posting.document_type,
    Posting.document_id,
    Posting.actor_id,
    Posting.occurred_at,
    Posting.recorded_at,
)


def _lines() -> Select[*tuple[Any, ...]]:
    return select(*_LINE).join(Posting, Posting.id == Movement.posting_id)


# ── What is not sealed yet ────────────────────────────────────────────────────────────────────────


def unsealed(session: Session, *, above: int, most: int) -> list[Line]:
    """Movements that have no place yet, in the order of their ids.

    `above` is an id below which all are known to be sealed, so that a long ledger is not read
    again each time. What another transaction has not committed is not seen, and comes later.
    """
    rows = session.execute(
        _lines()
        .outerjoin(SealedMovement, SealedMovement.movement_id == Movement.id)
        .where(Movement.id > above, SealedMovement.movement_id.is_(None))
        .order_by(Movement.id)
        .limit(most)
    )
    return [Line(*row) for row in rows]


def unsealed_count(session: Session) -> int:
    """How many movements have no place yet, as far as this transaction sees."""
    waiting = (
        select(func.count())
        .select_from(Movement)
        .outerjoin(SealedMovement, SealedMovement.movement_id == Movement.id)
        .where(Movement.id > settled_until(session), SealedMovement.movement_id.is_(None))
    )
    return session.execute(waiting).scalar_one()


def any_unsealed(session: Session) -> bool:
    """Whether some movement waits for a place."""
    waiting = (
        select(Movement.id)
        .outerjoin(SealedMovement, SealedMovement.movement_id == Movement.id)
        .where(Movement.id > settled_until(session), SealedMovement.movement_id.is_(None))
        .limit(1)
    )
    return session.execute(waiting).first() is not None


def settled_until(session: Session) -> int:
    """An id until which no movement can appear any more, and all that did are sealed."""
    last = select(SealBlock.settled_movement_id).order_by(SealBlock.number.desc()).limit(1)
    return session.scalar(last) or 0


def settling(session: Session) -> int:
    """An id until which no movement can appear after this moment.

    On PostgreSQL a transaction may have drawn an id long ago and commit later: nothing comes
    below the highest id of a block once every transaction of its time has ended. Whoever reads
    after this has settled it.
    """
    oldest = 1
    if dialect_of(session) == "postgresql":
        oldest = session.execute(_OLDEST).scalar_one()
    highest = session.scalar(
        select(SealBlock.highest_movement_id)
        .where(SealBlock.horizon <= oldest)
        .order_by(SealBlock.number.desc())
        .limit(1)
    )
    return highest or 0


def horizon(session: Session) -> int:
    """The first transaction that had not begun to write; 0 where writers stand in one line."""
    if dialect_of(session) == "postgresql":
        number: int = session.execute(_NEXT).scalar_one()
        return number
    return 0


_OLDEST = text("select cast(cast(pg_snapshot_xmin(pg_current_snapshot()) as text) as bigint)")
_NEXT = text("select cast(cast(pg_snapshot_xmax(pg_current_snapshot()) as text) as bigint)")


# ── What is ───────────────────────────────────────────────────────────────────────────────────────


def line_of(session: Session, movement_id: int) -> Line | None:
    """One movement, if there is such a one."""
    row = session.execute(_lines().where(Movement.id == movement_id)).one_or_none()
    return Line(*row) if row else None


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the list: the movement that it names, the digest it keeps, and what is there."""

    position: int
    movement_id: int
    leaf_hash: bytes
    line: Line | None


def places(session: Session, first: int, last: int) -> list[Place]:
    """Places from one to another, in order; what is missing is missing."""
    rows = session.execute(
        select(
            SealedMovement.position, SealedMovement.movement_id, SealedMovement.leaf_hash, *_LINE
        )
        .outerjoin(Movement, Movement.id == SealedMovement.movement_id)
        .outerjoin(Posting, Posting.id == Movement.posting_id)
        .where(SealedMovement.position.between(first, last))
        .order_by(SealedMovement.position)
    )
    return [_place(*row) for row in rows]


def _place(position: int, movement_id: int, leaf_hash: bytes, *columns: Any) -> Place:  # noqa: ANN401 - the columns of _LINE
    """A place; its movement only when it is there with its posting."""
    there = columns[0] is not None and columns[_LINE.index(Posting.id)] is not None
    return Place(position, movement_id, bytes(leaf_hash), Line(*columns) if there else None)


def position_of(session: Session, movement_id: int) -> int | None:
    """The place of a movement, once it is sealed."""
    return session.scalar(
        select(SealedMovement.position).where(SealedMovement.movement_id == movement_id)
    )


def last_block(session: Session) -> SealBlock | None:
    """The latest block."""
    return session.scalar(select(SealBlock).order_by(SealBlock.number.desc()).limit(1))


def block(session: Session, number: int) -> SealBlock | None:
    """The block of that number."""
    return session.get(SealBlock, number)


def block_of_size(session: Session, size: int) -> SealBlock | None:
    """The block whose checkpoint has that size."""
    return session.scalar(select(SealBlock).where(SealBlock.last_position == size))


def block_at(session: Session, moment: datetime) -> SealBlock | None:
    """The last block that had been sealed by then."""
    return session.scalar(
        select(SealBlock)
        .where(SealBlock.sealed_at <= moment)
        .order_by(SealBlock.number.desc())
        .limit(1)
    )


def block_with(session: Session, position: int) -> SealBlock | None:
    """The block that sealed that place."""
    return session.scalar(
        select(SealBlock)
        .where(SealBlock.last_position >= position)
        .order_by(SealBlock.number)
        .limit(1)
    )


def blocks_after(session: Session, after: int, *, limit: int) -> list[SealBlock]:
    """Blocks in order, from the one after that number."""
    return list(
        session.scalars(
            select(SealBlock)
            .where(SealBlock.number > after)
            .order_by(SealBlock.number)
            .limit(limit)
        )
    )


def blocks_before(session: Session, before: int | None, *, limit: int) -> list[SealBlock]:
    """The latest blocks first, from the one before that number."""
    query = select(SealBlock).order_by(SealBlock.number.desc()).limit(limit)
    if before is not None:
        query = query.where(SealBlock.number < before)
    return list(session.scalars(query))


# ── The tree ──────────────────────────────────────────────────────────────────────────────────────


def subtree(session: Session) -> merkle.Subtree:
    """Where proofs find the hashes of whole subtrees: each is computed from eight rows at most."""

    def hash_of(height: int, ordinal: int) -> bytes:
        level, rest = divmod(height, TILE)
        first, count = ordinal << rest, 1 << rest
        if level:
            query = (
                select(SealNode.hash)
                .where(SealNode.level == level, SealNode.ordinal.between(first, first + count - 1))
                .order_by(SealNode.ordinal)
            )
        else:
            query = (
                select(SealedMovement.leaf_hash)
                .where(SealedMovement.position.between(first + 1, first + count))
                .order_by(SealedMovement.position)
            )
        return merkle.whole([bytes(found) for found in session.scalars(query)])

    return hash_of


def accounts_of(session: Session, lines: Sequence[Line]) -> dict[int, ledger.Account]:
    """The accounts that some movements name."""
    return ledger.accounts_by_id(
        session,
        {line.debit_account_id for line in lines} | {line.credit_account_id for line in lines},
    )


def nodes_between(session: Session, level: int, first: int, last: int) -> dict[int, bytes]:
    """Kept hashes of one level, by ordinal."""
    rows = session.execute(
        select(SealNode.ordinal, SealNode.hash).where(
            SealNode.level == level, SealNode.ordinal.between(first, last)
        )
    )
    return {ordinal: bytes(digest) for ordinal, digest in rows}


def last_position(session: Session) -> int:
    """The last place of the list."""
    return session.scalar(select(func.max(SealedMovement.position))) or 0
