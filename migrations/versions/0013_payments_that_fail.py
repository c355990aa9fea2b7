"""Lines withdrawn from drafts, certifications, payments that the bank rejects."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop them."""
