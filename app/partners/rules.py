"""What an organisation may be, sign and be paid on: plain values, no database."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from stdnum import iban as iban_number
from stdnum.exceptions import ValidationError
from stdnum.fr import siret as siret_number

from app.identity.rules import Role

LA_POSTE_SIREN = "356000000"
NO_SIREN = "000000000"
"""What files write where none is known; its key would be right."""
SIRET_LENGTH = 14
LONGEST_SIRET_REASON = 500
NO_SIRET = "Un SIRET a 14 chiffres, dont une clé : recopiez-le depuis l’avis SIRENE."


class OrganisationKind(StrEnum):
    """What a body is. What it does in the scheme is said by its agreements."""

    SPONSOR = "sponsor"
    ISSUER = "issuer"
    ACCOUNTANT = "accountant"
    FUNDER = "funder"
    TOWN = "town"
    CCAS = "ccas"
    PLIE = "plie"
    DIGITAL_ADVISER = "digital_adviser"
    FRANCE_SERVICES = "france_services"
    EMPLOYMENT_SERVICE = "employment_service"
    CAF = "caf"
    CGSS = "cgss"
    LA_POSTE = "la_poste"
    ASSOCIATION = "association"
    COMPANY = "company"
    CYBER_BASE = "cyber_base"
    MEDIA_LIBRARY = "media_library"
    TRAINING_BODY = "training_body"


FRENCH_KIND = {
    OrganisationKind.SPONSOR: "Commanditaire",
    OrganisationKind.ISSUER: "Émetteur",
    OrganisationKind.ACCOUNTANT: "Comptable public",
    OrganisationKind.FUNDER: "Financeur",
    OrganisationKind.TOWN: "Commune",
    OrganisationKind.CCAS: "CCAS",
    OrganisationKind.PLIE: "PLIE",
    OrganisationKind.DIGITAL_ADVISER: "Conseillers numériques",
    OrganisationKind.FRANCE_SERVICES: "France Services",
    OrganisationKind.EMPLOYMENT_SERVICE: "France Travail",
    OrganisationKind.CAF: "CAF",
    OrganisationKind.CGSS: "CGSS",
    OrganisationKind.LA_POSTE: "La Poste",
    OrganisationKind.ASSOCIATION: "Association",
    OrganisationKind.COMPANY: "Entreprise",
    OrganisationKind.CYBER_BASE: "Cyber-base",
    OrganisationKind.MEDIA_LIBRARY: "Médiathèque",
    OrganisationKind.TRAINING_BODY: "Organisme de formation",
}

PUBLIC_BODIES = frozenset(
    {
        OrganisationKind.SPONSOR,
        OrganisationKind.TOWN,
        OrganisationKind.CCAS,
        OrganisationKind.CYBER_BASE,
        OrganisationKind.MEDIA_LIBRARY,
    }
)
"""Local public bodies: only a régie lets them take passes (decision 0016)."""


class AgreementRole(StrEnum):
    """What an organisation signed for."""

    PRESCRIBER = "prescriber"
    MEDIATOR = "mediator"
    INFORMATION_RELAY = "information_relay"
    VENUE = "venue"
    MANDATE = "mandate"
    """To hold, hand over and take passes in the sponsor's name: for a public body without régie."""


FRENCH_AGREEMENT_ROLE = {
    AgreementRole.PRESCRIBER: "prescripteur",
    AgreementRole.MEDIATOR: "médiateur",
    AgreementRole.INFORMATION_RELAY: "relais d’information",
    AgreementRole.VENUE: "lieu d’accueil",
    AgreementRole.MANDATE: "mandat",
}


_SPONSOR_ALONE = frozenset({OrganisationKind.SPONSOR})
_NOBODY_MET = frozenset(
    {OrganisationKind.ISSUER, OrganisationKind.ACCOUNTANT, OrganisationKind.FUNDER}
)

WHERE_ROLES_ARE: dict[Role, frozenset[OrganisationKind]] = {
    Role.COORDINATOR: _SPONSOR_ALONE,
    Role.FINANCE: _SPONSOR_ALONE,
    Role.ADMINISTRATOR: _SPONSOR_ALONE,
    Role.ACCOUNTANT: _SPONSOR_ALONE | {OrganisationKind.ACCOUNTANT},
    Role.AUDITOR: _SPONSOR_ALONE | {OrganisationKind.ACCOUNTANT, OrganisationKind.FUNDER},
    Role.PRESCRIBER: frozenset(OrganisationKind) - _NOBODY_MET,
    Role.MEDIATOR: frozenset(OrganisationKind) - _NOBODY_MET,
}
"""A role that sees every organisation is not given to a partner's agent."""


GIVEN_AT_REGISTRATION = "Donné à l’enregistrement de la structure"
"""Where a SIRET comes from that is written beside an organisation as it is registered."""


def read_siret(typed: str) -> str | None:
    """The 14 digits of a SIRET, or None when it cannot be one.

    The key is Luhn's, but for La Poste, whose establishments but the head office count by fives
    (https://fr.wikipedia.org/wiki/Système_d'identification_du_répertoire_des_établissements).
    """
    digits = "".join(c for c in typed if not c.isspace())
    if len(digits) != SIRET_LENGTH or not (digits.isascii() and digits.isdigit()):
        return None
    if digits.startswith(NO_SIREN):
        return None
    return digits if siret_number.is_valid(digits) else None


def written_siret(siret: str) -> str:
    """A SIRET as people read it: the nine digits of the SIREN by three, then the establishment."""
    return " ".join((siret[:3], siret[3:6], siret[6:9], siret[9:]))


class BankDetailsState(StrEnum):
    """How far an account that somebody typed has come."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """Refused by the person who typed it."""
    SUPERSEDED = "superseded"
    """It waited still when another one, typed later, was confirmed: that closed it."""


FRENCH_BANK_DETAILS_STATE = {
    BankDetailsState.WAITING: "à confirmer",
    BankDetailsState.APPROVED: "confirmé",
    BankDetailsState.REFUSED: "refusé",
    BankDetailsState.WITHDRAWN: "retiré",
    BankDetailsState.SUPERSEDED: "sans suite",
}
LONGEST_REFUSAL_REASON = 200
NO_IBAN = "Cet IBAN ne peut pas exister : recopiez-le depuis le relevé d’identité bancaire."


def read_iban(typed: str) -> str | None:
    """An IBAN without spaces, upper case, or None when its key or its form is wrong."""
    try:
        return str(iban_number.validate(typed))
    except ValidationError:
        return None


def masked_iban(iban: str) -> str:
    """Enough of an IBAN to recognise it: country, key and the last four characters."""
    return f"{iban[:4]} … {iban[-4:]}"


_INSEE = re.compile(r"(?:[013-9][0-9]|2[0-9AB])[0-9]{3}")
_POSTCODE = re.compile(r"[0-9]{5}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NOT_IN_A_NUMBER = re.compile(r"[\s.\-()/]+")
_PHONE = re.compile(r"(?:0|\+33|\+590|\+594|\+596|\+262)[1-9][0-9]{8}|\+[1-9][0-9]{6,14}")
MICRODEGREES = 1_000_000
FARTHEST_LATITUDE = 90_000_000
FARTHEST_LONGITUDE = 180_000_000
"""In millionths of a degree: whole numbers, which both databases and JSON keep as they are."""


def read_insee(typed: str) -> str | None:
    """The code of a commune (Insee, code officiel géographique): 5 digits, 2A, 2B in Corsica."""
    code = "".join(typed.split()).upper()
    return code if _INSEE.fullmatch(code) else None


def read_postcode(typed: str) -> str | None:
    """A French postcode."""
    code = "".join(typed.split())
    return code if _POSTCODE.fullmatch(code) else None


def read_phone(typed: str) -> str | None:
    """A telephone number without spaces, as it is dialled; None when it cannot be one."""
    number = _NOT_IN_A_NUMBER.sub("", typed)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    return number if _PHONE.fullmatch(number) else None


def read_sha256(typed: str) -> bytes | None:
    """A fingerprint of 64 hexadecimal digits, as tools print it."""
    written = "".join(typed.split()).lower()
    return bytes.fromhex(written) if _SHA256.fullmatch(written) else None


_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,6})?")


def read_degrees(typed: str) -> int | None:
    """Degrees with up to six decimals, comma or point, in millionths; None when unreadable."""
    written = "".join(typed.split()).replace("−", "-").replace(",", ".").rstrip("°")
    if not _DEGREES.fullmatch(written):
        return None
    return int(Decimal(written) * MICRODEGREES)


def written_degrees(microdegrees: int | None) -> str:
    """Degrees as `read_degrees` reads them."""
    if microdegrees is None:
        return ""
    degrees = (Decimal(microdegrees) / MICRODEGREES).normalize()
    return f"{degrees:f}".replace(".", ",").replace("-", "−")


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """The paper behind an agreement: what it is called, its fingerprint, and where it is kept."""

    title: str
    sha256: str
    kept_at: str


HIGHEST_FEE_BASIS_POINTS = 10_000
LONGEST_CLOSING_REASON = 500


def ends_soon(valid_until: date, *, on: date, days: int) -> bool:
    """Whether something that is in force ends within so many days."""
    return on <= valid_until <= on + timedelta(days=days)


def in_force(valid_from: date, valid_until: date, *, on: date) -> bool:
    """Whether a period, both ends included, holds that day."""
    return valid_from <= on <= valid_until


# ── Signed papers ─────────────────────────────────────────────────────────────────────────────────

LARGEST_FILE = 5 * 1024 * 1024
"""Bytes of one file: a dozen pages scanned in colour."""
MOST_FILES = 10
"""Files of one agreement: the paper, its annexes, a better scan."""


class MediaType(StrEnum):
    """What a signed paper may be kept as."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


SUFFIX = {MediaType.PDF: "pdf", MediaType.JPEG: "jpg", MediaType.PNG: "png"}

FIRST_BYTES = {
    MediaType.PDF: b"%PDF-",
    MediaType.JPEG: b"\xff\xd8\xff",
    MediaType.PNG: b"\x89PNG\r\n\x1a\n",
}
_LAST_BYTES = {
    MediaType.PDF: b"%%EOF",
    MediaType.JPEG: b"\xff\xd9",
    MediaType.PNG: b"IEND\xaeB`\x82",
}
_TAIL = 1024
"""Scanners and signing tools leave a little after the last mark."""


def read_media_type(content: bytes) -> MediaType | None:
    """What a file is by its own bytes, whatever it is called; None when it is none of these.

    A file that was cut on the way lacks its last mark, and is none of these either.
    """
    tail = content[-_TAIL:]
    for media_type, first in FIRST_BYTES.items():
        if content.startswith(first) and _LAST_BYTES[media_type] in tail:
            return media_type
    return None
