"""Reports and the ledger as the API tells them."""

from enum import StrEnum

from marshmallow import Schema

from app.kernel.ids import LARGEST_INTEGER
from app.ledger import MovementKind
from app.reports.rules import By, Denominator
from app.vouchers.schemas import SERIAL, AccountSchema
from app.web.api import Query, page_of
from app.web.fields import (
    Choice,
    Day,
    Flag,
    Instant,
    Many,
    Moment,
    Part,
    QueryWhole,
    Text,
    Uuid,
    Whole,
)


class ReportQuery(Query):
    """What a report counts: a day, and one programme or vintage, or everything."""

    at = Day(load_default=None, about="À la fin de ce jour de Martinique ; sinon maintenant.")
    programme_id = Uuid(load_default=None)
    vintage_id = QueryWhole(1, 2**31 - 1, load_default=None)


class UsageQuery(ReportQuery):
    """What the usage rate counts, and what it is told apart by."""

    by = Choice(By, load_default=None, about="Ce qui distingue les lignes du tableau.")
    since = Day(
        load_default=None,
        about="Avec `by` : les actes faits depuis ce jour ; sinon tout, depuis le début.",
    )


class FileFormat(StrEnum):
    """In which form a file is."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


class UsageFileQuery(ReportQuery):
    """The table of usage that a file holds."""

    format = Choice(FileFormat, required=True, about="La forme du fichier.")
    by = Choice(
        By,
        load_default=By.PRESCRIBER_COMMUNE,
        about="Ce qui distingue les lignes ; la commune du prescripteur sans ce champ.",
    )
    since = Day(load_default=None, about="Les actes faits depuis ce jour.")


class CouncilQuery(Query):
    """The page for the council: of one programme, on a day."""

    programme_id = Uuid(required=True)
    at = Day(load_default=None, about="À la fin de ce jour de Martinique ; sinon maintenant.")


class CouncilPlaceSchema(Schema):
    """Passes that rest somewhere, and their face value."""

    label = Text(required=True)
    voucher_count = Whole(0, required=True)
    amount_cents = Whole(-LARGEST_INTEGER, required=True)


class CouncilPublicSchema(Schema):
    """Passes handed to a public, and used by it."""

    name = Text(required=True)
    issued_count = Whole(0, required=True)
    redeemed_count = Whole(0, required=True)


class CouncilFunderSchema(Schema):
    """What a funder bears of the value of the passes used."""

    name = Text(required=True)
    share_basis_points = Whole(0, required=True, about="En centièmes de pour cent.")
    of_cents = Whole(0, required=True, about="La valeur dont c’est une part.")
    amount_cents = Whole(0, required=True)


class KeyDaySchema(Schema):
    """A day that the council knows the scheme by."""

    label = Text(required=True)
    day = Day(required=True, allow_none=True)


class CouncilSchema(Schema):
    """Where every pass and every euro is: what was ordered closes to zero, in both."""

    programme_name = Text(required=True)
    on = Day(required=True)
    read_at = Instant(required=True)
    pays_by_issuer = Flag(required=True)
    ordered = Part(CouncilPlaceSchema, required=True)
    stages = Many(Part(CouncilPlaceSchema), required=True)
    exits = Many(Part(CouncilPlaceSchema), required=True)
    missing_count = Whole(-LARGEST_INTEGER, required=True, about="0, ou une faute à signaler.")
    paid = Part(CouncilPlaceSchema, required=True)
    owed = Part(CouncilPlaceSchema, required=True)
    committed = Part(CouncilPlaceSchema, required=True)
    released = Part(CouncilPlaceSchema, required=True)
    missing_cents = Whole(-LARGEST_INTEGER, required=True, about="0, ou une faute à signaler.")
    printing_cents = Whole(0, required=True)
    fee_cents = Whole(0, required=True)
    mandated_cents = Whole(0, required=True)
    budget_cents = Whole(0, required=True, allow_none=True)
    budget_committed_cents = Whole(0, required=True)
    budget_released_cents = Whole(0, required=True, about="Engagé, et ne sera plus payé.")
    issued_count = Whole(0, required=True)
    redeemed_count = Whole(0, required=True)
    agreed = Many(Part(CouncilPublicSchema), required=True, about="Publics de la convention.")
    beyond = Many(Part(CouncilPublicSchema), required=True, about="Comptés à part.")
    funders = Many(Part(CouncilFunderSchema), required=True)
    days = Many(Part(KeyDaySchema), required=True)


class StageSchema(Schema):
    """What rests at one stage."""

    kind = Text(required=True, about="Un état du registre, `on_order`, `undelivered` ou `ordered`.")
    voucher_count = Whole(0, required=True)
    amount_cents = Whole(0, required=True)


class ChainSchema(Schema):
    """Where the passes are: `ordered` closes to `stages` and `exits` together."""

    read_at = Instant(required=True)
    ordered = Part(StageSchema, required=True)
    stages = Many(Part(StageSchema), required=True)
    exits = Many(Part(StageSchema), required=True)


class DenominatorSchema(Schema):
    """One way to count the passes that could have been used, and the rate that it gives."""

    kind = Text(required=True, about="`issued`, `entrusted`, `received` ou `ordered`.")
    voucher_count = Whole(0, required=True)
    rate_basis_points = Whole(
        0,
        required=True,
        allow_none=True,
        about="Pass utilisés pour 10 000 pass de ce dénominateur ; null s’il est nul.",
    )


class UsageRowSchema(Schema):
    """Passes issued and redeemed, for one prescriber or one public."""

    name = Text(required=True)
    issued_count = Whole(0, required=True)
    redeemed_count = Whole(0, required=True)
    apart = Flag(required=True, about="Compté à part de la convention avec l’État.")


class PlaceRowSchema(Schema):
    """Passes redeemed at one mediator."""

    name = Text(required=True)
    place = Text(required=True, about="Sa commune.")
    redeemed_count = Whole(0, required=True)
    amount_cents = Whole(0, required=True)


class MonthRowSchema(Schema):
    """Passes issued and redeemed in one month, by the day of the act."""

    month = Day(required=True, about="Son premier jour.")
    issued_count = Whole(0, required=True)
    redeemed_count = Whole(0, required=True)


class UsageLineSchema(Schema):
    """One line of a table, with the rate over its denominator."""

    name = Text(required=True)
    detail = Text(required=True, allow_none=True, about="La commune d’une structure.")
    apart = Flag(required=True, about="Compté à part de la convention avec l’État.")
    issued_count = Whole(-LARGEST_INTEGER, required=True, allow_none=True)
    redeemed_count = Whole(
        -LARGEST_INTEGER, required=True, about="Moins que rien si l’on a plus annulé qu’utilisé."
    )
    redeemed_cents = Whole(-LARGEST_INTEGER, required=True)
    of_count = Whole(-LARGEST_INTEGER, required=True, about="Le dénominateur de cette ligne.")
    opening_count = Whole(
        -LARGEST_INTEGER,
        required=True,
        about="Dont chez les personnes au début de la période, ou du mois.",
    )
    rate_tenths = Whole(
        0, required=True, allow_none=True, about="Dixièmes de pour cent, arrondis ; null sur zéro."
    )


class UsageTableSchema(Schema):
    """Usage told apart by one thing."""

    by = Choice(By, required=True)
    since = Day(required=True, allow_none=True)
    on = Day(required=True)
    denominator = Choice(
        Denominator,
        required=True,
        about="`issued` : remis sur la même ligne ; `available` : chez les personnes au début de "
        "la période ou du mois, plus remis ensuite ; `redeemed` : tous les pass utilisés.",
    )
    lines = Many(Part(UsageLineSchema), required=True)
    total = Part(UsageLineSchema, required=True)


class UsageSchema(Schema):
    """How many of the passes handed out were used."""

    read_at = Instant(required=True)
    issued_count = Whole(0, required=True)
    redeemed_count = Whole(0, required=True)
    redeemed_cents = Whole(0, required=True)
    in_hand_count = Whole(0, required=True, about="Chez les personnes, pas encore utilisés.")
    in_hand_cents = Whole(0, required=True)
    denominators = Many(Part(DenominatorSchema), required=True)
    prescribers = Many(Part(UsageRowSchema), required=True)
    publics = Many(Part(UsageRowSchema), required=True)
    places = Many(Part(PlaceRowSchema), required=True)
    months = Many(Part(MonthRowSchema), required=True)
    table = Part(UsageTableSchema, required=True, allow_none=True, about="Avec `by` seulement.")


class MovementSchema(Schema):
    """One line of the ledger, with the posting that it belongs to."""

    id = Whole(required=True)
    posting_id = Uuid(required=True)
    kind = Choice(MovementKind, required=True)
    first_serial = Text(required=True, example=SERIAL)
    last_serial = Text(required=True, example=SERIAL)
    voucher_count = Whole(required=True)
    debit = Part(AccountSchema, required=True, about="D’où partent les pass.")
    credit = Part(AccountSchema, required=True, about="Où ils arrivent.")
    face_value_cents = Whole(required=True)
    amount_cents = Whole(required=True)
    reverses_id = Whole(required=True, allow_none=True, about="Le mouvement annulé.")
    document_type = Text(required=True)
    document_id = Uuid(required=True)
    actor_id = Whole(required=True, about="Numéro de l’agent.")
    occurred_at = Instant(required=True)
    recorded_at = Instant(required=True)


class BalanceQuery(Query):
    """When."""

    at = Moment(
        load_default=None,
        about="Juste avant cet instant, ou à la fin de ce jour ; sinon maintenant. "
        "L’instant d’enregistrement fait foi.",
        metadata={"examples": ["2026-11-22", "2026-11-22T10:05:00-04:00"]},
    )


class BalanceSchema(Schema):
    """What rests in an account; the issuer's is minus what was received."""

    account = Part(AccountSchema, required=True)
    voucher_count = Whole(-LARGEST_INTEGER, required=True)
    amount_cents = Whole(-LARGEST_INTEGER, required=True)


MovementPageSchema = page_of(MovementSchema)
BalancePageSchema = page_of(BalanceSchema)
