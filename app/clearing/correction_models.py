"""Corrections of what was paid, and disputes: clawbacks, receivables, debit notes. Written once."""

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
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Day, JsonText, Model, Record, UtcDateTime, Uuid16


class StatementSession(Model):
    """A support session that the passes of a statement had paid for when it was approved.

    The paper prints these and no other: a session that is noted later changes no paper.
    """

    __tablename__ = "statement_session"
    __table_args__ = (
        CheckConstraint("voucher_count > 0", name="statement_session_was_paid_by_passes"),
        {"sqlite_strict": True},
    )

    statement_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("statement_approval.statement_id", name="session_is_of_an_approved_statement"),
        primary_key=True,
    )
    session_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("support_session.id", name="statement_session_is_a_session"),
        primary_key=True,
    )
    voucher_count: Mapped[int] = mapped_column(Integer)


class StatementOffset(Model):
    """A statement whose net was recovered whole: its passes are settled, and nothing is paid."""

    __tablename__ = "statement_offset"
    __table_args__ = (
        ForeignKeyConstraint(
            ["statement_id", "payable_cents"],
            ["statement_approval.statement_id", "statement_approval.payable_cents"],
            name="offset_names_what_the_statement_pays",
        ),
        CheckConstraint("payable_cents = 0", name="offset_statement_pays_nothing"),
        {"sqlite_strict": True},
    )

    statement_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    payable_cents: Mapped[int] = mapped_column(BigInt)
    posting_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("posting.id", name="offset_is_a_posting")
    )
    settled_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Clawback(Record):
    """Somebody found that a redemption that was paid should not have been."""

    __tablename__ = "clawback"
    __table_args__ = (
        UniqueConstraint("id", "redemption_id", "prepared_by", name="clawback_names_its_preparer"),
        Index("clawback_by_redemption", "redemption_id"),
        {"sqlite_strict": True},
    )

    redemption_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("redemption.id", name="clawback_is_of_a_redemption")
    )
    mediator_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="clawback_is_from_a_mediator")
    )
    reason: Mapped[str] = mapped_column(Text)
    prepared_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="clawback_was_prepared_by_an_agent")
    )
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClawbackDecision(Model):
    """Another person approved a clawback, or somebody set it aside for a reason."""

    __tablename__ = "clawback_decision"
    __table_args__ = (
        ForeignKeyConstraint(
            ["clawback_id", "redemption_id", "prepared_by"],
            ["clawback.id", "clawback.redemption_id", "clawback.prepared_by"],
            name="clawback_decision_names_the_preparer",
        ),
        CheckConstraint("decision in ('approved', 'set_aside')", name="clawback_decision_is_known"),
        CheckConstraint(
            "decision <> 'approved' or decided_by <> prepared_by",
            name="clawback_is_approved_by_another",
        ),
        CheckConstraint(
            "(decision = 'set_aside') = (reason is not null)",
            name="clawback_is_set_aside_for_a_reason",
        ),
        UniqueConstraint("clawback_id", "redemption_id", name="clawback_decision_names_its_pass"),
        {"sqlite_strict": True},
    )

    clawback_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    redemption_id: Mapped[UUID] = mapped_column(Uuid16)
    prepared_by: Mapped[int] = mapped_column(BigInt)
    decision: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="clawback_was_decided_by_an_agent")
    )
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Text)


class Receivable(Model):
    """What a mediator owes back for one pass: recovered once, by a statement or a debit note.

    Its movement is the clawback’s: the trigger receivable_is_what_was_clawed_back compares them.
    """

    __tablename__ = "receivable"
    __table_args__ = (
        ForeignKeyConstraint(
            ["clawback_id", "redemption_id"],
            ["clawback_decision.clawback_id", "clawback_decision.redemption_id"],
            name="receivable_follows_a_decision",
        ),
        ForeignKeyConstraint(
            ["statement_id", "mediator_id"],
            ["statement.id", "statement.mediator_id"],
            name="receivable_names_the_statement_that_was_paid",
        ),
        CheckConstraint(
            "net_cents = amount_cents - fee_cents and net_cents >= 0 and fee_cents >= 0",
            name="receivable_net_is_face_value_less_fee",
        ),
        UniqueConstraint("movement_id", name="movement_is_owed_back_once"),
        UniqueConstraint("redemption_id", name="redemption_is_clawed_back_once"),
        UniqueConstraint(
            "clawback_id", "mediator_id", "net_cents", name="receivable_names_what_is_owed"
        ),
        Index("receivable_by_mediator", "mediator_id", "programme_id"),
        Index("receivable_by_statement", "statement_id"),
        {"sqlite_strict": True},
    )

    clawback_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    redemption_id: Mapped[UUID] = mapped_column(Uuid16)
    movement_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("movement.id", name="receivable_is_a_movement")
    )
    statement_id: Mapped[UUID] = mapped_column(Uuid16)
    mediator_id: Mapped[UUID] = mapped_column(Uuid16)
    programme_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("programme.id", name="receivable_is_a_programmes")
    )
    amount_cents: Mapped[int] = mapped_column(BigInt)
    fee_cents: Mapped[int] = mapped_column(BigInt)
    net_cents: Mapped[int] = mapped_column(BigInt)
    owed_since: Mapped[datetime] = mapped_column(UtcDateTime)


class DebitNote(Record):
    """A mediator is asked to pay back what no statement has recovered (titre de recette)."""

    __tablename__ = "debit_note"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="debit_note_asks_for_some_money"),
        CheckConstraint(
            "number = coalesce(follows_number, 0) + 1", name="debit_note_numbers_leave_no_gap"
        ),
        UniqueConstraint("year", "number", name="debit_note_number_is_one_note"),
        ForeignKeyConstraint(
            ["year", "follows_number"],
            ["debit_note.year", "debit_note.number"],
            name="debit_note_number_follows_the_last_one",
        ),
        UniqueConstraint("id", "mediator_id", name="debit_note_names_its_mediator"),
        UniqueConstraint("id", "issued_by", "issued_on", name="debit_note_names_its_issuer"),
        {"sqlite_strict": True},
    )

    mediator_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="debit_note_is_to_a_mediator")
    )
    programme_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("programme.id", name="debit_note_is_a_programmes")
    )
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    follows_number: Mapped[int | None] = mapped_column(Integer)
    amount_cents: Mapped[int] = mapped_column(BigInt)
    issued_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="debit_note_was_issued_by_an_agent")
    )
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_on: Mapped[date] = mapped_column(Day)
    printed: Mapped[dict[str, Any]] = mapped_column(JsonText)


class Recovery(Model):
    """How a receivable was recovered: by one statement or by one debit note, never by both.

    That the lines of a statement or of a note are within what was approved or asked is a trigger:
    recovery_is_within_what_was_told.
    """

    __tablename__ = "recovery"
    __table_args__ = (
        ForeignKeyConstraint(
            ["receivable_id", "mediator_id", "net_cents"],
            ["receivable.clawback_id", "receivable.mediator_id", "receivable.net_cents"],
            name="recovery_is_of_a_whole_receivable",
        ),
        ForeignKeyConstraint(
            ["statement_id", "mediator_id"],
            ["statement.id", "statement.mediator_id"],
            name="recovery_is_on_the_mediators_statement",
        ),
        ForeignKeyConstraint(
            ["debit_note_id", "mediator_id"],
            ["debit_note.id", "debit_note.mediator_id"],
            name="recovery_is_on_the_mediators_debit_note",
        ),
        CheckConstraint(
            "(statement_id is null) <> (debit_note_id is null)", name="recovery_is_on_one_paper"
        ),
        Index("recovery_by_statement", "statement_id"),
        Index("recovery_by_debit_note", "debit_note_id"),
        {"sqlite_strict": True},
    )

    receivable_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    mediator_id: Mapped[UUID] = mapped_column(Uuid16)
    net_cents: Mapped[int] = mapped_column(BigInt)
    statement_id: Mapped[UUID | None] = mapped_column(Uuid16)
    debit_note_id: Mapped[UUID | None] = mapped_column(Uuid16)


class DebitNoteCollection(Record):
    """Another person recorded that the mediator paid a debit note."""

    __tablename__ = "debit_note_collection"
    __table_args__ = (
        ForeignKeyConstraint(
            ["debit_note_id", "issued_by", "issued_on"],
            ["debit_note.id", "debit_note.issued_by", "debit_note.issued_on"],
            name="collection_names_its_debit_note",
        ),
        CheckConstraint("recorded_by <> issued_by", name="collection_is_recorded_by_another"),
        CheckConstraint("collected_on >= issued_on", name="collection_is_not_before_the_note"),
        UniqueConstraint("debit_note_id", name="debit_note_is_collected_once"),
        {"sqlite_strict": True},
    )

    debit_note_id: Mapped[UUID] = mapped_column(Uuid16)
    issued_by: Mapped[int] = mapped_column(BigInt)
    issued_on: Mapped[date] = mapped_column(Day)
    collected_on: Mapped[date] = mapped_column(Day)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="collection_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Dispute(Record):
    """A mediator says that a pass « déjà encaissé ailleurs » was given to it.

    It begins with the attempt that was refused, by who claims: pass and claimant are compared with
    the attempt’s and with the redemption’s by the trigger dispute_is_of_a_refused_attempt.
    A claimant has one open dispute about a pass: dispute_is_the_only_open_claim.
    """

    __tablename__ = "dispute"
    __table_args__ = (
        UniqueConstraint("attempt_id", name="attempt_is_disputed_once"),
        UniqueConstraint("id", "opened_by", name="dispute_names_who_opened_it"),
        Index("dispute_by_redemption", "redemption_id"),
        Index("dispute_by_claimant", "claimant_id"),
        {"sqlite_strict": True},
    )

    attempt_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("redemption_attempt.id", name="dispute_begins_with_an_attempt")
    )
    voucher_id: Mapped[int] = mapped_column(BigInt)
    redemption_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("redemption.id", name="dispute_is_against_a_redemption")
    )
    claimant_id: Mapped[UUID] = mapped_column(Uuid16)
    redeemed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    story: Mapped[str] = mapped_column(Text)
    opened_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="dispute_was_opened_by_an_agent")
    )
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DisputeDecision(Model):
    """A dispute was decided, once, with the reason: kept, or awarded to the other mediator.

    What is awarded is a redemption of the pass by who claimed it: dispute_awards_the_claimant. What
    is kept was not clawed back before: the trigger dispute_keeps_what_is_not_taken_back.
    """

    __tablename__ = "dispute_decision"
    __table_args__ = (
        ForeignKeyConstraint(
            ["dispute_id", "opened_by"],
            ["dispute.id", "dispute.opened_by"],
            name="dispute_decision_names_who_opened_it",
        ),
        CheckConstraint("outcome in ('kept', 'awarded')", name="dispute_outcome_is_known"),
        CheckConstraint(
            "(outcome = 'awarded') = (redemption_id is not null)",
            name="dispute_awards_a_redemption",
        ),
        CheckConstraint("decided_by <> opened_by", name="dispute_is_decided_by_another"),
        UniqueConstraint("redemption_id", name="redemption_is_awarded_once"),
        {"sqlite_strict": True},
    )

    dispute_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    opened_by: Mapped[int] = mapped_column(BigInt)
    outcome: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    redemption_id: Mapped[UUID | None] = mapped_column(
        Uuid16, ForeignKey("redemption.id", name="dispute_award_is_a_redemption")
    )
    decided_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="dispute_was_decided_by_an_agent")
    )
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
