"""Indexes for what pages ask of many: what was delivered of an order."""

from alembic import op

from migrations.steps import as_owner

revision = "0030"
down_revision = "0029"

INDEXES = (("delivery_range_by_order", "delivery_range", ["order_id"]),)


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
