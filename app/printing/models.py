"""What was printed: batches and their files, written once; and looks at codes nothing bears."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Flag, JsonText, Model, Record, UtcDateTime, Uuid16
from app.printing.rules import PrintKind

KINDS = ", ".join(f"'{kind}'" for kind in PrintKind)


class PrintBatch(Record):
    """Booklets of a sent order that left for the printer, once or once more.

    `edition` is what they say beside their numbers, frozen: the same file can be made again. That
    they are the order's, and that printing again has a reason, are also triggers:
    print_batch_is_of_its_orders_booklets and print_batch_again_says_why.
    """

    __tablename__ = "print_batch"
    __table_args__ = (
        CheckConstraint(f"kind in ({KINDS})", name="print_batch_kind_is_known"),
        CheckConstraint(
            "first_booklet >= 1 and last_booklet >= first_booklet",
            name="print_batch_is_some_booklets",
        ),
        CheckConstraint(
            "reason is null or length(reason) between 1 and 200", name="print_batch_reason_is_said"
        ),
        UniqueConstraint("number", name="print_batch_number_is_one_batch"),
        Index("print_batch_by_order", "order_id", "first_booklet"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text)
    order_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("order_dispatch.order_id", name="print_batch_is_of_a_sent_order")
    )
    kind: Mapped[str] = mapped_column(Text)
    large: Mapped[bool] = mapped_column(Flag)
    first_booklet: Mapped[int] = mapped_column(Integer)
    last_booklet: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(Text)
    edition: Mapped[dict[str, Any]] = mapped_column(JsonText)
    printed_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="print_batch_was_made_by_an_agent")
    )
    printed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PrintFile(Model):
    """One file of a batch, by its SHA-256."""

    __tablename__ = "print_file"
    __table_args__ = (
        CheckConstraint(
            "first_booklet >= 1 and last_booklet >= first_booklet",
            name="print_file_is_some_booklets",
        ),
        CheckConstraint("length(sha256) = 32", name="print_file_has_a_fingerprint"),
        {"sqlite_strict": True},
    )

    batch_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("print_batch.id", name="print_file_is_a_batches"), primary_key=True
    )
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first_booklet: Mapped[int] = mapped_column(Integer)
    last_booklet: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[bytes] = mapped_column(Bytes)


class PublicLook(Model):
    """Somebody without an account asked for a code that nothing bears; from where, as a hash."""

    __tablename__ = "public_look"
    __table_args__ = (
        Index("public_look_by_address", "address_hash", "looked_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    address_hash: Mapped[bytes] = mapped_column(Bytes)
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime)
