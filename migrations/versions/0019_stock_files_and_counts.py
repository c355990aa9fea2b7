"""Rows of a printer's file, and counts of a cupboard."""

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make nothing yet."""


def downgrade() -> None:
    """Take nothing away."""
