"""Indexes for the orders in which long lists are read: hand-overs and sessions by their day.

And those for the people of a prescriber and the booklets of a person: without the latter SQLite
read all passes for each of them.
"""

from alembic import op

from migrations.steps import as_owner

revision = "0029"
down_revision = "0028"

INDEXES = (
    ("beneficiary_in_order", "beneficiary", ["prescriber_id", "id"]),
    ("prescription_by_day", "prescription", ["prescribed_at", "id"]),
    ("prescription_booklet_by_beneficiary", "prescription_booklet", ["beneficiary_id"]),
    ("support_session_in_order", "support_session", ["held_on", "id"]),
)


def upgrade() -> None:
    """Add them; nothing is changed."""
    with as_owner():
        for name, table, columns in INDEXES:
            op.create_index(name, table, columns)


def downgrade() -> None:
    """Take them away."""
    with as_owner():
        for name, table, _ in INDEXES:
            op.drop_index(name, table)
