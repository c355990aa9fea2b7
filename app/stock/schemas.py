"""Files of serials and counts as the API reads and writes them."""

from marshmallow import Schema

from app.stock.count_rules import MOST_LINES, CountState, DifferenceKind
from app.stock.file_rules import CodesFrom, Fault
from app.web.api import Body, Identified, NumberPageQuery, UuidPageQuery, page_of
from app.web.fields import Choice, Day, File, Flag, Instant, Many, Part, Text, Uuid, Whole

DIGEST = 64


class SerialFileRequestSchema(Identified):
    """A printer's file for an order."""

    file = File(
        required=True,
        longest=5_000_000,
        said="5 Mo",
        about="CSV ou XLSX, en base64 ; colonnes `serial`, et au besoin `code` et `cover`. 50 000 "
        "lignes et 5 Mo au plus : au-delà, `passnum delivery import`.",
    )
    codes_from = Choice(
        CodesFrom,
        load_default=CodesFrom.PASSNUM,
        about="`passnum` : les codes sont ceux de la clé du millésime ; `issuer` : le fichier les "
        "apporte, seule leur empreinte est gardée.",
    )


class FaultCountSchema(Schema):
    """Rows put aside for one reason."""

    fault = Choice(Fault, required=True)
    row_count = Whole(0, required=True)
    mended_count = Whole(0, required=True, about="Arrivées depuis, par une autre livraison.")


class SerialFileSchema(Schema):
    """A file and what it came to."""

    id = Uuid(required=True)
    number = Text(required=True, example="FIC-2026-0001")
    order_id = Uuid(required=True)
    delivery_id = Uuid(required=True, allow_none=True, about="Ce que le fichier a apporté.")
    sha256 = Text(DIGEST, required=True)
    codes_from = Choice(CodesFrom, required=True)
    row_count = Whole(required=True)
    received_count = Whole(0, required=True)
    quarantined_count = Whole(0, required=True)
    missing_count = Whole(0, required=True, about="Pass absents entre deux autres du fichier.")
    faults = Many(Part(FaultCountSchema), required=True)
    imported_by = Whole(required=True, about="Numéro de l’agent.")
    imported_at = Instant(required=True)


class SerialFilesQuery(UuidPageQuery):
    """A page of files, of one order or of all."""

    order_id = Uuid(load_default=None, about="Les fichiers de cette commande.")


class QuarantinedRowSchema(Schema):
    """A row put aside; never its code."""

    line = Whole(required=True, about="Ligne du fichier, l’en-tête étant la première.")
    typed = Text(required=True, about="Ce qui était écrit comme numéro.")
    serial = Text(
        required=True,
        allow_none=True,
        about="Le numéro que la commande attend.",
        example="26A 00442 07 91",
    )
    fault = Choice(Fault, required=True)
    arrived_on = Day(required=True, allow_none=True)


class QuarantinedRowsQuery(NumberPageQuery):
    """A page of rows put aside."""


SerialFilePageSchema = page_of(SerialFileSchema)
QuarantinedRowPageSchema = page_of(QuarantinedRowSchema)


# ── Counts ────────────────────────────────────────────────────────────────────────────────────────


class StockCountRequestSchema(Identified):
    """A count to begin."""

    holder_id = Uuid(required=True, about="Le commanditaire, ou un prescripteur.")
    counted_on = Day(required=True, about="Le jour compté : aujourd’hui ou avant.")


class CountEntryRequestSchema(Identified):
    """What lies there, scanned or typed."""

    lines = Many(
        Text(120),
        MOST_LINES,
        shortest=1,
        required=True,
        about="Une couverture, un numéro, ou deux bouts d’une suite : `26A 00001 à 26A 00040`.",
    )


class CountCorrectionRequestSchema(Identified):
    """A line typed by mistake."""

    entry_id = Uuid(required=True)
    place = Whole(1, MOST_LINES, required=True)


class CountClosingRequestSchema(Body):
    """All is counted."""

    nothing_there = Flag(load_default=False, about="Rien ne se trouve là, et c’est vrai.")


class CountAbandonmentRequestSchema(Identified):
    """Why a count is given up."""

    reason = Text(200, required=True, example="Ouvert deux fois")


class CountLineSchema(Schema):
    """A line of a count."""

    entry_id = Uuid(required=True)
    place = Whole(required=True)
    line = Text(required=True, example="26A 00001 à 26A 00040")
    entered_at = Instant(required=True)
    struck_at = Instant(required=True, allow_none=True)


class CountTotalSchema(Schema):
    """One vintage of a closed count."""

    vintage = Text(required=True, example="26A")
    theory_count = Whole(0, required=True)
    counted_count = Whole(0, required=True)
    missing_count = Whole(0, required=True)
    excess_count = Whole(0, required=True)
    difference_cents = Whole(-(2**53), required=True)


class DifferenceSchema(Schema):
    """Passes that differ, and where the register says they rest."""

    kind = Choice(DifferenceKind, required=True)
    serials = Many(Text(), required=True)
    rests = Text(400, required=True)


class StockCountSchema(Schema):
    """A count; its theory is told once it is closed."""

    id = Uuid(required=True)
    number = Text(required=True, example="PVC-2026-0001")
    holder_id = Uuid(required=True)
    counted_on = Day(required=True)
    state = Choice(CountState, required=True)
    opened_by = Whole(required=True, about="Numéro de l’agent.")
    opened_at = Instant(required=True)
    closed_by = Whole(required=True, allow_none=True)
    closed_at = Instant(required=True, allow_none=True)
    theory_at = Instant(required=True, allow_none=True)
    signed_by = Whole(required=True, allow_none=True)
    signed_at = Instant(required=True, allow_none=True)
    abandoned_at = Instant(required=True, allow_none=True)
    abandonment_reason = Text(required=True, allow_none=True)
    lines = Many(Part(CountLineSchema), required=True)
    totals = Many(Part(CountTotalSchema), required=True)
    differences = Many(Part(DifferenceSchema), required=True)
    strangers = Many(Text(), required=True, about="Carnets qu’aucune livraison n’a apportés.")


class ListedCountSchema(Schema):
    """A count in a list; what differs is told once it is closed."""

    id = Uuid(required=True)
    number = Text(required=True, example="PVC-2026-0001")
    holder_id = Uuid(required=True)
    holder = Text(required=True)
    counted_on = Day(required=True)
    state = Choice(CountState, required=True)
    missing_count = Whole(0, required=True, allow_none=True)
    excess_count = Whole(0, required=True, allow_none=True)
    opened_at = Instant(required=True)


ListedCountPageSchema = page_of(ListedCountSchema)
