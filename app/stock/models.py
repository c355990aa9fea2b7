"""Files of serials and what of them was put aside; counts of a cupboard. Written once."""

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

from app.database import BigInt, Bytes, Day, Model, Record, UtcDateTime, Uuid16
from app.stock.file_rules import CodesFrom, Fault

CODES_FROM = ", ".join(f"'{one}'" for one in CodesFrom)
FAULTS = ", ".join(f"'{one}'" for one in Fault)


# ── Files of a printer ────────────────────────────────────────────────────────────────────────────


class SerialFile(Record):
    """A file of serials that came with booklets of an order, and what it came to.

    Its delivery is what it brought; that the two counts agree is also a trigger:
    serial_file_counts_what_arrived.
    """

    __tablename__ = "serial_file"
    __table_args__ = (
        ForeignKeyConstraint(
            ["delivery_id", "order_id"],
            ["delivery.id", "delivery.order_id"],
            name="serial_file_delivery_is_of_its_order",
        ),
        CheckConstraint("length(file_hash) = 32", name="serial_file_hash_is_a_digest"),
        CheckConstraint(f"codes_from in ({CODES_FROM})", name="serial_file_codes_are_known"),
        CheckConstraint(
            "row_count >= 1 and received_count >= 0 and quarantined_count >= 0"
            " and row_count = received_count + quarantined_count",
            name="serial_file_rows_add_up",
        ),
        CheckConstraint("missing_count >= 0", name="serial_file_misses_some_or_none"),
        CheckConstraint(
            "(delivery_id is not null) = (received_count > 0)",
            name="serial_file_brings_a_delivery_or_nothing",
        ),
        UniqueConstraint("number", name="serial_file_number_is_one_file"),
        UniqueConstraint(
            "order_id", "file_hash", "codes_from", name="serial_file_is_imported_once"
        ),
        UniqueConstraint("delivery_id", name="serial_file_delivery_is_one_files"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text)
    order_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("order_dispatch.order_id", name="serial_file_is_of_a_sent_order")
    )
    file_hash: Mapped[bytes] = mapped_column(Bytes)
    codes_from: Mapped[str] = mapped_column(Text)
    row_count: Mapped[int] = mapped_column(Integer)
    received_count: Mapped[int] = mapped_column(Integer)
    quarantined_count: Mapped[int] = mapped_column(Integer)
    missing_count: Mapped[int] = mapped_column(Integer)
    delivery_id: Mapped[UUID | None] = mapped_column(Uuid16)
    imported_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="serial_file_was_imported_by_an_agent")
    )
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)


class QuarantinedRow(Model):
    """A row of a file that was put aside, and why; what was written as its number, no code."""

    __tablename__ = "quarantined_row"
    __table_args__ = (
        CheckConstraint("line >= 1", name="quarantined_row_has_a_line"),
        CheckConstraint("length(typed) <= 40", name="quarantined_row_is_short"),
        CheckConstraint(f"fault in ({FAULTS})", name="quarantined_row_fault_is_known"),
        {"sqlite_strict": True},
    )

    file_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("serial_file.id", name="quarantined_row_is_of_a_file"), primary_key=True
    )
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    typed: Mapped[str] = mapped_column(Text)
    serial: Mapped[int | None] = mapped_column(BigInt)
    fault: Mapped[str] = mapped_column(Text)


class SerialGap(Model):
    """Serials between the first and the last of a file that it does not name."""

    __tablename__ = "serial_gap"
    __table_args__ = (
        CheckConstraint(
            "first_serial >= 1 and last_serial >= first_serial", name="serial_gap_is_some_serials"
        ),
        {"sqlite_strict": True},
    )

    file_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("serial_file.id", name="serial_gap_is_of_a_file"), primary_key=True
    )
    first_serial: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    last_serial: Mapped[int] = mapped_column(BigInt)


# ── Counts ────────────────────────────────────────────────────────────────────────────────────────


class StockCount(Record):
    """A count of the booklets of one holder, as they lay at the end of a day.

    Blind until it is closed: that nothing is entered or struck afterwards are triggers.
    """

    __tablename__ = "stock_count"
    __table_args__ = (
        UniqueConstraint("number", name="stock_count_number_is_one_count"),
        Index("stock_count_by_holder", "holder_id"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text)
    holder_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="stock_count_is_of_an_organisation")
    )
    counted_on: Mapped[date] = mapped_column(Day)
    opened_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="stock_count_was_opened_by_an_agent")
    )
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CountEntry(Record):
    """One go of a count: lines that somebody scanned or typed."""

    __tablename__ = "count_entry"
    __table_args__ = (
        Index("count_entry_by_count", "count_id"),
        {"sqlite_strict": True},
    )

    count_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("stock_count.id", name="count_entry_is_of_a_count")
    )
    entered_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="count_entry_was_made_by_an_agent")
    )
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CountedBooklets(Model):
    """A line of a go: booklets that lie there, or some passes of one of them."""

    __tablename__ = "counted_booklets"
    __table_args__ = (
        CheckConstraint(
            "1 <= first_number and first_number <= last_number and last_number <= 999999",
            name="counted_booklets_are_some",
        ),
        CheckConstraint(
            "(first_position is null and last_position is null) or (first_number = last_number"
            " and 1 <= first_position and first_position <= last_position and last_position <= 10)",
            name="counted_passes_are_of_one_booklet",
        ),
        {"sqlite_strict": True},
    )

    entry_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("count_entry.id", name="counted_booklets_are_of_a_go"), primary_key=True
    )
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    vintage_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("vintage_terms.vintage_id", name="counted_booklets_are_of_a_vintage")
    )
    first_number: Mapped[int] = mapped_column(Integer)
    last_number: Mapped[int] = mapped_column(Integer)
    first_position: Mapped[int | None] = mapped_column(Integer)
    last_position: Mapped[int | None] = mapped_column(Integer)


class CountCorrection(Record):
    """A line that was typed by mistake: it counts for nothing."""

    __tablename__ = "count_correction"
    __table_args__ = (
        ForeignKeyConstraint(
            ["entry_id", "place"],
            ["counted_booklets.entry_id", "counted_booklets.place"],
            name="count_correction_strikes_a_line",
        ),
        UniqueConstraint("entry_id", "place", name="counted_line_is_struck_once"),
        {"sqlite_strict": True},
    )

    entry_id: Mapped[UUID] = mapped_column(Uuid16)
    place: Mapped[int] = mapped_column(Integer)
    struck_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="counted_line_was_struck_by_an_agent")
    )
    struck_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CountClosing(Model):
    """The counter says that all is counted; only now is the theory read, as of `theory_at`."""

    __tablename__ = "count_closing"
    __table_args__ = (
        UniqueConstraint("count_id", "closed_by", name="count_closing_names_its_counter"),
        {"sqlite_strict": True},
    )

    count_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("stock_count.id", name="count_closing_is_of_a_count"), primary_key=True
    )
    theory_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="count_was_closed_by_an_agent")
    )
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CountTotalRow(Model):
    """One vintage of a closed count: expected, found, missing, in excess."""

    __tablename__ = "count_total"
    __table_args__ = (
        ForeignKeyConstraint(
            ["vintage_id", "face_value_cents"],
            ["vintage.id", "vintage.face_value_cents"],
            name="count_total_is_at_the_vintages_face_value",
        ),
        CheckConstraint(
            "theory_count >= 0 and counted_count >= 0 and missing_count >= 0 and excess_count >= 0",
            name="count_total_is_not_negative",
        ),
        CheckConstraint(
            "counted_count = theory_count - missing_count + excess_count",
            name="count_total_is_its_theory_and_its_differences",
        ),
        {"sqlite_strict": True},
    )

    count_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("count_closing.count_id", name="count_total_is_of_a_closed_count"),
        primary_key=True,
    )
    vintage_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    theory_count: Mapped[int] = mapped_column(BigInt)
    counted_count: Mapped[int] = mapped_column(BigInt)
    missing_count: Mapped[int] = mapped_column(BigInt)
    excess_count: Mapped[int] = mapped_column(BigInt)
    face_value_cents: Mapped[int] = mapped_column(Integer)


class CountDifference(Model):
    """Passes in one of the two only, and the account where they rest when the count is closed."""

    __tablename__ = "count_difference"
    __table_args__ = (
        ForeignKeyConstraint(
            ["count_id", "vintage_id"],
            ["count_total.count_id", "count_total.vintage_id"],
            name="count_difference_is_of_a_total",
        ),
        CheckConstraint("kind in ('missing', 'excess')", name="count_difference_kind_is_known"),
        CheckConstraint("last_voucher_id >= first_voucher_id", name="count_difference_is_of_some"),
        {"sqlite_strict": True},
    )

    count_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    first_voucher_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    last_voucher_id: Mapped[int] = mapped_column(BigInt)
    kind: Mapped[str] = mapped_column(Text)
    vintage_id: Mapped[int] = mapped_column(Integer)
    account_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("account.id", name="count_difference_rests_somewhere")
    )


class CountStranger(Model):
    """Booklets that were found and that no delivery ever brought."""

    __tablename__ = "count_stranger"
    __table_args__ = (
        CheckConstraint("last_number >= first_number", name="count_stranger_is_some_booklets"),
        {"sqlite_strict": True},
    )

    count_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("count_closing.count_id", name="count_stranger_is_of_a_closed_count"),
        primary_key=True,
    )
    vintage_id: Mapped[int] = mapped_column(
        Integer,
        ForeignKey("vintage_terms.vintage_id", name="count_stranger_is_of_a_vintage"),
        primary_key=True,
        autoincrement=False,
    )
    first_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(Integer)


class CountSignature(Model):
    """Another person saw the same and signs; one of the two is of the holder (a trigger too)."""

    __tablename__ = "count_signature"
    __table_args__ = (
        ForeignKeyConstraint(
            ["count_id", "closed_by"],
            ["count_closing.count_id", "count_closing.closed_by"],
            name="count_signature_names_the_counter",
        ),
        CheckConstraint("signed_by <> closed_by", name="count_is_signed_by_another"),
        {"sqlite_strict": True},
    )

    count_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    closed_by: Mapped[int] = mapped_column(BigInt)
    signed_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="count_was_signed_by_an_agent")
    )
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CountAbandonment(Record):
    """A count given up before it was closed: it compares nothing, and what was noted stays."""

    __tablename__ = "count_abandonment"
    __table_args__ = (
        CheckConstraint("length(reason) between 1 and 200", name="count_is_abandoned_for_a_reason"),
        UniqueConstraint("count_id", name="count_is_abandoned_once"),
        {"sqlite_strict": True},
    )

    count_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("stock_count.id", name="abandonment_is_of_a_count")
    )
    reason: Mapped[str] = mapped_column(Text)
    abandoned_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="count_was_abandoned_by_an_agent")
    )
    abandoned_at: Mapped[datetime] = mapped_column(UtcDateTime)
