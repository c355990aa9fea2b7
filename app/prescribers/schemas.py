"""People and prescriptions as the API reads and writes them."""

from enum import StrEnum

from marshmallow import Schema

from app.mediators.rules import Service
from app.prescribers.people import OLDEST_BIRTH_YEAR
from app.prescribers.rules import (
    Commitment,
    Criterion,
    DuplicateReason,
    ExceptionReason,
    LateReason,
    Need,
    RenewalReason,
    Tier,
    UndoReason,
)
from app.programmes.rules import Public
from app.web.api import Body, Identified, Query, page_of
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
    answers = Text(
        9,
        required=True,
        example="0121010",
        about="L’évaluation : un chiffre par question, 0 sans aide, 1 avec aide, 2 pas encore.",
    )
    commitment = Choice(
        Commitment, required=True, about="Comment la personne a signé son engagement."
    )
    declares_no_other_pass = Flag(
        load_default=False,
        about="Un demandeur d’emploi inscrit déclare ne pas avoir le pass de France Travail.",
    )
    duplicate_reason = Choice(
        DuplicateReason,
        load_default=None,
        allow_none=True,
        about="Pourquoi continuer malgré un doublon probable.",
    )
    renewal_reason = Choice(
        RenewalReason,
        load_default=None,
        allow_none=True,
        about="Pourquoi renouveler avant que les premiers carnets soient utilisés.",
    )
    exception_reason = Choice(
        ExceptionReason,
        load_default=None,
        allow_none=True,
        about="Pourquoi donner plus que ce que prévoit le dispositif.",
    )
    late_reason = Choice(
        LateReason,
        load_default=None,
        allow_none=True,
        about="Pourquoi remettre un carnet dans les derniers jours de sa validité.",
    )


class BeneficiaryRectificationSchema(Body):
    """A person's identity, put right: it replaces what was written, whole."""

    surname = Text(required=True, example="Démonstration")
    first_name = Text(required=True, example="Rosette")
    birth_year = Whole(OLDEST_BIRTH_YEAR, LATEST_BIRTH_YEAR, required=True, example=1985)
    commune = Text(required=True, example="Le Lorrain")
    phone = Text(30, load_default=None, allow_none=True, example="0696 00 00 00")
    email = Text(254, load_default=None, allow_none=True, example="rosette@exemple.fr")


class AlikeSchema(Schema):
    """Somebody of the same name and year who has received booklets: never who it is."""

    public = Choice(Public, required=True)
    booklet_count = Whole(required=True)
    last_on = Day(required=True)
    elsewhere = Flag(required=True, about="Rencontrée par un autre prescripteur.")
    beneficiary_id = Uuid(
        required=True, allow_none=True, about="Seulement pour une personne de sa structure."
    )


class Edition(StrEnum):
    """How large a letter is set."""

    NORMAL = "normal"
    LARGE = "large"


class LetterQuery(Query):
    """Which edition of a letter."""

    edition = Choice(Edition, load_default=Edition.NORMAL, about="`large` est en gros caractères.")


class ReferralQuery(Query):
    """Who is to be sent somewhere."""

    beneficiary_id = Uuid(required=True)
    answers = Text(9, required=True, example="0121010")


class ReferralSchema(Schema):
    """A mediator that receives people today, and why it stands where it does."""

    mediator_id = Uuid(required=True)
    name = Text(required=True)
    commune = Text(required=True)
    reason = Text(required=True)
    services = Many(Choice(Service), required=True)
    welcomes = Flag(required=True)
    distance_km = Whole(0, required=True, allow_none=True)
    opens_in_minutes = Whole(0, required=True, allow_none=True)
    behind = Choice(Criterion, required=True, allow_none=True)


class UndoRequestSchema(Identified):
    """A hand-over taken back before any pass was used."""

    reason = Choice(UndoReason, required=True)


class UndoSchema(Schema):
    """Who took a hand-over back, when, and why."""

    id = Uuid(required=True)
    prescription_id = Uuid(required=True)
    reason = Choice(UndoReason, required=True)
    undone_by = Whole(required=True, about="Numéro de l’agent.")
    undone_at = Instant(required=True)


class PrescribedBookletSchema(Schema):
    """A booklet handed over: the nth of what the person is entitled to."""

    number = Text(required=True, example=BOOKLET)
    size = Whole(required=True)
    nth = Whole(required=True, about="Le combientième carnet de la personne.")
    tier = Choice(Tier, required=True)


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
    question_set = Text(required=True, example="2026-1")
    answers = Text(9, required=True, example="0121010")
    need = Choice(Need, required=True)
    services = Many(Choice(Service), required=True, about="Les services utiles.")
    commitment = Choice(Commitment, required=True)
    duplicate_reason = Choice(DuplicateReason, required=True, allow_none=True)
    renewal_reason = Choice(RenewalReason, required=True, allow_none=True)
    exception_reason = Choice(ExceptionReason, required=True, allow_none=True)
    late_reason = Choice(LateReason, required=True, allow_none=True)
    undone_at = Instant(required=True, allow_none=True)
    undo_reason = Choice(UndoReason, required=True, allow_none=True)
    booklets = Many(Part(PrescribedBookletSchema), required=True)
    prescribed_on = Day(required=True)
    prescribed_by = Whole(required=True, about="Numéro de l’agent.")
    prescribed_at = Instant(required=True)


BeneficiaryPageSchema = page_of(BeneficiarySchema)
PrescriptionPageSchema = page_of(PrescriptionSchema)
AlikePageSchema = page_of(AlikeSchema)
ReferralPageSchema = page_of(ReferralSchema)
