"""Support sessions: those of a month, a new one, one of them."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import session_queries, sessions
from app.clearing.counter_parts import (
    LineShown,
    SessionShown,
    asked_day,
    asked_mediator,
    blank_form,
    choices,
    is_uuid,
    lines_shown,
    read_session,
    record_told,
    sessions_shown,
)
from app.clearing.redemption_models import SupportSession
from app.clearing.rules import RedemptionState
from app.clearing.session_queries import DayLine
from app.database import Place
from app.identity.rules import RIGHTS, Right
from app.kernel.clock import FIRST_DAY, martinique_day
from app.kernel.text import read_day
from app.web.auth import check, current_actor, started_at
from app.web.format import day_long
from app.web.forms import Form, done
from app.web.pages import Choice, FieldError
from app.web.transaction import in_transaction

bp = Blueprint("session_pages", __name__)

A_PAGE = 50
LOOKING_BACK = timedelta(days=31)
MOST_SESSIONS = 100


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """Sessions between two days. Fields sent by GET: `du`, `au`, `mediateur`."""

    since: date
    until: date
    asked_since: str
    asked_until: str
    errors: tuple[FieldError, ...]
    mediators: tuple[Choice, ...]
    mediator: str
    own: bool
    may_record: bool
    sessions: tuple[SessionShown, ...]
    full: bool


@bp.get("/seances")
def list_sessions() -> ResponseReturnValue:
    """The sessions of a month, the latest first."""
    check(Right.SEE_REDEMPTIONS)
    today = martinique_day(started_at())
    until, asked_until, wrong_until = asked_day("au", today)
    since, asked_since, wrong_since = asked_day("du", today)
    if not request.args.get("du"):
        since = max(until - LOOKING_BACK, FIRST_DAY)
        asked_since = since.isoformat()
    own = current_actor().scope is not None

    def read(session: Session) -> SessionsPage:
        mediators, mediator_id = asked_mediator(session)
        held = session_queries.latest_sessions(
            session, mediator_id=mediator_id, since=since, until=until, limit=MOST_SESSIONS + 1
        )
        return SessionsPage(
            since,
            until,
            asked_since,
            asked_until,
            (*wrong_since, *wrong_until),
            mediators,
            str(mediator_id) if mediator_id and not own else "",
            own,
            Right.REDEEM in RIGHTS[current_actor().role],
            sessions_shown(session, held[:MOST_SESSIONS], own=own),
            len(held) > MOST_SESSIONS,
        )

    page = in_transaction(read)
    return render_template("clearing/sessions.html", page=page), 422 if page.errors else 200


@dataclass(frozen=True, slots=True)
class NewSessionPage:
    """A session to note, with the day's passes that pay for none yet."""

    form: Form
    on: date
    free: tuple[LineShown, ...]


@bp.route("/seances/nouvelle", methods=["GET", "POST"])
def new_session() -> ResponseReturnValue:
    """Note a session, and tick the passes that paid for it."""
    check(Right.REDEEM)
    today = martinique_day(started_at())
    if request.method == "POST":
        form = Form.sent()
    else:
        on, _, _ = asked_day("jour", today)
        form = blank_form(on)
        form.typed["pass"] = [one for one in request.args.getlist("pass") if is_uuid(one)]

    def act(session: Session) -> SupportSession:
        on = form.day("jour")
        told_session = read_session(form)
        ids = [UUID(value) for value in form.texts("pass") if is_uuid(value)]
        form.check()
        held = record_told(session, form, told_session, on)
        return sessions.link_redemptions(
            session,
            actor=current_actor(),
            session_id=held.id,
            redemption_ids=ids,
            now=started_at(),
        )

    if request.method == "POST" and (held := form.submit(act)) is not None:
        return done(
            url_for(".read_session_page", session_id=held.id),
            f"La séance du {day_long(held.held_on)} est notée. Elle figure dans vos séances.",
        )
    on = read_day(form.text("jour")) or today

    def read(session: Session) -> tuple[DayLine, ...]:
        lines = session_queries.day_lines(
            session, on, Place(A_PAGE), mediator_id=current_actor().organisation_id
        )
        return tuple(
            line
            for line in lines
            if line.session_id is None and line.state is not RedemptionState.UNDONE
        )

    page = NewSessionPage(form, on, lines_shown(in_transaction(read), {}))
    return render_template("clearing/new_session.html", page=page, **choices()), form.status


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One session and the passes that paid for it."""

    session: SessionShown
    lines: tuple[LineShown, ...]


@bp.get("/seances/<uuid:session_id>")
def read_session_page(session_id: UUID) -> ResponseReturnValue:
    """One session, and the passes that paid for it."""
    check(Right.SEE_REDEMPTIONS)

    def read(session: Session) -> SessionPage:
        held = sessions.known_session(session, actor=current_actor(), session_id=session_id)
        own = current_actor().scope is not None
        lines = [
            session_queries.line_of(session, redemption_id)
            for redemption_id in session_queries.redemptions_of_session(session, session_id)
        ]
        [shown] = sessions_shown(session, [held], own=own)
        return SessionPage(shown, lines_shown(lines, {}))

    return render_template("clearing/session.html", page=in_transaction(read))
