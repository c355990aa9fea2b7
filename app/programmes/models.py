"""Programmes, their settings in versions, and the terms of vintages. Written once."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Day, Flag, Model, Record, UtcDateTime, Uuid16
from app.programmes.rules import Covers, Payer, Public

PAYERS = ", ".join(f"'{payer}'" for payer in Payer)
COVERS = ", ".join(f"'{covers}'" for covers in Covers)
PUBLICS = ", ".join(f"'{public}'" for public in Public)


class Programme(Record):
    """One funded deployment."""

    __tablename__ = "programme"
    __table_args__ = (
        CheckConstraint(f"payer in ({PAYERS})", name="programme_payer_is_known"),
        CheckConstraint("length(name) between 1 and 200", name="programme_has_a_name"),
        UniqueConstraint("id", "sponsor_id", name="programme_names_its_sponsor"),
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


class ProgrammeSettings(Record):
    """One version of what a programme is set to, whole: it applies from a day until the next one.

    Ordinals have no gap. No version applies before an earlier one that stands (a trigger says so),
    or, but for the first, before it was made.
    """

    __tablename__ = "programme_settings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["programme_id", "follows_ordinal"],
            ["programme_settings.programme_id", "programme_settings.ordinal"],
            name="settings_follow_the_version_before",
        ),
        CheckConstraint(
            "ordinal >= 1 and ordinal = coalesce(follows_ordinal, 0) + 1"
            " and (follows_ordinal is null) = (ordinal = 1)",
            name="settings_ordinals_leave_no_gap",
        ),
        CheckConstraint(
            "ordinal = 1 or applies_from >= made_on", name="settings_are_not_changed_afterwards"
        ),
        CheckConstraint(
            "order_fee_basis_points between 0 and 10000"
            " and redemption_fee_basis_points between 0 and 10000",
            name="settings_fees_are_parts_of_the_whole",
        ),
        CheckConstraint(
            "payment_delay_days between 1 and 30 and label_warning_days between 0 and 366"
            " and agreement_warning_days between 0 and 366"
            " and recovery_delay_days between 0 and 366",
            name="settings_delays_are_a_year_at_most",
        ),
        CheckConstraint(
            "366 >= alert_days_before_end and alert_days_before_end >= withhold_days_before_end"
            " and withhold_days_before_end >= late_days_before_end and late_days_before_end >= 0"
            " and tolerance_days >= 0 and statement_days_after_end <= 366",
            name="settings_calendar_is_in_order",
        ),
        CheckConstraint(
            "tolerance_days + offline_upload_days < statement_days_after_end",
            name="settings_uploads_end_before_the_joint_statement",
        ),
        CheckConstraint(
            "offline_pass_count between 0 and 1000 and offline_list_hours between 0 and 720"
            " and offline_upload_days between 0 and 60",
            name="settings_offline_policy_is_bounded",
        ),
        CheckConstraint(
            "signal_sitting_minutes between 1 and 1440 and signal_burst_count between 2 and 1000"
            " and signal_feeding_times between 2 and 100 and signal_failed_count between 1 and 1000"
            " and signal_session_days between 0 and 366",
            name="settings_signals_are_bounded",
        ),
        CheckConstraint(
            "budget_cents between 1 and 1000000000000", name="settings_budget_is_some_money"
        ),
        CheckConstraint("length(document) between 1 and 200", name="settings_document_has_a_name"),
        UniqueConstraint("programme_id", "ordinal", name="settings_ordinal_is_one_version"),
        UniqueConstraint(
            "id", "programme_id", "ordinal", "applies_from", name="settings_name_their_first_day"
        ),
        {"sqlite_strict": True},
    )

    programme_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("programme.id", name="settings_are_a_programmes")
    )
    ordinal: Mapped[int] = mapped_column(Integer)
    follows_ordinal: Mapped[int | None] = mapped_column(Integer)
    applies_from: Mapped[date] = mapped_column(Day)
    order_fee_basis_points: Mapped[int] = mapped_column(Integer)
    redemption_fee_basis_points: Mapped[int] = mapped_column(Integer)
    payment_delay_days: Mapped[int] = mapped_column(Integer)
    alert_days_before_end: Mapped[int] = mapped_column(Integer)
    withhold_days_before_end: Mapped[int] = mapped_column(Integer)
    late_days_before_end: Mapped[int] = mapped_column(Integer)
    tolerance_days: Mapped[int] = mapped_column(Integer)
    statement_days_after_end: Mapped[int] = mapped_column(Integer)
    offline_pass_count: Mapped[int] = mapped_column(Integer)
    offline_list_hours: Mapped[int] = mapped_column(Integer)
    offline_upload_days: Mapped[int] = mapped_column(Integer)
    label_warning_days: Mapped[int] = mapped_column(Integer)
    agreement_warning_days: Mapped[int] = mapped_column(Integer)
    recovery_delay_days: Mapped[int] = mapped_column(Integer)
    signal_sitting_minutes: Mapped[int] = mapped_column(Integer)
    signal_burst_count: Mapped[int] = mapped_column(Integer)
    signal_feeding_times: Mapped[int] = mapped_column(Integer)
    signal_failed_count: Mapped[int] = mapped_column(Integer)
    signal_session_days: Mapped[int] = mapped_column(Integer)
    budget_cents: Mapped[int | None] = mapped_column(BigInt)
    certification_required: Mapped[bool] = mapped_column(Flag)
    session_required: Mapped[bool] = mapped_column(Flag)
    document: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="settings_were_made_by_an_agent")
    )
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_on: Mapped[date] = mapped_column(Day)


class SettingsWithdrawal(Record):
    """A version that will never apply: it was taken back, with a reason, before its first day."""

    __tablename__ = "settings_withdrawal"
    __table_args__ = (
        ForeignKeyConstraint(
            ["settings_id", "programme_id", "ordinal", "applies_from"],
            [
                "programme_settings.id",
                "programme_settings.programme_id",
                "programme_settings.ordinal",
                "programme_settings.applies_from",
            ],
            name="settings_withdrawal_names_the_settings",
        ),
        CheckConstraint("ordinal > 1", name="first_settings_are_not_withdrawn"),
        CheckConstraint(
            "withdrawn_on < applies_from", name="settings_are_withdrawn_before_they_apply"
        ),
        CheckConstraint(
            "length(reason) between 1 and 200", name="settings_withdrawal_has_a_reason"
        ),
        UniqueConstraint("settings_id", name="settings_are_withdrawn_once"),
        {"sqlite_strict": True},
    )

    settings_id: Mapped[UUID] = mapped_column(Uuid16)
    programme_id: Mapped[UUID] = mapped_column(Uuid16)
    ordinal: Mapped[int] = mapped_column(Integer)
    applies_from: Mapped[date] = mapped_column(Day)
    reason: Mapped[str] = mapped_column(Text)
    withdrawn_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="settings_were_withdrawn_by_an_agent")
    )
    withdrawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_on: Mapped[date] = mapped_column(Day)


class Entitlement(Model):
    """How many booklets of which size one person of a public may receive, in one version."""

    __tablename__ = "entitlement"
    __table_args__ = (
        CheckConstraint(f"public in ({PUBLICS})", name="entitlement_public_is_known"),
        CheckConstraint("booklet_size in (5, 10)", name="entitlement_is_in_booklets_of_5_or_10"),
        CheckConstraint("booklet_count between 1 and 20", name="entitlement_is_a_few_booklets"),
        CheckConstraint("renewal_count between 0 and 9", name="entitlement_is_renewed_a_few_times"),
        UniqueConstraint(
            "settings_id",
            "public",
            "booklet_size",
            "booklet_count",
            "renewal_count",
            name="entitlement_names_its_size_and_count",
        ),
        {"sqlite_strict": True},
    )

    settings_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("programme_settings.id", name="entitlement_is_of_a_version"),
        primary_key=True,
    )
    public: Mapped[str] = mapped_column(Text, primary_key=True)
    booklet_size: Mapped[int] = mapped_column(Integer)
    booklet_count: Mapped[int] = mapped_column(Integer)
    renewal_count: Mapped[int] = mapped_column(Integer)


class FunderShare(Model):
    """What part of the value of the passes used an organisation funds, in one version."""

    __tablename__ = "funder_share"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation_id", "organisation_kind"],
            ["organisation.id", "organisation.kind"],
            name="share_names_the_kind_of_its_funder",
        ),
        CheckConstraint("organisation_kind = 'funder'", name="share_is_a_funders"),
        CheckConstraint(
            "share_basis_points between 1 and 10000", name="share_is_a_part_of_the_whole"
        ),
        CheckConstraint(f"covers in ({COVERS})", name="share_says_for_whom"),
        CheckConstraint(
            "covers <> 'state' or share_basis_points <= 5000",
            name="share_of_the_state_is_half_at_most",
        ),
        {"sqlite_strict": True},
    )

    settings_id: Mapped[UUID] = mapped_column(
        Uuid16,
        ForeignKey("programme_settings.id", name="share_is_of_a_version"),
        primary_key=True,
    )
    organisation_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    organisation_kind: Mapped[str] = mapped_column(Text)
    share_basis_points: Mapped[int] = mapped_column(Integer)
    covers: Mapped[str] = mapped_column(Text)


class VintageTerms(Model):
    """What a vintage of the ledger is called, when it serves, and which key makes its codes."""

    __tablename__ = "vintage_terms"
    __table_args__ = (
        UniqueConstraint("label", name="vintage_label_is_one_vintage"),
        UniqueConstraint("vintage_id", "programme_id", name="vintage_names_its_programme"),
        UniqueConstraint(
            "vintage_id",
            "programme_id",
            "valid_from",
            "valid_until",
            name="vintage_names_its_validity",
        ),
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
    taken_over: Mapped[bool] = mapped_column(Flag)
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


class ProgrammeFreeze(Record):
    """From here on no order, delivery or allocation of a programme; what is owed stays owed."""

    __tablename__ = "programme_freeze"
    __table_args__ = (
        CheckConstraint("length(reason) between 1 and 500", name="programme_freeze_says_why"),
        {"sqlite_strict": True},
    )

    programme_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("programme.id", name="programme_freeze_is_of_a_programme")
    )
    reason: Mapped[str] = mapped_column(Text)
    frozen_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="programme_freeze_was_made_by_an_agent")
    )
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FreezeLift(Record):
    """A freeze is over, for a reason."""

    __tablename__ = "freeze_lift"
    __table_args__ = (
        UniqueConstraint("freeze_id", name="freeze_is_lifted_once"),
        CheckConstraint("length(reason) between 1 and 500", name="freeze_lift_says_why"),
        {"sqlite_strict": True},
    )

    freeze_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("programme_freeze.id", name="freeze_lift_is_of_a_freeze")
    )
    reason: Mapped[str] = mapped_column(Text)
    lifted_by: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="freeze_lift_was_made_by_an_agent")
    )
    lifted_at: Mapped[datetime] = mapped_column(UtcDateTime)
