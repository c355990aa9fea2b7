"""« Pièces »: the supporting documents of a period on one page, and in one archive."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing.files import site
from app.identity.rules import Right
from app.programmes.queries import is_demonstration
from app.reports.background import asked_of
from app.reports.evidence import (
    FOLDERS,
    Asking,
    counted,
    pieces_to_archive,
    state_of,
)
from app.reports.register_pages import Period, asked_period, status
from app.web.auth import check, current_actor, started_at, started_on
from app.web.forms import Form
from app.web.transaction import current_settings, in_transaction
from app.works.models import Work
from app.works.pages import followed
from app.works.rules import WorkKind
from app.works.service import ask

bp = Blueprint("evidence_pages", __name__)


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """How many documents of each kind a period has, and the form that asks for their archive."""

    period: Period
    form: Form
    counts: dict[str, int]
    labels: dict[str, str]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


@bp.route("/pieces", methods=["GET", "POST"])
def listed() -> ResponseReturnValue:
    """What the archive of a period holds; it is made in the background, and kept for some days."""
    check(Right.SEE_LEDGER)
    period = asked_period()
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST" and not period.errors:
        work = form.submit(lambda session: _ask(session, period, form))
        if work is not None:
            return followed(work)
    counts = in_transaction(lambda session: counted(session, _asking(session, period)))
    page = EvidencePage(period, form, counts, FOLDERS)
    wrong = form.status if form.errors else status(period)
    return render_template("registers/evidence.html", page=page), wrong


def _ask(session: Session, period: Period, form: Form) -> Work:
    asking = _asking(session, period)
    today = started_on()
    state = state_of(session, asking, pieces_to_archive(session, asking), today=today)
    return ask(
        session,
        actor=current_actor(),
        work_id=form.id,
        kind=WorkKind.EVIDENCE,
        asked=asked_of(period.since, period.until, state),
        secret_key=current_settings().secret_key,
        now=started_at(),
    )


def _asking(session: Session, period: Period) -> Asking:
    return Asking(
        current_actor(),
        period.since,
        period.until,
        site(),
        started_at(),
        specimen=is_demonstration(session),
    )
