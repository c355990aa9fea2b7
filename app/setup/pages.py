"""« Mise en route » on one page."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.programmes import queries as programmes
from app.programmes.errors import UnknownProgramme
from app.programmes.setting_steps import under_way
from app.setup import service
from app.setup.rules import FRENCH_STATE, TONE, State
from app.setup.service import SetUp
from app.web.auth import check, current_actor, started_on
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("setup_pages", __name__)

MANY = 100
"""Programmes in a list of choices; an authority has a handful."""
A_NEW_ONE = "nouveau"
"""In the address: the path of a programme that is not open yet, beside others that are."""


@dataclass(frozen=True, slots=True)
class PathPage:
    """The path, of which programme, and among which."""

    found: SetUp
    asked: str
    programmes: tuple[Choice, ...]
    states: dict[State, str]
    tones: dict[State, str]


@bp.get("/mise-en-route")
def path() -> ResponseReturnValue:
    """Every step of a beginning, its state, and the page that does it."""
    check(Right.MANAGE_PROGRAMME)
    return render_template("setup/path.html", page=in_transaction(_path_page))


def _path_page(session: Session) -> PathPage:
    known = programmes.programmes_after(session, None, limit=MANY)
    asked = request.args.get("dispositif", "")
    programme_id = None
    if asked and asked != A_NEW_ONE:
        try:
            programme_id = UUID(asked)
        except ValueError as error:
            raise UnknownProgramme from error
    found = service.set_up(
        session,
        actor=current_actor(),
        programme_id=programme_id,
        begin=asked == A_NEW_ONE,
        answered=under_way(session, None),
        on=started_on(),
    )
    return PathPage(
        found,
        str(found.programme.id) if found.programme else A_NEW_ONE,
        (
            *(Choice(str(one.id), one.name) for one in known),
            *((Choice(A_NEW_ONE, "Un nouveau dispositif"),) if known else ()),
        ),
        FRENCH_STATE,
        TONE,
    )
