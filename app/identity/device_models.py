"""Devices that take passes in the name of one mediator, and the offers by which they came.

All of it is written once: a device is revoked by a row, an offer ends by a row.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Model, Record, UtcDateTime, Uuid16
from app.identity.device_rules import RevocationReason
from app.identity.rules import LinkEnd

OFFER_ENDS = ", ".join(f"'{end}'" for end in LinkEnd)
REASONS = ", ".join(f"'{reason}'" for reason in RevocationReason)


class DeviceOffer(Record):
    """A square that enrols one device of an agent's organisation, for a quarter of an hour."""

    __tablename__ = "device_offer"
    __table_args__ = (
        CheckConstraint("length(secret_hash) = 32", name="device_offer_secret_is_hashed"),
        CheckConstraint("expires_at > made_at", name="device_offer_serves_for_a_while"),
        UniqueConstraint("secret_hash", name="device_offer_is_one_secret"),
        UniqueConstraint("id", "expires_at", name="device_offer_names_its_end"),
        UniqueConstraint("id", "agent_id", "mediator_id", name="device_offer_names_whose_it_is"),
        Index("device_offer_by_agent", "agent_id", "made_at"),
        {"sqlite_strict": True},
    )

    agent_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="device_offer_is_an_agents")
    )
    mediator_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="device_offer_is_of_an_organisation")
    )
    secret_hash: Mapped[bytes] = mapped_column(Bytes)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DeviceOfferEnd(Model):
    """Why an offer serves no more, before its time: one reason, so a used one is used once."""

    __tablename__ = "device_offer_end"
    __table_args__ = (
        CheckConstraint(f"reason in ({OFFER_ENDS})", name="device_offer_end_reason_is_known"),
        CheckConstraint(
            "reason <> 'used' or ended_at <= expires_at", name="device_offer_is_used_in_time"
        ),
        ForeignKeyConstraint(
            ["offer_id", "expires_at"],
            ["device_offer.id", "device_offer.expires_at"],
            name="device_offer_end_is_of_an_offer",
        ),
        UniqueConstraint("offer_id", "reason", name="device_offer_end_names_its_reason"),
        {"sqlite_strict": True},
    )

    offer_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Device(Record):
    """A telephone or a computer that holds a list of passes; its id is the device's own.

    `public_key` is what its signatures are verified with, `credential_hash` what recognises it,
    `salt` what its list is made with, so that no two devices hold the same.
    """

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("offer_ended = 'used'", name="device_uses_its_offer"),
        CheckConstraint("length(name) between 1 and 60", name="device_has_a_name"),
        CheckConstraint("length(public_key) = 65", name="device_key_is_a_point"),
        CheckConstraint("length(credential_hash) = 32", name="device_credential_is_hashed"),
        CheckConstraint("length(salt) = 16", name="device_salt_is_16_bytes"),
        ForeignKeyConstraint(
            ["offer_id", "offer_ended"],
            ["device_offer_end.offer_id", "device_offer_end.reason"],
            name="device_ends_its_offer",
        ),
        ForeignKeyConstraint(
            ["offer_id", "agent_id", "mediator_id"],
            ["device_offer.id", "device_offer.agent_id", "device_offer.mediator_id"],
            name="device_is_whose_offer_it_was",
        ),
        UniqueConstraint("offer_id", name="device_offer_is_one_device"),
        UniqueConstraint("public_key", name="device_key_is_one_device"),
        UniqueConstraint("credential_hash", name="device_credential_is_one_device"),
        Index("device_by_mediator", "mediator_id"),
        Index("device_by_agent", "agent_id"),
        {"sqlite_strict": True},
    )

    offer_id: Mapped[UUID] = mapped_column(Uuid16)
    offer_ended: Mapped[str] = mapped_column(Text)
    agent_id: Mapped[int] = mapped_column(BigInt)
    mediator_id: Mapped[UUID] = mapped_column(Uuid16)
    name: Mapped[str] = mapped_column(Text)
    public_key: Mapped[bytes] = mapped_column(Bytes)
    credential_hash: Mapped[bytes] = mapped_column(Bytes)
    salt: Mapped[bytes] = mapped_column(Bytes)
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DeviceRevocation(Model):
    """From here on the device opens nothing; nobody revoked it where its account was closed."""

    __tablename__ = "device_revocation"
    __table_args__ = (
        CheckConstraint(f"reason in ({REASONS})", name="device_revocation_reason_is_known"),
        {"sqlite_strict": True},
    )

    device_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("device.id", name="device_revocation_is_of_a_device"), primary_key=True
    )
    reason: Mapped[str] = mapped_column(Text)
    revoked_by: Mapped[int | None] = mapped_column(
        BigInt, ForeignKey("agent.id", name="device_was_revoked_by_an_agent")
    )
    revoked_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DeviceTaking(Model):
    """A list that a device took: up to which movement, since which, of how many passes."""

    __tablename__ = "device_taking"
    __table_args__ = (
        CheckConstraint("version >= 0", name="device_taking_has_a_version"),
        CheckConstraint(
            "since is null or since between 0 and version", name="device_taking_goes_forward"
        ),
        CheckConstraint("pass_count >= 0", name="device_taking_counts_its_passes"),
        Index("device_taking_by_device", "device_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    device_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("device.id", name="device_taking_is_a_devices")
    )
    version: Mapped[int] = mapped_column(BigInt)
    since: Mapped[int | None] = mapped_column(BigInt)
    pass_count: Mapped[int] = mapped_column(Integer)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
