"""« Mouvements »: every movement, by what one looks for, and the same lines as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.ledger import MovementKind
from app.papers.sheets import Field, Kind, Values, csv_chunks, write_xlsx
from app.partners import queries as partners
from app.programmes import queries as programmes
from app.reports.journal import Line, Wanted, every_line, lines
from app.reports.register_pages import Period, asked_period, status, strict_period
from app.web.auth import check, current_actor, started_at
from app.web.downloads import FORMATS, download_written
from app.web.forms import Form
from app.web.pages import Choice
from app.web.transaction import in_transaction
from app.web.words import ACTS

bp = Blueprint("movement_pages", __name__)

SHOWN = 50
KINDS = {str(kind): kind for kind in MovementKind}
FIELDS = (
    Field("Numéro", Kind.NUMBER),
    Field("Enregistré le", Kind.DAY),
    Field("Opération", width=36),
    Field("De", width=36),
    Field("À", width=36),
    Field("Premier pass", width=16),
    Field("Dernier pass", width=16),
    Field("Pass", Kind.NUMBER),
    Field("Valeur (€)", Kind.EUROS),
    Field("Pièce", width=18),
)


@dataclass(frozen=True, slots=True)
class MovementsPage:
    """Movements that fit, and the filters that stay in the address."""

    period: Period
    lines: tuple[Line, ...]
    form: Form
    kinds: tuple[Choice, ...]
    vintages: tuple[Choice, ...]
    parties: tuple[Choice, ...]
    kept: dict[str, str]
    next: str


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
    found = partners.directory(session, on=martinique_day(started_at()))
    return [(str(one.id), one.name) for one in found]


@bp.get("/mouvements")
def listed() -> ResponseReturnValue:
    """The journal of a period, in the order of recording."""
    check(Right.SEE_LEDGER)
    period = asked_period()
    page = in_transaction(lambda session: _page(session, period))
    return render_template("registers/movements.html", page=page), status(period)


def _page(session: Session, period: Period) -> MovementsPage:
    form = Form.asked("nature", "millesime", "structure")
    typed = request.args.get("apres", "")
    after = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 16 else 0  # noqa: PLR2004 - an id
    found = lines(
        session,
        actor=current_actor(),
        wanted=_wanted(session, period, form),
        after=after,
        limit=SHOWN + 1,
        now=started_at(),
    )
    kept = period.address | {
        name: value for name in ("nature", "millesime", "structure") if (value := form.text(name))
    }
    more = {**kept, "apres": found[SHOWN - 1].number} if len(found) > SHOWN else {}
    return MovementsPage(
        period,
        tuple(found[:SHOWN]),
        form,
        tuple(Choice(kind, ACTS[kind].title) for kind in KINDS if kind in ACTS),
        tuple(
            Choice(str(number), f"Millésime {terms.label}")
            for number, terms in programmes.all_vintages(session).items()
        ),
        tuple(Choice(value, name) for value, name in _parties(session)),
        kept,
        f"{url_for('.listed')}?{urlencode(more)}" if more else "",
    )


@bp.get("/mouvements.<ending>")
def file(ending: str) -> ResponseReturnValue:
    """The lines of the address as a sheet, all of them: they are written as they are read."""
    check(Right.SEE_LEDGER)
    if ending not in {"csv", "xlsx"}:
        abort(404)
    period = strict_period()

    def write(out: BinaryIO) -> None:
        in_transaction(lambda session: _write(session, out, period, ending))

    name = f"mouvements-{period.since:%Y-%m-%d}-{period.until:%Y-%m-%d}.{ending}"
    return download_written(write, name, FORMATS[ending])


def _write(session: Session, out: BinaryIO, period: Period, ending: str) -> None:
    wanted = _wanted(session, period, Form.asked("nature", "millesime", "structure"))
    found = every_line(session, actor=current_actor(), wanted=wanted, now=started_at())
    specimen = programmes.is_demonstration(session)
    if ending == "xlsx":
        title = f"Journal du {period.since:%d/%m/%Y} au {period.until:%d/%m/%Y}"
        write_xlsx(out, FIELDS, _values(found), title=title, specimen=specimen)
    else:
        out.writelines(csv_chunks(FIELDS, _values(found), specimen=specimen))


def _values(found: Iterator[Line]) -> Iterator[Values]:
    for line in found:
        yield (
            line.number,
            martinique_day(line.recorded_at),
            line.operation,
            line.origin,
            line.destination,
            line.first_serial,
            line.last_serial,
            line.voucher_count,
            line.amount_cents,
            line.document,
        )
