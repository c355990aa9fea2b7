"""Opening balances taken over from before passnum."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop them."""
