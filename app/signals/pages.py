"""Signals on pages: a list with its filters, and a decision with its note."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Right
from app.papers.sheets import Kind
from app.programmes.queries import is_demonstration
from app.signals import queries, service
from app.signals.models import Signal, SignalDecision
from app.signals.rules import FRENCH_DECISION, FRENCH_KIND, Decision, SignalKind
from app.signals.views import SignalTold, signals_told
from app.web.auth import check, current_actor, may, started_at
from app.web.forms import Form, done
from app.web.lists import WAITING_FIRST, Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("signal_pages", __name__)

KINDS = tuple(Choice(str(one), words) for one, words in FRENCH_KIND.items())
STATES = {"a-regarder": False, "decides": True}
STATE_CHOICES = (Choice("a-regarder", "À regarder"), Choice("decides", "Décidés"))


@dataclass(frozen=True, slots=True)
class SignalsPage:
    """Signals, the latest first, and the filters that stay in the address."""

    list: Listed[SignalTold]
    kinds: tuple[Choice, ...]
    states: tuple[Choice, ...]
    form: Form
    may_decide: bool


@dataclass(frozen=True, slots=True)
class SignalPage:
    """One signal, and the form that decides it."""

    signal: SignalTold
    form: Form
    decisions: tuple[Choice, ...]
    may_decide: bool


def _found(session: Session, form: Form, place: Place) -> list[Signal]:
    return queries.latest_signals(
        session,
        place,
        kind=form.among("nature", {str(kind): kind for kind in SignalKind}),
        decided=form.among("etat", STATES),
    )


SIGNALS = Listing(
    "signal_pages.listed",
    name="signalements",
    title="Signalements",
    columns=(
        Column[SignalTold]("Signalement", lambda one: one.kind, width=30),
        Column("Jour", lambda one: one.acted_on, Kind.DAY, "jour"),
        Column("Qui", lambda one: ", ".join(one.organisations), width=40),
        Column("Mesure", lambda one: one.measured, width=40),
        Column(
            "État", lambda one: one.decision or "à regarder", sort="attente", ways=WAITING_FIRST
        ),
        Column("Note", lambda one: one.note, width=40, shown=False),
    ),
    filters=("nature", "etat"),
    found=_found,
    told=signals_told,
    first="-jour",
)
"""Whose account a signal is about is told on the page, and leaves in no file."""


@bp.route("/signalements", methods=["GET", "POST"])
def listed() -> ResponseReturnValue:
    """Every signal; the button looks for new ones."""
    check(Right.SEE_SIGNALS)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        check(Right.DECIDE_SIGNAL)
        new = form.submit(
            lambda session: service.look_for_signals(
                session, actor=current_actor(), now=started_at()
            )
        )
        if new is not None:
            said = (
                f"Nouveaux signalements : {new}. Regardez-les, puis décidez."
                if new
                else ("Rien de nouveau ne dépasse les seuils. Il n’y a rien à faire.")
            )
            return done(url_for(".listed"), said)
    page = in_transaction(
        lambda session: SignalsPage(
            SIGNALS.page(session), KINDS, STATE_CHOICES, form, may(Right.DECIDE_SIGNAL)
        )
    )
    return render_template("signals/list.html", page=page), form.status


@bp.get("/signalements.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The signals of the address, all of them."""
    check(Right.SEE_SIGNALS)
    return SIGNALS.file(ending, is_demonstration)


@bp.route("/signalements/<uuid:signal_id>", methods=["GET", "POST"])
def shown(signal_id: UUID) -> ResponseReturnValue:
    """One signal; somebody says what came of it."""
    check(Right.SEE_SIGNALS)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        check(Right.DECIDE_SIGNAL)

        def act(session: Session) -> SignalDecision:
            decision = form.choice("decision", Decision, "Dites ce qui suit.")
            form.check()
            return service.decide_signal(
                session,
                actor=current_actor(),
                decision_id=form.id,
                signal_id=signal_id,
                decision=decision,
                note=form.text("note"),
                now=started_at(),
            )

        if form.submit(act) is not None:
            return done(
                url_for(".listed"), "La décision est notée. Rien d’autre ne se fait tout seul."
            )

    def work(session: Session) -> SignalPage:
        record = service.known_signal(session, actor=current_actor(), signal_id=signal_id)
        return SignalPage(
            signals_told(session, [record])[0],
            form,
            tuple(Choice(str(one), words) for one, words in FRENCH_DECISION.items()),
            may(Right.DECIDE_SIGNAL),
        )

    return render_template("signals/signal.html", page=in_transaction(work)), form.status
