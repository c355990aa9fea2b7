"""Opening balances: the procès-verbal, its lots, the codes that came with it. Written once."""

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

from app.database import BigInt, Bytes, Day, Flag, Model, Record, UtcDateTime, Uuid16
from app.takeover.rules import Place

PLACES = ", ".join(f"'{place}'" for place in Place)


class Takeover(Record):
    """What lay where on a day, counted by one person; another approves before it counts."""

    __tablename__ = "takeover"
    __table_args__ = (
        UniqueConstraint("number", name="takeover_number_is_one_takeover"),
        UniqueConstraint("file_hash", name="takeover_file_is_taken_over_once"),
        UniqueConstraint(
            "id", "prepared_by", "voucher_count", name="takeover_names_its_preparer_and_total"
        ),
        CheckConstraint("length(file_hash) = 32", name="takeover_file_hash_is_a_digest"),
        CheckConstraint("voucher_count >= 0", name="takeover_counts_passes"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text)
    programme_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("programme.id", name="takeover_is_a_programmes")
    )
    file_hash: Mapped[bytes] = mapped_column(Bytes)
    counted_on: Mapped[date] = mapped_column(Day)
    voucher_count: Mapped[int] = mapped_column(BigInt)
    prepared_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="takeover_was_prepared_by_an_agent")
    )
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TakeoverLot(Model):
    """Booklets of one line of the file: consecutive numbers, one size, one place."""

    __tablename__ = "takeover_lot"
    __table_args__ = (
        Index("takeover_lot_by_vintage", "vintage_id"),
        CheckConstraint(f"place in ({PLACES})", name="lot_place_is_known"),
        CheckConstraint(
            "1 <= first_booklet and first_booklet <= last_booklet and last_booklet <= 999999",
            name="lot_is_of_some_booklets",
        ),
        CheckConstraint("booklet_size in (5, 10)", name="lot_is_in_booklets_of_5_or_10"),
        CheckConstraint(
            "(holder_id is not null) = (place in ('prescriber', 'circulation'))",
            name="lot_has_a_holder_out_of_the_cupboard",
        ),
        CheckConstraint(
            "used_places = 0 or place = 'circulation' and first_booklet = last_booklet"
            " and used_places between 1 and case booklet_size when 5 then 31 else 1023 end",
            name="lot_begun_is_one_booklet_with_a_person",
        ),
        {"sqlite_strict": True},
    )

    takeover_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("takeover.id", name="lot_is_of_a_takeover"), primary_key=True
    )
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    vintage_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("vintage_terms.vintage_id", name="lot_is_of_a_vintage")
    )
    first_booklet: Mapped[int] = mapped_column(Integer)
    last_booklet: Mapped[int] = mapped_column(Integer)
    booklet_size: Mapped[int] = mapped_column(Integer)
    place: Mapped[str] = mapped_column(Text)
    holder_id: Mapped[UUID | None] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="lot_is_with_an_organisation")
    )
    codes_in_file: Mapped[bool] = mapped_column(Flag)
    used_places: Mapped[int] = mapped_column(Integer)
    """The passes used before passnum: bit 0 is the first of the booklet."""


class TakeoverCode(Model):
    """The hash of a code that somebody else printed."""

    __tablename__ = "takeover_code"
    __table_args__ = (
        CheckConstraint("length(code_hash) = 32", name="taken_code_is_a_digest"),
        UniqueConstraint("takeover_id", "code_hash", name="taken_code_is_one_pass"),
        {"sqlite_strict": True},
    )

    takeover_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("takeover.id", name="taken_code_is_of_a_takeover"), primary_key=True
    )
    vintage_id: Mapped[int] = mapped_column(
        Integer,
        ForeignKey("vintage_terms.vintage_id", name="taken_code_is_of_a_vintage"),
        primary_key=True,
        autoincrement=False,
    )
    serial: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    code_hash: Mapped[bytes] = mapped_column(Bytes)


class TakeoverRefusal(Record):
    """Set aside before it was approved, with a reason: nothing of it comes in."""

    __tablename__ = "takeover_refusal"
    __table_args__ = (
        UniqueConstraint("takeover_id", name="takeover_is_refused_once"),
        CheckConstraint("length(reason) between 1 and 200", name="takeover_refusal_has_a_reason"),
        {"sqlite_strict": True},
    )

    takeover_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("takeover.id", name="refusal_is_of_a_takeover")
    )
    reason: Mapped[str] = mapped_column(Text)
    refused_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="takeover_was_refused_by_an_agent")
    )
    refused_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TakeoverApproval(Model):
    """Another person counted too, read the same total, and signed: the balances are open."""

    __tablename__ = "takeover_approval"
    __table_args__ = (
        ForeignKeyConstraint(
            ["takeover_id", "prepared_by", "voucher_count"],
            ["takeover.id", "takeover.prepared_by", "takeover.voucher_count"],
            name="takeover_approval_names_the_total",
        ),
        CheckConstraint("approved_by <> prepared_by", name="takeover_is_approved_by_another"),
        {"sqlite_strict": True},
    )

    takeover_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    prepared_by: Mapped[int] = mapped_column(BigInt)
    voucher_count: Mapped[int] = mapped_column(BigInt)
    approved_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="takeover_was_approved_by_an_agent")
    )
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)
