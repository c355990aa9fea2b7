"""Destructions on pages: prepared by one, counted and approved by another, signed by two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.losses import queries, write_offs
from app.losses.errors import UnknownWriteOff
from app.losses.forms import LINES
from app.losses.models import WriteOff
from app.losses.naming import read_lines
from app.losses.papers import Destruction, destruction_report
from app.losses.rules import FRENCH_WRITE_OFF, WriteOffKind, WriteOffState
from app.losses.views import destruction_of
from app.papers.sheets import Kind
from app.printing.queries import batch_by_number
from app.programmes.queries import is_demonstration
from app.web.auth import check, current_actor, may, started_at
from app.web.downloads import PDF, download
from app.web.forms import Form, done
from app.web.lists import WAITING_FIRST, Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("write_off_pages", __name__)

KINDS = tuple(Choice(str(kind), words) for kind, words in FRENCH_WRITE_OFF.items())
STATES = {
    WriteOffState.WAITING: ("warn", "à approuver"),
    WriteOffState.APPROVED: ("ok", "approuvé"),
    WriteOffState.ABANDONED: ("", "abandonné"),
}
STATE_CHOICES = tuple(
    Choice(str(state), label.capitalize()) for state, (_, label) in STATES.items()
)


@dataclass(frozen=True, slots=True)
class WriteOffLine:
    """A destruction in the list."""

    number: str
    prepared_at: datetime
    kind: str
    reason: str
    tone: str
    state: str


@dataclass(frozen=True, slots=True)
class WriteOffsPage:
    """The destructions, those that wait first."""

    list: Listed[WriteOffLine]
    kinds: tuple[Choice, ...]
    states: tuple[Choice, ...]
    may_prepare: bool


def _found(session: Session, form: Form, place: Place) -> list[WriteOff]:
    return queries.latest_write_offs(
        session,
        place,
        state=form.among("etat", {str(state): state for state in WriteOffState}),
        kind=form.among("quoi", {str(kind): kind for kind in WriteOffKind}),
    )


def _lines(session: Session, found: Sequence[WriteOff]) -> list[WriteOffLine]:
    states = queries.write_off_states(session, [record.id for record in found])
    return [
        WriteOffLine(
            record.number,
            record.prepared_at,
            FRENCH_WRITE_OFF[WriteOffKind(record.kind)],
            record.reason,
            *STATES[states[record.id]],
        )
        for record in found
    ]


WRITE_OFFS = Listing(
    "write_off_pages.listed",
    name="destructions",
    title="Destructions",
    columns=(
        Column[WriteOffLine]("Procès-verbal", lambda line: line.number, width=16),
        Column("Préparé", lambda line: line.prepared_at, Kind.MOMENT, "prepare"),
        Column("Quoi", lambda line: line.kind, width=24),
        Column("Motif", lambda line: line.reason, width=40),
        Column("État", lambda line: line.state, sort="attente", ways=WAITING_FIRST),
    ),
    filters=("etat", "quoi"),
    found=_found,
    told=_lines,
    first="-attente",
    lines=LINES,
)


@bp.get("/destructions")
def listed() -> ResponseReturnValue:
    """Destructions by procès-verbal."""
    check(Right.SEE_LEDGER)
    page = in_transaction(
        lambda session: WriteOffsPage(
            WRITE_OFFS.page(session), KINDS, STATE_CHOICES, may(Right.PREPARE_WRITE_OFF)
        )
    )
    return render_template("losses/write_offs.html", page=page)


@bp.get("/destructions.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The destructions of the address, all of them."""
    check(Right.SEE_LEDGER)
    return WRITE_OFFS.file(ending, is_demonstration)


@bp.route("/destructions/nouvelle", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Prepare a destruction; another person counts and approves."""
    check(Right.PREPARE_WRITE_OFF)
    form = (
        Form.sent() if request.method == "POST" else Form.blank(passes=request.args.get("pass", ""))
    )
    if request.method == "POST":
        record = form.submit(lambda session: _prepare(session, form))
        if record is not None:
            return done(
                url_for(".shown", number=record.number),
                f"Le procès-verbal {record.number} est préparé. Une autre personne compte les "
                "pass, puis l’approuve.",
            )
    return render_template("losses/new_write_off.html", page=form), form.status


def _prepare(session: Session, form: Form) -> WriteOff:
    if not form.text("passes"):
        form.wrong("passes", "Écrivez au moins un numéro de pass ou de carnet.")
    typed = form.text("batch")
    batch = batch_by_number(session, typed.upper()) if typed else None
    if typed and batch is None:
        form.wrong("batch", "Aucune impression ne porte ce numéro : relisez-le.")
    form.check()
    return write_offs.prepare_write_off(
        session,
        actor=current_actor(),
        write_off_id=form.id,
        named=read_lines(form.text("passes")),
        reason=form.text("reason"),
        print_batch_id=batch.id if batch else None,
        now=started_at(),
    )


@dataclass(frozen=True, slots=True)
class WriteOffPage:
    """One destruction: what it destroys, and what comes next."""

    destruction: Destruction
    form: Form
    approved_at: datetime | None
    obstacle: str
    """A pass that moved since: it can no longer be approved."""
    is_mine: bool
    may_approve: bool
    may_abandon: bool


def _known_write_off(session: Session, number: str) -> WriteOff:
    found = queries.write_off_by_number(session, number)
    if found is None:
        raise UnknownWriteOff
    return write_offs.known_write_off(session, actor=current_actor(), write_off_id=found.id)


@bp.route("/destructions/<number>", methods=["GET", "POST"])
def shown(number: str) -> ResponseReturnValue:
    """A destruction; another person approves it here."""
    check(Right.SEE_LEDGER)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        check(Right.APPROVE_WRITE_OFF)
        if form.submit(lambda session: _approve(session, form, number)):
            return done(
                url_for(".shown", number=number),
                "La destruction est approuvée. Imprimez le procès-verbal et signez-le à deux.",
            )

    def work(session: Session) -> WriteOffPage:
        record = _known_write_off(session, number)
        approval = queries.approval_of(session, record.id)
        over = approval or queries.abandonment_of(session, record.id)
        obstacle = None if over else write_offs.obstacle(session, record)
        return WriteOffPage(
            destruction_of(session, record),
            form,
            approval.approved_at if approval else None,
            obstacle or "",
            record.prepared_by == current_actor().agent_id,
            may(Right.APPROVE_WRITE_OFF),
            over is None and may(Right.PREPARE_WRITE_OFF),
        )

    return render_template("losses/write_off.html", page=in_transaction(work)), form.status


def _approve(session: Session, form: Form, number: str) -> object:
    counted = form.integer("voucher_count", "Écrivez le nombre de pass que vous avez compté.")
    if not form.checked("destroyed"):
        form.wrong("destroyed", "Comptez, voyez détruire, puis cochez cette case.")
    form.check()
    return write_offs.approve_write_off(
        session,
        actor=current_actor(),
        write_off_id=_known_write_off(session, number).id,
        voucher_count=counted,
        now=started_at(),
    )


@bp.route("/destructions/<number>/abandon", methods=["GET", "POST"])
def abandon(number: str) -> ResponseReturnValue:
    """Give a destruction up, with a reason: its passes are free for another."""
    check(Right.PREPARE_WRITE_OFF)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        made = form.submit(
            lambda session: write_offs.abandon_write_off(
                session,
                actor=current_actor(),
                abandonment_id=form.id,
                write_off_id=_known_write_off(session, number).id,
                reason=form.text("reason"),
                now=started_at(),
            )
        )
        if made is not None:
            return done(
                url_for(".shown", number=number),
                f"Le procès-verbal {number} est abandonné : rien n’est annulé, et ses pass "
                "peuvent entrer dans un autre.",
            )
    record = in_transaction(
        lambda session: destruction_of(session, _known_write_off(session, number))
    )
    return render_template("losses/abandon_write_off.html", page=record, form=form), form.status


@bp.get("/destructions/<number>/proces-verbal.pdf")
def paper(number: str) -> Response:
    """The procès-verbal, to be signed by two."""
    check(Right.SEE_LEDGER)

    def work(session: Session) -> tuple[Destruction, bool]:
        return (
            destruction_of(session, _known_write_off(session, number)),
            is_demonstration(session),
        )

    data, specimen = in_transaction(work)
    return download(destruction_report(data, specimen=specimen), f"{data.number}.pdf", PDF)
