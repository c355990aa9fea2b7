"""Oppositions, reprints, replacements, destructions."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, Flag, UtcDateTime, Uuid16
from migrations.steps import as_owner, write_once

revision = "0020"
down_revision = "0019"

WRITTEN_ONCE = (
    "voucher_block",
    "block_finding",
    "block_lift",
    "write_off",
    "write_off_range",
    "write_off_approval",
    "vintage_compromise",
    "replacement",
    "replaced_voucher",
)


def upgrade() -> None:
    """Make the tables, all written once."""
    with as_owner():
        _blocks()
        _write_offs()
        _replacements()
        write_once(*WRITTEN_ONCE)


def _blocks() -> None:
    op.create_table(
        "voucher_block",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("organisation_id", Uuid16(), nullable=False),
        sa.Column("declarant", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("happened_on", Day(), nullable=False),
        sa.Column("complaint", sa.Text(), nullable=True),
        sa.Column("declared_on", Day(), nullable=False),
        sa.Column("declared_by", BigInt, nullable=False),
        sa.Column("declared_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "cause in ('lost', 'stolen', 'damaged', 'fraud')", name="block_cause_is_known"
        ),
        sa.CheckConstraint(
            "declarant in ('holder', 'relative', 'prescriber', 'mediator', 'coordination', "
            "'police')",
            name="block_declarant_is_known",
        ),
        sa.CheckConstraint("happened_on <= declared_on", name="block_is_declared_after_the_loss"),
        sa.CheckConstraint("length(complaint) between 1 and 80", name="block_complaint_has_a_name"),
        sa.ForeignKeyConstraint(
            ["declared_by"], ["agent.id"], name="block_was_declared_by_an_agent"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="block_is_declared_by_an_organisation"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number", name="block_number_is_one_block"),
        sqlite_strict=True,
    )
    op.create_index(
        "voucher_block_by_organisation", "voucher_block", ["organisation_id"], unique=False
    )
    op.create_table(
        "block_finding",
        sa.Column("block_id", Uuid16(), nullable=False),
        sa.Column("voucher_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "found in ('issuer', 'withheld', 'redeemed', 'claimed', 'settled', 'blocked', "
            "'void', 'expired', 'credited')",
            name="block_finding_is_known",
        ),
        sa.ForeignKeyConstraint(["block_id"], ["voucher_block.id"], name="finding_is_of_a_block"),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name="finding_is_about_a_voucher"),
        sa.PrimaryKeyConstraint("block_id", "voucher_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "block_lift",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("block_id", Uuid16(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lifted_by", BigInt, nullable=False),
        sa.Column("lifted_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(reason) between 1 and 200", name="block_is_lifted_for_a_reason"),
        sa.ForeignKeyConstraint(["block_id"], ["voucher_block.id"], name="lift_is_of_a_block"),
        sa.ForeignKeyConstraint(["lifted_by"], ["agent.id"], name="block_was_lifted_by_an_agent"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("block_lift_by_block", "block_lift", ["block_id"], unique=False)


def _write_offs() -> None:
    op.create_table(
        "write_off",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("print_batch_id", Uuid16(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("prepared_on", Day(), nullable=False),
        sa.Column("prepared_by", BigInt, nullable=False),
        sa.Column("prepared_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'misprints') = (print_batch_id is not null)",
            name="write_off_of_misprints_names_the_reprint",
        ),
        sa.CheckConstraint("kind in ('passes', 'misprints')", name="write_off_kind_is_known"),
        sa.CheckConstraint("length(reason) between 1 and 200", name="write_off_says_why"),
        sa.ForeignKeyConstraint(
            ["prepared_by"], ["agent.id"], name="write_off_was_prepared_by_an_agent"
        ),
        sa.ForeignKeyConstraint(
            ["print_batch_id"], ["print_batch.id"], name="write_off_names_a_print_batch"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "prepared_by", name="write_off_names_its_preparer"),
        sa.UniqueConstraint("number", name="write_off_number_is_one_write_off"),
        sqlite_strict=True,
    )
    op.create_table(
        "write_off_range",
        sa.Column("write_off_id", Uuid16(), nullable=False),
        sa.Column("first_voucher_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("last_voucher_id", BigInt, nullable=False),
        sa.CheckConstraint(
            "last_voucher_id >= first_voucher_id", name="write_off_range_is_not_empty"
        ),
        sa.ForeignKeyConstraint(
            ["first_voucher_id"], ["voucher.id"], name="write_off_begins_with_a_voucher"
        ),
        sa.ForeignKeyConstraint(
            ["last_voucher_id"], ["voucher.id"], name="write_off_ends_with_a_voucher"
        ),
        sa.ForeignKeyConstraint(["write_off_id"], ["write_off.id"], name="range_is_of_a_write_off"),
        sa.PrimaryKeyConstraint("write_off_id", "first_voucher_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "write_off_approval",
        sa.Column("write_off_id", Uuid16(), nullable=False),
        sa.Column("prepared_by", BigInt, nullable=False),
        sa.Column("approved_by", BigInt, nullable=False),
        sa.Column("approved_on", Day(), nullable=False),
        sa.Column("approved_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("approved_by <> prepared_by", name="write_off_is_approved_by_another"),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["agent.id"], name="write_off_was_approved_by_an_agent"
        ),
        sa.ForeignKeyConstraint(
            ["write_off_id", "prepared_by"],
            ["write_off.id", "write_off.prepared_by"],
            name="write_off_approval_names_the_preparer",
        ),
        sa.PrimaryKeyConstraint("write_off_id"),
        sqlite_strict=True,
    )


def _replacements() -> None:
    op.create_table(
        "vintage_compromise",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("programme_id", Uuid16(), nullable=False),
        sa.Column("vintage_id", sa.Integer(), nullable=False),
        sa.Column("replacement_id", sa.Integer(), nullable=False),
        sa.Column("face_value_cents", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("declared_by", BigInt, nullable=False),
        sa.Column("declared_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(reason) between 1 and 200", name="compromise_says_why"),
        sa.CheckConstraint("replacement_id <> vintage_id", name="vintage_is_replaced_by_another"),
        sa.ForeignKeyConstraint(
            ["declared_by"], ["agent.id"], name="compromise_was_declared_by_an_agent"
        ),
        sa.ForeignKeyConstraint(
            ["replacement_id", "face_value_cents"],
            ["vintage.id", "vintage.face_value_cents"],
            name="replacing_vintage_has_the_same_face_value",
        ),
        sa.ForeignKeyConstraint(
            ["replacement_id", "programme_id"],
            ["vintage_terms.vintage_id", "vintage_terms.programme_id"],
            name="replacing_vintage_is_of_the_same_programme",
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "face_value_cents"],
            ["vintage.id", "vintage.face_value_cents"],
            name="compromise_names_the_face_value",
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "programme_id"],
            ["vintage_terms.vintage_id", "vintage_terms.programme_id"],
            name="compromised_vintage_is_of_the_programme",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("vintage_id", name="vintage_is_compromised_once"),
        sqlite_strict=True,
    )
    op.create_table(
        "replacement",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("prescriber_id", Uuid16(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("free_of_charge", Flag(), nullable=False),
        sa.Column("compromise_id", Uuid16(), nullable=True),
        sa.Column("replaced_on", Day(), nullable=False),
        sa.Column("replaced_by", BigInt, nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(cause = 'compromised') = (compromise_id is not null)",
            name="replacement_of_a_vintage_names_the_compromise",
        ),
        sa.CheckConstraint(
            "cause in ('lost', 'damaged', 'misprinted', 'compromised')",
            name="replacement_cause_is_known",
        ),
        sa.CheckConstraint("source in ('stock', 'prescriber')", name="replacement_source_is_known"),
        sa.ForeignKeyConstraint(
            ["compromise_id"], ["vintage_compromise.id"], name="replacement_names_a_compromise"
        ),
        sa.ForeignKeyConstraint(
            ["prescriber_id"], ["organisation.id"], name="replacement_is_of_a_prescribers_passes"
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"], ["agent.id"], name="replacement_was_made_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number", name="replacement_number_is_one_replacement"),
        sqlite_strict=True,
    )
    op.create_index("replacement_by_prescriber", "replacement", ["prescriber_id"], unique=False)
    op.create_table(
        "replaced_voucher",
        sa.Column("old_voucher_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("new_voucher_id", BigInt, nullable=False),
        sa.Column("replacement_id", Uuid16(), nullable=False),
        sa.CheckConstraint("new_voucher_id <> old_voucher_id", name="pass_is_replaced_by_another"),
        sa.ForeignKeyConstraint(
            ["new_voucher_id"], ["voucher.id"], name="replacing_pass_is_a_voucher"
        ),
        sa.ForeignKeyConstraint(
            ["old_voucher_id"], ["voucher.id"], name="replaced_pass_is_a_voucher"
        ),
        sa.ForeignKeyConstraint(
            ["replacement_id"], ["replacement.id"], name="replaced_pass_is_of_a_replacement"
        ),
        sa.PrimaryKeyConstraint("old_voucher_id"),
        sa.UniqueConstraint("new_voucher_id", name="pass_replaces_one_pass"),
        sqlite_strict=True,
    )
    op.create_index(
        "replaced_voucher_by_replacement", "replaced_voucher", ["replacement_id"], unique=False
    )


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in reversed(WRITTEN_ONCE):
            op.drop_table(table)
