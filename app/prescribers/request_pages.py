"""Requests for booklets on pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.papers.sheets import Kind
from app.partners import queries as partners
from app.prescribers import booklet_requests, holdings, recalls
from app.prescribers import custody_queries as queries
from app.prescribers.custody_desk import (
    REQUEST_FILTERS,
    REQUEST_STATES,
    agent_name,
    only,
    programme_choices,
    wanted,
)
from app.prescribers.custody_models import (
    BookletRequest,
)
from app.prescribers.custody_rules import (
    RequestState,
)
from app.prescribers.custody_views import requests_shown
from app.programmes.queries import is_demonstration
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.web.api import Json
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.forms import Form, done
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("request_pages", __name__)


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request in the list."""

    id: UUID
    number: str
    prescriber: str
    asked: str
    public: str
    requested_on: date
    tone: str
    state: str


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """The list of requests."""

    list: Listed[RequestLine]
    states: tuple[Choice, ...]
    may_request: bool


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One request, what its prescriber holds and hands over, and the answer."""

    form: Form
    asked: Json
    prescriber: str
    public: str
    wanted: str
    requested_by: str
    answered_by: str
    tone: str
    label: str
    rates: tuple[holdings.Rate, ...]
    allocation_number: str
    may_answer: bool


@dataclass(frozen=True, slots=True)
class NewRequestPage:
    """The form of a request, beside what the prescriber holds."""

    form: Form
    programmes: tuple[Choice, ...]
    publics: tuple[Choice, ...]
    rates: tuple[holdings.Rate, ...]
    unable: str
    """Why no booklet could be received today, said instead of the form."""


def _found(session: Session, form: Form, place: Place) -> list[BookletRequest]:
    return queries.latest_requests(
        session,
        place,
        prescriber_id=current_actor().scope,
        state=form.among("etat", REQUEST_FILTERS),
    )


def _lines(session: Session, rows: Sequence[BookletRequest]) -> list[RequestLine]:
    names = partners.organisation_names(session, {row.prescriber_id for row in rows})
    lines = []
    for row, told in zip(rows, requests_shown(session, rows), strict=True):
        tone, label = REQUEST_STATES[told["state"]]
        lines.append(
            RequestLine(
                id=row.id,
                number=row.number,
                prescriber=names[row.prescriber_id],
                asked=wanted(row),
                public=FRENCH_PUBLIC[Public(row.public)],
                requested_on=row.requested_on,
                tone=tone,
                state=label,
            )
        )
    return lines


REQUESTS = Listing(
    "request_pages.requests",
    name="demandes-de-carnets",
    title="Demandes de carnets",
    columns=(
        Column[RequestLine]("Demande", lambda line: line.number, width=16),
        Column("Prescripteur", lambda line: line.prescriber, width=36),
        Column("Carnets", lambda line: line.asked, width=30),
        Column("Pour", lambda line: line.public, width=36),
        Column("Jour", lambda line: line.requested_on, Kind.DAY, "demande"),
        Column("État", lambda line: line.state),
    ),
    filters=("etat",),
    found=_found,
    told=_lines,
    first="-demande",
)


@bp.get("/demandes")
def requests() -> ResponseReturnValue:
    """Requests for booklets; a prescriber's own."""
    check(Right.SEE_ALLOCATIONS)
    return render_template("custody/requests.html", page=in_transaction(_requests_page))


def _requests_page(session: Session) -> RequestsPage:
    return RequestsPage(
        REQUESTS.page(session),
        states=tuple(Choice(v, REQUEST_STATES[s][1]) for v, s in REQUEST_FILTERS.items()),
        may_request=may(Right.REQUEST_BOOKLETS),
    )


@bp.get("/demandes.<any(csv, xlsx):ending>")
def requests_file(ending: str) -> ResponseReturnValue:
    """The requests of the address, all of them."""
    check(Right.SEE_ALLOCATIONS)
    return REQUESTS.file(ending, is_demonstration)


@bp.route("/demandes/nouvelle", methods=["GET", "POST"])
def new_request() -> ResponseReturnValue:
    """Ask for more booklets."""
    check(Right.REQUEST_BOOKLETS)
    page = in_transaction(_new_request_page)
    form = page.form
    if request.method == "POST":

        def act(session: Session) -> BookletRequest:
            programme_id = form.uuid("dispositif", "Choisissez le dispositif.")
            public = form.choice("public", Public, "Choisissez le public attendu.")
            tens, fives = (
                form.integer(name, f"Carnets de {size} : écrivez un nombre entier, ou rien.")
                if form.text(name)
                else 0
                for name, size in (("tens_count", 10), ("fives_count", 5))
            )
            form.note(booklet_requests.what_is_wrong((tens, fives), form.text("reason")))
            form.check()
            return booklet_requests.request_booklets(
                session,
                actor=current_actor(),
                request_id=form.id,
                programme_id=programme_id,
                public=public,
                tens_count=tens,
                fives_count=fives,
                reason=form.text("reason"),
                now=started_at(),
            )

        if (made := form.submit(act)) is not None:
            return done(
                url_for(".booklet_request", request_id=made.id),
                f"La demande {made.number} est envoyée. La coordination y répond par "
                "une dotation, ou dit pourquoi non.",
            )
    return render_template("custody/new_request.html", page=page), form.status


def _new_request_page(session: Session) -> NewRequestPage:
    known, actor = programme_choices(session), current_actor()
    return NewRequestPage(
        form=Form.sent() if request.method == "POST" else Form.blank(dispositif=only(known)),
        programmes=known,
        publics=tuple(Choice(str(public), FRENCH_PUBLIC[public]) for public in Public),
        rates=tuple(
            holdings.rates(
                session, actor=actor, prescriber_id=actor.organisation_id, on=started_on()
            )
        ),
        unable=recalls.why_not(session, actor.organisation_id, on=started_on()),
    )


@bp.get("/demandes/<uuid:request_id>")
def booklet_request(request_id: UUID) -> ResponseReturnValue:
    """One request and its answer."""
    check(Right.SEE_ALLOCATIONS)
    page = in_transaction(lambda session: _request_page(session, request_id, Form.blank()))
    return render_template("custody/request.html", page=page)


@bp.post("/demandes/<uuid:request_id>/refus")
def decline(request_id: UUID) -> ResponseReturnValue:
    """Say no, and why."""
    check(Right.ALLOCATE)
    form = Form.sent()
    made = form.submit(
        lambda session: booklet_requests.decline_request(
            session,
            actor=current_actor(),
            answer_id=form.id,
            request_id=request_id,
            reason=form.text("reason"),
            now=started_at(),
        )
    )
    if made is not None:
        return done(
            url_for(".booklet_request", request_id=request_id),
            "La demande est refusée. Le prescripteur en lit la raison ici.",
        )
    page = in_transaction(lambda session: _request_page(session, request_id, form))
    return render_template("custody/request.html", page=page), form.status


def _request_page(session: Session, request_id: UUID, form: Form) -> RequestPage:
    actor = current_actor()
    row = booklet_requests.known_request(session, actor=actor, request_id=request_id)
    asked = requests_shown(session, [row])[0]
    tone, label = REQUEST_STATES[asked["state"]]
    made = queries.consignment(session, asked["allocation_id"]) if asked["allocation_id"] else None
    return RequestPage(
        form=form,
        asked=asked,
        prescriber=partners.organisation_names(session, [row.prescriber_id])[row.prescriber_id],
        public=FRENCH_PUBLIC[Public(row.public)],
        wanted=wanted(row),
        requested_by=agent_name(session, row.requested_by),
        answered_by=agent_name(session, asked["answered_by"]) if asked["answered_by"] else "",
        tone=tone,
        label=label,
        rates=tuple(
            holdings.rates(session, actor=actor, prescriber_id=row.prescriber_id, on=started_on())
        ),
        allocation_number=made.number if made else "",
        may_answer=asked["state"] is RequestState.PENDING and may(Right.ALLOCATE),
    )
