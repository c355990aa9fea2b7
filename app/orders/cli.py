"""Orders, what the printer needs, deliveries, mandates and activation."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.money import Cents, euros
from app.kernel.serials import BOOKLET_SIZES
from app.orders import queries
from app.orders.deliveries import activate_delivery, known_delivery, record_delivery
from app.orders.errors import UnknownDelivery, UnknownMandate, UnknownOrder
from app.orders.mandates import cancel_mandate, record_mandate
from app.orders.models import BookletOrder, Delivery
from app.orders.planning import plan_order
from app.orders.rules import FRENCH_STATE, LineAsked, SerialRange
from app.orders.service import (
    OrderDetails,
    approve_order,
    cancel_order,
    known_order,
    prepare_order,
    send_order,
    totals_of,
)
from app.programmes import queries as programmes
from app.programmes.keys import KeyStore
from app.programmes.naming import programme_named, programme_option, vintage_named
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.terminal.desk import (
    PAGE,
    Desk,
    Group,
    Verb,
    acting,
    approving,
    every,
    in_french,
    repeatable,
    say,
)
from app.terminal.values import Count, Day, Euros, read_id


def order_named(session: Session, typed: str) -> BookletOrder:
    """An order by its number or its id.

    Raises:
        UnknownOrder.
    """
    if order_id := read_id(typed):
        return known_order(session, order_id)
    found = queries.order_by_number(session, typed.strip().upper())
    if found is None:
        raise UnknownOrder
    return found


def delivery_named(session: Session, typed: str) -> Delivery:
    """A delivery by its number or its id.

    Raises:
        UnknownDelivery.
    """
    if delivery_id := read_id(typed):
        return known_delivery(session, delivery_id)
    found = queries.delivery_by_number(session, typed.strip().upper())
    if found is None:
        raise UnknownDelivery
    return found


class Serials(click.ParamType[SerialRange]):
    """Serials received: 1-1000, or one alone."""

    name = "PREMIER-DERNIER"

    def convert(
        self, value: str | SerialRange, param: click.Parameter | None, ctx: click.Context | None
    ) -> SerialRange:
        """Two numbers; whether they make a range is the service's to say."""
        if isinstance(value, SerialRange):
            return value
        first, _, last = value.partition("-")
        number = Count()
        return SerialRange(
            number.convert(first, param, ctx), number.convert(last or first, param, ctx)
        )


class People(click.ParamType[tuple[Public, int]]):
    """A public and how many people: plie=40."""

    name = "PUBLIC=NOMBRE"

    def convert(
        self,
        value: str | tuple[Public, int],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[Public, int]:
        """A public that exists, and a number."""
        if isinstance(value, tuple):
            return value
        public, _, count = value.partition("=")
        if public not in set(Public):
            known = ", ".join(Public)
            self.fail(f"« {public} » n’est pas un public : écrivez {known}.", param, ctx)
        return Public(public), Count().convert(count, param, ctx)


# ── Orders ────────────────────────────────────────────────────────────────────────────────────────


@click.group("order", cls=Group)
def order() -> None:
    """Les commandes de carnets : préparées par l’une, approuvées par une autre, envoyées.

    Une commande se désigne par son numéro (BC-2026-0001) ou son identifiant.

    Exemple : passnum order list --agent coordination@exemple.fr
    """


@order.command("prepare")
@click.option("--vintage", required=True, metavar="REPÈRE", help="Le millésime, par exemple 26A.")
@click.option("--tens", type=Count(), default="0", help="Combien de carnets de 10.")
@click.option("--ten-price", type=Euros(), default="0", help="Le prix d’un carnet de 10.")
@click.option("--fives", type=Count(), default="0", help="Combien de carnets de 5.")
@click.option("--five-price", type=Euros(), default="0", help="Le prix d’un carnet de 5.")
@click.option("--market", metavar="NUMÉRO", help="Le numéro du marché.")
@click.option("--engagement", metavar="NUMÉRO", help="Le numéro d’engagement.")
@click.option("--service-code", metavar="CODE", help="Le code service dans Chorus Pro.")
@click.option("--deliver-to", metavar="ADRESSE", help="Où livrer.")
@click.option("--expected-on", type=Day(), help="Livraison attendue au plus tard.")
@repeatable
@acting
def prepare(
    desk: Desk,
    *,
    vintage: str,
    tens: int,
    ten_price: Cents,
    fives: int,
    five_price: Cents,
    market: str | None,
    engagement: str | None,
    service_code: str | None,
    deliver_to: str | None,
    expected_on: date | None,
    request_id: UUID,
) -> None:
    """Prépare une commande ; une autre personne l’approuve.

    Exemple : passnum order prepare --vintage 26A --tens 500 --ten-price 2,20 --fives 200
    --five-price 1,40
    """
    asked = zip(BOOKLET_SIZES, (tens, fives), (ten_price, five_price), strict=True)
    with desk.transaction() as session:
        terms = vintage_named(session, vintage)
        made = prepare_order(
            session,
            actor=desk.actor(session),
            order_id=request_id,
            programme_id=terms.programme_id,
            vintage_id=terms.vintage_id,
            lines=[LineAsked(size, count, price) for size, count, price in asked if count],
            details=OrderDetails(market, engagement, service_code, deliver_to, expected_on),
            now=desk.now,
        )
    desk.answer(
        f"Commande {made.number} préparée : une autre personne doit l’approuver.",
        id=made.id,
        number=made.number,
    )


@order.command("plan")
@programme_option
@click.option(
    "--people",
    type=People(),
    multiple=True,
    help="Un public et combien de personnes ; à répéter.",
)
@acting
def plan(desk: Desk, *, programme: str | None, people: tuple[tuple[Public, int], ...]) -> None:
    """Calcule combien de carnets commander : personnes × carnets préconisés − stock utilisable.

    Exemple : passnum order plan --people plie=40 --people senior=120
    """
    with desk.transaction(writing=False) as session:
        found = plan_order(
            session,
            actor=desk.actor(session),
            programme_id=programme_named(session, programme).id,
            people=dict(people),
            now=desk.now,
        )
    if desk.as_json:
        desk.dump(
            {
                "publics": [{**asdict(p), "needed_count": p.needed_count} for p in found.publics],
                "sizes": [
                    {
                        "booklet_size": s.booklet_size,
                        "needed_count": s.needed_count,
                        "usable_count": s.stock.usable_count,
                        "to_order_count": s.to_order_count,
                        "prepared_count": s.stock.prepared_count,
                        "to_order_beyond_count": s.to_order_beyond_count,
                    }
                    for s in found.sizes
                ],
                "measured": asdict(found.measured),
            }
        )
        return
    for p in found.publics:
        say(f"{FRENCH_PUBLIC[p.public]} : {p.person_count} × {p.booklet_count} "
            f"= {p.needed_count} carnets de {p.booklet_size}.")  # fmt: skip
    for s in found.sizes:
        say(f"Carnets de {s.booklet_size} : {s.needed_count} − {s.stock.usable_count} "
            f"en stock ou attendus = {s.to_order_count} à commander.")  # fmt: skip
        if s.stock.prepared_count:
            say(f"  À part : {s.stock.prepared_count} dans des commandes préparées, pas encore "
                f"parties. Si elles partent : {s.to_order_beyond_count} à commander.")  # fmt: skip


@order.command("cancel")
@click.argument("order", metavar="COMMANDE")
@click.option("--reason", required=True, metavar="PHRASE", help="Pourquoi.")
@repeatable
@acting
def cancel(desk: Desk, *, order: str, reason: str, request_id: UUID) -> None:
    """Annule une commande qui n’est pas encore partie, en disant pourquoi.

    Exemple : passnum order cancel BC-2026-0001 --reason "Le besoin a été revu"
    """
    with desk.transaction() as session:
        named = order_named(session, order)
        made = cancel_order(
            session,
            actor=desk.actor(session),
            cancellation_id=request_id,
            order_id=named.id,
            reason=reason,
            now=desk.now,
        )
    desk.answer(f"Commande {named.number} annulée : rien n’en partira.", id=made.id)


@order.command("approve")
@click.argument("order", metavar="COMMANDE")
@approving
def approve(desk: Desk, *, order: str) -> None:
    """Approuve une commande préparée par quelqu’un d’autre. Demande votre mot de passe.

    Exemple : passnum order approve BC-2026-0001 --agent coordination2@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        named = order_named(session, order)
        approve_order(session, actor=actor, order_id=named.id, now=desk.now)
    desk.answer(f"Commande {named.number} approuvée : elle peut partir.", id=named.id)


@order.command("send")
@click.argument("order", metavar="COMMANDE")
@acting
def send(desk: Desk, *, order: str) -> None:
    """Envoie une commande approuvée, et lui attribue ses numéros de série.

    Exemple : passnum order send BC-2026-0001
    """
    with desk.transaction() as session:
        named = order_named(session, order)
        send_order(session, actor=desk.actor(session), order_id=named.id, now=desk.now)
        expected = queries.allotments(session, named.id)
    desk.answer(
        f"Commande {named.number} envoyée : elle attend les numéros "
        f"{' et '.join(map(str, expected))}.",
        id=named.id,
        number=named.number,
        serials=[[a.serials.first, a.serials.last] for a in expected],
    )


@order.command("list")
@acting
def list_orders(desk: Desk) -> None:
    """Montre les commandes et où elles en sont.

    Exemple : passnum order list
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.SEE_ORDERS)
        found = every(lambda after: queries.orders_after(session, after, limit=PAGE))
        rows = [summary(session, one) for one in found]
    desk.table(
        rows,
        {
            "Commande": lambda o: o["number"],
            "Millésime": lambda o: o["vintage"],
            "Carnets": lambda o: carnets(o["lines"]),
            "Prix": lambda o: euros(o["total_cents"]),
            "État": lambda o: FRENCH_STATE[o["state"]],
            "Préparée": lambda o: in_french(o["prepared_at"]),
        },
        none="Aucune commande.",
    )


def summary(session: Session, one: BookletOrder) -> dict[str, Any]:
    """An order in a list."""
    terms = programmes.vintage(session, one.vintage_id)
    lines = queries.lines(session, one.id)
    come = queries.progress(session, [one.id])[one.id]
    cancelled = queries.cancellation(session, one.id)
    return {
        "id": one.id,
        "number": one.number,
        "vintage": terms.label if terms else None,
        "lines": [
            {
                "booklet_size": line.booklet_size,
                "booklet_count": line.booklet_count,
                "unit_price_cents": line.unit_price_cents,
            }
            for line in lines
        ],
        "payer": one.payer,
        "fee_cents": one.fee_cents,
        "total_cents": totals_of(one).total_cents,
        "mandated_cents": come.mandated_cents,
        "delivered_count": come.delivered_count,
        "activated_count": come.activated_count,
        "cancellation_reason": cancelled.reason if cancelled else None,
        "state": come.state,
        "prepared_at": one.prepared_at,
    }


def carnets(lines: Sequence[dict[str, Any]]) -> str:
    """« 500 de 10, 200 de 5 »."""
    return ", ".join(f"{line['booklet_count']} de {line['booklet_size']}" for line in lines)


@order.command("show")
@click.argument("order", metavar="COMMANDE")
@acting
def show(desk: Desk, *, order: str) -> None:
    """Montre une commande : ses numéros de série, ses livraisons, ses mandats.

    Exemple : passnum order show BC-2026-0001
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.SEE_ORDERS)
        named = order_named(session, order)
        found = summary(session, named) | {
            "serials": [
                {"first": a.serials.first, "last": a.serials.last, "booklet_size": a.booklet_size}
                for a in queries.allotments(session, named.id)
            ],
            "deliveries": [
                {
                    "id": d.id,
                    "number": d.number,
                    "received_at": d.received_at,
                    "ranges": [
                        [r.first_serial, r.last_serial] for r in queries.ranges_of(session, d.id)
                    ],
                    "active": queries.activation_of(session, d.id) is not None,
                }
                for d in queries.deliveries_of(session, named.id)
            ],
            "mandates": [
                {"number": m.mandate_number, "amount_cents": m.amount_cents}
                for m in queries.mandates_of(session, named.id)
            ],
        }
    if desk.as_json:
        desk.dump(found)
    else:
        describe(found)


def describe(order: dict[str, Any]) -> None:
    """An order, for a person."""
    say(f"Commande {order['number']}, millésime {order['vintage']}, "
        f"{FRENCH_STATE[order['state']]}.")  # fmt: skip
    say(f"Carnets : {carnets(order['lines'])}, pour {euros(order['total_cents'])}.")
    if order["fee_cents"]:
        say(f"Dont frais de l’émetteur : {euros(order['fee_cents'])}.")
    if missing := order["total_cents"] - order["mandated_cents"]:
        say(f"Mandats saisis : {euros(order['mandated_cents'])} ; il manque {euros(missing)}."
            if missing > 0 else f"Mandats saisis : {euros(order['mandated_cents'])}.")  # fmt: skip
    if order["cancellation_reason"]:
        say(f"Annulée : {order['cancellation_reason']}")
    for part in order["serials"]:
        say(f"Attend les pass {part['first']} à {part['last']}, en carnets "
            f"de {part['booklet_size']}.")  # fmt: skip
    for delivery in order["deliveries"]:
        ranges = ", ".join(f"{first} à {last}" for first, last in delivery["ranges"])
        active = "active" if delivery["active"] else "inerte"
        when = in_french(delivery["received_at"])
        say(f"Livraison {delivery['number']} du {when} : pass {ranges}, {active}.")
    for mandate in order["mandates"]:
        say(f"Mandat {mandate['number']} : {euros(mandate['amount_cents'])}.")


# ── From the printer to the stock ─────────────────────────────────────────────────────────────────


@click.group("delivery", cls=Group)
def delivery() -> None:
    """Les livraisons : ce qui est arrivé, compté numéro par numéro.

    Exemple : passnum delivery record BC-2026-0001 --serials 1-5000
    """


@delivery.command("record")
@click.argument("order", metavar="COMMANDE")
@click.option("--serials", type=Serials(), multiple=True, help="Une plage reçue ; à répéter.")
@repeatable
@acting
def record(desk: Desk, *, order: str, serials: tuple[SerialRange, ...], request_id: UUID) -> None:
    """Enregistre une livraison : ses pass entrent en stock, inertes jusqu’à l’activation.

    Exemple : passnum delivery record BC-2026-0001 --serials 1-5000 --serials 5001-6000
    """
    with desk.transaction() as session:
        named = order_named(session, order)
        made = record_delivery(
            session,
            actor=desk.actor(session),
            delivery_id=request_id,
            order_id=named.id,
            ranges=serials,
            keys=KeyStore(desk.settings.key_dir),
            now=desk.now,
        )
    count = sum(part.count for part in serials)
    desk.answer(
        f"Livraison {made.number} enregistrée : {count} pass, inertes jusqu’à leur activation.",
        id=made.id,
        number=made.number,
    )


@click.group("mandate", cls=Group)
def mandate() -> None:
    """Les mandats de paiement des commandes.

    Exemple : passnum mandate record BC-2026-0001 --number M-2026-114 --amount 1380
    """


@mandate.command("record")
@click.argument("order", metavar="COMMANDE")
@click.option("--number", required=True, metavar="NUMÉRO", help="Le numéro du mandat.")
@click.option("--amount", type=Euros(), required=True, help="La somme mandatée.")
@click.option("--issued-on", type=Day(), help="Le jour du mandat (aujourd’hui).")
@click.option("--accept-beyond", is_flag=True, help="La somme dépasse la commande, et c’est voulu.")
@repeatable
@acting
def record_one(
    desk: Desk,
    *,
    order: str,
    number: str,
    amount: Cents,
    issued_on: date | None,
    accept_beyond: bool,
    request_id: UUID,
) -> None:
    """Saisit le mandat d’une commande : il couvre ce qui sera activé.

    Exemple : passnum mandate record BC-2026-0001 --number M-2026-114 --amount 1380
    """
    with desk.transaction() as session:
        named = order_named(session, order)
        made = record_mandate(
            session,
            actor=desk.actor(session),
            mandate_id=request_id,
            order_id=named.id,
            mandate_number=number,
            amount_cents=amount,
            issued_on=issued_on,
            accept_beyond=accept_beyond,
            now=desk.now,
        )
    desk.answer(
        f"Mandat {made.mandate_number} de {euros(made.amount_cents)} saisi "
        f"pour la commande {named.number}.",
        id=made.id,
    )


@mandate.command("cancel")
@click.argument("order", metavar="COMMANDE")
@click.option("--number", required=True, metavar="NUMÉRO", help="Le numéro du mandat.")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@repeatable
@acting
def cancel_one(desk: Desk, *, order: str, number: str, reason: str, request_id: UUID) -> None:
    """Annule un mandat mal saisi, tant que ce qui est actif reste couvert sans lui.

    Exemple : passnum mandate cancel BC-2026-0001 --number M-2026-114 --reason "Somme mal recopiée"
    """
    with desk.transaction() as session:
        named = order_named(session, order)
        told = queries.all_mandates_of(session, [named.id])[named.id]
        # A number that was cancelled and recorded again is the one that still covers something.
        found = {m.mandate_number: m for m, _ in told}
        if number.strip() not in found:
            raise UnknownMandate
        made = cancel_mandate(
            session,
            actor=desk.actor(session),
            cancellation_id=request_id,
            mandate_id=found[number.strip()].id,
            reason=reason,
            now=desk.now,
        )
    desk.answer(f"Mandat {number} annulé : il ne couvre plus rien.", id=made.id)


@click.command("activate", cls=Verb)
@click.argument("delivery", metavar="LIVRAISON")
@repeatable
@acting
def activate(desk: Desk, *, delivery: str, request_id: UUID) -> None:
    """Active une livraison, si les mandats de sa commande la couvrent.

    Exemple : passnum activate LIV-2026-0001 --agent finances@exemple.fr
    """
    with desk.transaction() as session:
        named = delivery_named(session, delivery)
        made = activate_delivery(
            session,
            actor=desk.actor(session),
            activation_id=request_id,
            delivery_id=named.id,
            now=desk.now,
        )
    desk.answer(
        f"Livraison {named.number} active ({euros(made.cost_cents)}) : "
        "ses carnets peuvent être confiés.",
        id=made.id,
    )
