"""Who funds what part of the passes used, in each version of a programme's settings."""

import sqlalchemy as sa
from alembic import op

from app.database import Uuid16
from migrations.steps import as_owner, drop_refusal, refuse_insert, write_once

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table, written once, whose shares are one whole at most."""
    with as_owner():
        op.create_table(
            "funder_share",
            sa.Column("settings_id", Uuid16(), nullable=False),
            sa.Column("organisation_id", Uuid16(), nullable=False),
            sa.Column("organisation_kind", sa.Text(), nullable=False),
            sa.Column("share_basis_points", sa.Integer(), nullable=False),
            sa.Column("covers", sa.Text(), nullable=False),
            sa.CheckConstraint("organisation_kind = 'funder'", name="share_is_a_funders"),
            sa.CheckConstraint(
                "share_basis_points between 1 and 10000", name="share_is_a_part_of_the_whole"
            ),
            sa.CheckConstraint("covers in ('all', 'agreed', 'state')", name="share_says_for_whom"),
            sa.CheckConstraint(
                "covers <> 'state' or share_basis_points <= 5000",
                name="share_of_the_state_is_half_at_most",
            ),
            sa.ForeignKeyConstraint(
                ["organisation_id", "organisation_kind"],
                ["organisation.id", "organisation.kind"],
                name="share_names_the_kind_of_its_funder",
            ),
            sa.ForeignKeyConstraint(
                ["settings_id"], ["programme_settings.id"], name="share_is_of_a_version"
            ),
            sa.PrimaryKeyConstraint("settings_id", "organisation_id"),
            sqlite_strict=True,
        )
        write_once("funder_share")
        refuse_insert(
            "shares_are_one_whole_at_most",
            "funder_share",
            when=(
                "(new.share_basis_points + coalesce((select sum(s.share_basis_points)"
                " from funder_share s where s.settings_id = new.settings_id), 0)"
                " > 10000 and new.share_basis_points <= 10000)"
            ),
        )


def downgrade() -> None:
    """Take the table away."""
    with as_owner():
        op.drop_table("funder_share")
        drop_refusal("shares_are_one_whole_at_most")
