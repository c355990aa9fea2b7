"""Booklets: passes with consecutive serials under one cover; their replacements. Written once."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Model, Uuid16


class Booklet(Model):
    """A booklet; its id is that of its first voucher, which is how the ledger knows its edges.

    Of the code on its cover only the hash is kept. A booklet taken over from before may have none.
    """

    __tablename__ = "booklet"
    __table_args__ = (
        CheckConstraint("size in (5, 10)", name="booklet_has_5_or_10_passes"),
        CheckConstraint(
            "number between 1 and 999999", name="booklet_number_has_six_digits_at_most"
        ),
        UniqueConstraint("vintage_id", "number", name="booklet_number_is_one_booklet"),
        UniqueConstraint("vintage_id", "first_serial", name="booklet_serial_is_one_booklet"),
        UniqueConstraint("id", "size", "vintage_id", name="booklet_names_its_size_and_vintage"),
        UniqueConstraint("cover_hash", name="booklet_cover_is_one_booklet"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    vintage_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("vintage_terms.vintage_id", name="booklet_is_of_a_vintage")
    )
    number: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)
    first_serial: Mapped[int] = mapped_column(BigInt)
    delivery_id: Mapped[UUID] = mapped_column(Uuid16)
    cover_hash: Mapped[bytes | None] = mapped_column(Bytes)


class ReplacedVoucher(Model):
    """The lineage, both ways: this pass is void, and that one stands for it.

    Written by app.losses, read by whoever counts what a person holds.
    """

    __tablename__ = "replaced_voucher"
    __table_args__ = (
        CheckConstraint("new_voucher_id <> old_voucher_id", name="pass_is_replaced_by_another"),
        UniqueConstraint("new_voucher_id", name="pass_replaces_one_pass"),
        Index("replaced_voucher_by_replacement", "replacement_id"),
        {"sqlite_strict": True},
    )

    old_voucher_id: Mapped[int] = mapped_column(
        BigInt,
        ForeignKey("voucher.id", name="replaced_pass_is_a_voucher"),
        primary_key=True,
        autoincrement=False,
    )
    new_voucher_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("voucher.id", name="replacing_pass_is_a_voucher")
    )
    replacement_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("replacement.id", name="replaced_pass_is_of_a_replacement")
    )
