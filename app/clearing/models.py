"""Clearing runs, statements, payment orders and payments. Written once."""

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

from app.database import BigInt, Bytes, Day, Flag, JsonText, Model, Record, UtcDateTime, Uuid16


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
