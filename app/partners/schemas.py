"""Partners, their agreements and where they are paid, as the API reads and writes them."""

from marshmallow import Schema

from app.partners.rules import AgreementRole, OrganisationKind
from app.web.api import Identified, UuidPageQuery, page_of
from app.web.fields import Choice, Day, Flag, Instant, Text, Uuid, Whole


class PartnerRequestSchema(Identified):
    """An organisation to register."""

    kind = Choice(OrganisationKind, required=True)
    name = Text(required=True, example="Association Exo 7")
    commune = Text(required=True, example="Case-Pilote")
    siret = Text(
        20, load_default=None, allow_none=True, about="14 chiffres.", example="73282932000074"
    )


class PartnerSchema(Schema):
    """An organisation that takes part."""

    id = Uuid(required=True)
    kind = Choice(OrganisationKind, required=True)
    name = Text(required=True)
    commune = Text(required=True)
    siret = Text(14, required=True, allow_none=True)
    demonstration = Flag(required=True, about="Inventée pour la démonstration.")
    created_at = Instant(required=True)


class PartnerQuery(UuidPageQuery):
    """A page of partners, of one kind or of all."""

    kind = Choice(OrganisationKind, load_default=None)


class AgreementRequestSchema(Identified):
    """An agreement that was signed."""

    role = Choice(AgreementRole, required=True)
    reference = Text(required=True, example="Convention 2026-04")
    valid_from = Day(required=True)
    valid_until = Day(required=True, about="Dernier jour, inclus.")


class AgreementSchema(Schema):
    """What an organisation signed for one role."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    role = Choice(AgreementRole, required=True)
    reference = Text(required=True)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    created_at = Instant(required=True)


class BankDetailsRequestSchema(Identified):
    """An account on which an organisation asks to be paid."""

    holder = Text(70, required=True, about="Titulaire du compte.", example="ASSOCIATION EXO 7")
    iban = Text(50, required=True, example="FR14 2004 1010 0505 0001 3M02 606")


class BankDetailsSchema(Schema):
    """An account, masked; nothing is paid there before a second person has approved it."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    holder = Text(70, required=True)
    iban = Text(required=True, about="Pays, clé et quatre derniers caractères.")
    prepared_by = Whole(required=True, about="Numéro de l’agent.")
    prepared_at = Instant(required=True)
    approved_by = Whole(required=True, allow_none=True)
    approved_at = Instant(required=True, allow_none=True)


PartnerPageSchema = page_of(PartnerSchema)
AgreementPageSchema = page_of(AgreementSchema)
BankDetailsPageSchema = page_of(BankDetailsSchema)
