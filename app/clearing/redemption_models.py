"""Redemptions, support sessions and typed sheets. Written once."""

from datetime import date, datetime
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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.clearing.rules import (
    LARGEST_GROUP,
    LONGEST_SESSION,
    SHORTEST_SESSION,
    SessionKind,
    Topic,
)
from app.database import BigInt, Day, Flag, JsonText, Model, Record, UtcDateTime, Uuid16

SESSION_KINDS = ", ".join(f"'{kind}'" for kind in SessionKind)
TOPICS = ", ".join(f"'{topic}'" for topic in Topic)


class RedemptionAttempt(Record):
    """What was answered to a scan, for good: the same id always gets the same answer."""

    __tablename__ = "redemption_attempt"
    __table_args__ = (
        Index(
            "redemption_attempt_by_guess",
            "agent_id",
            "attempted_at",
            sqlite_where=text("verdict = 'unknown_voucher'"),
            postgresql_where=text("verdict = 'unknown_voucher'"),
        ),
        {"sqlite_strict": True},
    )

    verdict: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JsonText)
    mediator_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="attempt_is_a_mediators")
    )
    agent_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="attempt_was_made_by_an_agent")
    )
    attempted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Redemption(Model):
    """A mediator took a pass on a day when its label, its agreement and the pass were valid."""

    __tablename__ = "redemption"
    __table_args__ = (
        ForeignKeyConstraint(
            ["id"], ["redemption_attempt.id"], name="redemption_answers_an_attempt"
        ),
        ForeignKeyConstraint(["id"], ["posting.id"], name="redemption_is_a_posting"),
        ForeignKeyConstraint(["movement_id"], ["movement.id"], name="redemption_is_a_movement"),
        ForeignKeyConstraint(["redeemed_by"], ["agent.id"], name="redemption_was_made_by_an_agent"),
        ForeignKeyConstraint(
            ["vintage_id", "amount_cents"],
            ["vintage.id", "vintage.face_value_cents"],
            name="redemption_is_at_face_value",
        ),
        ForeignKeyConstraint(
            ["label_id", "mediator_id", "label_from", "label_until"],
            ["label.id", "label.organisation_id", "label.valid_from", "label.valid_until"],
            name="redemption_names_the_label",
        ),
        ForeignKeyConstraint(
            ["agreement_id", "mediator_id", "agreement_role", "agreement_from", "agreement_until"],
            [
                "agreement.id",
                "agreement.organisation_id",
                "agreement.role",
                "agreement.valid_from",
                "agreement.valid_until",
            ],
            name="redemption_names_the_agreement",
        ),
        ForeignKeyConstraint(
            ["mediator_id", "mediator_is_public"],
            ["organisation.id", "organisation.public_body"],
            name="redemption_names_the_mediators_nature",
        ),
        ForeignKeyConstraint(
            [
                "cash_office_id",
                "mediator_id",
                "cash_office_kind",
                "cash_office_from",
                "cash_office_until",
            ],
            [
                "cash_office.id",
                "cash_office.organisation_id",
                "cash_office.kind",
                "cash_office.valid_from",
                "cash_office.valid_until",
            ],
            name="redemption_names_the_cash_office",
        ),
        CheckConstraint(
            "not mediator_is_public or mandate_id is not null or (cash_office_id is not null"
            " and coalesce(cash_office_kind in ('revenue', 'extended_revenue')"
            " and redeemed_on between cash_office_from and cash_office_until, false))",
            name="redemption_by_a_public_body_needs_a_right",
        ),
        ForeignKeyConstraint(
            ["vintage_id", "vintage_from", "vintage_until", "vintage_last_day"],
            [
                "vintage_terms.vintage_id",
                "vintage_terms.valid_from",
                "vintage_terms.valid_until",
                "vintage_terms.last_redemption_on",
            ],
            name="redemption_names_the_vintage",
        ),
        CheckConstraint("agreement_role = 'mediator'", name="redemption_is_a_mediators"),
        CheckConstraint(
            "redeemed_on between label_from and label_until",
            name="redemption_needs_a_label_in_force",
        ),
        CheckConstraint(
            "redeemed_on between agreement_from and agreement_until",
            name="redemption_needs_an_agreement_in_force",
        ),
        CheckConstraint(
            "redeemed_on between vintage_from and vintage_last_day",
            name="redemption_is_within_the_validity",
        ),
        Index("redemption_by_mediator", "mediator_id", "id"),
        Index("redemption_by_day", "redeemed_on", "mediator_id"),
        Index("redemption_by_voucher", "voucher_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(BigInt)
    vintage_id: Mapped[int] = mapped_column(Integer)
    vintage_from: Mapped[date] = mapped_column(Day)
    vintage_until: Mapped[date] = mapped_column(Day)
    vintage_last_day: Mapped[date] = mapped_column(Day)
    mediator_id: Mapped[UUID] = mapped_column(Uuid16)
    label_id: Mapped[UUID] = mapped_column(Uuid16)
    label_from: Mapped[date] = mapped_column(Day)
    label_until: Mapped[date] = mapped_column(Day)
    agreement_id: Mapped[UUID] = mapped_column(Uuid16)
    agreement_role: Mapped[str] = mapped_column(Text)
    agreement_from: Mapped[date] = mapped_column(Day)
    agreement_until: Mapped[date] = mapped_column(Day)
    mediator_is_public: Mapped[bool] = mapped_column(Flag)
    cash_office_id: Mapped[UUID | None] = mapped_column(Uuid16)
    cash_office_kind: Mapped[str | None] = mapped_column(Text)
    cash_office_from: Mapped[date | None] = mapped_column(Day)
    cash_office_until: Mapped[date | None] = mapped_column(Day)
    mandate_id: Mapped[UUID | None] = mapped_column(
        Uuid16, ForeignKey("agreement.id", name="redemption_is_under_a_mandate")
    )
    movement_id: Mapped[int] = mapped_column(BigInt)
    amount_cents: Mapped[int] = mapped_column(BigInt)
    redeemed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    redeemed_on: Mapped[date] = mapped_column(Day)
    redeemed_by: Mapped[int] = mapped_column(BigInt)
    receipt: Mapped[str] = mapped_column(Text)


class RedemptionReversal(Record):
    """A redemption was undone before any statement claimed it: the person has the pass back."""

    __tablename__ = "redemption_reversal"
    __table_args__ = (
        UniqueConstraint("redemption_id", name="redemption_is_undone_once"),
        {"sqlite_strict": True},
    )

    redemption_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("redemption.id", name="reversal_is_of_a_redemption")
    )
    reason: Mapped[str] = mapped_column(Text)
    reversed_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="reversal_was_made_by_an_agent")
    )
    reversed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SupportSession(Record):
    """What was given for passes: one person accompanied, or several at a workshop."""

    __tablename__ = "support_session"
    __table_args__ = (
        CheckConstraint(
            f"duration_minutes between {SHORTEST_SESSION} and {LONGEST_SESSION}",
            name="support_session_lasts_minutes_not_days",
        ),
        CheckConstraint(f"kind in ({SESSION_KINDS})", name="support_session_kind_is_known"),
        CheckConstraint(
            "(kind = 'individual') = (people_count = 1)"
            f" and people_count between 1 and {LARGEST_GROUP}",
            name="support_session_is_for_one_or_for_a_group",
        ),
        Index("support_session_by_day", "mediator_id", "held_on"),
        Index("support_session_in_order", "held_on", "id"),
        {"sqlite_strict": True},
    )

    mediator_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="support_session_is_a_mediators")
    )
    held_on: Mapped[date] = mapped_column(Day)
    duration_minutes: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    people_count: Mapped[int] = mapped_column(Integer)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="support_session_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SessionTopic(Model):
    """One of the things that a session was about."""

    __tablename__ = "session_topic"
    __table_args__ = (
        CheckConstraint(f"topic in ({TOPICS})", name="session_topic_is_known"),
        {"sqlite_strict": True},
    )

    session_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("support_session.id", name="topic_is_a_sessions"), primary_key=True
    )
    topic: Mapped[str] = mapped_column(Text, primary_key=True)


class SessionRedemption(Model):
    """A pass that paid for a session; each pass pays for one at most.

    That mediator and day are the session's is kept by the trigger
    session_is_of_the_mediator_and_day_of_its_passes.
    """

    __tablename__ = "session_redemption"
    __table_args__ = (
        Index("session_redemption_by_session", "session_id"),
        {"sqlite_strict": True},
    )

    redemption_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("redemption.id", name="session_is_paid_by_a_redemption"),
        primary_key=True,
    )
    session_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("support_session.id", name="redemption_pays_for_a_session")
    )
    linked_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="session_was_linked_by_an_agent")
    )
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TypedSheet(Record):
    """The paper list of a mediator without a phone, typed by one agent of the sponsor."""

    __tablename__ = "typed_sheet"
    __table_args__ = (
        UniqueConstraint("id", "typed_by", name="typed_sheet_names_its_typist"),
        Index("typed_sheet_by_mediator", "mediator_id"),
        {"sqlite_strict": True},
    )

    mediator_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="typed_sheet_is_a_mediators")
    )
    held_on: Mapped[date] = mapped_column(Day)
    told_session: Mapped[dict[str, Any] | None] = mapped_column(JsonText)
    """What the paper says of the session; it becomes one when the sheet is approved."""
    typed_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="typed_sheet_was_typed_by_an_agent")
    )
    typed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TypedSheetLine(Model):
    """One pass of a sheet. Its id becomes that of the redemption, so it is taken once.

    No code is kept, only whether it was read: a serial number proves less.
    """

    __tablename__ = "typed_sheet_line"
    __table_args__ = (
        CheckConstraint("place > 0", name="typed_sheet_line_has_a_place"),
        CheckConstraint(
            "read_from in ('code', 'serial')", name="typed_sheet_line_was_read_somewhere"
        ),
        UniqueConstraint("sheet_id", "place", name="typed_sheet_place_is_one_line"),
        UniqueConstraint("sheet_id", "voucher_id", name="typed_sheet_names_a_pass_once"),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    sheet_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("typed_sheet.id", name="typed_sheet_line_is_a_sheets")
    )
    place: Mapped[int] = mapped_column(Integer)
    voucher_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("voucher.id", name="typed_sheet_line_is_of_a_pass")
    )
    read_from: Mapped[str] = mapped_column(Text)


class TypedSheetDecision(Model):
    """A sheet was compared with its paper: approved by another person, or set aside."""

    __tablename__ = "typed_sheet_decision"
    __table_args__ = (
        ForeignKeyConstraint(
            ["sheet_id", "typed_by"],
            ["typed_sheet.id", "typed_sheet.typed_by"],
            name="typed_sheet_decision_names_the_typist",
        ),
        CheckConstraint(
            "decision in ('approved', 'set_aside')", name="typed_sheet_decision_is_known"
        ),
        CheckConstraint(
            "decision <> 'approved' or decided_by <> typed_by",
            name="typed_sheet_is_approved_by_another",
        ),
        CheckConstraint(
            "(decision = 'set_aside') = (reason is not null)",
            name="typed_sheet_is_set_aside_for_a_reason",
        ),
        {"sqlite_strict": True},
    )

    sheet_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    typed_by: Mapped[int] = mapped_column(BigInt)
    decision: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="typed_sheet_was_decided_by_an_agent")
    )
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
