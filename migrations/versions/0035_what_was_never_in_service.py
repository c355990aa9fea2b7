"""Closed accounts tell apart what was never put in service, and what of it nobody paid.

Where the issuer pays the mediators, what it was never paid for is not asked back. Accounts closed
before this did not tell it: theirs stay as they were signed.
"""

from alembic import op

from migrations.steps import as_owner, change_check, on_postgresql

revision = "0035"
down_revision = "0034"

RULE = "joint_statement_tells_what_was_never_used"
BEFORE = (
    "used_count >= 0 and expired_count >= 0 and free_count between 0 and void_count"
    " and unused_count = expired_count + void_count - free_count"
)
AFTER = f"{BEFORE} - coalesce(unpaid_count, 0)"
APART = (
    "(inert_count is null) = (unpaid_count is null) and inert_count between 0 and expired_count"
    " and unpaid_count between 0 and inert_count + void_count - free_count"
    " and (payer = 'issuer' or unpaid_count = 0)"
)


def upgrade() -> None:
    """Add both counts, and let what comes back leave out what was not paid."""
    whole = "bigint" if on_postgresql() else "integer"
    with as_owner():
        op.execute(f"alter table joint_statement add column inert_count {whole}")
        op.execute(
            f"alter table joint_statement add column unpaid_count {whole}"
            f" constraint joint_statement_tells_what_was_paid check ({APART})"
        )
        change_check("joint_statement", RULE, before=BEFORE, after=AFTER)


def downgrade() -> None:
    """Ask for everything again; refused where accounts were closed without what was not paid."""
    with as_owner():
        change_check("joint_statement", RULE, before=AFTER, after=BEFORE)
        op.execute("alter table joint_statement drop column unpaid_count")
        op.execute("alter table joint_statement drop column inert_count")
