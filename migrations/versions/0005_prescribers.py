"""Consignments of booklets, beneficiaries and prescriptions."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, Flag, UtcDateTime, Uuid16
from migrations.steps import (
    as_owner,
    drop_refusal,
    let_application,
    on_postgresql,
    refuse_insert,
    write_once,
)

revision = "0005"
down_revision = "0004"

WRITTEN_ONCE = (
    "consignment",
    "consignment_range",
    "consignment_answer",
    "beneficiary",
    "prescription",
    "prescription_renewal",
    "prescription_exception",
    "prescription_late",
    "prescription_booklet",
)


def refers_to_a_label() -> list[sa.ForeignKeyConstraint]:
    """Labels come with 0006: SQLite lets a key name a table to come, PostgreSQL gets it in 0011."""
    if on_postgresql():
        return []
    return [
        sa.ForeignKeyConstraint(
            ["referral_label_id", "referred_to_id", "referral_label_from", "referral_label_until"],
            ["label.id", "label.organisation_id", "label.valid_from", "label.valid_until"],
            name="prescription_refers_to_a_labelled_mediator",
        )
    ]


def upgrade() -> None:
    """Make the tables, written once but for those named below."""
    with as_owner():
        op.create_table(
            "consignment",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("number", sa.Text(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("sponsor_id", Uuid16(), nullable=False),
            sa.Column("sender_id", Uuid16(), nullable=False),
            sa.Column("recipient_id", Uuid16(), nullable=False),
            sa.Column("agreement_role", sa.Text(), nullable=False),
            sa.Column("sender_agreement_id", Uuid16(), nullable=True),
            sa.Column("sender_agreement_from", Day(), nullable=True),
            sa.Column("sender_agreement_until", Day(), nullable=True),
            sa.Column("recipient_agreement_id", Uuid16(), nullable=True),
            sa.Column("recipient_agreement_from", Day(), nullable=True),
            sa.Column("recipient_agreement_until", Day(), nullable=True),
            sa.Column("reason", sa.Text(), nullable=True),
            sa.Column("sent_on", Day(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("prepared_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "kind in ('allocation', 'return', 'transfer')", name="consignment_kind_is_known"
            ),
            sa.CheckConstraint(
                "(sender_id = sponsor_id) = (kind = 'allocation')"
                " and (recipient_id = sponsor_id) = (kind = 'return')"
                " and sender_id <> recipient_id",
                name="consignment_ends_fit_its_kind",
            ),
            sa.CheckConstraint(
                "agreement_role = 'prescriber'", name="consignment_is_for_prescribers"
            ),
            sa.CheckConstraint(
                "kind = 'return' or (recipient_agreement_id is not null and coalesce("
                "sent_on between recipient_agreement_from and recipient_agreement_until, false))",
                name="consignment_needs_its_recipients_agreement_in_force",
            ),
            sa.CheckConstraint(
                "kind <> 'transfer' or (sender_agreement_id is not null and coalesce("
                "sent_on between sender_agreement_from and sender_agreement_until, false))",
                name="transfer_needs_its_senders_agreement_in_force",
            ),
            *(
                sa.ForeignKeyConstraint(
                    [
                        f"{end}_agreement_id",
                        f"{end}_id",
                        "agreement_role",
                        f"{end}_agreement_from",
                        f"{end}_agreement_until",
                    ],
                    [
                        "agreement.id",
                        "agreement.organisation_id",
                        "agreement.role",
                        "agreement.valid_from",
                        "agreement.valid_until",
                    ],
                    name=f"consignment_names_its_{end}s_agreement",
                )
                for end in ("sender", "recipient")
            ),
            sa.ForeignKeyConstraint(
                ["programme_id", "sponsor_id"],
                ["programme.id", "programme.sponsor_id"],
                name="consignment_names_the_sponsor",
            ),
            sa.ForeignKeyConstraint(
                ["prepared_by"], ["agent.id"], name="consignment_was_prepared_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["sender_id"], ["organisation.id"], name="consignment_has_a_sender"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("number", name="consignment_number_is_one_consignment"),
            sa.UniqueConstraint("id", "kind", name="consignment_names_its_kind"),
            sa.UniqueConstraint("id", "recipient_id", name="consignment_names_its_recipient"),
            sqlite_strict=True,
        )
        op.create_index("consignment_by_recipient", "consignment", ["recipient_id"], unique=False)
        op.create_index("consignment_by_sender", "consignment", ["sender_id"], unique=False)
        op.create_table(
            "consignment_range",
            sa.Column("consignment_id", Uuid16(), nullable=False),
            sa.Column("first_voucher_id", BigInt, autoincrement=False, nullable=False),
            sa.Column("last_voucher_id", BigInt, nullable=False),
            sa.Column("vintage_id", sa.Integer(), nullable=False),
            sa.CheckConstraint(
                "last_voucher_id >= first_voucher_id", name="consignment_range_is_not_empty"
            ),
            sa.ForeignKeyConstraint(
                ["consignment_id"], ["consignment.id"], name="consignment_range_is_a_consignments"
            ),
            sa.PrimaryKeyConstraint("consignment_id", "first_voucher_id"),
            sqlite_strict=True,
        )
        op.create_table(
            "consignment_answer",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("consignment_id", Uuid16(), nullable=False),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("answer", sa.Text(), nullable=False),
            sa.Column("note", sa.Text(), nullable=True),
            sa.Column("answered_by", BigInt, nullable=False),
            sa.Column("answered_at", UtcDateTime(), nullable=False),
            sa.Column("answered_on", Day(), nullable=False),
            sa.CheckConstraint(
                "answer in ('received', 'cancelled')", name="consignment_answer_is_known"
            ),
            sa.ForeignKeyConstraint(
                ["consignment_id", "kind"],
                ["consignment.id", "consignment.kind"],
                name="consignment_answer_names_the_kind",
            ),
            sa.ForeignKeyConstraint(
                ["answered_by"], ["agent.id"], name="consignment_was_answered_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("consignment_id", name="consignment_is_answered_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "beneficiary",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("public", sa.Text(), nullable=False),
            sa.Column("prescriber_id", Uuid16(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "public in ('plie', 'registered_job_seeker', 'unregistered_job_seeker',"
                " 'senior', 'other')",
                name="beneficiary_public_is_known",
            ),
            sa.ForeignKeyConstraint(
                ["prescriber_id"], ["organisation.id"], name="beneficiary_is_met_by_a_prescriber"
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="beneficiary_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("id", "prescriber_id", name="beneficiary_names_its_prescriber"),
            sa.UniqueConstraint("id", "public", name="beneficiary_names_its_public"),
            sqlite_strict=True,
        )
        op.create_index("beneficiary_by_prescriber", "beneficiary", ["prescriber_id"], unique=False)
        op.create_table(
            "beneficiary_identity",
            sa.Column("beneficiary_id", Uuid16(), nullable=False),
            sa.Column("surname", sa.Text(), nullable=False),
            sa.Column("first_name", sa.Text(), nullable=False),
            sa.Column("likeness", sa.Text(), nullable=False),
            sa.Column("birth_year", sa.Integer(), nullable=False),
            sa.Column("commune", sa.Text(), nullable=False),
            sa.Column("phone", sa.Text(), nullable=True),
            sa.Column("email", sa.Text(), nullable=True),
            sa.Column("last_contact_on", Day(), nullable=False),
            sa.CheckConstraint(
                "birth_year between 1900 and 2100", name="identity_birth_year_is_plausible"
            ),
            sa.ForeignKeyConstraint(
                ["beneficiary_id"], ["beneficiary.id"], name="identity_is_a_beneficiarys"
            ),
            sa.PrimaryKeyConstraint("beneficiary_id"),
            sqlite_strict=True,
        )
        op.create_index(
            "identity_by_likeness", "beneficiary_identity", ["likeness", "birth_year"], unique=False
        )
        op.create_table(
            "prescription",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("number", sa.Text(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("settings_id", Uuid16(), nullable=False),
            sa.Column("settings_ordinal", sa.Integer(), nullable=False),
            sa.Column("settings_from", Day(), nullable=False),
            sa.Column("beneficiary_id", Uuid16(), nullable=False),
            sa.Column("public", sa.Text(), nullable=False),
            sa.Column("prescriber_id", Uuid16(), nullable=False),
            sa.Column("agreement_id", Uuid16(), nullable=False),
            sa.Column("agreement_role", sa.Text(), nullable=False),
            sa.Column("agreement_from", Day(), nullable=False),
            sa.Column("agreement_until", Day(), nullable=False),
            sa.Column("prescribed_on", Day(), nullable=False),
            sa.Column("age_years", sa.Integer(), nullable=False),
            sa.Column("declares_no_other_pass", Flag(), nullable=False),
            sa.Column("question_set", sa.Text(), nullable=False),
            sa.Column("answers", sa.Text(), nullable=False),
            sa.Column("need", sa.Text(), nullable=False),
            sa.Column("commitment", sa.Text(), nullable=False),
            sa.Column("referred_to_id", Uuid16(), nullable=False),
            sa.Column("referral_label_id", Uuid16(), nullable=False),
            sa.Column("referral_label_from", Day(), nullable=False),
            sa.Column("referral_label_until", Day(), nullable=False),
            sa.Column("referral_agreement_id", Uuid16(), nullable=False),
            sa.Column("referral_agreement_role", sa.Text(), nullable=False),
            sa.Column("referral_agreement_from", Day(), nullable=False),
            sa.Column("referral_agreement_until", Day(), nullable=False),
            sa.Column("prescribed_by", BigInt, nullable=False),
            sa.Column("prescribed_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "length(answers) between 5 and 9 and replace(replace(replace(answers, '0',"
                " ''), '1', ''), '2', '') = ''",
                name="prescription_answers_are_figures",
            ),
            sa.CheckConstraint(
                "commitment in ('paper', 'screen')", name="prescription_commitment_is_known"
            ),
            sa.CheckConstraint(
                "agreement_role = 'prescriber'", name="prescription_is_a_prescribers"
            ),
            sa.CheckConstraint(
                "need in ('strong', 'medium', 'light')", name="prescription_need_is_known"
            ),
            sa.CheckConstraint(
                "prescribed_on between agreement_from and agreement_until",
                name="prescription_needs_an_agreement_in_force",
            ),
            sa.CheckConstraint(
                "prescribed_on >= settings_from", name="prescription_needs_settings_that_apply"
            ),
            sa.CheckConstraint(
                "question_set in ('2026-1')", name="prescription_question_set_is_known"
            ),
            sa.CheckConstraint(
                "referral_agreement_role = 'mediator'", name="prescription_refers_to_a_mediator"
            ),
            sa.CheckConstraint(
                "public <> 'senior' or age_years >= 60",
                name="prescription_to_a_senior_is_at_60_or_over",
            ),
            sa.CheckConstraint(
                "prescribed_on between referral_label_from and referral_label_until",
                name="referral_needs_a_label_in_force",
            ),
            sa.CheckConstraint(
                "prescribed_on between referral_agreement_from and referral_agreement_until",
                name="referral_needs_an_agreement_in_force",
            ),
            sa.CheckConstraint(
                "public <> 'registered_job_seeker' or declares_no_other_pass",
                name="registered_job_seeker_declares_no_other_pass",
            ),
            sa.ForeignKeyConstraint(
                ["beneficiary_id", "prescriber_id"],
                ["beneficiary.id", "beneficiary.prescriber_id"],
                name="prescription_is_by_the_persons_own_prescriber",
            ),
            sa.ForeignKeyConstraint(
                [
                    "agreement_id",
                    "prescriber_id",
                    "agreement_role",
                    "agreement_from",
                    "agreement_until",
                ],
                [
                    "agreement.id",
                    "agreement.organisation_id",
                    "agreement.role",
                    "agreement.valid_from",
                    "agreement.valid_until",
                ],
                name="prescription_names_the_agreement",
            ),
            sa.ForeignKeyConstraint(
                ["beneficiary_id", "public"],
                ["beneficiary.id", "beneficiary.public"],
                name="prescription_names_the_public",
            ),
            sa.ForeignKeyConstraint(
                ["settings_id", "programme_id", "settings_ordinal", "settings_from"],
                [
                    "programme_settings.id",
                    "programme_settings.programme_id",
                    "programme_settings.ordinal",
                    "programme_settings.applies_from",
                ],
                name="prescription_names_the_settings",
            ),
            *refers_to_a_label(),
            sa.ForeignKeyConstraint(
                [
                    "referral_agreement_id",
                    "referred_to_id",
                    "referral_agreement_role",
                    "referral_agreement_from",
                    "referral_agreement_until",
                ],
                [
                    "agreement.id",
                    "agreement.organisation_id",
                    "agreement.role",
                    "agreement.valid_from",
                    "agreement.valid_until",
                ],
                name="prescription_refers_to_a_mediator_by_its_agreement",
            ),
            sa.ForeignKeyConstraint(
                ["prescribed_by"], ["agent.id"], name="prescription_was_made_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "id", "prescribed_by", "prescribed_on", name="prescription_names_its_agent_and_day"
            ),
            sa.UniqueConstraint(
                "id",
                "programme_id",
                "beneficiary_id",
                "public",
                "settings_id",
                "prescribed_on",
                name="prescription_names_its_person",
            ),
            sa.UniqueConstraint("number", name="prescription_number_is_one_prescription"),
            sqlite_strict=True,
        )
        op.create_index(
            "prescription_by_beneficiary", "prescription", ["beneficiary_id"], unique=False
        )
        op.create_index(
            "prescription_by_prescriber", "prescription", ["prescriber_id"], unique=False
        )
        op.create_table(
            "prescription_renewal",
            sa.Column("prescription_id", Uuid16(), nullable=False),
            sa.Column("passes_left", sa.Integer(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=True),
            sa.CheckConstraint(
                "passes_left = 0 or reason is not null", name="renewal_before_the_end_has_a_reason"
            ),
            sa.CheckConstraint("passes_left >= 0", name="renewal_counts_what_is_left"),
            sa.CheckConstraint(
                "reason in ('booked_ahead', 'lost', 'mediator_changed')",
                name="renewal_reason_is_known",
            ),
            sa.ForeignKeyConstraint(
                ["prescription_id"], ["prescription.id"], name="renewal_is_a_prescriptions"
            ),
            sa.PrimaryKeyConstraint("prescription_id"),
            sqlite_strict=True,
        )
        op.create_table(
            "prescription_exception",
            sa.Column("prescription_id", Uuid16(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.CheckConstraint(
                "reason in ('course_unfinished', 'work_depends', 'lost', 'coordination_agreed')",
                name="exception_reason_is_known",
            ),
            sa.ForeignKeyConstraint(
                ["prescription_id"], ["prescription.id"], name="exception_is_a_prescriptions"
            ),
            sa.PrimaryKeyConstraint("prescription_id"),
            sqlite_strict=True,
        )
        op.create_table(
            "prescription_late",
            sa.Column("prescription_id", Uuid16(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.CheckConstraint(
                "reason in ('sessions_booked', 'person_asked', 'coordination_agreed')",
                name="late_reason_is_known",
            ),
            sa.ForeignKeyConstraint(
                ["prescription_id"], ["prescription.id"], name="late_is_a_prescriptions"
            ),
            sa.PrimaryKeyConstraint("prescription_id"),
            sqlite_strict=True,
        )
        op.create_table(
            "prescription_booklet",
            sa.Column("booklet_id", BigInt, autoincrement=False, nullable=False),
            sa.Column("prescription_id", Uuid16(), nullable=False),
            sa.Column("booklet_size", sa.Integer(), nullable=False),
            sa.Column("vintage_id", sa.Integer(), nullable=False),
            sa.Column("valid_from", Day(), nullable=False),
            sa.Column("valid_until", Day(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("beneficiary_id", Uuid16(), nullable=False),
            sa.Column("public", sa.Text(), nullable=False),
            sa.Column("settings_id", Uuid16(), nullable=False),
            sa.Column("prescribed_on", Day(), nullable=False),
            sa.Column("entitled_count", sa.Integer(), nullable=False),
            sa.Column("renewal_count", sa.Integer(), nullable=False),
            sa.Column("ordinal", sa.Integer(), nullable=False),
            sa.Column("undone_count", sa.Integer(), nullable=False),
            sa.Column("renewal_id", Uuid16(), nullable=True),
            sa.Column("exception_id", Uuid16(), nullable=True),
            sa.Column("late_id", Uuid16(), nullable=True),
            sa.CheckConstraint(
                "coalesce(renewal_id, prescription_id) = prescription_id and"
                " coalesce(exception_id, prescription_id) = prescription_id and"
                " coalesce(late_id, prescription_id) = prescription_id",
                name="prescribed_booklet_names_reasons_of_its_own",
            ),
            sa.CheckConstraint(
                "ordinal > undone_count and (exception_id is not null or ordinal -"
                " undone_count <= entitled_count * (1 + renewal_count))",
                name="prescription_is_within_the_entitlement",
            ),
            sa.CheckConstraint(
                "prescribed_on between valid_from and valid_until",
                name="prescription_is_within_the_validity",
            ),
            sa.CheckConstraint(
                "renewal_id is not null or ordinal - undone_count <= entitled_count or ordinal"
                " - undone_count > entitled_count * (1 + renewal_count)",
                name="renewed_booklet_names_the_renewal",
            ),
            sa.ForeignKeyConstraint(
                ["renewal_id"],
                ["prescription_renewal.prescription_id"],
                name="booklet_names_a_renewal",
            ),
            sa.ForeignKeyConstraint(
                ["exception_id"],
                ["prescription_exception.prescription_id"],
                name="booklet_names_an_exception",
            ),
            sa.ForeignKeyConstraint(
                ["late_id"],
                ["prescription_late.prescription_id"],
                name="booklet_names_its_acceptance",
            ),
            sa.ForeignKeyConstraint(
                [
                    "prescription_id",
                    "programme_id",
                    "beneficiary_id",
                    "public",
                    "settings_id",
                    "prescribed_on",
                ],
                [
                    "prescription.id",
                    "prescription.programme_id",
                    "prescription.beneficiary_id",
                    "prescription.public",
                    "prescription.settings_id",
                    "prescription.prescribed_on",
                ],
                name="prescribed_booklet_is_of_its_prescription",
            ),
            sa.ForeignKeyConstraint(
                ["settings_id", "public", "booklet_size", "entitled_count", "renewal_count"],
                [
                    "entitlement.settings_id",
                    "entitlement.public",
                    "entitlement.booklet_size",
                    "entitlement.booklet_count",
                    "entitlement.renewal_count",
                ],
                name="prescribed_booklet_names_its_entitlement",
            ),
            sa.ForeignKeyConstraint(
                ["booklet_id", "booklet_size", "vintage_id"],
                ["booklet.id", "booklet.size", "booklet.vintage_id"],
                name="prescribed_booklet_names_its_size_and_vintage",
            ),
            sa.ForeignKeyConstraint(
                ["vintage_id", "programme_id", "valid_from", "valid_until"],
                [
                    "vintage_terms.vintage_id",
                    "vintage_terms.programme_id",
                    "vintage_terms.valid_from",
                    "vintage_terms.valid_until",
                ],
                name="prescribed_booklet_names_its_validity",
            ),
            sa.PrimaryKeyConstraint("booklet_id", "prescription_id"),
            sa.UniqueConstraint(
                "programme_id", "beneficiary_id", "ordinal", name="entitlement_is_used_once"
            ),
            sqlite_strict=True,
        )
        op.create_index(
            "prescribed_booklet_by_prescription",
            "prescription_booklet",
            ["prescription_id"],
            unique=False,
        )
        write_once(*WRITTEN_ONCE)
        let_application("update, delete", "beneficiary_identity")
        refuse_insert(
            "prescription_names_the_settings_in_force",
            "prescription",
            when=(
                "exists (select 1 from programme_settings s"
                " where s.programme_id = new.programme_id and s.ordinal > new.settings_ordinal"
                " and s.applies_from <= new.prescribed_on and not exists"
                " (select 1 from settings_withdrawal w where w.settings_id = s.id))"
                " or exists (select 1 from settings_withdrawal w"
                " where w.settings_id = new.settings_id)"
            ),
        )


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in (
            "prescription_booklet",
            "prescription_late",
            "prescription_exception",
            "prescription_renewal",
            "prescription",
            "beneficiary_identity",
            "beneficiary",
            "consignment_answer",
            "consignment_range",
            "consignment",
        ):
            op.drop_table(table)
        drop_refusal("prescription_names_the_settings_in_force")
