"""Steps of the closing calendar, the joint statement, the credit note."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, UtcDateTime, Uuid16
from migrations.steps import as_owner, write_once

revision = "0021"
down_revision = "0020"

WRITTEN_ONCE = (
    "closing_step",
    "closing_count",
    "closing_hold",
    "held_release",
    "released_booklet",
    "joint_statement",
    "joint_signature",
    "closing_settlement",
)


def upgrade() -> None:
    """Make the tables, all written once."""
    with as_owner():
        _calendar()
        _settlement()
        write_once(*WRITTEN_ONCE)


def _calendar() -> None:
    op.create_table(
        "closing_step",
        sa.Column("vintage_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("follows_place", sa.Integer(), nullable=True),
        sa.Column("due_on", Day(), nullable=False),
        sa.Column("settings_id", Uuid16(), nullable=False),
        sa.Column("voucher_count", BigInt, nullable=False),
        sa.Column("done_for", BigInt, nullable=False),
        sa.Column("done_on", Day(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(step = 'alert' and place = 1) or (step = 'withhold' and place = 2)"
            " or (step = 'late' and place = 3) or (step = 'refuse' and place = 4)"
            " or (step = 'expire' and place = 5) or (step = 'statement' and place = 6)",
            name="closing_step_has_its_place",
        ),
        sa.CheckConstraint("done_on >= due_on", name="closing_step_is_not_done_before_its_day"),
        sa.CheckConstraint(
            "place = coalesce(follows_place, 0) + 1 and (follows_place is null) = (place = 1)",
            name="closing_steps_leave_no_gap",
        ),
        sa.CheckConstraint("voucher_count >= 0", name="closing_step_counts_passes"),
        sa.ForeignKeyConstraint(
            ["done_for"], ["agent.id"], name="closing_step_is_done_for_an_agent"
        ),
        sa.ForeignKeyConstraint(
            ["settings_id"], ["programme_settings.id"], name="closing_step_is_dated_by_settings"
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "follows_place"],
            ["closing_step.vintage_id", "closing_step.place"],
            name="closing_step_follows_the_one_before",
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id"], ["vintage_terms.vintage_id"], name="closing_step_is_of_a_vintage"
        ),
        sa.PrimaryKeyConstraint("vintage_id", "step"),
        sa.UniqueConstraint("vintage_id", "place", name="closing_step_is_one_of_its_place"),
        sqlite_strict=True,
    )
    op.create_table(
        "closing_count",
        sa.Column("vintage_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("holder_id", Uuid16(), nullable=False),
        sa.Column("kept_booklets", sa.Integer(), nullable=False),
        sa.Column("kept_passes", sa.Integer(), nullable=False),
        sa.Column("untouched_booklets", sa.Integer(), nullable=False),
        sa.Column("begun_booklets", sa.Integer(), nullable=False),
        sa.Column("finished_booklets", sa.Integer(), nullable=False),
        sa.Column("unused_passes", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kept_booklets >= 0 and kept_passes >= 0 and untouched_booklets >= 0"
            " and begun_booklets >= 0 and finished_booklets >= 0 and unused_passes >= 0",
            name="closing_count_counts_from_zero",
        ),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["organisation.id"], name="closing_count_is_of_an_organisation"
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "step"],
            ["closing_step.vintage_id", "closing_step.step"],
            name="closing_count_is_of_a_step",
        ),
        sa.PrimaryKeyConstraint("vintage_id", "step", "holder_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "closing_hold",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("vintage_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("voucher_count", BigInt, nullable=False),
        sa.Column("validated_by", BigInt, nullable=False),
        sa.Column("validated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("step = 'withhold'", name="hold_is_of_the_step_that_withholds"),
        sa.CheckConstraint("voucher_count >= 0", name="hold_counts_passes"),
        sa.ForeignKeyConstraint(
            ["validated_by"], ["agent.id"], name="hold_was_validated_by_an_agent"
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "step"],
            ["closing_step.vintage_id", "closing_step.step"],
            name="hold_is_of_a_list_drawn_up",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("vintage_id", name="vintage_is_held_once"),
        sqlite_strict=True,
    )
    op.create_table(
        "held_release",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("hold_id", Uuid16(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("released_by", BigInt, nullable=False),
        sa.Column("released_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(reason) between 1 and 200", name="release_says_why"),
        sa.ForeignKeyConstraint(["hold_id"], ["closing_hold.id"], name="release_is_of_a_hold"),
        sa.ForeignKeyConstraint(["released_by"], ["agent.id"], name="release_was_made_by_an_agent"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "released_booklet",
        sa.Column("booklet_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("release_id", Uuid16(), nullable=False),
        sa.ForeignKeyConstraint(["booklet_id"], ["booklet.id"], name="release_names_a_booklet"),
        sa.ForeignKeyConstraint(
            ["release_id"], ["held_release.id"], name="booklet_is_let_go_by_a_release"
        ),
        sa.PrimaryKeyConstraint("booklet_id"),
        sqlite_strict=True,
    )


def _settlement() -> None:
    op.create_table(
        "joint_statement",
        sa.Column("vintage_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("face_value_cents", sa.Integer(), nullable=False),
        sa.Column("received_count", BigInt, nullable=False),
        sa.Column("used_count", BigInt, nullable=False),
        sa.Column("expired_count", BigInt, nullable=False),
        sa.Column("void_count", BigInt, nullable=False),
        sa.Column("free_count", BigInt, nullable=False),
        sa.Column("unused_count", BigInt, nullable=False),
        sa.Column("closed_on", Day(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "payer in ('authority', 'issuer')", name="joint_statement_payer_is_known"
        ),
        sa.CheckConstraint("step = 'statement'", name="joint_statement_comes_at_its_step"),
        sa.CheckConstraint(
            "received_count = used_count + expired_count + void_count",
            name="joint_statement_closes_to_zero",
        ),
        sa.CheckConstraint(
            "used_count >= 0 and expired_count >= 0 and free_count between 0 and void_count"
            " and unused_count = expired_count + void_count - free_count",
            name="joint_statement_tells_what_was_never_used",
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "face_value_cents"],
            ["vintage.id", "vintage.face_value_cents"],
            name="joint_statement_is_at_face_value",
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "step"],
            ["closing_step.vintage_id", "closing_step.step"],
            name="joint_statement_is_of_its_step",
        ),
        sa.PrimaryKeyConstraint("vintage_id"),
        sa.UniqueConstraint("number", name="joint_statement_number_is_one"),
        sa.UniqueConstraint(
            "vintage_id",
            "payer",
            "unused_count",
            "face_value_cents",
            name="joint_statement_names_what_it_comes_to",
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "joint_signature",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("vintage_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("signed_on", Day(), nullable=False),
        sa.Column("recorded_on", Day(), nullable=False),
        sa.Column("recorded_by", BigInt, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("side in ('sponsor', 'issuer')", name="joint_signature_side_is_known"),
        sa.CheckConstraint(
            "signed_on <= recorded_on", name="joint_signature_is_recorded_afterwards"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["agent.id"], name="joint_signature_was_recorded_by_an_agent"
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id"], ["joint_statement.vintage_id"], name="joint_signature_is_of_a_statement"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("vintage_id", "recorded_by", name="joint_statement_is_signed_by_two"),
        sa.UniqueConstraint("vintage_id", "side", name="joint_statement_is_signed_once_by_each"),
        sqlite_strict=True,
    )
    op.create_table(
        "closing_settlement",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("vintage_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("voucher_count", BigInt, nullable=False),
        sa.Column("face_value_cents", sa.Integer(), nullable=False),
        sa.Column("amount_cents", BigInt, nullable=False),
        sa.Column("sponsor_side", sa.Text(), nullable=False),
        sa.Column("issuer_side", sa.Text(), nullable=False),
        sa.Column("settled_on", Day(), nullable=False),
        sa.Column("settled_by", BigInt, nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'credit_note' and payer = 'issuer')"
            " or (kind = 'release' and payer = 'authority')",
            name="settlement_is_by_who_pays",
        ),
        sa.CheckConstraint(
            "sponsor_side = 'sponsor' and issuer_side = 'issuer'",
            name="settlement_needs_both_signatures",
        ),
        sa.CheckConstraint(
            "amount_cents = voucher_count * face_value_cents", name="settlement_is_at_face_value"
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["agent.id"], name="closing_was_settled_by_an_agent"
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "issuer_side"],
            ["joint_signature.vintage_id", "joint_signature.side"],
            name="settlement_needs_the_issuers_signature",
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "payer", "voucher_count", "face_value_cents"],
            [
                "joint_statement.vintage_id",
                "joint_statement.payer",
                "joint_statement.unused_count",
                "joint_statement.face_value_cents",
            ],
            name="settlement_is_what_the_statement_comes_to",
        ),
        sa.ForeignKeyConstraint(
            ["vintage_id", "sponsor_side"],
            ["joint_signature.vintage_id", "joint_signature.side"],
            name="settlement_needs_the_sponsors_signature",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number", name="settlement_number_is_one"),
        sa.UniqueConstraint("vintage_id", name="vintage_is_settled_once"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in reversed(WRITTEN_ONCE):
            op.drop_table(table)
