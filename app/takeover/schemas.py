"""Opening balances as the API reads and writes them."""

from marshmallow import Schema

from app.takeover.rules import MOST_VOUCHERS, Place
from app.web.api import Body, Identified, page_of
from app.web.fields import Choice, Day, File, Instant, Many, Part, Text, Uuid, Whole


class FilesSchema(Body):
    """The file of booklets, and the codes that somebody else printed."""

    programme_id = Uuid(required=True)
    file = File(
        required=True, about="Le fichier des carnets, CSV ou XLSX, en base64 ; 1,5 Mo au plus."
    )
    code_file = File(about="Le fichier des codes, si un autre les a imprimés, en base64.")


class TakeoverRequestSchema(Identified, FilesSchema):
    """A procès-verbal to draw up from a whole file."""

    counted_on = Day(required=True, about="Le jour du comptage : aujourd’hui ou avant.")


class TakeoverApprovalRequestSchema(Body):
    """The total that was read and counted."""

    voucher_count = Whole(
        0, MOST_VOUCHERS, required=True, about="Le total lu et compté.", example=40
    )


class TakeoverRefusalRequestSchema(Identified):
    """Why a procès-verbal is set aside."""

    reason = Text(required=True, about="Pourquoi.", example="Deux carnets manquent")


class FaultSchema(Schema):
    """What is wrong on a line, and what to write instead."""

    line = Whole(required=True)
    sentence = Text(required=True)


class TakeoverTotalSchema(Schema):
    """What lies in one place with one holder, of one vintage."""

    vintage = Text(required=True, example="25R")
    place = Choice(Place, required=True)
    holder_id = Uuid(required=True, allow_none=True)
    booklets_of_10 = Whole(0, required=True)
    booklets_of_5 = Whole(0, required=True)
    voucher_count = Whole(0, required=True)
    used_count = Whole(0, required=True, about="Dont utilisés et payés avant passnum.")
    amount_cents = Whole(0, required=True)


class TakeoverCheckSchema(Schema):
    """The verdicts on a file: without a fault, what it adds up to."""

    line_count = Whole(0, required=True, about="Lignes à corriger.")
    fault_count = Whole(0, required=True, about="Erreurs : une ligne peut en avoir plusieurs.")
    faults = Many(Part(FaultSchema), required=True, about="Les deux cents premières.")
    voucher_count = Whole(0, required=True, about="Les pass qui entreraient.")
    totals = Many(Part(TakeoverTotalSchema), required=True)


class TakeoverSchema(Schema):
    """A procès-verbal: approved, set aside, or waiting for another person."""

    id = Uuid(required=True)
    number = Text(required=True, example="PVR-2026-0001")
    programme_id = Uuid(required=True)
    counted_on = Day(required=True)
    voucher_count = Whole(0, required=True)
    prepared_at = Instant(required=True)
    approved_at = Instant(required=True, allow_none=True)
    refused_at = Instant(required=True, allow_none=True)
    reason = Text(required=True, allow_none=True, about="Pourquoi il est écarté.")
    totals = Many(Part(TakeoverTotalSchema), required=True)


TakeoverPageSchema = page_of(TakeoverSchema)
