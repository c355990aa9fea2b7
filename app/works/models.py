"""Work that was asked for, how far it has come, and how it ended."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, JsonText, Model, Record, UtcDateTime, Uuid16
from app.kernel.clock import martinique_day
from app.works.rules import WorkKind

KINDS = ", ".join(f"'{kind}'" for kind in WorkKind)


class Work(Record):
    """Something long that an agent asked for; written once."""

    __tablename__ = "work"
    __table_args__ = (
        CheckConstraint(f"kind in ({KINDS})", name="work_kind_is_known"),
        Index("work_by_agent", "asked_by", "asked_at"),
        {"sqlite_strict": True},
    )

    kind: Mapped[str] = mapped_column(Text)
    asked: Mapped[dict[str, Any]] = mapped_column(JsonText)
    asked_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="work_was_asked_by_an_agent")
    )
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WorkInput(Model):
    """The file that came with it, sealed: it may hold codes. Gone when the work ends."""

    __tablename__ = "work_input"
    __table_args__ = (
        CheckConstraint("length(sealed) > 28", name="work_input_is_sealed"),
        {"sqlite_strict": True},
    )

    work_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("work.id", name="work_input_is_a_works"), primary_key=True
    )
    sealed: Mapped[bytes] = mapped_column(Bytes)


class WorkProgress(Model):
    """How far a work is, as its doer last said; changed as it goes on."""

    __tablename__ = "work_progress"
    __table_args__ = (
        CheckConstraint("attempt_count > 0", name="work_progress_counts_attempts_from_one"),
        CheckConstraint(
            "done_count >= 0 and of_count >= 0", name="work_progress_counts_what_is_done"
        ),
        {"sqlite_strict": True},
    )

    work_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("work.id", name="work_progress_is_a_works"), primary_key=True
    )
    attempt_count: Mapped[int] = mapped_column(Integer)
    stage: Mapped[str] = mapped_column(Text)
    done_count: Mapped[int] = mapped_column(Integer)
    of_count: Mapped[int] = mapped_column(Integer)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WorkFile(Model):
    """What is known of the file that a work has made; gone with that file, some days later."""

    __tablename__ = "work_file"
    __table_args__ = (
        CheckConstraint("length(sha256) = 32", name="work_file_has_a_digest"),
        CheckConstraint("byte_count > 0", name="work_file_holds_something"),
        CheckConstraint("kept_until > made_at", name="work_file_is_kept_for_a_while"),
        Index("work_file_by_its_last_instant", "kept_until"),
        {"sqlite_strict": True},
    )

    work_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("work.id", name="work_file_is_a_works"), primary_key=True
    )
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    byte_count: Mapped[int] = mapped_column(BigInt)
    sha256: Mapped[bytes] = mapped_column(Bytes)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kept_until: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def last_day(self) -> date:
        """The last day on which it can be taken away."""
        return martinique_day(self.kept_until) - timedelta(days=1)


class WorkLine(Model):
    """A line to correct of the file that a work refused; gone some days later."""

    __tablename__ = "work_line"
    __table_args__ = (
        CheckConstraint("ordinal > 0", name="work_lines_are_counted_from_one"),
        CheckConstraint("length(sentence) > 0", name="work_line_says_what_to_write"),
        {"sqlite_strict": True},
    )

    work_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("work.id", name="work_line_is_a_works"), primary_key=True
    )
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(Integer)
    sentence: Mapped[str] = mapped_column(Text)


class WorkEnd(Model):
    """How a work ended, once: with a page to open, or with the code of a refusal."""

    __tablename__ = "work_end"
    __table_args__ = (
        CheckConstraint(
            "(refusal_code is null) = (endpoint is not null)",
            name="work_ends_with_a_page_or_a_refusal",
        ),
        CheckConstraint("length(sentence) > 0", name="work_end_says_how"),
        {"sqlite_strict": True},
    )

    work_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("work.id", name="work_end_is_a_works"), primary_key=True
    )
    refusal_code: Mapped[str | None] = mapped_column(Text)
    sentence: Mapped[str] = mapped_column(Text)
    endpoint: Mapped[str | None] = mapped_column(Text)
    shown: Mapped[dict[str, Any]] = mapped_column(JsonText)
    """What makes the address of that page."""
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
