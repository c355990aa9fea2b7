"""Signals and what was decided of each. Written once."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Day, Model, Record, UtcDateTime, Uuid16
from app.signals.rules import Decision, SignalKind

KINDS = ", ".join(f"'{kind}'" for kind in SignalKind)
DECISIONS = ", ".join(f"'{decision}'" for decision in Decision)


class Signal(Model):
    """A pattern that somebody should look at; its id comes from what it is about."""

    __tablename__ = "signal"
    __table_args__ = (
        CheckConstraint(f"kind in ({KINDS})", name="signal_kind_is_known"),
        CheckConstraint("measured >= 0 and threshold >= 0", name="signal_measures_something"),
        CheckConstraint(
            "(agent_id is not null) = (kind = 'failed_codes')"
            " and (mediator_id is not null) = (kind <> 'failed_codes')"
            " and (prescriber_id is not null) = (kind = 'feeding')"
            " and (booklet_id is not null) = (kind = 'whole_booklet')",
            name="signal_says_what_it_is_about",
        ),
        Index("signal_by_day", "acted_on"),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    acted_on: Mapped[date] = mapped_column(Day)
    measured: Mapped[int] = mapped_column(Integer)
    threshold: Mapped[int] = mapped_column(Integer)
    mediator_id: Mapped[UUID | None] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="signal_is_about_a_mediator")
    )
    prescriber_id: Mapped[UUID | None] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="signal_is_about_a_prescriber")
    )
    booklet_id: Mapped[int | None] = mapped_column(
        BigInt, ForeignKey("booklet.id", name="signal_is_about_a_booklet")
    )
    agent_id: Mapped[int | None] = mapped_column(
        BigInt, ForeignKey("agent.id", name="signal_is_about_an_agent")
    )
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignalDecision(Record):
    """Somebody looked, and says in a note what came of it."""

    __tablename__ = "signal_decision"
    __table_args__ = (
        CheckConstraint(f"decision in ({DECISIONS})", name="signal_decision_is_known"),
        CheckConstraint("length(note) between 1 and 500", name="signal_decision_has_a_note"),
        UniqueConstraint("signal_id", name="signal_is_decided_once"),
        {"sqlite_strict": True},
    )

    signal_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("signal.id", name="signal_decision_is_about_a_signal")
    )
    decision: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="signal_was_decided_by_an_agent")
    )
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
