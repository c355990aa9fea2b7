"""Corrections as pages: passes taken back once paid, what is owed for them, debit notes."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import (
    clawbacks,
    correction_queries,
    debit_notes,
    documents,
    files,
    queries,
    redemptions,
    session_queries,
)
from app.clearing.correction_models import DebitNote
from app.clearing.correction_queries import Correction, MediatorAccount
from app.clearing.correction_views import OWED, RECOVERED, SET_ASIDE, WAITING, state_of
from app.clearing.receipts import serial_in
from app.clearing.rules import PaperRecovery
from app.identity.rules import RIGHTS, Right
from app.kernel.clock import martinique_day
from app.kernel.money import Cents
from app.partners import queries as partners
from app.programmes import numbering
from app.programmes import queries as programmes
from app.web.auth import check, current_actor, started_at
from app.web.format import euros
from app.web.forms import Form, done
from app.web.transaction import in_transaction

bp = Blueprint("correction_pages", __name__)

SHOWN = 100
STATES = {
    WAITING: ("warn", "À approuver"),
    SET_ASIDE: ("", "Écartée"),
    OWED: ("bad", "À compenser"),
    RECOVERED: ("ok", "Compensée"),
}


def may(right: Right) -> bool:
    """Whether whoever looks may do that."""
    return right in RIGHTS[current_actor().role]


@dataclass(frozen=True, slots=True)
class ClawbackRow:
    """A clawback in a list, and what its page says of it."""

    id: UUID
    redemption_id: UUID
    serial: str
    mediator: str
    reason: str
    tone: str
    state: str
    waits: bool
    own: bool
    """The reader has prepared it: another person approves."""
    prepared_at: datetime
    net_cents: Cents | None
    recovered_by: str
    set_aside_because: str


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A debit note in a list."""

    id: UUID
    number: str
    mediator: str
    issued_on: date
    amount_cents: Cents
    collected_on: date | None


@dataclass(frozen=True, slots=True)
class Owing:
    """Who owes something back that nothing has recovered."""

    mediator_id: UUID
    mediator: str
    programme_id: UUID
    programme: str
    voucher_count: int
    net_cents: Cents


@dataclass(frozen=True, slots=True)
class CorrectionsPage:
    """Clawbacks, those that wait first; who owes what; debit notes."""

    rows: tuple[ClawbackRow, ...]
    owing: tuple[Owing, ...]
    notes: tuple[NoteRow, ...]
    own: bool
    account: MediatorAccount | None
    may_issue: bool


def clawback_rows(session: Session, corrections: list[Correction]) -> tuple[ClawbackRow, ...]:
    """Clawbacks as a page tells them."""
    serials = session_queries.serials_of(
        session, [one.clawback.redemption_id for one in corrections]
    )
    names = partners.organisation_names(session, [one.clawback.mediator_id for one in corrections])
    return tuple(
        ClawbackRow(
            one.id,
            one.clawback.redemption_id,
            serials[one.clawback.redemption_id],
            names[one.clawback.mediator_id],
            one.clawback.reason,
            *STATES[state_of(one)],
            one.decision is None,
            one.clawback.prepared_by == current_actor().agent_id,
            one.clawback.prepared_at,
            Cents(one.receivable.net_cents) if one.receivable else None,
            recovered_by(session, one),
            (one.decision.reason or "") if one.decision else "",
        )
        for one in corrections
    )


def recovered_by(session: Session, one: Correction) -> str:
    """The paper that recovers what is owed back."""
    if one.recovery is None:
        return ""
    if one.recovery.statement_id is not None:
        approval = queries.approval_of(session, one.recovery.statement_id)
        return (
            numbering.written(numbering.STATEMENT, approval.year, approval.number)
            if approval
            else ""
        )
    note = correction_queries.debit_note(session, one.recovery.debit_note_id or UUID(int=0))
    return numbering.written(numbering.DEBIT_NOTE, note.year, note.number) if note else ""


def note_rows(session: Session, notes: list[DebitNote]) -> tuple[NoteRow, ...]:
    """Debit notes as a page tells them."""
    names = partners.organisation_names(session, [note.mediator_id for note in notes])
    collected = correction_queries.collections_of(session, [note.id for note in notes])
    return tuple(
        NoteRow(
            note.id,
            numbering.written(numbering.DEBIT_NOTE, note.year, note.number),
            names[note.mediator_id],
            note.issued_on,
            Cents(note.amount_cents),
            collected[note.id].collected_on if note.id in collected else None,
        )
        for note in notes
    )


@bp.get("/corrections")
def listed() -> ResponseReturnValue:
    """What was taken back, what is owed for it, and what was asked for."""
    check(Right.SEE_STATEMENTS)
    scope = current_actor().scope

    def read(session: Session) -> CorrectionsPage:
        found = correction_queries.latest_corrections(session, mediator_id=scope, limit=SHOWN)
        notes = correction_queries.latest_debit_notes(session, mediator_id=scope, limit=SHOWN)
        return CorrectionsPage(
            clawback_rows(session, found),
            () if scope else owing_now(session),
            note_rows(session, notes),
            scope is not None,
            correction_queries.account_of(session, scope) if scope else None,
            may(Right.ISSUE_DEBIT_NOTE),
        )

    return render_template("clearing/corrections.html", page=in_transaction(read))


def owing_now(session: Session) -> tuple[Owing, ...]:
    """Who owes something back today."""
    rows = correction_queries.owing(session, before=started_at())
    names = partners.organisation_names(session, [mediator for mediator, *_ in rows])
    known = {p.id: p.name for p in programmes.programmes_after(session, None, limit=SHOWN)}
    return tuple(
        Owing(mediator, names[mediator], programme, known.get(programme, ""), count, Cents(cents))
        for mediator, programme, count, cents in rows
    )


# ── One pass ──────────────────────────────────────────────────────────────────────────────────────


@bp.route("/encaissements/<uuid:redemption_id>/reprendre", methods=["GET", "POST"])
def prepare(redemption_id: UUID) -> ResponseReturnValue:
    """Say that a pass that was paid should not have been; another person approves."""
    check(Right.PREPARE_CLAWBACK)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        made = form.submit(
            lambda session: clawbacks.prepare_clawback(
                session,
                actor=current_actor(),
                clawback_id=form.id,
                redemption_id=redemption_id,
                reason=form.text("reason"),
                now=started_at(),
            )
        )
        if made is not None:
            return done(
                url_for(".shown", clawback_id=made.id),
                "La reprise est préparée. Une autre personne l’approuve maintenant.",
            )

    def read(session: Session) -> tuple[str, str, datetime, Cents]:
        found = redemptions.known_redemption(
            session, actor=current_actor(), redemption_id=redemption_id
        )
        name = partners.organisation_names(session, [found.mediator_id])[found.mediator_id]
        return serial_in(found.receipt), name, found.redeemed_at, Cents(found.amount_cents)

    return render_template(
        "clearing/take_back.html",
        pass_taken=in_transaction(read),
        redemption_id=redemption_id,
        form=form,
    ), form.status


def one_clawback(clawback_id: UUID) -> ClawbackRow:
    """One clawback, for those whose business it is."""

    def read(session: Session) -> ClawbackRow:
        clawbacks.known_clawback(session, actor=current_actor(), clawback_id=clawback_id)
        found = correction_queries.corrections_after(session, None, limit=1, ids=[clawback_id])
        return clawback_rows(session, found)[0]

    return in_transaction(read)


def show(clawback_id: UUID, form: Form) -> ResponseReturnValue:
    """The page of a clawback, with a form as it was typed."""
    return render_template(
        "clearing/clawback.html",
        page=one_clawback(clawback_id),
        form=form,
        may_approve=may(Right.APPROVE_CLAWBACK),
        may_set_aside=may(Right.PREPARE_CLAWBACK),
    ), form.status


@bp.get("/corrections/<uuid:clawback_id>")
def shown(clawback_id: UUID) -> ResponseReturnValue:
    """One clawback: why, what it waits for, and what has recovered it."""
    check(Right.SEE_STATEMENTS)
    return show(clawback_id, Form.blank())


@bp.post("/corrections/<uuid:clawback_id>/approuver")
def approve(clawback_id: UUID) -> ResponseReturnValue:
    """Take the pass back."""
    check(Right.APPROVE_CLAWBACK)
    form = Form.sent()
    made = form.submit(
        lambda session: clawbacks.approve_clawback(
            session, actor=current_actor(), clawback_id=clawback_id, now=started_at()
        )
    )
    if made is None:
        return show(clawback_id, form)
    return done(
        url_for(".shown", clawback_id=clawback_id),
        "La reprise est approuvée. Le prochain bordereau du médiateur la compense.",
    )


@bp.post("/corrections/<uuid:clawback_id>/ecarter")
def set_aside(clawback_id: UUID) -> ResponseReturnValue:
    """Leave the pass paid after all."""
    check(Right.PREPARE_CLAWBACK)
    form = Form.sent()
    made = form.submit(
        lambda session: clawbacks.set_aside_clawback(
            session,
            actor=current_actor(),
            clawback_id=clawback_id,
            reason=form.text("reason"),
            now=started_at(),
        )
    )
    if made is None:
        return show(clawback_id, form)
    return done(
        url_for(".listed"), "La reprise est écartée : le pass reste payé. Il n’y a rien à faire."
    )


# ── Debit notes ───────────────────────────────────────────────────────────────────────────────────


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
                url_for(".note", debit_note_id=made.id),
                f"Le titre de {euros(made.amount_cents)} est émis. Imprimez-le pour le médiateur ; "
                "une autre personne enregistre son encaissement.",
            )
    found = [
        one
        for one in in_transaction(owing_now)
        if (one.mediator_id, one.programme_id) == (mediator_id, programme_id)
    ]
    if not found and request.method == "GET":
        abort(404)
    owed = found[0] if found else None
    return render_template("clearing/new_debit_note.html", owed=owed, form=form), form.status


@dataclass(frozen=True, slots=True)
class NotePage:
    """A debit note, its passes, and whether it is paid."""

    row: NoteRow
    lines: tuple[PaperRecovery, ...]
    may_collect: bool


def show_note(debit_note_id: UUID, form: Form) -> ResponseReturnValue:
    """The page of a debit note, with its form as it was typed."""

    def read(session: Session) -> NotePage:
        found = debit_notes.known_debit_note(
            session, actor=current_actor(), debit_note_id=debit_note_id
        )
        lines = documents.debit_note_paper(session, found).recoveries
        [row] = note_rows(session, [found])
        return NotePage(row, lines, may(Right.RECORD_PAYMENT) and row.collected_on is None)

    return render_template(
        "clearing/debit_note.html", page=in_transaction(read), form=form
    ), form.status


@bp.get("/corrections/titres/<uuid:debit_note_id>")
def note(debit_note_id: UUID) -> ResponseReturnValue:
    """One debit note."""
    check(Right.SEE_STATEMENTS)
    return show_note(
        debit_note_id, Form.blank(collected_on=martinique_day(started_at()).isoformat())
    )


@bp.get("/corrections/titres/<uuid:debit_note_id>/titre.pdf")
def note_pdf(debit_note_id: UUID) -> ResponseReturnValue:
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
        url_for(".note", debit_note_id=debit_note_id),
        "L’encaissement du titre est enregistré. Il n’y a plus rien à faire.",
    )
