"""Enrolled devices: which mediator's they are, and the list of passes that each last took."""

import sqlalchemy as sa
from alembic import op

from app.database import BigInt, Bytes, UtcDateTime, Uuid16
from migrations.steps import (
    as_owner,
    drop_refusal,
    let_application,
    refuse_insert,
    write_once,
)

revision = "0028"
down_revision = "0027"

WRITTEN_ONCE = ("device_offer", "device_offer_end", "device", "device_revocation")
OFFERED_BY_A_MEDIATOR = "device_is_offered_by_a_mediators_agent"
REVOKED_TAKES_NOTHING = "revoked_device_takes_no_list"


def upgrade() -> None:
    """Make the tables: all is written once, but that takings of long ago are forgotten."""
    with as_owner():
        _tables()
        write_once(*WRITTEN_ONCE)
        refuse_insert(
            OFFERED_BY_A_MEDIATOR,
            "device_offer",
            # An agent or an organisation that does not exist is refused by its own key.
            when="exists (select 1 from agent a, organisation o where a.id = new.agent_id"
            " and o.id = new.mediator_id and (a.organisation_id <> o.id or a.role <> 'mediator'"
            " or a.disabled_at is not null))",
        )
        refuse_insert(
            REVOKED_TAKES_NOTHING,
            "device_taking",
            when="exists (select 1 from device_revocation r where r.device_id = new.device_id)",
        )
        let_application("delete", "device_taking")


def _tables() -> None:
    op.create_table(
        "device_offer",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("agent_id", BigInt, nullable=False),
        sa.Column("mediator_id", Uuid16(), nullable=False),
        sa.Column("secret_hash", Bytes(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("length(secret_hash) = 32", name="device_offer_secret_is_hashed"),
        sa.CheckConstraint("expires_at > made_at", name="device_offer_serves_for_a_while"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="device_offer_is_an_agents"),
        sa.ForeignKeyConstraint(
            ["mediator_id"], ["organisation.id"], name="device_offer_is_of_an_organisation"
        ),
        sa.UniqueConstraint("secret_hash", name="device_offer_is_one_secret"),
        sa.UniqueConstraint("id", "expires_at", name="device_offer_names_its_end"),
        sa.UniqueConstraint("id", "agent_id", "mediator_id", name="device_offer_names_whose_it_is"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("device_offer_by_agent", "device_offer", ["agent_id", "made_at"])
    op.create_table(
        "device_offer_end",
        sa.Column("offer_id", Uuid16(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "reason in ('used', 'withdrawn', 'replaced')",
            name="device_offer_end_reason_is_known",
        ),
        sa.CheckConstraint(
            "reason <> 'used' or ended_at <= expires_at", name="device_offer_is_used_in_time"
        ),
        sa.ForeignKeyConstraint(
            ["offer_id", "expires_at"],
            ["device_offer.id", "device_offer.expires_at"],
            name="device_offer_end_is_of_an_offer",
        ),
        sa.UniqueConstraint("offer_id", "reason", name="device_offer_end_names_its_reason"),
        sa.PrimaryKeyConstraint("offer_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "device",
        sa.Column("id", Uuid16(), nullable=False),
        sa.Column("request_hash", Bytes(), nullable=False),
        sa.Column("offer_id", Uuid16(), nullable=False),
        sa.Column("offer_ended", sa.Text(), nullable=False),
        sa.Column("agent_id", BigInt, nullable=False),
        sa.Column("mediator_id", Uuid16(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_key", Bytes(), nullable=False),
        sa.Column("credential_hash", Bytes(), nullable=False),
        sa.Column("salt", Bytes(), nullable=False),
        sa.Column("enrolled_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("offer_ended = 'used'", name="device_uses_its_offer"),
        sa.CheckConstraint("length(name) between 1 and 60", name="device_has_a_name"),
        sa.CheckConstraint("length(public_key) = 65", name="device_key_is_a_point"),
        sa.CheckConstraint("length(credential_hash) = 32", name="device_credential_is_hashed"),
        sa.CheckConstraint("length(salt) = 16", name="device_salt_is_16_bytes"),
        sa.ForeignKeyConstraint(
            ["offer_id", "offer_ended"],
            ["device_offer_end.offer_id", "device_offer_end.reason"],
            name="device_ends_its_offer",
        ),
        sa.ForeignKeyConstraint(
            ["offer_id", "agent_id", "mediator_id"],
            ["device_offer.id", "device_offer.agent_id", "device_offer.mediator_id"],
            name="device_is_whose_offer_it_was",
        ),
        sa.UniqueConstraint("offer_id", name="device_offer_is_one_device"),
        sa.UniqueConstraint("public_key", name="device_key_is_one_device"),
        sa.UniqueConstraint("credential_hash", name="device_credential_is_one_device"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("device_by_mediator", "device", ["mediator_id"])
    op.create_index("device_by_agent", "device", ["agent_id"])
    op.create_table(
        "device_revocation",
        sa.Column("device_id", Uuid16(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revoked_by", BigInt, nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "reason in ('lost', 'stolen', 'replaced', 'unused', 'account')",
            name="device_revocation_reason_is_known",
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name="device_revocation_is_of_a_device"
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"], ["agent.id"], name="device_was_revoked_by_an_agent"
        ),
        sa.PrimaryKeyConstraint("device_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "device_taking",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("device_id", Uuid16(), nullable=False),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("since", BigInt, nullable=True),
        sa.Column("pass_count", sa.Integer(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("version >= 0", name="device_taking_has_a_version"),
        sa.CheckConstraint(
            "since is null or since between 0 and version",
            name="device_taking_goes_forward",
        ),
        sa.CheckConstraint("pass_count >= 0", name="device_taking_counts_its_passes"),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name="device_taking_is_a_devices"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index("device_taking_by_device", "device_taking", ["device_id", "id"])


def downgrade() -> None:
    """Forget the devices: they are enrolled again."""
    with as_owner():
        op.drop_table("device_taking")
        drop_refusal(REVOKED_TAKES_NOTHING)
        op.drop_table("device_revocation")
        op.drop_table("device")
        op.drop_table("device_offer_end")
        op.drop_table("device_offer")
        drop_refusal(OFFERED_BY_A_MEDIATOR)
