"""The ledger's tables as they are read. Only app.ledger.service writes them, by inserting.

The tables themselves, with the triggers that keep their promises, are in
migrations/sql/ledger_sqlite.sql and ledger_postgresql.sql.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Model, UtcDateTime, Uuid16

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
