"""Registers, accounts of use and slips as the API tells them."""

from marshmallow import Schema

from app.kernel.ids import LARGEST_INTEGER
from app.reports.schemas import FileFormat
from app.vouchers.schemas import SERIAL
from app.web.api import NumberPageQuery, Query
from app.web.fields import Choice, Day, Flag, Instant, Many, Part, QueryWhole, Text, Uuid, Whole

SINCE_ABOUT = "Le premier jour ; le 1er janvier de l’année sans ce champ."
UNTIL_ABOUT = "Le dernier jour, au soir ; aujourd’hui sans ce champ."


class PeriodQuery(Query):
    """A period in days of Martinique, by the instant of recording."""

    since = Day(load_default=None, about=SINCE_ABOUT)
    until = Day(load_default=None, about=UNTIL_ABOUT)


class HoldingsQuery(PeriodQuery):
    """The holders of a programme, or of all."""

    programme_id = Uuid(load_default=None)


class RegisterFileQuery(PeriodQuery):
    """The register that a file holds."""

    holder_id = Uuid(required=True)
    vintage_id = QueryWhole(1, 2**31 - 1, required=True)
    format = Choice(FileFormat, required=True, about="La forme du fichier.")


class RegisterQuery(NumberPageQuery):
    """A page of a register."""

    holder_id = Uuid(required=True)
    vintage_id = QueryWhole(1, 2**31 - 1, required=True)
    since = Day(load_default=None, about=SINCE_ABOUT)
    until = Day(load_default=None, about=UNTIL_ABOUT)


class AccountQuery(Query):
    """The account of use of a vintage, at the end of a day."""

    vintage_id = QueryWhole(1, 2**31 - 1, required=True)
    at = Day(load_default=None, about="À la fin de ce jour ; aujourd’hui sans ce champ.")


class SlipQuery(PeriodQuery):
    """The slip of a holder."""

    holder_id = Uuid(required=True)


class HoldingSchema(Schema):
    """What a holder had of one vintage at the beginning and at the end of a period."""

    holder_id = Uuid(required=True)
    holder = Text(required=True)
    vintage_id = Whole(required=True)
    vintage = Text(required=True, example="26A")
    face_value_cents = Whole(required=True)
    opening_count = Whole(0, required=True)
    in_count = Whole(0, required=True)
    out_count = Whole(0, required=True)
    closing_count = Whole(0, required=True)


class HoldingPageSchema(Schema):
    """Every holder and vintage that had passes in a period."""

    since = Day(required=True)
    until = Day(required=True)
    items = Many(Part(HoldingSchema), required=True)


class EntrySchema(Schema):
    """One movement by a range of serials."""

    number = Whole(required=True, about="Le numéro du mouvement au registre de passnum.")
    recorded_at = Instant(required=True)
    operation = Text(required=True)
    origin = Text(500, required=True)
    destination = Text(500, required=True)
    first_serial = Text(required=True, example=SERIAL)
    last_serial = Text(required=True, example=SERIAL)
    booklet_count = Whole(0, required=True, about="Carnets entiers.")
    voucher_count = Whole(required=True)
    face_value_cents = Whole(required=True)
    in_count = Whole(0, required=True)
    out_count = Whole(0, required=True)
    balance_count = Whole(-LARGEST_INTEGER, required=True)
    balance_cents = Whole(-LARGEST_INTEGER, required=True)
    document = Text(required=True, allow_none=True)


class RegisterSchema(Schema):
    """A page of a register, with its opening and closing balances."""

    holding = Part(HoldingSchema, required=True)
    since = Day(required=True)
    until = Day(required=True)
    items = Many(Part(EntrySchema), required=True)
    next = Whole(required=True, allow_none=True, about="À passer dans `after`.")


class UseLineSchema(Schema):
    """One line of an account of use."""

    label = Text(required=True)
    before_count = Whole(-LARGEST_INTEGER, required=True, about="Au 31 décembre d’avant.")
    count = Whole(-LARGEST_INTEGER, required=True)
    cents = Whole(-LARGEST_INTEGER, required=True)


class AccountOfUseSchema(Schema):
    """What became of the passes of a vintage, closing to what was ordered."""

    programme = Text(required=True)
    vintage = Text(required=True)
    face_value_cents = Whole(required=True)
    before_on = Day(required=True)
    on = Day(required=True)
    ordered = Part(UseLineSchema, required=True)
    lines = Many(Part(UseLineSchema), required=True)
    missing_count = Whole(-LARGEST_INTEGER, required=True, about="0, ou une faute à signaler.")


class SlipLineSchema(Schema):
    """One line of a slip."""

    label = Text(required=True)
    count = Whole(-LARGEST_INTEGER, required=True)
    cents = Whole(-LARGEST_INTEGER, required=True)
    total = Flag(required=True, about="Un solde : il n’est pas la somme des lignes.")


class SlipSchema(Schema):
    """What a régie did with the passes it held, took in, and was paid."""

    holder = Text(required=True)
    office = Text(required=True, allow_none=True, about="La régie en vigueur, s’il y en a une.")
    since = Day(required=True)
    until = Day(required=True)
    held = Many(Part(SlipLineSchema), required=True)
    taken = Many(Part(SlipLineSchema), required=True)
