"""Sending the orientation letter to whoever asks for it: an e-mail, or a text message to copy."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.sms import message_count
from app.kernel.text import is_landline
from app.prescribers import letters, queries
from app.prescribers.errors import UnknownPrescription
from app.prescribers.prescriptions import known_prescription
from app.web.auth import check, current_actor, started_at
from app.web.format import compact
from app.web.forms import Form, done
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("letter_pages", __name__)

BY_TEXT = "sms"


@dataclass(frozen=True, slots=True)
class LetterPage:
    """Whose letter it is, and by which roads it may leave."""

    id: UUID
    number: str
    name: str
    phone: str
    landline: bool
    """Whether no text message reaches them."""
    mails_leave: bool
    """Whether this site has a mail server."""
    text: str
    """The text message, once the person agreed to it."""
    message_count: int
    link: str


@bp.route("/remises/<uuid:prescription_id>/envoyer", methods=["GET", "POST"])
def send(prescription_id: UUID) -> ResponseReturnValue:
    """Ask the person, then send; nothing leaves before they agree."""
    check(Right.SEE_BENEFICIARIES)
    form = Form.sent() if request.method == "POST" else None
    by_text = form is not None and form.text("moyen") == BY_TEXT
    if form is not None and not by_text and _sent(form, prescription_id):
        return done(
            url_for("handover_pages.shown", prescription_id=prescription_id),
            "La lettre part dans la minute. L’adresse est oubliée dès qu’elle est partie.",
        )
    agreed = form is not None and by_text and form.checked("accord_sms")
    if form is not None and by_text and not agreed:
        form.wrong("accord_sms", "Demandez à la personne si elle est d’accord, puis cochez.")
        form.status = HTTPStatus.UNPROCESSABLE_ENTITY
    page, address = in_transaction(lambda session: _page(session, prescription_id, agreed=agreed))
    if form is None:
        form = Form.blank(courriel=address)
    return render_template("handovers/send.html", page=page, form=form), form.status


def _sent(form: Form, prescription_id: UUID) -> bool:
    settings = current_settings()
    return settings.mail_server is not None and (
        form.submit(
            lambda session: letters.send_letter(
                session,
                actor=current_actor(),
                mail_id=form.id,
                prescription_id=prescription_id,
                address=form.text("courriel"),
                agreed=form.checked("accord"),
                help_line=settings.help_line,
                key=settings.secret_key,
                now=started_at(),
            )
        )
        is not None
    )


def _page(session: Session, prescription_id: UUID, *, agreed: bool) -> tuple[LetterPage, str]:
    actor, settings = current_actor(), current_settings()
    made = known_prescription(session, actor=actor, prescription_id=prescription_id)
    who = queries.identity(session, made.beneficiary_id)
    letter = letters.letter_of(
        session,
        actor=actor,
        prescription_id=prescription_id,
        help_line=settings.help_line,
        now=started_at(),
    )
    if who is None:
        raise UnknownPrescription
    text = letters.short_message(letter) if agreed else ""
    page = LetterPage(
        id=made.id,
        number=made.number,
        name=letter.person,
        phone=who.phone or "",
        landline=is_landline(who.phone or ""),
        mails_leave=settings.mail_server is not None,
        text=text,
        message_count=message_count(text),
        link=f"sms:{compact(who.phone or '')}?body={quote(text)}",
    )
    return page, who.email or ""
