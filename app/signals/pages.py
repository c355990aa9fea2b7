"""Signals on pages: a list with its filters, and a decision with its note."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import RIGHTS, Right
from app.signals import queries, service
from app.signals.models import SignalDecision
from app.signals.rules import FRENCH_DECISION, FRENCH_KIND, Decision, SignalKind
from app.signals.views import SignalTold, signals_told
from app.web.auth import check, current_actor, started_at
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("signal_pages", __name__)

LINES = 50
STATES = {"a-regarder": False, "decides": True}


@dataclass(frozen=True, slots=True)
class SignalsPage:
    """Signals, the latest first, and the filters that stay in the address."""

    signals: tuple[SignalTold, ...]
    kind: str
    kinds: tuple[Choice, ...]
    state: str
    states: tuple[Choice, ...]
    more: str
    form: Form
    may_decide: bool


@dataclass(frozen=True, slots=True)
class SignalPage:
    """One signal, and the form that decides it."""

    signal: SignalTold
    form: Form
    decisions: tuple[Choice, ...]
    may_decide: bool


def _may_decide() -> bool:
    return Right.DECIDE_SIGNAL in RIGHTS[current_actor().role]


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
    kind, state = request.args.get("nature", ""), request.args.get("etat", "")
    before = _read_id(request.args.get("avant", ""))

    def work(session: Session) -> SignalsPage:
        found = queries.latest_signals(
            session,
            before,
            limit=LINES + 1,
            kind=SignalKind(kind) if kind in set(SignalKind) else None,
            decided=STATES.get(state),
        )
        kept = {"nature": kind, "etat": state}
        return SignalsPage(
            tuple(signals_told(session, found[:LINES])),
            kind,
            tuple(Choice(str(one), words) for one, words in FRENCH_KIND.items()),
            state,
            (Choice("a-regarder", "À regarder"), Choice("decides", "Décidés")),
            f"{url_for('.listed')}?{urlencode(kept | {'avant': str(found[LINES - 1].id)})}"
            if len(found) > LINES
            else "",
            form,
            _may_decide(),
        )

    return render_template("signals/list.html", page=in_transaction(work)), form.status


def _read_id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


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
            _may_decide(),
        )

    return render_template("signals/signal.html", page=in_transaction(work)), form.status
