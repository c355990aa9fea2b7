"""Corrections as pages: passes taken back once paid, and what is owed for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import (
    clawbacks,
    correction_queries,
    debit_notes,
    redemptions,
    session_queries,
)
from app.clearing.correction_models import DebitNote
from app.clearing.correction_queries import Correction, MediatorAccount
from app.clearing.correction_views import state_of
from app.clearing.models import StatementApproval
from app.clearing.receipts import serial_in
from app.clearing.rules import ClawbackState
from app.clearing.runs import asked_on
from app.database.lists import Place
from app.database.rows import rows_by
from app.identity.naming import named_to
from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.kernel.money import Cents
from app.papers.sheets import Kind
from app.partners import queries as partners
from app.programmes import numbering
from app.programmes import queries as programmes
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.format import day_long, euros
from app.web.forms import Form, done
from app.web.lists import WAITING_FIRST, Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("correction_pages", __name__)

MANY = 200
STATES = {
    ClawbackState.WAITING: ("warn", "À approuver"),
    ClawbackState.SET_ASIDE: ("", "Écartée"),
    ClawbackState.OWED: ("bad", "À compenser"),
    ClawbackState.RECOVERED: ("ok", "Compensée"),
}


@dataclass(frozen=True, slots=True)
class ClawbackRow:
    """A clawback in a list, and what its page says of it."""

    id: UUID
    redemption_id: UUID
    serial: str
    mediator: str
    reason: str
    tone: str
    state: str
    waits: bool
    own: bool
    """The reader has prepared it: another person approves."""
    prepared_at: datetime
    net_cents: Cents | None
    recovered_by: str
    set_aside_because: str
    prepared_by: str
    decided_by: str
    decided_at: datetime | None
    """How it was prepared and decided; who did, as the reader is told."""


@dataclass(frozen=True, slots=True)
class NoteProspect:
    """Whether a debit note may be issued for what a mediator owes back, in words."""

    words: str
    """From when, or why not yet."""
    may_be_issued: bool
    mediator_id: UUID
    programme_id: UUID


def note_prospect(session: Session, mediator_id: UUID, programme_id: UUID) -> NoteProspect | None:
    """What is told of the debit note that would ask for it; None: nothing is owed back."""
    found = debit_notes.prospect_of(session, mediator_id, programme_id, now=started_at())
    if found is None:
        return None
    since = day_long(found.from_on)
    if started_on() < found.from_on:
        words = f"À partir du {since}, si aucun bordereau n’a compensé d’ici là ce qui est dû."
    elif found.fresh_cents:
        words = (
            f"Pas encore : le délai est passé depuis le {since}, mais {euros(found.fresh_cents)} "
            "encaissés attendent une liquidation. Liquidez et approuvez ce bordereau d’abord : il "
            "compense ce qui y tient."
        )
    elif found.draft_cents:
        words = (
            f"Pas encore : le délai est passé depuis le {since}, mais un projet de bordereau de "
            f"{euros(found.draft_cents)} attend son approbation. Approuvez-le d’abord : il "
            "compense ce qui y tient."
        )
    else:
        words = f"Possible depuis le {since} : aucun bordereau à venir ne compense ce qui est dû."
    ready = started_on() >= found.from_on and not found.still_owed_cents
    return NoteProspect(words, ready, mediator_id, programme_id)


@dataclass(frozen=True, slots=True)
class Owing:
    """Who owes something back that nothing has recovered."""

    mediator_id: UUID
    mediator: str
    programme_id: UUID
    programme: str
    voucher_count: int
    net_cents: Cents
    note_from_on: date
    """The first day of a debit note, as far as the delay goes."""


@dataclass(frozen=True, slots=True)
class CorrectionsPage:
    """Clawbacks, those that wait first, and who owes what."""

    list: Listed[ClawbackRow]
    states: tuple[Choice, ...]
    mediators: tuple[Choice, ...]
    owing: tuple[Owing, ...]
    open_note_count: int
    own: bool
    account: MediatorAccount | None
    may_issue: bool
    today: date


def clawback_rows(session: Session, corrections: Sequence[Correction]) -> tuple[ClawbackRow, ...]:
    """Clawbacks as a page tells them."""
    serials = session_queries.serials_of(
        session, [one.clawback.redemption_id for one in corrections]
    )
    names = partners.organisation_names(session, [one.clawback.mediator_id for one in corrections])
    papers = recovering_papers(session, corrections)
    named = named_to(
        session,
        current_actor(),
        [one.clawback.prepared_by for one in corrections]
        + [one.decision.decided_by for one in corrections if one.decision],
    )
    return tuple(
        ClawbackRow(
            one.id,
            one.clawback.redemption_id,
            serials[one.clawback.redemption_id],
            names[one.clawback.mediator_id],
            one.clawback.reason,
            *STATES[state_of(one)],
            one.decision is None,
            one.clawback.prepared_by == current_actor().agent_id,
            one.clawback.prepared_at,
            Cents(one.receivable.net_cents) if one.receivable else None,
            papers.get(one.id, ""),
            (one.decision.reason or "") if one.decision else "",
            named(one.clawback.prepared_by),
            named(one.decision.decided_by if one.decision else None),
            one.decision.decided_at if one.decision else None,
        )
        for one in corrections
    )


def recovering_papers(session: Session, corrections: Sequence[Correction]) -> dict[UUID, str]:
    """The number of the paper that recovers what is owed back for each, where one does."""
    recoveries = {one.id: one.recovery for one in corrections if one.recovery is not None}
    approvals = rows_by(
        session,
        StatementApproval.statement_id,
        {r.statement_id for r in recoveries.values() if r.statement_id},
    )
    notes = rows_by(
        session, DebitNote.id, {r.debit_note_id for r in recoveries.values() if r.debit_note_id}
    )
    found: dict[UUID, str] = {}
    for clawback_id, recovery in recoveries.items():
        if recovery.statement_id is not None:
            prefix, papers = numbering.STATEMENT, approvals[recovery.statement_id]
        else:
            prefix, papers = numbering.DEBIT_NOTE, notes[recovery.debit_note_id or UUID(int=0)]
        found.update((clawback_id, numbering.written(prefix, p.year, p.number)) for p in papers)
    return found


def _mediators(session: Session) -> list[tuple[UUID, str]]:
    return [] if current_actor().scope else correction_queries.mediators_corrected(session)


def _found(session: Session, form: Form, place: Place) -> list[Correction]:
    return correction_queries.latest_corrections(
        session,
        place,
        mediator_id=current_actor().scope,
        of_mediator_id=form.among("mediateur", {str(one): one for one, _ in _mediators(session)}),
        state=form.among("etat", {str(state): state for state in ClawbackState}),
    )


CORRECTIONS = Listing(
    "correction_pages.listed",
    name="corrections",
    title="Reprises de pass payés",
    columns=(
        Column[ClawbackRow]("Pass", lambda row: row.serial, width=18),
        Column("Médiateur", lambda row: row.mediator, width=36),
        Column("Préparée le", lambda row: martinique_day(row.prepared_at), Kind.DAY, "prepare"),
        Column("Pourquoi", lambda row: row.reason, width=40),
        Column("À rendre (€)", lambda row: row.net_cents, Kind.EUROS, "net"),
        Column("État", lambda row: row.state, sort="attente", ways=WAITING_FIRST),
        Column("Compensée par", lambda row: row.recovered_by, width=16, shown=False),
        Column("Écartée parce que", lambda row: row.set_aside_because, width=40, shown=False),
    ),
    filters=("etat", "mediateur"),
    found=_found,
    told=clawback_rows,
    first="-attente",
)


@bp.get("/corrections")
def listed() -> ResponseReturnValue:
    """What was taken back, and what is owed for it."""
    check(Right.SEE_STATEMENTS)
    scope = current_actor().scope

    def read(session: Session) -> CorrectionsPage:
        return CorrectionsPage(
            CORRECTIONS.page(session),
            tuple(Choice(str(state), label) for state, (_, label) in STATES.items()),
            tuple(Choice(str(one), name) for one, name in _mediators(session)),
            () if scope else owing_now(session),
            correction_queries.open_debit_note_count(session, mediator_id=scope),
            scope is not None,
            correction_queries.account_of(session, scope) if scope else None,
            may(Right.ISSUE_DEBIT_NOTE),
            started_on(),
        )

    return render_template("clearing/corrections.html", page=in_transaction(read))


@bp.get("/corrections.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The clawbacks of the address, all of them."""
    check(Right.SEE_STATEMENTS)
    return CORRECTIONS.file(ending, programmes.is_demonstration)


def owing_now(session: Session) -> tuple[Owing, ...]:
    """Who owes something back today."""
    rows = correction_queries.owing(session, before=started_at())
    names = partners.organisation_names(session, [one.mediator_id for one in rows])
    known = {p.id: p.name for p in programmes.programmes_after(session, None, limit=MANY)}
    delays = {
        programme: timedelta(
            days=asked_on(session, programme, day=started_on()).recovery_delay_days
        )
        for programme in {one.programme_id for one in rows}
    }
    return tuple(
        Owing(
            one.mediator_id,
            names[one.mediator_id],
            one.programme_id,
            known.get(one.programme_id, ""),
            one.voucher_count,
            one.net_cents,
            martinique_day(one.owed_since) + delays[one.programme_id],
        )
        for one in rows
    )


# ── One pass ──────────────────────────────────────────────────────────────────────────────────────


@bp.route("/encaissements/<uuid:redemption_id>/reprendre", methods=["GET", "POST"])
def prepare(redemption_id: UUID) -> ResponseReturnValue:
    """Say that a pass that was paid should not have been; another person approves."""
    check(Right.PREPARE_CLAWBACK)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        made = form.submit(
            lambda session: clawbacks.prepare_clawback(
                session,
                actor=current_actor(),
                clawback_id=form.id,
                redemption_id=redemption_id,
                reason=form.text("reason"),
                now=started_at(),
            )
        )
        if made is not None:
            return done(
                url_for(".shown", clawback_id=made.id),
                "La reprise est préparée. Une autre personne l’approuve maintenant.",
            )

    def read(session: Session) -> tuple[str, str, datetime, Cents]:
        found = redemptions.known_redemption(
            session, actor=current_actor(), redemption_id=redemption_id
        )
        name = partners.organisation_names(session, [found.mediator_id])[found.mediator_id]
        return serial_in(found.receipt), name, found.redeemed_at, Cents(found.amount_cents)

    return render_template(
        "clearing/take_back.html",
        pass_taken=in_transaction(read),
        redemption_id=redemption_id,
        form=form,
    ), form.status


def one_clawback(clawback_id: UUID) -> tuple[ClawbackRow, NoteProspect | None]:
    """One clawback, for those whose business it is, and the debit note that may ask for it."""

    def read(session: Session) -> tuple[ClawbackRow, NoteProspect | None]:
        clawbacks.known_clawback(session, actor=current_actor(), clawback_id=clawback_id)
        found = correction_queries.corrections_after(session, None, limit=1, ids=[clawback_id])
        [one] = found
        owed = one.receivable if one.receivable and one.recovery is None else None
        seen = owed is not None and current_actor().scope is None
        return clawback_rows(session, found)[0], (
            note_prospect(session, owed.mediator_id, owed.programme_id) if owed and seen else None
        )

    return in_transaction(read)


def show(clawback_id: UUID, form: Form) -> ResponseReturnValue:
    """The page of a clawback, with a form as it was typed."""
    page, note = one_clawback(clawback_id)
    return render_template(
        "clearing/clawback.html",
        page=page,
        note=note,
        form=form,
        may_issue=may(Right.ISSUE_DEBIT_NOTE),
        may_approve=may(Right.APPROVE_CLAWBACK),
        may_set_aside=may(Right.PREPARE_CLAWBACK),
    ), form.status


@bp.get("/corrections/<uuid:clawback_id>")
def shown(clawback_id: UUID) -> ResponseReturnValue:
    """One clawback: why, what it waits for, and what has recovered it."""
    check(Right.SEE_STATEMENTS)
    return show(clawback_id, Form.blank())


@bp.post("/corrections/<uuid:clawback_id>/approuver")
def approve(clawback_id: UUID) -> ResponseReturnValue:
    """Take the pass back."""
    check(Right.APPROVE_CLAWBACK)
    form = Form.sent()
    made = form.submit(
        lambda session: clawbacks.approve_clawback(
            session, actor=current_actor(), clawback_id=clawback_id, now=started_at()
        )
    )
    if made is None:
        return show(clawback_id, form)
    return done(
        url_for(".shown", clawback_id=clawback_id),
        "La reprise est approuvée. Le prochain bordereau du médiateur la compense.",
    )


@bp.post("/corrections/<uuid:clawback_id>/ecarter")
def set_aside(clawback_id: UUID) -> ResponseReturnValue:
    """Leave the pass paid after all."""
    check(Right.PREPARE_CLAWBACK)
    form = Form.sent()
    made = form.submit(
        lambda session: clawbacks.set_aside_clawback(
            session,
            actor=current_actor(),
            clawback_id=clawback_id,
            reason=form.text("reason"),
            now=started_at(),
        )
    )
    if made is None:
        return show(clawback_id, form)
    return done(
        url_for(".listed"), "La reprise est écartée : le pass reste payé. Il n’y a rien à faire."
    )
