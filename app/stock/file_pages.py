"""A printer's file on pages: sent from an order, read row by row, its discrepancies sent back."""

from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.orders.models import BookletOrder
from app.orders.pages import named
from app.orders.queries import progress
from app.orders.rules import OrderState
from app.programmes.keys import KeyStore
from app.programmes.queries import is_demonstration
from app.programmes.service import known_vintage
from app.stock import background, queries, serial_files
from app.stock.errors import UnknownSerialFile
from app.stock.file_rules import (
    ADVICE,
    FRENCH_CODES_FROM,
    FRENCH_FAULT,
    MOST_ROWS,
    MOST_ROWS_OF_A_PAGE,
    CodesFrom,
    Fault,
)
from app.stock.models import SerialFile
from app.stock.papers import FileReport, ToldRow, discrepancy_report, discrepancy_sheet
from app.stock.views import file_report, rows_told, said_of_import
from app.web.auth import check, current_actor, may, started_at
from app.web.downloads import CSV, PDF, download
from app.web.forms import Form, done, number_asked
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction, in_transactions_of_its_own
from app.works.models import Work
from app.works.pages import followed
from app.works.rules import WorkKind
from app.works.service import ask

bp = Blueprint("file_pages", __name__)

LINES = 100
"""Rows put aside on one page."""


MODEL = "\ufeffnuméro de série;code du pass;code de couverture\r\n"


@dataclass(frozen=True, slots=True)
class FilesPage:
    """The files of an order, and the form that sends one more."""

    order_number: str
    vintage_label: str
    form: Form
    files: tuple[SerialFile, ...]
    makers: tuple[Choice, ...]
    expects: bool
    may_receive: bool


@dataclass(frozen=True, slots=True)
class FilePage:
    """One file: what arrived, what was put aside and why."""

    id: UUID
    report: FileReport
    rows: tuple[ToldRow, ...]
    chosen: str
    next: str

    @property
    def faults(self) -> dict[Fault, str]:
        """What reasons are called."""
        return FRENCH_FAULT

    @property
    def advice(self) -> dict[Fault, str]:
        """What to do about each."""
        return ADVICE


@bp.route("/commandes/<number>/fichiers", methods=["GET", "POST"])
def files(number: str) -> ResponseReturnValue:
    """Send a printer's file; what is right in it arrives."""
    check(Right.SEE_ORDERS)
    if request.method == "GET":
        return _show_files(number, Form.blank(codes_from=str(CodesFrom.PASSNUM)))
    check(Right.RECEIVE_DELIVERY)
    form = Form.sent()
    sent = form.submit(lambda session: _read(session, number, form))
    if sent is None:
        return _show_files(number, form)
    if len(sent.content) > background.AT_ONCE:
        return followed(in_transaction(lambda session: _ask(session, sent, form)))
    imported = form.submit_apart(lambda: _receive(sent, form))
    if imported is None:
        return _show_files(number, form)
    address = url_for(".file", number=number, file_id=imported.record.id)
    return done(address, said_of_import(imported))


@bp.get("/commandes/<number>/fichiers/modele.csv")
def model(number: str) -> ResponseReturnValue:
    """A file to start from: the heads that are read, in French."""
    check(Right.SEE_ORDERS)
    in_transaction(lambda session: named(session, number).id)
    return download(MODEL.encode(), "modele-de-fichier-d-imprimeur.csv", CSV)


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent, for that order."""

    order: BookletOrder
    content: bytes
    codes_from: CodesFrom


def _read(session: Session, number: str, form: Form) -> Sent:
    codes_from = form.choice("codes_from", CodesFrom, "Dites qui a fait les codes.")
    sent = request.files.get("file")
    content = sent.stream.read() if sent is not None else b""
    if sent is None or not sent.filename:
        form.wrong("file", "Choisissez le fichier de l’imprimeur.")
    form.check()
    return Sent(named(session, number), content, codes_from)


def _ask(session: Session, sent: Sent, form: Form) -> Work:
    return ask(
        session,
        actor=current_actor(),
        work_id=form.id,
        kind=WorkKind.SERIAL_FILE,
        asked=background.asked_of(sent.order, sent.codes_from, MOST_ROWS),
        content=sent.content,
        secret_key=current_settings().secret_key,
        now=started_at(),
    )


def _receive(sent: Sent, form: Form) -> serial_files.Imported:
    actor, now, keys = current_actor(), started_at(), KeyStore(current_settings().key_dir)
    asked = serial_files.Asked(
        sent.order.id, BytesIO(sent.content), sent.codes_from, MOST_ROWS_OF_A_PAGE
    )
    return in_transactions_of_its_own(
        lambda database: serial_files.import_serials(
            database, actor=actor, import_id=form.id, asked=asked, keys=keys, now=now
        )
    )


def _show_files(number: str, form: Form) -> ResponseReturnValue:
    def work(session: Session) -> FilesPage:
        order = named(session, number)
        state = progress(session, [order.id])[order.id].state
        return FilesPage(
            order.number,
            known_vintage(session, order.vintage_id).label,
            form,
            tuple(queries.serial_files_of(session, order.id)),
            tuple(Choice(str(one), words) for one, words in FRENCH_CODES_FROM.items()),
            state is OrderState.SENT,
            may(Right.RECEIVE_DELIVERY),
        )

    return render_template("stock/files.html", page=in_transaction(work)), form.status


@bp.get("/commandes/<number>/fichiers/<uuid:file_id>")
def file(number: str, file_id: UUID) -> ResponseReturnValue:
    """One file and its discrepancies; the reason stays in the address."""
    check(Right.SEE_ORDERS)
    chosen = request.args.get("raison", "")
    after = number_asked("apres") or 0

    def work(session: Session) -> FilePage:
        record = _of(session, number, file_id)
        fault = Fault(chosen) if chosen in set(Fault) else None
        rows = queries.rows_aside(
            session,
            record,
            after=after,
            limit=LINES + 1,
            fault=fault,
        )
        kept = {"raison": chosen} if fault else {}
        return FilePage(
            file_id,
            file_report(session, record),
            tuple(rows_told(session, record, rows[:LINES])),
            chosen if fault else "",
            f"{url_for('.file', number=number, file_id=file_id)}"
            f"?{urlencode(kept | {'apres': rows[LINES - 1].line})}"
            if len(rows) > LINES
            else "",
        )

    return render_template("stock/file.html", page=in_transaction(work))


def _of(session: Session, number: str, file_id: UUID) -> SerialFile:
    """The file of that order.

    Raises:
        UnknownOrder, UnknownSerialFile.
    """
    record = serial_files.known_serial_file(session, actor=current_actor(), file_id=file_id)
    if record.order_id != named(session, number).id:
        raise UnknownSerialFile
    return record


@bp.get("/commandes/<number>/fichiers/<uuid:file_id>/ecarts.pdf")
def report(number: str, file_id: UUID) -> Response:
    """The discrepancies on paper, to send back."""
    check(Right.SEE_ORDERS)

    def work(session: Session) -> tuple[bytes, str]:
        record = _of(session, number, file_id)
        told = file_report(session, record)
        rows = queries.rows_aside(session, record, limit=501)
        return (
            discrepancy_report(
                told,
                list(rows_told(session, record, rows)),
                specimen=is_demonstration(session),
            ),
            record.number,
        )

    content, name = in_transaction(work)
    return download(content, f"ecarts-{name}.pdf", PDF)


@bp.get("/commandes/<number>/fichiers/<uuid:file_id>/ecarts.csv")
def sheet(number: str, file_id: UUID) -> Response:
    """Every row put aside, to send back."""
    check(Right.SEE_ORDERS)

    def work(session: Session) -> tuple[bytes, str]:
        record = _of(session, number, file_id)
        rows = list(queries.every_row_aside(session, record))
        return (
            discrepancy_sheet(
                file_report(session, record),
                rows_told(session, record, rows),
                specimen=is_demonstration(session),
            ),
            record.number,
        )

    content, name = in_transaction(work)
    return download(content, f"ecarts-{name}.csv", CSV)
