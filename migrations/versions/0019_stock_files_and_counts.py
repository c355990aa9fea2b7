"""Rows of a printer's file, and counts of a cupboard."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, refuse_insert, write_once

revision = "0019"
down_revision = "0018"

WRITTEN_ONCE = ("serial_file", "quarantined_row", "serial_gap")
FAULTS = (
    "'unreadable', 'wrong_key', 'not_ordered', 'known', 'code_missing', 'code_unreadable',"
    " 'code_wrong', 'code_taken', 'cover_wrong', 'duplicate', 'contradicted', 'incomplete'"
)
COUNTS_WHAT_ARRIVED = "serial_file_counts_what_arrived"
WHEN_ANOTHER_COUNT = """
          new.delivery_id is not null and new.received_count <> (
            select coalesce(sum(last_serial - first_serial + 1), 0) from delivery_range
            where delivery_id = new.delivery_id)
"""


def upgrade() -> None:
    """Make the tables, all written once."""
    with as_owner():
        _files()
        write_once(*WRITTEN_ONCE)
        refuse_insert(COUNTS_WHAT_ARRIVED, "serial_file", when=WHEN_ANOTHER_COUNT)


def _files() -> None:
    op.create_table(
        "serial_file",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_id", Uuid16(), nullable=False),
        sa.Column("file_hash", Bytes(), nullable=False),
        sa.Column("codes_from", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("received_count", sa.Integer(), nullable=False),
        sa.Column("quarantined_count", sa.Integer(), nullable=False),
        sa.Column("missing_count", sa.Integer(), nullable=False),
        sa.Column("delivery_id", Uuid16(), nullable=True),
        sa.Column("imported_by", BigInt, nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(file_hash) = 32", name="serial_file_hash_is_a_digest"),
        sa.CheckConstraint(
            "codes_from in ('passnum', 'issuer')", name="serial_file_codes_are_known"
        ),
        sa.CheckConstraint(
            "row_count >= 1 and received_count >= 0 and quarantined_count >= 0"
            " and row_count = received_count + quarantined_count",
            name="serial_file_rows_add_up",
        ),
        sa.CheckConstraint("missing_count >= 0", name="serial_file_misses_some_or_none"),
        sa.CheckConstraint(
            "(delivery_id is not null) = (received_count > 0)",
            name="serial_file_brings_a_delivery_or_nothing",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order_dispatch.order_id"], name="serial_file_is_of_a_sent_order"
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id", "order_id"],
            ["delivery.id", "delivery.order_id"],
            name="serial_file_delivery_is_of_its_order",
        ),
        sa.ForeignKeyConstraint(
            ["imported_by"], ["agent.id"], name="serial_file_was_imported_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number", name="serial_file_number_is_one_file"),
        sa.UniqueConstraint(
            "order_id", "file_hash", "codes_from", name="serial_file_is_imported_once"
        ),
        sa.UniqueConstraint("delivery_id", name="serial_file_delivery_is_one_files"),
        sqlite_strict=True,
    )
    op.create_table(
        "quarantined_row",
        sa.Column("file_id", Uuid16(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("serial", BigInt, nullable=True),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.CheckConstraint("line >= 1", name="quarantined_row_has_a_line"),
        sa.CheckConstraint("length(typed) <= 40", name="quarantined_row_is_short"),
        sa.CheckConstraint(f"fault in ({FAULTS})", name="quarantined_row_fault_is_known"),
        sa.ForeignKeyConstraint(
            ["file_id"], ["serial_file.id"], name="quarantined_row_is_of_a_file"
        ),
        sa.PrimaryKeyConstraint("file_id", "line"),
        sqlite_strict=True,
    )
    op.create_table(
        "serial_gap",
        sa.Column("file_id", Uuid16(), nullable=False),
        sa.Column("first_serial", BigInt, autoincrement=False, nullable=False),
        sa.Column("last_serial", BigInt, nullable=False),
        sa.CheckConstraint(
            "first_serial >= 1 and last_serial >= first_serial", name="serial_gap_is_some_serials"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["serial_file.id"], name="serial_gap_is_of_a_file"),
        sa.PrimaryKeyConstraint("file_id", "first_serial"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in reversed(WRITTEN_ONCE):
            op.drop_table(table)
        drop_refusal(COUNTS_WHAT_ARRIVED)
