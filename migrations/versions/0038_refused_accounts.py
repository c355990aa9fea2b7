"""An account that is not the right one is refused, with a reason; one decision ends each entry.

What is refused is never confirmed, what is confirmed never refused, and what waited while a later
entry was confirmed is closed by that.
"""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, UtcDateTime, Uuid16
from migrations.steps import (
    as_owner,
    change_check,
    drop_refusal,
    free_to_change,
    on_postgresql,
    refuse_insert,
    write_once,
)

revision = "0038"
down_revision = "0037"

TABLE = "bank_details_refusal"
SUPERSEDED = """
          exists (select 1 from bank_details d
                    join bank_details later on later.organisation_id = d.organisation_id
                                           and later.prepared_at > d.prepared_at
                    join bank_details_approval a on a.bank_details_id = later.id
                   where d.id = new.bank_details_id)
"""
REFUSALS = {
    "refused_bank_details_are_not_approved": (
        "bank_details_approval",
        f"""
          exists (select 1 from {TABLE} r where r.bank_details_id = new.bank_details_id)
""",  # noqa: S608 - our own table
    ),
    "superseded_bank_details_are_not_approved": ("bank_details_approval", SUPERSEDED),
    "approved_bank_details_are_not_refused": (
        TABLE,
        """
          exists (select 1 from bank_details_approval a
                   where a.bank_details_id = new.bank_details_id)
""",
    ),
    "superseded_bank_details_are_not_refused": (TABLE, SUPERSEDED),
}

LETTERS = (
    "'invitation', 'reset', 'password_changed', 'locked', 'closed', 'reopened', 'role_changed',"
    " 'bank_details_proposed', 'bank_details_confirmed', {}'notice', 'orientation'"
)
EVENTS = (
    "'opened', 'invited', 'invited_again', 'invitation_withdrawn', 'accepted', 'signed_in',"
    " 'sign_in_failed', 'signed_out', 'locked', 'lock_lifted', 'reset_asked', 'password_reset',"
    " 'password_changed', 'name_changed', 'role_changed', 'manager_appointed', 'manager_dismissed',"
    " 'closed', 'reopened', 'factor_added', 'factor_removed', 'factor_failed',"
    " 'recovery_codes_made', 'recovery_code_used', 'session_ended', 'sessions_ended',"
    " 'provider_linked', 'provider_unlinked', 'device_offered', 'device_enrolled',"
    " 'device_revoked', 'token_made', 'token_revoked', 'bank_details_proposed',"
    " 'bank_details_confirmed', {}'link_shown', 'identities_forgotten'"
)
CHECKS = {
    ("mail", "mail_kind_is_known"): LETTERS,
    ("account_event", "account_event_kind_is_known"): EVENTS,
}
REFUSED = "bank_details_refused"


def upgrade() -> None:
    """Make the table, written once; let letters and the journal tell of a refusal."""
    with as_owner():
        for (table, rule), kinds in CHECKS.items():
            change_check(table, rule, before=_known(kinds, ""), after=_known(kinds, REFUSED))
    with as_owner():
        op.create_table(
            TABLE,
            sa.Column("id", Uuid16(), nullable=False),
            sa.Column("request_hash", Bytes(), nullable=False),
            sa.Column("bank_details_id", Uuid16(), nullable=False),
            sa.Column("reason", sa.Text(), nullable=False),
            sa.Column("refused_by", BigInt, nullable=False),
            sa.Column("refused_at", UtcDateTime(), nullable=False),
            sa.CheckConstraint(
                "length(reason) between 1 and 200", name="bank_details_refusal_has_a_reason"
            ),
            sa.ForeignKeyConstraint(
                ["bank_details_id"], ["bank_details.id"], name="refusal_is_of_bank_details"
            ),
            sa.ForeignKeyConstraint(
                ["refused_by"], ["agent.id"], name="bank_details_were_refused_by_an_agent"
            ),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("bank_details_id", name="bank_details_are_refused_once"),
            sqlite_strict=True,
        )
        write_once(TABLE)
        for rule, (table, when) in REFUSALS.items():
            refuse_insert(rule, table, when=when)


def downgrade() -> None:
    """Forget what was refused, and that it was told."""
    with as_owner():
        for rule, (table, _) in REFUSALS.items():
            op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
            drop_refusal(rule)
        op.drop_table(TABLE)
        op.execute(f"delete from mail where kind = '{REFUSED}'")  # noqa: S608 - our own table
        with free_to_change("account_event"):
            op.execute(
                f"delete from account_event where kind = '{REFUSED}'"  # noqa: S608 - our own table
            )
        for (table, rule), kinds in CHECKS.items():
            change_check(table, rule, before=_known(kinds, REFUSED), after=_known(kinds, ""))


def _known(kinds: str, added: str) -> str:
    told = f"'{added}', " if added else ""
    return f"kind in ({kinds.format(told)})"
