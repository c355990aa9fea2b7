"""Support sessions: those of a month, a new one, one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import session_queries, sessions
from app.clearing.counter_parts import (
    LineShown,
    SessionShown,
    asked_day,
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
from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.text import read_day
from app.papers.sheets import Kind
from app.programmes.queries import is_demonstration
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.format import day_long
from app.web.forms import Form, done
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("session_pages", __name__)

A_PAGE = 50


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """Sessions, the latest first, and the filters that stay in the address."""

    list: Listed[SessionShown]
    mediators: tuple[Choice, ...]
    own: bool
    may_record: bool


def _mediators(session: Session) -> list[tuple[UUID, str]]:
    return [] if current_actor().scope else session_queries.mediators(session)


def _found(session: Session, form: Form, place: Place) -> list[SupportSession]:
    chosen = form.among("mediateur", {str(one): one for one, _ in _mediators(session)})
    return session_queries.latest_sessions(
        session,
        place,
        mediator_id=current_actor().scope or chosen,
        since=form.day_asked("du"),
        until=form.day_asked("au"),
    )


def _told(session: Session, held: Sequence[SupportSession]) -> Sequence[SessionShown]:
    # The page hides whose they are from whoever has no others; the file says it of each.
    return sessions_shown(session, held, own=False)


SESSIONS = Listing(
    "session_pages.list_sessions",
    name="seances",
    title="Accompagnements",
    columns=(
        Column[SessionShown]("Jour", lambda row: row.held_on, Kind.DAY, "jour"),
        Column("Médiateur", lambda row: row.mediator_name, width=36),
        Column("Pour qui", lambda row: row.who, width=28),
        Column("Durée", lambda row: row.duration),
        Column("Sujets", lambda row: row.topics, width=44),
        Column("Pass", lambda row: row.voucher_count, Kind.NUMBER),
        Column("Valeur (€)", lambda row: row.amount_cents, Kind.EUROS),
    ),
    filters=("du", "au", "mediateur"),
    found=_found,
    told=_told,
    first="-jour",
    lines=A_PAGE,
)


@bp.get("/seances")
def list_sessions() -> ResponseReturnValue:
    """Sessions, the latest first."""
    check(Right.SEE_REDEMPTIONS)
    own = current_actor().scope is not None
    hidden = frozenset({"Médiateur"} if own else ())

    def read(session: Session) -> SessionsPage:
        return SessionsPage(
            SESSIONS.page(session, hidden=hidden),
            tuple(Choice(str(one), name) for one, name in _mediators(session)),
            own,
            may(Right.REDEEM),
        )

    return render_template("clearing/sessions.html", page=in_transaction(read))


@bp.get("/seances.<any(csv, xlsx):ending>")
def list_sessions_file(ending: str) -> ResponseReturnValue:
    """The sessions of the address, all of them."""
    check(Right.SEE_REDEMPTIONS)
    return SESSIONS.file(ending, is_demonstration)


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
    today = started_on()
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
            f"L’accompagnement du {day_long(held.held_on)} est noté. Il figure parmi les vôtres.",
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

    @property
    def undone_count(self) -> int:
        """How many of the lines count no more."""
        return sum(line.undone for line in self.lines)


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
        lines.sort(key=lambda line: (line.redemption.redeemed_at, line.redemption.id))
        return SessionPage(shown, lines_shown(lines, {}))

    return render_template("clearing/session.html", page=in_transaction(read))
