"""Redemptions, clearing runs, statements, payment orders and payments. Written once."""

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
from app.database import BigInt, Bytes, Day, Flag, JsonText, Model, Record, UtcDateTime, Uuid16

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


class ClearingRun(Record):
    """Everything redeemed and unclaimed before a cut-off, gathered into one draft a mediator."""

    __tablename__ = "clearing_run"
    __table_args__ = (
        UniqueConstraint(
            "id", "programme_id", "prepared_by", name="clearing_run_names_its_preparer"
        ),
        {"sqlite_strict": True},
    )

    programme_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("programme.id", name="clearing_run_is_a_programmes")
    )
    cut_off_on: Mapped[date] = mapped_column(Day)
    prepared_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="clearing_run_was_prepared_by_an_agent")
    )
    prepared_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Statement(Model):
    """What a mediator is owed: a draft until somebody else approves one of its versions.

    Fee and certification are what the settings of the programme asked at the cut-off.
    """

    __tablename__ = "statement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "programme_id", "prepared_by"],
            ["clearing_run.id", "clearing_run.programme_id", "clearing_run.prepared_by"],
            name="statement_names_the_preparer_of_its_run",
        ),
        ForeignKeyConstraint(["id"], ["posting.id"], name="statement_is_a_posting"),
        CheckConstraint("fee_basis_points between 0 and 10000", name="statement_fee_is_a_share"),
        UniqueConstraint(
            "run_id",
            "mediator_id",
            "fee_basis_points",
            name="statement_is_one_a_mediator_and_run",
        ),
        UniqueConstraint("id", "prepared_by", name="statement_names_its_preparer"),
        UniqueConstraint("id", "mediator_id", name="statement_names_its_mediator"),
        UniqueConstraint("id", "fee_basis_points", name="statement_names_its_fee"),
        UniqueConstraint(
            "id", "certification_required", name="statement_says_whether_it_is_certified"
        ),
        Index("statement_by_mediator", "mediator_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    run_id: Mapped[UUID] = mapped_column(Uuid16)
    programme_id: Mapped[UUID] = mapped_column(Uuid16)
    mediator_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="statement_is_a_mediators")
    )
    prepared_by: Mapped[int] = mapped_column(BigInt)
    fee_basis_points: Mapped[int] = mapped_column(Integer)
    certification_required: Mapped[bool] = mapped_column(Flag)


class StatementWithdrawal(Record):
    """Passes taken off a draft, with a reason: their claim is reversed, they wait for a run."""

    __tablename__ = "statement_withdrawal"
    __table_args__ = (
        ForeignKeyConstraint(["id"], ["posting.id"], name="withdrawal_is_a_posting"),
        CheckConstraint("voucher_count > 0", name="withdrawal_takes_some_passes"),
        UniqueConstraint("id", "statement_id", name="withdrawal_names_its_statement"),
        Index("withdrawal_by_statement", "statement_id"),
        {"sqlite_strict": True},
    )

    statement_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("statement.id", name="withdrawal_is_from_a_statement")
    )
    reason: Mapped[str] = mapped_column(Text)
    voucher_count: Mapped[int] = mapped_column(BigInt)
    withdrawn_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="withdrawal_was_made_by_an_agent")
    )
    withdrawn_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StatementVersion(Model):
    """What a draft came to: the first version is the run's, each withdrawal makes the next.

    Face value and fee are kept apart; the fee is rounded half up, once for the whole statement.
    """

    __tablename__ = "statement_version"
    __table_args__ = (
        ForeignKeyConstraint(
            ["statement_id", "fee_basis_points"],
            ["statement.id", "statement.fee_basis_points"],
            name="statement_version_names_the_fee",
        ),
        ForeignKeyConstraint(
            ["statement_id", "follows_version"],
            ["statement_version.statement_id", "statement_version.version"],
            name="statement_version_follows_the_last_one",
        ),
        ForeignKeyConstraint(
            ["withdrawal_id", "statement_id"],
            ["statement_withdrawal.id", "statement_withdrawal.statement_id"],
            name="statement_version_names_its_withdrawal",
        ),
        CheckConstraint(
            "version = coalesce(follows_version, 0) + 1", name="statement_versions_leave_no_gap"
        ),
        CheckConstraint(
            "(follows_version is null) = (withdrawal_id is null)",
            name="statement_version_follows_a_withdrawal",
        ),
        CheckConstraint(
            "voucher_count >= 0 and amount_cents >= 0 and (voucher_count > 0 or version > 1)",
            name="statement_owes_something",
        ),
        CheckConstraint(
            "fee_cents = (amount_cents * fee_basis_points + 5000) / 10000",
            name="statement_fee_is_rounded_half_up",
        ),
        CheckConstraint(
            "net_cents = amount_cents - fee_cents", name="statement_net_is_face_value_less_fee"
        ),
        UniqueConstraint("withdrawal_id", name="withdrawal_makes_one_version"),
        UniqueConstraint(
            "statement_id",
            "version",
            "voucher_count",
            "amount_cents",
            "fee_cents",
            "net_cents",
            name="statement_version_names_its_total",
        ),
        {"sqlite_strict": True},
    )

    statement_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    follows_version: Mapped[int | None] = mapped_column(Integer)
    withdrawal_id: Mapped[UUID | None] = mapped_column(Uuid16)
    voucher_count: Mapped[int] = mapped_column(BigInt)
    amount_cents: Mapped[int] = mapped_column(BigInt)
    fee_basis_points: Mapped[int] = mapped_column(Integer)
    fee_cents: Mapped[int] = mapped_column(BigInt)
    net_cents: Mapped[int] = mapped_column(BigInt)
    made_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="statement_version_was_made_by_an_agent")
    )
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StatementLine(Model):
    """The passes of one vintage on one version of a statement."""

    __tablename__ = "statement_line"
    __table_args__ = (
        ForeignKeyConstraint(
            ["statement_id", "version"],
            ["statement_version.statement_id", "statement_version.version"],
            name="statement_line_is_a_versions",
        ),
        ForeignKeyConstraint(
            ["vintage_id", "face_value_cents"],
            ["vintage.id", "vintage.face_value_cents"],
            name="statement_line_is_at_face_value",
        ),
        CheckConstraint(
            "voucher_count > 0 and amount_cents = voucher_count * face_value_cents",
            name="statement_line_amount_is_count_times_face_value",
        ),
        {"sqlite_strict": True},
    )

    statement_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    vintage_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    face_value_cents: Mapped[int] = mapped_column(Integer)
    voucher_count: Mapped[int] = mapped_column(BigInt)
    amount_cents: Mapped[int] = mapped_column(BigInt)


class StatementCertification(Record):
    """The mediator certified that the support of one version was given."""

    __tablename__ = "statement_certification"
    __table_args__ = (
        ForeignKeyConstraint(
            ["statement_id", "mediator_id"],
            ["statement.id", "statement.mediator_id"],
            name="certification_is_of_the_mediators_statement",
        ),
        ForeignKeyConstraint(
            ["statement_id", "version"],
            ["statement_version.statement_id", "statement_version.version"],
            name="certification_is_of_a_version",
        ),
        UniqueConstraint("statement_id", "version", name="statement_version_is_certified_once"),
        UniqueConstraint("id", "statement_id", "version", name="certification_names_its_version"),
        {"sqlite_strict": True},
    )

    statement_id: Mapped[UUID] = mapped_column(Uuid16)
    version: Mapped[int] = mapped_column(Integer)
    mediator_id: Mapped[UUID] = mapped_column(Uuid16)
    certified_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="certification_was_made_by_an_agent")
    )
    certified_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StatementApproval(Model):
    """Somebody else approved the version that they read; number, payee and account are frozen.

    `printed` holds the words that the paper says of creditor and debtor, as they were that day.
    """

    __tablename__ = "statement_approval"
    __table_args__ = (
        ForeignKeyConstraint(
            ["statement_id", "prepared_by"],
            ["statement.id", "statement.prepared_by"],
            name="statement_approval_names_the_preparer",
        ),
        ForeignKeyConstraint(
            ["statement_id", "version", "voucher_count", "amount_cents", "fee_cents", "net_cents"],
            [
                "statement_version.statement_id",
                "statement_version.version",
                "statement_version.voucher_count",
                "statement_version.amount_cents",
                "statement_version.fee_cents",
                "statement_version.net_cents",
            ],
            name="statement_approval_names_the_total",
        ),
        ForeignKeyConstraint(
            ["statement_id", "certification_required"],
            ["statement.id", "statement.certification_required"],
            name="statement_approval_knows_whether_to_certify",
        ),
        ForeignKeyConstraint(
            ["certification_id", "statement_id", "version"],
            [
                "statement_certification.id",
                "statement_certification.statement_id",
                "statement_certification.version",
            ],
            name="statement_approval_names_the_certification",
        ),
        ForeignKeyConstraint(
            ["statement_id", "mediator_id"],
            ["statement.id", "statement.mediator_id"],
            name="statement_approval_names_the_mediator",
        ),
        ForeignKeyConstraint(
            ["bank_details_id", "mediator_id"],
            ["bank_details_approval.bank_details_id", "bank_details_approval.organisation_id"],
            name="statement_is_paid_on_its_mediators_approved_details",
        ),
        ForeignKeyConstraint(
            ["bank_details_id", "payee_name", "payee_iban_fingerprint", "payee_iban_masked"],
            [
                "bank_details.id",
                "bank_details.holder",
                "bank_details.iban_fingerprint",
                "bank_details.iban_masked",
            ],
            name="statement_freezes_the_approved_account",
        ),
        CheckConstraint("approved_by <> prepared_by", name="statement_is_approved_by_another"),
        CheckConstraint("voucher_count > 0", name="statement_approves_some_passes"),
        CheckConstraint(
            "certification_id is not null or not certification_required",
            name="statement_is_certified_before_it_is_approved",
        ),
        CheckConstraint("due_on > received_on", name="statement_is_due_after_its_receipt"),
        UniqueConstraint(
            "statement_id", "payable_cents", name="statement_approval_names_what_it_pays"
        ),
        UniqueConstraint("year", "number", name="statement_number_is_one_statement"),
        UniqueConstraint("verification_code", name="verification_code_is_one_statement"),
        CheckConstraint(
            "recovered_cents between 0 and net_cents"
            " and payable_cents = net_cents - recovered_cents",
            name="statement_pays_its_net_less_what_is_recovered",
        ),
        UniqueConstraint(
            "statement_id",
            "prepared_by",
            "approved_by",
            "approved_on",
            "mediator_id",
            "payable_cents",
            name="statement_approval_names_its_people",
        ),
        ForeignKeyConstraint(
            ["year", "follows_number"],
            ["statement_approval.year", "statement_approval.number"],
            name="statement_number_follows_the_last_one",
        ),
        CheckConstraint(
            "number = coalesce(follows_number, 0) + 1", name="statement_numbers_leave_no_gap"
        ),
        {"sqlite_strict": True},
    )

    statement_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    prepared_by: Mapped[int] = mapped_column(BigInt)
    approved_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="statement_was_approved_by_an_agent")
    )
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_on: Mapped[date] = mapped_column(Day)
    voucher_count: Mapped[int] = mapped_column(BigInt)
    amount_cents: Mapped[int] = mapped_column(BigInt)
    fee_cents: Mapped[int] = mapped_column(BigInt)
    net_cents: Mapped[int] = mapped_column(BigInt)
    recovered_cents: Mapped[int] = mapped_column(BigInt)
    payable_cents: Mapped[int] = mapped_column(BigInt)
    certification_required: Mapped[bool] = mapped_column(Flag)
    certification_id: Mapped[UUID | None] = mapped_column(Uuid16)
    year: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    follows_number: Mapped[int | None] = mapped_column(Integer)
    mediator_id: Mapped[UUID] = mapped_column(Uuid16)
    bank_details_id: Mapped[UUID] = mapped_column(Uuid16)
    payee_name: Mapped[str] = mapped_column(Text)
    payee_iban_fingerprint: Mapped[bytes] = mapped_column(Bytes)
    payee_iban_masked: Mapped[str] = mapped_column(Text)
    received_on: Mapped[date] = mapped_column(Day)
    due_on: Mapped[date] = mapped_column(Day)
    verification_code: Mapped[str] = mapped_column(Text)
    printed: Mapped[dict[str, Any]] = mapped_column(JsonText)


class PaymentOrder(Record):
    """The ordonnateur orders the accountant to pay an approved statement (mandat, bordereau).

    The first order pays the account that was approved with the statement. Another follows only
    a rejection, and may pay on details that were approved since.
    """

    __tablename__ = "payment_order"
    __table_args__ = (
        ForeignKeyConstraint(
            [
                "statement_id",
                "prepared_by",
                "approved_by",
                "approved_on",
                "mediator_id",
                "amount_cents",
            ],
            [
                "statement_approval.statement_id",
                "statement_approval.prepared_by",
                "statement_approval.approved_by",
                "statement_approval.approved_on",
                "statement_approval.mediator_id",
                "statement_approval.payable_cents",
            ],
            name="payment_order_names_the_approved_statement",
        ),
        ForeignKeyConstraint(
            ["bank_details_id", "mediator_id"],
            ["bank_details_approval.bank_details_id", "bank_details_approval.organisation_id"],
            name="payment_order_pays_on_the_mediators_approved_details",
        ),
        ForeignKeyConstraint(
            ["bank_details_id", "payee_name", "payee_iban_fingerprint", "payee_iban_masked"],
            [
                "bank_details.id",
                "bank_details.holder",
                "bank_details.iban_fingerprint",
                "bank_details.iban_masked",
            ],
            name="payment_order_freezes_the_approved_account",
        ),
        CheckConstraint("amount_cents > 0", name="payment_order_pays_something"),
        CheckConstraint(
            "issued_on >= approved_on", name="payment_order_is_not_before_the_approval"
        ),
        CheckConstraint(
            "same_account_reason is null or ordinal > 1",
            name="payment_order_explains_a_second_attempt",
        ),
        Index("payment_order_by_mandate_number", "mandate_number"),
        CheckConstraint(
            "ordinal = coalesce(follows_ordinal, 0) + 1", name="payment_orders_leave_no_gap"
        ),
        UniqueConstraint("statement_id", "ordinal", name="payment_order_is_one_a_round"),
        UniqueConstraint("id", "statement_id", "ordinal", name="payment_order_names_its_round"),
        UniqueConstraint(
            "id",
            "statement_id",
            "prepared_by",
            "approved_by",
            "ordered_by",
            "issued_on",
            name="payment_order_names_its_people",
        ),
        {"sqlite_strict": True},
    )

    statement_id: Mapped[UUID] = mapped_column(Uuid16)
    ordinal: Mapped[int] = mapped_column(Integer)
    follows_ordinal: Mapped[int | None] = mapped_column(Integer)
    prepared_by: Mapped[int] = mapped_column(BigInt)
    approved_by: Mapped[int] = mapped_column(BigInt)
    approved_on: Mapped[date] = mapped_column(Day)
    ordered_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="payment_was_ordered_by_an_agent")
    )
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    amount_cents: Mapped[int] = mapped_column(BigInt)
    mandate_number: Mapped[str] = mapped_column(Text)
    bordereau_number: Mapped[str] = mapped_column(Text)
    issued_on: Mapped[date] = mapped_column(Day)
    mediator_id: Mapped[UUID] = mapped_column(Uuid16)
    bank_details_id: Mapped[UUID] = mapped_column(Uuid16)
    payee_name: Mapped[str] = mapped_column(Text)
    payee_iban_fingerprint: Mapped[bytes] = mapped_column(Bytes)
    payee_iban_masked: Mapped[str] = mapped_column(Text)
    same_account_reason: Mapped[str | None] = mapped_column(Text)


class Payment(Record):
    """A third person recorded that the accountant paid: the passes are settled."""

    __tablename__ = "payment"
    __table_args__ = (
        ForeignKeyConstraint(
            [
                "payment_order_id",
                "statement_id",
                "prepared_by",
                "approved_by",
                "ordered_by",
                "issued_on",
            ],
            [
                "payment_order.id",
                "payment_order.statement_id",
                "payment_order.prepared_by",
                "payment_order.approved_by",
                "payment_order.ordered_by",
                "payment_order.issued_on",
            ],
            name="payment_names_its_order",
        ),
        ForeignKeyConstraint(["id"], ["posting.id"], name="payment_is_a_posting"),
        CheckConstraint(
            "recorded_by <> prepared_by and recorded_by <> approved_by"
            " and recorded_by <> ordered_by",
            name="payment_is_recorded_by_a_third",
        ),
        CheckConstraint("paid_on >= issued_on", name="payment_is_not_before_its_order"),
        UniqueConstraint("payment_order_id", name="payment_order_is_paid_once"),
        UniqueConstraint("id", "payment_order_id", name="payment_is_of_its_order"),
        {"sqlite_strict": True},
    )

    payment_order_id: Mapped[UUID] = mapped_column(Uuid16)
    statement_id: Mapped[UUID] = mapped_column(Uuid16)
    prepared_by: Mapped[int] = mapped_column(BigInt)
    approved_by: Mapped[int] = mapped_column(BigInt)
    ordered_by: Mapped[int] = mapped_column(BigInt)
    issued_on: Mapped[date] = mapped_column(Day)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="payment_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_on: Mapped[date] = mapped_column(Day)


class PaymentRejection(Record):
    """The money did not arrive: the order is spent, and another may be made.

    Where the payment had been recorded, its settlement is reversed in the same act, whose posting
    bears the id of this record; an order that the accountant sends back had settled nothing.
    """

    __tablename__ = "payment_rejection"
    __table_args__ = (
        ForeignKeyConstraint(
            ["payment_order_id", "statement_id", "ordinal"],
            ["payment_order.id", "payment_order.statement_id", "payment_order.ordinal"],
            name="rejection_names_its_order",
        ),
        ForeignKeyConstraint(
            ["payment_id", "payment_order_id"],
            ["payment.id", "payment.payment_order_id"],
            name="rejection_names_the_payment_of_its_order",
        ),
        CheckConstraint(
            "(posting_id is null) = (payment_id is null) and coalesce(posting_id, id) = id",
            name="rejection_reverses_what_was_settled",
        ),
        UniqueConstraint("payment_order_id", name="payment_order_is_rejected_once"),
        {"sqlite_strict": True},
    )

    payment_order_id: Mapped[UUID] = mapped_column(Uuid16)
    statement_id: Mapped[UUID] = mapped_column(Uuid16)
    ordinal: Mapped[int] = mapped_column(Integer)
    payment_id: Mapped[UUID | None] = mapped_column(Uuid16)
    posting_id: Mapped[UUID | None] = mapped_column(
        Uuid16, ForeignKey("posting.id", name="rejection_is_a_posting")
    )
    rejected_on: Mapped[date] = mapped_column(Day)
    reason: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="rejection_was_recorded_by_an_agent")
    )
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StatementDocument(Model):
    """The digest of a paper when it was first rendered: rendered again, it is the same.

    `address` is the site's as the paper names it, and stays when the site moves.
    """

    __tablename__ = "statement_document"
    __table_args__ = (
        CheckConstraint("form in ('pdf', 'csv')", name="statement_document_form_is_known"),
        CheckConstraint("layout > 0", name="statement_document_layout_counts_from_one"),
        CheckConstraint("length(sha256) = 32", name="statement_document_keeps_a_digest"),
        {"sqlite_strict": True},
    )

    statement_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("statement_approval.statement_id", name="document_is_of_an_approved_statement"),
        primary_key=True,
    )
    form: Mapped[str] = mapped_column(Text, primary_key=True)
    layout: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(Text)
    sha256: Mapped[bytes] = mapped_column(Bytes)
    rendered_at: Mapped[datetime] = mapped_column(UtcDateTime)
