"""Enrolled devices: which mediator's they are, and the list of passes that each last took."""

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
