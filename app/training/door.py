"""« S’entraîner », in the real application: the only way into the training.

Nothing is handed over through an address: the form that is sent here, by somebody who is signed in,
is answered with the cookie of the training itself. It holds a secret of that copy, made for it.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

from flask import Blueprint, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from app.identity.rules import Right, Role
from app.training.copies import Copies, is_full
from app.training.mount import Training, keep_copy, to_door
from app.training.practice import begin_as
from app.training.rules import DOOR, PREFIX, WHY, Back, whose
from app.web.auth import browser_of_request, check, current_agent, started_at
from app.web.transaction import close_session, current_settings

bp = Blueprint("training_door", __name__)
TRAINING = "passnum_training"
BEGIN, GO_ON = "commencer", "reprendre"


@dataclass(frozen=True, slots=True)
class DoorPage:
    """Before practising: what it is, and whether one is under way."""

    role: Role
    under_way: bool
    back: str
    """Why one is here again, or nothing."""


def copies() -> Copies:
    """Those of the running application."""
    return cast("Training", current_app.extensions[TRAINING]).copies


@bp.get(DOOR)
def door() -> ResponseReturnValue:
    """What practising is, and the way in."""
    check(Right.PRACTISE)
    agent = current_agent()
    under_way = copies().latest(whose(current_settings(), agent.id)) is not None
    back = request.args.get(WHY, "")
    page = DoorPage(Role(agent.role), under_way, back if back in list(Back) else "")
    return render_template("training/door.html", page=page)


@bp.post(DOOR)
def enter() -> ResponseReturnValue:
    """Open a copy, new or the one under way, and let the browser in."""
    check(Right.PRACTISE)
    role, now = Role(current_agent().role), started_at()
    who, browser = whose(current_settings(), current_agent().id), browser_of_request()
    # Making a copy takes a moment, and nobody else is to wait for it.
    close_session()
    name = copies().latest(who) if request.form.get("geste") == GO_ON else None
    name = name or copies().begin(who, now=now)
    database = copies().database(name)
    door = f"{request.script_root}{DOOR}"
    if database is None:  # thrown away meanwhile, by the same person in another window
        return to_door(door, Back.GONE)
    try:
        with database.transaction() as session:
            secret = begin_as(session, role=role, browser=browser, now=now)
    except DBAPIError as error:
        if not is_full(error):
            raise
        return to_door(door, Back.FULL)
    response = redirect(f"{request.script_root}{PREFIX}/parcours", HTTPStatus.SEE_OTHER)
    keep_copy(response, name=name, secret=secret, outside=request.script_root)
    return response
