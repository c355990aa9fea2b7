"""A mediator's own pages: what it will be paid, its receipts, its account, its rights."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import outlook, session_queries
from app.clearing.counter_parts import (
    UNDOABLE,
    LineShown,
    SessionShown,
    lines_shown,
    sessions_shown,
)
from app.clearing.outlook import Outlook
from app.clearing.rules import RedemptionState
from app.clearing.session_queries import DayLine
from app.database.lists import Place
from app.identity import queries as agents
from app.identity.rules import RIGHTS, Actor, Right
from app.kernel.clock import last_of_month, martinique_day
from app.kernel.money import Cents
from app.mediators import queries as mediators
from app.mediators.models import CashOffice, Label
from app.mediators.rules import FRENCH_CASH_OFFICE, CashOfficeKind
from app.papers.sheets import Field, Kind, csv_bytes, xlsx_bytes
from app.partners import queries as partners
from app.partners.models import Agreement, Closed, Organisation
from app.partners.rules import FRENCH_AGREEMENT_ROLE, AgreementRole, BankDetailsState
from app.partners.service import known_organisation
from app.programmes import queries as programmes
from app.web.auth import check, current_actor, started_on
from app.web.downloads import FORMATS, download
from app.web.format import day_short, month_long
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("mediator_pages", __name__)

SHOWN = 6
"""Passes and sessions of today below the button; the day has its own page."""
A_PAGE = 200
MONTHS = 24
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


# ── The first page of the day ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Ending:
    """A label, an agreement or a régie: from when to when, and how it stands today."""

    name: str
    reference: str
    valid_from: date
    valid_until: date
    tone: str
    state: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A pass of today, and whether the person can still have it back."""

    line: LineShown
    undoable: bool


@dataclass(frozen=True, slots=True)
class CounterPage:
    """What a mediator will be paid, what it took today, and what ends soon."""

    outlook: Outlook
    today: date
    taken: tuple[Taken, ...]
    taken_count: int
    taken_cents: Cents
    supports: tuple[SessionShown, ...]
    ending: tuple[Ending, ...]
    unable: str
    """Why no pass can be taken today."""


@bp.get("/mon-guichet")
def counter() -> ResponseReturnValue:
    """The day of a mediator begins here: what it is owed, and the button that takes a pass."""
    check(Right.REDEEM)
    page = in_transaction(_counter_page)
    return render_template("clearing/counter.html", page=page)


def _counter_page(session: Session) -> CounterPage:
    today, mediator_id = started_on(), current_actor().organisation_id
    lines = session_queries.day_lines(session, today, Place(SHOWN), mediator_id=mediator_id)
    totals = session_queries.day_totals(session, today, mediator_id=mediator_id)
    kept = [total for total in totals if total.state is not RedemptionState.UNDONE]
    held = session_queries.latest_sessions(
        session, Place(SHOWN), mediator_id=mediator_id, since=today, until=today
    )
    rights = _rights(session, known_organisation(session, mediator_id), today)
    return CounterPage(
        outlook=outlook.outlook_of(session, mediator_id, today=today),
        today=today,
        taken=tuple(
            Taken(shown, line.state in UNDOABLE)
            for shown, line in zip(lines_shown(lines, {}), lines, strict=True)
        ),
        taken_count=sum(total.voucher_count for total in kept),
        taken_cents=Cents(sum(total.amount_cents for total in kept)),
        supports=sessions_shown(session, held, own=True),
        ending=tuple(one for one in rights.lines if one.tone == "warn"),
        unable=rights.unable,
    )


# ── By which right, and where paid ────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Rights:
    """What lets an organisation take passes, and what is missing for it today."""

    lines: tuple[Ending, ...]
    unable: str


def _rights(session: Session, own: Organisation, today: date) -> Rights:
    """Labels, agreements and régies that run or will; the old ones are on the partner's page."""
    soon = {one.id for one in mediators.renewals(session, on=today, organisation_id=own.id)}
    closed = partners.closures_of(session, own.id)
    shut = mediators.closures_of(session, own.id)
    labels = mediators.labels_of(session, own.id)
    agreements = partners.agreements_of(session, own.id)
    offices = mediators.cash_offices_of(session, own.id)

    def line(
        name: str, row: Label | Agreement | CashOffice, closure: Closed | None = None
    ) -> Ending:
        return Ending(
            name,
            row.reference,
            row.valid_from,
            row.valid_until,
            *_standing(row, closure, today, soon=row.id in soon),
        )

    lines = [
        *(line("Label", one) for one in labels),
        *(
            line(
                f"Convention ({FRENCH_AGREEMENT_ROLE[AgreementRole(one.role)]})",
                one,
                closed.get(one.id),
            )
            for one in agreements
        ),
        *(
            line(FRENCH_CASH_OFFICE[CashOfficeKind(one.kind)].capitalize(), one, shut.get(one.id))
            for one in offices
        ),
    ]
    unable = ""
    if mediators.label_in_force(session, own.id, on=today) is None:
        unable = "aucun label n’est en vigueur"
    elif AgreementRole.MEDIATOR not in partners.roles_on(session, [own.id], on=today).get(
        own.id, []
    ):
        unable = "aucune convention de médiateur n’est en vigueur"
    elif not mediators.among_those_who(session, mediators.may_cash(today), [own.id]):
        unable = "une structure publique encaisse par une régie, et aucune n’est en vigueur"
    return Rights(tuple(one for one in lines if one.state != "Terminée"), unable)


def _standing(
    row: Label | Agreement | CashOffice, closure: Closed | None, today: date, *, soon: bool
) -> tuple[str, str]:
    if closure is not None and closure.from_on <= today:
        return "", "Terminée"
    if row.valid_until < today:
        return "", "Terminée"
    if row.valid_from > today:
        return "", "À venir"
    if closure is not None:
        return "warn", f"Prend fin le {day_short(closure.from_on)}"
    if soon:
        days = (row.valid_until - today).days
        return "warn", f"Fin dans {days} jour{'s' if days > 1 else ''}" if days else "Dernier jour"
    return "ok", "En vigueur"


@dataclass(frozen=True, slots=True)
class Account:
    """An account where the organisation asks to be paid, masked; who typed it, who checked it."""

    id: UUID
    holder: str
    iban: str
    prepared_on: date
    by_itself: bool
    may_withdraw: bool
    """The reader typed it, and may take it back."""
    approved_on: date | None
    refused_on: date | None
    withdrawn: bool
    reason: str


@dataclass(frozen=True, slots=True)
class OwnPage:
    """Where the reader's organisation is paid, and by which right it takes passes."""

    organisation: Organisation
    paid_on: Account | None
    waiting: tuple[Account, ...]
    """Not checked yet by a second person."""
    refused: tuple[Account, ...]
    """Typed after it, and refused or taken back, the newest first."""
    rights: Rights
    may_type: bool


@bp.get("/ma-structure")
def own() -> ResponseReturnValue:
    """« Mes coordonnées bancaires », « Mon label et ma convention »."""
    check(Right.REDEEM)

    def read(session: Session) -> OwnPage:
        actor = current_actor()
        organisation = known_organisation(session, actor.organisation_id)
        rows = partners.bank_details_of(session, organisation.id)
        in_use = partners.approved_bank_details(session, organisation.id)
        told = partial(_account, session, actor)
        return OwnPage(
            organisation,
            next((told(one) for one in rows if in_use and one.details.id == in_use.id), None),
            tuple(told(one) for one in rows if one.state is BankDetailsState.WAITING),
            tuple(
                told(one)
                for one in reversed(rows)
                if one.refusal and (not in_use or one.details.prepared_at > in_use.prepared_at)
            ),
            _rights(session, organisation, started_on()),
            Right.PREPARE_BANK_DETAILS in RIGHTS[actor.role],
        )

    return render_template("clearing/own.html", page=in_transaction(read))


def _account(session: Session, actor: Actor, one: partners.NamedAccount) -> Account:
    details, approval, refusal = one.details, one.approval, one.refusal
    who = agents.agent(session, details.prepared_by)
    return Account(
        details.id,
        details.holder,
        details.iban_masked,
        martinique_day(details.prepared_at),
        by_itself=who is not None and who.organisation_id == details.organisation_id,
        may_withdraw=details.prepared_by == actor.agent_id
        and Right.PREPARE_BANK_DETAILS in RIGHTS[actor.role],
        approved_on=martinique_day(approval.approved_at) if approval else None,
        refused_on=martinique_day(refusal.refused_at) if refusal else None,
        withdrawn=one.state is BankDetailsState.WITHDRAWN,
        reason=refusal.reason.rstrip(".") if refusal else "",
    )


# ── Receipts ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ReceiptsPage:
    """The receipts of a month. Fields sent by GET: `mois`."""

    month: date
    chosen: str
    months: tuple[Choice, ...]
    lines: tuple[LineShown, ...]
    totals: tuple[tuple[str, int, Cents], ...]
    """Taken, given back, kept: passes and their value."""
    more: bool
    is_public: bool


def month_asked(today: date) -> date:
    """The month of the address; the present one where it makes no sense."""
    typed = request.args.get("mois", "")
    asked = date.fromisoformat(f"{typed}-01") if MONTH.fullmatch(typed) else today
    return min(asked, today).replace(day=1)


@bp.get("/recus")
def receipts() -> ResponseReturnValue:
    """The receipts of a month, each with its paper and the page that verifies it."""
    check(Right.REDEEM)
    today = started_on()
    month = month_asked(today)
    mediator_id = current_actor().organisation_id

    def read(session: Session) -> ReceiptsPage:
        lines = _of_month(session, mediator_id, month, A_PAGE + 1)
        taken, given_back = session_queries.sums_between(
            session, mediator_id, since=month, until=last_of_month(month)
        )
        return ReceiptsPage(
            month,
            f"{month:%Y-%m}",
            tuple(Choice(f"{one:%Y-%m}", month_long(one)) for one in _months(today)),
            lines_shown(lines[:A_PAGE], {}),
            (
                ("Encaissés", *taken),
                ("Annulés, rendus aux personnes", *given_back),
                ("Gardés", taken[0] - given_back[0], Cents(taken[1] - given_back[1])),
            ),
            len(lines) > A_PAGE,
            known_organisation(session, mediator_id).public_body,
        )

    return render_template("clearing/receipts.html", page=in_transaction(read))


COLUMNS = (
    Field("Ligne du registre", Kind.NUMBER),
    Field("Jour de l’accompagnement", Kind.DAY),
    Field("Encaissé le", Kind.MOMENT),
    Field("Pass", width=18),
    Field("Valeur (€)", Kind.EUROS),
    Field("État", width=22),
    Field("Reçu signé", width=40),
    Field("Page qui le vérifie", width=40),
)


@bp.get("/recus.<any(csv, xlsx):form>")
def receipts_file(form: str) -> ResponseReturnValue:
    """All receipts of a month with their signatures: proof that needs nobody's help."""
    check(Right.REDEEM)
    month = month_asked(started_on())
    mediator_id = current_actor().organisation_id

    def read(session: Session) -> tuple[list[DayLine], bool]:
        return _of_month(session, mediator_id, month, None), programmes.is_demonstration(session)

    lines, specimen = in_transaction(read)
    rows = [
        (
            line.redemption.movement_id,
            line.redemption.redeemed_on,
            line.redemption.redeemed_at,
            shown.serial,
            shown.amount_cents,
            shown.words.label,
            line.redemption.receipt,
            url_for("receipt_pages.verify", r=line.redemption.receipt, _external=True),
        )
        for line, shown in zip(lines, lines_shown(lines, {}), strict=True)
    ]
    content = (
        csv_bytes(COLUMNS, rows, specimen=specimen)
        if form == "csv"
        else xlsx_bytes(
            COLUMNS, rows, title=f"Encaissements, {month_long(month)}", specimen=specimen
        )
    )
    return download(content, f"recus-{month:%Y-%m}.{form}", FORMATS[form])


def _of_month(session: Session, mediator_id: UUID, month: date, limit: int | None) -> list[DayLine]:
    return session_queries.lines_between(
        session, mediator_id, since=month, until=last_of_month(month), limit=limit
    )


def _months(today: date) -> Sequence[date]:
    """This month and those before it."""
    months = [today.replace(day=1)]
    while len(months) < MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months
