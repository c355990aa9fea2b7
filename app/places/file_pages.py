"""A national file of places on pages: sent, read row by row, what is new or differs accepted."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.text import read_number
from app.partners.rules import FRENCH_KIND, OrganisationKind
from app.places import background, queries, service
from app.places.models import PlacesFile, PlaceTaking
from app.places.rules import CHOSEN_KINDS
from app.places.service import FRENCH_FATE, Fate, Judged
from app.web.auth import check, current_actor, started_at
from app.web.format import count
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction
from app.works.models import Work
from app.works.pages import followed
from app.works.rules import WorkKind
from app.works.service import ask

bp = Blueprint("place_files", __name__)

FILES = 20
KINDS = tuple(Choice(str(kind), FRENCH_KIND[kind]) for kind in CHOSEN_KINDS)
TONES = {
    Fate.NEW: "go",
    Fate.DIFFERENT: "warn",
    Fate.SAME: "",
    Fate.TAKEN: "ok",
    Fate.WRONG: "bad",
}


@dataclass(frozen=True, slots=True)
class FilesPage:
    """The files that were read, and the form that sends one more."""

    form: Form
    files: tuple[PlacesFile, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one fate."""

    fate: Fate
    title: str
    tone: str
    rows: tuple[Judged, ...]

    @property
    def to_take(self) -> bool:
        """Whether its rows can be ticked."""
        return self.fate in {Fate.NEW, Fate.DIFFERENT}


@dataclass(frozen=True, slots=True)
class FilePage:
    """One file against the directory as it is now."""

    file: PlacesFile
    form: Form
    parts: tuple[Part, ...]
    kinds: tuple[Choice, ...] = KINDS

    @property
    def to_take_count(self) -> int:
        """Rows that can be taken."""
        return sum(len(part.rows) for part in self.parts if part.to_take)


@bp.route("/lieux/fichiers", methods=["GET", "POST"])
def files() -> ResponseReturnValue:
    """Send a file; nothing of it enters the directory before somebody accepts it."""
    check(Right.MANAGE_PARTNERS)
    if request.method == "GET":
        return _show_files(Form.blank())
    form = Form.sent()
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        form.wrong("file", "Choisissez le fichier CSV ou JSON des lieux.")
    content = sent.read() if sent is not None else b""
    record = form.submit(lambda session: _read(session, form, content))
    if record is None:
        return _show_files(form)
    again = record.id != form.id
    said = (
        "Ce fichier est déjà lu : rien n’a changé."
        if again
        else f"Le fichier est lu : {count(record.row_count)} lignes. Cochez ce que l’annuaire "
        "reprend."
    )
    return done(url_for(".file", file_id=record.id), said)


def _read(session: Session, form: Form, content: bytes) -> PlacesFile:
    form.check()
    return service.read_places(
        session, actor=current_actor(), file_id=form.id, content=content, now=started_at()
    )


def _show_files(form: Form) -> ResponseReturnValue:
    found = in_transaction(lambda session: tuple(queries.latest_files(session, limit=FILES)))
    return render_template("places/files.html", page=FilesPage(form, found)), form.status


@bp.route("/lieux/fichiers/<uuid:file_id>", methods=["GET", "POST"])
def file(file_id: UUID) -> ResponseReturnValue:
    """The rows of a file with their fate; those that are ticked are taken."""
    check(Right.MANAGE_PARTNERS)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        taken = form.submit(lambda session: _take(session, form, file_id))
        if isinstance(taken, Work):
            return followed(taken)
        if taken is not None:
            return done(url_for(".file", file_id=file_id), background.said(len(taken)))
    return (
        render_template(
            "places/file.html",
            page=in_transaction(lambda session: _file_page(session, file_id, form)),
        ),
        form.status,
    )


def _take(session: Session, form: Form, file_id: UUID) -> list[PlaceTaking] | Work:
    lines: dict[int, OrganisationKind | None] = {}
    kinds = {choice.value for choice in KINDS}
    for typed in form.texts("lines"):
        line = read_number(typed)
        if line is None:
            form.wrong("lines", "Rechargez la page, puis cochez de nouveau.")
            continue
        chosen = form.text(f"kind_{typed}")
        lines[line] = OrganisationKind(chosen) if chosen in kinds else None
    form.check()
    if len(lines) > background.AT_ONCE:
        service.known_places_file(session, actor=current_actor(), file_id=file_id)
        return ask(
            session,
            actor=current_actor(),
            work_id=form.id,
            kind=WorkKind.PLACES,
            asked=background.asked_of(file_id, len(lines)),
            content=background.packed(lines),
            secret_key=current_settings().secret_key,
            now=started_at(),
        )
    return service.take_rows(
        session,
        actor=current_actor(),
        request_id=form.id,
        file_id=file_id,
        lines=lines,
        now=started_at(),
    )


def _file_page(session: Session, file_id: UUID, form: Form) -> FilePage:
    record = service.known_places_file(session, actor=current_actor(), file_id=file_id)
    judged = service.judged(session, record)
    counted = Counter(one.fate for one in judged)
    return FilePage(
        record,
        form,
        tuple(
            Part(fate, FRENCH_FATE[fate], TONES[fate], tuple(r for r in judged if r.fate is fate))
            for fate in Fate
            if counted[fate]
        ),
    )
