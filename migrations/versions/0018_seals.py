"""Blocks of movements under a Merkle root, and the checkpoints made of them."""

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make nothing yet."""


def downgrade() -> None:
    """Take nothing away."""
