"""Devices in plain values: how long an offer serves, why a device is revoked, what it may do."""

from datetime import timedelta
from enum import StrEnum

OFFER_LIFE = timedelta(minutes=15)
LONGEST_NAME = 60
CREDENTIAL_PREFIX = "passnum_device_"
"""A device makes its own credential: 32 random bytes after this, so that a reply that got lost is
asked for again without any secret in it."""
OFFER_PREFIX = "passnum_offer_"
SECRET_CHARACTERS = 43
"""32 bytes in base64 for addresses, without padding."""


class RevocationReason(StrEnum):
    """Why a device opens nothing any more."""

    LOST = "lost"
    STOLEN = "stolen"
    REPLACED = "replaced"
    UNUSED = "unused"
    ACCOUNT = "account"


FRENCH_REASON = {
    RevocationReason.LOST: "Perdu",
    RevocationReason.STOLEN: "Volé",
    RevocationReason.REPLACED: "Remplacé",
    RevocationReason.UNUSED: "Ne sert plus",
    RevocationReason.ACCOUNT: "Compte fermé, ou d’un autre rôle",
}
CHOSEN_REASONS = tuple(reason for reason in RevocationReason if reason != RevocationReason.ACCOUNT)
"""What a person may say; the last one is said by the closing of an account."""
