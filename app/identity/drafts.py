"""What was typed and not yet sent for good, kept for the agent who typed it, for a day.

Settings, which are nobody's name, are kept for a month: a council meets that often.

A draft may hold a name, so it is sealed (AES-256-GCM) with a key that stays outside the database,
and bound to its id, its place and its agent: a person's name still rests in one table. Nobody but
that agent ever reads it, and what was sent for good is forgotten at once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import orjson
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.database.locks import hold
from app.identity.models import FormDraft
from app.kernel.sealing import Box, Unopened

KEPT_FOR = timedelta(days=1)
SETTINGS = "settings "
"""How a place begins where settings are typed, and nothing about a person."""
SETTINGS_KEPT_FOR = timedelta(days=30)
LARGEST_DRAFT = 100_000
"""Bytes: a thousand scanned covers are a fifth of this."""
MOST_DRAFTS = 100
"""Drafts of one agent that a list opens: more than anybody leaves in a day."""

Typed: TypeAlias = dict[str, list[str]]
"""The values of each field by its HTML name."""


def keep_draft(
    session: Session,
    *,
    draft_id: UUID,
    agent_id: int,
    place: str,
    typed: Typed,
    secret_key: bytes,
    now: datetime,
) -> bool:
    """Keep what was typed in the form of that place; False when it is too long, or not one's own.

    Drafts of everybody that are too old are forgotten on the way.
    """
    hold(session, "form draft", draft_id)
    forget_old(session, now=now)
    content = orjson.dumps(typed)
    if len(content) > LARGEST_DRAFT:
        return False
    draft = session.get(FormDraft, draft_id)
    if draft is not None and (draft.agent_id, draft.place) != (agent_id, place):
        return False
    if draft is None:
        draft = FormDraft(id=draft_id, agent_id=agent_id, place=place)
    draft.sealed = _box(secret_key).seal(content, bound=_bound(draft_id, agent_id, place))
    draft.kept_at = now
    session.add(draft)
    session.flush()
    return True


def kept_draft(
    session: Session,
    *,
    draft_id: UUID,
    agent_id: int,
    place: str,
    secret_key: bytes,
    now: datetime,
) -> Typed | None:
    """What that agent typed there; None when there is no such draft, or it is too old."""
    draft = session.get(FormDraft, draft_id)
    if (
        draft is None
        or (draft.agent_id, draft.place) != (agent_id, place)
        or draft.kept_at <= now - kept_for(place)
    ):
        return None
    return _opened(draft, secret_key)


def latest_draft(session: Session, *, agent_id: int, place: str, now: datetime) -> FormDraft | None:
    """The draft that an agent kept last in the form of that place, unless it is too old."""
    return session.scalar(
        select(FormDraft)
        .where(
            FormDraft.agent_id == agent_id,
            FormDraft.place == place,
            FormDraft.kept_at > now - kept_for(place),
        )
        .order_by(FormDraft.kept_at.desc())
        .limit(1)
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft, opened for its agent."""

    id: UUID
    place: str
    kept_at: datetime
    typed: Typed


def drafts_from(
    session: Session, *, agent_id: int, place: str, secret_key: bytes, now: datetime
) -> list[Kept]:
    """What that agent typed in the form of that place and of those below it, the latest first."""
    found = session.scalars(
        select(FormDraft)
        .where(
            FormDraft.agent_id == agent_id,
            or_(FormDraft.place == place, FormDraft.place.startswith(f"{place}/", autoescape=True)),
            FormDraft.kept_at > now - kept_for(place),
        )
        .order_by(FormDraft.kept_at.desc(), FormDraft.id.desc())
        .limit(MOST_DRAFTS)
    )
    opened = ((one, _opened(one, secret_key)) for one in found)
    return [
        Kept(one.id, one.place, one.kept_at, typed) for one, typed in opened if typed is not None
    ]


def _opened(draft: FormDraft, secret_key: bytes) -> Typed | None:
    try:
        content = _box(secret_key).open(
            draft.sealed, bound=_bound(draft.id, draft.agent_id, draft.place)
        )
    except Unopened:
        # The key of the site was changed: what it sealed is lost, and worth two minutes.
        return None
    typed: Typed = orjson.loads(content)
    return typed


def forget_old(session: Session, *, now: datetime) -> None:
    """Forget the drafts of everybody that are too old."""
    session.execute(
        delete(FormDraft).where(
            FormDraft.kept_at <= now - KEPT_FOR,
            or_(
                FormDraft.place.not_like(f"{SETTINGS}%"),
                FormDraft.kept_at <= now - SETTINGS_KEPT_FOR,
            ),
        )
    )


def forget_draft(session: Session, *, draft_id: UUID, agent_id: int) -> None:
    """What was typed has been sent for good, or is given up."""
    session.execute(
        delete(FormDraft).where(FormDraft.id == draft_id, FormDraft.agent_id == agent_id)
    )


def forget_drafts_of(session: Session, *, agent_id: int, place: str) -> None:
    """What was typed on that page has been sent for good."""
    session.execute(
        delete(FormDraft).where(FormDraft.agent_id == agent_id, FormDraft.place == place)
    )


def kept_for(place: str) -> timedelta:
    """How long what is typed there is kept."""
    return SETTINGS_KEPT_FOR if place.startswith(SETTINGS) else KEPT_FOR


def _box(secret_key: bytes) -> Box:
    return Box.of_site(secret_key, "passnum form drafts")


def _bound(draft_id: UUID, agent_id: int, place: str) -> bytes:
    """Whose draft it is, and of which form: it opens nowhere else."""
    return b"%b %d %b" % (draft_id.bytes, agent_id, place.encode())
