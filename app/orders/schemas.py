"""Orders, deliveries, mandates and activations as the API reads and writes them."""

from enum import StrEnum

from marshmallow import Schema

from app.kernel.ids import LARGEST_INTEGER
from app.orders.rules import BOOKLET_SIZES
from app.orders.service import LARGEST_ORDER
from app.programmes.schemas import booklet_size
from app.web.api import Body, Identified, page_of
from app.web.fields import Choice, Instant, Many, Part, Text, Uuid, Whole

LARGEST_PRICE_CENTS = 10_000_000
LARGEST_MANDATE_CENTS = LARGEST_INTEGER // 1000
MANY_RANGES = 1000


class OrderState(StrEnum):
    """How far an order has come."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"


class OrderLineRequestSchema(Body):
    """So many booklets of a size, at a price for each booklet."""

    booklet_size = booklet_size()
    booklet_count = Whole(1, LARGEST_ORDER, required=True, example=100)
    unit_price_cents = Whole(
        0, LARGEST_PRICE_CENTS, required=True, about="Prix d’un carnet.", example=250
    )


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
    amount_cents = Whole(0, LARGEST_MANDATE_CENTS, required=True, example=125_000)


class MandateSchema(Schema):
    """A mandat recorded for an order."""

    id = Uuid(required=True)
    order_id = Uuid(required=True)
    mandate_number = Text(50, required=True)
    amount_cents = Whole(0, required=True)
    recorded_by = Whole(required=True, about="Numéro de l’agent.")
    recorded_at = Instant(required=True)


class OrderSchema(Schema):
    """An order, how far it has come, and what it may bring."""

    id = Uuid(required=True)
    number = Text(required=True, example="BC-2026-0001")
    programme_id = Uuid(required=True)
    vintage_id = Whole(required=True)
    state = Choice(OrderState, required=True)
    lines = Many(Part(OrderLineSchema), required=True)
    allotments = Many(
        Part(AllotmentSchema), required=True, about="Numéros attendus, une fois envoyée."
    )
    mandates = Many(Part(MandateSchema), required=True)
    prepared_by = Whole(required=True, about="Numéro de l’agent.")
    prepared_at = Instant(required=True)
    approved_by = Whole(required=True, allow_none=True)
    approved_at = Instant(required=True, allow_none=True)
    sent_at = Instant(required=True, allow_none=True)


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
    """A delivery, and since when its passes are active."""

    id = Uuid(required=True)
    number = Text(required=True, example="LIV-2026-0001")
    order_id = Uuid(required=True)
    ranges = Many(Part(DeliveryRangeSchema), required=True)
    received_by = Whole(required=True, about="Numéro de l’agent.")
    received_at = Instant(required=True)
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
