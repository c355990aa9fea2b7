"""Booklets that leave on pages: to a prescriber, back to the stock, or on to another prescriber."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.errors import DomainError
from app.ledger import AccountKind, chart
from app.partners.queries import organisation_names
from app.prescribers import allocations, booklet_requests, custody, holdings, recalls
from app.prescribers import custody_queries as queries
from app.prescribers.allocations import BookletRange
from app.prescribers.custody_desk import (
    Holder,
    holders_of,
    note_lines,
    only,
    programme_choices,
    read_lines,
    read_uuid,
    twice_said,
    wanted,
)
from app.prescribers.custody_models import (
    Consignment,
)
from app.prescribers.custody_rules import (
    ConsignmentKind,
)
from app.prescribers.custody_views import requests_shown
from app.programmes import queries as programmes
from app.programmes.models import ProgrammeFreeze
from app.programmes.queries import open_freezes
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.web.api import Json
from app.web.auth import check, current_actor, started_at, started_on
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("sending_pages", __name__)


@dataclass(frozen=True, slots=True)
class SendPage:
    """The form of a new consignment, beside what the sender holds."""

    form: Form
    kind: ConsignmentKind
    programmes: tuple[Choice, ...]
    senders: tuple[Choice, ...]
    recipients: tuple[Choice, ...]
    held: tuple[Holder, ...]
    request: Json | None = None
    frozen: tuple[tuple[str, ProgrammeFreeze], ...] = ()
    """Programmes that wait, whose allocations would be refused."""
    unable: str = ""
    """Why the sender may not transfer anything today, said instead of the form."""


def _ask(
    kind: ConsignmentKind, act: Callable[[Session, Form], Consignment], then: str
) -> ResponseReturnValue:
    """Show the form, or send what was typed and open the consignment; `then` says what is next."""
    page = in_transaction(lambda session: _send_page(session, kind))
    form = page.form
    if request.method == "POST":
        made = form.submit(lambda session: _sent_or_told(session, form, kind, act))
        if made is not None:
            return done(
                url_for("custody_pages.consignment", consignment_id=made.id),
                then.format(number=made.number)
                + in_transaction(lambda session: twice_said(session, form, "carnets")),
            )
    return render_template("custody/send.html", page=page), form.status


@bp.route("/dotations/nouvelle", methods=["GET", "POST"])
def allocate() -> ResponseReturnValue:
    """Entrust booklets to a prescriber; with `demande`, as the answer to what it asked for."""
    check(Right.ALLOCATE)

    def act(session: Session, form: Form) -> Consignment:
        recipient_id, programme_id = _recipient(form), form.uuid("dispositif")
        booklets = _booklets(session, form)
        return allocations.allocate_booklets(
            session,
            actor=current_actor(),
            allocation_id=form.id,
            programme_id=programme_id,
            recipient_id=recipient_id,
            booklets=booklets,
            request_id=read_uuid(form.text("demande")),
            now=started_at(),
        )

    return _ask(
        ConsignmentKind.ALLOCATION,
        act,
        "La dotation {number} est en route. Imprimez son bordereau : le prescripteur comptera les "
        "carnets et signera à l’arrivée.",
    )


@bp.route("/dotations/retour", methods=["GET", "POST"])
def give_back() -> ResponseReturnValue:
    """Send booklets back to the stock."""
    check(Right.SEND_BOOKLETS)
    return _ask(
        ConsignmentKind.RETURN,
        lambda session, form: custody.return_booklets(session, **_sent(session, form)),
        "Le retour {number} est en route vers le stock de la collectivité, qui comptera les "
        "carnets à l’arrivée. Joignez-leur le bordereau.",
    )


@bp.route("/dotations/transfert", methods=["GET", "POST"])
def transfer() -> ResponseReturnValue:
    """Send booklets to another prescriber."""
    check(Right.SEND_BOOKLETS)

    def act(session: Session, form: Form) -> Consignment:
        recipient_id = _recipient(form)
        return custody.transfer_booklets(session, recipient_id=recipient_id, **_sent(session, form))

    return _ask(
        ConsignmentKind.TRANSFER,
        act,
        "Le transfert {number} est en route. Le destinataire comptera les carnets et signera à "
        "l’arrivée. Joignez-leur le bordereau.",
    )


def _recipient(form: Form) -> UUID:
    return form.uuid("destinataire", "Choisissez le prescripteur dans la liste.")


def _booklets(session: Session, form: Form) -> list[BookletRange]:
    """What was scanned or typed, once nothing else is to be put right.

    Raises:
        InvalidInput: no booklet, or another field that cannot be read.
        DomainError: what is wrong with a line that cannot be read.
    """
    lines = read_lines(session, form, "carnets")
    if not lines:
        form.wrong("carnets", "Scannez ou tapez au moins un carnet.")
    form.check()
    for _, read in lines:
        if isinstance(read, DomainError):
            raise read
    return [read for _, read in lines if isinstance(read, BookletRange)]


def _sent_or_told(
    session: Session,
    form: Form,
    kind: ConsignmentKind,
    act: Callable[[Session, Form], Consignment],
) -> Consignment:
    """Open the consignment; when a booklet is refused, every faulty line is told at once.

    Raises:
        InvalidInput: what is wrong with each line, and with each other field.
        DomainError: what is wrong with something else.
    """
    try:
        return act(session, form)
    except DomainError:
        note_lines(form, "carnets", _faulty(session, form, kind))
        form.check()
        raise


def _faulty(session: Session, form: Form, kind: ConsignmentKind) -> list[tuple[int, DomainError]]:
    """The lines that would be refused, each with its reason."""
    lines = read_lines(session, form, "carnets")
    programme_id, sender_id = read_uuid(form.text("dispositif")), current_actor().scope
    wrong = [(number, read) for number, read in lines if isinstance(read, DomainError)]
    named = [(number, read) for number, read in lines if isinstance(read, BookletRange)]
    programme = programmes.programme(session, programme_id) if programme_id else None
    if kind is ConsignmentKind.ALLOCATION:
        sender_id = programme.sponsor_id if programme else None
    else:
        sender_id = sender_id or read_uuid(form.text("envoyeur"))
    if programme and sender_id and sender_id in organisation_names(session, {sender_id}):
        verdicts = allocations.judge_booklets(
            session,
            programme.id,
            [read for _, read in named],
            start=partial(
                chart.stock if kind is ConsignmentKind.ALLOCATION else chart.prescriber, sender_id
            ),
            refusal=allocations.not_in_stock
            if kind is ConsignmentKind.ALLOCATION
            else custody.not_held_by(session, sender_id),
        )
        wrong += [
            (number, verdict)
            for (number, _), verdict in zip(named, verdicts, strict=True)
            if verdict is not None
        ]
    return sorted(wrong, key=itemgetter(0))


def _sent(session: Session, form: Form) -> dict[str, Any]:
    """What a return and a transfer say alike.

    Raises:
        InvalidInput: something of it cannot be read.
    """
    sender_id, programme_id = _sender(form), form.uuid("dispositif")
    if not form.text("motif"):
        form.wrong("motif", "Dites pourquoi, en quelques mots.")
    booklets = _booklets(session, form)
    return {
        "actor": current_actor(),
        "consignment_id": form.id,
        "programme_id": programme_id,
        "sender_id": sender_id,
        "booklets": booklets,
        "reason": form.text("motif"),
        "now": started_at(),
    }


def _sender(form: Form) -> UUID:
    """A prescriber sends its own booklets; the coordination says whose."""
    scope = current_actor().scope
    return scope or form.uuid("envoyeur", "Choisissez qui envoie les carnets.")


def _send_page(session: Session, kind: ConsignmentKind) -> SendPage:
    """The form, what is proposed, and what the sender may choose from."""
    actor, known = current_actor(), programme_choices(session)
    asked = None
    if kind is ConsignmentKind.ALLOCATION:
        typed = request.form.get("demande") or request.args.get("demande", "")
        if (request_id := read_uuid(typed)) is not None:
            row = booklet_requests.known_request(session, actor=actor, request_id=request_id)
            asked = requests_shown(session, [row])[0]
            asked["wanted"] = wanted(row)
            asked["public_name"] = FRENCH_PUBLIC[Public(row.public)]
    recipients = [
        Choice(str(o.id), o.name)
        for o in queries.prescribers_on(session, started_on())
        if o.id != actor.scope
    ]
    held = holdings.booklets_held(session, actor=actor)
    place = AccountKind.STOCK if kind is ConsignmentKind.ALLOCATION else AccountKind.PRESCRIBER
    holders = holders_of(session, [h for h in held if h.kind == place])
    if request.method == "POST":
        form = Form.sent()
    else:
        form = Form.blank(
            dispositif=str(asked["programme_id"]) if asked else only(known),
            destinataire=str(asked["prescriber_id"]) if asked else "",
            demande=str(asked["id"]) if asked else "",
        )
    return SendPage(
        form=form,
        kind=kind,
        programmes=known,
        senders=tuple(Choice(str(h.id), h.name) for h in holders)
        if kind is not ConsignmentKind.ALLOCATION and actor.scope is None
        else (),
        recipients=tuple(recipients) if kind is not ConsignmentKind.RETURN else (),
        held=holders,
        request=asked,
        frozen=tuple(open_freezes(session)) if kind is ConsignmentKind.ALLOCATION else (),
        unable=(
            recalls.why_not(session, actor.scope, on=started_on())
            if kind is ConsignmentKind.TRANSFER and actor.scope
            else ""
        ),
    )
