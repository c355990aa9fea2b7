"""Counts on pages: opened, scanned in several goes, closed, compared, signed by two."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.papers.sheets import Kind
from app.partners import queries as partners
from app.programmes import queries as programmes
from app.stock import counts, queries
from app.stock.count_rules import (
    FRENCH_COUNT_STATE,
    FRENCH_DIFFERENCE,
    MOST_LINES,
    CountState,
    DifferenceKind,
    distinct_booklets,
)
from app.stock.models import CountClosing, CountEntry, StockCount
from app.stock.papers import CountReport, count_paper, difference_sheet
from app.stock.queries import EnteredLine
from app.stock.views import count_report, counts_listed
from app.web.api import Json
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.downloads import CSV, PDF, download
from app.web.forms import Form, done
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("count_pages", __name__)

LINES = 25
MANY = 200
TONE = {
    CountState.OPEN: "go",
    CountState.CLOSED: "warn",
    CountState.SIGNED: "ok",
    CountState.ABANDONED: "",
}


@dataclass(frozen=True, slots=True)
class CountsPage:
    """Counts, the latest first, and the filter that stays in the address."""

    list: Listed[Json]
    states: tuple[Choice, ...]
    may_count: bool
    own: bool

    @property
    def tone(self) -> dict[CountState, str]:
        """The look of states."""
        return TONE

    @property
    def labels(self) -> dict[CountState, str]:
        """States in words."""
        return FRENCH_COUNT_STATE


@dataclass(frozen=True, slots=True)
class NewCountPage:
    """A count to open: whose, and of which day."""

    form: Form
    holders: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class CountPage:
    """One count: while it goes on, what was entered; then what it comes to."""

    form: Form
    report: CountReport
    lines: tuple[EnteredLine, ...]
    closed_by_reader: bool
    may_count: bool
    may_sign: bool
    one_is_of_holder: bool
    """Whether the reader or the counter works for the holder, as one of the two must."""

    @property
    def tone(self) -> str:
        """The look of its state."""
        return TONE[self.report.state]

    @property
    def state_label(self) -> str:
        """Its state in words."""
        return FRENCH_COUNT_STATE[self.report.state]

    @property
    def kinds(self) -> dict[DifferenceKind, str]:
        """In which way a pass differs."""
        return FRENCH_DIFFERENCE

    @property
    def counted_lines(self) -> int:
        """Lines that were not struck."""
        return sum(line.struck_at is None for line in self.lines)


def _found(session: Session, form: Form, place: Place) -> list[StockCount]:
    return queries.latest_counts(
        session,
        place,
        holder_id=current_actor().scope,
        state=form.among("etat", {str(state): state for state in CountState}),
    )


COUNTS = Listing(
    "count_pages.listed",
    name="comptages",
    title="Comptages",
    columns=(
        Column[Json]("Comptage", lambda row: row["number"], width=16),
        Column("Chez", lambda row: row["holder"], width=36),
        Column("Jour", lambda row: row["counted_on"], Kind.DAY, "jour"),
        Column("Différences", None),
        Column("Manquants", lambda row: row["missing_count"], Kind.NUMBER, shown=False),
        Column("En trop", lambda row: row["excess_count"], Kind.NUMBER, shown=False),
        Column("État", lambda row: FRENCH_COUNT_STATE[row["state"]]),
    ),
    filters=("etat",),
    found=_found,
    told=counts_listed,
    first="-jour",
    lines=LINES,
)


@bp.get("/comptages")
def listed() -> ResponseReturnValue:
    """Every count and how far it has come; a prescriber's own."""
    check(Right.SEE_ALLOCATIONS)

    def work(session: Session) -> CountsPage:
        return CountsPage(
            COUNTS.page(session),
            states=tuple(Choice(str(s), words) for s, words in FRENCH_COUNT_STATE.items()),
            may_count=may(Right.COUNT_STOCK),
            own=current_actor().scope is not None,
        )

    return render_template("stock/counts.html", page=in_transaction(work))


@bp.get("/comptages.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The counts of the address, all of them."""
    check(Right.SEE_ALLOCATIONS)
    return COUNTS.file(ending, programmes.is_demonstration)


@bp.route("/comptages/nouveau", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Open a count."""
    check(Right.COUNT_STOCK)
    today = started_on()
    form = Form.sent() if request.method == "POST" else Form.blank(counted_on=today.isoformat())
    if request.method == "POST":

        def act(session: Session) -> StockCount:
            actor = current_actor()
            holder = (
                form.uuid("holder", "Choisissez chez qui vous comptez.")
                if actor.sees()
                else actor.organisation_id
            )
            counted_on = form.day("counted_on")
            form.check()
            return counts.open_count(
                session,
                actor=actor,
                count_id=form.id,
                holder_id=holder,
                counted_on=counted_on,
                now=started_at(),
            )

        if (made := form.submit(act)) is not None:
            return done(
                url_for(".shown", count_id=made.id),
                f"Le comptage {made.number} est ouvert. Scannez ou tapez ce qui est là.",
            )
    page = in_transaction(lambda session: NewCountPage(form, _holders(session)))
    return render_template("stock/new_count.html", page=page), form.status


def _holders(session: Session) -> tuple[Choice, ...]:
    """Whose booklets this person may count: the cupboard first, then drawers by name."""
    if not current_actor().sees():
        return ()
    known = programmes.programmes_after(session, None, limit=MANY)
    sponsors = {programme.sponsor_id for programme in known}
    drawers = partners.directory(session, role="prescriber", on=started_on())
    names = partners.organisation_names(session, sponsors)
    return (
        *(Choice(str(party), f"{names[party]} (l’armoire)") for party in sponsors),
        *(Choice(str(one.id), one.name) for one in drawers),
    )


@bp.get("/comptages/<uuid:count_id>")
def shown(count_id: UUID) -> ResponseReturnValue:
    """One count."""
    check(Right.SEE_ALLOCATIONS)
    return _show(count_id, Form.blank())


def _show(count_id: UUID, form: Form) -> ResponseReturnValue:
    page = in_transaction(lambda session: _page(session, count_id, form))
    return render_template("stock/count.html", page=page), form.status


def _page(session: Session, count_id: UUID, form: Form) -> CountPage:
    actor = current_actor()
    report = count_report(session, counts.known_count(session, actor=actor, count_id=count_id))
    return CountPage(
        form,
        report,
        tuple(queries.lines_entered(session, count_id)),
        report.closed_by == actor.agent_id,
        may(Right.COUNT_STOCK),
        may(Right.SIGN_COUNT),
        counts.may_sign_for(session, actor, report.holder_id, report.closed_by),
    )


@bp.post("/comptages/<uuid:count_id>/saisie")
def enter(count_id: UUID) -> ResponseReturnValue:
    """Note what lies there: covers, numbers, ranges."""
    check(Right.COUNT_STOCK)
    form = Form.sent()

    def act(session: Session) -> tuple[CountEntry, int]:
        lines = counts.read_lines(session, form.text("lines"))
        made = counts.enter_lines(
            session,
            actor=current_actor(),
            entry_id=form.id,
            count_id=count_id,
            lines=lines,
            now=started_at(),
        )
        return made, distinct_booklets(lines)

    made = form.submit(act)
    if made is None:
        return _show(count_id, form)
    number = made[1]
    return done(
        url_for(".shown", count_id=count_id),
        f"{number} carnet{'s sont notés' if number > 1 else ' est noté'}. Continuez, ou fermez le "
        "comptage quand tout est compté.",
    )


@bp.post("/comptages/<uuid:count_id>/retirer/<uuid:entry_id>/<int:place>")
def strike(count_id: UUID, entry_id: UUID, place: int) -> ResponseReturnValue:
    """Take a line back."""
    check(Right.COUNT_STOCK)
    form = Form.sent()
    struck = form.submit(
        lambda session: counts.strike_line(
            session,
            actor=current_actor(),
            correction_id=form.id,
            count_id=count_id,
            entry_id=entry_id,
            place=min(place, MOST_LINES),
            now=started_at(),
        )
    )
    if struck is None:
        return _show(count_id, form)
    return done(
        url_for(".shown", count_id=count_id),
        "La ligne est retirée : elle reste lisible et ne compte plus.",
    )


@bp.route("/comptages/<uuid:count_id>/fermer", methods=["GET", "POST"])
def close(count_id: UUID) -> ResponseReturnValue:
    """Say that all is counted: the theory is read, once."""
    check(Right.COUNT_STOCK)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":

        def act(session: Session) -> CountClosing:
            return counts.close_count(
                session,
                actor=current_actor(),
                count_id=count_id,
                now=started_at(),
                nothing_there=form.checked("nothing_there"),
            )

        if form.submit(act) is not None:
            return done(
                url_for(".shown", count_id=count_id),
                "Le comptage est fermé et comparé au registre. Une autre personne le vérifie, puis "
                "le signe.",
            )
    page = in_transaction(lambda session: _page(session, count_id, form))
    return render_template("stock/close_count.html", page=page), form.status


@bp.route("/comptages/<uuid:count_id>/abandon", methods=["GET", "POST"])
def abandon(count_id: UUID) -> ResponseReturnValue:
    """Give a count up, with a reason."""
    check(Right.COUNT_STOCK)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        made = form.submit(
            lambda session: counts.abandon_count(
                session,
                actor=current_actor(),
                abandonment_id=form.id,
                count_id=count_id,
                reason=form.text("reason"),
                now=started_at(),
            )
        )
        if made is not None:
            return done(
                url_for(".shown", count_id=count_id),
                "Le comptage est abandonné : rien n’est comparé. Ouvrez-en un autre s’il faut "
                "compter.",
            )
    page = in_transaction(lambda session: _page(session, count_id, form))
    return render_template("stock/abandon_count.html", page=page), form.status


@bp.post("/comptages/<uuid:count_id>/signer")
def sign(count_id: UUID) -> ResponseReturnValue:
    """Sign as the second person."""
    check(Right.SIGN_COUNT)
    form = Form.sent()

    def act(session: Session) -> object:
        if not form.checked("seen"):
            form.wrong("seen", "Vérifiez les carnets, puis cochez cette case.")
        form.check()
        return counts.sign_count(
            session, actor=current_actor(), count_id=count_id, now=started_at()
        )

    if form.submit(act) is None:
        return _show(count_id, form)
    return done(
        url_for(".shown", count_id=count_id),
        "Le comptage est signé par deux personnes. Imprimez le procès-verbal pour vos dossiers.",
    )


@bp.get("/comptages/<uuid:count_id>/proces-verbal.pdf")
def paper(count_id: UUID) -> Response:
    """The procès-verbal, with room for two signatures."""
    report, specimen = _closed(count_id)
    return download(count_paper(report, specimen=specimen), f"{report.number}.pdf", PDF)


@bp.get("/comptages/<uuid:count_id>/differences.csv")
def sheet(count_id: UUID) -> Response:
    """Each pass that differs, a line each."""
    report, specimen = _closed(count_id)
    return download(
        difference_sheet(report, specimen=specimen), f"differences-{report.number}.csv", CSV
    )


def _closed(count_id: UUID) -> tuple[CountReport, bool]:
    """A count as its papers tell it, blind until it is closed."""
    check(Right.SEE_ALLOCATIONS)

    def work(session: Session) -> tuple[CountReport, bool]:
        record = counts.known_count(session, actor=current_actor(), count_id=count_id)
        return count_report(session, record), programmes.is_demonstration(session)

    return in_transaction(work)
