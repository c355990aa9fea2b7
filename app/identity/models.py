"""Agents, tokens, sign-in attempts, links sent by e-mail, and what happened to accounts."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Flag, Model, Record, UtcDateTime, Uuid16
from app.identity.rules import (
    EVENTS_BY_ANOTHER,
    AccountEventKind,
    Browser,
    LinkEnd,
    LinkPurpose,
    Role,
    Way,
)


def _listed(values: Iterable[str]) -> str:
    """Values as SQL lists them, in an order that does not change."""
    return ", ".join(f"'{value}'" for value in values)


ROLES = _listed(Role)
PURPOSES = _listed(LinkPurpose)
LINK_ENDS = _listed(LinkEnd)
EVENT_KINDS = _listed(AccountEventKind)
BY_ANOTHER = _listed(sorted(EVENTS_BY_ANOTHER))
WAYS = _listed(Way)
BROWSERS = _listed(Browser)


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


# ── Accounts by e-mail ────────────────────────────────────────────────────────────────────────────


class AccountLink(Record):
    """A secret address sent to an agent: to accept an invitation, or to choose a new password.

    Only the hash of its secret is kept. It serves once, until it expires.
    """

    __tablename__ = "account_link"
    __table_args__ = (
        UniqueConstraint("token_hash", name="account_link_is_one_secret"),
        UniqueConstraint("id", "expires_at", name="account_link_names_its_end"),
        CheckConstraint(f"purpose in ({PURPOSES})", name="account_link_purpose_is_known"),
        CheckConstraint("length(token_hash) = 32", name="account_link_secret_is_hashed"),
        CheckConstraint("expires_at > made_at", name="account_link_serves_for_a_while"),
        CheckConstraint(
            "made_by is null or purpose = 'invitation'", name="account_link_of_a_reset_is_nobodys"
        ),
        CheckConstraint("made_by <> agent_id", name="account_link_is_made_by_another"),
        Index("account_link_by_agent", "agent_id"),
        {"sqlite_strict": True},
    )

    purpose: Mapped[str] = mapped_column(Text)
    agent_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="account_link_is_an_agents")
    )
    token_hash: Mapped[bytes] = mapped_column(Bytes)
    made_by: Mapped[int | None] = mapped_column(
        BigInt, ForeignKey("agent.id", name="account_link_was_made_by_an_agent")
    )
    """Who invited; nobody where a person forgot their password, or for the operator."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccountLinkEnd(Model):
    """A link serves no more: it was used, withdrawn, or replaced by the next one."""

    __tablename__ = "account_link_end"
    __table_args__ = (
        ForeignKeyConstraint(
            ["link_id", "expires_at"],
            ["account_link.id", "account_link.expires_at"],
            name="account_link_end_is_of_a_link",
        ),
        CheckConstraint(f"reason in ({LINK_ENDS})", name="account_link_end_reason_is_known"),
        CheckConstraint(
            "reason <> 'used' or ended_at <= expires_at", name="account_link_is_used_in_time"
        ),
        {"sqlite_strict": True},
    )

    link_id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AgentManager(Model):
    """Beside the role: this agent invites and closes the accounts of its own organisation."""

    __tablename__ = "agent_manager"
    __table_args__ = (
        CheckConstraint("appointed_by <> agent_id", name="agent_manager_is_appointed_by_another"),
        {"sqlite_strict": True},
    )

    agent_id: Mapped[int] = mapped_column(
        BigInt,
        ForeignKey("agent.id", name="agent_manager_is_an_agent"),
        primary_key=True,
        autoincrement=False,
    )
    appointed_by: Mapped[int | None] = mapped_column(
        BigInt, ForeignKey("agent.id", name="agent_manager_was_appointed_by_an_agent")
    )
    appointed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccountEvent(Model):
    """What happened to an account. Written once: nobody edits or deletes it.

    `agent_id` is whom it is about: nobody where an address that was tried has no account.
    `actor_id` is who did it: nobody where nobody was signed in. The network address is kept as a
    keyed hash, of the browser only its family.
    """

    __tablename__ = "account_event"
    __table_args__ = (
        CheckConstraint(f"kind in ({EVENT_KINDS})", name="account_event_kind_is_known"),
        CheckConstraint(f"way in ({WAYS})", name="account_event_way_is_known"),
        CheckConstraint(f"browser in ({BROWSERS})", name="account_event_browser_is_a_family"),
        CheckConstraint("length(address_hash) = 32", name="account_event_address_is_hashed"),
        CheckConstraint("length(detail) between 1 and 200", name="account_event_detail_is_short"),
        CheckConstraint(
            f"kind not in ({BY_ANOTHER}) or actor_id <> agent_id",
            name="account_event_is_by_another",
        ),
        Index("account_event_by_agent", "agent_id", "kind", "happened_at"),
        Index("account_event_by_address", "address_hash", "kind", "happened_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    agent_id: Mapped[int | None] = mapped_column(
        BigInt, ForeignKey("agent.id", name="account_event_is_about_an_agent")
    )
    actor_id: Mapped[int | None] = mapped_column(
        BigInt, ForeignKey("agent.id", name="account_event_was_caused_by_an_agent")
    )
    way: Mapped[str] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    address_hash: Mapped[bytes | None] = mapped_column(Bytes)
    browser: Mapped[str | None] = mapped_column(Text)
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
