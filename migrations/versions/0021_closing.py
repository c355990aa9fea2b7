"""Steps of the closing calendar, the joint statement, the credit note."""

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make nothing yet."""


def downgrade() -> None:
    """Take nothing away."""
