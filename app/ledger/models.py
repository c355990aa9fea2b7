"""The ledger's tables as they are read. Only app.ledger.service writes them, by inserting.

The tables themselves, with the triggers that keep their promises, are in
migrations/sql/ledger_sqlite.sql and ledger_postgresql.sql. Those of the snapshots, which are
derived from them, are in migration 0015.
"""

from datetime import date, datetime
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

from app.database import BigInt, Bytes, Day, Model, UtcDateTime, Uuid16

BY_SQL = {"info": {"made_by": "sql"}}
"""Tables that Alembic's comparison passes over: a hand-written migration makes them."""


class Vintage(Model):
    """The passes of one face value and one validity; its terms are kept by app.programmes."""

    __tablename__ = "vintage"
    __table_args__ = BY_SQL

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    face_value_cents: Mapped[int] = mapped_column(Integer)


class AccountRow(Model):
    """A place where vouchers rest: its kind is their state."""

    __tablename__ = "account"
    __table_args__ = BY_SQL

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    party_id: Mapped[UUID] = mapped_column(Uuid16)
    counterparty_id: Mapped[UUID] = mapped_column(Uuid16)
    vintage_id: Mapped[int] = mapped_column(Integer, ForeignKey("vintage.id"))


class TransitionRow(Model):
    """One move that exists."""

    __tablename__ = "transition"
    __table_args__ = BY_SQL

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    from_account_kind: Mapped[str] = mapped_column(Text, primary_key=True)
    to_account_kind: Mapped[str] = mapped_column(Text, primary_key=True)


class Voucher(Model):
    """One pass and the account in which it rests."""

    __tablename__ = "voucher"
    __table_args__ = BY_SQL

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    vintage_id: Mapped[int] = mapped_column(Integer)
    serial: Mapped[int] = mapped_column(BigInt)
    booklet_id: Mapped[int] = mapped_column(BigInt)
    face_value_cents: Mapped[int] = mapped_column(Integer)
    code_hash: Mapped[bytes] = mapped_column(Bytes)
    account_id: Mapped[int] = mapped_column(Integer)
    sequence: Mapped[int] = mapped_column(Integer)
    last_movement_id: Mapped[int | None] = mapped_column(BigInt)


class Posting(Model):
    """One act: one or many movement lines, recorded at one instant."""

    __tablename__ = "posting"
    __table_args__ = BY_SQL

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    document_type: Mapped[str] = mapped_column(Text)
    document_id: Mapped[UUID] = mapped_column(Uuid16)
    actor_id: Mapped[int] = mapped_column(BigInt)
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Movement(Model):
    """One range of vouchers going from one account to another."""

    __tablename__ = "movement"
    __table_args__ = BY_SQL

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    posting_id: Mapped[UUID] = mapped_column(Uuid16, ForeignKey("posting.id"))
    kind: Mapped[str] = mapped_column(Text)
    first_id: Mapped[int] = mapped_column(BigInt)
    last_id: Mapped[int] = mapped_column(BigInt)
    voucher_count: Mapped[int] = mapped_column(Integer)
    span_bits: Mapped[int] = mapped_column(Integer)
    vintage_id: Mapped[int] = mapped_column(Integer)
    debit_account_id: Mapped[int] = mapped_column(Integer)
    debit_kind: Mapped[str] = mapped_column(Text)
    credit_account_id: Mapped[int] = mapped_column(Integer)
    credit_kind: Mapped[str] = mapped_column(Text)
    face_value_cents: Mapped[int] = mapped_column(Integer)
    amount_cents: Mapped[int] = mapped_column(BigInt)
    reverses_id: Mapped[int | None] = mapped_column(BigInt)


class Snapshot(Model):
    """The movements of one stretch of the journal, summed: see app.ledger.snapshots.

    A stretch begins after one movement and ends with another one. At level 0 it was read from the
    journal; above, it joins stretches of the level below. Of several generations the newest counts.
    """

    __tablename__ = "snapshot"
    __table_args__ = (
        CheckConstraint("generation >= 1", name="snapshot_generation_counts_from_1"),
        CheckConstraint("level between 0 and 30", name="snapshot_level_is_a_small_number"),
        CheckConstraint(
            "after_movement_id >= 0 and movement_count between 1 and"
            " last_movement_id - after_movement_id",
            name="snapshot_counts_the_movements_of_its_stretch",
        ),
        CheckConstraint(
            "sum_count between 1 and movement_count",
            name="snapshot_has_no_more_sums_than_movements",
        ),
        CheckConstraint(
            "recorded_from <= recorded_until and acted_from <= acted_until",
            name="snapshot_begins_before_it_ends",
        ),
        UniqueConstraint(
            "generation", "after_movement_id", "level", name="snapshot_of_a_stretch_is_one"
        ),
        UniqueConstraint("id", "sum_count", name="snapshot_names_how_many_sums_it_has"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    generation: Mapped[int] = mapped_column(Integer)
    level: Mapped[int] = mapped_column(Integer)
    after_movement_id: Mapped[int] = mapped_column(BigInt)
    last_movement_id: Mapped[int] = mapped_column(BigInt)
    movement_count: Mapped[int] = mapped_column(BigInt)
    sum_count: Mapped[int] = mapped_column(Integer)
    recorded_from: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_until: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the last of them was recorded: that instant is in it."""
    acted_from: Mapped[datetime] = mapped_column(UtcDateTime)
    acted_until: Mapped[datetime] = mapped_column(UtcDateTime)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SnapshotSum(Model):
    """Vouchers of a snapshot that went from one account to another by one kind of act, in a month.

    The sums of a snapshot are numbered, and it says how many it has: to one that is complete none
    can be added.
    """

    __tablename__ = "snapshot_sum"
    __table_args__ = (
        ForeignKeyConstraint(
            ["snapshot_id", "sum_count"],
            ["snapshot.id", "snapshot.sum_count"],
            name="snapshot_sum_is_one_of_so_many",
        ),
        ForeignKeyConstraint(
            ["debit_account_id", "debit_kind", "vintage_id"],
            ["account.id", "account.kind", "account.vintage_id"],
            name="snapshot_sum_debit_account",
        ),
        ForeignKeyConstraint(
            ["credit_account_id", "credit_kind", "vintage_id"],
            ["account.id", "account.kind", "account.vintage_id"],
            name="snapshot_sum_credit_account",
        ),
        ForeignKeyConstraint(
            ["kind", "debit_kind", "credit_kind"],
            ["transition.kind", "transition.from_account_kind", "transition.to_account_kind"],
            name="snapshot_sum_transition",
        ),
        CheckConstraint(
            "ordinal between 1 and sum_count", name="snapshot_sum_is_numbered_within_so_many"
        ),
        CheckConstraint("voucher_count >= 1", name="snapshot_sum_counts_vouchers"),
    )

    snapshot_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True)
    sum_count: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    vintage_id: Mapped[int] = mapped_column(Integer)
    debit_account_id: Mapped[int] = mapped_column(Integer)
    debit_kind: Mapped[str] = mapped_column(Text)
    credit_account_id: Mapped[int] = mapped_column(Integer)
    credit_kind: Mapped[str] = mapped_column(Text)
    acted_in: Mapped[date] = mapped_column(Day)
    """The first day of the month, in Martinique, in which it was done."""
    voucher_count: Mapped[int] = mapped_column(BigInt)
