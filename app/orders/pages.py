"""Orders as pages: approved, sent, received, mandated, activated."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import RIGHTS, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.money import Cents
from app.orders import deliveries, forms, mandates, queries, service
from app.orders.budget import Budget
from app.orders.endings import serving
from app.orders.errors import (
    EmptyDelivery,
    MandateBeyondOrder,
    UnknownMandate,
    UnknownOrder,
)
from app.orders.models import BookletOrder
from app.orders.papers import order_form
from app.orders.rules import FRENCH_STATE, INERT, OrderState, SerialRange
from app.orders.service import form_of
from app.orders.views import (
    OrderPage,
    OrderRow,
    listed_rows,
    order_page,
)
from app.papers.sheets import Kind
from app.programmes import queries as programmes
from app.programmes.keys import KeyStore
from app.programmes.models import ProgrammeFreeze
from app.programmes.rules import FRENCH_PUBLIC
from app.programmes.service import known_vintage
from app.web.auth import check, current_actor, may, started_at, started_on
from app.web.downloads import PDF, download
from app.web.format import count, euros
from app.web.forms import Form, done
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("orders_pages", __name__)

STOPPED_BY_A_FREEZE = frozenset({OrderState.PREPARED, OrderState.APPROVED, OrderState.SENT})
"""What comes next for these is refused while their programme is frozen."""


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ListPage:
    """Orders, newest first, and the filters that stay in the address."""

    list: Listed[OrderRow]
    states: tuple[Choice, ...]
    programmes: tuple[Choice, ...]
    may_prepare: bool
    frozen: tuple[tuple[str, ProgrammeFreeze], ...]


def _known(session: Session) -> dict[str, str]:
    return {str(p.id): p.name for p in programmes.programmes_after(session, None, limit=forms.MANY)}


def _found(session: Session, form: Form, place: Place) -> list[BookletOrder]:
    programme_id = form.among("dispositif", {one: UUID(one) for one in _known(session)})
    if form.text("etat") == INERT:
        serve = serving(session, started_on())
        return queries.orders_inert(session, place, of_vintages=serve, programme_id=programme_id)
    return queries.orders_listed(
        session,
        place,
        state=form.among("etat", {str(one): one for one in OrderState}),
        programme_id=programme_id,
    )


ORDERS = Listing(
    "orders_pages.listed",
    name="commandes",
    title="Commandes de carnets",
    columns=(
        Column[OrderRow]("Commande", lambda row: row.number, width=16),
        Column("Dispositif", lambda row: row.programme_name, width=36, shown=False),
        Column("Millésime", lambda row: row.vintage_label, shown=False),
        Column("Préparée le", lambda row: martinique_day(row.prepared_at), Kind.DAY, "prepare"),
        Column("Carnets", lambda row: ", ".join(f"{n} de {size}" for n, size in row.lines)),
        Column("Pass", lambda row: row.voucher_count, Kind.NUMBER, "pass"),
        Column("Montant (€)", lambda row: row.total_cents, Kind.EUROS),
        Column("État", lambda row: row.state_told),
        Column("Mandats manquants (€)", lambda row: row.missing_cents, Kind.EUROS, shown=False),
    ),
    filters=("etat", "dispositif"),
    found=_found,
    told=lambda session, orders: listed_rows(session, orders, on=started_on()),
    first="-prepare",
)


@bp.get("/commandes")
def listed() -> ResponseReturnValue:
    """Every order and how far it has come."""
    check(Right.SEE_ORDERS)

    def work(session: Session) -> ListPage:
        return ListPage(
            ORDERS.page(session),
            states=(
                *(Choice(s, label) for s, label in FRENCH_STATE.items()),
                Choice(INERT, "à mettre en service"),
            ),
            programmes=tuple(Choice(value, name) for value, name in _known(session).items()),
            may_prepare=may(Right.PREPARE_ORDER),
            frozen=tuple(programmes.open_freezes(session)),
        )

    return render_template("orders/list.html", page=in_transaction(work))


@bp.get("/commandes.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The orders of the address, all of them."""
    check(Right.SEE_ORDERS)
    return ORDERS.file(ending, programmes.is_demonstration)


def named(session: Session, number: str) -> BookletOrder:
    """The order of that number.

    Raises:
        UnknownOrder.
    """
    order = queries.order_by_number(session, number[:40].upper())
    if order is None:
        raise UnknownOrder
    return order


@bp.get("/commandes/<number>")
def shown(number: str) -> ResponseReturnValue:
    """One order: its story, what it waits for, and what may be done now."""
    check(Right.SEE_ORDERS)
    return show(number, Form.blank(issued_on=started_on().isoformat()))


def show(number: str, form: Form) -> ResponseReturnValue:
    """The page of an order, with the form of a mandate as it was typed."""

    def look(session: Session) -> tuple[OrderPage, list[tuple[str, ProgrammeFreeze]]]:
        page = looked_at(session, number)
        if page.state not in STOPPED_BY_A_FREEZE:
            return page, []
        return page, programmes.open_freezes(session, named(session, number).programme_id)

    page, frozen = in_transaction(look)
    return render_template(
        "orders/order.html", page=page, frozen=frozen, form=form, publics=FRENCH_PUBLIC
    ), form.status


def _left_of(budget: Budget) -> str:
    """What may still be committed, or by how much a budget is passed: before its sum."""
    if budget.excess_cents:
        return f"ce qui est engagé dépasse déjà de {euros(budget.excess_cents)}"
    return f"il reste {euros(budget.left_cents or Cents(0))} sur"


def _on_the_budget(order: OrderPage) -> tuple[str, ...]:
    """What an approval does to the programme's budget, when there is one."""
    if order.budget.budget_cents is None:
        return ()
    return (
        (
            f"Elle engage {euros(order.commits_cents)}, valeur des pass comprise ; "
            f"{_left_of(order.budget)} un budget de {euros(order.budget.budget_cents)}."
        ),
    )


def looked_at(session: Session, number: str) -> OrderPage:
    """What the page of an order says to whoever looks."""
    actor = current_actor()
    return order_page(
        session,
        named(session, number),
        actor=actor,
        rights=RIGHTS[actor.role],
        on=started_on(),
    )


@bp.get("/commandes/<number>/bon-de-commande.pdf")
def form_pdf(number: str) -> ResponseReturnValue:
    """The order form, as it is printed and signed."""
    check(Right.SEE_ORDERS)
    values = in_transaction(lambda session: form_of(session, named(session, number)))
    return download(order_form(values), f"bon-de-commande-{values.number}.pdf", PDF)


# ── What cannot be undone is confirmed ────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """One act on an order, what it changes, and the button that does it."""

    order: OrderPage
    title: str
    sentences: tuple[str, ...]
    button: str
    refused: str
    act: str
    """Its name among those of an order."""
    asks_reason: bool = False
    done: str = ""
    """What says that it is done already, whatever the order's state."""

    @property
    def stopped(self) -> str:
        """Why it cannot be done now; nothing when it can."""
        if self.done:
            return self.done
        if not self.order.may(self.act):
            return f"La commande est {self.order.state_label}. {self.order.waits}"
        if self.act == "approve" and not self.order.prepared_by:
            return "Vous l’avez préparée : une autre personne l’approuve."
        return ""


def tried(act: Callable[[Session, Form], object]) -> tuple[Form, bool]:
    """The form of a confirmation, blank or as it was sent, and whether the act was done."""
    if request.method == "GET":
        return Form.blank(), False
    form = Form.sent()
    return form, form.submit(lambda session: act(session, form)) is not None


@bp.route("/commandes/<number>/approuver", methods=["GET", "POST"])
def approve(number: str) -> ResponseReturnValue:
    """Approve what somebody else prepared."""
    check(Right.APPROVE_ORDER)
    form, acted = tried(
        lambda session, _: service.approve_order(
            session, actor=current_actor(), order_id=named(session, number).id, now=started_at()
        )
    )
    if acted:
        return done(
            url_for(".shown", number=number),
            f"La commande {number} est approuvée. Elle peut partir chez l’émetteur.",
        )
    order = in_transaction(lambda session: looked_at(session, number))
    return confirm(
        form,
        ConfirmPage(
            order,
            title="Approuver la commande",
            sentences=(
                f"Vous approuvez {count(order.totals.voucher_count)} pass.",
                f"Cette commande a été préparée par {order.prepared_by}.",
                f"La commande coûte {euros(order.totals.total_cents)}.",
                *_on_the_budget(order),
                "Une approbation ne se retire pas, mais la commande s’annule encore avant l’envoi.",
            ),
            button="Approuver",
            refused="La commande n’est pas approuvée",
            act="approve",
        ),
    )


@bp.route("/commandes/<number>/envoyer", methods=["GET", "POST"])
def send(number: str) -> ResponseReturnValue:
    """Let the order leave; its booklets have numbers from then on."""
    check(Right.PREPARE_ORDER)
    form, acted = tried(
        lambda session, _: service.send_order(
            session, actor=current_actor(), order_id=named(session, number).id, now=started_at()
        )
    )
    if acted:
        return done(
            url_for(".shown", number=number),
            f"La commande {number} est envoyée et ses carnets ont leurs numéros. "
            "Comptez ce qui arrivera, plage par plage.",
        )
    order = in_transaction(lambda session: looked_at(session, number))
    return confirm(
        form,
        ConfirmPage(
            order,
            title="Envoyer la commande",
            sentences=(
                "Ses carnets reçoivent leurs numéros de série, pour toujours.",
                "Une commande envoyée ne s’annule plus ici. Joignez-y le bon de commande.",
            ),
            button="Envoyer à l’émetteur",
            refused="La commande n’est pas envoyée",
            act="send",
        ),
    )


@bp.route("/commandes/<number>/annuler", methods=["GET", "POST"])
def cancel(number: str) -> ResponseReturnValue:
    """Give up an order that has not left, and say why."""
    check(Right.PREPARE_ORDER)
    form, acted = tried(
        lambda session, form: service.cancel_order(
            session,
            actor=current_actor(),
            cancellation_id=form.id,
            order_id=named(session, number).id,
            reason=form.text("reason"),
            now=started_at(),
        )
    )
    if acted:
        return done(
            url_for(".shown", number=number),
            f"La commande {number} est annulée. Rien n’en partira ; elle reste lisible ici.",
        )
    order = in_transaction(lambda session: looked_at(session, number))
    return confirm(
        form,
        ConfirmPage(
            order,
            title="Annuler la commande",
            sentences=("Elle ne partira pas et ne pourra pas être reprise.",),
            button="Annuler cette commande",
            refused="La commande n’est pas annulée",
            act="cancel",
            asks_reason=True,
        ),
    )


@bp.route("/commandes/<number>/activer/<delivery>", methods=["GET", "POST"])
def activate(number: str, delivery: str) -> ResponseReturnValue:
    """Make the passes of a delivery usable."""
    check(Right.RECORD_MANDATE)
    form, acted = tried(
        lambda session, form: deliveries.activate_delivery(
            session,
            actor=current_actor(),
            activation_id=form.id,
            delivery_id=deliveries.delivery_by_number(session, delivery[:40].upper()).id,
            now=started_at(),
        )
    )
    if acted:
        return done(
            url_for(".shown", number=number),
            f"La livraison {delivery} est active. Ses carnets peuvent être confiés.",
        )
    order = in_transaction(lambda session: looked_at(session, number))
    part = next((d for d in order.deliveries if d.number == delivery.upper()), None)
    return confirm(
        form,
        ConfirmPage(
            order,
            title=f"Activer la livraison {delivery.upper()}",
            sentences=(
                f"Elle coûte {euros(part.cost_cents if part else 0)}.",
                f"Les mandats saisis couvrent encore {euros(order.left_cents)}.",
                "Ses pass valent de l’argent dès qu’ils sont remis.",
            ),
            button="Activer",
            refused="La livraison n’est pas activée",
            act="activate",
            done="Cette livraison est déjà active." if part and part.activated_at else "",
        ),
    )


def confirm(form: Form, page: ConfirmPage) -> ResponseReturnValue:
    """Ask once more before what cannot be undone; a frozen programme is said first."""
    frozen = in_transaction(
        lambda session: programmes.open_freezes(
            session, named(session, page.order.number).programme_id
        )
    )
    return (
        render_template("orders/confirm.html", page=page, frozen=frozen, form=form),
        HTTPStatus.CONFLICT if page.stopped and not form.errors else form.status,
    )


# ── Mandates and deliveries ───────────────────────────────────────────────────────────────────────


@bp.post("/commandes/<number>/mandats")
def record_mandate(number: str) -> ResponseReturnValue:
    """Record the mandat of an order."""
    check(Right.RECORD_MANDATE)
    form = Form.sent()

    def work(session: Session) -> object:
        amount, issued_on = form.cents("amount_cents"), form.day("issued_on")
        form.check()
        try:
            return mandates.record_mandate(
                session,
                actor=current_actor(),
                mandate_id=form.id,
                order_id=named(session, number).id,
                mandate_number=form.text("mandate_number"),
                amount_cents=amount,
                issued_on=issued_on,
                accept_beyond=form.checked("beyond_order"),
                now=started_at(),
            )
        except MandateBeyondOrder as refusal:
            form.wrong("beyond_order", refusal.message)
            form.check()
            raise

    if form.submit(work) is None:
        return show(number, form)
    page = in_transaction(lambda session: looked_at(session, number))
    said = (
        f"Il manque encore {euros(page.missing_cents)} de mandats."
        if page.missing_cents
        else "Les mandats couvrent toute la commande : activez ce qui est livré."
    )
    return done(url_for(".shown", number=number), f"Le mandat est saisi. {said}")


@bp.route("/commandes/<number>/mandats/<uuid:mandate_id>/annuler", methods=["GET", "POST"])
def cancel_mandate(number: str, mandate_id: UUID) -> ResponseReturnValue:
    """Cancel a mandat that was recorded wrongly, with a reason."""
    check(Right.RECORD_MANDATE)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        made = form.submit(
            lambda session: mandates.cancel_mandate(
                session,
                actor=current_actor(),
                cancellation_id=form.id,
                mandate_id=mandate_id,
                reason=form.text("reason"),
                now=started_at(),
            )
        )
        if made is not None:
            return done(
                url_for(".shown", number=number),
                "Le mandat est annulé : il ne couvre plus rien. Saisissez celui qui le remplace.",
            )
    page = in_transaction(lambda session: looked_at(session, number))
    found = [one for one in page.mandates if one.id == mandate_id]
    if not found:
        raise UnknownMandate
    return render_template(
        "orders/cancel_mandate.html", page=page, mandate=found[0], form=form
    ), form.status


@bp.route("/commandes/<number>/livraison", methods=["GET", "POST"])
def receive(number: str) -> ResponseReturnValue:
    """Record what arrived, by ranges of booklets; each wrong range has its sentence."""
    check(Right.RECEIVE_DELIVERY)

    def look(session: Session) -> tuple[OrderPage, list[tuple[str, ProgrammeFreeze]]]:
        programme_id = named(session, number).programme_id
        return looked_at(session, number), programmes.open_freezes(session, programme_id)

    if request.method == "GET":
        page, frozen = in_transaction(look)
        return render_template(
            "orders/delivery.html", page=page, frozen=frozen, form=expected_form(page)
        )
    form = Form.sent()
    delivery = form.submit(lambda session: count_delivery(session, number, form))
    if delivery is not None:
        return done(
            url_for(".shown", number=number),
            f"La livraison {delivery} est enregistrée. Ses pass restent inertes jusqu’à leur "
            "activation par le service financier.",
        )
    page, frozen = in_transaction(look)
    return render_template("orders/delivery.html", page=page, frozen=frozen, form=form), form.status


def expected_form(page: OrderPage) -> Form:
    """The ranges that are still expected, for whoever finds them all in the box."""
    ranges = [r for line in page.lines for r in line.expected][: forms.RANGES]
    typed = {f"first_{n}": page.booklet(first) for n, (first, _) in enumerate(ranges, 1)}
    typed |= {f"last_{n}": page.booklet(last) for n, (_, last) in enumerate(ranges, 1)}
    return Form.blank(**typed)


def count_delivery(session: Session, number: str, form: Form) -> str:
    """Record the ranges that were typed.

    Raises:
        InvalidInput: some range is wrong; each says why.
        EmptyDelivery, UnknownOrder, OrderNotSent.
    """
    order = named(session, number)
    typed = forms.booklets_of(form, known_vintage(session, order.vintage_id).label)
    form.check()
    if not typed:
        raise EmptyDelivery
    again = queries.delivery(session, form.id)
    judged = (
        []
        if again
        else deliveries.judge_delivery(session, order_id=order.id, booklets=[r for _, r in typed])
    )
    for (place, _), verdict in zip(typed, judged, strict=False):
        if isinstance(verdict, DomainError):
            form.wrong(f"first_{place}", verdict.message)
    form.check()
    if again:
        return again.number
    return deliveries.record_delivery(
        session,
        actor=current_actor(),
        delivery_id=form.id,
        order_id=order.id,
        ranges=[serials for serials in judged if isinstance(serials, SerialRange)],
        keys=KeyStore(current_settings().key_dir),
        now=started_at(),
    ).number
