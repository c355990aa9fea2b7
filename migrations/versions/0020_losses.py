"""Oppositions, reprints, replacements, destructions."""

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Make nothing yet."""


def downgrade() -> None:
    """Take nothing away."""
