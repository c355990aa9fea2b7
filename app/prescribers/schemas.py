"""People and prescriptions as the API reads and writes them."""

from marshmallow import Schema

from app.prescribers.prescriptions import OLDEST_BIRTH_YEAR
from app.programmes.rules import Public
from app.web.api import Identified, page_of
from app.web.fields import Choice, Day, Flag, Instant, Many, Part, Text, Uuid, Whole

BOOKLET = "26A 00442"
MANY_BOOKLETS = 20
LATEST_BIRTH_YEAR = 2099


class BeneficiaryRequestSchema(Identified):
    """A person whom the prescriber has met: the minimum that the scheme needs."""

    public = Choice(Public, required=True)
    surname = Text(required=True, example="Démonstration")
    first_name = Text(required=True, example="Rosette")
    birth_year = Whole(OLDEST_BIRTH_YEAR, LATEST_BIRTH_YEAR, required=True, example=1985)
    commune = Text(required=True, example="Le Lorrain")
    phone = Text(30, load_default=None, allow_none=True, example="0696 00 00 00")
    email = Text(254, load_default=None, allow_none=True, example="rosette@exemple.fr")


class BeneficiarySchema(Schema):
    """A person, told to their own prescriber only; without a name once it is purged."""

    id = Uuid(required=True)
    public = Choice(Public, required=True)
    surname = Text(required=True, allow_none=True)
    first_name = Text(required=True, allow_none=True)
    birth_year = Whole(OLDEST_BIRTH_YEAR, LATEST_BIRTH_YEAR, required=True, allow_none=True)
    commune = Text(required=True, allow_none=True)
    phone = Text(30, required=True, allow_none=True)
    email = Text(254, required=True, allow_none=True)
    last_contact_on = Day(required=True, allow_none=True)
    recorded_at = Instant(required=True)


class PrescriptionRequestSchema(Identified):
    """Booklets to hand to a person, who is referred to a mediator."""

    programme_id = Uuid(required=True)
    beneficiary_id = Uuid(required=True)
    booklets = Many(
        Text(40, example=BOOKLET),
        MANY_BOOKLETS,
        shortest=1,
        required=True,
        about="Numéros des carnets remis.",
    )
    referred_to_id = Uuid(required=True, about="Le médiateur vers qui la personne est orientée.")
    commitment_signed = Flag(required=True, about="La personne a signé son engagement.")
    declares_no_other_pass = Flag(
        load_default=False,
        about="Un demandeur d’emploi inscrit déclare ne pas avoir le pass de France Travail.",
    )


class PrescribedBookletSchema(Schema):
    """A booklet handed over: the nth of what the person is entitled to."""

    number = Text(required=True, example=BOOKLET)
    size = Whole(required=True)
    ordinal = Whole(required=True)


class PrescriptionSchema(Schema):
    """Booklets handed to a person."""

    id = Uuid(required=True)
    number = Text(required=True, example="RM-2026-0001")
    programme_id = Uuid(required=True)
    beneficiary_id = Uuid(required=True)
    public = Choice(Public, required=True)
    prescriber_id = Uuid(required=True)
    referred_to_id = Uuid(required=True)
    declares_no_other_pass = Flag(required=True)
    booklets = Many(Part(PrescribedBookletSchema), required=True)
    prescribed_on = Day(required=True)
    prescribed_by = Whole(required=True, about="Numéro de l’agent.")
    prescribed_at = Instant(required=True)


BeneficiaryPageSchema = page_of(BeneficiarySchema)
PrescriptionPageSchema = page_of(PrescriptionSchema)
