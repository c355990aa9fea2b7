"""Which letters there are, and how long one is tried: plain values, no database."""

from datetime import timedelta
from enum import StrEnum


class MailKind(StrEnum):
    """What a letter is about; the name of its template as well."""

    INVITATION = "invitation"
    RESET = "reset"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word, not a secret
    LOCKED = "locked"
    CLOSED = "closed"
    REOPENED = "reopened"
    ROLE_CHANGED = "role_changed"
    BANK_DETAILS_PROPOSED = "bank_details_proposed"
    BANK_DETAILS_CONFIRMED = "bank_details_confirmed"
    BANK_DETAILS_REFUSED = "bank_details_refused"
    NOTICE = "notice"
    ORIENTATION = "orientation"
    """To a person of the scheme, who asked for it: see `app.mails.outbox.write_to_person`."""


FRENCH_MAIL = {
    MailKind.INVITATION: "Invitation",
    MailKind.RESET: "Nouveau mot de passe",
    MailKind.PASSWORD_CHANGED: "Mot de passe changé",
    MailKind.LOCKED: "Compte bloqué",
    MailKind.CLOSED: "Compte fermé",
    MailKind.REOPENED: "Compte rouvert",
    MailKind.ROLE_CHANGED: "Rôle changé",
    MailKind.BANK_DETAILS_PROPOSED: "Compte bancaire à confirmer",
    MailKind.BANK_DETAILS_CONFIRMED: "Compte bancaire confirmé",
    MailKind.BANK_DETAILS_REFUSED: "Compte bancaire refusé",
    MailKind.NOTICE: "Avis",
    MailKind.ORIENTATION: "Lettre d’orientation",
}


class MailState(StrEnum):
    """Where a letter is."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


FRENCH_STATE = {
    MailState.WAITING: "à envoyer",
    MailState.SENT: "envoyé",
    MailState.FAILED: "échoué",
}

USEFUL_FOR = timedelta(days=3)
"""A letter that nobody took by then would only surprise."""
KEPT_FOR = timedelta(days=365)
"""Letters are traces of what people did: they go after twelve months, as logs do."""

_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))


def delay_after(attempt: int) -> timedelta:
    """How long to wait after that attempt, counted from one: longer and longer."""
    return _DELAYS[min(attempt, len(_DELAYS)) - 1]
