"""Files of serials and what of them was put aside; counts of a cupboard. Written once."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Model, Record, UtcDateTime, Uuid16
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
