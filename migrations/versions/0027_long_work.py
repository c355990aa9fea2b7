"""Work done in the background: what was asked, how far it is, how it ended."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, JsonText, UtcDateTime, Uuid16
from migrations.steps import as_owner, let_application, write_once

revision = "0027"
down_revision = "0026"

TABLES = ("work", "work_input", "work_progress", "work_file", "work_line", "work_end")
KINDS = (
    "clearing_run",
    "serial_file",
    "evidence",
    "printing",
    "takeover",
    "takeover_approval",
    "places",
)


def upgrade() -> None:
    """Make the tables: what was asked and how it ended are written once."""
    with as_owner():
        _tables()
        op.create_index("work_by_agent", "work", ["asked_by", "asked_at"])
        write_once("work", "work_end")
        op.create_index("work_file_by_its_last_instant", "work_file", ["kept_until"])
        for table in ("work_input", "work_file", "work_line"):
            let_application("delete", table)
        let_application("update, delete", "work_progress")


def _tables() -> None:
    op.create_table(
        "work",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("asked", JsonText(), nullable=False),
        sa.Column("asked_by", BigInt, nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(f"kind in {KINDS}", name="work_kind_is_known"),
        sa.ForeignKeyConstraint(["asked_by"], ["agent.id"], name="work_was_asked_by_an_agent"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "work_input",
        sa.Column("work_id", Uuid16(), nullable=False),
        sa.Column("sealed", Bytes(), nullable=False),
        sa.CheckConstraint("length(sealed) > 28", name="work_input_is_sealed"),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="work_input_is_a_works"),
        sa.PrimaryKeyConstraint("work_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "work_progress",
        sa.Column("work_id", Uuid16(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("done_count", sa.Integer(), nullable=False),
        sa.Column("of_count", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("attempt_count > 0", name="work_progress_counts_attempts_from_one"),
        sa.CheckConstraint(
            "done_count >= 0 and of_count >= 0", name="work_progress_counts_what_is_done"
        ),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="work_progress_is_a_works"),
        sa.PrimaryKeyConstraint("work_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "work_file",
        sa.Column("work_id", Uuid16(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("byte_count", BigInt, nullable=False),
        sa.Column("sha256", Bytes(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("kept_until", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(sha256) = 32", name="work_file_has_a_digest"),
        sa.CheckConstraint("byte_count > 0", name="work_file_holds_something"),
        sa.CheckConstraint("kept_until > made_at", name="work_file_is_kept_for_a_while"),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="work_file_is_a_works"),
        sa.PrimaryKeyConstraint("work_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "work_line",
        sa.Column("work_id", Uuid16(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.CheckConstraint("ordinal > 0", name="work_lines_are_counted_from_one"),
        sa.CheckConstraint("length(sentence) > 0", name="work_line_says_what_to_write"),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="work_line_is_a_works"),
        sa.PrimaryKeyConstraint("work_id", "ordinal"),
        sqlite_strict=True,
    )
    op.create_table(
        "work_end",
        sa.Column("work_id", Uuid16(), nullable=False),
        sa.Column("refusal_code", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=True),
        sa.Column("shown", JsonText(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(refusal_code is null) = (endpoint is not null)",
            name="work_ends_with_a_page_or_a_refusal",
        ),
        sa.CheckConstraint("length(sentence) > 0", name="work_end_says_how"),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name="work_end_is_a_works"),
        sa.PrimaryKeyConstraint("work_id"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Forget the work: what it did is elsewhere."""
    with as_owner():
        for table in reversed(TABLES):
            op.drop_table(table)
