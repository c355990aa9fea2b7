"""Orders, deliveries, activation and booklets."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, refuse_insert, write_once

revision = "0004"
down_revision = "0003"

WRITTEN_ONCE = (
    "booklet_order",
    "order_line",
    "order_plan",
    "order_plan_line",
    "order_plan_stock",
    "order_cancellation",
    "order_approval",
    "order_dispatch",
    "serial_allotment",
    "delivery",
    "delivery_range",
    "order_mandate",
    "order_mandate_cancellation",
    "activation",
    "booklet",
)

CANCELLED = "exists (select 1 from order_cancellation where order_id = new.order_id)"

WHEN_LINES_SAY_OTHERWISE = """
          exists (
            select 1 from booklet_order o where o.id = new.order_id and (
              o.voucher_count <> (
                select coalesce(sum(booklet_count * booklet_size), 0)
                from order_line where order_id = o.id)
              or o.printing_cents <> (
                select coalesce(sum(booklet_count * unit_price_cents), 0)
                from order_line where order_id = o.id)))
"""

WHEN_IT_COSTS_ANOTHER_SUM = """
          new.cost_cents <> (
            select coalesce(sum(
              (r.last_serial - r.first_serial + 1) / r.booklet_size * l.unit_price_cents
              + (r.last_serial - r.first_serial + 1)
                * case when o.payer = 'issuer' then o.face_value_cents else 0 end), 0)
            from delivery_range r
            join order_line l on l.order_id = r.order_id and l.booklet_size = r.booklet_size
            join booklet_order o on o.id = r.order_id
            where r.delivery_id = new.delivery_id)
"""

WHEN_IT_COSTS_MORE = """
          (select coalesce(sum(cost_cents), 0) from activation where order_id = new.order_id)
          + new.cost_cents
          + (select fee_cents from booklet_order where id = new.order_id)
          > (select coalesce(sum(amount_cents), 0) from order_mandate where order_id = new.order_id
               and id not in (select mandate_id from order_mandate_cancellation
                               where order_id = new.order_id))
"""

WHEN_IT_LEAVES_TOO_LITTLE = """
          exists (select 1 from activation where order_id = new.order_id)
          and (select coalesce(sum(cost_cents), 0) from activation where order_id = new.order_id)
            + (select fee_cents from booklet_order where id = new.order_id)
            > (select coalesce(sum(amount_cents), 0) from order_mandate
                where order_id = new.order_id and id <> new.mandate_id
                  and id not in (select mandate_id from order_mandate_cancellation
                                  where order_id = new.order_id))
"""

REFUSED = {
    "order_total_is_the_sum_of_its_lines": ("order_approval", WHEN_LINES_SAY_OTHERWISE),
    "approved_order_gets_no_more_lines": (
        "order_line",
        (
            "exists (select 1 from order_approval where order_id = new.order_id)"
            " and not exists (select 1 from order_line"
            " where order_id = new.order_id and booklet_size = new.booklet_size)"
        ),
    ),
    "sent_order_is_not_cancelled": (
        "order_cancellation",
        "exists (select 1 from order_dispatch where order_id = new.order_id)",
    ),
    "cancelled_order_is_not_approved": ("order_approval", CANCELLED),
    "cancelled_order_is_not_sent": ("order_dispatch", CANCELLED),
    "cancelled_order_gets_no_mandate": ("order_mandate", CANCELLED),
    "active_delivery_brings_no_more": (
        "delivery_range",
        (
            "exists (select 1 from activation where delivery_id = new.delivery_id)"
            " and not exists (select 1 from delivery_range"
            " where delivery_id = new.delivery_id and first_serial = new.first_serial)"
        ),
    ),
    "activation_costs_what_it_brings": ("activation", WHEN_IT_COSTS_ANOTHER_SUM),
    "activation_is_covered_by_mandates": ("activation", WHEN_IT_COSTS_MORE),
    "cancelled_mandate_covers_nothing": ("order_mandate_cancellation", WHEN_IT_LEAVES_TOO_LITTLE),
}


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
            sa.Column("payer", sa.Text(), nullable=False),
            sa.Column("face_value_cents", sa.Integer(), nullable=False),
            sa.Column("voucher_count", BigInt, nullable=False),
            sa.Column("printing_cents", BigInt, nullable=False),
            sa.Column("fee_basis_points", sa.Integer(), nullable=False),
            sa.Column("fee_cents", BigInt, nullable=False),
            sa.Column("market_number", sa.Text(), nullable=True),
            sa.Column("engagement_number", sa.Text(), nullable=True),
            sa.Column("service_code", sa.Text(), nullable=True),
            sa.Column("deliver_to", sa.Text(), nullable=True),
            sa.Column("expected_on", Day(), nullable=True),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("prepared_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("payer in ('authority', 'issuer')", name="order_payer_is_known"),
            sa.CheckConstraint("fee_basis_points between 0 and 10000", name="order_fee_is_a_share"),
            sa.CheckConstraint(
                "fee_cents = case when payer = 'issuer' then (voucher_count * face_value_cents * "
                "fee_basis_points + 5000) / 10000 else 0 end",
                name="order_fee_is_rounded_half_up",
            ),
            sa.ForeignKeyConstraint(
                ["vintage_id", "face_value_cents"],
                ["vintage.id", "vintage.face_value_cents"],
                name="order_is_at_the_vintages_face_value",
            ),
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
            "order_plan",
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("issued_count", BigInt, nullable=False),
            sa.Column("redeemed_count", BigInt, nullable=False),
            sa.Column("delay_days", sa.Integer(), nullable=True),
            sa.CheckConstraint(
                "issued_count >= 0 and redeemed_count >= 0 and coalesce(delay_days, 0) >= 0",
                name="order_plan_measures_are_not_negative",
            ),
            sa.ForeignKeyConstraint(
                ["order_id"], ["booklet_order.id"], name="order_plan_is_an_orders"
            ),
            sa.PrimaryKeyConstraint("order_id"),
            sqlite_strict=True,
        )
        op.create_table(
            "order_plan_line",
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("public", sa.Text(), nullable=False),
            sa.Column("person_count", sa.Integer(), nullable=False),
            sa.Column("booklet_size", sa.Integer(), nullable=False),
            sa.Column("booklet_count", sa.Integer(), nullable=False),
            sa.CheckConstraint(
                "public in ('plie', 'registered_job_seeker', 'unregistered_job_seeker', "
                "'senior', 'other')",
                name="order_plan_public_is_known",
            ),
            sa.CheckConstraint(
                "person_count between 1 and 1000000", name="order_plan_line_is_of_some_people"
            ),
            sa.CheckConstraint(
                "booklet_size in (5, 10)", name="order_plan_line_is_in_booklets_of_5_or_10"
            ),
            sa.CheckConstraint(
                "booklet_count between 1 and 20", name="order_plan_line_is_a_few_booklets"
            ),
            sa.ForeignKeyConstraint(
                ["order_id"], ["order_plan.order_id"], name="order_plan_line_is_a_plans"
            ),
            sa.PrimaryKeyConstraint("order_id", "public"),
            sqlite_strict=True,
        )
        op.create_table(
            "order_plan_stock",
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("booklet_size", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("active_count", BigInt, nullable=False),
            sa.Column("inert_count", BigInt, nullable=False),
            sa.Column("expected_count", BigInt, nullable=False),
            sa.Column("prepared_count", BigInt, nullable=False),
            sa.CheckConstraint(
                "booklet_size in (5, 10)", name="order_plan_stock_is_in_booklets_of_5_or_10"
            ),
            sa.CheckConstraint(
                "active_count >= 0 and inert_count >= 0 and expected_count >= 0"
                " and prepared_count >= 0",
                name="order_plan_stock_is_not_negative",
            ),
            sa.ForeignKeyConstraint(
                ["order_id"], ["order_plan.order_id"], name="order_plan_stock_is_a_plans"
            ),
            sa.PrimaryKeyConstraint("order_id", "booklet_size"),
            sqlite_strict=True,
        )
        op.create_table(
            "order_cancellation",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("cancelled_by", BigInt, nullable=False),
            sa.Column("cancelled_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "length(reason) between 1 and 200", name="order_cancellation_has_a_reason"
            ),
            sa.ForeignKeyConstraint(
                ["order_id"], ["booklet_order.id"], name="order_cancellation_is_an_orders"
            ),
            sa.ForeignKeyConstraint(
                ["cancelled_by"], ["agent.id"], name="order_was_cancelled_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("order_id", name="order_is_cancelled_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "order_approval",
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("approved_by", BigInt, nullable=False),
            sa.Column("approved_at", UtcDateTime(), nullable=False),
            sa.Column("approved_on", Day(), nullable=False),
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
            sa.UniqueConstraint("order_id", "approved_on", name="order_approval_names_its_day"),
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
            sa.Column("approved_on", Day(), nullable=False),
            sa.Column("mandate_number", sa.Text(), nullable=False),
            sa.Column("issued_on", Day(), nullable=False),
            sa.Column("amount_cents", BigInt, nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("amount_cents > 0", name="mandate_amount_is_some_money"),
            sa.CheckConstraint(
                "issued_on >= approved_on", name="mandate_is_not_before_the_approval"
            ),
            sa.ForeignKeyConstraint(
                ["order_id", "approved_on"],
                ["order_approval.order_id", "order_approval.approved_on"],
                name="mandate_is_of_an_approved_order",
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="mandate_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("id", "order_id", name="mandate_names_its_order"),
            sqlite_strict=True,
        )
        op.create_index("order_mandate_by_order", "order_mandate", ["order_id"], unique=False)
        op.create_index(
            "order_mandate_by_number", "order_mandate", ["mandate_number"], unique=False
        )
        op.create_table(
            "order_mandate_cancellation",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("mandate_id", Uuid16(), nullable=False),
            sa.Column("order_id", Uuid16(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("cancelled_by", BigInt, nullable=False),
            sa.Column("cancelled_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["mandate_id", "order_id"],
                ["order_mandate.id", "order_mandate.order_id"],
                name="mandate_cancellation_names_its_order",
            ),
            sa.ForeignKeyConstraint(
                ["cancelled_by"], ["agent.id"], name="mandate_was_cancelled_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("mandate_id", name="mandate_is_cancelled_once"),
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
            sa.UniqueConstraint(
                "id", "size", "vintage_id", name="booklet_names_its_size_and_vintage"
            ),
            sa.UniqueConstraint("cover_hash", name="booklet_cover_is_one_booklet"),
            sa.UniqueConstraint("vintage_id", "first_serial", name="booklet_serial_is_one_booklet"),
            sa.UniqueConstraint("vintage_id", "number", name="booklet_number_is_one_booklet"),
            sqlite_strict=True,
        )
        write_once(*WRITTEN_ONCE)
        for rule, (table, when) in REFUSED.items():
            refuse_insert(rule, table, when=when)


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in (
            "booklet",
            "activation",
            "order_mandate_cancellation",
            "order_mandate",
            "delivery_range",
            "delivery",
            "serial_allotment",
            "order_dispatch",
            "order_approval",
            "order_cancellation",
            "order_plan_stock",
            "order_plan_line",
            "order_plan",
            "order_line",
            "booklet_order",
        ):
            op.drop_table(table)
        for rule in REFUSED:
            drop_refusal(rule)
