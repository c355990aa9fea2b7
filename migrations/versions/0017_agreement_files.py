"""Files of agreements, and régies closed early."""

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make nothing yet."""


def downgrade() -> None:
    """Take nothing away."""
