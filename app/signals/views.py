"""What is told of signals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.partners.queries import organisation_names
from app.signals import queries
from app.signals.models import Signal
from app.signals.rules import FRENCH_DECISION, FRENCH_KIND, MEASURED, Decision, SignalKind
from app.vouchers.queries import booklet_numbers
from app.web.api import Json, shown


def signals_shown(session: Session, records: Sequence[Signal]) -> list[Json]:
    """Signals for a program."""
    decisions = queries.decisions_of(session, [record.id for record in records])
    numbers = booklet_numbers(session, {r.booklet_id for r in records if r.booklet_id})

    def one(record: Signal) -> Json:
        decided = decisions.get(record.id)
        return shown(
            record,
            booklet=str(numbers[record.booklet_id]) if record.booklet_id else None,
            decision=decided.decision if decided else None,
            note=decided.note if decided else None,
            decided_by=decided.decided_by if decided else None,
            decided_at=decided.decided_at if decided else None,
        )

    return [one(record) for record in records]


ACCOUNT = "Compte"


@dataclass(frozen=True, slots=True)
class SignalTold:
    """A signal in words."""

    id: UUID
    kind: str
    acted_on: date
    about: tuple[tuple[str, str], ...]
    measured: str
    decision: str
    note: str
    decided_at: datetime | None

    @property
    def organisations(self) -> list[str]:
        """Whom it is about, but for the person whose account it names."""
        return [name for word, name in self.about if word != ACCOUNT]


def signals_told(session: Session, records: Sequence[Signal]) -> list[SignalTold]:
    """Signals for people: whom they are about, and what was decided."""
    decisions = queries.decisions_of(session, [record.id for record in records])
    numbers = booklet_numbers(session, {r.booklet_id for r in records if r.booklet_id})
    parties = {p for r in records for p in (r.mediator_id, r.prescriber_id) if p}
    names = organisation_names(session, parties)
    told = []
    for record in records:
        kind, decided = SignalKind(record.kind), decisions.get(record.id)
        about = [
            (word, names[party])
            for word, party in (
                ("Médiateur", record.mediator_id),
                ("Prescripteur", record.prescriber_id),
            )
            if party
        ]
        if record.booklet_id:
            about.append(("Carnet", str(numbers[record.booklet_id])))
        if record.agent_id:
            agent = identity.agent(session, record.agent_id)
            about.append((ACCOUNT, agent.name if agent else ""))
        told.append(
            SignalTold(
                record.id,
                FRENCH_KIND[kind],
                record.acted_on,
                tuple(about),
                MEASURED[kind].format(measured=record.measured, threshold=record.threshold),
                FRENCH_DECISION[Decision(decided.decision)] if decided else "",
                decided.note if decided else "",
                decided.decided_at if decided else None,
            )
        )
    return told
