"""Payments that the bank rejects, and the digests of statements on paper."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, on_postgresql, refuse_insert, write_once

revision = "0013"
down_revision = "0012"

WHEN_THE_ORDER_IS_SPENT = """
          exists (select 1 from payment_rejection where payment_order_id = new.payment_order_id)
"""
WHEN_NOTHING_WAS_REJECTED = """
          new.follows_ordinal is not null
          and not exists (select 1 from payment_rejection
                           where statement_id = new.statement_id
                             and ordinal = new.follows_ordinal)
"""
WHEN_THE_PAYMENT_IS_LEFT_OUT = """
          new.payment_id is null
          and exists (select 1 from payment where payment_order_id = new.payment_order_id)
"""
REFUSALS = (
    ("payment_is_of_a_live_order", "payment", WHEN_THE_ORDER_IS_SPENT),
    ("payment_order_follows_a_rejection", "payment_order", WHEN_NOTHING_WAS_REJECTED),
    ("rejection_names_the_payment", "payment_rejection", WHEN_THE_PAYMENT_IS_LEFT_OUT),
)


def upgrade() -> None:
    """Make the tables, written once; payments and orders mind what they say."""
    with as_owner():
        op.create_table(
            "payment_rejection",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("payment_order_id", Uuid16(), nullable=False),
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("ordinal", sa.Integer(), nullable=False),
            sa.Column("payment_id", Uuid16(), nullable=True),
            sa.Column("posting_id", Uuid16(), nullable=True),
            sa.Column("rejected_on", Day(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "(posting_id is null) = (payment_id is null) and coalesce(posting_id, id) = id",
                name="rejection_reverses_what_was_settled",
            ),
            sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name="rejection_is_a_posting"),
            sa.ForeignKeyConstraint(
                ["payment_order_id", "statement_id", "ordinal"],
                ["payment_order.id", "payment_order.statement_id", "payment_order.ordinal"],
                name="rejection_names_its_order",
            ),
            sa.ForeignKeyConstraint(
                ["payment_id", "payment_order_id"],
                ["payment.id", "payment.payment_order_id"],
                name="rejection_names_the_payment_of_its_order",
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="rejection_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("payment_order_id", name="payment_order_is_rejected_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "statement_document",
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("form", sa.Text(), nullable=False),
            sa.Column("layout", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("address", sa.Text(), nullable=False),
            sa.Column("sha256", Bytes(), nullable=False),
            sa.Column("rendered_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("form in ('pdf', 'csv')", name="statement_document_form_is_known"),
            sa.CheckConstraint("length(sha256) = 32", name="statement_document_keeps_a_digest"),
            sa.CheckConstraint("layout > 0", name="statement_document_layout_counts_from_one"),
            sa.ForeignKeyConstraint(
                ["statement_id"],
                ["statement_approval.statement_id"],
                name="document_is_of_an_approved_statement",
            ),
            sa.PrimaryKeyConstraint("statement_id", "form", "layout"),
            sqlite_strict=True,
        )
        write_once("payment_rejection", "statement_document")
        for rule, table, when in REFUSALS:
            refuse_insert(rule, table, when=when)


def downgrade() -> None:
    """Take them away, and let payments and orders forget them."""
    with as_owner():
        for rule, table, _ in REFUSALS:
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)
        op.drop_table("payment_rejection")
        op.drop_table("statement_document")
