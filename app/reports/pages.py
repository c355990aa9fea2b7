"""« Où sont les pass » and the usage rate."""

from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any, Protocol
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY
from app.kernel.errors import InvalidInput
from app.kernel.text import read_day
from app.programmes import queries as programmes
from app.programmes.errors import UnknownProgramme
from app.reports import papers
from app.reports.council import council_sheet
from app.reports.rules import FRENCH_BY, By, CouncilSheet, UsageTable
from app.reports.service import (
    ChainReport,
    Perimeter,
    UsageReport,
    chain_report,
    perimeter,
    usage_within,
)
from app.reports.told import ChainPage, UsagePage
from app.reports.usage import table_within
from app.web.auth import check, current_actor, started_at, started_on
from app.web.downloads import CSV, PDF, XLSX, download
from app.web.pages import Choice, FieldError, Scope
from app.web.transaction import in_transaction

bp = Blueprint("reports_pages", __name__)

MANY = 100
"""Programmes in the list of choices; an authority has a handful."""


@bp.get("/ou-sont-les-pass")
def chain() -> ResponseReturnValue:
    """What rests at each stage of the chain, closing to what was ordered."""
    check(Right.SEE_REPORTS)
    scope, report = in_transaction(lambda session: read(session, chain_report))
    page = ChainPage(scope=scope, **figures(report))
    return render_template("reports/chain.html", page=page), status(scope)


@bp.get("/taux-d-utilisation")
def usage() -> ResponseReturnValue:
    """How many of the passes handed out are used."""
    check(Right.SEE_REPORTS)

    def work(session: Session) -> tuple[Scope, UsageReport, UsageTable]:
        scope, within = perimeter_asked(session)
        scope, table = told_apart(session, scope, within)
        return scope, usage_within(session, within), table

    scope, report, table = in_transaction(work)
    page = UsagePage(scope=scope, **figures(report))
    kept = {name: value for name, value in request.args.items() if name in ASKED and value}
    files = tuple(
        Choice(f"{url_for(f'.usage_{ending}')}?{urlencode({**kept, 'par': table.by})}", label)
        for ending, label in (("pdf", "PDF"), ("xlsx", "Tableur (XLSX)"), ("csv", "CSV"))
    )
    return (
        render_template("reports/usage.html", page=page, table=table, files=files),
        status(scope),
    )


ASKED = frozenset({"dispositif", "millesime", "au", "du", "par"})
"""What a view and its files are asked for by."""


def perimeter_asked(session: Session) -> tuple[Scope, Perimeter]:
    """The criteria of the address, and what they count: read once for all that a page tells."""
    scope, programme_id, vintage_id = asked(session)
    now = started_at()
    return scope, perimeter(
        session, programme_id=programme_id, vintage_id=vintage_id, on=scope.on, now=now
    )


def told_apart(session: Session, scope: Scope, within: Perimeter) -> tuple[Scope, UsageTable]:
    """The table of the address: by what, since when; what makes no sense is said, not used."""
    typed = request.args.get("par", "")
    by = By(typed) if typed in set(By) else By.PRESCRIBER_COMMUNE
    since, errors = None, scope.errors
    typed_since = request.args.get("du", "").strip()[:20]
    if typed_since:
        since = read_day(typed_since)
        if since is None or not FIRST_DAY <= since <= scope.on:
            since = None
            sentence = "Écrivez un jour avant la fin de la période, ou laissez vide."
            errors = (*errors, FieldError("du", sentence))
    scope = replace(
        scope,
        by=by,
        apart=tuple(Choice(each, label.capitalize()) for each, label in FRENCH_BY.items()),
        typed_since=typed_since,
        errors=errors,
    )
    actor, now = current_actor(), started_at()
    return scope, table_within(session, actor=actor, within=within, by=by, since=since, now=now)


def table_asked() -> UsageTable:
    """The table of the address, for a file: an address without sense gives none.

    Raises:
        InvalidInput: names what the address says wrongly.
    """
    check(Right.SEE_REPORTS)
    scope, table = in_transaction(lambda session: told_apart(session, *perimeter_asked(session)))
    refuse_nonsense(scope)
    return table


def refuse_nonsense(scope: Scope) -> None:
    """Refuse a file where the page would show other figures than were asked for.

    Raises:
        InvalidInput: names what the address says wrongly.
    """
    if scope.errors:
        raise InvalidInput(**{error.field: error.sentence for error in scope.errors})


@bp.get("/taux-d-utilisation.pdf")
def usage_pdf() -> ResponseReturnValue:
    """What the page shows, on paper."""
    table = table_asked()
    return download(papers.usage_pdf(table), papers.usage_file_name(table, "pdf"), PDF)


@bp.get("/taux-d-utilisation.csv")
def usage_csv() -> ResponseReturnValue:
    """What the page shows, for any spreadsheet."""
    table = table_asked()
    return download(papers.usage_csv(table), papers.usage_file_name(table, "csv"), CSV)


@bp.get("/taux-d-utilisation.xlsx")
def usage_xlsx() -> ResponseReturnValue:
    """What the page shows, as a workbook."""
    table = table_asked()
    return download(papers.usage_xlsx(table), papers.usage_file_name(table, "xlsx"), XLSX)


@bp.get("/conseil")
def council() -> ResponseReturnValue:
    """One page that says where every pass and every euro is."""
    check(Right.SEE_REPORTS)
    scope, sheet = in_transaction(council_asked)
    return render_template("reports/council.html", page=sheet, scope=scope), status(scope)


@bp.get("/conseil.pdf")
def council_pdf() -> ResponseReturnValue:
    """The same page to print and to hand round."""
    check(Right.SEE_REPORTS)
    scope, sheet = in_transaction(council_asked)
    refuse_nonsense(scope)
    if sheet is None:
        raise UnknownProgramme
    return download(papers.council_pdf(sheet), f"conseil-{sheet.on:%Y-%m-%d}.pdf", PDF)


def council_asked(session: Session) -> tuple[Scope, CouncilSheet | None]:
    """The programme of the address, or the only one that there is; None before the first."""
    scope, programme_id, _ = asked(session)
    of_vintages = tuple(error for error in scope.errors if error.field != "millesime")
    scope = replace(scope, vintages=(), errors=of_vintages)
    if programme_id is None and scope.programmes:
        programme_id = UUID(scope.programmes[0].value)
        scope = replace(scope, programme=scope.programmes[0].value)
    if programme_id is None:
        return scope, None
    sheet = council_sheet(
        session, actor=current_actor(), programme_id=programme_id, on=scope.on, now=started_at()
    )
    return scope, sheet


class Report(Protocol):
    """A report that takes a perimeter."""

    def __call__(
        self,
        session: Session,
        *,
        actor: Actor,
        programme_id: UUID | None,
        vintage_id: int | None,
        on: date,
        now: datetime,
    ) -> ChainReport | UsageReport:
        """Count."""
        ...


def read(session: Session, report: Report) -> tuple[Scope, Any]:
    """The criteria of the address and the figures; criteria without sense are said, not used."""
    scope, programme_id, vintage_id = asked(session)
    figures_read = report(
        session,
        actor=current_actor(),
        programme_id=programme_id,
        vintage_id=vintage_id,
        on=scope.on,
        now=started_at(),
    )
    return scope, figures_read


def asked(session: Session) -> tuple[Scope, UUID | None, int | None]:
    """What the address asks for, as far as it exists; the rest falls back to everything, today."""
    today = started_on()
    known = {str(p.id): p for p in programmes.programmes_after(session, None, limit=MANY)}
    programme = known.get(request.args.get("dispositif", ""))
    vintages = {
        str(number): terms
        for number, terms in programmes.all_vintages(session).items()
        if programme is None or terms.programme_id == programme.id
    }
    vintage = vintages.get(request.args.get("millesime", ""))
    errors = tuple(
        FieldError(name, f"Ce filtre n’est pas compris : choisissez {one} de la liste.")
        for name, one, found in (
            ("dispositif", "un dispositif", programme),
            ("millesime", "un millésime", vintage),
        )
        if request.args.get(name) and found is None
    )
    scope = Scope(
        errors=errors,
        on=today,
        today=today,
        programme=str(programme.id) if programme else "",
        programmes=tuple(Choice(value, p.name) for value, p in known.items()),
        vintage=str(vintage.vintage_id) if vintage else "",
        vintages=tuple(
            Choice(value, f"Millésime {terms.label}") for value, terms in vintages.items()
        ),
    )
    return (
        on_day(scope, request.args.get("au", "").strip()),
        programme.id if programme else None,
        vintage.vintage_id if vintage else None,
    )


def on_day(scope: Scope, typed: str) -> Scope:
    """The same criteria on the day typed, or with what to write instead."""
    if not typed:
        return scope
    day = read_day(typed)
    if day is None:
        sentence = "Écrivez un jour comme 19/11/2026."
    elif not FIRST_DAY <= day <= scope.today:
        sentence = f"Écrivez un jour entre le {FIRST_DAY:%d/%m/%Y} et aujourd’hui."
    else:
        return replace(scope, on=day)
    return replace(scope, typed_on=typed[:20], errors=(*scope.errors, FieldError("au", sentence)))


def figures(report: ChainReport | UsageReport) -> dict[str, Any]:
    """The fields of a report, as they are."""
    return {field.name: getattr(report, field.name) for field in fields(report)}


def status(scope: Scope) -> int:
    """422 when the address asks for something that makes no sense."""
    return 422 if scope.errors else 200
