"""« Aide », and what the law asks a public site to say of itself."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.guides import reading, service
from app.guides.rules import Reached
from app.identity.rules import Role
from app.papers.french import months_told
from app.web.auth import ANONYMOUS, KNOWING_THEIR_READER, current_actor
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("help_pages", __name__)
TO_ALL = {"help_pages.accessibility", "help_pages.personal_data"}
ANONYMOUS.update(TO_ALL)
KNOWING_THEIR_READER.update(TO_ALL)

NAMES = ", ".join(f"'{name}'" for name in reading.NAMES.values())


@dataclass(frozen=True, slots=True)
class HelpPage:
    """A guide, and the other ones."""

    guide: reading.Guide
    own: bool
    others: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Who answers for this site, and how to reach them."""

    reached: Reached
    kept_for: str
    """How long after the last contact it is known who a person is."""


@bp.get("/aide")
def mine() -> ResponseReturnValue:
    """The guide of whoever reads."""
    return _shown(reading.NAMES[Role(current_actor().role)])


@bp.get(f"/aide/<any({NAMES}):name>")
def other(name: str) -> ResponseReturnValue:
    """The guide of another role: whoever trains others reads theirs."""
    return _shown(name)


def _shown(name: str) -> ResponseReturnValue:
    own = reading.NAMES[Role(current_actor().role)]
    # What one's own guide leads to opens; another's leads to pages that may not.
    shown = reading.guide(name).leading_to(reading.guide(own).links)
    page = HelpPage(
        guide=shown.under(request.script_root),
        own=name == own,
        others=tuple(
            Choice(one, reading.guide(one).title) for one in reading.NAMES.values() if one != name
        ),
    )
    return render_template("guides/help.html", page=page)


@bp.get("/accessibilite")
def accessibility() -> ResponseReturnValue:
    """The accessibility statement, as the RGAA asks for it."""
    return render_template("guides/accessibility.html", page=in_transaction(_statement_page))


@bp.get("/donnees-personnelles")
def personal_data() -> ResponseReturnValue:
    """What is kept about people, why, how long, and what they may ask."""
    return render_template("guides/personal_data.html", page=in_transaction(_statement_page))


def _statement_page(session: Session) -> StatementPage:
    return StatementPage(
        service.how_to_reach(session), months_told(current_settings().identity_months)
    )
