"""A disputed pass is not left to who was paid for it and owes that back."""

from alembic import op

from migrations.steps import as_owner, drop_refusal, on_postgresql, refuse_insert

revision = "0039"
down_revision = "0038"

RULE, TABLE = "dispute_keeps_what_is_not_taken_back", "dispute_decision"
WHEN_IT_IS_TAKEN_BACK = """
          new.outcome = 'kept'
          and exists (select 1 from receivable r join dispute d on d.id = new.dispute_id
                       where r.redemption_id = d.redemption_id)
"""


def upgrade() -> None:
    """Refuse such decisions from now on; those that were made stay as they were told."""
    with as_owner():
        refuse_insert(RULE, TABLE, when=WHEN_IT_IS_TAKEN_BACK)


def downgrade() -> None:
    """As before."""
    op.execute(f"drop trigger {RULE}" + (f" on {TABLE}" if on_postgresql() else ""))
    drop_refusal(RULE)
