"""Agents, tokens and sign-in attempts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Flag, Model, UtcDateTime, Uuid16
from app.identity.rules import Role

ROLES = ", ".join(f"'{role}'" for role in Role)


class Agent(Model):
    """A person who works for one organisation, in one role."""

    __tablename__ = "agent"
    __table_args__ = (
        UniqueConstraint("email", name="agent_email_is_one_agent"),
        CheckConstraint(f"role in ({ROLES})", name="agent_role_is_known"),
        CheckConstraint("email = lower(email)", name="agent_email_is_lower_case"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[UUID] = mapped_column(
        Uuid16, ForeignKey("organisation.id", name="agent_works_for_an_organisation")
    )
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ApiToken(Model):
    """A bearer token of an agent, for programs. Only its hash is kept."""

    __tablename__ = "api_token"
    __table_args__ = (
        UniqueConstraint("token_hash", name="api_token_is_one_token"),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    agent_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="api_token_is_an_agents")
    )
    token_hash: Mapped[bytes] = mapped_column(Bytes)
    label: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInAttempt(Model):
    """One try at signing in; what was typed and from where are kept as keyed hashes."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("sign_in_attempt_by_email", "email_hash", "attempted_at"),
        Index("sign_in_attempt_by_address", "address_hash", "attempted_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    email_hash: Mapped[bytes] = mapped_column(Bytes)
    address_hash: Mapped[bytes] = mapped_column(Bytes)
    succeeded: Mapped[bool] = mapped_column(Flag)
    attempted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class FormDraft(Model):
    """What an agent has typed and not yet sent for good: sealed, and gone after a day.

    `place` is the form's address, without any name. Whoever has the database alone reads nothing.
    """

    __tablename__ = "form_draft"
    __table_args__ = (
        CheckConstraint("length(sealed) > 28", name="form_draft_is_sealed"),
        Index("form_draft_by_age", "kept_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    agent_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="form_draft_is_an_agents")
    )
    place: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(Bytes)
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
