"""Oppositions and destructions. Written once.

Which passes an opposition blocked is told by its movements: the posting has its id. Kept here is
what no movement says: who declared it in what quality, and the passes that came too late.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Day, Model, Record, UtcDateTime, Uuid16
from app.losses.rules import (
    FINDINGS,
    BlockCause,
    Declarant,
    WriteOffKind,
)


def among(column: str, values: Iterable[StrEnum]) -> str:
    """The condition that a column holds one of these values."""
    return f"{column} in ({', '.join(repr(str(value)) for value in values)})"


class Block(Record):
    """An opposition: passes declared lost, stolen, damaged or suspect, refused from that moment."""

    __tablename__ = "voucher_block"
    __table_args__ = (
        CheckConstraint(among("declarant", Declarant), name="block_declarant_is_known"),
        CheckConstraint(among("cause", BlockCause), name="block_cause_is_known"),
        CheckConstraint("happened_on <= declared_on", name="block_is_declared_after_the_loss"),
        CheckConstraint("length(complaint) between 1 and 80", name="block_complaint_has_a_name"),
        UniqueConstraint("number", name="block_number_is_one_block"),
        Index("voucher_block_by_organisation", "organisation_id"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="block_is_declared_by_an_organisation")
    )
    declarant: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    happened_on: Mapped[date] = mapped_column(Day)
    complaint: Mapped[str | None] = mapped_column(Text)
    declared_on: Mapped[date] = mapped_column(Day)
    declared_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="block_was_declared_by_an_agent")
    )
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BlockFinding(Model):
    """A pass that an opposition named and could not block, and where it rested then."""

    __tablename__ = "block_finding"
    __table_args__ = (
        CheckConstraint(among("found", FINDINGS), name="block_finding_is_known"),
        {"sqlite_strict": True},
    )

    block_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("voucher_block.id", name="finding_is_of_a_block"), primary_key=True
    )
    voucher_id: Mapped[int] = mapped_column(
        BigInt,
        ForeignKey("voucher.id", name="finding_is_about_a_voucher"),
        primary_key=True,
        autoincrement=False,
    )
    found: Mapped[str] = mapped_column(Text)


class BlockLift(Record):
    """An opposition lifted, whole or in part: the passes are back where they were."""

    __tablename__ = "block_lift"
    __table_args__ = (
        CheckConstraint("length(reason) between 1 and 200", name="block_is_lifted_for_a_reason"),
        Index("block_lift_by_block", "block_id"),
        {"sqlite_strict": True},
    )

    block_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("voucher_block.id", name="lift_is_of_a_block")
    )
    reason: Mapped[str] = mapped_column(Text)
    lifted_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="block_was_lifted_by_an_agent")
    )
    lifted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WriteOff(Record):
    """Passes or spoiled paper to be destroyed, by a procès-verbal: prepared by one."""

    __tablename__ = "write_off"
    __table_args__ = (
        CheckConstraint(among("kind", WriteOffKind), name="write_off_kind_is_known"),
        CheckConstraint(
            "(kind = 'misprints') = (print_batch_id is not null)",
            name="write_off_of_misprints_names_the_reprint",
        ),
        CheckConstraint("length(reason) between 1 and 200", name="write_off_says_why"),
        UniqueConstraint("number", name="write_off_number_is_one_write_off"),
        UniqueConstraint("id", "prepared_by", name="write_off_names_its_preparer"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    print_batch_id: Mapped[UUID | None] = mapped_column(
        Uuid16, ForeignKey("print_batch.id", name="write_off_names_a_print_batch")
    )
    reason: Mapped[str] = mapped_column(Text)
    prepared_on: Mapped[date] = mapped_column(Day)
    prepared_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="write_off_was_prepared_by_an_agent")
    )
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WriteOffRange(Model):
    """Neighbouring passes that a procès-verbal destroys."""

    __tablename__ = "write_off_range"
    __table_args__ = (
        CheckConstraint("last_voucher_id >= first_voucher_id", name="write_off_range_is_not_empty"),
        {"sqlite_strict": True},
    )

    write_off_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("write_off.id", name="range_is_of_a_write_off"), primary_key=True
    )
    first_voucher_id: Mapped[int] = mapped_column(
        BigInt,
        ForeignKey("voucher.id", name="write_off_begins_with_a_voucher"),
        primary_key=True,
        autoincrement=False,
    )
    last_voucher_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("voucher.id", name="write_off_ends_with_a_voucher")
    )


class WriteOffApproval(Model):
    """Another person counted the same, saw it destroyed, and says so."""

    __tablename__ = "write_off_approval"
    __table_args__ = (
        ForeignKeyConstraint(
            ["write_off_id", "prepared_by"],
            ["write_off.id", "write_off.prepared_by"],
            name="write_off_approval_names_the_preparer",
        ),
        CheckConstraint("approved_by <> prepared_by", name="write_off_is_approved_by_another"),
        {"sqlite_strict": True},
    )

    write_off_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    prepared_by: Mapped[int] = mapped_column(BigInt)
    approved_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="write_off_was_approved_by_an_agent")
    )
    approved_on: Mapped[date] = mapped_column(Day)
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WriteOffAbandonment(Record):
    """A destruction given up before anybody approved it: its passes are free for another."""

    __tablename__ = "write_off_abandonment"
    __table_args__ = (
        CheckConstraint(
            "length(reason) between 1 and 200", name="write_off_is_abandoned_for_a_reason"
        ),
        UniqueConstraint("write_off_id", name="write_off_is_abandoned_once"),
        {"sqlite_strict": True},
    )

    write_off_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("write_off.id", name="abandonment_is_of_a_write_off")
    )
    reason: Mapped[str] = mapped_column(Text)
    abandoned_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="write_off_was_abandoned_by_an_agent")
    )
    abandoned_at: Mapped[datetime] = mapped_column(UtcDateTime)
