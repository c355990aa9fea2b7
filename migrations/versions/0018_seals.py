"""Blocks of movements under a Merkle root, and the checkpoints made of them."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, UtcDateTime
from migrations.steps import as_owner, drop_refusal, refuse_insert, write_once

revision = "0018"
down_revision = "0017"

NO_GAP = "sealed_positions_leave_no_gap"
PLACED = "seal_block_seals_what_is_placed"
WHEN_A_GAP = "new.position > (select coalesce(max(position), 0) + 1 from sealed_movement)"
WHEN_NOT_PLACED = "new.last_position > (select coalesce(max(position), 0) from sealed_movement)"


def upgrade() -> None:
    """Make the tables, all written once."""
    with as_owner():
        op.create_table(
            "sealed_movement",
            sa.Column("position", BigInt, autoincrement=False, nullable=False),
            sa.Column("movement_id", BigInt, nullable=False),
            sa.Column("leaf_hash", Bytes(), nullable=False),
            sa.CheckConstraint("position >= 1", name="sealed_positions_begin_at_one"),
            sa.CheckConstraint("length(leaf_hash) = 32", name="sealed_movement_has_a_digest"),
            sa.ForeignKeyConstraint(
                ["movement_id"], ["movement.id"], name="sealed_movement_is_known"
            ),
            sa.PrimaryKeyConstraint("position"),
            sa.UniqueConstraint("movement_id", name="movement_is_sealed_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "seal_node",
            sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("ordinal", BigInt, autoincrement=False, nullable=False),
            sa.Column("hash", Bytes(), nullable=False),
            sa.CheckConstraint("level >= 1 and ordinal >= 0", name="seal_node_is_in_the_tree"),
            sa.CheckConstraint("length(hash) = 32", name="seal_node_has_a_digest"),
            sa.PrimaryKeyConstraint("level", "ordinal"),
            sqlite_strict=True,
        )
        op.create_table(
            "seal_block",
            sa.Column("number", BigInt, autoincrement=False, nullable=False),
            sa.Column("first_position", BigInt, nullable=False),
            sa.Column("last_position", BigInt, nullable=False),
            sa.Column("root", Bytes(), nullable=False),
            sa.Column("after_number", BigInt, nullable=True),
            sa.Column("after_position", BigInt, nullable=True),
            sa.Column("after_root", Bytes(), nullable=True),
            sa.Column("sealed_at", UtcDateTime(), nullable=False),
            sa.Column("note", sa.Text(), nullable=False),
            sa.Column("verifier_key", sa.Text(), nullable=False),
            sa.Column("highest_movement_id", BigInt, nullable=False),
            sa.Column("settled_movement_id", BigInt, nullable=False),
            sa.Column("horizon", BigInt, nullable=True),
            sa.CheckConstraint(
                "number >= 1 and number = coalesce(after_number, 0) + 1"
                " and first_position = coalesce(after_position, 0) + 1"
                " and (after_number is null) = (number = 1)"
                " and (after_position is null) = (number = 1)"
                " and (after_root is null) = (number = 1)",
                name="seal_blocks_leave_no_gap",
            ),
            sa.CheckConstraint(
                "last_position >= first_position", name="seal_block_seals_some_movements"
            ),
            sa.CheckConstraint("length(root) = 32", name="seal_block_has_a_root"),
            sa.CheckConstraint(
                "length(note) between 1 and 2000", name="seal_block_has_a_checkpoint"
            ),
            sa.ForeignKeyConstraint(
                ["after_number", "after_position", "after_root"],
                ["seal_block.number", "seal_block.last_position", "seal_block.root"],
                name="seal_block_follows_the_one_before",
            ),
            sa.PrimaryKeyConstraint("number"),
            sa.UniqueConstraint("number", "last_position", "root", name="seal_block_names_its_end"),
            sqlite_strict=True,
        )
        write_once("sealed_movement", "seal_node", "seal_block")
        refuse_insert(NO_GAP, "sealed_movement", when=WHEN_A_GAP)
        refuse_insert(PLACED, "seal_block", when=WHEN_NOT_PLACED)


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in ("seal_block", "seal_node", "sealed_movement"):
            op.drop_table(table)
        drop_refusal(PLACED)
        drop_refusal(NO_GAP)
