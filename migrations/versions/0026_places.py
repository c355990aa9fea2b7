"""Places of mediation as the national schema tells them: files, their rows, what was taken."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, UtcDateTime, Uuid16
from migrations.steps import as_owner, write_once

revision = "0026"
down_revision = "0025"

TABLES = ("places_file", "places_row", "place_taking")


def upgrade() -> None:
    """Make the tables, all written once."""
    with as_owner():
        op.create_table(
            "places_file",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("file_hash", Bytes(), nullable=False),
            sa.Column("row_count", sa.Integer(), nullable=False),
            sa.Column("elsewhere_count", sa.Integer(), nullable=False),
            sa.Column("wrong_count", sa.Integer(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("length(file_hash) = 32", name="places_file_hash_is_a_digest"),
            sa.CheckConstraint(
                "row_count >= 1 and elsewhere_count >= 0 and wrong_count >= 0"
                " and elsewhere_count + wrong_count <= row_count",
                name="places_file_rows_add_up",
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="places_file_was_read_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("file_hash", name="places_file_is_read_once"),
            sqlite_strict=True,
        )
        op.create_table(
            "places_row",
            sa.Column("file_id", Uuid16(), nullable=False),
            sa.Column("line", sa.Integer(), nullable=False, autoincrement=False),
            sa.Column("verdict", sa.Text(), nullable=False),
            sa.Column("national_id", sa.Text(), nullable=False),
            sa.Column("source", sa.Text(), nullable=False),
            sa.Column("fields", sa.Text(), nullable=False),
            sa.Column("remarks", sa.Text(), nullable=False),
            sa.CheckConstraint("verdict in ('told', 'wrong')", name="places_row_verdict_is_known"),
            sa.CheckConstraint("line >= 1", name="places_row_stands_somewhere"),
            sa.CheckConstraint(
                "verdict = 'wrong' or length(national_id) between 1 and 200",
                name="places_row_told_has_an_identifier",
            ),
            sa.ForeignKeyConstraint(
                ["file_id"], ["places_file.id"], name="places_row_is_of_a_file"
            ),
            sa.PrimaryKeyConstraint("file_id", "line"),
            sa.UniqueConstraint("file_id", "line", "verdict", name="places_row_names_its_verdict"),
            sqlite_strict=True,
        )
        op.create_index("places_row_by_identifier", "places_row", ["national_id"])
        op.create_table(
            "place_taking",
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("file_id", Uuid16(), nullable=False),
            sa.Column("line", sa.Integer(), nullable=False),
            sa.Column("verdict", sa.Text(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("recorded_by", BigInt, nullable=False),
            sa.Column("recorded_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint("verdict = 'told'", name="place_taking_is_of_a_row_that_reads"),
            sa.ForeignKeyConstraint(
                ["file_id", "line", "verdict"],
                ["places_row.file_id", "places_row.line", "places_row.verdict"],
                name="place_taking_is_of_a_row",
            ),
            sa.ForeignKeyConstraint(
                ["organisation_id"], ["organisation.id"], name="place_taking_is_of_an_organisation"
            ),
            sa.ForeignKeyConstraint(
                ["recorded_by"], ["agent.id"], name="place_was_taken_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("file_id", "line", name="places_row_is_taken_once"),
            sqlite_strict=True,
        )
        op.create_index("place_taking_by_organisation", "place_taking", ["organisation_id"])
        write_once(*TABLES)


def downgrade() -> None:
    """Take the tables away."""
    with as_owner():
        for table in reversed(TABLES):
            op.drop_table(table)
