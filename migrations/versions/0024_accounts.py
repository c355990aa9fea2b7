"""Invitations, resets, mails that wait, and what happened to accounts."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, UtcDateTime, Uuid16
from migrations.steps import (
    as_owner,
    drop_refusal,
    let_application,
    on_postgresql,
    refuse_change,
    refuse_insert,
    write_once,
)

revision = "0024"
down_revision = "0023"

WRITTEN_ONCE = ("account_link", "account_link_end", "account_event")
SENDING = ("state", "attempt_count", "next_attempt_at", "answer", "ended_at", "sealed_link")
"""What changes of a letter while it is sent."""
MANAGES_AS_A_PARTNER = "agent_manager_is_a_partners"
WHEN_NO_PARTNER = (
    "exists (select 1 from agent a where a.id = new.agent_id"
    " and a.role not in ('prescriber', 'mediator'))"
)
LAST_ADMINISTRATOR = "last_administrator_stays"
WHEN_NOBODY_IS_LEFT = """
          new.kind in ('closed', 'role_changed')
          and exists (select 1 from agent a where a.id = new.agent_id
                        and a.role = 'administrator' and a.disabled_at is null)
          and not exists (select 1 from agent a where a.id <> new.agent_id
                            and a.role = 'administrator' and a.disabled_at is null
                            and a.password_hash is not null)
"""

STAYS_IN_PLACE = "last_administrator_keeps_the_account"
WHEN_PUT_OUT = """
          old.role = 'administrator' and old.disabled_at is null
          and (new.role <> 'administrator' or new.disabled_at is not null)
          and not exists (select 1 from agent a where a.id <> old.id
                            and a.role = 'administrator' and a.disabled_at is null
                            and a.password_hash is not null)
"""


def upgrade() -> None:
    """Make the tables: links and events written once, letters as they were written."""
    with as_owner():
        _tables()
        write_once(*WRITTEN_ONCE)
        # The journal is told first, and refuses to tell what must not happen.
        refuse_insert(LAST_ADMINISTRATOR, "account_event", when=WHEN_NOBODY_IS_LEFT)
        # Whoever changes the account without telling the journal is refused all the same.
        refuse_change(STAYS_IN_PLACE, "agent", when=WHEN_PUT_OUT)
        refuse_insert(MANAGES_AS_A_PARTNER, "agent_manager", when=WHEN_NO_PARTNER)
        let_application("delete", "agent_manager")
        if on_postgresql():
            let_application(f"update ({', '.join(SENDING)}), delete", "mail")


def _tables() -> None:
    op.create_table(
        "account_link",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("agent_id", BigInt, nullable=False),
        sa.Column("token_hash", Bytes(), nullable=False),
        sa.Column("made_by", BigInt, nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("made_by <> agent_id", name="account_link_is_made_by_another"),
        sa.CheckConstraint(
            "made_by is null or purpose = 'invitation'", name="account_link_of_a_reset_is_nobodys"
        ),
        sa.CheckConstraint(
            "purpose in ('invitation', 'reset')", name="account_link_purpose_is_known"
        ),
        sa.CheckConstraint("length(token_hash) = 32", name="account_link_secret_is_hashed"),
        sa.CheckConstraint("expires_at > made_at", name="account_link_serves_for_a_while"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="account_link_is_an_agents"),
        sa.ForeignKeyConstraint(
            ["made_by"], ["agent.id"], name="account_link_was_made_by_an_agent"
        ),
        sa.UniqueConstraint("token_hash", name="account_link_is_one_secret"),
        sa.UniqueConstraint("id", "expires_at", name="account_link_names_its_end"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("account_link_by_agent", "account_link", ["agent_id"])
    op.create_table(
        "account_link_end",
        sa.Column("link_id", Uuid16(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "reason in ('used', 'withdrawn', 'replaced')", name="account_link_end_reason_is_known"
        ),
        sa.CheckConstraint(
            "reason <> 'used' or ended_at <= expires_at", name="account_link_is_used_in_time"
        ),
        sa.ForeignKeyConstraint(
            ["link_id", "expires_at"],
            ["account_link.id", "account_link.expires_at"],
            name="account_link_end_is_of_a_link",
        ),
        sa.PrimaryKeyConstraint("link_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "agent_manager",
        sa.Column("agent_id", BigInt, autoincrement=False, nullable=False),
        sa.Column("appointed_by", BigInt, nullable=True),
        sa.Column("appointed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "appointed_by <> agent_id", name="agent_manager_is_appointed_by_another"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="agent_manager_is_an_agent"),
        sa.ForeignKeyConstraint(
            ["appointed_by"], ["agent.id"], name="agent_manager_was_appointed_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("agent_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "account_event",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agent_id", BigInt, nullable=True),
        sa.Column("actor_id", BigInt, nullable=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("address_hash", Bytes(), nullable=True),
        sa.Column("browser", sa.Text(), nullable=True),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(address_hash) = 32", name="account_event_address_is_hashed"),
        sa.CheckConstraint(
            "browser in ('Firefox', 'Chrome', 'Safari', 'Edge', 'autre')",
            name="account_event_browser_is_a_family",
        ),
        sa.CheckConstraint(
            "length(detail) between 1 and 200", name="account_event_detail_is_short"
        ),
        sa.CheckConstraint(
            "kind not in ('closed', 'lock_lifted', 'manager_appointed', 'reopened', "
            "'role_changed') or actor_id <> agent_id",
            name="account_event_is_by_another",
        ),
        sa.CheckConstraint(
            "kind in ('opened', 'invited', 'invited_again', 'invitation_withdrawn', 'accepted', "
            "'signed_in', 'sign_in_failed', 'signed_out', 'locked', 'lock_lifted', "
            "'reset_asked', 'password_reset', 'password_changed', 'name_changed', "
            "'role_changed', 'manager_appointed', 'manager_dismissed', 'closed', 'reopened', "
            "'factor_added', 'factor_removed', 'factor_failed', 'recovery_codes_made', "
            "'recovery_code_used', 'session_ended', 'sessions_ended', 'provider_linked', "
            "'provider_unlinked', 'device_offered', 'device_enrolled', 'device_revoked', "
            "'token_made', 'token_revoked', 'bank_details_proposed', "
            "'bank_details_confirmed', 'link_shown', 'identities_forgotten')",
            name="account_event_kind_is_known",
        ),
        sa.CheckConstraint(
            "way in ('page', 'token', 'command', 'server')", name="account_event_way_is_known"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="account_event_is_about_an_agent"),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["agent.id"], name="account_event_was_caused_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index(
        "account_event_by_address", "account_event", ["address_hash", "kind", "happened_at"]
    )
    op.create_index("account_event_by_agent", "account_event", ["agent_id", "kind", "happened_at"])
    op.create_table(
        "mail",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agent_id", BigInt, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sealed_link", Bytes(), nullable=True),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("useful_until", UtcDateTime(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("attempt_count >= 0", name="mail_counts_its_attempts"),
        sa.CheckConstraint("(state = 'waiting') = (ended_at is null)", name="mail_ends_once"),
        sa.CheckConstraint(
            "state = 'waiting' or sealed_link is null", name="mail_forgets_its_link"
        ),
        sa.CheckConstraint("length(body) between 1 and 5000", name="mail_has_a_body"),
        sa.CheckConstraint("length(subject) between 1 and 200", name="mail_has_a_subject"),
        sa.CheckConstraint(
            "kind in ('invitation', 'reset', 'password_changed', 'locked', 'closed', "
            "'reopened', 'role_changed', 'bank_details_proposed', 'bank_details_confirmed', "
            "'notice', 'orientation')",
            name="mail_kind_is_known",
        ),
        sa.CheckConstraint("length(sealed_link) > 28", name="mail_link_is_sealed"),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed')", name="mail_state_is_known"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="mail_is_to_an_agent"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("mail_by_state", "mail", ["state", "next_attempt_at"])


def downgrade() -> None:
    """Take the tables away, leaves first."""
    with as_owner():
        op.execute(f"drop trigger {STAYS_IN_PLACE}" + (" on agent" if on_postgresql() else ""))
        drop_refusal(STAYS_IN_PLACE)
        op.drop_table("mail")
        op.drop_table("account_event")
        drop_refusal(LAST_ADMINISTRATOR)
        op.drop_table("agent_manager")
        drop_refusal(MANAGES_AS_A_PARTNER)
        op.drop_table("account_link_end")
        op.drop_table("account_link")
