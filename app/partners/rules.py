"""What an organisation may be, sign and be paid on: plain values, no database."""

from datetime import date
from enum import StrEnum

from stdnum import iban as iban_number
from stdnum.exceptions import ValidationError
from stdnum.fr import siret as siret_number

from app.identity.rules import Role

LA_POSTE_SIREN = "356000000"
SIRET_LENGTH = 14


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


class AgreementRole(StrEnum):
    """What an organisation signed for."""

    PRESCRIBER = "prescriber"
    MEDIATOR = "mediator"
    INFORMATION_RELAY = "information_relay"
    VENUE = "venue"


FRENCH_AGREEMENT_ROLE = {
    AgreementRole.PRESCRIBER: "prescripteur",
    AgreementRole.MEDIATOR: "médiateur",
    AgreementRole.INFORMATION_RELAY: "relais d’information",
    AgreementRole.VENUE: "lieu d’accueil",
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


def read_siret(typed: str) -> str | None:
    """The 14 digits of a SIRET, or None when it cannot be one.

    The key is Luhn's, but for La Poste, whose establishments are counted by fives
    (https://fr.wikipedia.org/wiki/Système_d'identification_du_répertoire_des_établissements).
    """
    digits = "".join(c for c in typed if not c.isspace())
    if len(digits) != SIRET_LENGTH or not (digits.isascii() and digits.isdigit()):
        return None
    if digits.startswith(LA_POSTE_SIREN):
        return digits if sum(map(int, digits)) % 5 == 0 or siret_number.is_valid(digits) else None
    return digits if siret_number.is_valid(digits) else None


def read_iban(typed: str) -> str | None:
    """An IBAN without spaces, upper case, or None when its key or its form is wrong."""
    try:
        return str(iban_number.validate(typed))
    except ValidationError:
        return None


def masked_iban(iban: str) -> str:
    """Enough of an IBAN to recognise it: country, key and the last four characters."""
    return f"{iban[:4]} … {iban[-4:]}"


def in_force(valid_from: date, valid_until: date, *, on: date) -> bool:
    """Whether a period, both ends included, holds that day."""
    return valid_from <= on <= valid_until
