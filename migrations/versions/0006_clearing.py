"""Labels, redemptions, statements and payments."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, Flag, JsonText, UtcDateTime, Uuid16
from migrations.steps import as_owner, day_of, drop_refusal, refuse_insert, write_once

revision = "0006"
down_revision = "0005"

WRITTEN_ONCE = (
    "label_application",
    "label",
    "cash_office",
    "redemption_attempt",
    "redemption",
    "redemption_reversal",
    "clearing_run",
    "statement",
    "statement_withdrawal",
    "statement_version",
    "statement_line",
    "statement_certification",
    "statement_approval",
    "payment_order",
    "payment",
)

WHEN_SUMS_DISAGREE = """
          new.amount_cents
          <> (select coalesce(sum(amount_cents), 0) from movement
               where posting_id = new.statement_id)
           - (select coalesce(sum(m.amount_cents), 0) from movement m
                join statement_withdrawal w on w.id = m.posting_id
               where w.statement_id = new.statement_id)
          or new.amount_cents
          <> (select coalesce(sum(amount_cents), 0) from statement_line
               where statement_id = new.statement_id and version = new.version)
"""
WHEN_A_LATER_VERSION_EXISTS = """
          exists (select 1 from statement_version
                   where statement_id = new.statement_id and version > new.version)
"""
WHEN_THE_APPROVER_WITHDREW = """
          exists (select 1 from statement_version
                   where statement_id = new.statement_id and made_by = new.approved_by
                     and version > 1)
"""
WHEN_THE_STATEMENT_IS_APPROVED = """
          exists (select 1 from statement_approval where statement_id = new.statement_id)
"""
WHEN_THE_AGENT_IS_NOT_THE_MEDIATORS = """
          exists (select 1 from agent
                   where id = new.certified_by and organisation_id <> new.mediator_id)
"""
RECEIVED_LATE = """
          new.received_on > coalesce(
            (select min({certified}) from statement_certification
              where statement_id = new.statement_id),
            (select {made} from statement_version
              where statement_id = new.statement_id and version = 1))
"""
WHEN_THE_SAME_ACCOUNT_IS_PAID_AGAIN = """
          new.same_account_reason is null
          and exists (select 1 from payment_order
                       where statement_id = new.statement_id and ordinal = new.follows_ordinal
                         and payee_iban_fingerprint = new.payee_iban_fingerprint)
"""
WHEN_THE_FIRST_ACCOUNT_DIFFERS = """
          new.ordinal = 1
          and not exists (select 1 from statement_approval
                           where statement_id = new.statement_id
                             and bank_details_id = new.bank_details_id)
"""
REFUSALS = (
    ("statement_total_is_the_sum_of_its_claims", "statement_approval", WHEN_SUMS_DISAGREE),
    (
        "statement_is_approved_at_its_last_version",
        "statement_approval",
        WHEN_A_LATER_VERSION_EXISTS,
    ),
    (
        "statement_is_approved_by_who_withdrew_nothing",
        "statement_approval",
        WHEN_THE_APPROVER_WITHDREW,
    ),
    ("withdrawal_comes_before_approval", "statement_withdrawal", WHEN_THE_STATEMENT_IS_APPROVED),
    (
        "certification_is_by_the_mediators_own_agent",
        "statement_certification",
        WHEN_THE_AGENT_IS_NOT_THE_MEDIATORS,
    ),
    (
        "first_payment_order_pays_the_account_approved",
        "payment_order",
        WHEN_THE_FIRST_ACCOUNT_DIFFERS,
    ),
    (
        "payment_order_to_the_same_account_says_why",
        "payment_order",
        WHEN_THE_SAME_ACCOUNT_IS_PAID_AGAIN,
    ),
)
RECEIPT = "statement_is_received_when_first_certified"

WHEN_NOT_YET_HANDED_OVER = """
          exists (select 1 from voucher
                    join prescription_booklet as handed using (booklet_id)
                    join prescription on prescription.id = handed.prescription_id
                   where voucher.id = new.voucher_id
                     and prescription.prescribed_on > new.redeemed_on)
"""

ONLY_BEFORE_TODAY = "new.redeemed_on < (now() at time zone 'America/Martinique')::date"
"""Nothing is handed over tomorrow, so a session of today needs no look: most are of today."""


def upgrade() -> None:
    """Make the tables, written once but for those named below."""
    with as_owner():
        op.create_table(
            "label_application",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("applied_on", Day(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["organisation_id"],
                ["organisation.id"],
                name="label_application_is_an_organisations",
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="label_application_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "id", "organisation_id", name="label_application_names_its_organisation"
            ),
            sqlite_strict=True,
        )
        op.create_index(
            "label_application_by_organisation",
            "label_application",
            ["organisation_id"],
            unique=False,
        )
        op.create_table(
            "label",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("reference", sa.Text(), nullable=False),
            sa.Column("valid_from", Day(), nullable=False),
            sa.Column("valid_until", Day(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("valid_until >= valid_from", name="label_ends_after_it_begins"),
            sa.ForeignKeyConstraint(
                ["organisation_id"], ["organisation.id"], name="label_is_an_organisations"
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="label_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "id", "organisation_id", "valid_from", "valid_until", name="label_names_its_days"
            ),
            sa.UniqueConstraint("id", "organisation_id", name="label_names_its_organisation"),
            sqlite_strict=True,
        )
        op.create_index(
            "label_by_organisation", "label", ["organisation_id", "valid_until"], unique=False
        )
        op.create_table(
            "cash_office",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("public_body", Flag(), nullable=False),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("reference", sa.Text(), nullable=False),
            sa.Column("held_by", sa.Text(), nullable=False),
            sa.Column("valid_from", Day(), nullable=False),
            sa.Column("valid_until", Day(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("public_body", name="cash_office_is_a_public_bodys"),
            sa.CheckConstraint(
                "kind in ('advances', 'revenue', 'extended_revenue')",
                name="cash_office_kind_is_known",
            ),
            sa.CheckConstraint(
                "valid_until >= valid_from", name="cash_office_ends_after_it_begins"
            ),
            sa.ForeignKeyConstraint(
                ["organisation_id", "public_body"],
                ["organisation.id", "organisation.public_body"],
                name="cash_office_is_an_organisations",
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="cash_office_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "id",
                "organisation_id",
                "kind",
                "valid_from",
                "valid_until",
                name="cash_office_names_its_days",
            ),
            sqlite_strict=True,
        )
        op.create_index(
            "cash_office_by_organisation",
            "cash_office",
            ["organisation_id", "valid_until"],
            unique=False,
        )
        op.create_table(
            "redemption_attempt",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("verdict", sa.Text(), nullable=False),
            sa.Column("details", JsonText(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("agent_id", BigInt, nullable=False),
            sa.Column("attempted_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["agent_id"], ["agent.id"], name="attempt_was_made_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["mediator_id"], ["organisation.id"], name="attempt_is_a_mediators"
            ),
            sa.PrimaryKeyConstraint("id"),
            sqlite_strict=True,
        )
        op.create_index(
            "redemption_attempt_by_guess",
            "redemption_attempt",
            ["agent_id", "attempted_at"],
            unique=False,
            sqlite_where=sa.text("verdict = 'unknown_voucher'"),
            postgresql_where=sa.text("verdict = 'unknown_voucher'"),
        )
        op.create_table(
            "redemption",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("voucher_id", BigInt, nullable=False),
            sa.Column("vintage_id", sa.Integer(), nullable=False),
            sa.Column("vintage_from", Day(), nullable=False),
            sa.Column("vintage_until", Day(), nullable=False),
            sa.Column("vintage_last_day", Day(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("label_id", Uuid16(), nullable=False),
            sa.Column("label_from", Day(), nullable=False),
            sa.Column("label_until", Day(), nullable=False),
            sa.Column("agreement_id", Uuid16(), nullable=False),
            sa.Column("agreement_role", sa.Text(), nullable=False),
            sa.Column("agreement_from", Day(), nullable=False),
            sa.Column("agreement_until", Day(), nullable=False),
            sa.Column("mediator_is_public", Flag(), nullable=False),
            sa.Column("cash_office_id", Uuid16(), nullable=True),
            sa.Column("cash_office_kind", sa.Text(), nullable=True),
            sa.Column("cash_office_from", Day(), nullable=True),
            sa.Column("cash_office_until", Day(), nullable=True),
            sa.Column("mandate_id", Uuid16(), nullable=True),
            sa.Column("movement_id", BigInt, nullable=False),
            sa.Column("amount_cents", BigInt, nullable=False),
            sa.Column("redeemed_at", UtcDateTime(), nullable=False),
            sa.Column("redeemed_on", Day(), nullable=False),
            sa.Column("redeemed_by", BigInt, nullable=False),
            sa.Column("receipt", sa.Text(), nullable=False),
            sa.CheckConstraint("agreement_role = 'mediator'", name="redemption_is_a_mediators"),
            sa.CheckConstraint(
                "redeemed_on between agreement_from and agreement_until",
                name="redemption_needs_an_agreement_in_force",
            ),
            sa.CheckConstraint(
                "redeemed_on between label_from and label_until",
                name="redemption_needs_a_label_in_force",
            ),
            sa.CheckConstraint(
                "redeemed_on between vintage_from and vintage_last_day",
                name="redemption_is_within_the_validity",
            ),
            sa.ForeignKeyConstraint(
                [
                    "agreement_id",
                    "mediator_id",
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
                name="redemption_names_the_agreement",
            ),
            sa.CheckConstraint(
                "not mediator_is_public or mandate_id is not null or (cash_office_id is not null"
                " and coalesce(cash_office_kind in ('revenue', 'extended_revenue')"
                " and redeemed_on between cash_office_from and cash_office_until, false))",
                name="redemption_by_a_public_body_needs_a_right",
            ),
            sa.ForeignKeyConstraint(
                ["mandate_id"], ["agreement.id"], name="redemption_is_under_a_mandate"
            ),
            sa.ForeignKeyConstraint(
                ["mediator_id", "mediator_is_public"],
                ["organisation.id", "organisation.public_body"],
                name="redemption_names_the_mediators_nature",
            ),
            sa.ForeignKeyConstraint(
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
            sa.ForeignKeyConstraint(["id"], ["posting.id"], name="redemption_is_a_posting"),
            sa.ForeignKeyConstraint(
                ["movement_id"], ["movement.id"], name="redemption_is_a_movement"
            ),
            sa.ForeignKeyConstraint(
                ["redeemed_by"], ["agent.id"], name="redemption_was_made_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["vintage_id", "amount_cents"],
                ["vintage.id", "vintage.face_value_cents"],
                name="redemption_is_at_face_value",
            ),
            sa.ForeignKeyConstraint(
                ["id"], ["redemption_attempt.id"], name="redemption_answers_an_attempt"
            ),
            sa.ForeignKeyConstraint(
                ["label_id", "mediator_id", "label_from", "label_until"],
                ["label.id", "label.organisation_id", "label.valid_from", "label.valid_until"],
                name="redemption_names_the_label",
            ),
            sa.ForeignKeyConstraint(
                ["vintage_id", "vintage_from", "vintage_until", "vintage_last_day"],
                [
                    "vintage_terms.vintage_id",
                    "vintage_terms.valid_from",
                    "vintage_terms.valid_until",
                    "vintage_terms.last_redemption_on",
                ],
                name="redemption_names_the_vintage",
            ),
            sa.PrimaryKeyConstraint("id"),
            sqlite_strict=True,
        )
        op.create_index("redemption_by_mediator", "redemption", ["mediator_id", "id"], unique=False)
        op.create_index(
            "redemption_by_day", "redemption", ["redeemed_on", "mediator_id"], unique=False
        )
        op.create_index("redemption_by_voucher", "redemption", ["voucher_id"], unique=False)
        op.create_table(
            "redemption_reversal",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("redemption_id", Uuid16(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("reversed_by", BigInt, nullable=False),
            sa.Column("reversed_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["redemption_id"], ["redemption.id"], name="reversal_is_of_a_redemption"
            ),
            sa.ForeignKeyConstraint(
                ["reversed_by"], ["agent.id"], name="reversal_was_made_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("redemption_id", name="redemption_is_undone_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "clearing_run",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("cut_off_on", Day(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("prepared_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["prepared_by"], ["agent.id"], name="clearing_run_was_prepared_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["programme_id"], ["programme.id"], name="clearing_run_is_a_programmes"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "id", "programme_id", "prepared_by", name="clearing_run_names_its_preparer"
            ),
            sqlite_strict=True,
        )
        op.create_table(
            "statement",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("run_id", Uuid16(), nullable=False),
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("fee_basis_points", sa.Integer(), nullable=False),
            sa.Column("certification_required", Flag(), nullable=False),
            sa.CheckConstraint(
                "fee_basis_points between 0 and 10000", name="statement_fee_is_a_share"
            ),
            sa.ForeignKeyConstraint(
                ["mediator_id"], ["organisation.id"], name="statement_is_a_mediators"
            ),
            sa.ForeignKeyConstraint(["id"], ["posting.id"], name="statement_is_a_posting"),
            sa.ForeignKeyConstraint(
                ["run_id", "programme_id", "prepared_by"],
                ["clearing_run.id", "clearing_run.programme_id", "clearing_run.prepared_by"],
                name="statement_names_the_preparer_of_its_run",
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "run_id",
                "mediator_id",
                "fee_basis_points",
                name="statement_is_one_a_mediator_and_run",
            ),
            sa.UniqueConstraint("id", "fee_basis_points", name="statement_names_its_fee"),
            sa.UniqueConstraint("id", "mediator_id", name="statement_names_its_mediator"),
            sa.UniqueConstraint("id", "prepared_by", name="statement_names_its_preparer"),
            sa.UniqueConstraint(
                "id", "certification_required", name="statement_says_whether_it_is_certified"
            ),
            sqlite_strict=True,
        )
        op.create_index("statement_by_mediator", "statement", ["mediator_id"], unique=False)
        op.create_table(
            "statement_withdrawal",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("voucher_count", BigInt, nullable=False),
            sa.Column("withdrawn_by", BigInt, nullable=False),
            sa.Column("withdrawn_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("voucher_count > 0", name="withdrawal_takes_some_passes"),
            sa.ForeignKeyConstraint(["id"], ["posting.id"], name="withdrawal_is_a_posting"),
            sa.ForeignKeyConstraint(
                ["statement_id"], ["statement.id"], name="withdrawal_is_from_a_statement"
            ),
            sa.ForeignKeyConstraint(
                ["withdrawn_by"], ["agent.id"], name="withdrawal_was_made_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("id", "statement_id", name="withdrawal_names_its_statement"),
            sqlite_strict=True,
        )
        op.create_index(
            "withdrawal_by_statement", "statement_withdrawal", ["statement_id"], unique=False
        )
        op.create_table(
            "statement_version",
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("follows_version", sa.Integer(), nullable=True),
            sa.Column("withdrawal_id", Uuid16(), nullable=True),
            sa.Column("voucher_count", BigInt, nullable=False),
            sa.Column("amount_cents", BigInt, nullable=False),
            sa.Column("fee_basis_points", sa.Integer(), nullable=False),
            sa.Column("fee_cents", BigInt, nullable=False),
            sa.Column("net_cents", BigInt, nullable=False),
            sa.Column("made_by", BigInt, nullable=False),
            sa.Column("made_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "fee_cents = (amount_cents * fee_basis_points + 5000) / 10000",
                name="statement_fee_is_rounded_half_up",
            ),
            sa.CheckConstraint(
                "net_cents = amount_cents - fee_cents", name="statement_net_is_face_value_less_fee"
            ),
            sa.CheckConstraint(
                "voucher_count >= 0 and amount_cents >= 0 and (voucher_count > 0 or version > 1)",
                name="statement_owes_something",
            ),
            sa.CheckConstraint(
                "(follows_version is null) = (withdrawal_id is null)",
                name="statement_version_follows_a_withdrawal",
            ),
            sa.CheckConstraint(
                "version = coalesce(follows_version, 0) + 1", name="statement_versions_leave_no_gap"
            ),
            sa.ForeignKeyConstraint(
                ["statement_id", "follows_version"],
                ["statement_version.statement_id", "statement_version.version"],
                name="statement_version_follows_the_last_one",
            ),
            sa.ForeignKeyConstraint(
                ["withdrawal_id", "statement_id"],
                ["statement_withdrawal.id", "statement_withdrawal.statement_id"],
                name="statement_version_names_its_withdrawal",
            ),
            sa.ForeignKeyConstraint(
                ["statement_id", "fee_basis_points"],
                ["statement.id", "statement.fee_basis_points"],
                name="statement_version_names_the_fee",
            ),
            sa.ForeignKeyConstraint(
                ["made_by"], ["agent.id"], name="statement_version_was_made_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("statement_id", "version"),
            sa.UniqueConstraint(
                "statement_id",
                "version",
                "voucher_count",
                "amount_cents",
                "fee_cents",
                "net_cents",
                name="statement_version_names_its_total",
            ),
            sa.UniqueConstraint("withdrawal_id", name="withdrawal_makes_one_version"),
            sqlite_strict=True,
        )
        op.create_table(
            "statement_line",
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("vintage_id", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("face_value_cents", sa.Integer(), nullable=False),
            sa.Column("voucher_count", BigInt, nullable=False),
            sa.Column("amount_cents", BigInt, nullable=False),
            sa.CheckConstraint(
                "voucher_count > 0 and amount_cents = voucher_count * face_value_cents",
                name="statement_line_amount_is_count_times_face_value",
            ),
            sa.ForeignKeyConstraint(
                ["statement_id", "version"],
                ["statement_version.statement_id", "statement_version.version"],
                name="statement_line_is_a_versions",
            ),
            sa.ForeignKeyConstraint(
                ["vintage_id", "face_value_cents"],
                ["vintage.id", "vintage.face_value_cents"],
                name="statement_line_is_at_face_value",
            ),
            sa.PrimaryKeyConstraint("statement_id", "version", "vintage_id"),
            sqlite_strict=True,
        )
        op.create_table(
            "statement_certification",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("certified_by", BigInt, nullable=False),
            sa.Column("certified_at", UtcDateTime(), nullable=False),
            sa.ForeignKeyConstraint(
                ["statement_id", "version"],
                ["statement_version.statement_id", "statement_version.version"],
                name="certification_is_of_a_version",
            ),
            sa.ForeignKeyConstraint(
                ["statement_id", "mediator_id"],
                ["statement.id", "statement.mediator_id"],
                name="certification_is_of_the_mediators_statement",
            ),
            sa.ForeignKeyConstraint(
                ["certified_by"], ["agent.id"], name="certification_was_made_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "id", "statement_id", "version", name="certification_names_its_version"
            ),
            sa.UniqueConstraint(
                "statement_id", "version", name="statement_version_is_certified_once"
            ),
            sqlite_strict=True,
        )
        op.create_table(
            "statement_approval",
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("approved_by", BigInt, nullable=False),
            sa.Column("approved_at", UtcDateTime(), nullable=False),
            sa.Column("approved_on", Day(), nullable=False),
            sa.Column("voucher_count", BigInt, nullable=False),
            sa.Column("amount_cents", BigInt, nullable=False),
            sa.Column("fee_cents", BigInt, nullable=False),
            sa.Column("net_cents", BigInt, nullable=False),
            sa.Column("recovered_cents", BigInt, nullable=False),
            sa.Column("payable_cents", BigInt, nullable=False),
            sa.Column("certification_required", Flag(), nullable=False),
            sa.Column("certification_id", Uuid16(), nullable=True),
            sa.Column("year", sa.Integer(), nullable=False),
            sa.Column("number", sa.Integer(), nullable=False),
            sa.Column("follows_number", sa.Integer(), nullable=True),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("bank_details_id", Uuid16(), nullable=False),
            sa.Column("payee_name", sa.Text(), nullable=False),
            sa.Column("payee_iban_fingerprint", Bytes(), nullable=False),
            sa.Column("payee_iban_masked", sa.Text(), nullable=False),
            sa.Column("received_on", Day(), nullable=False),
            sa.Column("due_on", Day(), nullable=False),
            sa.Column("verification_code", sa.Text(), nullable=False),
            sa.Column("printed", JsonText(), nullable=False),
            sa.CheckConstraint("voucher_count > 0", name="statement_approves_some_passes"),
            sa.CheckConstraint(
                "approved_by <> prepared_by", name="statement_is_approved_by_another"
            ),
            sa.CheckConstraint(
                "certification_id is not null or not certification_required",
                name="statement_is_certified_before_it_is_approved",
            ),
            sa.CheckConstraint("due_on > received_on", name="statement_is_due_after_its_receipt"),
            sa.CheckConstraint(
                "number = coalesce(follows_number, 0) + 1", name="statement_numbers_leave_no_gap"
            ),
            sa.ForeignKeyConstraint(
                ["statement_id", "certification_required"],
                ["statement.id", "statement.certification_required"],
                name="statement_approval_knows_whether_to_certify",
            ),
            sa.ForeignKeyConstraint(
                ["certification_id", "statement_id", "version"],
                [
                    "statement_certification.id",
                    "statement_certification.statement_id",
                    "statement_certification.version",
                ],
                name="statement_approval_names_the_certification",
            ),
            sa.ForeignKeyConstraint(
                ["statement_id", "mediator_id"],
                ["statement.id", "statement.mediator_id"],
                name="statement_approval_names_the_mediator",
            ),
            sa.ForeignKeyConstraint(
                ["statement_id", "prepared_by"],
                ["statement.id", "statement.prepared_by"],
                name="statement_approval_names_the_preparer",
            ),
            sa.ForeignKeyConstraint(
                [
                    "statement_id",
                    "version",
                    "voucher_count",
                    "amount_cents",
                    "fee_cents",
                    "net_cents",
                ],
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
            sa.ForeignKeyConstraint(
                ["bank_details_id", "payee_name", "payee_iban_fingerprint", "payee_iban_masked"],
                [
                    "bank_details.id",
                    "bank_details.holder",
                    "bank_details.iban_fingerprint",
                    "bank_details.iban_masked",
                ],
                name="statement_freezes_the_approved_account",
            ),
            sa.ForeignKeyConstraint(
                ["bank_details_id", "mediator_id"],
                ["bank_details_approval.bank_details_id", "bank_details_approval.organisation_id"],
                name="statement_is_paid_on_its_mediators_approved_details",
            ),
            sa.ForeignKeyConstraint(
                ["year", "follows_number"],
                ["statement_approval.year", "statement_approval.number"],
                name="statement_number_follows_the_last_one",
            ),
            sa.ForeignKeyConstraint(
                ["approved_by"], ["agent.id"], name="statement_was_approved_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("statement_id"),
            sa.CheckConstraint(
                "recovered_cents between 0 and net_cents"
                " and payable_cents = net_cents - recovered_cents",
                name="statement_pays_its_net_less_what_is_recovered",
            ),
            sa.UniqueConstraint(
                "statement_id",
                "prepared_by",
                "approved_by",
                "approved_on",
                "mediator_id",
                "payable_cents",
                name="statement_approval_names_its_people",
            ),
            sa.UniqueConstraint(
                "statement_id", "payable_cents", name="statement_approval_names_what_it_pays"
            ),
            sa.UniqueConstraint("year", "number", name="statement_number_is_one_statement"),
            sa.UniqueConstraint("verification_code", name="verification_code_is_one_statement"),
            sqlite_strict=True,
        )
        op.create_table(
            "payment_order",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("ordinal", sa.Integer(), nullable=False),
            sa.Column("follows_ordinal", sa.Integer(), nullable=True),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("approved_by", BigInt, nullable=False),
            sa.Column("approved_on", Day(), nullable=False),
            sa.Column("ordered_by", BigInt, nullable=False),
            sa.Column("ordered_at", UtcDateTime(), nullable=False),
            sa.Column("amount_cents", BigInt, nullable=False),
            sa.Column("mandate_number", sa.Text(), nullable=False),
            sa.Column("bordereau_number", sa.Text(), nullable=False),
            sa.Column("issued_on", Day(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=False),
            sa.Column("bank_details_id", Uuid16(), nullable=False),
            sa.Column("payee_name", sa.Text(), nullable=False),
            sa.Column("payee_iban_fingerprint", Bytes(), nullable=False),
            sa.Column("payee_iban_masked", sa.Text(), nullable=False),
            sa.Column("same_account_reason", sa.Text(), nullable=True),
            sa.CheckConstraint("amount_cents > 0", name="payment_order_pays_something"),
            sa.CheckConstraint(
                "issued_on >= approved_on", name="payment_order_is_not_before_the_approval"
            ),
            sa.CheckConstraint(
                "same_account_reason is null or ordinal > 1",
                name="payment_order_explains_a_second_attempt",
            ),
            sa.CheckConstraint(
                "ordinal = coalesce(follows_ordinal, 0) + 1", name="payment_orders_leave_no_gap"
            ),
            sa.ForeignKeyConstraint(
                ["bank_details_id", "payee_name", "payee_iban_fingerprint", "payee_iban_masked"],
                [
                    "bank_details.id",
                    "bank_details.holder",
                    "bank_details.iban_fingerprint",
                    "bank_details.iban_masked",
                ],
                name="payment_order_freezes_the_approved_account",
            ),
            sa.ForeignKeyConstraint(
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
            sa.ForeignKeyConstraint(
                ["bank_details_id", "mediator_id"],
                ["bank_details_approval.bank_details_id", "bank_details_approval.organisation_id"],
                name="payment_order_pays_on_the_mediators_approved_details",
            ),
            sa.ForeignKeyConstraint(
                ["ordered_by"], ["agent.id"], name="payment_was_ordered_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("statement_id", "ordinal", name="payment_order_is_one_a_round"),
            sa.UniqueConstraint(
                "id",
                "statement_id",
                "prepared_by",
                "approved_by",
                "ordered_by",
                "issued_on",
                name="payment_order_names_its_people",
            ),
            sa.UniqueConstraint(
                "id", "statement_id", "ordinal", name="payment_order_names_its_round"
            ),
            sqlite_strict=True,
        )
        op.create_index(
            "payment_order_by_mandate_number", "payment_order", ["mandate_number"], unique=False
        )
        op.create_table(
            "payment",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("payment_order_id", Uuid16(), nullable=False),
            sa.Column("statement_id", Uuid16(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("approved_by", BigInt, nullable=False),
            sa.Column("ordered_by", BigInt, nullable=False),
            sa.Column("issued_on", Day(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.Column("paid_on", Day(), nullable=False),
            sa.CheckConstraint("paid_on >= issued_on", name="payment_is_not_before_its_order"),
            sa.CheckConstraint(
                "recorded_by <> prepared_by and recorded_by <> approved_by"
                " and recorded_by <> ordered_by",
                name="payment_is_recorded_by_a_third",
            ),
            sa.ForeignKeyConstraint(["id"], ["posting.id"], name="payment_is_a_posting"),
            sa.ForeignKeyConstraint(
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
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="payment_was_recorded_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("id", "payment_order_id", name="payment_is_of_its_order"),
            sa.UniqueConstraint("payment_order_id", name="payment_order_is_paid_once"),
            sqlite_strict=True,
        )
        write_once(*WRITTEN_ONCE)
        refuse_insert(
            "redemption_is_not_before_the_issue",
            "redemption",
            when=WHEN_NOT_YET_HANDED_OVER,
            only_if=ONLY_BEFORE_TODAY,
        )
        for rule, table, when in REFUSALS:
            refuse_insert(rule, table, when=when)
        refuse_insert(
            RECEIPT,
            "statement_approval",
            when=RECEIVED_LATE.format(certified=day_of("certified_at"), made=day_of("made_at")),
        )


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in (
            "payment",
            "payment_order",
            "statement_approval",
            "statement_certification",
            "statement_line",
            "statement_version",
            "statement_withdrawal",
            "statement",
            "clearing_run",
            "redemption_reversal",
            "redemption",
            "redemption_attempt",
            "cash_office",
            "label",
            "label_application",
        ):
            op.drop_table(table)
        drop_refusal("redemption_is_not_before_the_issue")
        for rule in (RECEIPT, *(rule for rule, _, _ in REFUSALS)):
            drop_refusal(rule)
