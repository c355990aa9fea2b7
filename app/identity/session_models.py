"""Sessions of browsers, and the second factors that people show beside a password."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Flag, Model, UtcDateTime, Uuid16
from app.identity.session_rules import Method, Second, SessionEnd

_STANDING = text("removed_at is null")


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class AgentSession(Model):
    """A browser in which somebody signed in. Its cookie holds a secret, this row its hash.

    While `confirmed_at` is empty, a second factor is awaited and nothing else opens. `second` says
    what was shown. `seen_at` is coarse. `provider_token` is what ProConnect wants back at the end;
    it is forgotten then.
    """

    __tablename__ = "agent_session"
    __table_args__ = (
        UniqueConstraint("token_hash", name="agent_session_is_one_secret"),
        CheckConstraint("length(token_hash) = 32", name="agent_session_secret_is_hashed"),
        CheckConstraint(f"method in ({_listed(Method)})", name="agent_session_method_is_known"),
        CheckConstraint(f"second in ({_listed(Second)})", name="agent_session_second_is_known"),
        CheckConstraint(
            "second is null or confirmed_at is not null", name="agent_session_second_confirms"
        ),
        CheckConstraint("expires_at > begun_at", name="agent_session_lasts_a_while"),
        CheckConstraint(
            "(ended_at is null) = (ended_why is null)", name="agent_session_end_says_why"
        ),
        CheckConstraint(f"ended_why in ({_listed(SessionEnd)})", name="agent_session_end_is_known"),
        CheckConstraint(
            "ended_at is null or provider_token is null", name="agent_session_end_forgets_the_rest"
        ),
        CheckConstraint(
            "length(browser) between 1 and 60", name="agent_session_browser_is_a_family"
        ),
        Index("agent_session_by_agent", "agent_id", "seen_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    agent_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="agent_session_is_an_agents")
    )
    token_hash: Mapped[bytes] = mapped_column(Bytes)
    method: Mapped[str] = mapped_column(Text)
    second: Mapped[str | None] = mapped_column(Text)
    browser: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    provider_token: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_why: Mapped[str | None] = mapped_column(Text)


class TotpSecret(Model):
    """What an authenticator application shares with us, sealed; `last_step` was accepted last."""

    __tablename__ = "totp_secret"
    __table_args__ = (
        CheckConstraint("length(sealed) > 28", name="totp_secret_is_sealed"),
        CheckConstraint("last_step > 0", name="totp_secret_was_shown_once"),
        Index(
            "totp_secret_is_one_an_agent",
            "agent_id",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    agent_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="totp_secret_is_an_agents")
    )
    sealed: Mapped[bytes] = mapped_column(Bytes)
    key_id: Mapped[str] = mapped_column(Text)
    last_step: Mapped[int] = mapped_column(BigInt)
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(Model):
    """A key that a device keeps; we keep what recognises it, and nothing that could replace it."""

    __tablename__ = "passkey"
    __table_args__ = (
        UniqueConstraint("credential_id", name="passkey_is_one_credential"),
        CheckConstraint("length(credential_id) between 1 and 1023", name="passkey_has_an_id"),
        CheckConstraint("length(public_key) > 0", name="passkey_has_a_public_key"),
        CheckConstraint("sign_count >= 0", name="passkey_counts_from_zero"),
        CheckConstraint("length(name) between 1 and 60", name="passkey_has_a_short_name"),
        Index("passkey_by_agent", "agent_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    agent_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="passkey_is_an_agents")
    )
    credential_id: Mapped[bytes] = mapped_column(Bytes)
    public_key: Mapped[bytes] = mapped_column(Bytes)
    sign_count: Mapped[int] = mapped_column(BigInt)
    name: Mapped[str] = mapped_column(Text)
    synced: Mapped[bool] = mapped_column(Flag)
    """Kept in an account of the person's (telephone, browser), so it outlives the device."""
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Model):
    """A code on paper for the day when the telephone is lost. Kept as a keyed hash; serves once."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        UniqueConstraint("agent_id", "code_hash", name="recovery_code_is_one_code"),
        CheckConstraint("length(code_hash) = 32", name="recovery_code_is_hashed"),
        CheckConstraint("used_at is null or dropped_at is null", name="recovery_code_ends_once"),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    agent_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="recovery_code_is_an_agents")
    )
    code_hash: Mapped[bytes] = mapped_column(Bytes)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dropped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SpentChallenge(Model):
    """A question that a passkey has answered: the same answer does not serve twice."""

    __tablename__ = "spent_challenge"
    __table_args__ = (
        CheckConstraint("length(challenge_hash) = 32", name="spent_challenge_is_hashed"),
        Index("spent_challenge_by_age", "spent_at"),
        {"sqlite_strict": True},
    )

    challenge_hash: Mapped[bytes] = mapped_column(Bytes, primary_key=True)
    spent_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProviderIdentity(Model):
    """Which person of an identity provider an agent is, once they came with a known address."""

    __tablename__ = "provider_identity"
    __table_args__ = (
        UniqueConstraint("agent_id", "issuer", name="provider_identity_is_one_an_agent"),
        CheckConstraint(
            "length(subject) between 1 and 255", name="provider_identity_has_a_subject"
        ),
        {"sqlite_strict": True},
    )

    issuer: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    agent_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="provider_identity_is_an_agents")
    )
    linked_at: Mapped[datetime] = mapped_column(UtcDateTime)
