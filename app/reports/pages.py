"""« Où sont les pass » and the usage rate."""

from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, martinique_day
from app.kernel.text import read_day
from app.programmes import queries as programmes
from app.reports.service import ChainReport, UsageReport, chain_report, usage_report
from app.web.auth import check, current_actor, started_at
from app.web.pages import ChainPage, Choice, FieldError, Scope, UsagePage
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
    scope, report = in_transaction(lambda session: read(session, usage_report))
    page = UsagePage(scope=scope, **figures(report))
    return render_template("reports/usage.html", page=page), status(scope)


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
    today = martinique_day(started_at())
    known = {str(p.id): p for p in programmes.programmes_after(session, None, limit=MANY)}
    programme = known.get(request.args.get("dispositif", ""))
    vintages = {
        str(number): terms
        for number, terms in programmes.all_vintages(session).items()
        if programme is None or terms.programme_id == programme.id
    }
    vintage = vintages.get(request.args.get("millesime", ""))
    scope = Scope(
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
    return replace(scope, typed_on=typed[:20], errors=(FieldError("au", sentence),))


def figures(report: ChainReport | UsageReport) -> dict[str, Any]:
    """The fields of a report, as they are."""
    return {field.name: getattr(report, field.name) for field in fields(report)}


def status(scope: Scope) -> int:
    """422 when the address asks for something that makes no sense."""
    return 422 if scope.errors else 200
