"""Programmes, entitlements and the terms of vintages. Written once."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Day, Model, Record, UtcDateTime, Uuid16
from app.programmes.rules import Payer, Public

PAYERS = ", ".join(f"'{payer}'" for payer in Payer)
PUBLICS = ", ".join(f"'{public}'" for public in Public)


class Programme(Record):
    """One funded deployment."""

    __tablename__ = "programme"
    __table_args__ = (
        CheckConstraint(f"payer in ({PAYERS})", name="programme_payer_is_known"),
        CheckConstraint("length(name) between 1 and 200", name="programme_has_a_name"),
        {"sqlite_strict": True},
    )

    name: Mapped[str] = mapped_column(Text)
    payer: Mapped[str] = mapped_column(Text)
    sponsor_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="programme_has_a_sponsor")
    )
    issuer_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="programme_has_an_issuer")
    )
    created_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="programme_was_made_by_an_agent")
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Entitlement(Model):
    """How many booklets of which size one person of a public may receive in a programme."""

    __tablename__ = "entitlement"
    __table_args__ = (
        CheckConstraint(f"public in ({PUBLICS})", name="entitlement_public_is_known"),
        CheckConstraint("booklet_size in (5, 10)", name="entitlement_is_in_booklets_of_5_or_10"),
        CheckConstraint("booklet_count between 1 and 20", name="entitlement_is_a_few_booklets"),
        UniqueConstraint(
            "programme_id",
            "public",
            "booklet_size",
            "booklet_count",
            name="entitlement_names_its_size_and_count",
        ),
        {"sqlite_strict": True},
    )

    programme_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("programme.id", name="entitlement_is_a_programmes"), primary_key=True
    )
    public: Mapped[str] = mapped_column(Text, primary_key=True)
    booklet_size: Mapped[int] = mapped_column(Integer)
    booklet_count: Mapped[int] = mapped_column(Integer)


class VintageTerms(Model):
    """What a vintage of the ledger is called, when it serves, and which key makes its codes."""

    __tablename__ = "vintage_terms"
    __table_args__ = (
        UniqueConstraint("label", name="vintage_label_is_one_vintage"),
        UniqueConstraint("vintage_id", "programme_id", name="vintage_names_its_programme"),
        UniqueConstraint(
            "vintage_id",
            "valid_from",
            "valid_until",
            "last_redemption_on",
            name="vintage_names_its_days",
        ),
        CheckConstraint("length(label) = 3", name="vintage_label_is_two_digits_and_a_letter"),
        CheckConstraint("valid_until >= valid_from", name="vintage_ends_after_it_begins"),
        CheckConstraint(
            "last_redemption_on >= valid_until", name="vintage_tolerance_comes_after_its_end"
        ),
        {"sqlite_strict": True},
    )

    vintage_id: Mapped[int] = mapped_column(
        Integer,
        ForeignKey("vintage.id", name="vintage_terms_are_a_vintages"),
        primary_key=True,
        autoincrement=False,
    )
    request_hash: Mapped[bytes] = mapped_column(Bytes)
    programme_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("programme.id", name="vintage_is_a_programmes")
    )
    label: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_until: Mapped[date] = mapped_column(Day)
    tolerance_days: Mapped[int] = mapped_column(Integer)
    last_redemption_on: Mapped[date] = mapped_column(Day)
    key_fingerprint: Mapped[bytes] = mapped_column(Bytes)
    created_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="vintage_was_made_by_an_agent")
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DocumentCounter(Model):
    """The last number given to a kind of document in a year; the next taker waits for its turn."""

    __tablename__ = "document_counter"
    __table_args__ = (
        CheckConstraint("last_number > 0", name="document_counter_counts_from_one"),
        {"sqlite_strict": True},
    )

    prefix: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last_number: Mapped[int] = mapped_column(Integer)


class DemonstrationMark(Model):
    """One row, for ever, once this database has held demonstration data: SPÉCIMEN on every page."""

    __tablename__ = "demonstration_mark"
    __table_args__ = (
        CheckConstraint("id = 1", name="demonstration_mark_is_one_row"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime)
