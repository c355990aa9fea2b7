"""Support sessions and passes typed by staff for a mediator."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables."""


def downgrade() -> None:
    """Drop them."""
