"""What statements make up for: what a mediator owes back is taken off its next nets, once."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import correction_queries, rules
from app.clearing.correction_models import Receivable, Recovery
from app.clearing.models import Statement
from app.clearing.standing_queries import Standing
from app.database.locks import hold


def hold_receivables(session: Session, statement: Statement) -> None:
    """Let nobody else count or recover what a mediator owes back in a programme meanwhile."""
    hold(session, "receivables", statement.mediator_id, statement.programme_id)


def to_recover(session: Session, statement: Statement, net_cents: int) -> list[Receivable]:
    """What a draft would recover if it were approved now: the oldest first, whole, while they fit.

    What does not fit is carried forward, to the next statement or a debit note.
    """
    pair = statement.mediator_id, statement.programme_id
    return fitting(correction_queries.open_receivables(session, [pair])[pair], net_cents)


def fitting(owed: Iterable[Receivable], net_cents: int) -> list[Receivable]:
    """What a net to pay makes up for of what is owed back, the oldest first."""
    return rules.fitting(owed, net_cents, worth=lambda one: one.net_cents)


def recoveries_of(session: Session, standing: Standing) -> list[Receivable]:
    """What a statement recovers: as approved, or a draft as of now."""
    if standing.approval is not None:
        return correction_queries.recovered_by_statement(session, standing.id)
    return to_recover(session, standing.statement, standing.version.net_cents)


def write_recoveries(
    session: Session,
    receivables: Sequence[Receivable],
    *,
    statement_id: UUID | None = None,
    debit_note_id: UUID | None = None,
) -> None:
    """Say on which paper these are recovered: each on one, and once."""
    session.add_all(
        Recovery(
            receivable_id=one.clawback_id,
            mediator_id=one.mediator_id,
            net_cents=one.net_cents,
            statement_id=statement_id,
            debit_note_id=debit_note_id,
        )
        for one in receivables
    )
    session.flush()
