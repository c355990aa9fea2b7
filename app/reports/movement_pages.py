"""« Mouvements »: every movement, by what one looks for, and the same lines as a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.ledger import MovementKind
from app.papers.sheets import Kind
from app.partners import queries as partners
from app.programmes import queries as programmes
from app.reports.journal import Line, Wanted, lines
from app.reports.register_pages import Period, asked_period, status
from app.web.auth import check, current_actor, started_at, started_on
from app.web.forms import Form
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction
from app.web.words import ACTS

bp = Blueprint("movement_pages", __name__)

KINDS = {str(kind): kind for kind in MovementKind}


@dataclass(frozen=True, slots=True)
class MovementsPage:
    """Movements that fit, and the filters that stay in the address."""

    period: Period
    list: Listed[Line]
    kinds: tuple[Choice, ...]
    vintages: tuple[Choice, ...]
    parties: tuple[Choice, ...]


def _wanted(session: Session, period: Period, form: Form) -> Wanted:
    vintages = {str(number): number for number in programmes.all_vintages(session)}
    return Wanted(
        period.since,
        period.until,
        form.among("nature", KINDS),
        form.among("millesime", vintages),
        form.among("structure", {value: UUID(value) for value, _ in _parties(session)}),
    )


def _parties(session: Session) -> list[tuple[str, str]]:
    found = partners.directory(session, on=started_on())
    return [(str(one.id), one.name) for one in found]


def _found(session: Session, form: Form, place: Place) -> list[Line]:
    period = asked_period()
    form.note({error.field: error.sentence for error in period.errors})
    wanted = _wanted(session, period, form)
    return lines(session, place, actor=current_actor(), wanted=wanted, now=started_at())


def _as_they_are(_session: Session, found: Sequence[Line]) -> Sequence[Line]:
    return found


MOVEMENTS = Listing(
    "movement_pages.listed",
    name="mouvements",
    title="Journal des mouvements",
    columns=(
        Column[Line]("Numéro", lambda line: line.number, Kind.NUMBER, "numero"),
        Column("Enregistré le", lambda line: line.recorded_at, Kind.MOMENT, shown=False),
        Column("Opération", lambda line: line.operation, width=36),
        Column("De", lambda line: line.origin, width=36, shown=False),
        Column("À", lambda line: line.destination, width=36, shown=False),
        Column("Série et pièce", None),
        Column("Premier pass", lambda line: line.first_serial, width=16, shown=False),
        Column("Dernier pass", lambda line: line.last_serial, width=16, shown=False),
        Column("Pass", lambda line: line.voucher_count, Kind.NUMBER),
        Column("Valeur (€)", lambda line: line.amount_cents, Kind.EUROS),
        Column("Pièce", lambda line: line.document, width=28, shown=False),
    ),
    filters=("du", "au", "nature", "millesime", "structure"),
    found=_found,
    told=_as_they_are,
    first="numero",
    lines=50,
    numbered=True,
)
"""In the order of recording, or against it: nothing else of what is so many is indexed."""


@bp.get("/mouvements")
def listed() -> ResponseReturnValue:
    """The journal of a period, in the order of recording."""
    check(Right.SEE_LEDGER)
    period = asked_period()
    page = in_transaction(lambda session: _page(session, period))
    return render_template("registers/movements.html", page=page), status(period)


def _page(session: Session, period: Period) -> MovementsPage:
    vintages = programmes.all_vintages(session)
    return MovementsPage(
        period,
        MOVEMENTS.page(session),
        tuple(Choice(kind, ACTS[kind].title) for kind in KINDS if kind in ACTS),
        tuple(Choice(str(n), f"Millésime {terms.label}") for n, terms in vintages.items()),
        tuple(Choice(value, name) for value, name in _parties(session)),
    )


@bp.get("/mouvements.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The lines of the address as a sheet, all of them: they are written as they are read."""
    check(Right.SEE_LEDGER)
    return MOVEMENTS.file(ending, programmes.is_demonstration)
