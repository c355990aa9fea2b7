"""What is sealed, in which order, and under which checkpoint. Everything is written once."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Model, UtcDateTime


class SealedMovement(Model):
    """A movement at its place in the list that is sealed. Places have no gap."""

    __tablename__ = "sealed_movement"
    __table_args__ = (
        UniqueConstraint("movement_id", name="movement_is_sealed_once"),
        ForeignKeyConstraint(["movement_id"], ["movement.id"], name="sealed_movement_is_known"),
        CheckConstraint("position >= 1", name="sealed_positions_begin_at_one"),
        CheckConstraint("length(leaf_hash) = 32", name="sealed_movement_has_a_digest"),
        {"sqlite_strict": True},
    )

    position: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    movement_id: Mapped[int] = mapped_column(BigInt)
    leaf_hash: Mapped[bytes] = mapped_column(Bytes)


class SealNode(Model):
    """The hash of a whole subtree: of 16 places at `level` 1, of 256 at 2, of 4,096 at 3."""

    __tablename__ = "seal_node"
    __table_args__ = (
        CheckConstraint("level >= 1 and ordinal >= 0", name="seal_node_is_in_the_tree"),
        CheckConstraint("length(hash) = 32", name="seal_node_has_a_digest"),
        {"sqlite_strict": True},
    )

    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    ordinal: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(Bytes)


class SealBlock(Model):
    """Places that were sealed together, and the checkpoint made of all places until then.

    Each block names the one before by a key of several columns, so numbers and places leave no
    gap. Until `settled_movement_id` no id can bring a movement any more, and all that did are
    sealed. `horizon` is how PostgreSQL knows: transactions that may still bring an id below
    `highest_movement_id` are older than that one; it means nothing in another database.
    """

    __tablename__ = "seal_block"
    __table_args__ = (
        ForeignKeyConstraint(
            ["after_number", "after_position", "after_root"],
            ["seal_block.number", "seal_block.last_position", "seal_block.root"],
            name="seal_block_follows_the_one_before",
        ),
        UniqueConstraint("number", "last_position", "root", name="seal_block_names_its_end"),
        CheckConstraint(
            "number >= 1 and number = coalesce(after_number, 0) + 1"
            " and first_position = coalesce(after_position, 0) + 1"
            " and (after_number is null) = (number = 1)"
            " and (after_position is null) = (number = 1)"
            " and (after_root is null) = (number = 1)",
            name="seal_blocks_leave_no_gap",
        ),
        CheckConstraint("last_position >= first_position", name="seal_block_seals_some_movements"),
        CheckConstraint("length(root) = 32", name="seal_block_has_a_root"),
        CheckConstraint("length(note) between 1 and 2000", name="seal_block_has_a_checkpoint"),
        {"sqlite_strict": True},
    )

    number: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    first_position: Mapped[int] = mapped_column(BigInt)
    last_position: Mapped[int] = mapped_column(BigInt)
    root: Mapped[bytes] = mapped_column(Bytes)
    after_number: Mapped[int | None] = mapped_column(BigInt)
    after_position: Mapped[int | None] = mapped_column(BigInt)
    after_root: Mapped[bytes | None] = mapped_column(Bytes)
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(Text)
    verifier_key: Mapped[str] = mapped_column(Text)
    highest_movement_id: Mapped[int] = mapped_column(BigInt)
    settled_movement_id: Mapped[int] = mapped_column(BigInt)
    horizon: Mapped[int | None] = mapped_column(BigInt)

    @property
    def movement_count(self) -> int:
        """How many movements it seals."""
        return self.last_position - self.first_position + 1
