"""What was typed and not yet sent, likely duplicates passed over, hand-overs taken back."""

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

revision = "0011"
down_revision = "0010"

COUNTS_WHAT_WAS_UNDONE = "prescribed_booklet_counts_what_was_undone"

REFERS_TO_A_LABEL = "prescription_refers_to_a_labelled_mediator"

SIGNED_BY_ITS_RECIPIENT = "receipt_is_signed_by_its_recipient"
WHEN_SOMEBODY_ELSE_SIGNS = """
          new.answer = 'received'
          and exists (select 1 from consignment where id = new.consignment_id)
          and exists (select 1 from agent where id = new.answered_by)
          and not exists (select 1 from consignment
                            join agent on agent.organisation_id = consignment.recipient_id
                           where consignment.id = new.consignment_id
                             and agent.id = new.answered_by)
"""


def upgrade() -> None:
    """Make the tables; from now on no booklet counts more as taken back than was."""
    with as_owner():
        op.create_table(
            "form_draft",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("agent_id", BigInt, nullable=False),
            sa.Column("place", sa.Text(), nullable=False),
            sa.Column("sealed", Bytes(), nullable=False),
            sa.Column("kept_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("length(sealed) > 28", name="form_draft_is_sealed"),
            sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="form_draft_is_an_agents"),
            sa.PrimaryKeyConstraint("id"),
            sqlite_strict=True,
        )
        op.create_index("form_draft_by_age", "form_draft", ["kept_at"], unique=False)
        let_application("update, delete", "form_draft")
        op.create_table(
            "prescription_duplicate",
            sa.Column("prescription_id", Uuid16(), nullable=False),
            sa.Column("alike_count", sa.Integer(), nullable=False),
            sa.Column("elsewhere_count", sa.Integer(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.CheckConstraint(
                "alike_count >= 1 and elsewhere_count between 0 and alike_count",
                name="duplicate_counts_who_is_alike",
            ),
            sa.CheckConstraint(
                "reason in ('another_person', 'changed_prescriber', 'within_entitlement')",
                name="duplicate_reason_is_known",
            ),
            sa.ForeignKeyConstraint(
                ["prescription_id"], ["prescription.id"], name="duplicate_is_a_prescriptions"
            ),
            sa.PrimaryKeyConstraint("prescription_id"),
            sqlite_strict=True,
        )
        op.create_table(
            "prescription_undo",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("prescription_id", Uuid16(), nullable=False),
            sa.Column("prescribed_by", BigInt, nullable=False),
            sa.Column("prescribed_on", Day(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("by_coordination", Flag(), nullable=False),
            sa.Column("undone_by", BigInt, nullable=False),
            sa.Column("undone_on", Day(), nullable=False),
            sa.Column("undone_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "by_coordination or (undone_by = prescribed_by and undone_on = prescribed_on)",
                name="undo_is_the_coordinations_or_its_agents_that_day",
            ),
            sa.CheckConstraint(
                "reason in ('wrong_booklet', 'wrong_person', 'booklet_given_back')",
                name="undo_reason_is_known",
            ),
            sa.ForeignKeyConstraint(
                ["undone_by"], ["agent.id"], name="prescription_was_undone_by_an_agent"
            ),
            sa.ForeignKeyConstraint(
                ["prescription_id", "prescribed_by", "prescribed_on"],
                ["prescription.id", "prescription.prescribed_by", "prescription.prescribed_on"],
                name="undo_names_the_prescriptions_agent_and_day",
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("prescription_id", name="prescription_is_undone_once"),
            sqlite_strict=True,
        )
        write_once("prescription_duplicate", "prescription_undo")
        if on_postgresql():
            op.create_foreign_key(
                REFERS_TO_A_LABEL,
                "prescription",
                "label",
                [
                    "referral_label_id",
                    "referred_to_id",
                    "referral_label_from",
                    "referral_label_until",
                ],
                ["id", "organisation_id", "valid_from", "valid_until"],
            )
        refuse_insert(
            COUNTS_WHAT_WAS_UNDONE,
            "prescription_booklet",
            when="new.undone_count > (select count(*) from prescription_booklet b"
            " join prescription_undo u on u.prescription_id = b.prescription_id"
            " where b.programme_id = new.programme_id and b.beneficiary_id = new.beneficiary_id)",
        )
        refuse_insert(SIGNED_BY_ITS_RECIPIENT, "consignment_answer", when=WHEN_SOMEBODY_ELSE_SIGNS)


def downgrade() -> None:
    """Take the rule and the tables away."""
    with as_owner():
        if on_postgresql():
            op.drop_constraint(REFERS_TO_A_LABEL, "prescription")
        for rule, table in (
            (SIGNED_BY_ITS_RECIPIENT, "consignment_answer"),
            (COUNTS_WHAT_WAS_UNDONE, "prescription_booklet"),
        ):
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)
        op.drop_table("prescription_undo")
        op.drop_table("prescription_duplicate")
        op.drop_table("form_draft")
