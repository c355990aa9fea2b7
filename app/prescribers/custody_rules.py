"""Words of custody, and arithmetic on booklets: plain values, no database."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.kernel.money import Cents
from app.ledger import AccountKind


class ConsignmentKind(StrEnum):
    """From whom to whom booklets travel."""

    ALLOCATION = "allocation"
    RETURN = "return"
    TRANSFER = "transfer"


class Answer(StrEnum):
    """How a consignment ends."""

    RECEIVED = "received"
    CANCELLED = "cancelled"


class Finding(StrEnum):
    """What the count found of a booklet that is not as it should be."""

    MISSING = "missing"
    DAMAGED = "damaged"


class Settlement(StrEnum):
    """What became of a missing booklet: with the recipient after all, or back in the stock."""

    FOUND = "found"
    RETURNED = "returned"


class RequestAnswer(StrEnum):
    """What the coordination says to a request for more booklets."""

    ALLOCATED = "allocated"
    DECLINED = "declined"


class ConsignmentState(StrEnum):
    """Where a consignment stands: which rows exist, in one word."""

    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    RECEIVED_SHORT = "received_short"
    CANCELLED = "cancelled"


class RequestState(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    ALLOCATED = "allocated"
    DECLINED = "declined"


LONGEST_WORDS = 500
"""Characters of a reason or a note."""
MOST_REQUESTED = 1000
"""Booklets of one request."""


_TO = re.compile(r"\s+(?:à|a|au)\s+", re.IGNORECASE)


def read_lines(typed: str) -> list[tuple[str, str]]:
    """What was scanned or typed, one booklet or one range a line, as (first, last).

    A hand scanner types a line for each cover; people also write « 26A 00001 à 26A 00020 ». A
    dash is that of a range unless the line is a cover: an address, or a code in groups.
    """
    return [(first, last) for _, first, last in numbered_lines(typed)]


def numbered_lines(typed: str) -> list[tuple[int, str, str]]:
    """The same, each with the number of its line."""
    read = []
    for number, line in enumerate(typed.splitlines(), 1):
        words = _TO.sub("-", line.replace("–", "-")).strip()
        if words.count("-") == 1 and "/" not in words:
            first, _, last = words.partition("-")
            read.append((number, first.strip(), (last or first).strip()))
        elif words:
            read.append((number, words, words))
    return read


@dataclass(frozen=True, slots=True)
class Lot:
    """Booklets with consecutive numbers, of one size and vintage, as slips list them."""

    first: str
    last: str
    size: int
    booklet_count: int
    face_value_cents: Cents
    valid_until: date

    @property
    def voucher_count(self) -> int:
        """How many passes."""
        return self.booklet_count * self.size

    @property
    def cents(self) -> Cents:
        """What they are worth."""
        return Cents(self.voucher_count * self.face_value_cents)


class RecallReason(StrEnum):
    """Why booklets are to come back."""

    SUCCEEDED = "succeeded"
    NO_AGREEMENT = "no_agreement"
    NO_RIGHT_TO_HOLD = "no_right_to_hold"


FRENCH_ELSEWHERE = {
    AccountKind.ISSUER: "il n’est pas encore livré",
    AccountKind.STOCK_INERT: "il n’est pas encore activé",
    AccountKind.STOCK: "il est dans le stock de la collectivité",
    AccountKind.TRANSIT: "il est en route",
    AccountKind.PRESCRIBER: "il est chez un prescripteur",
    AccountKind.CIRCULATION: "il est déjà remis à une personne",
    AccountKind.REDEEMED: "un pass en est déjà utilisé",
    AccountKind.CLAIMED: "un pass en est déjà utilisé",
    AccountKind.SETTLED: "un pass en est déjà utilisé",
    AccountKind.BLOCKED: "un pass en est en opposition",
    AccountKind.VOID: "un pass en est annulé",
    AccountKind.WITHHELD: "il est retenu à la fin de son millésime",
    AccountKind.EXPIRED: "il est expiré",
    AccountKind.CREDITED: "il est expiré, et l’avoir en est fait",
}
"""Where a booklet is that cannot leave, told to whoever would send it."""


FRENCH_RECALL_REASON = {
    RecallReason.SUCCEEDED: "Structure reprise par une autre",
    RecallReason.NO_AGREEMENT: "Plus de convention de prescripteur",
    RecallReason.NO_RIGHT_TO_HOLD: "Organisme public sans régie ni mandat",
}
