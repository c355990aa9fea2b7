"""What is told of accounts, of the journal and of letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts.rules import FRENCH_STATE, AccountState, state_of
from app.identity import queries as identity
from app.identity.models import AccountEvent, Agent
from app.identity.rules import FRENCH_EVENT, FRENCH_ROLE, AccountEventKind, Role, Way
from app.identity.session_rules import FRENCH_METHOD, FRENCH_SECOND
from app.kernel.text import que
from app.mails.models import Mail
from app.mails.rules import FRENCH_MAIL, MailKind, MailState
from app.partners.queries import organisation_names
from app.web.api import Json, shown

TONES = {
    AccountState.OPEN: "ok",
    AccountState.INVITED: "go",
    AccountState.EXPIRED: "warn",
    AccountState.UNINVITED: "warn",
    AccountState.CLOSED: "",
}
FRENCH_WAY = {
    Way.PAGE: "page",
    Way.TOKEN: "jeton",
    Way.COMMAND: "ligne de commande",
    Way.SERVER: "serveur",
}
FRENCH_DETAIL = {
    **{str(method): words for method, words in FRENCH_METHOD.items()},
    **{str(second): words for second, words in FRENCH_SECOND.items()},
}
NOBODY = "adresse sans compte"
OPERATOR = "la machine"


@dataclass(frozen=True, slots=True)
class AccountTold:
    """An account as a list or a page shows it."""

    id: int
    name: str
    email: str
    role: Role
    role_name: str
    organisation: str
    manager: bool
    state: AccountState
    state_name: str
    tone: str
    invited_until: datetime | None
    created_at: datetime
    closed_at: datetime | None


def accounts_told(session: Session, agents: Sequence[Agent], *, now: datetime) -> list[AccountTold]:
    """Accounts with their organisation, their state, and whether they manage others."""
    ids = [agent.id for agent in agents]
    invitations = identity.latest_invitations(session, ids)
    managers = identity.managers(session, ids)
    names = organisation_names(session, {agent.organisation_id for agent in agents})
    told = []
    for agent in agents:
        until = invitations[agent.id].expires_at if agent.id in invitations else None
        state = state_of(
            has_password=agent.password_hash is not None,
            closed_at=agent.disabled_at,
            invited_until=until,
            now=now,
        )
        told.append(
            AccountTold(
                id=agent.id,
                name=agent.name,
                email=agent.email,
                role=Role(agent.role),
                role_name=FRENCH_ROLE[Role(agent.role)],
                organisation=names[agent.organisation_id],
                manager=agent.id in managers,
                state=state,
                state_name=FRENCH_STATE[state],
                tone=TONES[state],
                invited_until=until,
                created_at=agent.created_at,
                closed_at=agent.disabled_at,
            )
        )
    return told


def accounts_shown(session: Session, agents: Sequence[Agent], *, now: datetime) -> list[Json]:
    """Accounts for programs."""
    told = accounts_told(session, agents, now=now)
    return [
        {
            "id": agent.id,
            "email": agent.email,
            "name": agent.name,
            "role": agent.role,
            "organisation_id": agent.organisation_id,
            "manager": one.manager,
            "state": one.state,
            "invited_until": one.invited_until,
            "created_at": agent.created_at,
            "closed_at": agent.disabled_at,
        }
        for agent, one in zip(agents, told, strict=True)
    ]


# ── The journal ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class EventTold:
    """A line of the journal, with the names that accounts have now."""

    id: int
    happened_at: datetime
    what: str
    about_id: int | None
    about: str
    by: str
    way: str
    browser: str
    detail: str


def events_told(session: Session, events: Sequence[AccountEvent]) -> list[EventTold]:
    """Lines of the journal: names are looked up, the journal itself holds none."""
    ids = {e.agent_id for e in events} | {e.actor_id for e in events}
    names = identity.agent_names(session, {one for one in ids if one is not None})
    return [
        EventTold(
            id=event.id,
            happened_at=event.happened_at,
            what=FRENCH_EVENT[AccountEventKind(event.kind)],
            about_id=event.agent_id,
            about=names[event.agent_id] if event.agent_id is not None else NOBODY,
            by=_by(event, names),
            way=FRENCH_WAY[Way(event.way)],
            browser=event.browser or "",
            detail=_detail(event.detail),
        )
        for event in events
    ]


def _detail(said: str | None) -> str:
    """What the journal adds, in words: how somebody signed in is kept as programs call it."""
    return FRENCH_DETAIL.get(said or "", said or "")


def _by(event: AccountEvent, names: dict[int, str]) -> str:
    if event.actor_id is not None:
        return names[event.actor_id]
    return OPERATOR if event.way in {Way.COMMAND, Way.SERVER} else "sans connexion"


def events_shown(events: Sequence[AccountEvent]) -> list[Json]:
    """Lines of the journal for programs: without the hash of the address."""
    return [shown(event) for event in events]


# ── Letters ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class MailTold:
    """A letter in a list; `state` is what people read."""

    mail: Mail
    to: str
    kind: str
    state: str
    tone: str


def mails_told(session: Session, mails: Sequence[Mail], *, kept: bool) -> list[MailTold]:
    """Letters with whom they are for. `kept`: there is no server, so they stay here."""
    names = identity.agent_names(session, {mail.agent_id for mail in mails})
    return [
        MailTold(
            mail,
            _addressee(mail, names[mail.agent_id]),
            FRENCH_MAIL[MailKind(mail.kind)],
            *_state(mail, kept=kept),
        )
        for mail in mails
    ]


def _addressee(mail: Mail, agent: str) -> str:
    """Whom a letter is for; nobody who reads it learns which person of the scheme it was."""
    return f"une personne {que(agent)} aide" if mail.kind == MailKind.ORIENTATION else agent


def _state(mail: Mail, *, kept: bool) -> tuple[str, str]:
    match MailState(mail.state):
        case MailState.SENT:
            return "envoyé", "ok"
        case MailState.FAILED:
            return "échoué", "bad"
        case MailState.WAITING if kept:
            return "gardé ici", "warn"
        case MailState.WAITING:
            return ("à renvoyer", "warn") if mail.attempt_count else ("à envoyer", "go")
