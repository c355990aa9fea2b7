"""Print batches of booklets, their files, and looks at codes that nothing bears."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Flag, JsonText, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, refuse_insert, write_once

revision = "0009"
down_revision = "0008"

WHEN_NOT_OF_THE_ORDER = """
          new.first_booklet
            < (select min(first_booklet) from serial_allotment where order_id = new.order_id)
          or new.last_booklet
            > (select max(last_booklet) from serial_allotment where order_id = new.order_id)
"""
WHEN_AGAIN_WITHOUT_REASON = """
          new.reason is null and exists (
            select 1 from print_batch where order_id = new.order_id
            and first_booklet <= new.last_booklet and last_booklet >= new.first_booklet
            and id <> new.id)
"""
OF_ITS_ORDER, SAYS_WHY = "print_batch_is_of_its_orders_booklets", "print_batch_again_says_why"


def upgrade() -> None:
    """Make the tables, all written once."""
    with as_owner():
        op.create_table(
            "print_batch",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("number", sa.Text(), nullable=False),
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("large", Flag(), nullable=False),
            sa.Column("first_booklet", sa.Integer(), nullable=False),
            sa.Column("last_booklet", sa.Integer(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=True),
            sa.Column("edition", JsonText(), nullable=False),
            sa.Column("printed_by", BigInt, nullable=False),
            sa.Column("printed_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("kind in ('booklets', 'codes')", name="print_batch_kind_is_known"),
            sa.CheckConstraint(
                "first_booklet >= 1 and last_booklet >= first_booklet",
                name="print_batch_is_some_booklets",
            ),
            sa.CheckConstraint(
                "reason is null or length(reason) between 1 and 200",
                name="print_batch_reason_is_said",
            ),
            sa.ForeignKeyConstraint(
                ["order_id"], ["order_dispatch.order_id"], name="print_batch_is_of_a_sent_order"
            ),
            sa.ForeignKeyConstraint(
                ["printed_by"], ["agent.id"], name="print_batch_was_made_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("number", name="print_batch_number_is_one_batch"),
            sqlite_strict=True,
        )
        op.create_index("print_batch_by_order", "print_batch", ["order_id", "first_booklet"])
        op.create_table(
            "print_file",
            sa.Column("batch_id", Uuid16(), nullable=False),
            sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("first_booklet", sa.Integer(), nullable=False),
            sa.Column("last_booklet", sa.Integer(), nullable=False),
            sa.Column("sha256", Bytes(), nullable=False),
            sa.CheckConstraint(
                "first_booklet >= 1 and last_booklet >= first_booklet",
                name="print_file_is_some_booklets",
            ),
            sa.CheckConstraint("length(sha256) = 32", name="print_file_has_a_fingerprint"),
            sa.ForeignKeyConstraint(
                ["batch_id"], ["print_batch.id"], name="print_file_is_a_batches"
            ),
            sa.PrimaryKeyConstraint("batch_id", "ordinal"),
            sqlite_strict=True,
        )
        op.create_table(
            "public_look",
            sa.Column("id", BigInt, nullable=False),
            sa.Column("address_hash", Bytes(), nullable=False),
            sa.Column("looked_at", UtcDateTime(), nullable=False),
            sa.PrimaryKeyConstraint("id"),
            sqlite_strict=True,
        )
        op.create_index("public_look_by_address", "public_look", ["address_hash", "looked_at"])
        write_once("print_batch", "print_file", "public_look")
        refuse_insert(OF_ITS_ORDER, "print_batch", when=WHEN_NOT_OF_THE_ORDER)
        refuse_insert(SAYS_WHY, "print_batch", when=WHEN_AGAIN_WITHOUT_REASON)


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in ("public_look", "print_file", "print_batch"):
            op.drop_table(table)
        drop_refusal(SAYS_WHY)
        drop_refusal(OF_ITS_ORDER)
