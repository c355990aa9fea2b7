"""One form of an organisation at a time: shown, sent, and back to the page of the organisation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.mediators.forms import Sheet
from app.partners import service as partnership
from app.partners.models import Organisation
from app.web.forms import Form, done
from app.web.transaction import in_transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FormPage:
    """One of the forms of an organisation, or of none yet."""

    sheet: Sheet
    form: Form
    back: str
    back_label: str
    facts: tuple[tuple[str, str], ...] = ()
    refused: str = ""
    """Why whoever looks cannot do this: told instead of the form."""
    instead: tuple[str, str] | None = None
    """Address and words of what may be done instead."""


def ask(
    sheet: Sheet,
    *,
    of: Organisation | None,
    proposed: dict[str, str | list[str]],
    act: Callable[[Session, Form], T],
    then: Callable[[T], ResponseReturnValue],
    facts: tuple[tuple[str, str], ...] = (),
    refused: str = "",
    instead: tuple[str, str] | None = None,
) -> ResponseReturnValue:
    """Show a form, or do what was sent and open the page of the result."""
    form = Form.sent() if request.method == "POST" else Form.blank(**proposed)
    if request.method == "POST":
        made = form.submit(lambda session: act(session, form))
        if made is not None:
            return then(made)
    page = FormPage(
        sheet,
        form,
        back=url_for("partners_pages.partner", partner_id=of.id)
        if of
        else url_for("partners_pages.directory"),
        back_label=of.name if of else "Tous les partenaires",
        facts=facts,
        refused=refused,
        instead=instead,
    )
    return render_template("partners/form.html", page=page), form.status


def known(partner_id: UUID) -> Organisation:
    """The organisation that the address of the page names."""
    return in_transaction(lambda session: partnership.known_organisation(session, partner_id))


def back_to(partner_id: UUID, sentence: str) -> Callable[[object], ResponseReturnValue]:
    """After an act: the page of the organisation, with that sentence."""
    return lambda _made: done(url_for("partners_pages.partner", partner_id=partner_id), sentence)
