"""Signals and what was decided of them."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Day, UtcDateTime, Uuid16
from migrations.steps import as_owner, write_once

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the tables, written once."""
    with as_owner():
        op.create_table(
            "signal",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("kind", sa.Text(), nullable=False),
            sa.Column("acted_on", Day(), nullable=False),
            sa.Column("measured", sa.Integer(), nullable=False),
            sa.Column("threshold", sa.Integer(), nullable=False),
            sa.Column("mediator_id", Uuid16(), nullable=True),
            sa.Column("prescriber_id", Uuid16(), nullable=True),
            sa.Column("booklet_id", BigInt, nullable=True),
            sa.Column("agent_id", BigInt, nullable=True),
            sa.Column("found_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "kind in ('whole_booklet', 'out_of_hours', 'feeding', 'failed_codes',"
                " 'no_session')",
                name="signal_kind_is_known",
            ),
            sa.CheckConstraint(
                "measured >= 0 and threshold >= 0", name="signal_measures_something"
            ),
            sa.CheckConstraint(
                "(agent_id is not null) = (kind = 'failed_codes')"
                " and (mediator_id is not null) = (kind <> 'failed_codes')"
                " and (prescriber_id is not null) = (kind = 'feeding')"
                " and (booklet_id is not null) = (kind = 'whole_booklet')",
                name="signal_says_what_it_is_about",
            ),
            sa.ForeignKeyConstraint(
                ["mediator_id"], ["organisation.id"], name="signal_is_about_a_mediator"
            ),
            sa.ForeignKeyConstraint(
                ["prescriber_id"], ["organisation.id"], name="signal_is_about_a_prescriber"
            ),
            sa.ForeignKeyConstraint(
                ["booklet_id"], ["booklet.id"], name="signal_is_about_a_booklet"
            ),
            sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="signal_is_about_an_agent"),
            sa.PrimaryKeyConstraint("id"),
            sqlite_strict=True,
        )
        op.create_index("signal_by_day", "signal", ["acted_on"])
        op.create_table(
            "signal_decision",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("signal_id", Uuid16(), nullable=False),
            sa.Column("decision", sa.Text(), nullable=False),
            sa.Column("note", sa.Text(), nullable=False),
            sa.Column("decided_by", BigInt, nullable=False),
            sa.Column("decided_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "decision in ('explained', 'followed')", name="signal_decision_is_known"
            ),
            sa.CheckConstraint("length(note) between 1 and 500", name="signal_decision_has_a_note"),
            sa.ForeignKeyConstraint(
                ["signal_id"], ["signal.id"], name="signal_decision_is_about_a_signal"
            ),
            sa.ForeignKeyConstraint(
                ["decided_by"], ["agent.id"], name="signal_was_decided_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("signal_id", name="signal_is_decided_once"),
            sqlite_strict=True,
        )
        write_once("signal", "signal_decision")


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        op.drop_table("signal_decision")
        op.drop_table("signal")
