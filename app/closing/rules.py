"""The calendar by which a vintage ends: its steps, their days and their words. No database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.kernel.clock import end_of_day, first_instant
from app.ledger import AccountKind


class Step(StrEnum):
    """What happens to a vintage by itself, in this order."""

    ALERT = "alert"
    WITHHOLD = "withhold"
    LATE = "late"
    REFUSE = "refuse"
    EXPIRE = "expire"
    STATEMENT = "statement"


PLACE = {step: place for place, step in enumerate(Step, start=1)}

FRENCH_STEP = {
    Step.ALERT: "Alerte",
    Step.WITHHOLD: "Retenue à valider",
    Step.LATE: "Remises tardives",
    Step.REFUSE: "Fin de la tolérance",
    Step.EXPIRE: "Expiration",
    Step.STATEMENT: "État contradictoire",
}
HELD = "Retenue validée"
NEVER_HELD = "Retenue, que personne n’a validée"
FRENCH_ABOUT = {
    Step.ALERT: "La liste des carnets remis, non remis, entamés et intacts est arrêtée.",
    Step.WITHHOLD: "La liste des carnets non remis est arrêtée ; la coordination valide la "
    "retenue, et ils ne partent plus.",
    Step.LATE: "Une remise demande désormais une acceptation expresse, avec sa raison.",
    Step.REFUSE: "Dernier jour de la tolérance : un pass donné après ce jour est refusé.",
    Step.EXPIRE: "Les derniers envois hors connexion sont arrivés : ce qui reste expire.",
    Step.STATEMENT: "Les comptes du millésime sont arrêtés, à signer par les deux parties.",
}

AT_THE_END_OF_THE_DAY = frozenset({Step.REFUSE, Step.EXPIRE})

EXPIRING = frozenset(
    {
        AccountKind.STOCK_INERT,
        AccountKind.STOCK,
        AccountKind.TRANSIT,
        AccountKind.PRESCRIBER,
        AccountKind.CIRCULATION,
        AccountKind.WITHHELD,
        AccountKind.BLOCKED,
    }
)
"""Wherever an unused pass rests, it expires."""

USED = frozenset({AccountKind.REDEEMED, AccountKind.CLAIMED, AccountKind.SETTLED})


@dataclass(frozen=True, slots=True)
class Delays:
    """What the settings of a programme say of the end of a vintage, in days."""

    alert_before: int
    withhold_before: int
    late_before: int
    upload_after: int
    statement_after: int


@dataclass(frozen=True, slots=True)
class Planned:
    """A step and its day; it is due from an instant of that day."""

    step: Step
    due_on: date

    @property
    def due_at(self) -> datetime:
        """From when it is done: the first instant of its day, or the first one after it."""
        if self.step in AT_THE_END_OF_THE_DAY:
            return end_of_day(self.due_on)
        return first_instant(self.due_on)


def planned(valid_until: date, last_redemption_on: date, delays: Delays) -> tuple[Planned, ...]:
    """The days of a vintage's end. Delays are in order, by the rules of settings."""
    days = {
        Step.ALERT: valid_until - timedelta(days=delays.alert_before),
        Step.WITHHOLD: valid_until - timedelta(days=delays.withhold_before),
        Step.LATE: valid_until - timedelta(days=delays.late_before),
        Step.REFUSE: last_redemption_on,
        Step.EXPIRE: last_redemption_on + timedelta(days=delays.upload_after),
        Step.STATEMENT: max(
            valid_until + timedelta(days=delays.statement_after),
            # A vintage may have a tolerance of its own, longer than its programme's.
            last_redemption_on + timedelta(days=delays.upload_after + 1),
        ),
    }
    return tuple(Planned(step, days[step]) for step in Step)


def next_step(done: Sequence[Step]) -> Step | None:
    """The first step that is not done; None at the end."""
    return next((step for step in Step if step not in done), None)


class Side(StrEnum):
    """Who signs a joint statement."""

    SPONSOR = "sponsor"
    ISSUER = "issuer"


FRENCH_SIDE = {Side.SPONSOR: "Le commanditaire", Side.ISSUER: "L’émetteur"}


class SettlementKind(StrEnum):
    """What a signed joint statement leads to, by who pays the mediators."""

    CREDIT_NOTE = "credit_note"
    RELEASE = "release"


FRENCH_SETTLEMENT = {
    SettlementKind.CREDIT_NOTE: "Avoir de l’émetteur, à la valeur faciale",
    SettlementKind.RELEASE: "Dégagement du crédit engagé",
}


def settlement_words(kind: SettlementKind, number: str, reference: str | None) -> str:
    """What settles, by the number that the other party gave it first, where one is known."""
    if not reference:
        return f"{FRENCH_SETTLEMENT[kind]} : {number}"
    credited = kind is SettlementKind.CREDIT_NOTE
    theirs = f"n°\N{NO-BREAK SPACE}{reference}" if credited else f"référence {reference}"
    return f"{FRENCH_SETTLEMENT[kind]}, {theirs}, enregistré sous {number}"
