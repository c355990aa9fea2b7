"""Programmes and vintages as the API reads and writes them."""

from marshmallow import Schema, validate

from app.programmes.rules import MOST_RENEWALS, Payer, Public
from app.programmes.service import LARGEST_FACE_VALUE_CENTS, LONGEST_TOLERANCE_DAYS
from app.web.api import Body, Identified, page_of
from app.web.fields import Choice, Day, Instant, Many, Part, Text, Uuid, Whole

BOOKLET_SIZES = (5, 10)
MANY_BOOKLETS = 20


def booklet_size() -> Whole:
    """How many passes a booklet has."""
    size = Whole(5, 10, required=True, about="Pass du carnet : 5 ou 10.", example=10)
    size.validators.append(validate.OneOf(BOOKLET_SIZES, error="Un carnet a 5 ou 10 pass."))
    return size


class EntitlementRequestSchema(Body):
    """What one person of a public may receive."""

    public = Choice(Public, required=True)
    booklet_size = booklet_size()
    booklet_count = Whole(1, MANY_BOOKLETS, required=True, example=3)
    renewal_count = Whole(
        0, MOST_RENEWALS, load_default=0, about="Combien d’autres fois le même droit peut servir."
    )


class ProgrammeRequestSchema(Identified):
    """A programme to open."""

    name = Text(required=True, example="Pass numérique CAP Nord")
    payer = Choice(Payer, load_default=Payer.AUTHORITY, about="Qui paie les médiateurs.")
    sponsor_id = Uuid(required=True, about="Le commanditaire.")
    issuer_id = Uuid(required=True, about="L’émetteur.")
    entitlements = Many(
        Part(EntitlementRequestSchema),
        len(Public),
        about="Sans ce champ, ce que préconise la délibération CC-04-2023-095.",
    )


class EntitlementSchema(Schema):
    """What one person of a public may receive."""

    public = Choice(Public, required=True)
    booklet_size = Whole(required=True)
    booklet_count = Whole(required=True)
    renewal_count = Whole(0, required=True)


class ProgrammeSchema(Schema):
    """A funded deployment."""

    id = Uuid(required=True)
    name = Text(required=True)
    payer = Choice(Payer, required=True)
    sponsor_id = Uuid(required=True)
    issuer_id = Uuid(required=True)
    entitlements = Many(Part(EntitlementSchema), required=True)
    created_at = Instant(required=True)


class VintageRequestSchema(Body):
    """A vintage to open; its label is its idempotency key, because it names one vintage."""

    label = Text(3, required=True, about="Deux chiffres et une lettre.", example="26A")
    face_value_cents = Whole(
        1, LARGEST_FACE_VALUE_CENTS, required=True, about="Valeur d’un pass.", example=1000
    )
    valid_from = Day(required=True)
    valid_until = Day(required=True, about="Dernier jour, inclus.")
    tolerance_days = Whole(
        0,
        LONGEST_TOLERANCE_DAYS,
        required=True,
        about="Jours après la fin de validité où une séance compte encore.",
        example=31,
    )


class VintageSchema(Schema):
    """The passes of one face value and one validity."""

    id = Whole(required=True, example=1)
    programme_id = Uuid(required=True)
    label = Text(3, required=True, example="26A")
    face_value_cents = Whole(required=True, example=1000)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    tolerance_days = Whole(0, required=True)
    last_redemption_on = Day(required=True, about="Dernier jour où une séance compte.")
    created_at = Instant(required=True)


ProgrammePageSchema = page_of(ProgrammeSchema)
VintagePageSchema = page_of(VintageSchema)
