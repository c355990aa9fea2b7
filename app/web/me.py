"""Who am I: what a client of the API may want to know first."""

from flask.views import MethodView
from flask_wtf.csrf import generate_csrf
from marshmallow import Schema, fields

from app.identity.rules import APPROVALS, RIGHTS, Role
from app.web.api import blueprint, problems
from app.web.auth import current_actor, current_agent

bp = blueprint("me", "Qui suis-je.")


class MeSchema(Schema):
    """The agent who asks, and what they may do."""

    email = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.Enum(Role, by_value=True, required=True)
    organisation_id = fields.UUID(required=True)
    rights = fields.List(fields.String(), required=True)
    csrf_token = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "À renvoyer dans X-CSRFToken quand on est connecté par cookie."},
    )


@bp.route("/me")
class Me(MethodView):
    """Who asks."""

    @problems()
    @bp.response(200, MeSchema)
    def get(self) -> dict[str, object]:
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
