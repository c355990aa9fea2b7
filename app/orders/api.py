"""Ordering booklets, receiving them, and making them usable."""

from dataclasses import fields
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.errors import InvalidInput
from app.orders import deliveries, mandates, planning, queries, service
from app.orders.models import Activation, OrderMandate, OrderMandateCancellation
from app.orders.rules import LineAsked, Plan, SerialRange
from app.orders.schemas import (
    ActivationRequestSchema,
    ActivationSchema,
    CancellationRequestSchema,
    DeliveryPageSchema,
    DeliveryRequestSchema,
    DeliverySchema,
    MandateCancellationRequestSchema,
    MandateCancellationSchema,
    MandateRequestSchema,
    MandateSchema,
    OrderPageSchema,
    OrderRequestSchema,
    OrderSchema,
    PlanRequestSchema,
    PlanSchema,
)
from app.orders.service import OrderDetails
from app.orders.views import deliveries_shown, orders_shown
from app.programmes.keys import KeyStore
from app.programmes.rules import Public
from app.web.api import Json, Routes, UuidPageQuery, id_of_request, page
from app.web.auth import current_actor, started_at
from app.web.transaction import current_settings, in_transaction

routes = Routes("orders", "Commandes, livraisons, mandats et activation.")
bp = routes.blueprint


@routes.post(
    "/orders",
    "Préparer une commande",
    right=Right.PREPARE_ORDER,
    body=OrderRequestSchema,
    answer=OrderSchema,
    refuses=(404,),
    description="Une autre personne doit l’approuver.",
)
def prepare_order(body: Json) -> Json:
    """Prepare an order of booklets of 5 and 10."""
    lines = [LineAsked(**line) for line in body.pop("lines")]
    people = body.pop("planned_people")
    details = OrderDetails(**{field.name: body.pop(field.name) for field in fields(OrderDetails)})

    def work(session: Session) -> list[Json]:
        order = service.prepare_order(
            session,
            actor=current_actor(),
            order_id=id_of_request(body),
            lines=lines,
            now=started_at(),
            details=details,
            planned=planned(people) if people else None,
            **body,
        )
        return orders_shown(session, [order])

    return in_transaction(work)[0]


def planned(people: list[Json]) -> dict[Public, int]:
    """People by public.

    Raises:
        InvalidInput: a public stands twice.
    """
    by_public = {line["public"]: line["person_count"] for line in people}
    if len(by_public) < len(people):
        raise InvalidInput(people="Chaque public ne figure qu’une fois : retirez le doublon.")
    return by_public


@routes.post(
    "/orders/plan",
    "Calculer combien commander",
    right=Right.PREPARE_ORDER,
    body=PlanRequestSchema,
    answer=PlanSchema,
    status=200,
    refuses=(404,),
    description="Personnes × carnets préconisés − stock utilisable, taille par taille. "
    "Rien n’est enregistré.",
)
def plan_order(body: Json) -> Plan:
    """How many booklets to order for so many people."""
    return in_transaction(
        lambda session: planning.plan_order(
            session,
            actor=current_actor(),
            programme_id=body["programme_id"],
            people=planned(body["people"]),
            now=started_at(),
        )
    )


@routes.get(
    "/orders",
    "Lister les commandes",
    right=Right.SEE_ORDERS,
    query=UuidPageQuery,
    answer=OrderPageSchema,
)
def list_orders(query: Json) -> Json:
    """Orders in the order of their ids."""
    return in_transaction(
        lambda session: page(
            query,
            partial(queries.orders_after, session, query["after"]),
            partial(orders_shown, session),
        )
    )


@routes.get(
    "/orders/<uuid:order_id>", "Lire une commande", right=Right.SEE_ORDERS, answer=OrderSchema
)
def read_order(order_id: UUID) -> Json:
    """One order, with its state, its lines and the serials it may bring."""
    return in_transaction(
        lambda session: orders_shown(session, [service.known_order(session, order_id)])
    )[0]


@routes.post(
    "/orders/<uuid:order_id>/approve",
    "Approuver une commande",
    right=Right.APPROVE_ORDER,
    answer=OrderSchema,
    status=200,
    refuses=(409, 422),
)
def approve_order(order_id: UUID) -> Json:
    """Approve an order that somebody else prepared."""

    def work(session: Session) -> list[Json]:
        service.approve_order(session, actor=current_actor(), order_id=order_id, now=started_at())
        return orders_shown(session, [service.known_order(session, order_id)])

    return in_transaction(work)[0]


@routes.post(
    "/orders/<uuid:order_id>/send",
    "Envoyer une commande approuvée",
    right=Right.PREPARE_ORDER,
    answer=OrderSchema,
    status=200,
    refuses=(409,),
    description="Réserve les numéros de série que la livraison peut apporter.",
)
def send_order(order_id: UUID) -> Json:
    """Let an approved order leave for the issuer."""

    def work(session: Session) -> list[Json]:
        service.send_order(session, actor=current_actor(), order_id=order_id, now=started_at())
        return orders_shown(session, [service.known_order(session, order_id)])

    return in_transaction(work)[0]


@routes.post(
    "/orders/<uuid:order_id>/cancel",
    "Annuler une commande qui n’est pas partie",
    right=Right.PREPARE_ORDER,
    body=CancellationRequestSchema,
    answer=OrderSchema,
    description="Ce qui était préparé reste lisible, avec la raison.",
)
def cancel_order(body: Json, order_id: UUID) -> Json:
    """Give up an order that has not left."""

    def work(session: Session) -> list[Json]:
        service.cancel_order(
            session,
            actor=current_actor(),
            cancellation_id=id_of_request(body),
            order_id=order_id,
            now=started_at(),
            **body,
        )
        return orders_shown(session, [service.known_order(session, order_id)])

    return in_transaction(work)[0]


@routes.post(
    "/orders/<uuid:order_id>/mandates",
    "Saisir un mandat de la commande",
    right=Right.RECORD_MANDATE,
    body=MandateRequestSchema,
    answer=MandateSchema,
)
def record_mandate(body: Json, order_id: UUID) -> OrderMandate:
    """Record that the payment of an order was mandated, for so much."""
    return in_transaction(
        lambda session: mandates.record_mandate(
            session,
            actor=current_actor(),
            mandate_id=id_of_request(body),
            order_id=order_id,
            now=started_at(),
            **body,
        )
    )


@routes.post(
    "/mandates/<uuid:mandate_id>/cancellation",
    "Annuler un mandat mal saisi",
    right=Right.RECORD_MANDATE,
    body=MandateCancellationRequestSchema,
    answer=MandateCancellationSchema,
    description="Tant que ce qui est actif reste couvert par les autres mandats de la commande. "
    "Le numéro peut être saisi de nouveau.",
)
def cancel_mandate(body: Json, mandate_id: UUID) -> OrderMandateCancellation:
    """Let a mandat cover nothing any more, with a reason."""
    return in_transaction(
        lambda session: mandates.cancel_mandate(
            session,
            actor=current_actor(),
            cancellation_id=id_of_request(body),
            mandate_id=mandate_id,
            now=started_at(),
            **body,
        )
    )


@routes.post(
    "/deliveries",
    "Enregistrer une livraison comptée",
    right=Right.RECEIVE_DELIVERY,
    body=DeliveryRequestSchema,
    answer=DeliverySchema,
    refuses=(404,),
    description="Par plages de numéros de série, en carnets entiers ; les pass reçus sont inertes.",
)
def record_delivery(body: Json) -> Json:
    """Receive booklets by ranges of serials."""
    ranges = [SerialRange(**serials) for serials in body.pop("ranges")]

    def work(session: Session) -> list[Json]:
        delivery = deliveries.record_delivery(
            session,
            actor=current_actor(),
            delivery_id=id_of_request(body),
            ranges=ranges,
            keys=KeyStore(current_settings().key_dir),
            now=started_at(),
            **body,
        )
        return deliveries_shown(session, [delivery])

    return in_transaction(work)[0]


@routes.get(
    "/deliveries",
    "Lister les livraisons",
    right=Right.SEE_ORDERS,
    query=UuidPageQuery,
    answer=DeliveryPageSchema,
)
def list_deliveries(query: Json) -> Json:
    """Deliveries in the order of their ids."""
    return in_transaction(
        lambda session: page(
            query,
            partial(queries.deliveries_after, session, query["after"]),
            partial(deliveries_shown, session),
        )
    )


@routes.get(
    "/deliveries/<uuid:delivery_id>",
    "Lire une livraison",
    right=Right.SEE_ORDERS,
    answer=DeliverySchema,
)
def read_delivery(delivery_id: UUID) -> Json:
    """One delivery, with its serials."""
    return in_transaction(
        lambda session: deliveries_shown(session, [deliveries.known_delivery(session, delivery_id)])
    )[0]


@routes.post(
    "/activations",
    "Activer une livraison",
    right=Right.RECORD_MANDATE,
    body=ActivationRequestSchema,
    answer=ActivationSchema,
    refuses=(404,),
    description="Tant que les mandats de la commande couvrent le coût de ce qui est actif.",
)
def activate_delivery(body: Json) -> Activation:
    """Make the passes of a delivery usable."""
    return in_transaction(
        lambda session: deliveries.activate_delivery(
            session,
            actor=current_actor(),
            activation_id=id_of_request(body),
            now=started_at(),
            **body,
        )
    )
