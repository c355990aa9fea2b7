"""Registers of inactive values on pages: who held what, line by line, and what is signed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.clock import FIRST_DAY
from app.kernel.communes import key_of
from app.kernel.errors import InvalidInput
from app.kernel.text import read_day
from app.papers.sheets import Kind
from app.programmes import queries as programmes
from app.reports import register_papers, registers
from app.reports.accounts import account_of_use, slip_of
from app.reports.register_downloads import register_download
from app.reports.register_papers import MOST_PRINTED
from app.reports.register_rules import AccountOfUse, Entry, Holding, Register, Slip
from app.web.auth import check, current_actor, started_at, started_on
from app.web.downloads import FORMATS, PDF, download
from app.web.forms import Form, number_asked
from app.web.lists import Column, Listed, Listing, piece_of
from app.web.pages import Choice, FieldError
from app.web.transaction import in_transaction

bp = Blueprint("registers_pages", __name__)
LINES = 50
"""Entries on a page of the register."""


@dataclass(frozen=True, slots=True)
class Period:
    """The period of the address; what makes no sense is said, and the year so far is shown."""

    since: date
    until: date
    typed: Mapping[str, str]
    errors: tuple[FieldError, ...]
    today: date

    @property
    def address(self) -> dict[str, str]:
        """The same period for another address."""
        return {"du": self.since.isoformat(), "au": self.until.isoformat()}


@dataclass(frozen=True, slots=True)
class HoldingsPage:
    """Every holder and vintage that had passes in a period."""

    period: Period
    list: Listed[Holding]
    every: tuple[Holding, ...]

    @property
    def vintages(self) -> tuple[tuple[int, str], ...]:
        """The vintages of the period, each with its account of use."""
        return tuple(sorted({(h.vintage_id, h.vintage) for h in self.every}))

    @property
    def vintage_choices(self) -> tuple[Choice, ...]:
        """The same for a filter."""
        return tuple(Choice(str(number), label) for number, label in self.vintages)

    @property
    def holders(self) -> tuple[Choice, ...]:
        """Those who held passes in the period, by name."""
        known = {str(h.holder_id): h.holder for h in self.every}
        return tuple(
            Choice(value, name)
            for value, name in sorted(known.items(), key=lambda one: key_of(one[1]))
        )


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """A page of a register."""

    period: Period
    register: Register
    entries: tuple[Entry, ...]
    next_after: int | None
    first: bool
    printable: bool
    """Whether it is short enough for paper."""
    most_printed: int = MOST_PRINTED


@dataclass(frozen=True, slots=True)
class AccountPage:
    """The account of use of a vintage."""

    period: Period
    account: AccountOfUse
    vintage_id: int


@dataclass(frozen=True, slots=True)
class SlipPage:
    """The slip of a holder."""

    period: Period
    slip: Slip
    holder_id: UUID


def asked_period() -> Period:
    """The period of the address: the year so far when nothing is said."""
    today = started_on()
    typed = {name: request.args.get(name, "").strip()[:20] for name in ("du", "au")}
    errors: list[FieldError] = []
    days = {"du": today.replace(month=1, day=1), "au": today}
    for name in ("au", "du"):
        if not typed[name]:
            if name == "du":
                days["du"] = days["au"].replace(month=1, day=1)
            continue
        day = read_day(typed[name])
        last = today if name == "au" else days["au"]
        if day is None or not FIRST_DAY <= day <= last:
            sentence = f"Écrivez un jour comme 31/12/2025, jusqu’au {last:%d/%m/%Y}."
            if name == "du" and day and FIRST_DAY <= day <= today and typed["au"] and not errors:
                sentence = (
                    f"La fin ({last:%d/%m/%Y}) précède le début ({day:%d/%m/%Y}) : "
                    "changez l’un des deux jours."
                )
            errors.append(FieldError(name, sentence))
            if name == "du":
                days["du"] = days["au"].replace(month=1, day=1)
            continue
        days[name] = day
        if name == "au":
            days["du"] = day.replace(month=1, day=1)
    shown = {name: typed[name] or days[name].isoformat() for name in days}
    return Period(days["du"], days["au"], shown, tuple(errors), today)


def status(period: Period) -> int:
    """422 when the address asks for something that makes no sense."""
    return 422 if period.errors else 200


def strict_period() -> Period:
    """The period of a file: an address without sense gives none.

    Raises:
        InvalidInput.
    """
    period = asked_period()
    if period.errors:
        raise InvalidInput(**{error.field: error.sentence for error in period.errors})
    return period


def _every(session: Session, period: Period) -> list[Holding]:
    return registers.holdings(
        session,
        actor=current_actor(),
        since=period.since,
        until=period.until,
        now=started_at(),
    )


HOLDINGS_BY: dict[str, Callable[[Holding], Any]] = {
    "detenteur": lambda h: (key_of(h.holder), h.vintage),
    "millesime": lambda h: (h.vintage, key_of(h.holder)),
    "ouverture": lambda h: h.opening_count,
    "entrees": lambda h: h.in_count,
    "sorties": lambda h: h.out_count,
    "cloture": lambda h: h.closing_count,
}
"""Holders are as many as prescribers, and each has two or three vintages."""


def _narrowed(every: Sequence[Holding], form: Form, place: Place) -> list[Holding]:
    vintage = form.among("millesime", {str(h.vintage_id): h.vintage_id for h in every})
    holder = form.among("structure", {str(h.holder_id): h.holder_id for h in every})
    return piece_of(
        [h for h in every if vintage in {None, h.vintage_id} and holder in {None, h.holder_id}],
        place,
        HOLDINGS_BY,
    )


def _found(session: Session, form: Form, place: Place) -> list[Holding]:
    period = asked_period()
    form.note({error.field: error.sentence for error in period.errors})
    return _narrowed(_every(session, period), form, place)


def _as_they_are(_session: Session, found: Sequence[Holding]) -> Sequence[Holding]:
    return found


HOLDINGS = Listing(
    "registers_pages.holdings",
    name="registres",
    title="Registres des valeurs inactives",
    columns=(
        Column[Holding]("Détenteur", lambda h: h.holder, sort="detenteur", width=36),
        Column("Millésime", lambda h: h.vintage, sort="millesime", width=12),
        Column("Solde d’ouverture", lambda h: h.opening_count, Kind.NUMBER, "ouverture"),
        Column("Entrées", lambda h: h.in_count, Kind.NUMBER, "entrees"),
        Column("Sorties", lambda h: h.out_count, Kind.NUMBER, "sorties"),
        Column("Solde de clôture", lambda h: h.closing_count, Kind.NUMBER, "cloture"),
        Column("Régie", None),
        Column("Ouverture (€)", lambda h: h.cents(h.opening_count), Kind.EUROS, shown=False),
        Column("Clôture (€)", lambda h: h.cents(h.closing_count), Kind.EUROS, shown=False),
    ),
    filters=("du", "au", "millesime", "structure"),
    found=_found,
    told=_as_they_are,
    first="millesime",
    lines=LINES,
)


@bp.get("/registres")
def holdings() -> ResponseReturnValue:
    """Who held what of which vintage, at the beginning and at the end of a period."""
    check(Right.SEE_LEDGER)
    period = asked_period()

    def work(session: Session) -> HoldingsPage:
        every = _every(session, period)
        # Sums of the ledger are made once for the page, and not once more for its list.
        listed = replace(HOLDINGS, found=lambda _, form, place: _narrowed(every, form, place))
        return HoldingsPage(period, listed.page(session), tuple(every))

    return render_template("registers/list.html", page=in_transaction(work)), status(period)


@bp.get("/registres.<any(csv, xlsx):ending>")
def holdings_file(ending: str) -> ResponseReturnValue:
    """The holders of the address, all of them."""
    check(Right.SEE_LEDGER)
    return HOLDINGS.file(ending, programmes.is_demonstration)


def _register(session: Session, holder_id: UUID, vintage_id: int, period: Period) -> Register:
    return registers.register_of(
        session,
        actor=current_actor(),
        holder_id=holder_id,
        vintage_id=vintage_id,
        since=period.since,
        until=period.until,
        now=started_at(),
    )


@bp.get("/registres/<uuid:holder_id>/<int:vintage_id>")
def register(holder_id: UUID, vintage_id: int) -> ResponseReturnValue:
    """The register of a holder and a vintage, line by line."""
    check(Right.SEE_LEDGER)
    period = asked_period()
    after = number_asked("apres") or 0

    def work(session: Session) -> RegisterPage:
        known = _register(session, holder_id, vintage_id, period)
        journal = registers.Journal.of(session, known)
        lines = registers.page_of_entries(session, journal, after=after, limit=LINES + 1)
        more = lines[LINES - 1].number if len(lines) > LINES else None
        return RegisterPage(
            period,
            known,
            tuple(lines[:LINES]),
            more,
            not after,
            not registers.is_longer_than(session, journal, MOST_PRINTED),
        )

    page = in_transaction(work)
    return render_template("registers/register.html", page=page), status(period)


@bp.get("/registres/<uuid:holder_id>/<int:vintage_id>/registre.<ending>")
def register_file(holder_id: UUID, vintage_id: int, ending: str) -> ResponseReturnValue:
    """The same as a file, whole."""
    check(Right.SEE_LEDGER)
    if ending not in FORMATS:
        raise InvalidInput(format="Choisissez csv, xlsx ou pdf.")
    period = strict_period()
    return register_download(holder_id, vintage_id, period.since, period.until, ending)


@bp.get("/compte-d-emploi/<int:vintage_id>")
def account(vintage_id: int) -> ResponseReturnValue:
    """What became of every pass ordered of a vintage."""
    check(Right.SEE_LEDGER)
    period = asked_period()
    page = in_transaction(
        lambda session: AccountPage(period, _account(session, vintage_id, period), vintage_id)
    )
    return render_template("registers/account.html", page=page), status(period)


@bp.get("/compte-d-emploi/<int:vintage_id>/compte.pdf")
def account_pdf(vintage_id: int) -> ResponseReturnValue:
    """The same, to be signed."""
    check(Right.SEE_LEDGER)
    period = strict_period()
    told = in_transaction(lambda session: _account(session, vintage_id, period))
    name = f"compte-d-emploi-{told.vintage}-{told.on:%Y-%m-%d}.pdf"
    return download(register_papers.account_pdf(told), name, PDF)


def _account(session: Session, vintage_id: int, period: Period) -> AccountOfUse:
    return account_of_use(
        session,
        actor=current_actor(),
        vintage_id=vintage_id,
        on=period.until,
        now=started_at(),
    )


@bp.get("/bordereau-d-emploi/<uuid:holder_id>")
def slip(holder_id: UUID) -> ResponseReturnValue:
    """What a holder did with its passes in a period, took in, and was paid."""
    check(Right.SEE_LEDGER)
    period = asked_period()
    page = in_transaction(
        lambda session: SlipPage(period, _slip(session, holder_id, period), holder_id)
    )
    return render_template("registers/slip.html", page=page), status(period)


@bp.get("/bordereau-d-emploi/<uuid:holder_id>/bordereau.pdf")
def slip_pdf(holder_id: UUID) -> ResponseReturnValue:
    """The same, to be signed."""
    check(Right.SEE_LEDGER)
    period = strict_period()
    told = in_transaction(lambda session: _slip(session, holder_id, period))
    name = f"bordereau-d-emploi-{period.since:%Y-%m-%d}-{period.until:%Y-%m-%d}.pdf"
    return download(register_papers.slip_pdf(told), name, PDF)


def _slip(session: Session, holder_id: UUID, period: Period) -> Slip:
    return slip_of(
        session,
        actor=current_actor(),
        holder_id=holder_id,
        since=period.since,
        until=period.until,
        now=started_at(),
    )
