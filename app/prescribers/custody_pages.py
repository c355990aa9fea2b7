"""Booklets between the stock and prescribers on pages: consignments, requests, who holds what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.rules import RIGHTS, Right
from app.kernel.clock import martinique_day
from app.kernel.money import NO_BREAK, Cents
from app.kernel.serials import BookletNumber
from app.ledger import AccountKind
from app.partners import queries as partners
from app.prescribers import allocations, booklet_requests, custody, holdings
from app.prescribers import custody_queries as queries
from app.prescribers.allocations import BookletRange
from app.prescribers.custody_models import (
    BookletRequest,
    Consignment,
    ConsignmentAnswer,
    ShortfallSettlement,
)
from app.prescribers.custody_papers import slip
from app.prescribers.custody_queries import Held
from app.prescribers.custody_rules import (
    ConsignmentKind,
    ConsignmentState,
    Finding,
    Lot,
    RequestState,
    Settlement,
    read_lines,
)
from app.prescribers.custody_views import answers_to, requests_shown, state_of
from app.programmes import queries as programmes
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.vouchers.queries import booklet_numbers
from app.web.api import Json
from app.web.auth import check, current_actor, started_at
from app.web.downloads import PDF, download
from app.web.format import count, day_short, plural
from app.web.forms import Form, done
from app.web.pages import Choice
from app.web.transaction import in_transaction

bp = Blueprint("custody_pages", __name__)

LINES = 50
"""Lines of a list on one page."""
MANY = 200
"""Programmes in a choice, requests in a list."""

KINDS = {
    ConsignmentKind.ALLOCATION: "Dotation",
    ConsignmentKind.RETURN: "Retour",
    ConsignmentKind.TRANSFER: "Transfert",
}
STATES = {
    ConsignmentState.IN_TRANSIT: ("go", "En route"),
    ConsignmentState.RECEIVED: ("ok", "Reçu"),
    ConsignmentState.RECEIVED_SHORT: ("warn", "Reçu avec manque"),
    ConsignmentState.CANCELLED: ("", "Annulé"),
}
FILTERS = {
    "en-route": ConsignmentState.IN_TRANSIT,
    "recue": ConsignmentState.RECEIVED,
    "avec-manque": ConsignmentState.RECEIVED_SHORT,
    "annulee": ConsignmentState.CANCELLED,
}
NATURES = {
    "dotation": ConsignmentKind.ALLOCATION,
    "retour": ConsignmentKind.RETURN,
    "transfert": ConsignmentKind.TRANSFER,
}
REQUEST_STATES = {
    RequestState.PENDING: ("warn", "À traiter"),
    RequestState.ALLOCATED: ("ok", "Accordée"),
    RequestState.DECLINED: ("bad", "Refusée"),
}
REQUEST_FILTERS = {
    "a-traiter": RequestState.PENDING,
    "accordee": RequestState.ALLOCATED,
    "refusee": RequestState.DECLINED,
}
PLACES = {
    AccountKind.STOCK_INERT: ("warn", "Pas encore actifs"),
    AccountKind.STOCK: ("", "En stock"),
    AccountKind.TRANSIT: ("go", "En route"),
    AccountKind.PRESCRIBER: ("go", "Chez le prescripteur"),
}


# ── What templates are given ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ConsignmentLine:
    """One consignment in the list."""

    id: UUID
    number: str
    kind: str
    sender: str
    recipient: str
    sent_on: date
    booklet_count: int
    missing_count: int
    tone: str
    state: str


@dataclass(frozen=True, slots=True)
class ConsignmentsPage:
    """The list, with the filters of the address."""

    lines: tuple[ConsignmentLine, ...]
    form: Form
    kinds: tuple[Choice, ...]
    states: tuple[Choice, ...]
    recipients: tuple[Choice, ...]
    filtered: bool
    next: str
    may_allocate: bool
    may_send: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one missing booklet."""

    booklet: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ConsignmentPage:
    """One consignment: its booklets, its count, and what may be done now."""

    consignment: Consignment
    kind: str
    tone: str
    state: ConsignmentState
    label: str
    sender: str
    recipient: str
    prepared_by: str
    lots: tuple[Lot, ...]
    answer: ConsignmentAnswer | None
    answered_by: str
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    still_missing: tuple[str, ...]
    settled: tuple[Settled, ...]
    request: BookletRequest | None
    may_receive: bool
    may_cancel: bool
    may_find: bool
    may_take_back: bool

    @property
    def booklet_count(self) -> int:
        """Booklets sent."""
        return sum(lot.booklet_count for lot in self.lots)

    @property
    def voucher_count(self) -> int:
        """Passes sent."""
        return sum(lot.voucher_count for lot in self.lots)

    @property
    def cents(self) -> Cents:
        """What they are worth."""
        return Cents(sum(lot.cents for lot in self.lots))


@dataclass(frozen=True, slots=True)
class StockLine:
    """What one holder has of one vintage and size, in runs of numbers."""

    tone: str
    place: str
    towards: str
    label: str
    size: int
    booklet_count: int
    runs: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Holder:
    """One holder and all it has."""

    id: UUID
    name: str
    lines: tuple[StockLine, ...]

    @property
    def booklet_count(self) -> int:
        """Booklets that it answers for."""
        return sum(line.booklet_count for line in self.lines)


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


@dataclass(frozen=True, slots=True)
class StockPage:
    """Who holds what."""

    holders: tuple[Holder, ...]
    chosen: str
    choices: tuple[Choice, ...]
    read_at: datetime
    own: bool


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request in the list."""

    id: UUID
    number: str
    prescriber: str
    asked: str
    public: str
    requested_on: date
    tone: str
    state: str


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """The list of requests."""

    lines: tuple[RequestLine, ...]
    form: Form
    states: tuple[Choice, ...]
    filtered: bool
    may_request: bool


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One request, what its prescriber holds and hands over, and the answer."""

    form: Form
    asked: Json
    prescriber: str
    public: str
    wanted: str
    requested_by: str
    answered_by: str
    tone: str
    label: str
    rates: tuple[holdings.Rate, ...]
    allocation_number: str
    may_answer: bool


@dataclass(frozen=True, slots=True)
class NewRequestPage:
    """The form of a request, beside what the prescriber holds."""

    form: Form
    programmes: tuple[Choice, ...]
    publics: tuple[Choice, ...]
    rates: tuple[holdings.Rate, ...]


# ── Reading the address and the forms ─────────────────────────────────────────────────────────────


def _today() -> date:
    return martinique_day(started_at())


def _may(right: Right) -> bool:
    return right in RIGHTS[current_actor().role]


def _ranges(form: Form, name: str) -> list[BookletRange]:
    """Booklets as scanned or typed, a line each."""
    return [BookletRange(first, last) for first, last in read_lines(form.text(name))]


def _programmes(session: Session) -> tuple[Choice, ...]:
    return tuple(
        Choice(str(p.id), p.name) for p in programmes.programmes_after(session, None, limit=MANY)
    )


def _only(choices: Sequence[Choice]) -> str:
    """The value of the only choice there is, proposed at once."""
    return choices[0].value if len(choices) == 1 else ""


def _booklets(number: int) -> str:
    return f"{count(number)} carnet{plural(number)}"


# ── Consignments ──────────────────────────────────────────────────────────────────────────────────


@bp.get("/dotations")
def consignments() -> ResponseReturnValue:
    """Allocations, returns and transfers; a prescriber's own."""
    check(Right.SEE_ALLOCATIONS)
    return render_template("custody/list.html", page=in_transaction(_consignments_page))


def _consignments_page(session: Session) -> ConsignmentsPage:
    asked = {
        name: request.args.get(name, "")[:60]
        for name in ("nature", "etat", "destinataire", "avant")
    }
    form = Form({name: [value] for name, value in asked.items()}, UUID(int=0))
    ends = _ends(session)
    recipient = next((c.value for c in ends if c.value == asked["destinataire"]), "")
    rows = queries.latest_consignments(
        session,
        _read_id(asked["avant"]),
        limit=LINES + 1,
        party_id=current_actor().scope,
        kind=NATURES.get(asked["nature"]),
        state=FILTERS.get(asked["etat"]),
        recipient_id=UUID(recipient) if recipient else None,
    )
    kept = {k: v for k, v in asked.items() if v and k != "avant"}
    return ConsignmentsPage(
        lines=tuple(_lines(session, rows[:LINES])),
        form=form,
        kinds=tuple(Choice(value, KINDS[kind]) for value, kind in NATURES.items()),
        states=tuple(Choice(value, STATES[state][1]) for value, state in FILTERS.items()),
        recipients=ends,
        filtered=bool(kept),
        next=f"{url_for('.consignments')}?{urlencode(kept | {'avant': str(rows[LINES - 1].id)})}"
        if len(rows) > LINES
        else "",
        may_allocate=_may(Right.ALLOCATE),
        may_send=_may(Right.SEND_BOOKLETS),
    )


def _read_id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _ends(session: Session) -> tuple[Choice, ...]:
    """Who may be the recipient of what this person sees."""
    if current_actor().scope is not None:
        return ()
    return tuple(Choice(str(party), name) for party, name in queries.recipients(session))


def _lines(session: Session, rows: Sequence[Consignment]) -> list[ConsignmentLine]:
    ids = [row.id for row in rows]
    names = partners.organisation_names(
        session, {party for row in rows for party in (row.sender_id, row.recipient_id)}
    )
    counted, answers = queries.booklets_counted(session, ids), answers_to(session, ids)
    lacking = queries.still_missing(session, ids)
    lines = []
    for row in rows:
        tone, label = STATES[state_of(answers[row.id], lacks=bool(lacking[row.id]))]
        lines.append(
            ConsignmentLine(
                id=row.id,
                number=row.number,
                kind=KINDS[ConsignmentKind(row.kind)],
                sender=names[row.sender_id],
                recipient=names[row.recipient_id],
                sent_on=row.sent_on,
                booklet_count=counted[row.id],
                missing_count=len(lacking[row.id]),
                tone=tone,
                state=label,
            )
        )
    return lines


@bp.get("/dotations/<uuid:consignment_id>")
def consignment(consignment_id: UUID) -> ResponseReturnValue:
    """One consignment, and what may be done now."""
    check(Right.SEE_ALLOCATIONS)
    page = in_transaction(lambda session: _consignment_page(session, consignment_id))
    return render_template("custody/consignment.html", page=page)


def _consignment_page(session: Session, consignment_id: UUID) -> ConsignmentPage:
    actor = current_actor()
    row = custody.known_consignment(session, actor=actor, consignment_id=consignment_id)
    answer = queries.answer_of(session, consignment_id)
    lacking = queries.still_missing(session, [consignment_id])[consignment_id]
    findings = queries.findings_of(session, consignment_id)
    settled = queries.settlements_of(session, consignment_id)
    numbers = booklet_numbers(session, {finding.booklet_id for finding in findings})
    state = state_of(answer, lacks=bool(lacking))
    names = partners.organisation_names(session, [row.sender_id, row.recipient_id])
    tone, label = STATES[state]
    own = actor.organisation_id == row.recipient_id and _may(Right.CONFIRM_RECEIPT)
    short, travels = state is ConsignmentState.RECEIVED_SHORT, state is ConsignmentState.IN_TRANSIT
    return ConsignmentPage(
        consignment=row,
        kind=KINDS[ConsignmentKind(row.kind)],
        tone=tone,
        state=state,
        label=label,
        sender=names[row.sender_id],
        recipient=names[row.recipient_id],
        prepared_by=_agent(session, row.prepared_by),
        lots=tuple(holdings.lots_of(session, queries.booklets_of(session, consignment_id))),
        answer=answer,
        answered_by=_agent(session, answer.answered_by) if answer else "",
        missing=tuple(str(numbers[f.booklet_id]) for f in findings if f.finding == Finding.MISSING),
        damaged=tuple(str(numbers[f.booklet_id]) for f in findings if f.finding == Finding.DAMAGED),
        still_missing=tuple(str(numbers[booklet_id]) for booklet_id in lacking),
        settled=tuple(
            Settled(str(numbers[booklet_id]), _what_became(settlement))
            for settlement, booklet_id in settled
        ),
        request=queries.request_behind(session, consignment_id),
        may_receive=travels and own,
        may_cancel=travels and _may(Right.ALLOCATE) and row.kind != ConsignmentKind.RETURN,
        may_find=short and own,
        may_take_back=short and _may(Right.ALLOCATE) and row.kind != ConsignmentKind.RETURN,
    )


def _what_became(settlement: ShortfallSettlement) -> str:
    day = day_short(martinique_day(settlement.settled_at))
    if settlement.settlement == Settlement.FOUND:
        return f"retrouvé par le destinataire le {day}"
    return f"revenu au stock le {day}"


def _agent(session: Session, agent_id: int) -> str:
    agent = identity.agent(session, agent_id)
    return agent.name if agent else ""


@bp.get("/dotations/<uuid:consignment_id>/bordereau.pdf")
def slip_of(consignment_id: UUID) -> ResponseReturnValue:
    """The slip that travels with the booklets."""
    check(Right.SEE_ALLOCATIONS)

    def work(session: Session) -> tuple[bytes, str]:
        data = holdings.slip_of(session, actor=current_actor(), consignment_id=consignment_id)
        return slip(data, specimen=programmes.is_demonstration(session)), data.number

    content, number = in_transaction(work)
    return download(content, f"{number}.pdf", PDF)


# ── Sending ───────────────────────────────────────────────────────────────────────────────────────


@bp.route("/dotations/nouvelle", methods=["GET", "POST"])
def allocate() -> ResponseReturnValue:
    """Entrust booklets to a prescriber; with `demande`, as the answer to what it asked for."""
    check(Right.ALLOCATE)
    page = in_transaction(lambda session: _send_page(session, ConsignmentKind.ALLOCATION))
    form = page.form
    if request.method == "POST":

        def act(session: Session) -> Consignment:
            booklets = _ranges(form, "carnets")
            recipient_id = form.uuid("destinataire", "Choisissez le prescripteur dans la liste.")
            programme_id = form.uuid("dispositif")
            if not booklets:
                form.wrong("carnets", "Scannez ou tapez au moins un carnet.")
            form.check()
            return allocations.allocate_booklets(
                session,
                actor=current_actor(),
                allocation_id=form.id,
                programme_id=programme_id,
                recipient_id=recipient_id,
                booklets=booklets,
                request_id=_read_id(form.text("demande")),
                now=started_at(),
            )

        if (made := form.submit(act)) is not None:
            return done(
                url_for(".consignment", consignment_id=made.id),
                f"La dotation {made.number} est en route. Imprimez son bordereau : le "
                "prescripteur comptera les carnets et signera à l’arrivée.",
            )
    return render_template("custody/send.html", page=page), form.status


@bp.route("/dotations/retour", methods=["GET", "POST"])
def give_back() -> ResponseReturnValue:
    """Send booklets back to the stock."""
    check(Right.SEND_BOOKLETS)
    page = in_transaction(lambda session: _send_page(session, ConsignmentKind.RETURN))
    form = page.form
    if request.method == "POST":

        def act(session: Session) -> Consignment:
            booklets, sender_id = _ranges(form, "carnets"), _sender(form)
            programme_id = form.uuid("dispositif")
            _check_sent(form, booklets)
            return custody.return_booklets(
                session,
                actor=current_actor(),
                consignment_id=form.id,
                programme_id=programme_id,
                sender_id=sender_id,
                booklets=booklets,
                reason=form.text("motif"),
                now=started_at(),
            )

        if (made := form.submit(act)) is not None:
            return done(
                url_for(".consignment", consignment_id=made.id),
                f"Le retour {made.number} est en route vers le stock de CAP Nord, qui comptera "
                "les carnets à l’arrivée. Joignez-leur le bordereau.",
            )
    return render_template("custody/send.html", page=page), form.status


@bp.route("/dotations/transfert", methods=["GET", "POST"])
def transfer() -> ResponseReturnValue:
    """Send booklets to another prescriber."""
    check(Right.SEND_BOOKLETS)
    page = in_transaction(lambda session: _send_page(session, ConsignmentKind.TRANSFER))
    form = page.form
    if request.method == "POST":

        def act(session: Session) -> Consignment:
            booklets, sender_id = _ranges(form, "carnets"), _sender(form)
            recipient_id = form.uuid("destinataire", "Choisissez le prescripteur dans la liste.")
            programme_id = form.uuid("dispositif")
            _check_sent(form, booklets)
            return custody.transfer_booklets(
                session,
                actor=current_actor(),
                consignment_id=form.id,
                programme_id=programme_id,
                sender_id=sender_id,
                recipient_id=recipient_id,
                booklets=booklets,
                reason=form.text("motif"),
                now=started_at(),
            )

        if (made := form.submit(act)) is not None:
            return done(
                url_for(".consignment", consignment_id=made.id),
                f"Le transfert {made.number} est en route. Le destinataire comptera les carnets "
                "et signera à l’arrivée. Joignez-leur le bordereau.",
            )
    return render_template("custody/send.html", page=page), form.status


def _sender(form: Form) -> UUID:
    """A prescriber sends its own booklets; the coordination says whose."""
    scope = current_actor().scope
    return scope or form.uuid("envoyeur", "Choisissez qui envoie les carnets.")


def _check_sent(form: Form, booklets: Sequence[BookletRange]) -> None:
    if not booklets:
        form.wrong("carnets", "Scannez ou tapez au moins un carnet.")
    if not form.text("motif"):
        form.wrong("motif", "Dites pourquoi, en quelques mots.")
    form.check()


def _send_page(session: Session, kind: ConsignmentKind) -> SendPage:
    """The form, what is proposed, and what the sender may choose from."""
    actor, known = current_actor(), _programmes(session)
    asked = None
    if kind is ConsignmentKind.ALLOCATION:
        typed = request.form.get("demande") or request.args.get("demande", "")
        if (request_id := _read_id(typed)) is not None:
            row = booklet_requests.known_request(session, actor=actor, request_id=request_id)
            asked = requests_shown(session, [row])[0]
            asked["wanted"] = _wanted(row)
            asked["public_name"] = FRENCH_PUBLIC[Public(row.public)]
    recipients = [
        Choice(str(o.id), o.name)
        for o in queries.prescribers_on(session, _today())
        if o.id != actor.scope
    ]
    held = holdings.booklets_held(session, actor=actor)
    wanted = AccountKind.STOCK if kind is ConsignmentKind.ALLOCATION else AccountKind.PRESCRIBER
    holders = _holders(session, [h for h in held if h.kind == wanted])
    if request.method == "POST":
        form = Form.sent()
    else:
        form = Form.blank(
            dispositif=str(asked["programme_id"]) if asked else _only(known),
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
    )


# ── Receiving, calling back, settling ─────────────────────────────────────────────────────────────


@bp.route("/dotations/<uuid:consignment_id>/reception", methods=["GET", "POST"])
def receive(consignment_id: UUID) -> ResponseReturnValue:
    """Count what arrived, and sign."""
    check(Right.CONFIRM_RECEIPT)
    page = in_transaction(lambda session: _consignment_page(session, consignment_id))
    if not page.may_receive and request.method == "GET":
        return render_template("custody/consignment.html", page=page)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":

        def act(session: Session) -> ConsignmentAnswer:
            if not form.checked("compte"):
                form.wrong("compte", "Cochez que vous avez compté : la signature est définitive.")
            form.check()
            return custody.confirm_receipt(
                session,
                actor=current_actor(),
                receipt_id=form.id,
                consignment_id=consignment_id,
                missing=_ranges(form, "manquants"),
                damaged=_ranges(form, "abimes"),
                note=form.text("remarque") or None,
                now=started_at(),
            )

        if form.submit(act) is not None:
            lacks = bool(form.text("manquants"))
            return done(
                url_for(".consignment", consignment_id=consignment_id),
                "La réception est signée. Ce qui manque reste en route, et l’envoyeur en répond "
                "jusqu’à ce qu’il soit retrouvé."
                if lacks
                else "La réception est signée : les carnets sont dans votre stock.",
            )
    return render_template("custody/receive.html", page=page, form=form), form.status


@bp.route("/dotations/<uuid:consignment_id>/annulation", methods=["GET", "POST"])
def cancel(consignment_id: UUID) -> ResponseReturnValue:
    """Call back what nobody has signed for."""
    check(Right.ALLOCATE)
    page = in_transaction(lambda session: _consignment_page(session, consignment_id))
    if not page.may_cancel and request.method == "GET":
        return render_template("custody/consignment.html", page=page)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":

        def act(session: Session) -> ConsignmentAnswer:
            if not form.text("motif"):
                form.wrong("motif", "Dites pourquoi, en quelques mots.")
            if not form.checked("revenus"):
                form.wrong("revenus", "Cochez que les carnets sont bien au stock.")
            form.check()
            return custody.cancel_consignment(
                session,
                actor=current_actor(),
                cancellation_id=form.id,
                consignment_id=consignment_id,
                reason=form.text("motif"),
                now=started_at(),
            )

        if form.submit(act) is not None:
            return done(
                url_for(".consignment", consignment_id=consignment_id),
                "L’envoi est annulé : ses carnets sont de nouveau dans le stock de CAP Nord.",
            )
    return render_template("custody/cancel.html", page=page, form=form), form.status


@bp.route("/dotations/<uuid:consignment_id>/manquants", methods=["GET", "POST"])
def settle(consignment_id: UUID) -> ResponseReturnValue:
    """Say what became of missing booklets."""
    check(Right.CONFIRM_RECEIPT)
    page = in_transaction(lambda session: _consignment_page(session, consignment_id))
    if not (page.may_find or page.may_take_back) and request.method == "GET":
        return render_template("custody/consignment.html", page=page)
    choices = (
        *((Choice("found", "Le destinataire les a retrouvés"),) if page.may_find else ()),
        *((Choice("returned", "Ils sont revenus au stock"),) if page.may_take_back else ()),
    )
    form = Form.sent() if request.method == "POST" else Form.blank(suite=_only(choices))
    if request.method == "POST":

        def act(session: Session) -> ShortfallSettlement:
            settlement = form.choice("suite", Settlement, "Dites ce qu’ils sont devenus.")
            booklets = [BookletRange(number, number) for number in form.texts("carnets")]
            if not booklets:
                form.wrong("carnets", "Cochez au moins un carnet.")
            form.check()
            return custody.settle_shortfall(
                session,
                actor=current_actor(),
                settlement_id=form.id,
                consignment_id=consignment_id,
                settlement=settlement,
                booklets=booklets,
                now=started_at(),
            )

        if (made := form.submit(act)) is not None:
            where = "chez le destinataire" if made.settlement == Settlement.FOUND else "au stock"
            return done(
                url_for(".consignment", consignment_id=consignment_id),
                f"C’est noté : ces carnets sont {where}. Ceux qui manquent encore sont en route.",
            )
    booklets = tuple(Choice(number, number) for number in page.still_missing)
    return (
        render_template(
            "custody/settle.html", page=page, form=form, choices=choices, booklets=booklets
        ),
        form.status,
    )


# ── Requests ──────────────────────────────────────────────────────────────────────────────────────


@bp.get("/demandes")
def requests() -> ResponseReturnValue:
    """Requests for booklets; a prescriber's own."""
    check(Right.SEE_ALLOCATIONS)
    return render_template("custody/requests.html", page=in_transaction(_requests_page))


def _requests_page(session: Session) -> RequestsPage:
    asked = request.args.get("etat", "")[:20]
    rows = queries.latest_requests(
        session, limit=MANY, prescriber_id=current_actor().scope, state=REQUEST_FILTERS.get(asked)
    )
    shown = requests_shown(session, rows)
    names = partners.organisation_names(session, {row.prescriber_id for row in rows})
    lines = []
    for row, told in zip(rows, shown, strict=True):
        tone, label = REQUEST_STATES[told["state"]]
        lines.append(
            RequestLine(
                id=row.id,
                number=row.number,
                prescriber=names[row.prescriber_id],
                asked=_wanted(row),
                public=FRENCH_PUBLIC[Public(row.public)],
                requested_on=row.requested_on,
                tone=tone,
                state=label,
            )
        )
    return RequestsPage(
        lines=tuple(lines),
        form=Form({"etat": [asked]}, UUID(int=0)),
        states=tuple(Choice(v, REQUEST_STATES[s][1]) for v, s in REQUEST_FILTERS.items()),
        filtered=asked in REQUEST_FILTERS,
        may_request=_may(Right.REQUEST_BOOKLETS),
    )


def _wanted(row: BookletRequest) -> str:
    """« 20 carnets de 10, 4 carnets de 5 »."""
    wanted = ((row.tens_count, 10), (row.fives_count, 5))
    return ", ".join(f"{_booklets(number)} de {size}" for number, size in wanted if number)


@bp.route("/demandes/nouvelle", methods=["GET", "POST"])
def new_request() -> ResponseReturnValue:
    """Ask for more booklets."""
    check(Right.REQUEST_BOOKLETS)
    page = in_transaction(_new_request_page)
    form = page.form
    if request.method == "POST":

        def act(session: Session) -> BookletRequest:
            programme_id = form.uuid("dispositif")
            public = form.choice("public", Public, "Choisissez le public attendu.")
            tens = form.integer("tens_count") if form.text("tens_count") else 0
            fives = form.integer("fives_count") if form.text("fives_count") else 0
            form.check()
            return booklet_requests.request_booklets(
                session,
                actor=current_actor(),
                request_id=form.id,
                programme_id=programme_id,
                public=public,
                tens_count=tens,
                fives_count=fives,
                reason=form.text("reason"),
                now=started_at(),
            )

        if (made := form.submit(act)) is not None:
            return done(
                url_for(".booklet_request", request_id=made.id),
                f"La demande {made.number} est envoyée. La coordination de CAP Nord y répond par "
                "une dotation, ou dit pourquoi non.",
            )
    return render_template("custody/new_request.html", page=page), form.status


def _new_request_page(session: Session) -> NewRequestPage:
    known, actor = _programmes(session), current_actor()
    return NewRequestPage(
        form=Form.sent() if request.method == "POST" else Form.blank(dispositif=_only(known)),
        programmes=known,
        publics=tuple(Choice(str(public), FRENCH_PUBLIC[public]) for public in Public),
        rates=tuple(
            holdings.rates(session, actor=actor, prescriber_id=actor.organisation_id, on=_today())
        ),
    )


@bp.get("/demandes/<uuid:request_id>")
def booklet_request(request_id: UUID) -> ResponseReturnValue:
    """One request and its answer."""
    check(Right.SEE_ALLOCATIONS)
    page = in_transaction(lambda session: _request_page(session, request_id, Form.blank()))
    return render_template("custody/request.html", page=page)


@bp.post("/demandes/<uuid:request_id>/refus")
def decline(request_id: UUID) -> ResponseReturnValue:
    """Say no, and why."""
    check(Right.ALLOCATE)
    form = Form.sent()
    made = form.submit(
        lambda session: booklet_requests.decline_request(
            session,
            actor=current_actor(),
            answer_id=form.id,
            request_id=request_id,
            reason=form.text("reason"),
            now=started_at(),
        )
    )
    if made is not None:
        return done(
            url_for(".booklet_request", request_id=request_id),
            "La demande est refusée. Le prescripteur en lit la raison ici.",
        )
    page = in_transaction(lambda session: _request_page(session, request_id, form))
    return render_template("custody/request.html", page=page), form.status


def _request_page(session: Session, request_id: UUID, form: Form) -> RequestPage:
    actor = current_actor()
    row = booklet_requests.known_request(session, actor=actor, request_id=request_id)
    asked = requests_shown(session, [row])[0]
    tone, label = REQUEST_STATES[asked["state"]]
    made = queries.consignment(session, asked["allocation_id"]) if asked["allocation_id"] else None
    return RequestPage(
        form=form,
        asked=asked,
        prescriber=partners.organisation_names(session, [row.prescriber_id])[row.prescriber_id],
        public=FRENCH_PUBLIC[Public(row.public)],
        wanted=_wanted(row),
        requested_by=_agent(session, row.requested_by),
        answered_by=_agent(session, asked["answered_by"]) if asked["answered_by"] else "",
        tone=tone,
        label=label,
        rates=tuple(
            holdings.rates(session, actor=actor, prescriber_id=row.prescriber_id, on=_today())
        ),
        allocation_number=made.number if made else "",
        may_answer=asked["state"] is RequestState.PENDING and _may(Right.ALLOCATE),
    )


# ── Who holds what ────────────────────────────────────────────────────────────────────────────────

SHOWN_RUNS = 12
"""Runs of numbers told on one line of the page; one holder alone shows all of its own."""


@bp.get("/stock")
def stock() -> ResponseReturnValue:
    """What each holder has; a prescriber sees its own."""
    check(Right.SEE_ALLOCATIONS)
    return render_template("custody/stock.html", page=in_transaction(_stock_page))


def _stock_page(session: Session) -> StockPage:
    actor = current_actor()
    everything = _holders(session, holdings.booklets_held(session, actor=actor))
    typed = request.args.get("chez", "")[:40]
    chosen = [holder for holder in everything if str(holder.id) == typed]
    return StockPage(
        holders=tuple(chosen) or everything,
        chosen=typed if chosen else "",
        choices=tuple(Choice(str(holder.id), holder.name) for holder in everything),
        read_at=started_at(),
        own=actor.scope is not None,
    )


def _holders(session: Session, held: Sequence[Held]) -> tuple[Holder, ...]:
    """Booklets by the holder that answers for them, the fullest first."""
    names = partners.organisation_names(
        session, {party for h in held for party in (h.party_id, h.counterparty_id)}
    )
    holders = []
    for party, rows in groupby(sorted(held, key=lambda h: h.party_id), key=lambda h: h.party_id):
        lines = tuple(
            _stock_line(list(runs), names)
            for _, runs in groupby(sorted(rows, key=_line_of), key=_line_of)
        )
        holders.append(Holder(party, names[party], lines))
    return tuple(sorted(holders, key=lambda holder: (-holder.booklet_count, holder.name)))


def _line_of(held: Held) -> tuple[str, str, str, int]:
    """What stands on one line: place, where to, vintage, size; tens first."""
    return held.kind, str(held.counterparty_id), held.label, -held.size


def _stock_line(runs: Sequence[Held], names: dict[UUID, str]) -> StockLine:
    first = runs[0]
    tone, place = PLACES[AccountKind(first.kind)]
    shown = []
    for held in runs[:SHOWN_RUNS]:
        ends = dict.fromkeys((held.first_number, held.last_number))
        numbers = (str(BookletNumber(held.label, n)).replace(" ", NO_BREAK) for n in ends)
        shown.append(" à ".join(numbers))
    return StockLine(
        tone=tone,
        place=place,
        towards=names[first.counterparty_id] if first.kind == AccountKind.TRANSIT else "",
        label=first.label,
        size=first.size,
        booklet_count=sum(h.count for h in runs),
        runs=tuple(shown),
        more=max(0, len(runs) - SHOWN_RUNS),
    )
