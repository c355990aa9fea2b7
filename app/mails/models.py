"""Letters that wait, were taken, or were refused."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import BigInt, Bytes, Model, UtcDateTime, Uuid16
from app.mails.rules import MailKind, MailState

KINDS = ", ".join(f"'{kind}'" for kind in MailKind)
STATES = ", ".join(f"'{state}'" for state in MailState)


class Mail(Model):
    """A letter to one agent, as it was when it was written; only its sending changes.

    One to a person of the scheme is its sender's: it names nobody, its `address` is empty, and
    where it goes is sealed in the place of the link, and forgotten like one.

    The secret of its link is sealed, and forgotten once the letter is gone. `next_attempt_at`
    moves on before each attempt: whoever dies in the middle leaves a letter that is tried again.
    """

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint(f"kind in ({KINDS})", name="mail_kind_is_known"),
        CheckConstraint(f"state in ({STATES})", name="mail_state_is_known"),
        CheckConstraint("length(subject) between 1 and 200", name="mail_has_a_subject"),
        CheckConstraint("length(body) between 1 and 5000", name="mail_has_a_body"),
        CheckConstraint("length(sealed_link) > 28", name="mail_link_is_sealed"),
        CheckConstraint("state = 'waiting' or sealed_link is null", name="mail_forgets_its_link"),
        CheckConstraint("(state = 'waiting') = (ended_at is null)", name="mail_ends_once"),
        CheckConstraint("attempt_count >= 0", name="mail_counts_its_attempts"),
        Index("mail_by_state", "state", "next_attempt_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[UUID] = mapped_column(Uuid16, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    agent_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("agent.id", name="mail_is_to_an_agent")
    )
    address: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    """Paragraphs, apart by an empty line; « {lien} » alone stands for the link."""
    sealed_link: Mapped[bytes | None] = mapped_column(Bytes)
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    useful_until: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(Text)
    attempt_count: Mapped[int] = mapped_column(Integer)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
    """What the server said last."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
