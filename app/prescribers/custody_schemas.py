"""Consignments and requests for booklets as the API reads and writes them."""

from marshmallow import Schema

from app.prescribers.custody_rules import (
    LONGEST_WORDS,
    MOST_REQUESTED,
    ConsignmentKind,
    ConsignmentState,
    RecallReason,
    RequestState,
    Settlement,
)
from app.programmes.rules import Public
from app.web.api import Body, Identified, page_of
from app.web.fields import Choice, Day, Instant, Many, Part, Text, Uuid, Whole

BOOKLET = "26A 00442"
MANY_RANGES = 100


class BookletRangeRequestSchema(Body):
    """Booklets by their printed numbers, both ends included."""

    first = Text(40, required=True, example=BOOKLET)
    last = Text(40, required=True, example="26A 00451")


class AllocationRequestSchema(Identified):
    """Booklets to entrust to a prescriber."""

    programme_id = Uuid(required=True)
    recipient_id = Uuid(required=True, about="Le prescripteur.")
    booklets = Many(Part(BookletRangeRequestSchema), MANY_RANGES, shortest=1, required=True)
    request_id = Uuid(
        load_default=None, allow_none=True, about="La demande à laquelle cette dotation répond."
    )


class ReturnRequestSchema(Identified):
    """Booklets that a prescriber sends back to the stock."""

    programme_id = Uuid(required=True)
    sender_id = Uuid(required=True, about="Le prescripteur qui les a.")
    booklets = Many(Part(BookletRangeRequestSchema), MANY_RANGES, shortest=1, required=True)
    reason = Text(LONGEST_WORDS, required=True, example="Fin de la convention")


class TransferRequestSchema(ReturnRequestSchema):
    """Booklets that a prescriber sends to another."""

    recipient_id = Uuid(required=True, about="Le prescripteur à qui ils sont destinés.")


class ReceiptRequestSchema(Identified):
    """What the recipient counted: everything but what it names as missing."""

    missing = Many(
        Part(BookletRangeRequestSchema),
        MANY_RANGES,
        load_default=list,
        about="Carnets absents ; ils restent en route.",
    )
    damaged = Many(
        Part(BookletRangeRequestSchema),
        MANY_RANGES,
        load_default=list,
        about="Carnets reçus, mais abîmés.",
    )
    note = Text(LONGEST_WORDS, load_default=None, allow_none=True, example="Carton ouvert")


class CallBackRequestSchema(Identified):
    """Why a consignment is called back."""

    reason = Text(LONGEST_WORDS, required=True, example="Envoyé au mauvais prescripteur")


class SettlementRequestSchema(Identified):
    """What became of missing booklets."""

    settlement = Choice(Settlement, required=True)
    booklets = Many(Part(BookletRangeRequestSchema), MANY_RANGES, shortest=1, required=True)


class RecallRequestSchema(Identified):
    """Everything that a holder must return of a programme."""

    holder_id = Uuid(required=True, about="Le prescripteur qui les a.")
    programme_id = Uuid(required=True)


class BookletRangeSchema(Schema):
    """Booklets whose passes follow one another."""

    first = Text(required=True, example=BOOKLET)
    last = Text(required=True, example="26A 00451")
    voucher_count = Whole(required=True)


class RecallSchema(Schema):
    """What one holder must return of one programme, and why."""

    holder_id = Uuid(required=True)
    programme_id = Uuid(required=True)
    reason = Choice(RecallReason, required=True)
    since = Day(required=True, allow_none=True, about="Premier jour sans droit, s’il est connu.")
    booklets = Many(Part(BookletRangeSchema), required=True)
    booklet_count = Whole(required=True)
    voucher_count = Whole(required=True)
    amount_cents = Whole(0, required=True)


class AllocationSchema(Schema):
    """Booklets that leave one holder for another, and who signed for them."""

    id = Uuid(required=True)
    kind = Choice(ConsignmentKind, required=True)
    number = Text(required=True, example="DOT-2026-0001")
    programme_id = Uuid(required=True)
    sender_id = Uuid(required=True)
    recipient_id = Uuid(required=True)
    state = Choice(ConsignmentState, required=True)
    booklets = Many(Part(BookletRangeSchema), required=True)
    still_missing = Many(
        Text(example=BOOKLET), required=True, about="Carnets comptés absents, encore en route."
    )
    damaged = Many(Text(example=BOOKLET), required=True, about="Carnets reçus abîmés.")
    reason = Text(required=True, allow_none=True)
    sent_on = Day(required=True)
    prepared_by = Whole(required=True, about="Numéro de l’agent.")
    prepared_at = Instant(required=True)
    answered_by = Whole(required=True, allow_none=True, about="Qui a signé, ou annulé.")
    answered_at = Instant(required=True, allow_none=True)
    note = Text(required=True, allow_none=True)


class ReceiptSchema(Schema):
    """How a consignment ended: counted and signed for, or called back."""

    id = Uuid(required=True)
    consignment_id = Uuid(required=True)
    answer = Text(required=True, example="received")
    note = Text(required=True, allow_none=True)
    answered_by = Whole(required=True, about="Numéro de l’agent.")
    answered_at = Instant(required=True)


class SettlementSchema(Schema):
    """What became of missing booklets, and who says so."""

    id = Uuid(required=True)
    consignment_id = Uuid(required=True)
    settlement = Choice(Settlement, required=True)
    settled_by = Whole(required=True, about="Numéro de l’agent.")
    settled_at = Instant(required=True)


class BookletRequestRequestSchema(Identified):
    """So many booklets of 10 and of 5, for a public, and why."""

    programme_id = Uuid(required=True)
    public = Choice(Public, required=True)
    tens_count = Whole(0, MOST_REQUESTED, load_default=0, example=20)
    fives_count = Whole(0, MOST_REQUESTED, load_default=0, example=0)
    reason = Text(LONGEST_WORDS, required=True, example="Douze personnes inscrites en décembre")


class DeclineRequestSchema(Identified):
    """Why a request is declined."""

    reason = Text(LONGEST_WORDS, required=True, example="Le stock est réservé jusqu’en janvier")


class BookletRequestSchema(Schema):
    """A request for booklets, and its answer."""

    id = Uuid(required=True)
    number = Text(required=True, example="DEM-2026-0001")
    programme_id = Uuid(required=True)
    prescriber_id = Uuid(required=True)
    public = Choice(Public, required=True)
    tens_count = Whole(0, MOST_REQUESTED, required=True)
    fives_count = Whole(0, MOST_REQUESTED, required=True)
    reason = Text(required=True)
    state = Choice(RequestState, required=True)
    requested_on = Day(required=True)
    requested_by = Whole(required=True, about="Numéro de l’agent.")
    requested_at = Instant(required=True)
    allocation_id = Uuid(required=True, allow_none=True)
    declined_because = Text(required=True, allow_none=True)
    answered_by = Whole(required=True, allow_none=True)
    answered_at = Instant(required=True, allow_none=True)


AllocationPageSchema = page_of(AllocationSchema)
BookletRequestPageSchema = page_of(BookletRequestSchema)
RecallPageSchema = page_of(RecallSchema)
