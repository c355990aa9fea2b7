"""Programmes, entitlements, terms of vintages, numbering."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, UtcDateTime, Uuid16
from migrations.steps import as_owner, let_application, write_once

revision = "0003"
down_revision = "0002"

WRITTEN_ONCE = ("programme", "entitlement", "vintage_terms", "demonstration_mark")


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
            sqlite_strict=True,
        )
        op.create_table(
            "entitlement",
            sa.Column("programme_id", Uuid16(), nullable=False),
            sa.Column("public", sa.Text(), nullable=False),
            sa.Column("booklet_size", sa.Integer(), nullable=False),
            sa.Column("booklet_count", sa.Integer(), nullable=False),
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
            sa.ForeignKeyConstraint(
                ["programme_id"], ["programme.id"], name="entitlement_is_a_programmes"
            ),
            sa.PrimaryKeyConstraint("programme_id", "public"),
            sa.UniqueConstraint(
                "programme_id",
                "public",
                "booklet_size",
                "booklet_count",
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
        let_application("update", "document_counter")


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in (
            "demonstration_mark",
            "document_counter",
            "vintage_terms",
            "entitlement",
            "programme",
        ):
            op.drop_table(table)
