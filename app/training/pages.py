"""What only a training has: how far one is, paper to scan, and what it would have meant."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from flask import Blueprint, abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.identity.errors import RightMissing
from app.identity.rules import FRENCH_ROLE, Role
from app.kernel import codes
from app.kernel.money import NO_BREAK
from app.papers import qr
from app.programmes.rules import FRENCH_ONE_OF
from app.training.copies import is_full
from app.training.errors import ClosedInTraining, OtherRoleInTraining, TrainingFull
from app.training.mount import current_visit, keep_copy, to_door
from app.training.practice import (
    Invented,
    Progress,
    began_as,
    begin_as,
    invented_people,
    paper,
    printed,
    progress,
)
from app.training.rules import Back
from app.web import problems
from app.web.auth import (
    browser_of_request,
    current_agent,
    is_signed_in,
    recognise,
    started_at,
    started_on,
)
from app.web.downloads import PDF, download
from app.web.forms import done
from app.web.pages import Practice
from app.web.transaction import close_session, current_settings, in_transaction

bp = Blueprint("training_pages", __name__)

SIGNS_OUT: Final = "identity_pages.sign_out"
LEADS_OUT: Final = frozenset(
    {"identity_pages", "gate_pages", "second_factor", "provider_pages", "training_door", "health"}
)
"""Parts about signing in, or about this installation: whoever asks for one is led to the door."""
CLOSED: Final = frozenset(
    {"accounts_pages", "journal_pages", "factor_pages", "connection_pages", "devices_pages"}
)
"""Parts about accounts and devices: nobody practises with one of their own, and a square of a
training would send a telephone to the real site."""
SHOWN_PASSES: Final = 4
OTHER: Final = {Role.PRESCRIBER: Role.MEDIATOR, Role.MEDIATOR: Role.PRESCRIBER}

STEPS: Final = {1: "remettre un carnet", 2: "encaisser un pass", 3: "lire le bilan"}
TYPE_PERSON: Final = frozenset({"handover_steps.person", "handover_steps.send_person"})
TYPE_BOOKLET: Final = "handover_steps.booklet"
TYPE_PASS: Final = "counter_pages.take"  # noqa: S105 - a page
"""Pages on which something invented is typed: there it is said what."""


def come_in() -> Response | None:
    """Before anything else: this request works in its copy, and on pages that practising needs."""
    visit = current_visit()
    g.database = visit.database
    if request.endpoint == SIGNS_OUT or request.endpoint is None:
        return None
    if request.blueprint in LEADS_OUT:
        return to_door(visit.door)
    if request.blueprint in CLOSED:
        recognise()
        raise ClosedInTraining
    return None


def refused(error: RightMissing) -> Response:
    """Whoever went over to the other side of the counter is told so, and not to ask anybody."""
    del error
    return problems.refused(OtherRoleInTraining())


def no_room(error: DBAPIError) -> Response:
    """A copy that is full is no fault of ours, and does not pass by waiting."""
    return problems.refused(TrainingFull()) if is_full(error) else problems.crashed(error)


def practice(session: Session) -> Practice:
    """What the top of each page says to whoever practises."""
    outside = f"{current_visit().outside}/"
    if not is_signed_in():
        return Practice(outside=outside)
    step = progress(session, current_agent()).step
    return Practice(outside, step, STEPS[step], tuple(hints(session)))


def hints(session: Session) -> Iterator[str]:
    """What may be typed on the page that is asked for."""
    if request.endpoint in TYPE_PERSON:
        for one in invented_people(started_on()):
            yield (
                f"{one.first_name} {one.surname}, {one.birth_year}, {one.commune}, "
                f"{FRENCH_ONE_OF[one.public]}"
            )
    elif request.endpoint == TYPE_BOOKLET:
        for cover in paper(session).covers:
            yield f"{_held(cover.number)}, carnet de {cover.size}"
    elif request.endpoint == TYPE_PASS:
        for held in paper(session).passes[:SHOWN_PASSES]:
            yield f"{_held(codes.written(held.code))}, pass {_held(held.serial)}"


def _held(written: object) -> str:
    """A number or a code in one piece."""
    return str(written).replace(" ", NO_BREAK)


@dataclass(frozen=True, slots=True)
class PathPage:
    """How far the reader is, and whom they may type."""

    done: Progress
    people: tuple[tuple[Invented, str], ...]
    """Each with the name of their public."""


@bp.get("/parcours")
def path() -> ResponseReturnValue:
    """The three steps, and what to type in them."""
    today = started_on()
    found = in_transaction(lambda session: progress(session, current_agent()))
    people = tuple((one, FRENCH_ONE_OF[one.public]) for one in invented_people(today))
    return render_template("training/path.html", page=PathPage(found, people))


@dataclass(frozen=True, slots=True)
class Square:
    """Something to scan or to type: its number, what is said of it, its code, its drawing."""

    number: str
    said: str
    code: str
    side: int
    drawn: str
    printed: int = 0
    """The number of the booklet that can be printed."""


@dataclass(frozen=True, slots=True)
class PaperPage:
    """What to hold before the camera."""

    covers: tuple[Square, ...]
    passes: tuple[Square, ...]


@bp.get("/carnets-d-entrainement")
def show_paper() -> ResponseReturnValue:
    """Covers and passes, to scan from another screen or to print."""
    found = in_transaction(paper)
    address = current_settings().public_url.rstrip("/").upper()

    def square(number: object, said: str, way: str, code: codes.VoucherCode) -> Square:
        side, drawn = qr.on_screen(f"{address}/{way}/{code}")
        return Square(str(number), said, codes.written(code), side, drawn)

    return render_template(
        "training/paper.html",
        page=PaperPage(
            tuple(
                replace(
                    square(one.number, f"carnet de {one.size} pass", "C", one.code),
                    printed=one.number.number,
                )
                for one in found.covers
            ),
            tuple(
                square(
                    one.serial,
                    "du carnet que vous avez remis" if one.from_own else "d’un autre carnet remis",
                    "P",
                    one.code,
                )
                for one in found.passes[:SHOWN_PASSES]
            ),
        ),
    )


@bp.get("/carnets-d-entrainement/<int:number>.pdf")
def paper_pdf(number: int) -> ResponseReturnValue:
    """A whole booklet on paper, SPÉCIMEN across each leaf."""
    settings, on = current_settings(), started_on()
    content = in_transaction(
        lambda session: printed(
            session, number, address=settings.public_url, help_line=settings.help_line, on=on
        )
    )
    if content is None:
        abort(HTTPStatus.NOT_FOUND)
    return download(content, f"carnet-d-entrainement-{number}.pdf", PDF)


@bp.get("/bilan")
def meaning() -> ResponseReturnValue:
    """What the same acts would have done for real."""
    found = in_transaction(lambda session: progress(session, current_agent()))
    return render_template("training/meaning.html", page=found)


@bp.post("/role")
def change_role() -> ResponseReturnValue:
    """Go on in the same copy on the other side of the counter."""
    role = OTHER[Role(current_agent().role)]
    secret = in_transaction(
        lambda session: begin_as(session, role=role, browser=browser_of_request(), now=started_at())
    )
    response = done(
        url_for("training_pages.path"),
        f"Vous continuez comme {FRENCH_ROLE[role].lower()} : même histoire, autre côté du guichet.",
    )
    visit = current_visit()
    keep_copy(response, name=visit.name, secret=secret, outside=visit.outside)
    return response


@bp.post("/recommencer")
def begin_again() -> ResponseReturnValue:
    """Throw the copy away and take a new one."""
    visit, role = current_visit(), in_transaction(began_as) or Role(current_agent().role)
    browser, now = browser_of_request(), started_at()
    close_session()
    name = visit.copies.begin(visit.who, now=now)
    database = visit.copies.database(name)
    if database is None:
        return to_door(visit.door, Back.GONE)
    with database.transaction() as session:
        secret = begin_as(session, role=role, browser=browser, now=now)
    response = done(
        url_for("training_pages.path"), "Tout est remis à zéro. Vous repartez du début."
    )
    keep_copy(response, name=name, secret=secret, outside=visit.outside)
    return response
