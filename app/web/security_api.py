"""Sessions and second factors: one's own, and what the administration of accounts ends."""

from uuid import UUID

from marshmallow import Schema
from sqlalchemy.orm import Session

from app.identity import factors, queries, sessions
from app.identity.errors import UnknownAgent
from app.identity.models import Agent
from app.identity.rules import Right, Role
from app.identity.session_rules import MUST_HAVE_SECOND_FACTOR, Method, Second
from app.web.api import Body, Json, Routes, page_of, shown, whole
from app.web.auth import current_actor, current_agent, origin, standing_or_none, started_at
from app.web.fields import Choice, Flag, Many, Moment, Part, Text, Uuid, Whole
from app.web.transaction import current_settings, in_transaction, request_session

routes = Routes("security", "Connexions et seconds facteurs.")
bp = routes.blueprint


class ConnectionSchema(Schema):
    """A browser in which somebody is signed in."""

    id = Uuid(required=True)
    browser = Text(required=True, about="Famille du navigateur et de la machine.")
    method = Choice(Method, required=True)
    second = Choice(Second, required=True, allow_none=True)
    begun_at = Moment(required=True)
    seen_at = Moment(required=True, about="Dernière activité, à cinq minutes près.")
    expires_at = Moment(required=True)
    ended_at = Moment(required=True, allow_none=True)
    is_here = Flag(required=True, about="Celle qui demande.")


class PasskeySchema(Schema):
    """A key that a device keeps."""

    id = Uuid(required=True)
    name = Text(required=True)
    synced = Flag(required=True, about="Gardée aussi par un compte de la personne.")
    enrolled_at = Moment(required=True)
    used_at = Moment(required=True, allow_none=True)


class SecondFactorsSchema(Schema):
    """What is shown beside a password."""

    required = Flag(required=True, about="Le rôle exige un second facteur.")
    application = Flag(required=True, about="Une application de codes est enregistrée.")
    passkeys = Many(Part(PasskeySchema), required=True)
    recovery_codes_left = Whole(0, 100, required=True)


class SecuritySchema(SecondFactorsSchema):
    """What protects an account, and where it is signed in."""

    agent_id = Whole(1, 2**62, required=True)
    sessions = Many(Part(ConnectionSchema), required=True)


class ResetRequestSchema(Body):
    """Why another's second factors are taken away."""

    reason = Text(required=True, about="Reste dans le journal des comptes.")


ConnectionPageSchema = page_of(ConnectionSchema)


@routes.get("/me/sessions", "Lister ses connexions", answer=ConnectionPageSchema)
def list_own_sessions() -> Json:
    """Every browser in which the agent is signed in."""
    return whole(_sessions(request_session(), current_agent()))


@routes.post(
    "/me/sessions/<uuid:session_id>/end",
    "Mettre fin à une de ses connexions",
    right=None,
    answer=ConnectionSchema,
    status=200,
    refuses=(404,),
)
def end_own_session(session_id: UUID) -> Json:
    """End the session of one browser."""
    ended = in_transaction(
        lambda session: sessions.end_session(
            session,
            actor=current_actor(),
            session_id=session_id,
            origin=origin(),
            now=started_at(),
        )
    )
    return shown(ended, is_here=False)


@routes.post(
    "/me/sessions/end-others",
    "Mettre fin à toutes ses autres connexions",
    right=None,
    answer=ConnectionPageSchema,
    status=200,
    description="Par un jeton : à toutes. Répond celles qui restent.",
)
def end_other_sessions() -> Json:
    """End every session but the one that asks."""
    here = standing_or_none()

    def work(session: Session) -> Json:
        sessions.end_other_sessions(
            session,
            actor=current_actor(),
            but=here.id if here else None,
            origin=origin(),
            now=started_at(),
        )
        return whole(_sessions(session, current_agent()))

    return in_transaction(work)


@routes.get("/me/second-factors", "Lire ses seconds facteurs", answer=SecondFactorsSchema)
def read_own_factors() -> Json:
    """What the agent shows beside a password; the secrets stay."""
    return _factors(request_session(), current_agent())


@routes.post(
    "/agents/<int:agent_id>/sessions/end",
    "Mettre fin aux connexions d’un compte",
    right=Right.MANAGE_ACCOUNTS,
    answer=SecuritySchema,
    status=200,
    refuses=(404,),
)
def end_agent_sessions(agent_id: int) -> Json:
    """End every session of an agent."""

    def work(session: Session) -> Json:
        agent = _known(session, agent_id)
        sessions.end_sessions_of(
            session, actor=current_actor(), agent_id=agent.id, origin=origin(), now=started_at()
        )
        return _security(session, agent)

    return in_transaction(work)


@routes.post(
    "/agents/<int:agent_id>/second-factors/reset",
    "Réinitialiser les seconds facteurs d’un compte",
    right=Right.MANAGE_ACCOUNTS,
    body=ResetRequestSchema,
    answer=SecuritySchema,
    status=200,
    refuses=(404,),
    description="Les connexions prennent fin, et la personne est avertie par courriel. Personne "
    "ne réinitialise les siens.",
)
def reset_agent_factors(body: Json, agent_id: int) -> Json:
    """Take every second factor of an agent away, for a reason."""

    def work(session: Session) -> Json:
        agent = factors.reset_factors(
            session,
            actor=current_actor(),
            agent_id=agent_id,
            reason=body["reason"],
            origin=origin(),
            now=started_at(),
        )
        return _security(session, agent)

    return in_transaction(work)


def _known(session: Session, agent_id: int) -> Agent:
    agent = queries.agent(session, agent_id)
    if agent is None:
        raise UnknownAgent
    return agent


def _security(session: Session, agent: Agent) -> Json:
    return {
        "agent_id": agent.id,
        "sessions": _sessions(session, agent),
        **_factors(session, agent),
    }


def _sessions(session: Session, agent: Agent) -> list[Json]:
    here = standing_or_none()
    return [
        shown(one, is_here=here is not None and one.id == here.id)
        for one in sessions.live_sessions(
            session,
            agent.id,
            role=Role(agent.role),
            minutes=current_settings().session_minutes,
            now=started_at(),
        )
    ]


def _factors(session: Session, agent: Agent) -> Json:
    known = factors.factors_of(session, agent.id)
    return {
        "required": Role(agent.role) in MUST_HAVE_SECOND_FACTOR,
        "application": known.application is not None,
        "passkeys": [shown(one) for one in known.passkeys],
        "recovery_codes_left": known.codes_left,
    }
