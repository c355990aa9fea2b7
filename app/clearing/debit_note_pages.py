"""Debit notes as pages: what a mediator is asked for, when no statement will recover it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import correction_queries, debit_notes, documents, files
from app.clearing.correction_models import DebitNote
from app.clearing.correction_pages import NoteProspect, Owing, note_prospect, owing_now
from app.clearing.rules import PaperRecovery
from app.database.lists import Place
from app.identity.naming import named_to
from app.identity.rules import Right
from app.kernel.money import Cents
from app.papers.sheets import Kind
from app.partners import queries as partners
from app.programmes.queries import is_demonstration
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.format import euros
from app.web.forms import Form, done
from app.web.lists import WAITING_FIRST, Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("debit_note_pages", __name__)

STATES = {"a-encaisser": False, "encaisses": True}
STATE_CHOICES = (Choice("a-encaisser", "À encaisser"), Choice("encaisses", "Encaissés"))


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A debit note in a list."""

    id: UUID
    number: str
    mediator: str
    issued_on: date
    amount_cents: Cents
    collected_on: date | None


def note_rows(session: Session, notes: Sequence[DebitNote]) -> tuple[NoteRow, ...]:
    """Debit notes as a page tells them."""
    names = partners.organisation_names(session, [note.mediator_id for note in notes])
    collected = correction_queries.collections_of(session, [note.id for note in notes])
    return tuple(
        NoteRow(
            note.id,
            debit_notes.note_number(note),
            names[note.mediator_id],
            note.issued_on,
            Cents(note.amount_cents),
            collected[note.id].collected_on if note.id in collected else None,
        )
        for note in notes
    )


@dataclass(frozen=True, slots=True)
class NotesPage:
    """Debit notes, those to collect first."""

    list: Listed[NoteRow]
    states: tuple[Choice, ...]
    own: bool


def _found(session: Session, form: Form, place: Place) -> list[DebitNote]:
    return correction_queries.latest_debit_notes(
        session,
        place,
        mediator_id=current_actor().scope,
        collected=form.among("etat", STATES),
    )


DEBIT_NOTES = Listing(
    "debit_note_pages.listed",
    name="titres-de-recette",
    title="Titres de recette",
    columns=(
        Column[NoteRow]("Titre", lambda row: row.number, width=16),
        Column("Médiateur", lambda row: row.mediator, width=36),
        Column("Émis le", lambda row: row.issued_on, Kind.DAY, "emis"),
        Column("Somme (€)", lambda row: row.amount_cents, Kind.EUROS, "somme"),
        Column(
            "État",
            lambda row: "Encaissé" if row.collected_on else "À encaisser",
            sort="attente",
            ways=WAITING_FIRST,
        ),
        Column("Encaissé le", lambda row: row.collected_on, Kind.DAY, shown=False),
    ),
    filters=("etat",),
    found=_found,
    told=note_rows,
    first="-attente",
)


@bp.get("/corrections/titres")
def listed() -> ResponseReturnValue:
    """Debit notes; a mediator's own."""
    check(Right.SEE_STATEMENTS)
    page = in_transaction(
        lambda session: NotesPage(
            DEBIT_NOTES.page(session), STATE_CHOICES, current_actor().scope is not None
        )
    )
    return render_template("clearing/debit_notes.html", page=page)


@bp.get("/corrections/titres.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The debit notes of the address, all of them."""
    check(Right.SEE_STATEMENTS)
    return DEBIT_NOTES.file(ending, is_demonstration)


@bp.route(
    "/corrections/titres/<uuid:programme_id>/<uuid:mediator_id>/nouveau", methods=["GET", "POST"]
)
def issue(programme_id: UUID, mediator_id: UUID) -> ResponseReturnValue:
    """Ask a mediator for what it owes back; the page asks before."""
    check(Right.ISSUE_DEBIT_NOTE)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        made = form.submit(
            lambda session: debit_notes.issue_debit_note(
                session,
                actor=current_actor(),
                debit_note_id=form.id,
                mediator_id=mediator_id,
                programme_id=programme_id,
                now=started_at(),
            )
        )
        if made is not None:
            return done(
                url_for(".shown", debit_note_id=made.id),
                f"Le titre de {euros(made.amount_cents)} est émis. Imprimez-le pour le médiateur ; "
                "une autre personne enregistre son encaissement.",
            )
    page = in_transaction(lambda session: _to_issue(session, mediator_id, programme_id))
    if page.owed is None and request.method == "GET":
        if page.issued is None:
            abort(404)
        return redirect(url_for(".shown", debit_note_id=page.issued.id))
    return render_template("clearing/new_debit_note.html", page=page, form=form), form.status


@dataclass(frozen=True, slots=True)
class ToIssue:
    """What a mediator owes back in a programme, whether a note may ask for it, and which does."""

    owed: Owing | None
    prospect: NoteProspect | None
    issued: NoteRow | None
    """Asks for what nothing owes any more, and is not paid yet: somebody was quicker."""


def _to_issue(session: Session, mediator_id: UUID, programme_id: UUID) -> ToIssue:
    pair = mediator_id, programme_id
    found = [one for one in owing_now(session) if (one.mediator_id, one.programme_id) == pair]
    note = None if found else correction_queries.uncollected_note(session, *pair)
    return ToIssue(
        found[0] if found else None,
        note_prospect(session, *pair),
        note_rows(session, [note])[0] if note else None,
    )


@dataclass(frozen=True, slots=True)
class NotePage:
    """A debit note, its passes, and whether it is paid."""

    row: NoteRow
    lines: tuple[PaperRecovery, ...]
    may_collect: bool
    own: bool
    """It is asked of the reader's organisation."""
    paid_to: tuple[str, ...]
    issued_by: str
    collected_by: str
    """Who issued it and who recorded its collection, as the reader is told."""


def show_note(debit_note_id: UUID, form: Form) -> ResponseReturnValue:
    """The page of a debit note, with its form as it was typed."""

    def read(session: Session) -> NotePage:
        found = debit_notes.known_debit_note(
            session, actor=current_actor(), debit_note_id=debit_note_id
        )
        lines = documents.debit_note_paper(session, found).recoveries
        [row] = note_rows(session, [found])
        payee = debit_notes.paid_to(found)
        collection = correction_queries.collection_of(session, debit_note_id)
        recorded_by = collection.recorded_by if collection else None
        named = named_to(session, current_actor(), [found.issued_by, recorded_by])
        return NotePage(
            row,
            lines,
            may(Right.RECORD_PAYMENT) and row.collected_on is None,
            current_actor().scope is not None,
            payee.lines if payee else (),
            named(found.issued_by),
            named(recorded_by),
        )

    return render_template(
        "clearing/debit_note.html", page=in_transaction(read), form=form
    ), form.status


@bp.get("/corrections/titres/<uuid:debit_note_id>")
def shown(debit_note_id: UUID) -> ResponseReturnValue:
    """One debit note."""
    check(Right.SEE_STATEMENTS)
    return show_note(debit_note_id, Form.blank(collected_on=started_on().isoformat()))


@bp.get("/corrections/titres/<uuid:debit_note_id>/titre.pdf")
def paper(debit_note_id: UUID) -> ResponseReturnValue:
    """The paper."""
    check(Right.SEE_STATEMENTS)
    return files.debit_note_file(debit_note_id)


@bp.post("/corrections/titres/<uuid:debit_note_id>/encaisser")
def collect(debit_note_id: UUID) -> ResponseReturnValue:
    """The mediator paid a debit note."""
    check(Right.RECORD_PAYMENT)
    form = Form.sent()

    def work(session: Session) -> object:
        collected_on = form.day("collected_on")
        form.check()
        return debit_notes.collect_debit_note(
            session,
            actor=current_actor(),
            collection_id=form.id,
            debit_note_id=debit_note_id,
            collected_on=collected_on,
            now=started_at(),
        )

    if form.submit(work) is None:
        return show_note(debit_note_id, form)
    return done(
        url_for(".shown", debit_note_id=debit_note_id),
        "L’encaissement du titre est enregistré. Il n’y a plus rien à faire.",
    )
