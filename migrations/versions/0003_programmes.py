"""Programmes, their settings in versions, entitlements, terms of vintages, numbering."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, Flag, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, let_application, refuse_insert, write_once

revision = "0003"
down_revision = "0002"

WRITTEN_ONCE = (
    "programme",
    "programme_settings",
    "settings_withdrawal",
    "entitlement",
    "vintage_terms",
    "demonstration_mark",
)


def upgrade() -> None:
    """Make the tables, written once but for those named below."""
    with as_owner():
        op.create_table(
            "programme",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("payer", sa.Text(), nullable=False),
            sa.Column("sponsor_id", Uuid16(), nullable=False),
            sa.Column("issuer_id", Uuid16(), nullable=False),
            sa.Column("created_by", BigInt, nullable=False),
            sa.Column("created_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("payer in ('authority', 'issuer')", name="programme_payer_is_known"),
            sa.CheckConstraint("length(name) between 1 and 200", name="programme_has_a_name"),
            sa.ForeignKeyConstraint(
                ["created_by"], ["agent.id"], name="programme_was_made_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["issuer_id"], ["organisation.id"], name="programme_has_an_issuer"
            ),
            sa.ForeignKeyConstraint(
                ["sponsor_id"], ["organisation.id"], name="programme_has_a_sponsor"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("id", "sponsor_id", name="programme_names_its_sponsor"),
            sqlite_strict=True,
        )
        op.create_table(
            "programme_settings",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("ordinal", sa.Integer(), nullable=False),
            sa.Column("follows_ordinal", sa.Integer(), nullable=True),
            sa.Column("applies_from", Day(), nullable=False),
            sa.Column("order_fee_basis_points", sa.Integer(), nullable=False),
            sa.Column("redemption_fee_basis_points", sa.Integer(), nullable=False),
            sa.Column("payment_delay_days", sa.Integer(), nullable=False),
            sa.Column("alert_days_before_end", sa.Integer(), nullable=False),
            sa.Column("withhold_days_before_end", sa.Integer(), nullable=False),
            sa.Column("late_days_before_end", sa.Integer(), nullable=False),
            sa.Column("tolerance_days", sa.Integer(), nullable=False),
            sa.Column("statement_days_after_end", sa.Integer(), nullable=False),
            sa.Column("offline_pass_count", sa.Integer(), nullable=False),
            sa.Column("offline_list_hours", sa.Integer(), nullable=False),
            sa.Column("offline_upload_days", sa.Integer(), nullable=False),
            sa.Column("label_warning_days", sa.Integer(), nullable=False),
            sa.Column("agreement_warning_days", sa.Integer(), nullable=False),
            sa.Column("recovery_delay_days", sa.Integer(), nullable=False),
            sa.Column("signal_sitting_minutes", sa.Integer(), nullable=False),
            sa.Column("signal_burst_count", sa.Integer(), nullable=False),
            sa.Column("signal_feeding_times", sa.Integer(), nullable=False),
            sa.Column("signal_failed_count", sa.Integer(), nullable=False),
            sa.Column("signal_session_days", sa.Integer(), nullable=False),
            sa.Column("budget_cents", BigInt, nullable=True),
            sa.Column("certification_required", Flag(), nullable=False),
            sa.Column("session_required", Flag(), nullable=False),
            sa.Column("document", sa.Text(), nullable=True),
            sa.Column("made_by", BigInt, nullable=False),
            sa.Column("made_at", UtcDateTime(), nullable=False),
            sa.Column("made_on", Day(), nullable=False),
            sa.CheckConstraint(
                "ordinal >= 1 and ordinal = coalesce(follows_ordinal, 0) + 1"
                " and (follows_ordinal is null) = (ordinal = 1)",
                name="settings_ordinals_leave_no_gap",
            ),
            sa.CheckConstraint(
                "ordinal = 1 or applies_from >= made_on",
                name="settings_are_not_changed_afterwards",
            ),
            sa.CheckConstraint(
                "order_fee_basis_points between 0 and 10000"
                " and redemption_fee_basis_points between 0 and 10000",
                name="settings_fees_are_parts_of_the_whole",
            ),
            sa.CheckConstraint(
                "payment_delay_days between 1 and 30 and label_warning_days between 0 and 366"
                " and agreement_warning_days between 0 and 366"
                " and recovery_delay_days between 0 and 366",
                name="settings_delays_are_a_year_at_most",
            ),
            sa.CheckConstraint(
                "366 >= alert_days_before_end and alert_days_before_end >= withhold_days_before_end"
                " and withhold_days_before_end >= late_days_before_end"
                " and late_days_before_end >= 0"
                " and tolerance_days >= 0 and statement_days_after_end <= 366",
                name="settings_calendar_is_in_order",
            ),
            sa.CheckConstraint(
                "tolerance_days + offline_upload_days < statement_days_after_end",
                name="settings_uploads_end_before_the_joint_statement",
            ),
            sa.CheckConstraint(
                "offline_pass_count between 0 and 1000 and offline_list_hours between 0 and 720"
                " and offline_upload_days between 0 and 60",
                name="settings_offline_policy_is_bounded",
            ),
            sa.CheckConstraint(
                "signal_sitting_minutes between 1 and 1440"
                " and signal_burst_count between 2 and 1000"
                " and signal_feeding_times between 2 and 100"
                " and signal_failed_count between 1 and 1000"
                " and signal_session_days between 0 and 366",
                name="settings_signals_are_bounded",
            ),
            sa.CheckConstraint(
                "budget_cents between 1 and 1000000000000", name="settings_budget_is_some_money"
            ),
            sa.CheckConstraint(
                "length(document) between 1 and 200", name="settings_document_has_a_name"
            ),
            sa.ForeignKeyConstraint(
                ["programme_id", "follows_ordinal"],
                ["programme_settings.programme_id", "programme_settings.ordinal"],
                name="settings_follow_the_version_before",
            ),
            sa.ForeignKeyConstraint(
                ["programme_id"], ["programme.id"], name="settings_are_a_programmes"
            ),
            sa.ForeignKeyConstraint(
                ["made_by"], ["agent.id"], name="settings_were_made_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("programme_id", "ordinal", name="settings_ordinal_is_one_version"),
            sa.UniqueConstraint(
                "id",
                "programme_id",
                "ordinal",
                "applies_from",
                name="settings_name_their_first_day",
            ),
            sqlite_strict=True,
        )
        op.create_table(
            "settings_withdrawal",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("settings_id", Uuid16(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("ordinal", sa.Integer(), nullable=False),
            sa.Column("applies_from", Day(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("withdrawn_by", BigInt, nullable=False),
            sa.Column("withdrawn_at", UtcDateTime(), nullable=False),
            sa.Column("withdrawn_on", Day(), nullable=False),
            sa.CheckConstraint("ordinal > 1", name="first_settings_are_not_withdrawn"),
            sa.CheckConstraint(
                "withdrawn_on < applies_from", name="settings_are_withdrawn_before_they_apply"
            ),
            sa.CheckConstraint(
                "length(reason) between 1 and 200", name="settings_withdrawal_has_a_reason"
            ),
            sa.ForeignKeyConstraint(
                ["settings_id", "programme_id", "ordinal", "applies_from"],
                [
                    "programme_settings.id",
                    "programme_settings.programme_id",
                    "programme_settings.ordinal",
                    "programme_settings.applies_from",
                ],
                name="settings_withdrawal_names_the_settings",
            ),
            sa.ForeignKeyConstraint(
                ["withdrawn_by"], ["agent.id"], name="settings_were_withdrawn_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("settings_id", name="settings_are_withdrawn_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "entitlement",
            sa.Column("settings_id", Uuid16(), nullable=False),
            sa.Column("public", sa.Text(), nullable=False),
            sa.Column("booklet_size", sa.Integer(), nullable=False),
            sa.Column("booklet_count", sa.Integer(), nullable=False),
            sa.Column("renewal_count", sa.Integer(), nullable=False),
            sa.CheckConstraint(
                "public in ('plie', 'registered_job_seeker', 'unregistered_job_seeker', "
                "'senior', 'other')",
                name="entitlement_public_is_known",
            ),
            sa.CheckConstraint(
                "booklet_count between 1 and 20", name="entitlement_is_a_few_booklets"
            ),
            sa.CheckConstraint(
                "booklet_size in (5, 10)", name="entitlement_is_in_booklets_of_5_or_10"
            ),
            sa.CheckConstraint(
                "renewal_count between 0 and 9", name="entitlement_is_renewed_a_few_times"
            ),
            sa.ForeignKeyConstraint(
                ["settings_id"], ["programme_settings.id"], name="entitlement_is_of_a_version"
            ),
            sa.PrimaryKeyConstraint("settings_id", "public"),
            sa.UniqueConstraint(
                "settings_id",
                "public",
                "booklet_size",
                "booklet_count",
                "renewal_count",
                name="entitlement_names_its_size_and_count",
            ),
            sqlite_strict=True,
        )
        op.create_table(
            "vintage_terms",
            sa.Column("vintage_id", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("label", sa.Text(), nullable=False),
            sa.Column("valid_from", Day(), nullable=False),
            sa.Column("valid_until", Day(), nullable=False),
            sa.Column("tolerance_days", sa.Integer(), nullable=False),
            sa.Column("taken_over", Flag(), nullable=False),
            sa.Column("last_redemption_on", Day(), nullable=False),
            sa.Column("key_fingerprint", Bytes(), nullable=False),
            sa.Column("created_by", BigInt, nullable=False),
            sa.Column("created_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "last_redemption_on >= valid_until", name="vintage_tolerance_comes_after_its_end"
            ),
            sa.CheckConstraint(
                "length(label) = 3", name="vintage_label_is_two_digits_and_a_letter"
            ),
            sa.CheckConstraint("valid_until >= valid_from", name="vintage_ends_after_it_begins"),
            sa.ForeignKeyConstraint(
                ["created_by"], ["agent.id"], name="vintage_was_made_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["programme_id"], ["programme.id"], name="vintage_is_a_programmes"
            ),
            sa.ForeignKeyConstraint(
                ["vintage_id"], ["vintage.id"], name="vintage_terms_are_a_vintages"
            ),
            sa.PrimaryKeyConstraint("vintage_id"),
            sa.UniqueConstraint("label", name="vintage_label_is_one_vintage"),
            sa.UniqueConstraint("vintage_id", "programme_id", name="vintage_names_its_programme"),
            sa.UniqueConstraint(
                "vintage_id",
                "programme_id",
                "valid_from",
                "valid_until",
                name="vintage_names_its_validity",
            ),
            sa.UniqueConstraint(
                "vintage_id",
                "valid_from",
                "valid_until",
                "last_redemption_on",
                name="vintage_names_its_days",
            ),
            sqlite_strict=True,
        )
        op.create_table(
            "document_counter",
            sa.Column("prefix", sa.Text(), nullable=False),
            sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("last_number", sa.Integer(), nullable=False),
            sa.CheckConstraint("last_number > 0", name="document_counter_counts_from_one"),
            sa.PrimaryKeyConstraint("prefix", "year"),
            sqlite_strict=True,
        )
        op.create_table(
            "demonstration_mark",
            sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("marked_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("id = 1", name="demonstration_mark_is_one_row"),
            sa.PrimaryKeyConstraint("id"),
            sqlite_strict=True,
        )
        write_once(*WRITTEN_ONCE)
        refuse_insert(
            "settings_apply_after_those_before",
            "programme_settings",
            when=(
                "exists (select 1 from programme_settings s"
                " where s.programme_id = new.programme_id and s.ordinal < new.ordinal"
                " and s.applies_from > new.applies_from and not exists"
                " (select 1 from settings_withdrawal w where w.settings_id = s.id))"
            ),
        )
        let_application("update", "document_counter")


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in (
            "demonstration_mark",
            "document_counter",
            "vintage_terms",
            "entitlement",
            "settings_withdrawal",
            "programme_settings",
            "programme",
        ):
            op.drop_table(table)
        drop_refusal("settings_apply_after_those_before")
