"""Orders, deliveries, activation and booklets."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, refuse_insert, write_once

revision = "0004"
down_revision = "0003"

WRITTEN_ONCE = (
    "booklet_order",
    "order_line",
    "order_approval",
    "order_dispatch",
    "serial_allotment",
    "delivery",
    "delivery_range",
    "order_mandate",
    "activation",
    "booklet",
)

WHEN_IT_COSTS_MORE = """
          (select coalesce(sum(cost_cents), 0) from activation where order_id = new.order_id)
          + new.cost_cents
          > (select coalesce(sum(amount_cents), 0) from order_mandate where order_id = new.order_id)
"""


def upgrade() -> None:
    """Make the tables, written once but for those named below."""
    with as_owner():
        op.create_table(
            "booklet_order",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("number", sa.Text(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("vintage_id", sa.Integer(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("prepared_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["prepared_by"], ["agent.id"], name="order_was_prepared_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["vintage_id", "programme_id"],
                ["vintage_terms.vintage_id", "vintage_terms.programme_id"],
                name="order_is_of_a_vintage_of_its_programme",
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("id", "prepared_by", name="order_names_its_preparer"),
            sa.UniqueConstraint("id", "vintage_id", name="order_names_its_vintage"),
            sa.UniqueConstraint("number", name="order_number_is_one_order"),
            sqlite_strict=True,
        )
        op.create_table(
            "order_line",
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("booklet_size", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("booklet_count", sa.Integer(), nullable=False),
            sa.Column("unit_price_cents", BigInt, nullable=False),
            sa.CheckConstraint(
                "booklet_count between 1 and 100000", name="order_line_is_of_some_booklets"
            ),
            sa.CheckConstraint(
                "booklet_size in (5, 10)", name="order_line_is_in_booklets_of_5_or_10"
            ),
            sa.CheckConstraint("unit_price_cents >= 0", name="order_line_price_is_not_negative"),
            sa.ForeignKeyConstraint(
                ["order_id"], ["booklet_order.id"], name="order_line_is_an_orders"
            ),
            sa.PrimaryKeyConstraint("order_id", "booklet_size"),
            sqlite_strict=True,
        )
        op.create_table(
            "order_approval",
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("approved_by", BigInt, nullable=False),
            sa.Column("approved_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("approved_by <> prepared_by", name="order_is_approved_by_another"),
            sa.ForeignKeyConstraint(
                ["approved_by"], ["agent.id"], name="order_was_approved_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["order_id", "prepared_by"],
                ["booklet_order.id", "booklet_order.prepared_by"],
                name="order_approval_names_the_preparer",
            ),
            sa.PrimaryKeyConstraint("order_id"),
            sqlite_strict=True,
        )
        op.create_table(
            "order_dispatch",
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("sent_by", BigInt, nullable=False),
            sa.Column("sent_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["order_id"], ["order_approval.order_id"], name="order_is_sent_once_approved"
            ),
            sa.ForeignKeyConstraint(["sent_by"], ["agent.id"], name="order_was_sent_by_an_agent"),
            sa.PrimaryKeyConstraint("order_id"),
            sqlite_strict=True,
        )
        op.create_table(
            "serial_allotment",
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("booklet_size", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("vintage_id", sa.Integer(), nullable=False),
            sa.Column("follows_serial", BigInt, nullable=True),
            sa.Column("follows_booklet", BigInt, nullable=True),
            sa.Column("first_serial", BigInt, nullable=False),
            sa.Column("last_serial", BigInt, nullable=False),
            sa.Column("first_booklet", BigInt, nullable=False),
            sa.Column("last_booklet", BigInt, nullable=False),
            sa.CheckConstraint(
                "first_serial = coalesce(follows_serial, 0) + 1 and first_booklet = "
                "coalesce(follows_booklet, 0) + 1",
                name="allotment_leaves_no_gap",
            ),
            sa.CheckConstraint(
                "last_serial - first_serial + 1 = (last_booklet - first_booklet + 1) * "
                "booklet_size and last_booklet >= first_booklet",
                name="allotment_is_whole_booklets",
            ),
            sa.ForeignKeyConstraint(
                ["order_id", "booklet_size"],
                ["order_line.order_id", "order_line.booklet_size"],
                name="allotment_is_of_an_order_line",
            ),
            sa.ForeignKeyConstraint(
                ["order_id", "vintage_id"],
                ["booklet_order.id", "booklet_order.vintage_id"],
                name="allotment_is_of_the_orders_vintage",
            ),
            sa.ForeignKeyConstraint(
                ["order_id"], ["order_dispatch.order_id"], name="allotment_is_of_a_sent_order"
            ),
            sa.ForeignKeyConstraint(
                ["vintage_id", "follows_serial", "follows_booklet"],
                [
                    "serial_allotment.vintage_id",
                    "serial_allotment.last_serial",
                    "serial_allotment.last_booklet",
                ],
                name="allotment_follows_the_last_one",
            ),
            sa.PrimaryKeyConstraint("order_id", "booklet_size"),
            sa.UniqueConstraint(
                "order_id",
                "booklet_size",
                "vintage_id",
                "first_serial",
                "last_serial",
                "first_booklet",
                name="allotment_names_its_serials",
            ),
            sa.CheckConstraint("last_booklet <= 999999", name="allotment_stays_within_six_digits"),
            sa.UniqueConstraint(
                "vintage_id", "first_serial", name="allotment_first_serial_is_one_allotment"
            ),
            sa.UniqueConstraint(
                "vintage_id",
                "last_serial",
                "last_booklet",
                name="allotment_last_serial_is_one_allotment",
            ),
            sqlite_strict=True,
        )
        op.create_table(
            "delivery",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("number", sa.Text(), nullable=False),
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("received_by", BigInt, nullable=False),
            sa.Column("received_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["order_id"], ["order_dispatch.order_id"], name="delivery_is_of_a_sent_order"
            ),
            sa.ForeignKeyConstraint(
                ["received_by"], ["agent.id"], name="delivery_was_received_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("id", "order_id", name="delivery_names_its_order"),
            sa.UniqueConstraint("number", name="delivery_number_is_one_delivery"),
            sqlite_strict=True,
        )
        op.create_index("delivery_by_order", "delivery", ["order_id"], unique=False)
        op.create_table(
            "delivery_range",
            sa.Column("delivery_id", Uuid16(), nullable=False),
            sa.Column("first_serial", BigInt, autoincrement=False, nullable=False),
            sa.Column("last_serial", BigInt, nullable=False),
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("booklet_size", sa.Integer(), nullable=False),
            sa.Column("vintage_id", sa.Integer(), nullable=False),
            sa.Column("allotted_first", BigInt, nullable=False),
            sa.Column("allotted_last", BigInt, nullable=False),
            sa.Column("allotted_booklet", BigInt, nullable=False),
            sa.Column("first_voucher_id", BigInt, nullable=False),
            sa.CheckConstraint(
                "(first_serial - allotted_first) % booklet_size = 0 and (last_serial + 1 - "
                "allotted_first) % booklet_size = 0",
                name="delivery_range_is_whole_booklets",
            ),
            sa.CheckConstraint(
                "first_serial >= allotted_first and last_serial <= allotted_last and last_serial "
                ">= first_serial",
                name="delivery_range_lies_in_its_allotment",
            ),
            sa.ForeignKeyConstraint(
                ["delivery_id", "order_id"],
                ["delivery.id", "delivery.order_id"],
                name="delivery_range_is_of_the_deliverys_order",
            ),
            sa.ForeignKeyConstraint(
                [
                    "order_id",
                    "booklet_size",
                    "vintage_id",
                    "allotted_first",
                    "allotted_last",
                    "allotted_booklet",
                ],
                [
                    "serial_allotment.order_id",
                    "serial_allotment.booklet_size",
                    "serial_allotment.vintage_id",
                    "serial_allotment.first_serial",
                    "serial_allotment.last_serial",
                    "serial_allotment.first_booklet",
                ],
                name="delivery_range_names_its_allotment",
            ),
            sa.PrimaryKeyConstraint("delivery_id", "first_serial"),
            sa.UniqueConstraint("vintage_id", "first_serial", name="delivery_range_arrives_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "order_mandate",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("mandate_number", sa.Text(), nullable=False),
            sa.Column("amount_cents", BigInt, nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("amount_cents >= 0", name="mandate_amount_is_not_negative"),
            sa.ForeignKeyConstraint(
                ["order_id"], ["order_approval.order_id"], name="mandate_is_of_an_approved_order"
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="mandate_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("order_id", "mandate_number", name="mandate_is_recorded_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "activation",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("delivery_id", Uuid16(), nullable=False),
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("cost_cents", BigInt, nullable=False),
            sa.Column("activated_by", BigInt, nullable=False),
            sa.Column("activated_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("cost_cents >= 0", name="activation_cost_is_not_negative"),
            sa.ForeignKeyConstraint(
                ["activated_by"], ["agent.id"], name="activation_was_made_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["delivery_id", "order_id"],
                ["delivery.id", "delivery.order_id"],
                name="activation_is_of_a_confirmed_delivery",
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("delivery_id", name="delivery_is_activated_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "booklet",
            sa.Column("id", BigInt, autoincrement=False, nullable=False),
            sa.Column("vintage_id", sa.Integer(), nullable=False),
            sa.Column("number", sa.Integer(), nullable=False),
            sa.Column("size", sa.Integer(), nullable=False),
            sa.Column("first_serial", BigInt, nullable=False),
            sa.Column("delivery_id", Uuid16(), nullable=False),
            sa.Column("cover_hash", Bytes(), nullable=True),
            sa.CheckConstraint(
                "number between 1 and 999999", name="booklet_number_has_six_digits_at_most"
            ),
            sa.CheckConstraint("size in (5, 10)", name="booklet_has_5_or_10_passes"),
            sa.ForeignKeyConstraint(
                ["vintage_id"], ["vintage_terms.vintage_id"], name="booklet_is_of_a_vintage"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("id", "size", name="booklet_names_its_size"),
            sa.UniqueConstraint("cover_hash", name="booklet_cover_is_one_booklet"),
            sa.UniqueConstraint("vintage_id", "first_serial", name="booklet_serial_is_one_booklet"),
            sa.UniqueConstraint("vintage_id", "number", name="booklet_number_is_one_booklet"),
            sqlite_strict=True,
        )
        write_once(*WRITTEN_ONCE)
        refuse_insert("activation_is_covered_by_mandates", "activation", when=WHEN_IT_COSTS_MORE)


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in (
            "booklet",
            "activation",
            "order_mandate",
            "delivery_range",
            "delivery",
            "serial_allotment",
            "order_dispatch",
            "order_approval",
            "order_line",
            "booklet_order",
        ):
            op.drop_table(table)
        drop_refusal("activation_is_covered_by_mandates")
