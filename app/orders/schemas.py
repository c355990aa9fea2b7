"""Orders, deliveries, mandates and activations as the API reads and writes them."""

from marshmallow import Schema

from app.kernel.ids import LARGEST_INTEGER
from app.kernel.serials import BOOKLET_SIZES
from app.orders.planning import MOST_PEOPLE
from app.orders.rules import OrderState
from app.orders.service import LARGEST_ORDER
from app.programmes.rules import Payer, Public
from app.programmes.schemas import booklet_size
from app.web.api import Body, Identified, page_of
from app.web.fields import Choice, Day, Flag, Instant, Many, Part, Text, Uuid, Whole

LARGEST_PRICE_CENTS = 10_000_000
LARGEST_MANDATE_CENTS = LARGEST_INTEGER // 1000
MANY_RANGES = 1000


class OrderLineRequestSchema(Body):
    """So many booklets of a size, at a price for each booklet."""

    booklet_size = booklet_size()
    booklet_count = Whole(1, LARGEST_ORDER, required=True, example=100)
    unit_price_cents = Whole(
        0, LARGEST_PRICE_CENTS, required=True, about="Prix d’un carnet.", example=250
    )


class PlannedPeopleSchema(Body):
    """So many people of a public."""

    public = Choice(Public, required=True)
    person_count = Whole(1, MOST_PEOPLE, required=True, example=40)


def people() -> Many:
    """The people whom a plan is made for."""
    return Many(
        Part(PlannedPeopleSchema),
        len(Public),
        shortest=1,
        required=True,
        about="Un nombre de personnes pour chaque public attendu.",
    )


class PlanRequestSchema(Body):
    """The people for whom booklets are planned."""

    programme_id = Uuid(required=True)
    people = people()


class OrderRequestSchema(Identified):
    """An order to prepare."""

    programme_id = Uuid(required=True)
    vintage_id = Whole(1, 2**31 - 1, required=True, about="Numéro du millésime.", example=1)
    lines = Many(
        Part(OrderLineRequestSchema),
        len(BOOKLET_SIZES),
        shortest=1,
        required=True,
        about="Une ligne pour les carnets de 10, une pour les carnets de 5.",
    )
    market_number = Text(50, load_default=None, allow_none=True, about="Numéro du marché.")
    engagement_number = Text(50, load_default=None, allow_none=True, about="Numéro d’engagement.")
    service_code = Text(50, load_default=None, allow_none=True, about="Code service Chorus Pro.")
    deliver_to = Text(load_default=None, allow_none=True, about="Où livrer.")
    expected_on = Day(load_default=None, allow_none=True, about="Livraison attendue au plus tard.")
    planned_people = Many(
        Part(PlannedPeopleSchema),
        len(Public),
        load_default=None,
        allow_none=True,
        about="Les personnes prévues : ce que le calcul en dit est gardé avec la commande.",
    )


class CancellationRequestSchema(Identified):
    """Why an order that has not left is given up."""

    reason = Text(required=True, example="Le besoin a été revu à la baisse.")


class PlannedPublicSchema(Schema):
    """Booklets for the people of a public."""

    public = Choice(Public, required=True)
    person_count = Whole(0, required=True)
    booklet_size = Whole(required=True)
    booklet_count = Whole(required=True, about="Carnets pour une personne.")
    needed_count = Whole(0, required=True, about="Carnets pour toutes.")


class StockOfSizeSchema(Schema):
    """Booklets of a size that can still be handed out."""

    active_count = Whole(0, required=True)
    inert_count = Whole(0, required=True)
    expected_count = Whole(0, required=True, about="De commandes parties, pas encore reçus.")
    prepared_count = Whole(
        0, required=True, about="De commandes préparées ou approuvées, pas encore parties."
    )
    usable_count = Whole(0, required=True)


class PlannedSizeSchema(Schema):
    """What a size comes to: needed, less usable."""

    booklet_size = Whole(required=True)
    needed_count = Whole(0, required=True)
    stock = Part(StockOfSizeSchema, required=True)
    to_order_count = Whole(0, required=True)
    to_order_beyond_count = Whole(
        0, required=True, about="Ce qui manque encore une fois parties les commandes préparées."
    )


class MeasuredSchema(Schema):
    """What the programme has shown so far."""

    issued_count = Whole(0, required=True, about="Pass remis à des personnes.")
    redeemed_count = Whole(0, required=True, about="Pass utilisés.")
    delay_days = Whole(
        0, required=True, allow_none=True, about="Délai médian entre remise et utilisation."
    )


class PlanSchema(Schema):
    """How many booklets to order, line by line."""

    publics = Many(Part(PlannedPublicSchema), required=True)
    sizes = Many(Part(PlannedSizeSchema), required=True)
    measured = Part(MeasuredSchema, required=True)


class OrderLineSchema(Schema):
    """A line of an order."""

    booklet_size = Whole(required=True)
    booklet_count = Whole(required=True)
    unit_price_cents = Whole(0, required=True)


class AllotmentSchema(Schema):
    """The serials and the booklets that one line of a sent order may bring."""

    booklet_size = Whole(required=True)
    first_serial = Whole(required=True)
    last_serial = Whole(required=True)
    first_booklet = Whole(required=True)
    last_booklet = Whole(required=True)


class MandateRequestSchema(Identified):
    """A payment that was mandated for an order."""

    mandate_number = Text(50, required=True, example="2026-1187")
    amount_cents = Whole(1, LARGEST_MANDATE_CENTS, required=True, example=125_000)
    issued_on = Day(
        load_default=None,
        about="Jour du mandat, pas avant l’approbation ; sans lui, aujourd’hui.",
    )
    accept_beyond = Flag(
        load_default=False,
        about="La somme dépasse ce qui reste à couvrir de la commande, et c’est voulu.",
    )


class MandateSchema(Schema):
    """A mandat recorded for an order."""

    id = Uuid(required=True)
    order_id = Uuid(required=True)
    mandate_number = Text(50, required=True)
    issued_on = Day(required=True)
    amount_cents = Whole(0, required=True)
    recorded_by = Whole(required=True, about="Numéro de l’agent.")
    recorded_at = Instant(required=True)


class ListedMandateSchema(MandateSchema):
    """A mandat of an order, and whether it still covers something."""

    cancelled_at = Instant(required=True, allow_none=True, about="Il ne couvre plus rien depuis.")
    cancellation_reason = Text(required=True, allow_none=True)


class MandateCancellationRequestSchema(Identified):
    """A mandat that was recorded wrongly."""

    reason = Text(required=True, example="Somme mal recopiée")


class MandateCancellationSchema(Schema):
    """A mandat covers nothing any more; its number is free again."""

    id = Uuid(required=True)
    mandate_id = Uuid(required=True)
    order_id = Uuid(required=True)
    reason = Text(required=True)
    cancelled_by = Whole(required=True, about="Numéro de l’agent.")
    cancelled_at = Instant(required=True)


class OrderSchema(Schema):
    """An order, how far it has come, and what it may bring."""

    id = Uuid(required=True)
    number = Text(required=True, example="BC-2026-0001")
    programme_id = Uuid(required=True)
    vintage_id = Whole(required=True)
    state = Choice(OrderState, required=True)
    payer = Choice(
        Payer,
        required=True,
        about="`authority` : la commande paie l’impression ; `issuer` : elle paie aussi la valeur "
        "faciale et les frais.",
    )
    lines = Many(Part(OrderLineSchema), required=True)
    voucher_count = Whole(required=True)
    printing_cents = Whole(0, required=True)
    face_value_paid_cents = Whole(0, required=True)
    fee_basis_points = Whole(0, required=True)
    fee_cents = Whole(0, required=True)
    total_cents = Whole(0, required=True)
    mandated_cents = Whole(0, required=True)
    delivered_count = Whole(0, required=True, about="Pass arrivés.")
    activated_count = Whole(0, required=True, about="Pass actifs.")
    market_number = Text(required=True, allow_none=True)
    engagement_number = Text(required=True, allow_none=True)
    service_code = Text(required=True, allow_none=True)
    deliver_to = Text(required=True, allow_none=True)
    expected_on = Day(required=True, allow_none=True)
    plan = Part(PlanSchema, required=True, allow_none=True, about="Ce qui était prévu.")
    allotments = Many(
        Part(AllotmentSchema), required=True, about="Numéros attendus, une fois envoyée."
    )
    mandates = Many(Part(ListedMandateSchema), required=True)
    prepared_by = Whole(required=True, about="Numéro de l’agent.")
    prepared_at = Instant(required=True)
    approved_by = Whole(required=True, allow_none=True)
    approved_at = Instant(required=True, allow_none=True)
    sent_at = Instant(required=True, allow_none=True)
    cancelled_at = Instant(required=True, allow_none=True)
    cancellation_reason = Text(required=True, allow_none=True)


class SerialRangeSchema(Body):
    """Consecutive serials of the order's vintage, both ends included."""

    first = Whole(required=True, about="Premier numéro reçu.", example=1)
    last = Whole(required=True, about="Dernier numéro reçu, inclus.", example=500)


class DeliveryRequestSchema(Identified):
    """Booklets that arrived, counted serial by serial."""

    order_id = Uuid(required=True)
    ranges = Many(Part(SerialRangeSchema), MANY_RANGES, shortest=1, required=True)


class DeliveryRangeSchema(Schema):
    """Consecutive serials that arrived."""

    first_serial = Whole(required=True)
    last_serial = Whole(required=True)
    booklet_size = Whole(required=True)


class DeliverySchema(Schema):
    """A delivery, who received it, who made its passes active, and since when they are."""

    id = Uuid(required=True)
    number = Text(required=True, example="LIV-2026-0001")
    order_id = Uuid(required=True)
    ranges = Many(Part(DeliveryRangeSchema), required=True)
    received_by = Whole(required=True, about="Numéro de l’agent.")
    received_at = Instant(required=True)
    activated_by = Whole(required=True, allow_none=True, about="Numéro de l’agent.")
    activated_at = Instant(required=True, allow_none=True)


class ActivationRequestSchema(Identified):
    """A delivery whose passes become usable."""

    delivery_id = Uuid(required=True)


class ActivationSchema(Schema):
    """A delivery became usable: its cost is covered by the mandates of its order."""

    id = Uuid(required=True)
    delivery_id = Uuid(required=True)
    order_id = Uuid(required=True)
    cost_cents = Whole(0, required=True)
    activated_by = Whole(required=True, about="Numéro de l’agent.")
    activated_at = Instant(required=True)


OrderPageSchema = page_of(OrderSchema)
DeliveryPageSchema = page_of(DeliverySchema)
