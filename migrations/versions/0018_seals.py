"""Blocks of movements under a Merkle root and their checkpoints; freezes of a programme."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, on_postgresql, refuse_insert, write_once

revision = "0018"
down_revision = "0017"

NO_GAP = "sealed_positions_leave_no_gap"
PLACED = "seal_block_seals_what_is_placed"
WHEN_A_GAP = "new.position > (select coalesce(max(position), 0) + 1 from sealed_movement)"
WHEN_NOT_PLACED = "new.last_position > (select coalesce(max(position), 0) from sealed_movement)"

ONCE = "programme_is_frozen_once"
FROZEN = """exists (select 1 from programme_freeze f where f.programme_id = {programme}
            and not exists (select 1 from freeze_lift l where l.freeze_id = f.id))"""
OF_ORDER = "(select programme_id from booklet_order where id = new.order_id)"
REFUSED = {
    "booklet_order": ("frozen_programme_gets_no_order", "new.programme_id"),
    "order_dispatch": ("frozen_programme_sends_no_order", OF_ORDER),
    "delivery": ("frozen_programme_gets_no_delivery", OF_ORDER),
}
NO_ALLOCATION = "frozen_programme_gets_no_allocation"


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
        freezes()


def freezes() -> None:
    """What stops while the issuer of a programme is in doubt."""
    for table, others, whose, by, at in (
        ("programme_freeze", "programme", "programme_id", "frozen_by", "frozen_at"),
        ("freeze_lift", "programme_freeze", "freeze_id", "lifted_by", "lifted_at"),
    ):
        is_freeze = table == "programme_freeze"
        named = "programme_freeze_is_of_a_programme" if is_freeze else "freeze_lift_is_of_a_freeze"
        op.create_table(
            table,
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column(whose, Uuid16(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column(by, BigInt, nullable=False),
            sa.Column(at, UtcDateTime(), nullable=False),
            sa.CheckConstraint("length(reason) between 1 and 500", name=f"{table}_says_why"),
            sa.ForeignKeyConstraint([whose], [f"{others}.id"], name=named),
            sa.ForeignKeyConstraint([by], ["agent.id"], name=f"{table}_was_made_by_an_agent"),
            sa.PrimaryKeyConstraint("id"),
            *([] if is_freeze else [sa.UniqueConstraint(whose, name="freeze_is_lifted_once")]),
            sqlite_strict=True,
        )
    write_once("programme_freeze", "freeze_lift")
    refuse_insert(ONCE, "programme_freeze", when=FROZEN.format(programme="new.programme_id"))
    for table, (rule, programme) in REFUSED.items():
        refuse_insert(rule, table, when=FROZEN.format(programme=programme))
    refuse_insert(
        NO_ALLOCATION,
        "consignment",
        when=f"new.kind = 'allocation' and {FROZEN.format(programme='new.programme_id')}",
        only_if="new.kind = 'allocation'",
    )


def downgrade() -> None:
    """Take the tables away, leaves first, and the rules that they put on others."""
    with as_owner():
        rules = {table: rule for table, (rule, _) in REFUSED.items()}
        for table, rule in ({"consignment": NO_ALLOCATION} | rules).items():
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)
        for table in ("freeze_lift", "programme_freeze"):
            op.drop_table(table)
        drop_refusal(ONCE)
        for table in ("seal_block", "seal_node", "sealed_movement"):
            op.drop_table(table)
        drop_refusal(PLACED)
        drop_refusal(NO_GAP)
