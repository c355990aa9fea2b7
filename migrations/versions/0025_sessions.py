"""Sessions that can be ended, second factors, passkeys."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, Flag, UtcDateTime, Uuid16
from migrations.steps import as_owner, drop_refusal, let_application, on_postgresql, refuse_insert

revision = "0025"
down_revision = "0024"

TABLES = (
    "agent_session",
    "totp_secret",
    "passkey",
    "recovery_code",
    "spent_challenge",
    "provider_identity",
)
CHANGES = {
    "agent_session": (
        "token_hash",
        "second",
        "confirmed_at",
        "seen_at",
        "expires_at",
        "provider_token",
        "ended_at",
        "ended_why",
    ),
    "totp_secret": ("last_step", "used_at", "removed_at"),
    "passkey": ("sign_count", "name", "used_at", "removed_at"),
    "recovery_code": ("used_at", "dropped_at"),
}
"""The columns that change while a session lasts or a factor serves; nothing else does."""

LAST_FACTOR = "last_second_factor_stays"
WHEN_NONE_IS_LEFT = """
          new.kind = 'factor_removed' and new.actor_id = new.agent_id
          and exists (select 1 from agent a where a.id = new.agent_id
                        and a.role in ('finance', 'administrator'))
          and not exists (select 1 from totp_secret t where t.agent_id = new.agent_id
                            and t.removed_at is null)
          and not exists (select 1 from passkey p where p.agent_id = new.agent_id
                            and p.removed_at is null)
"""


def upgrade() -> None:
    """Make the tables; of each, a few named columns change."""
    with as_owner():
        _tables()
        for table, columns in CHANGES.items():
            let_application(f"update ({', '.join(columns)})", table)
        let_application("delete", "agent_session")
        let_application("delete", "spent_challenge")
        let_application("delete", "provider_identity")
        # A factor is removed, then told: nobody tells of having removed their own last one.
        refuse_insert(
            LAST_FACTOR,
            "account_event",
            when=WHEN_NONE_IS_LEFT,
            only_if="new.kind = 'factor_removed'",
        )


def _tables() -> None:
    op.create_table(
        "agent_session",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("agent_id", BigInt, nullable=False),
        sa.Column("token_hash", Bytes(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=True),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("provider_token", sa.Text(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "ended_why in ('signed_out', 'elsewhere', 'administrator', 'password', 'factors', "
            "'closed')",
            name="agent_session_end_is_known",
        ),
        sa.CheckConstraint(
            "method in ('password', 'passkey', 'provider')", name="agent_session_method_is_known"
        ),
        sa.CheckConstraint(
            "second in ('totp', 'passkey', 'recovery', 'provider', 'waived')",
            name="agent_session_second_is_known",
        ),
        sa.CheckConstraint(
            "(ended_at is null) = (ended_why is null)", name="agent_session_end_says_why"
        ),
        sa.CheckConstraint(
            "ended_at is null or provider_token is null", name="agent_session_end_forgets_the_rest"
        ),
        sa.CheckConstraint("expires_at > begun_at", name="agent_session_lasts_a_while"),
        sa.CheckConstraint(
            "length(browser) between 1 and 60", name="agent_session_browser_is_a_family"
        ),
        sa.CheckConstraint("length(token_hash) = 32", name="agent_session_secret_is_hashed"),
        sa.CheckConstraint(
            "second is null or confirmed_at is not null", name="agent_session_second_confirms"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="agent_session_is_an_agents"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash", name="agent_session_is_one_secret"),
        sqlite_strict=True,
    )
    op.create_index(
        "agent_session_by_agent", "agent_session", ["agent_id", "seen_at"], unique=False
    )
    op.create_table(
        "totp_secret",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("agent_id", BigInt, nullable=False),
        sa.Column("sealed", Bytes(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("last_step", BigInt, nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("last_step > 0", name="totp_secret_was_shown_once"),
        sa.CheckConstraint("length(sealed) > 28", name="totp_secret_is_sealed"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="totp_secret_is_an_agents"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index(
        "totp_secret_is_one_an_agent",
        "totp_secret",
        ["agent_id"],
        unique=True,
        sqlite_where=sa.text("removed_at is null"),
        postgresql_where=sa.text("removed_at is null"),
    )
    op.create_table(
        "passkey",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("agent_id", BigInt, nullable=False),
        sa.Column("credential_id", Bytes(), nullable=False),
        sa.Column("public_key", Bytes(), nullable=False),
        sa.Column("sign_count", BigInt, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("synced", Flag(), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("length(credential_id) between 1 and 1023", name="passkey_has_an_id"),
        sa.CheckConstraint("length(name) between 1 and 60", name="passkey_has_a_short_name"),
        sa.CheckConstraint("length(public_key) > 0", name="passkey_has_a_public_key"),
        sa.CheckConstraint("sign_count >= 0", name="passkey_counts_from_zero"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="passkey_is_an_agents"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_id", name="passkey_is_one_credential"),
        sqlite_strict=True,
    )
    op.create_index("passkey_by_agent", "passkey", ["agent_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("agent_id", BigInt, nullable=False),
        sa.Column("code_hash", Bytes(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("dropped_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("length(code_hash) = 32", name="recovery_code_is_hashed"),
        sa.CheckConstraint("used_at is null or dropped_at is null", name="recovery_code_ends_once"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="recovery_code_is_an_agents"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agent_id", "code_hash", name="recovery_code_is_one_code"),
        sqlite_strict=True,
    )
    op.create_table(
        "spent_challenge",
        sa.Column("challenge_hash", Bytes(), nullable=False),
        sa.Column("spent_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(challenge_hash) = 32", name="spent_challenge_is_hashed"),
        sa.PrimaryKeyConstraint("challenge_hash"),
        sqlite_strict=True,
    )
    op.create_index("spent_challenge_by_age", "spent_challenge", ["spent_at"], unique=False)
    op.create_table(
        "provider_identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("agent_id", BigInt, nullable=False),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "length(subject) between 1 and 255", name="provider_identity_has_a_subject"
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="provider_identity_is_an_agents"),
        sa.PrimaryKeyConstraint("issuer", "subject"),
        sa.UniqueConstraint("agent_id", "issuer", name="provider_identity_is_one_an_agent"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take the tables away."""
    with as_owner():
        op.execute(f"drop trigger {LAST_FACTOR}" + (" on account_event" if on_postgresql() else ""))
        drop_refusal(LAST_FACTOR)
        for table in reversed(TABLES):
            op.drop_table(table)
