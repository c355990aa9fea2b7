"""Passes replaced by others, one by one or with their whole vintage. Written once."""

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

from app.database import BigInt, Day, Flag, Record, UtcDateTime, Uuid16
from app.losses.models import among
from app.losses.rules import ReplacementCause, Source


class Compromise(Record):
    """The key of a vintage has leaked: withheld, and replaced by another of the same value."""

    __tablename__ = "vintage_compromise"
    __table_args__ = (
        ForeignKeyConstraint(
            ["vintage_id", "programme_id"],
            ["vintage_terms.vintage_id", "vintage_terms.programme_id"],
            name="compromised_vintage_is_of_the_programme",
        ),
        ForeignKeyConstraint(
            ["replacement_id", "programme_id"],
            ["vintage_terms.vintage_id", "vintage_terms.programme_id"],
            name="replacing_vintage_is_of_the_same_programme",
        ),
        ForeignKeyConstraint(
            ["vintage_id", "face_value_cents"],
            ["vintage.id", "vintage.face_value_cents"],
            name="compromise_names_the_face_value",
        ),
        ForeignKeyConstraint(
            ["replacement_id", "face_value_cents"],
            ["vintage.id", "vintage.face_value_cents"],
            name="replacing_vintage_has_the_same_face_value",
        ),
        CheckConstraint("replacement_id <> vintage_id", name="vintage_is_replaced_by_another"),
        CheckConstraint("length(reason) between 1 and 200", name="compromise_says_why"),
        UniqueConstraint("vintage_id", name="vintage_is_compromised_once"),
        {"sqlite_strict": True},
    )

    programme_id: Mapped[UUID] = mapped_column(Uuid16)
    vintage_id: Mapped[int] = mapped_column(Integer)
    replacement_id: Mapped[int] = mapped_column(Integer)
    face_value_cents: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    declared_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="compromise_was_declared_by_an_agent")
    )
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Replacement(Record):
    """Passes replaced after they were handed over: old ones void, as many new ones, in one act."""

    __tablename__ = "replacement"
    __table_args__ = (
        CheckConstraint(among("cause", ReplacementCause), name="replacement_cause_is_known"),
        CheckConstraint(among("source", Source), name="replacement_source_is_known"),
        CheckConstraint(
            "(cause = 'compromised') = (compromise_id is not null)",
            name="replacement_of_a_vintage_names_the_compromise",
        ),
        UniqueConstraint("number", name="replacement_number_is_one_replacement"),
        Index("replacement_by_prescriber", "prescriber_id"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text)
    prescriber_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="replacement_is_of_a_prescribers_passes")
    )
    source: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    free_of_charge: Mapped[bool] = mapped_column(Flag)
    compromise_id: Mapped[UUID | None] = mapped_column(
        Uuid16, ForeignKey("vintage_compromise.id", name="replacement_names_a_compromise")
    )
    replaced_on: Mapped[date] = mapped_column(Day)
    replaced_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="replacement_was_made_by_an_agent")
    )
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime)
