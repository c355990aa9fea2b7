"""Disputes as pages: a refused pass is claimed, both stories stand side by side, one decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import correction_queries, disputes, session_queries
from app.clearing.api import signer_of
from app.clearing.correction_queries import Disputed
from app.clearing.counter_parts import OVER, STATES, told_in_words
from app.clearing.disputes import Outcome
from app.clearing.rules import RedemptionState, SessionKind, ToldSession, instant_of
from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.clock import FIRST_DAY, martinique_day
from app.papers.sheets import Kind
from app.partners import queries as partners
from app.programmes.queries import is_demonstration
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.forms import Form, done
from app.web.lists import WAITING_FIRST, Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("dispute_pages", __name__)

OUTCOMES = {
    Outcome.KEPT: ("", "Gardé par le premier"),
    Outcome.AWARDED: ("ok", "Attribué à l’autre"),
}
BEFORE_AN_AWARD = {
    RedemptionState.CLAIMED: (
        "S’il est sur un projet de bordereau, l’attribuer l’en retire. Sur un bordereau approuvé, "
        "attendez le paiement, puis préparez la reprise du pass."
    ),
    RedemptionState.SETTLED: (
        "Il est payé : avant d’attribuer le pass, préparez sa reprise et faites-la approuver par "
        "une autre personne."
    ),
    RedemptionState.TAKEN_BACK: (
        "Son paiement est repris : il ne garde plus le pass, attribuez-le à l’autre."
    ),
    RedemptionState.OFFSET: (
        "Il a compensé un pass repris : avant de l’attribuer, préparez sa reprise et faites-la "
        "approuver par une autre personne."
    ),
}


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A dispute in a list."""

    id: UUID
    serial: str
    claimant: str
    first: str
    opened_at: datetime
    tone: str
    state: str


@dataclass(frozen=True, slots=True)
class First:
    """The story of who took the pass first: for those who decide."""

    mediator: str
    redemption_id: UUID
    at: datetime
    recorded_at: datetime
    session: str
    tone: str
    state: str
    before: str
    """What stands before an award, in a sentence."""
    payable: bool
    """It is paid: a clawback comes first."""
    taken_back: bool
    """It was paid and owes that back: it does not keep the pass."""


@dataclass(frozen=True, slots=True)
class DisputePage:
    """Both stories, and how it was decided."""

    row: DisputeRow
    claimed_at: datetime
    refused_at: datetime
    story: str
    first: First | None
    reason: str
    decided_at: datetime | None
    award_id: UUID | None
    may_decide: bool
    not_allowed: str


FILTERS = {"a-trancher": None, **{str(outcome): outcome for outcome in Outcome}}
STATE_CHOICES = (
    Choice("a-trancher", "À trancher"),
    *(Choice(str(outcome), label) for outcome, (_, label) in OUTCOMES.items()),
)


@dataclass(frozen=True, slots=True)
class DisputesPage:
    """Disputes, those to decide first."""

    list: Listed[DisputeRow]
    states: tuple[Choice, ...]
    own: bool


def rows(session: Session, disputed: Sequence[Disputed]) -> tuple[DisputeRow, ...]:
    """Disputes as a list tells them; who claims is not told who took the pass."""
    takers = session_queries.takers_of(session, [one.dispute.redemption_id for one in disputed])
    names = partners.organisation_names(
        session, {*takers.values(), *(one.dispute.claimant_id for one in disputed)}
    )
    serials = session_queries.serials_of(session, [one.dispute.redemption_id for one in disputed])
    staff = current_actor().scope is None
    return tuple(
        DisputeRow(
            one.id,
            serials[one.dispute.redemption_id],
            names[one.dispute.claimant_id],
            names[takers[one.dispute.redemption_id]] if staff else "",
            one.dispute.opened_at,
            *(OUTCOMES[Outcome(one.decision.outcome)] if one.decision else ("warn", "À trancher")),
        )
        for one in disputed
    )


def _found(session: Session, form: Form, place: Place) -> list[Disputed]:
    outcome = form.among("etat", FILTERS)
    return correction_queries.latest_disputes(
        session,
        place,
        claimant_id=current_actor().scope,
        decided=False if form.text("etat") == "a-trancher" else None,
        outcome=outcome,
    )


DISPUTES = Listing(
    "dispute_pages.listed",
    name="litiges",
    title="Litiges",
    columns=(
        Column[DisputeRow]("Pass", lambda row: row.serial, width=18),
        Column("Réclamé par", lambda row: row.claimant, width=36),
        Column("Encaissé par", lambda row: row.first, width=36),
        Column("Ouvert le", lambda row: martinique_day(row.opened_at), Kind.DAY, "ouvert"),
        Column("État", lambda row: row.state, sort="attente", ways=WAITING_FIRST),
    ),
    filters=("etat",),
    found=_found,
    told=rows,
    first="-attente",
)


@bp.get("/litiges")
def listed() -> ResponseReturnValue:
    """Passes that two mediators claim: those to decide first."""
    check(Right.SEE_REDEMPTIONS)
    own = current_actor().scope is not None
    hidden = frozenset({"Encaissé par"} if own else ())
    page = in_transaction(
        lambda session: DisputesPage(DISPUTES.page(session, hidden=hidden), STATE_CHOICES, own)
    )
    return render_template("clearing/disputes.html", page=page)


@bp.get("/litiges.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The disputes of the address, all of them; who claims is not told who took the pass."""
    check(Right.SEE_REDEMPTIONS)
    return DISPUTES.file(ending, is_demonstration)


@bp.route("/litiges/nouveau/<uuid:attempt_id>", methods=["GET", "POST"])
def new(attempt_id: UUID) -> ResponseReturnValue:
    """Claim a pass that was refused as taken elsewhere: its code, the day, the story."""
    check(Right.OPEN_DISPUTE)
    today = started_on()
    form = Form.sent() if request.method == "POST" else Form.blank(redeemed_at=today.isoformat())

    def work(session: Session) -> object:
        at = told_instant(form.day("redeemed_at"), today)
        if not form.text("code"):
            form.wrong("code", "Tapez de nouveau le code du pass : 16 lettres et chiffres.")
        form.note(disputes.wrong_about(form.text("story"), at, now=started_at()))
        form.check()
        return disputes.open_dispute(
            session,
            actor=current_actor(),
            dispute_id=form.id,
            attempt_id=attempt_id,
            code=form.text("code"),
            redeemed_at=at,
            story=form.text("story"),
            now=started_at(),
        )

    if request.method == "POST" and form.submit(work) is not None:
        return done(
            url_for(".shown", dispute_id=form.id),
            "Le litige est ouvert. La collectivité compare les deux récits et vous répond ici.",
        )
    return render_template(
        "clearing/new_dispute.html", form=form, attempt_id=attempt_id
    ), form.status


def told_instant(on: date, today: date) -> datetime:
    """The instant of a session of which the day is told; a day to come stays to come."""
    if on > today:
        return instant_of(on, now=datetime.max.replace(tzinfo=started_at().tzinfo))
    return instant_of(max(on, FIRST_DAY), now=started_at())


def dispute_page(session: Session, dispute_id: UUID) -> DisputePage:
    """Both stories of a dispute, as far as they are the reader’s business."""
    actor = current_actor()
    found = disputes.known_dispute(session, actor=actor, dispute_id=dispute_id)
    decision = correction_queries.dispute_decision_of(session, dispute_id)
    attempt = correction_queries.attempt(session, found.attempt_id)
    [row] = rows(session, [Disputed(found, decision)])
    mine = found.opened_by == actor.agent_id
    decides = may(Right.DECIDE_DISPUTE) and decision is None
    return DisputePage(
        row,
        found.redeemed_at,
        attempt.attempted_at if attempt else found.opened_at,
        found.story,
        first_story(session, found.redemption_id) if actor.scope is None else None,
        decision.reason if decision else "",
        decision.decided_at if decision else None,
        decision.redemption_id if decision else None,
        decides and not mine,
        "Vous avez ouvert ce litige : une autre personne le tranche." if decides and mine else "",
    )


def first_story(session: Session, redemption_id: UUID) -> First:
    """Who took the pass first, when it was recorded, and for which session."""
    line = session_queries.line_of(session, redemption_id)
    taken, words = line.redemption, STATES[line.state]
    held = session_queries.support_session(session, line.session_id) if line.session_id else None
    told = ""
    if held is not None:
        topics = session_queries.topics_of(session, [held.id])[held.id]
        told = told_in_words(
            ToldSession(
                held.duration_minutes, SessionKind(held.kind), held.people_count, tuple(topics)
            )
        )
    return First(
        partners.organisation_names(session, [taken.mediator_id])[taken.mediator_id],
        taken.id,
        taken.redeemed_at,
        correction_queries.recorded_at(session, taken.id),
        told,
        words.tone,
        words.label,
        BEFORE_AN_AWARD.get(line.state, ""),
        line.state in OVER and may(Right.PREPARE_CLAWBACK),
        line.state is RedemptionState.TAKEN_BACK,
    )


@bp.route("/litiges/<uuid:dispute_id>", methods=["GET", "POST"])
def shown(dispute_id: UUID) -> ResponseReturnValue:
    """Both stories side by side; whoever may decide does it here, once."""
    check(Right.SEE_REDEMPTIONS)
    form = Form.sent() if request.method == "POST" else Form.blank()

    def work(session: Session) -> object:
        outcome = form.choice("outcome", Outcome, "Choisissez qui garde le pass.")
        form.check()
        return disputes.decide_dispute(
            session,
            actor=current_actor(),
            dispute_id=dispute_id,
            outcome=outcome,
            reason=form.text("reason"),
            signer=signer_of(current_settings().key_dir),
            now=started_at(),
        )

    if request.method == "POST" and form.submit(work) is not None:
        return done(
            url_for(".shown", dispute_id=dispute_id),
            "Le litige est tranché. Les deux médiateurs lisent la raison ; rien n’est payé deux "
            "fois.",
        )
    page = in_transaction(lambda session: dispute_page(session, dispute_id))
    kept = Choice(Outcome.KEPT, "Le premier garde le pass")
    awarded = Choice(Outcome.AWARDED, f"Le pass est attribué à {page.row.claimant}")
    choices = (awarded,) if page.first and page.first.taken_back else (kept, awarded)
    return render_template(
        "clearing/dispute.html", page=page, form=form, choices=choices
    ), form.status
