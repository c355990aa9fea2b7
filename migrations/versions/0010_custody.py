"""What counts find on arrival, what becomes of it, and requests for more booklets."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, refuse_insert, write_once

revision = "0010"
down_revision = "0009"

WRITTEN_ONCE = (
    "consignment_finding",
    "shortfall_settlement",
    "settled_booklet",
    "booklet_request",
    "booklet_request_answer",
)

WHEN_IT_WAS_NOT_SENT = """
    not exists (
      select 1 from consignment_range r
       where r.consignment_id = new.consignment_id
         and new.booklet_id between r.first_voucher_id and r.last_voucher_id)
"""


def upgrade() -> None:
    """Make the tables, all written once."""
    with as_owner():
        _shortfalls()
        _requests()
        write_once(*WRITTEN_ONCE)
        refuse_insert(
            "finding_is_about_a_booklet_sent", "consignment_finding", when=WHEN_IT_WAS_NOT_SENT
        )


def _shortfalls() -> None:
    op.create_table(
        "consignment_finding",
        sa.Column("consignment_id", Uuid16(), nullable=False),
        sa.Column("booklet_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "finding in ('missing', 'damaged')", name="consignment_finding_is_known"
        ),
        sa.ForeignKeyConstraint(
            ["consignment_id"],
            ["consignment_answer.consignment_id"],
            name="finding_is_of_a_counted_consignment",
        ),
        sa.ForeignKeyConstraint(["booklet_id"], ["booklet.id"], name="finding_is_about_a_booklet"),
        sa.PrimaryKeyConstraint("consignment_id", "booklet_id"),
        sa.UniqueConstraint(
            "consignment_id", "booklet_id", "finding", name="consignment_finding_is_of_one_kind"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "shortfall_settlement",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("consignment_id", Uuid16(), nullable=False),
        sa.Column("settlement", sa.Text(), nullable=False),
        sa.Column("settled_by", BigInt, nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=False),
        sa.Column("settled_on", Day(), nullable=False),
        sa.CheckConstraint(
            "settlement in ('found', 'returned')", name="shortfall_settlement_is_known"
        ),
        sa.ForeignKeyConstraint(
            ["consignment_id"],
            ["consignment_answer.consignment_id"],
            name="settlement_is_of_a_counted_one",
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["agent.id"], name="shortfall_was_settled_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("id", "consignment_id", name="settlement_names_its_consignment"),
        sqlite_strict=True,
    )
    op.create_index(
        "shortfall_settlement_by_consignment",
        "shortfall_settlement",
        ["consignment_id"],
        unique=False,
    )
    op.create_table(
        "settled_booklet",
        sa.Column("consignment_id", Uuid16(), nullable=False),
        sa.Column("booklet_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("settlement_id", Uuid16(), nullable=False),
        sa.CheckConstraint("finding = 'missing'", name="settled_booklet_was_missing"),
        sa.ForeignKeyConstraint(
            ["settlement_id", "consignment_id"],
            ["shortfall_settlement.id", "shortfall_settlement.consignment_id"],
            name="settled_booklet_is_of_its_settlement",
        ),
        sa.ForeignKeyConstraint(
            ["consignment_id", "booklet_id", "finding"],
            [
                "consignment_finding.consignment_id",
                "consignment_finding.booklet_id",
                "consignment_finding.finding",
            ],
            name="settled_booklet_was_found_missing",
        ),
        sa.PrimaryKeyConstraint("consignment_id", "booklet_id"),
        sqlite_strict=True,
    )


def _requests() -> None:
    op.create_table(
        "booklet_request",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("programme_id", Uuid16(), nullable=False),
        sa.Column("prescriber_id", Uuid16(), nullable=False),
        sa.Column("agreement_id", Uuid16(), nullable=False),
        sa.Column("agreement_role", sa.Text(), nullable=False),
        sa.Column("agreement_from", Day(), nullable=False),
        sa.Column("agreement_until", Day(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("tens_count", sa.Integer(), nullable=False),
        sa.Column("fives_count", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_on", Day(), nullable=False),
        sa.Column("requested_by", BigInt, nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "agreement_role = 'prescriber'", name="booklet_request_is_a_prescribers"
        ),
        sa.CheckConstraint(
            "requested_on between agreement_from and agreement_until",
            name="booklet_request_needs_an_agreement_in_force",
        ),
        sa.CheckConstraint(
            "public in ('plie', 'registered_job_seeker', 'unregistered_job_seeker', "
            "'senior', 'other')",
            name="booklet_request_public_is_known",
        ),
        sa.CheckConstraint(
            "tens_count >= 0 and fives_count >= 0 and tens_count + fives_count between 1 and 1000",
            name="booklet_request_is_for_some_booklets",
        ),
        sa.CheckConstraint("length(reason) between 1 and 500", name="booklet_request_says_why"),
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
            name="booklet_request_names_the_agreement",
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name="booklet_request_is_of_a_programme"
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["agent.id"], name="booklet_request_was_made_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number", name="booklet_request_number_is_one_request"),
        sa.UniqueConstraint("id", "prescriber_id", name="booklet_request_names_its_prescriber"),
        sqlite_strict=True,
    )
    op.create_index(
        "booklet_request_by_prescriber", "booklet_request", ["prescriber_id"], unique=False
    )
    op.create_table(
        "booklet_request_answer",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("request_id", Uuid16(), nullable=False),
        sa.Column("prescriber_id", Uuid16(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("consignment_id", Uuid16(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("answered_by", BigInt, nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("answer in ('allocated', 'declined')", name="request_answer_is_known"),
        sa.CheckConstraint(
            "(answer = 'allocated') = (consignment_id is not null)",
            name="request_is_granted_by_an_allocation",
        ),
        sa.CheckConstraint(
            "(answer = 'declined') = (reason is not null)", name="request_is_declined_for_a_reason"
        ),
        sa.ForeignKeyConstraint(
            ["request_id", "prescriber_id"],
            ["booklet_request.id", "booklet_request.prescriber_id"],
            name="request_answer_names_the_prescriber",
        ),
        sa.ForeignKeyConstraint(
            ["consignment_id", "prescriber_id"],
            ["consignment.id", "consignment.recipient_id"],
            name="request_is_answered_by_what_its_prescriber_receives",
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["agent.id"], name="booklet_request_was_answered_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("request_id", name="booklet_request_is_answered_once"),
        sa.UniqueConstraint("consignment_id", name="allocation_answers_one_request"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        for table in reversed(WRITTEN_ONCE):
            op.drop_table(table)
        drop_refusal("finding_is_about_a_booklet_sent")
