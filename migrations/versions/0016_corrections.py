"""Clawbacks with their receivables, debit notes, disputes."""

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make nothing yet."""


def downgrade() -> None:
    """Take nothing away."""
