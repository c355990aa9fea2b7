"""Who am I: what a client of the API may want to know first."""

from flask_wtf.csrf import generate_csrf
from marshmallow import Schema

from app.identity.rules import APPROVALS, RIGHTS, Right, Role
from app.web.api import Routes
from app.web.auth import current_actor, current_agent
from app.web.fields import Choice, Many, Text, Uuid

routes = Routes("me", "Qui suis-je.")
bp = routes.blueprint


class MeSchema(Schema):
    """The agent who asks, and what they may do."""

    email = Text(required=True)
    name = Text(required=True)
    role = Choice(Role, required=True)
    organisation_id = Uuid(required=True)
    rights = Many(Choice(Right), required=True)
    csrf_token = Text(
        required=True,
        allow_none=True,
        about="À renvoyer dans X-CSRFToken quand on est connecté par cookie.",
    )


@routes.get("/me", "Savoir qui demande, et ce qu’il peut faire", answer=MeSchema)
def who_am_i() -> dict[str, object]:
    """Say who asks and what they may do, through this token or this session."""
    agent, actor = current_agent(), current_actor()
    rights = RIGHTS[actor.role] - (APPROVALS if actor.by_token else frozenset())
    return {
        "email": agent.email,
        "name": agent.name,
        "role": actor.role,
        "organisation_id": agent.organisation_id,
        "rights": sorted(rights),
        "csrf_token": None if actor.by_token else generate_csrf(),
    }
