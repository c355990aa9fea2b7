"""Taking over on pages: send a file, read its verdicts, let another person approve."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.papers.sheets import Kind
from app.programmes import queries as programmes
from app.programmes.keys import KeyStore
from app.programmes.queries import is_demonstration
from app.takeover import background, queries, service
from app.takeover.errors import TakeoverFileRefused
from app.takeover.models import Takeover, TakeoverApproval
from app.takeover.papers import Report, report
from app.takeover.rules import COLUMNS, FRENCH_PLACE, TakeoverState
from app.takeover.views import report_of
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.downloads import CSV, PDF, download
from app.web.forms import Form, done
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction
from app.works.models import Work
from app.works.pages import followed
from app.works.rules import WorkKind
from app.works.service import ask

bp = Blueprint("takeover_pages", __name__)

MANY = 200
STATES = {
    TakeoverState.WAITING: ("warn", "à approuver"),
    TakeoverState.APPROVED: ("ok", "approuvé"),
    TakeoverState.SET_ASIDE: ("out", "écarté"),
}
MODEL = (
    "\ufeff" + ";".join(COLUMNS) + "\r\n"
    "25R;1;120;10;stock;;passnum\r\n"
    "25R;121;140;5;prescripteur;CCAS du Lorrain;passnum\r\n"
    "25R;141;141;10;circulation;CCAS du Lorrain;passnum;4-10\r\n"
)


@dataclass(frozen=True, slots=True)
class TakeoverLine:
    """One procès-verbal in the list."""

    id: UUID
    number: str
    prepared_at: datetime
    voucher_count: int
    tone: str
    state: str


@dataclass(frozen=True, slots=True)
class TakeoversPage:
    """What was taken over, and the form to send a file."""

    form: Form
    faults: tuple[tuple[int, str], ...]
    fault_count: int
    line_count: int
    programmes: tuple[Choice, ...]
    list: Listed[TakeoverLine]
    states: tuple[Choice, ...]
    may_prepare: bool


@dataclass(frozen=True, slots=True)
class TakeoverPage:
    """One procès-verbal: its totals, and what comes next."""

    id: UUID
    form: Form
    report: Report
    voucher_count: int
    approved_at: datetime | None
    is_mine: bool
    may_approve: bool
    may_refuse: bool

    @property
    def places(self) -> dict[str, str]:
        """What places are called."""
        return {str(place): words for place, words in FRENCH_PLACE.items()}


def _found(session: Session, form: Form, place: Place) -> list[Takeover]:
    state = form.among("etat", {str(state): state for state in TakeoverState})
    return queries.latest_takeovers(session, place, state=state)


def _lines(session: Session, found: Sequence[Takeover]) -> list[TakeoverLine]:
    states = queries.states(session, [record.id for record in found])
    return [
        TakeoverLine(
            record.id,
            record.number,
            record.prepared_at,
            record.voucher_count,
            *STATES[states[record.id]],
        )
        for record in found
    ]


TAKEOVERS = Listing(
    "takeover_pages.takeovers",
    name="reprises",
    title="Reprises",
    columns=(
        Column[TakeoverLine]("Procès-verbal", lambda line: line.number, width=16),
        Column("Préparé", lambda line: martinique_day(line.prepared_at), Kind.DAY, "prepare"),
        Column("Pass", lambda line: line.voucher_count, Kind.NUMBER, "pass"),
        Column("État", lambda line: line.state),
    ),
    filters=("etat",),
    found=_found,
    told=_lines,
    first="-prepare",
)


@bp.get("/reprise.<any(csv, xlsx):ending>")
def takeovers_file(ending: str) -> ResponseReturnValue:
    """The procès-verbaux of the address, all of them."""
    check(Right.SEE_LEDGER)
    return TAKEOVERS.file(ending, is_demonstration)


@bp.route("/reprise", methods=["GET", "POST"])
def takeovers() -> ResponseReturnValue:
    """Send a file of opening balances; verdicts line by line when it is not whole."""
    check(Right.SEE_LEDGER)
    today = started_on()
    form = Form.sent() if request.method == "POST" else Form.blank(counted_on=today.isoformat())
    faults: tuple[tuple[int, str], ...] = ()
    count = line_count = 0
    if request.method == "POST":
        check(Right.PREPARE_TAKEOVER)
        try:
            record = in_transaction(lambda session: _prepare(session, form))
            if isinstance(record, Work):
                return followed(record)
        except TakeoverFileRefused as refusal:
            form.refuse(refusal)
            faults = tuple((f["line"], f["sentence"]) for f in refusal.faults)
            count, line_count = refusal.count, refusal.line_count
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            return done(
                url_for(".takeover", takeover_id=record.id),
                background.prepared(record),
            )
    page = in_transaction(lambda session: _list(session, form, faults, (count, line_count)))
    return render_template("takeover/list.html", page=page), form.status


def _prepare(session: Session, form: Form) -> Takeover | Work:
    programme_id = form.uuid("programme_id", "Choisissez le dispositif.")
    counted_on = form.day("counted_on")
    sent = request.files.get("file")
    content = sent.read() if sent else b""
    if not content:
        form.wrong("file", "Choisissez le fichier des carnets.")
    printed = request.files.get("code_file")
    codes_content = (printed.read() or None) if printed else None
    form.check()
    both = background.packed(content, codes_content)
    if len(both) > background.BYTES_AT_ONCE:
        return ask(
            session,
            actor=current_actor(),
            work_id=form.id,
            kind=WorkKind.TAKEOVER,
            asked=background.asked_to_read(programme_id, counted_on),
            content=both,
            secret_key=current_settings().secret_key,
            now=started_at(),
        )
    return service.prepare_takeover(
        session,
        actor=current_actor(),
        takeover_id=form.id,
        programme_id=programme_id,
        content=content,
        codes_content=codes_content,
        counted_on=counted_on,
        now=started_at(),
    )


def _list(
    session: Session, form: Form, faults: tuple[tuple[int, str], ...], counts: tuple[int, int]
) -> TakeoversPage:
    known = programmes.programmes_after(session, None, limit=MANY)
    return TakeoversPage(
        form,
        faults,
        *counts,
        tuple(Choice(str(p.id), p.name) for p in known),
        TAKEOVERS.page(session),
        tuple(Choice(str(state), label.capitalize()) for state, (_, label) in STATES.items()),
        may(Right.PREPARE_TAKEOVER),
    )


@bp.get("/reprise/modele.csv")
def model() -> Response:
    """A file to start from."""
    check(Right.SEE_LEDGER)
    return download(MODEL.encode(), "modele-de-reprise.csv", CSV)


@bp.route("/reprise/<uuid:takeover_id>", methods=["GET", "POST"])
def takeover(takeover_id: UUID) -> ResponseReturnValue:
    """A procès-verbal with its totals; another person approves it here."""
    check(Right.SEE_LEDGER)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        check(Right.APPROVE_TAKEOVER)
        approved = form.submit(lambda session: _approve(session, form, takeover_id))
        if isinstance(approved, Work):
            return followed(approved)
        if approved is not None:
            return done(url_for(".takeover", takeover_id=takeover_id), background.APPROVED)
    page = in_transaction(lambda session: _page(session, takeover_id, form))
    return render_template("takeover/takeover.html", page=page), form.status


def _approve(session: Session, form: Form, takeover_id: UUID) -> TakeoverApproval | Work:
    counted = form.integer("voucher_count", "Écrivez le nombre de pass que vous avez compté.")
    if not form.checked("counted"):
        form.wrong("counted", "Comptez les carnets, puis cochez cette case.")
    form.check()
    if counted > background.PASSES_AT_ONCE:
        record = service.takeover_to_approve(
            session,
            actor=current_actor(),
            takeover_id=takeover_id,
            voucher_count=counted,
            now=started_at(),
        )
        return ask(
            session,
            actor=current_actor(),
            work_id=form.id,
            kind=WorkKind.TAKEOVER_APPROVAL,
            asked=background.asked_to_open(record),
            secret_key=current_settings().secret_key,
            now=started_at(),
        )
    return service.approve_takeover(
        session,
        actor=current_actor(),
        takeover_id=takeover_id,
        voucher_count=counted,
        keys=KeyStore(current_settings().key_dir),
        now=started_at(),
    )


def _page(session: Session, takeover_id: UUID, form: Form) -> TakeoverPage:
    record = service.known_takeover(session, actor=current_actor(), takeover_id=takeover_id)
    approval = queries.approval(session, takeover_id)
    return TakeoverPage(
        takeover_id,
        form,
        report_of(session, record),
        record.voucher_count,
        approval.approved_at if approval else None,
        record.prepared_by == current_actor().agent_id,
        may(Right.APPROVE_TAKEOVER),
        may(Right.PREPARE_TAKEOVER),
    )


@bp.route("/reprise/<uuid:takeover_id>/ecarter", methods=["GET", "POST"])
def refuse(takeover_id: UUID) -> ResponseReturnValue:
    """Set aside a procès-verbal that is not approved, with a reason."""
    check(Right.PREPARE_TAKEOVER)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST" and (_ := form.submit(lambda s: _refuse(s, form, takeover_id))):
        return done(
            url_for(".takeover", takeover_id=takeover_id),
            "Le procès-verbal est écarté : rien n’en est repris. Corrigez le fichier, puis "
            "envoyez-le de nouveau.",
        )
    page = in_transaction(lambda session: _page(session, takeover_id, form))
    return render_template("takeover/refuse.html", page=page), form.status


def _refuse(session: Session, form: Form, takeover_id: UUID) -> object:
    return service.refuse_takeover(
        session,
        actor=current_actor(),
        refusal_id=form.id,
        takeover_id=takeover_id,
        reason=form.text("reason"),
        now=started_at(),
    )


@bp.get("/reprise/<uuid:takeover_id>/proces-verbal.pdf")
def takeover_pdf(takeover_id: UUID) -> Response:
    """The procès-verbal, to be signed by two."""
    check(Right.SEE_LEDGER)

    def work(session: Session) -> tuple[Report, bool]:
        record = service.known_takeover(session, actor=current_actor(), takeover_id=takeover_id)
        return report_of(session, record), programmes.is_demonstration(session)

    data, specimen = in_transaction(work)
    return download(report(data, specimen=specimen), f"{data.number}.pdf", PDF)
