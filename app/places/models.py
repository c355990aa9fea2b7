"""Files of places, their rows, and which of them were taken into the directory. Written once."""

from datetime import datetime
from typing import Any
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

from app.database import BigInt, Bytes, JsonText, Model, Record, UtcDateTime, Uuid16
from app.places.rules import Verdict

VERDICTS = ", ".join(f"'{verdict}'" for verdict in Verdict)


class PlacesFile(Record):
    """A file of the national schema as it was read; places elsewhere are counted and not kept."""

    __tablename__ = "places_file"
    __table_args__ = (
        UniqueConstraint("file_hash", name="places_file_is_read_once"),
        CheckConstraint("length(file_hash) = 32", name="places_file_hash_is_a_digest"),
        CheckConstraint(
            "row_count >= 1 and elsewhere_count >= 0 and wrong_count >= 0"
            " and elsewhere_count + wrong_count <= row_count",
            name="places_file_rows_add_up",
        ),
        {"sqlite_strict": True},
    )

    file_hash: Mapped[bytes] = mapped_column(Bytes)
    row_count: Mapped[int] = mapped_column(Integer)
    elsewhere_count: Mapped[int] = mapped_column(Integer)
    wrong_count: Mapped[int] = mapped_column(Integer)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="places_file_was_read_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlacesRow(Model):
    """A row of such a file that is in the territory: its fields, or why it is put aside."""

    __tablename__ = "places_row"
    __table_args__ = (
        UniqueConstraint("file_id", "line", "verdict", name="places_row_names_its_verdict"),
        CheckConstraint(f"verdict in ({VERDICTS})", name="places_row_verdict_is_known"),
        CheckConstraint("line >= 1", name="places_row_stands_somewhere"),
        CheckConstraint(
            "verdict = 'wrong' or length(national_id) between 1 and 200",
            name="places_row_told_has_an_identifier",
        ),
        Index("places_row_by_identifier", "national_id"),
        {"sqlite_strict": True},
    )

    file_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("places_file.id", name="places_row_is_of_a_file"), primary_key=True
    )
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    verdict: Mapped[str] = mapped_column(Text)
    national_id: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    """Who collected it: an identifier is one of theirs."""
    fields: Mapped[dict[str, Any]] = mapped_column(JsonText)
    """The fields of the standard that were read."""
    remarks: Mapped[str] = mapped_column(Text)
    """French sentences, one a line."""


class PlaceTaking(Record):
    """A row was taken into the directory: from now on it speaks of that organisation."""

    __tablename__ = "place_taking"
    __table_args__ = (
        UniqueConstraint("file_id", "line", name="places_row_is_taken_once"),
        CheckConstraint("verdict = 'told'", name="place_taking_is_of_a_row_that_reads"),
        ForeignKeyConstraint(
            ["file_id", "line", "verdict"],
            ["places_row.file_id", "places_row.line", "places_row.verdict"],
            name="place_taking_is_of_a_row",
        ),
        Index("place_taking_by_organisation", "organisation_id"),
        {"sqlite_strict": True},
    )

    file_id: Mapped[UUID] = mapped_column(Uuid16)
    line: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="place_taking_is_of_an_organisation")
    )
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="place_was_taken_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
