"""Orders, deliveries, mandates and activations. Written once: a state is which rows exist."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Day, Model, Record, UtcDateTime, Uuid16
from app.programmes.models import PAYERS, PUBLICS


class BookletOrder(Record):
    """An order of booklets of one vintage, as prepared, with what it costs.

    Its fee is a share of the face value that the order pays, rounded half up. What is counted
    here is compared with its lines when somebody approves it: order_total_is_the_sum_of_its_lines.
    What ends with its vintage is refused by a trigger on each table of its orders: migration 0037.
    """

    __tablename__ = "booklet_order"
    __table_args__ = (
        ForeignKeyConstraint(
            ["vintage_id", "programme_id"],
            ["vintage_terms.vintage_id", "vintage_terms.programme_id"],
            name="order_is_of_a_vintage_of_its_programme",
        ),
        ForeignKeyConstraint(
            ["vintage_id", "face_value_cents"],
            ["vintage.id", "vintage.face_value_cents"],
            name="order_is_at_the_vintages_face_value",
        ),
        CheckConstraint(f"payer in ({PAYERS})", name="order_payer_is_known"),
        CheckConstraint("fee_basis_points between 0 and 10000", name="order_fee_is_a_share"),
        CheckConstraint(
            "fee_cents = case when payer = 'issuer'"
            " then (voucher_count * face_value_cents * fee_basis_points + 5000) / 10000"
            " else 0 end",
            name="order_fee_is_rounded_half_up",
        ),
        UniqueConstraint("number", name="order_number_is_one_order"),
        UniqueConstraint("id", "prepared_by", name="order_names_its_preparer"),
        UniqueConstraint("id", "vintage_id", name="order_names_its_vintage"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text)
    programme_id: Mapped[UUID] = mapped_column(Uuid16)
    vintage_id: Mapped[int] = mapped_column(Integer)
    payer: Mapped[str] = mapped_column(Text)
    face_value_cents: Mapped[int] = mapped_column(Integer)
    voucher_count: Mapped[int] = mapped_column(BigInt)
    printing_cents: Mapped[int] = mapped_column(BigInt)
    fee_basis_points: Mapped[int] = mapped_column(Integer)
    fee_cents: Mapped[int] = mapped_column(BigInt)
    market_number: Mapped[str | None] = mapped_column(Text)
    engagement_number: Mapped[str | None] = mapped_column(Text)
    service_code: Mapped[str | None] = mapped_column(Text)
    deliver_to: Mapped[str | None] = mapped_column(Text)
    expected_on: Mapped[date | None] = mapped_column(Day)
    prepared_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="order_was_prepared_by_an_agent")
    )
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrderLine(Model):
    """So many booklets of 5 or of 10, at a price for each booklet."""

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("booklet_size in (5, 10)", name="order_line_is_in_booklets_of_5_or_10"),
        CheckConstraint(
            "booklet_count between 1 and 100000", name="order_line_is_of_some_booklets"
        ),
        CheckConstraint("unit_price_cents >= 0", name="order_line_price_is_not_negative"),
        {"sqlite_strict": True},
    )

    order_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("booklet_order.id", name="order_line_is_an_orders"), primary_key=True
    )
    booklet_size: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    booklet_count: Mapped[int] = mapped_column(Integer)
    unit_price_cents: Mapped[int] = mapped_column(BigInt)


class OrderPlan(Model):
    """An order that the planner proposed: what was measured on that day, beside the plan."""

    __tablename__ = "order_plan"
    __table_args__ = (
        CheckConstraint(
            "issued_count >= 0 and redeemed_count >= 0 and coalesce(delay_days, 0) >= 0",
            name="order_plan_measures_are_not_negative",
        ),
        {"sqlite_strict": True},
    )

    order_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("booklet_order.id", name="order_plan_is_an_orders"), primary_key=True
    )
    issued_count: Mapped[int] = mapped_column(BigInt)
    redeemed_count: Mapped[int] = mapped_column(BigInt)
    delay_days: Mapped[int | None] = mapped_column(Integer)


class OrderPlanLine(Model):
    """So many people of a public, and the booklets that each of them receives."""

    __tablename__ = "order_plan_line"
    __table_args__ = (
        CheckConstraint(f"public in ({PUBLICS})", name="order_plan_public_is_known"),
        CheckConstraint(
            "person_count between 1 and 1000000", name="order_plan_line_is_of_some_people"
        ),
        CheckConstraint(
            "booklet_size in (5, 10)", name="order_plan_line_is_in_booklets_of_5_or_10"
        ),
        CheckConstraint("booklet_count between 1 and 20", name="order_plan_line_is_a_few_booklets"),
        {"sqlite_strict": True},
    )

    order_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("order_plan.order_id", name="order_plan_line_is_a_plans"),
        primary_key=True,
    )
    public: Mapped[str] = mapped_column(Text, primary_key=True)
    person_count: Mapped[int] = mapped_column(Integer)
    booklet_size: Mapped[int] = mapped_column(Integer)
    booklet_count: Mapped[int] = mapped_column(Integer)


class OrderPlanStock(Model):
    """Booklets of one size that were there, or expected, when the order was planned."""

    __tablename__ = "order_plan_stock"
    __table_args__ = (
        CheckConstraint(
            "booklet_size in (5, 10)", name="order_plan_stock_is_in_booklets_of_5_or_10"
        ),
        CheckConstraint(
            "active_count >= 0 and inert_count >= 0 and expected_count >= 0"
            " and prepared_count >= 0",
            name="order_plan_stock_is_not_negative",
        ),
        {"sqlite_strict": True},
    )

    order_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("order_plan.order_id", name="order_plan_stock_is_a_plans"),
        primary_key=True,
    )
    booklet_size: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    active_count: Mapped[int] = mapped_column(BigInt)
    inert_count: Mapped[int] = mapped_column(BigInt)
    expected_count: Mapped[int] = mapped_column(BigInt)
    prepared_count: Mapped[int] = mapped_column(BigInt)


class OrderCancellation(Record):
    """An order that never left is given up, for that reason.

    Triggers keep the two ways apart: a sent order is not cancelled, a cancelled one is neither
    approved, nor sent, nor mandated.
    """

    __tablename__ = "order_cancellation"
    __table_args__ = (
        CheckConstraint("length(reason) between 1 and 200", name="order_cancellation_has_a_reason"),
        UniqueConstraint("order_id", name="order_is_cancelled_once"),
        {"sqlite_strict": True},
    )

    order_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("booklet_order.id", name="order_cancellation_is_an_orders")
    )
    reason: Mapped[str] = mapped_column(Text)
    cancelled_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="order_was_cancelled_by_an_agent")
    )
    cancelled_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrderApproval(Model):
    """Somebody else than the preparer approved the order."""

    __tablename__ = "order_approval"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order_id", "prepared_by"],
            ["booklet_order.id", "booklet_order.prepared_by"],
            name="order_approval_names_the_preparer",
        ),
        CheckConstraint("approved_by <> prepared_by", name="order_is_approved_by_another"),
        UniqueConstraint("order_id", "approved_on", name="order_approval_names_its_day"),
        {"sqlite_strict": True},
    )

    order_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    prepared_by: Mapped[int] = mapped_column(BigInt)
    approved_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="order_was_approved_by_an_agent")
    )
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_on: Mapped[date] = mapped_column(Day)


class OrderDispatch(Model):
    """The approved order left for the issuer."""

    __tablename__ = "order_dispatch"
    __table_args__ = ({"sqlite_strict": True},)

    order_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("order_approval.order_id", name="order_is_sent_once_approved"),
        primary_key=True,
    )
    sent_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="order_was_sent_by_an_agent")
    )
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SerialAllotment(Model):
    """The serial numbers that a sent order may bring: each follows the last one of its vintage.

    `follows` is the last serial of the allotment before, 0 for the first: with the two unique
    keys it makes a chain without a gap and without an overlap.
    """

    __tablename__ = "serial_allotment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order_id", "vintage_id"],
            ["booklet_order.id", "booklet_order.vintage_id"],
            name="allotment_is_of_the_orders_vintage",
        ),
        ForeignKeyConstraint(
            ["order_id", "booklet_size"],
            ["order_line.order_id", "order_line.booklet_size"],
            name="allotment_is_of_an_order_line",
        ),
        ForeignKeyConstraint(
            ["vintage_id", "follows_serial", "follows_booklet"],
            [
                "serial_allotment.vintage_id",
                "serial_allotment.last_serial",
                "serial_allotment.last_booklet",
            ],
            name="allotment_follows_the_last_one",
        ),
        ForeignKeyConstraint(
            ["order_id"], ["order_dispatch.order_id"], name="allotment_is_of_a_sent_order"
        ),
        CheckConstraint(
            "first_serial = coalesce(follows_serial, 0) + 1"
            " and first_booklet = coalesce(follows_booklet, 0) + 1",
            name="allotment_leaves_no_gap",
        ),
        CheckConstraint(
            "last_serial - first_serial + 1 = (last_booklet - first_booklet + 1) * booklet_size"
            " and last_booklet >= first_booklet",
            name="allotment_is_whole_booklets",
        ),
        CheckConstraint("last_booklet <= 999999", name="allotment_stays_within_six_digits"),
        UniqueConstraint(
            "vintage_id", "first_serial", name="allotment_first_serial_is_one_allotment"
        ),
        UniqueConstraint(
            "vintage_id",
            "last_serial",
            "last_booklet",
            name="allotment_last_serial_is_one_allotment",
        ),
        UniqueConstraint(
            "order_id",
            "booklet_size",
            "vintage_id",
            "first_serial",
            "last_serial",
            "first_booklet",
            name="allotment_names_its_serials",
        ),
        {"sqlite_strict": True},
    )

    order_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    booklet_size: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    vintage_id: Mapped[int] = mapped_column(Integer)
    follows_serial: Mapped[int | None] = mapped_column(BigInt)
    follows_booklet: Mapped[int | None] = mapped_column(BigInt)
    first_serial: Mapped[int] = mapped_column(BigInt)
    last_serial: Mapped[int] = mapped_column(BigInt)
    first_booklet: Mapped[int] = mapped_column(BigInt)
    last_booklet: Mapped[int] = mapped_column(BigInt)


class Delivery(Record):
    """Booklets that arrived, counted serial by serial; recording it confirms it."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("number", name="delivery_number_is_one_delivery"),
        UniqueConstraint("id", "order_id", name="delivery_names_its_order"),
        Index("delivery_by_order", "order_id"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text)
    order_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("order_dispatch.order_id", name="delivery_is_of_a_sent_order")
    )
    received_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="delivery_was_received_by_an_agent")
    )
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DeliveryRange(Model):
    """Consecutive serials that arrived, inside what was allotted, whole booklets only."""

    __tablename__ = "delivery_range"
    __table_args__ = (
        ForeignKeyConstraint(
            ["delivery_id", "order_id"],
            ["delivery.id", "delivery.order_id"],
            name="delivery_range_is_of_the_deliverys_order",
        ),
        ForeignKeyConstraint(
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
        CheckConstraint(
            "first_serial >= allotted_first and last_serial <= allotted_last"
            " and last_serial >= first_serial",
            name="delivery_range_lies_in_its_allotment",
        ),
        CheckConstraint(
            "(first_serial - allotted_first) % booklet_size = 0"
            " and (last_serial + 1 - allotted_first) % booklet_size = 0",
            name="delivery_range_is_whole_booklets",
        ),
        UniqueConstraint("vintage_id", "first_serial", name="delivery_range_arrives_once"),
        Index("delivery_range_by_order", "order_id"),
        {"sqlite_strict": True},
    )

    delivery_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    first_serial: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    last_serial: Mapped[int] = mapped_column(BigInt)
    order_id: Mapped[UUID] = mapped_column(Uuid16)
    booklet_size: Mapped[int] = mapped_column(Integer)
    vintage_id: Mapped[int] = mapped_column(Integer)
    allotted_first: Mapped[int] = mapped_column(BigInt)
    allotted_last: Mapped[int] = mapped_column(BigInt)
    allotted_booklet: Mapped[int] = mapped_column(BigInt)
    first_voucher_id: Mapped[int] = mapped_column(BigInt)


class OrderMandate(Record):
    """The public accountant was ordered to pay so much of an order, under that mandat number.

    That a number is used once a year and sponsor, by orders and by statements together, is a
    trigger: mandate_number_is_used_once.
    """

    __tablename__ = "order_mandate"
    __table_args__ = (
        ForeignKeyConstraint(
            ["order_id", "approved_on"],
            ["order_approval.order_id", "order_approval.approved_on"],
            name="mandate_is_of_an_approved_order",
        ),
        CheckConstraint("amount_cents > 0", name="mandate_amount_is_some_money"),
        CheckConstraint("issued_on >= approved_on", name="mandate_is_not_before_the_approval"),
        UniqueConstraint("id", "order_id", name="mandate_names_its_order"),
        Index("order_mandate_by_order", "order_id"),
        Index("order_mandate_by_number", "mandate_number"),
        {"sqlite_strict": True},
    )

    order_id: Mapped[UUID] = mapped_column(Uuid16)
    approved_on: Mapped[date] = mapped_column(Day)
    mandate_number: Mapped[str] = mapped_column(Text)
    issued_on: Mapped[date] = mapped_column(Day)
    amount_cents: Mapped[int] = mapped_column(BigInt)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="mandate_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OrderMandateCancellation(Record):
    """A mandat was recorded wrongly, or given up: it covers nothing any more, and says why.

    That what is active stays covered without it is a trigger: cancelled_mandate_covers_nothing.
    """

    __tablename__ = "order_mandate_cancellation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["mandate_id", "order_id"],
            ["order_mandate.id", "order_mandate.order_id"],
            name="mandate_cancellation_names_its_order",
        ),
        UniqueConstraint("mandate_id", name="mandate_is_cancelled_once"),
        {"sqlite_strict": True},
    )

    mandate_id: Mapped[UUID] = mapped_column(Uuid16)
    order_id: Mapped[UUID] = mapped_column(Uuid16)
    reason: Mapped[str] = mapped_column(Text)
    cancelled_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="mandate_was_cancelled_by_an_agent")
    )
    cancelled_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Activation(Record):
    """A whole delivery became usable: what it costs is covered by the order's mandates.

    That it costs what its delivery brought, and that the activations of an order with its fee
    never cost more than its mandates, are triggers too: activation_costs_what_it_brings and
    activation_is_covered_by_mandates.
    """

    __tablename__ = "activation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["delivery_id", "order_id"],
            ["delivery.id", "delivery.order_id"],
            name="activation_is_of_a_confirmed_delivery",
        ),
        UniqueConstraint("delivery_id", name="delivery_is_activated_once"),
        {"sqlite_strict": True},
    )

    delivery_id: Mapped[UUID] = mapped_column(Uuid16)
    order_id: Mapped[UUID] = mapped_column(Uuid16)
    cost_cents: Mapped[int] = mapped_column(BigInt)
    activated_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="activation_was_made_by_an_agent")
    )
    activated_at: Mapped[datetime] = mapped_column(UtcDateTime)
