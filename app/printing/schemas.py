"""What the API says of printing."""

from marshmallow import Schema

from app.printing.rules import PrintKind
from app.web.api import Identified, UuidPageQuery, page_of
from app.web.fields import Choice, Flag, Instant, Many, Part, Text, Uuid, Whole

LARGEST_NUMBER = 999_999


class PrintBatchRequestSchema(Identified):
    """Booklets of a sent order to print."""

    order_id = Uuid(required=True)
    kind = Choice(PrintKind, load_default=PrintKind.BOOKLETS, about="Carnets, ou codes seuls.")
    first_booklet = Whole(
        1, LARGEST_NUMBER, load_default=None, about="Sinon, le premier de la commande.", example=1
    )
    last_booklet = Whole(
        1, LARGEST_NUMBER, load_default=None, about="Sinon, le dernier de la commande.", example=10
    )
    large = Flag(load_default=False, about="En gros caractères.")
    reason = Text(
        200,
        load_default="",
        about="Obligatoire pour imprimer de nouveau des carnets.",
        example="Bourrage papier",
    )


class PrintFileSchema(Schema):
    """One file of a batch."""

    ordinal = Whole(required=True)
    name = Text(required=True)
    first_booklet = Whole(required=True)
    last_booklet = Whole(required=True)
    sha256 = Text(required=True, about="Empreinte SHA-256, en hexadécimal.")


class PrintBatchSchema(Schema):
    """A batch, as recorded."""

    id = Uuid(required=True)
    number = Text(required=True, example="IMP-2026-0001")
    order_id = Uuid(required=True)
    order_number = Text(required=True)
    kind = Choice(PrintKind, required=True)
    large = Flag(required=True)
    first_booklet = Whole(required=True)
    last_booklet = Whole(required=True)
    booklet_count = Whole(required=True)
    reason = Text(200, required=True, allow_none=True)
    printed_by = Whole(required=True, about="Numéro de l’agent.")
    printed_at = Instant(required=True)
    files = Many(Part(PrintFileSchema), required=True)


class PrintBatchPageQuery(UuidPageQuery):
    """A page of batches, of one order or of all."""

    order_id = Uuid(load_default=None, about="Seulement celles de cette commande.")


PrintBatchPageSchema = page_of(PrintBatchSchema)
