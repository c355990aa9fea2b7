"""Partners, their agreements and where they are paid, as the API reads and writes them."""

from marshmallow import Schema

from app.partners.rules import (
    FARTHEST_LATITUDE,
    FARTHEST_LONGITUDE,
    HIGHEST_FEE_BASIS_POINTS,
    LARGEST_FILE,
    LONGEST_CLOSING_REASON,
    LONGEST_REFUSAL_REASON,
    LONGEST_SIRET_REASON,
    AgreementRole,
    BankDetailsState,
    MediaType,
    OrganisationKind,
)
from app.web.api import Body, Identified, UuidPageQuery, page_of
from app.web.fields import Choice, Day, File, Flag, Instant, Part, Text, Uuid, Whole


class PartnerRequestSchema(Identified):
    """An organisation to register."""

    kind = Choice(OrganisationKind, required=True)
    name = Text(required=True, example="Association Exo 7")
    commune = Text(required=True, example="Case-Pilote")
    insee = Text(
        5,
        load_default=None,
        allow_none=True,
        about="Code Insee de la commune ; inutile pour les 18 du nord de la Martinique.",
        example="97209",
    )
    siret = Text(
        20, load_default=None, allow_none=True, about="14 chiffres.", example="73282932000074"
    )


class PartnerSchema(Schema):
    """An organisation that takes part."""

    id = Uuid(required=True)
    kind = Choice(OrganisationKind, required=True)
    name = Text(required=True)
    commune = Text(required=True)
    insee = Text(5, required=True, allow_none=True, about="Code Insee de la commune.")
    public_body = Flag(required=True, about="Organisme public local : il lui faut une régie.")
    siret = Text(14, required=True, allow_none=True)
    demonstration = Flag(required=True, about="Inventée pour la démonstration.")
    created_at = Instant(required=True)


class PartnerQuery(UuidPageQuery):
    """A page of partners, of one kind or of all."""

    kind = Choice(OrganisationKind, load_default=None)


class SignedDocumentSchema(Body):
    """The paper behind an agreement."""

    title = Text(required=True, example="Convention signée le 4 mars 2026")
    sha256 = Text(
        64,
        required=True,
        about="Empreinte SHA-256 du fichier, en hexadécimal.",
        example=f"{0x9F86D081884C7D65:016x}" * 4,
    )
    kept_at = Text(required=True, about="Où l’original est conservé.", example="Archives, boîte 12")


class AgreementRequestSchema(Identified):
    """An agreement that was signed."""

    role = Choice(AgreementRole, required=True)
    reference = Text(required=True, example="Convention 2026-04")
    valid_from = Day(required=True)
    valid_until = Day(required=True, about="Dernier jour, inclus.")
    document = Part(SignedDocumentSchema, load_default=None, allow_none=True)
    follows_id = Uuid(
        load_default=None, allow_none=True, about="La convention que celle-ci renouvelle."
    )
    redemption_fee_basis_points = Whole(
        0,
        HIGHEST_FEE_BASIS_POINTS,
        load_default=None,
        allow_none=True,
        about="Frais propres à la convention d’un médiateur, en points de base ; sinon ceux du "
        "dispositif.",
    )


class AgreementSchema(Schema):
    """What an organisation signed for one role."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    role = Choice(AgreementRole, required=True)
    reference = Text(required=True)
    valid_from = Day(required=True)
    valid_until = Day(required=True)
    document_title = Text(required=True, allow_none=True)
    document_sha256 = Text(64, required=True, allow_none=True)
    document_kept_at = Text(required=True, allow_none=True)
    follows_id = Uuid(required=True, allow_none=True)
    redemption_fee_basis_points = Whole(0, required=True, allow_none=True)
    ends_from = Day(
        required=True, allow_none=True, about="Premier jour sans droit, en cas de fin anticipée."
    )
    ended_because = Text(LONGEST_CLOSING_REASON, required=True, allow_none=True)
    created_at = Instant(required=True)


class ClosureRequestSchema(Identified):
    """Why something ends before its last day."""

    from_on = Day(required=True, about="Premier jour sans droit ; ce qui s’est fait avant reste.")
    reason = Text(LONGEST_CLOSING_REASON, required=True, example="Départ du régisseur")


class ClosureSchema(Schema):
    """The early end of an agreement or of a régie."""

    id = Uuid(required=True)
    from_on = Day(required=True)
    reason = Text(LONGEST_CLOSING_REASON, required=True)
    recorded_at = Instant(required=True)


class AgreementFileRequestSchema(Identified):
    """The signed paper of an agreement."""

    content = File(
        required=True,
        longest=(LARGEST_FILE + 2) // 3 * 4,
        said="5 Mo",
        about="Le fichier entier : PDF, JPEG ou PNG.",
    )


class AgreementFileSchema(Schema):
    """A signed paper as it is kept, without its content."""

    id = Uuid(required=True)
    agreement_id = Uuid(required=True)
    media_type = Choice(MediaType, required=True)
    byte_count = Whole(required=True)
    sha256 = Text(64, required=True, about="Empreinte SHA-256, en hexadécimal.")
    recorded_at = Instant(required=True)


class AgreementFileContentSchema(AgreementFileSchema):
    """A signed paper, whole."""

    content = Text(required=True, about="Le fichier, en base64.")


class BankDetailsRequestSchema(Identified):
    """An account on which an organisation asks to be paid."""

    holder = Text(70, required=True, about="Titulaire du compte.", example="ASSOCIATION EXO 7")
    iban = Text(50, required=True, example="FR14 2004 1010 0505 0001 3M02 606")


class BankDetailsApprovalRequestSchema(Body):
    """The account as the second person reads it on the paper."""

    iban = Text(
        50,
        required=True,
        about="L’IBAN, tapé de nouveau en entier : il doit être celui qui a été saisi.",
        example="FR14 2004 1010 0505 0001 3M02 606",
    )


class BankDetailsRefusalRequestSchema(Identified):
    """Why an account is not the right one."""

    reason = Text(
        LONGEST_REFUSAL_REASON,
        required=True,
        about="Pourquoi ce compte n’est pas le bon ; la structure le lit.",
        example="La structure, rappelée, ne connaît pas ce compte",
    )


class BankDetailsSchema(Schema):
    """An account, masked; nothing is paid there before a second person has approved it."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    holder = Text(70, required=True)
    iban = Text(required=True, about="Pays, clé et quatre derniers caractères.")
    prepared_by = Whole(required=True, about="Numéro de l’agent.")
    prepared_at = Instant(required=True)
    state = Choice(BankDetailsState, required=True)
    approved_by = Whole(required=True, allow_none=True)
    approved_at = Instant(required=True, allow_none=True)
    refused_by = Whole(required=True, allow_none=True)
    refused_at = Instant(required=True, allow_none=True)
    refused_because = Text(LONGEST_REFUSAL_REASON, required=True, allow_none=True)


class AddressRequestSchema(Identified):
    """Where an organisation is; it replaces what was said before."""

    street = Text(required=True, example="12, rue Schœlcher")
    complement = Text(load_default=None, allow_none=True, example="Bâtiment B")
    postcode = Text(5, required=True, example="97214")
    latitude_microdegrees = Whole(
        -FARTHEST_LATITUDE,
        FARTHEST_LATITUDE,
        load_default=None,
        allow_none=True,
        about="Latitude (WGS 84), en millionièmes de degré.",
        example=14_801_000,
    )
    longitude_microdegrees = Whole(
        -FARTHEST_LONGITUDE,
        FARTHEST_LONGITUDE,
        load_default=None,
        allow_none=True,
        about="Longitude (WGS 84), en millionièmes de degré.",
        example=-61_074_000,
    )


class AddressSchema(Schema):
    """A version of where an organisation is."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    version = Whole(required=True)
    street = Text(required=True)
    complement = Text(required=True, allow_none=True)
    postcode = Text(5, required=True)
    latitude_microdegrees = Whole(-FARTHEST_LATITUDE, required=True, allow_none=True)
    longitude_microdegrees = Whole(-FARTHEST_LONGITUDE, required=True, allow_none=True)
    recorded_at = Instant(required=True)


class SiretRequestSchema(Identified):
    """The SIRET of an organisation that has none, or what corrects a wrong one."""

    siret = Text(
        20,
        required=True,
        about="14 chiffres ; celui qui fut donné à l’enregistrement est ainsi signalé faux.",
        example="73282932000074",
    )
    reason = Text(
        LONGEST_SIRET_REASON, required=True, about="D’où il vient.", example="Avis SIRENE du 4 mars"
    )
    corrects = Text(
        20,
        load_default=None,
        allow_none=True,
        about="Le SIRET faux qu’il corrige, écrit par une autre personne.",
        example="55203253400646",
    )


class SiretSchema(Schema):
    """A SIRET as it was written; the last version is true."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    version = Whole(required=True)
    siret = Text(14, required=True)
    reason = Text(LONGEST_SIRET_REASON, required=True)
    recorded_by = Whole(required=True, about="Qui l’a écrit.")
    recorded_at = Instant(required=True)


class ContactRequestSchema(Identified):
    """How to reach a function of an organisation; nobody is named."""

    position = Text(100, required=True, about="La fonction.", example="Accueil")
    phone = Text(30, load_default=None, allow_none=True, example="0596 00 00 00")
    email = Text(254, load_default=None, allow_none=True, example="accueil@exemple.fr")
    replaces_id = Uuid(
        load_default=None,
        allow_none=True,
        about="Le contact remplacé ; sans téléphone ni courriel, il est seulement retiré.",
    )


class ContactSchema(Schema):
    """A professional contact."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    position = Text(100, required=True)
    phone = Text(30, required=True, allow_none=True)
    email = Text(254, required=True, allow_none=True)
    replaces_id = Uuid(required=True, allow_none=True)
    ended = Flag(required=True, about="Retiré : on n’y joint plus personne.")
    recorded_at = Instant(required=True)


class SuccessionRequestSchema(Identified):
    """Another organisation takes over from a day; old debts stay."""

    successor_id = Uuid(required=True)
    from_on = Day(required=True, about="Premier jour où l’autre structure agit.")
    reference = Text(required=True, example="Délibération du 12 mars 2026")


class SuccessionSchema(Schema):
    """Who takes over from whom, and from which day."""

    id = Uuid(required=True)
    organisation_id = Uuid(required=True)
    successor_id = Uuid(required=True)
    from_on = Day(required=True)
    reference = Text(required=True)
    recorded_at = Instant(required=True)


AddressPageSchema = page_of(AddressSchema)
SiretPageSchema = page_of(SiretSchema)
ContactPageSchema = page_of(ContactSchema)
SuccessionPageSchema = page_of(SuccessionSchema)
PartnerPageSchema = page_of(PartnerSchema)
AgreementPageSchema = page_of(AgreementSchema)
AgreementFilePageSchema = page_of(AgreementFileSchema)
BankDetailsPageSchema = page_of(BankDetailsSchema)
