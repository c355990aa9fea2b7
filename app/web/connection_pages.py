"""Where a person is signed in, and what the administration of accounts may end for somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from app.identity import factors, provider, sessions
from app.identity import queries as identity
from app.identity.errors import UnknownAgent
from app.identity.factors import Factors
from app.identity.models import Agent
from app.identity.rules import FRENCH_ROLE, Right, Role
from app.identity.session_models import AgentSession
from app.identity.session_rules import (
    FRENCH_METHOD,
    FRENCH_SECOND,
    Limits,
    Method,
    Second,
    limits_of,
)
from app.web.auth import (
    check,
    current_actor,
    current_agent,
    current_standing,
    origin,
    started_at,
)
from app.web.format import moment
from app.web.forms import Form, done
from app.web.transaction import current_settings, request_session

bp = Blueprint("connection_pages", __name__)


@dataclass(frozen=True, slots=True)
class Line:
    """A session as its owner recognises it."""

    session: AgentSession
    is_here: bool = False

    @property
    def shown(self) -> str:
        """With what the person signed in."""
        method = Method(self.session.method)
        second = Second(self.session.second) if self.session.second else None
        if second is None or (method is Method.PASSKEY and second is Second.PASSKEY):
            return FRENCH_METHOD[method]
        return f"{FRENCH_METHOD[method]}, {FRENCH_SECOND[second]}"

    @property
    def fact(self) -> tuple[str, str]:
        """The browser, and since when."""
        return self.session.browser, f"{self.shown}, vers {moment(self.session.seen_at)}"


@dataclass(frozen=True, slots=True)
class ConnectionsPage:
    """One's own sessions, and how long one lasts."""

    lines: Sequence[Line]
    limits: Limits
    form: Form
    linked_at: datetime | None
    """Since when the account is linked to a person of ProConnect."""


@dataclass(frozen=True, slots=True)
class SecurityPage:
    """Another's sessions and second factors, as the administration of accounts sees them."""

    agent: Agent
    role_name: str
    lines: Sequence[Line]
    known: Factors
    is_own: bool
    form: Form


@bp.get("/mon-compte/connexions")
def connections() -> ResponseReturnValue:
    """Every browser in which the person is signed in, this one marked."""
    return own_page(Form.blank())


def own_page(form: Form) -> ResponseReturnValue:
    """The list, and what could not be ended."""
    agent, here = current_agent(), current_standing().id
    page = ConnectionsPage(
        lines=[Line(one, is_here=one.id == here) for one in sessions_of(agent)],
        limits=limits_of(Role(agent.role), current_settings().session_minutes),
        form=form,
        linked_at=linked_since(agent),
    )
    return render_template("identity/connections.html", page=page), form.status


def linked_since(agent: Agent) -> datetime | None:
    """Since when the agent is known to the provider of the settings."""
    settings = current_settings().proconnect
    link = provider.identity_of(request_session(), agent.id, settings.issuer) if settings else None
    return link.linked_at if link else None


@bp.post("/mon-compte/connexions/<uuid:session_id>/fin")
def end_one(session_id: UUID) -> ResponseReturnValue:
    """End the session of another browser."""
    form = Form.sent()
    form.submit(
        lambda database: sessions.end_session(
            database,
            actor=current_actor(),
            session_id=session_id,
            origin=origin(),
            now=started_at(),
        )
    )
    if form.errors:
        return own_page(form)
    return done(
        url_for("connection_pages.connections"),
        "Cette connexion a pris fin : le navigateur demandera le mot de passe. "
        "Vous ne la reconnaissiez pas ? Changez votre mot de passe.",
    )


@bp.post("/mon-compte/connexions/autres/fin")
def end_others() -> ResponseReturnValue:
    """End every session but the one that asks."""
    form = Form.sent()
    ended = form.submit(
        lambda database: (
            sessions.end_other_sessions(
                database,
                actor=current_actor(),
                but=current_standing().id,
                origin=origin(),
                now=started_at(),
            ),
        )
    )
    if ended is None:
        return own_page(form)
    return done(
        url_for("connection_pages.connections"),
        "Vos autres connexions ont pris fin. Celle-ci continue."
        if ended[0]
        else "Il n’y avait pas d’autre connexion. Celle-ci continue.",
    )


# ── The administration of accounts ────────────────────────────────────────────────────────────────


@bp.get("/comptes/<int:agent_id>/securite")
def security(agent_id: int) -> ResponseReturnValue:
    """What protects an account, and where it is signed in."""
    check(Right.MANAGE_ACCOUNTS)
    return security_page(agent_id, Form.blank())


@bp.post("/comptes/<int:agent_id>/securite/connexions/fin")
def end_all(agent_id: int) -> ResponseReturnValue:
    """End every session of an agent."""
    check(Right.MANAGE_ACCOUNTS)
    form = Form.sent()
    ended = form.submit(
        lambda database: (
            sessions.end_sessions_of(
                database,
                actor=current_actor(),
                agent_id=agent_id,
                origin=origin(),
                now=started_at(),
            ),
        )
    )
    if ended is None:
        return security_page(agent_id, form)
    return done(
        url_for("connection_pages.security", agent_id=agent_id),
        "Toutes les connexions de ce compte ont pris fin. Le mot de passe reste le même : "
        "fermez le compte s’il ne doit plus servir.",
    )


@bp.post("/comptes/<int:agent_id>/securite/seconds-facteurs")
def reset(agent_id: int) -> ResponseReturnValue:
    """Take every second factor of an agent away, for a reason."""
    check(Right.MANAGE_ACCOUNTS)
    form = Form.sent()
    reason = form.text("reason")
    if not form.checked("sure"):
        form.wrong("sure", "Cochez pour confirmer que vous savez qui vous le demande.")
    if not form.errors:
        form.submit(
            lambda database: factors.reset_factors(
                database,
                actor=current_actor(),
                agent_id=agent_id,
                reason=reason,
                origin=origin(),
                now=started_at(),
            )
        )
    if not form.errors:
        return done(
            url_for("connection_pages.security", agent_id=agent_id),
            "Les seconds facteurs de ce compte sont retirés, ses connexions ont pris fin, et la "
            "personne en est avertie par courriel.",
        )
    return security_page(agent_id, form)


def security_page(agent_id: int, form: Form) -> ResponseReturnValue:
    """The page of an account's protection, and what was typed there."""
    agent = identity.agent(request_session(), agent_id)
    if agent is None:
        raise UnknownAgent
    page = SecurityPage(
        agent=agent,
        role_name=FRENCH_ROLE[Role(agent.role)],
        lines=[Line(one) for one in sessions_of(agent)],
        known=factors.factors_of(request_session(), agent.id),
        is_own=agent.id == current_agent().id,
        form=form,
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    if form.status != HTTPStatus.OK:
        status = form.status
    return render_template("identity/security.html", page=page), status


def sessions_of(agent: Agent) -> list[AgentSession]:
    """The sessions of an agent that go on."""
    return sessions.live_sessions(
        request_session(),
        agent.id,
        role=Role(agent.role),
        minutes=current_settings().session_minutes,
        now=started_at(),
    )
