"""Organisations, agents, agreements and bank details."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, Flag, UtcDateTime, Uuid16
from migrations.steps import as_owner, let_application, write_once

revision = "0002"
down_revision = "0001"

WRITTEN_ONCE = (
    "organisation",
    "sign_in_attempt",
    "agreement",
    "bank_details",
    "bank_details_approval",
)


def upgrade() -> None:
    """Make the tables, written once but for those named below."""
    with as_owner():
        op.create_table(
            "organisation",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("siret", sa.Text(), nullable=True),
            sa.Column("commune", sa.Text(), nullable=False),
            sa.Column("insee", sa.Text(), nullable=True),
            sa.Column("public_body", Flag(), nullable=False),
            sa.Column("demonstration", Flag(), nullable=False),
            sa.Column("created_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "kind in ('sponsor', 'issuer', 'accountant', 'funder', 'town', 'ccas', 'plie', "
                "'digital_adviser', 'france_services', 'employment_service', 'caf', 'cgss', "
                "'la_poste', 'association', 'company', 'cyber_base', 'media_library', "
                "'training_body')",
                name="organisation_kind_is_known",
            ),
            sa.CheckConstraint(
                "public_body = (kind in ('sponsor', 'town', 'ccas', 'cyber_base', "
                "'media_library'))",
                name="organisation_kind_says_its_nature",
            ),
            sa.CheckConstraint("length(name) between 1 and 200", name="organisation_has_a_name"),
            sa.CheckConstraint("length(insee) = 5", name="organisation_insee_has_5_characters"),
            sa.CheckConstraint(
                "siret is null or length(siret) = 14", name="organisation_siret_has_14_digits"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("siret", name="organisation_siret_is_one_organisation"),
            sa.UniqueConstraint("id", "kind", name="organisation_names_its_kind"),
            sa.UniqueConstraint("id", "public_body", name="organisation_names_its_nature"),
            sqlite_strict=True,
        )
        op.create_table(
            "agent",
            sa.Column("id", BigInt, nullable=False),
            sa.Column("email", sa.Text(), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("role", sa.Text(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("password_hash", sa.Text(), nullable=True),
            sa.Column("created_at", UtcDateTime(), nullable=False),
            sa.Column("disabled_at", UtcDateTime(), nullable=True),
            sa.CheckConstraint(
                "role in ('coordinator', 'finance', 'accountant', 'prescriber', 'mediator', "
                "'auditor', 'administrator')",
                name="agent_role_is_known",
            ),
            sa.CheckConstraint("email = lower(email)", name="agent_email_is_lower_case"),
            sa.ForeignKeyConstraint(
                ["organisation_id"], ["organisation.id"], name="agent_works_for_an_organisation"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("email", name="agent_email_is_one_agent"),
            sqlite_strict=True,
        )
        op.create_table(
            "api_token",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("agent_id", BigInt, nullable=False),
            sa.Column("token_hash", Bytes(), nullable=False),
            sa.Column("label", sa.Text(), nullable=False),
            sa.Column("created_at", UtcDateTime(), nullable=False),
            sa.Column("expires_at", UtcDateTime(), nullable=False),
            sa.Column("revoked_at", UtcDateTime(), nullable=True),
            sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="api_token_is_an_agents"),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("token_hash", name="api_token_is_one_token"),
            sqlite_strict=True,
        )
        op.create_table(
            "sign_in_attempt",
            sa.Column("id", BigInt, nullable=False),
            sa.Column("email_hash", Bytes(), nullable=False),
            sa.Column("address_hash", Bytes(), nullable=False),
            sa.Column("succeeded", Flag(), nullable=False),
            sa.Column("attempted_at", UtcDateTime(), nullable=False),
            sa.PrimaryKeyConstraint("id"),
            sqlite_strict=True,
        )
        op.create_index(
            "sign_in_attempt_by_address",
            "sign_in_attempt",
            ["address_hash", "attempted_at"],
            unique=False,
        )
        op.create_index(
            "sign_in_attempt_by_email",
            "sign_in_attempt",
            ["email_hash", "attempted_at"],
            unique=False,
        )
        op.create_table(
            "agreement",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("role", sa.Text(), nullable=False),
            sa.Column("reference", sa.Text(), nullable=False),
            sa.Column("valid_from", Day(), nullable=False),
            sa.Column("valid_until", Day(), nullable=False),
            sa.Column("document_title", sa.Text(), nullable=True),
            sa.Column("document_sha256", Bytes(), nullable=True),
            sa.Column("document_kept_at", sa.Text(), nullable=True),
            sa.Column("follows_id", Uuid16(), nullable=True),
            sa.Column("redemption_fee_basis_points", sa.Integer(), nullable=True),
            sa.Column("created_by", BigInt, nullable=False),
            sa.Column("created_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "role in ('prescriber', 'mediator', 'information_relay', 'venue', 'mandate')",
                name="agreement_role_is_known",
            ),
            sa.CheckConstraint("valid_until >= valid_from", name="agreement_ends_after_it_begins"),
            sa.CheckConstraint(
                "(document_title is null) = (document_sha256 is null) and (document_title is null)"
                " = (document_kept_at is null)",
                name="agreement_names_its_whole_document",
            ),
            sa.CheckConstraint(
                "length(document_sha256) = 32", name="agreement_document_has_a_sha256"
            ),
            sa.CheckConstraint(
                "redemption_fee_basis_points between 0 and 10000", name="agreement_fee_is_a_share"
            ),
            sa.CheckConstraint(
                "redemption_fee_basis_points is null or role = 'mediator'",
                name="agreement_fee_is_a_mediators",
            ),
            sa.ForeignKeyConstraint(
                ["created_by"], ["agent.id"], name="agreement_was_recorded_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["organisation_id"], ["organisation.id"], name="agreement_is_an_organisations"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "id",
                "organisation_id",
                "role",
                "valid_from",
                "valid_until",
                name="agreement_names_its_role_and_days",
            ),
            sa.UniqueConstraint("id", "organisation_id", "role", name="agreement_names_its_role"),
            sa.UniqueConstraint("follows_id", name="agreement_is_renewed_once"),
            sa.ForeignKeyConstraint(
                ["follows_id", "organisation_id", "role"],
                ["agreement.id", "agreement.organisation_id", "agreement.role"],
                name="agreement_renews_one_of_its_kind",
            ),
            sqlite_strict=True,
        )
        op.create_index(
            "agreement_by_organisation",
            "agreement",
            ["organisation_id", "role", "valid_until"],
            unique=False,
        )
        op.create_table(
            "bank_details",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("holder", sa.Text(), nullable=False),
            sa.Column("iban_sealed", Bytes(), nullable=False),
            sa.Column("iban_key_id", sa.Text(), nullable=False),
            sa.Column("iban_fingerprint", Bytes(), nullable=False),
            sa.Column("iban_masked", sa.Text(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("prepared_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "length(iban_sealed) between 43 and 62", name="bank_details_have_a_sealed_iban"
            ),
            sa.CheckConstraint("length(iban_masked) = 11", name="bank_details_mask_their_iban"),
            sa.CheckConstraint(
                "length(iban_fingerprint) = 32", name="bank_details_have_a_fingerprint"
            ),
            sa.ForeignKeyConstraint(
                ["organisation_id"], ["organisation.id"], name="bank_details_are_an_organisations"
            ),
            sa.ForeignKeyConstraint(
                ["prepared_by"], ["agent.id"], name="bank_details_were_prepared_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint(
                "id", "organisation_id", "prepared_by", name="bank_details_name_their_preparer"
            ),
            sa.UniqueConstraint(
                "id",
                "holder",
                "iban_fingerprint",
                "iban_masked",
                name="bank_details_name_their_account",
            ),
            sqlite_strict=True,
        )
        op.create_index(
            "bank_details_by_organisation", "bank_details", ["organisation_id"], unique=False
        )
        op.create_table(
            "bank_details_approval",
            sa.Column("bank_details_id", Uuid16(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("prepared_by", BigInt, nullable=False),
            sa.Column("approved_by", BigInt, nullable=False),
            sa.Column("approved_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "approved_by <> prepared_by", name="bank_details_are_approved_by_another"
            ),
            sa.ForeignKeyConstraint(
                ["approved_by"], ["agent.id"], name="bank_details_were_approved_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["bank_details_id", "organisation_id", "prepared_by"],
                ["bank_details.id", "bank_details.organisation_id", "bank_details.prepared_by"],
                name="bank_details_approval_names_the_preparer",
            ),
            sa.PrimaryKeyConstraint("bank_details_id"),
            sa.UniqueConstraint(
                "bank_details_id", "organisation_id", name="bank_details_are_approved_once"
            ),
            sqlite_strict=True,
        )
        write_once(*WRITTEN_ONCE)
        let_application("update", "agent")
        let_application("update", "api_token")


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in (
            "bank_details_approval",
            "bank_details",
            "agreement",
            "sign_in_attempt",
            "api_token",
            "agent",
            "organisation",
        ):
            op.drop_table(table)
