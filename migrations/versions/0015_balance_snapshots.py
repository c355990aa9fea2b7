"""Balances summed up to a movement: derived, rebuildable, compared with a replay."""

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make nothing yet."""


def downgrade() -> None:
    """Take nothing away."""
