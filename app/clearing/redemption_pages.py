"""One redemption: its receipt, on screen and on paper, and undoing it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing import redemption_queries, redemptions, session_queries, undoing
from app.clearing.counter_parts import OVER, UNDOABLE, LineShown, lines_shown
from app.clearing.receipt_files import receipt_file
from app.clearing.redemption_models import Redemption
from app.identity import queries as identity
from app.identity.rules import RIGHTS, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.papers import qr
from app.partners import queries as partners
from app.web.auth import check, current_actor, started_at
from app.web.format import day_long
from app.web.forms import Form, done
from app.web.transaction import in_transaction

bp = Blueprint("redemption_pages", __name__)


@dataclass(frozen=True, slots=True)
class RedemptionPage:
    """One redemption, its receipt, and whether this reader may undo it."""

    line: LineShown
    mediator_name: str
    recorded_by: str
    receipt: str
    movement_id: int
    on: date
    may_undo: bool
    may_take_back: bool
    undone: str
    """Who undid it, when and why."""
    address: str
    checking_page: str
    qr_side: int
    qr_path: str


def redemption_page(session: Session, redemption_id: UUID) -> RedemptionPage:
    """Read one redemption for its page.

    Raises:
        UnknownRedemption.
    """
    actor = current_actor()
    redemption = redemptions.known_redemption(session, actor=actor, redemption_id=redemption_id)
    line = session_queries.line_of(session, redemption_id)
    mediator = partners.organisation(session, redemption.mediator_id)
    address = url_for("receipt_pages.verify", r=redemption.receipt, _external=True)
    side, path = qr.on_screen(address, "L")
    return RedemptionPage(
        lines_shown([line], {})[0],
        mediator.name if mediator else "",
        recorded_by(session, redemption),
        redemption.receipt,
        redemption.movement_id,
        redemption.redeemed_on,
        line.state in UNDOABLE and Right.UNDO_REDEMPTION in RIGHTS[actor.role],
        line.state in OVER and Right.PREPARE_CLAWBACK in RIGHTS[actor.role],
        undone_in_words(session, redemption),
        address,
        url_for("receipt_pages.verify", _external=True),
        side,
        path,
    )


def undone_in_words(session: Session, redemption: Redemption) -> str:
    """Who gave the person the pass back, when and why; nothing where nobody did."""
    made = redemption_queries.reversal_of(session, redemption.id)
    if made is None:
        return ""
    agent = identity.agent(session, made.reversed_by)
    own = agent is None or agent.organisation_id == redemption.mediator_id
    day = day_long(martinique_day(made.reversed_at))
    return f"{'Le médiateur' if own else 'La collectivité'}, le {day} : {made.reason}"


def recorded_by(session: Session, redemption: Redemption) -> str:
    """Who took the pass: somebody of the mediator's, or the sponsor in its name."""
    agent = identity.agent(session, redemption.redeemed_by)
    if agent is not None and agent.organisation_id != redemption.mediator_id:
        return "La collectivité, d’après la feuille du médiateur"
    return "Le médiateur"


@bp.get("/encaissements/<uuid:redemption_id>")
def receipt(redemption_id: UUID) -> ResponseReturnValue:
    """The receipt of one redemption: what, when, how much, and the signature."""
    check(Right.SEE_REDEMPTIONS)
    page = in_transaction(lambda session: redemption_page(session, redemption_id))
    return render_template("clearing/receipt.html", page=page)


@bp.get("/encaissements/<uuid:redemption_id>/recu.pdf")
def receipt_on_paper(redemption_id: UUID) -> ResponseReturnValue:
    """The same on paper."""
    check(Right.SEE_REDEMPTIONS)
    return receipt_file(redemption_id)


@bp.route("/encaissements/<uuid:redemption_id>/annuler", methods=["GET", "POST"])
def undo(redemption_id: UUID) -> ResponseReturnValue:
    """Give the person the pass back, with a reason; the page asks before."""
    check(Right.UNDO_REDEMPTION)
    form = Form.sent() if request.method == "POST" else Form.blank()

    def act(session: Session) -> RedemptionPage:
        try:
            undoing.undo_redemption(
                session,
                actor=current_actor(),
                reversal_id=form.id,
                redemption_id=redemption_id,
                reason=form.text("raison"),
                now=started_at(),
            )
        except InvalidInput as refusal:
            said = refusal.details["fields"]
            raise InvalidInput(raison=said["reason"] if isinstance(said, dict) else "") from None
        return redemption_page(session, redemption_id)

    if request.method == "POST" and (page := form.submit(act)) is not None:
        return done(
            url_for(".receipt", redemption_id=redemption_id),
            f"L’encaissement du pass {page.line.serial} est annulé. Rendez le pass à la personne : "
            "elle peut s’en resservir.",
        )
    page = in_transaction(lambda session: redemption_page(session, redemption_id))
    return render_template("clearing/undo.html", page=page, form=form), form.status
