"""A renewal in two clicks: a page that says what is known, and the button that hands over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.ids import new_id
from app.partners import queries as partners
from app.prescribers import queries
from app.prescribers.errors import LateHandOver
from app.prescribers.handover_parts import (
    FIELD_OF,
    REASONS,
    Said,
    StepPage,
    booklets_typed,
    check_commitment,
    choices,
    hand_over,
    step_page,
)
from app.prescribers.letter_files import commitment_file
from app.prescribers.models import Prescription
from app.prescribers.referrals import Choice
from app.prescribers.renewals import Renewal, renewal_of
from app.prescribers.rules import ENGAGEMENTS, FRENCH_COMMITMENT, Commitment
from app.web.auth import check, current_actor, started_at
from app.web.forms import Form, done
from app.web.transaction import in_transaction

bp = Blueprint("renewal_pages", __name__)


@dataclass(frozen=True, slots=True)
class RenewalPage:
    """Who it is, what rests on earlier days, and what has to be said before the click."""

    step: StepPage
    renewal: Renewal
    last_number: str
    last_on: date
    last_place: str
    moved: bool
    """Whether the place of last time receives nobody today."""
    signed: str
    obstacles: tuple[str, ...]
    """What no reason lifts."""
    late: str
    draft_id: UUID
    """The id of the hand-over in steps that the last button would begin."""

    @property
    def possible(self) -> bool:
        """Whether a booklet can be handed over here and now."""
        return bool(self.renewal.booklet and self.step.places and self.renewal.answers)


@bp.route("/mes-personnes/<uuid:beneficiary_id>/renouveler", methods=["GET", "POST"])
def renew(beneficiary_id: UUID) -> ResponseReturnValue:
    """Another booklet for somebody known; what is kept is shown, and not asked again."""
    check(Right.ISSUE_BOOKLETS)
    form = Form.sent() if request.method == "POST" else None
    if form is not None and (made := _made(form, beneficiary_id)) is not None:
        return done(
            url_for("handover_pages.shown", prescription_id=made.id),
            f"La remise {made.number} est enregistrée. Donnez le carnet, puis la lettre : "
            "imprimez-la ou envoyez-la.",
        )
    page = in_transaction(lambda session: _page(session, beneficiary_id))
    if form is None:
        reason = page.renewal.duplicate_reason
        form = Form.blank(
            carnets=page.renewal.booklet,
            lieu=str(page.step.places[0].place.organisation.id) if page.step.places else "",
            doublon=str(reason) if reason and page.step.alike else "",
        )
    return render_template(
        "handovers/renew.html",
        page=page,
        form=form,
        asked_count=len(booklets_typed(form)),
        lists=REASONS,
        engagements=ENGAGEMENTS,
        commitments=choices(FRENCH_COMMITMENT),
    ), form.status


@bp.get("/mes-personnes/<uuid:beneficiary_id>/engagement.pdf")
def commitment_pdf(beneficiary_id: UUID) -> ResponseReturnValue:
    """The form that a person signs again on paper."""
    check(Right.ISSUE_BOOKLETS)
    return commitment_file(beneficiary_id)


def _made(form: Form, beneficiary_id: UUID) -> Prescription | None:
    """The hand-over; the same one when the button was pressed twice."""

    def look(session: Session) -> tuple[Prescription | None, Renewal]:
        return queries.prescription(session, form.id), _known(session, beneficiary_id)

    made, known = in_transaction(look)
    if made is not None and made.beneficiary_id == beneficiary_id:
        return made
    return form.submit(hand_over(beneficiary_id, form, lambda: _said(form, known)))


def _known(session: Session, beneficiary_id: UUID) -> Renewal:
    return renewal_of(
        session, actor=current_actor(), beneficiary_id=beneficiary_id, now=started_at()
    )


def _said(form: Form, known: Renewal) -> Said:
    """The answers of last time; the signature too while it holds, else the one just given."""
    if known.signature_holds:
        # The declaration stands above the button, whose click makes it again.
        return Said(known.answers, Commitment(known.signed.commitment), True)  # noqa: FBT003
    check_commitment(form, known.person)
    form.check()
    return Said(known.answers, Commitment(form.text("signature")), form.checked("declares"))


def _page(session: Session, beneficiary_id: UUID) -> RenewalPage:
    known = _known(session, beneficiary_id)
    last = known.last
    step = step_page(session, last.id, beneficiary_id, known.answers)
    places = again_first(step.places, last.referred_to_id)
    reasons = tuple(kind for kind, _ in FIELD_OF)
    return RenewalPage(
        step=replace(step, places=places),
        renewal=known,
        last_number=last.number,
        last_on=last.prescribed_on,
        last_place=partners.organisation_names(session, [last.referred_to_id])[last.referred_to_id],
        moved=not places or places[0].place.organisation.id != last.referred_to_id,
        signed=FRENCH_COMMITMENT[Commitment(known.signed.commitment)],
        obstacles=tuple(one.message for one in known.refusals if not isinstance(one, reasons)),
        late=next((one.message for one in known.refusals if isinstance(one, LateHandOver)), ""),
        draft_id=new_id(),
    )


def again_first(places: Sequence[Choice], place_id: UUID) -> tuple[Choice, ...]:
    """The place of last time, then the others; who is moved tells nothing of the one before it."""
    at = next((n for n, c in enumerate(places) if c.place.organisation.id == place_id), None)
    if at is None:
        return tuple(places)
    told = [replace(c, reason=c.alone) if n in {at, at + 1} else c for n, c in enumerate(places)]
    return (told[at], *told[:at], *told[at + 1 :])
