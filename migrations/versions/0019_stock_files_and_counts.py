"""Rows of a printer's file, and counts of a cupboard."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, refuse_insert, write_once

revision = "0019"
down_revision = "0018"

WRITTEN_ONCE = (
    "serial_file",
    "quarantined_row",
    "serial_gap",
    "stock_count",
    "count_entry",
    "counted_booklets",
    "count_correction",
    "count_closing",
    "count_total",
    "count_difference",
    "count_stranger",
    "count_signature",
)
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
CLOSED = "exists (select 1 from count_closing c where c.count_id = new.count_id)"
OF_A_CLOSED_COUNT = (
    "exists (select 1 from count_closing c join count_entry e on e.count_id = c.count_id"
    " where e.id = new.entry_id)"
)


def _unless_there(table: str, same: str) -> str:
    """That a row is new: one that is there is never replaced, by a rule of its own."""
    return f" and not exists (select 1 from {table} t where {same})"  # noqa: S608 - names of our own tables


BLIND = (
    (
        "closed_count_gets_no_more_goes",
        "count_entry",
        CLOSED + _unless_there("count_entry", "t.id = new.id"),
    ),
    (
        "closed_count_gets_no_more_lines",
        "counted_booklets",
        OF_A_CLOSED_COUNT
        + _unless_there("counted_booklets", "t.entry_id = new.entry_id and t.place = new.place"),
    ),
    (
        "closed_count_strikes_no_line",
        "count_correction",
        OF_A_CLOSED_COUNT + _unless_there("count_correction", "t.id = new.id"),
    ),
)
SIGNED_BY_ITS_HOLDER = "count_is_signed_by_its_holder"
WHEN_NEITHER_IS_THE_HOLDERS = """
          not exists (
            select 1 from stock_count c join agent a on a.organisation_id = c.holder_id
            where c.id = new.count_id and a.id in (new.closed_by, new.signed_by))
"""


def upgrade() -> None:
    """Make the tables, all written once."""
    with as_owner():
        _files()
        _counts()
        _comparisons()
        write_once(*WRITTEN_ONCE)
        refuse_insert(COUNTS_WHAT_ARRIVED, "serial_file", when=WHEN_ANOTHER_COUNT)
        for rule, table, when in BLIND:
            refuse_insert(rule, table, when=when)
        refuse_insert(SIGNED_BY_ITS_HOLDER, "count_signature", when=WHEN_NEITHER_IS_THE_HOLDERS)


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


def _counts() -> None:
    op.create_table(
        "stock_count",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("holder_id", Uuid16(), nullable=False),
        sa.Column("counted_on", Day(), nullable=False),
        sa.Column("opened_by", BigInt, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["organisation.id"], name="stock_count_is_of_an_organisation"
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["agent.id"], name="stock_count_was_opened_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number", name="stock_count_number_is_one_count"),
        sqlite_strict=True,
    )
    op.create_index("stock_count_by_holder", "stock_count", ["holder_id"])
    op.create_table(
        "count_entry",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("count_id", Uuid16(), nullable=False),
        sa.Column("entered_by", BigInt, nullable=False),
        sa.Column("entered_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["count_id"], ["stock_count.id"], name="count_entry_is_of_a_count"),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["agent.id"], name="count_entry_was_made_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("count_entry_by_count", "count_entry", ["count_id"])
    op.create_table(
        "counted_booklets",
        sa.Column("entry_id", Uuid16(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("vintage_id", sa.Integer(), nullable=False),
        sa.Column("first_number", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("first_position", sa.Integer(), nullable=True),
        sa.Column("last_position", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "1 <= first_number and first_number <= last_number and last_number <= 999999",
            name="counted_booklets_are_some",
        ),
        sa.CheckConstraint(
            "(first_position is null and last_position is null) or (first_number = last_number"
            " and 1 <= first_position and first_position <= last_position and last_position <= 10)",
            name="counted_passes_are_of_one_booklet",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["count_entry.id"], name="counted_booklets_are_of_a_go"
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id"], ["vintage_terms.vintage_id"], name="counted_booklets_are_of_a_vintage"
        ),
        sa.PrimaryKeyConstraint("entry_id", "place"),
        sqlite_strict=True,
    )
    op.create_table(
        "count_correction",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("entry_id", Uuid16(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("struck_by", BigInt, nullable=False),
        sa.Column("struck_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id", "place"],
            ["counted_booklets.entry_id", "counted_booklets.place"],
            name="count_correction_strikes_a_line",
        ),
        sa.ForeignKeyConstraint(
            ["struck_by"], ["agent.id"], name="counted_line_was_struck_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("entry_id", "place", name="counted_line_is_struck_once"),
        sqlite_strict=True,
    )
    op.create_table(
        "count_closing",
        sa.Column("count_id", Uuid16(), nullable=False),
        sa.Column("theory_at", UtcDateTime(), nullable=False),
        sa.Column("closed_by", BigInt, nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["count_id"], ["stock_count.id"], name="count_closing_is_of_a_count"
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["agent.id"], name="count_was_closed_by_an_agent"),
        sa.PrimaryKeyConstraint("count_id"),
        sa.UniqueConstraint("count_id", "closed_by", name="count_closing_names_its_counter"),
        sqlite_strict=True,
    )


def _comparisons() -> None:
    op.create_table(
        "count_total",
        sa.Column("count_id", Uuid16(), nullable=False),
        sa.Column("vintage_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("theory_count", BigInt, nullable=False),
        sa.Column("counted_count", BigInt, nullable=False),
        sa.Column("missing_count", BigInt, nullable=False),
        sa.Column("excess_count", BigInt, nullable=False),
        sa.Column("face_value_cents", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "theory_count >= 0 and counted_count >= 0 and missing_count >= 0 and excess_count >= 0",
            name="count_total_is_not_negative",
        ),
        sa.CheckConstraint(
            "counted_count = theory_count - missing_count + excess_count",
            name="count_total_is_its_theory_and_its_differences",
        ),
        sa.ForeignKeyConstraint(
            ["count_id"], ["count_closing.count_id"], name="count_total_is_of_a_closed_count"
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "face_value_cents"],
            ["vintage.id", "vintage.face_value_cents"],
            name="count_total_is_at_the_vintages_face_value",
        ),
        sa.PrimaryKeyConstraint("count_id", "vintage_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "count_difference",
        sa.Column("count_id", Uuid16(), nullable=False),
        sa.Column("first_voucher_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("last_voucher_id", BigInt, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("vintage_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('missing', 'excess')", name="count_difference_kind_is_known"),
        sa.CheckConstraint(
            "last_voucher_id >= first_voucher_id", name="count_difference_is_of_some"
        ),
        sa.ForeignKeyConstraint(
            ["count_id", "vintage_id"],
            ["count_total.count_id", "count_total.vintage_id"],
            name="count_difference_is_of_a_total",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="count_difference_rests_somewhere"
        ),
        sa.PrimaryKeyConstraint("count_id", "first_voucher_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "count_stranger",
        sa.Column("count_id", Uuid16(), nullable=False),
        sa.Column("vintage_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.CheckConstraint("last_number >= first_number", name="count_stranger_is_some_booklets"),
        sa.ForeignKeyConstraint(
            ["count_id"], ["count_closing.count_id"], name="count_stranger_is_of_a_closed_count"
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id"], ["vintage_terms.vintage_id"], name="count_stranger_is_of_a_vintage"
        ),
        sa.PrimaryKeyConstraint("count_id", "vintage_id", "first_number"),
        sqlite_strict=True,
    )
    op.create_table(
        "count_signature",
        sa.Column("count_id", Uuid16(), nullable=False),
        sa.Column("closed_by", BigInt, nullable=False),
        sa.Column("signed_by", BigInt, nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("signed_by <> closed_by", name="count_is_signed_by_another"),
        sa.ForeignKeyConstraint(
            ["count_id", "closed_by"],
            ["count_closing.count_id", "count_closing.closed_by"],
            name="count_signature_names_the_counter",
        ),
        sa.ForeignKeyConstraint(["signed_by"], ["agent.id"], name="count_was_signed_by_an_agent"),
        sa.PrimaryKeyConstraint("count_id"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in reversed(WRITTEN_ONCE):
            op.drop_table(table)
        drop_refusal(SIGNED_BY_ITS_HOLDER)
        for rule, _, _ in BLIND:
            drop_refusal(rule)
        drop_refusal(COUNTS_WHAT_ARRIVED)
