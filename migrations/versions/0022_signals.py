"""Signals and what was decided of them."""

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make nothing yet."""


def downgrade() -> None:
    """Take nothing away."""
