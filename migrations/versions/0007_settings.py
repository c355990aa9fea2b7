"""What a programme is set to, in versions."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop them."""
