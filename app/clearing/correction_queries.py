"""Looking clawbacks, receivables, debit notes and disputes up."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, case, exists, func, or_, select
from sqlalchemy.orm import Session

from app.clearing.correction_models import (
    Clawback,
    ClawbackDecision,
    DebitNote,
    DebitNoteCollection,
    Dispute,
    DisputeDecision,
    Receivable,
    Recovery,
    StatementOffset,
    StatementSession,
)
from app.clearing.models import Payment, PaymentOrder, PaymentRejection
from app.clearing.redemption_models import RedemptionAttempt, SupportSession
from app.clearing.rules import ClawbackState
from app.database.lists import Place, placed
from app.kernel.money import Cents
from app.ledger import MovementKind
from app.ledger.models import Movement, Posting
from app.partners.models import Organisation
from app.partners.queries import organisations_in

# ── Clawbacks ─────────────────────────────────────────────────────────────────────────────────────


def clawback(session: Session, clawback_id: UUID) -> Clawback | None:
    """The clawback of that id."""
    return session.get(Clawback, clawback_id)


def decision_of(session: Session, clawback_id: UUID) -> ClawbackDecision | None:
    """How a clawback was decided, if it was."""
    return session.get(ClawbackDecision, clawback_id)


def waiting_clawback_of(session: Session, redemption_id: UUID) -> Clawback | None:
    """The clawback of a redemption that nobody has decided yet."""
    return session.scalar(
        select(Clawback)
        .outerjoin(ClawbackDecision, ClawbackDecision.clawback_id == Clawback.id)
        .where(Clawback.redemption_id == redemption_id, ClawbackDecision.clawback_id.is_(None))
        .limit(1)
    )


def settled_by(session: Session, movement_id: int) -> UUID | None:
    """The statement whose payment a movement settled; None when it settled nothing."""
    return session.scalar(
        select(Posting.document_id)
        .join(Movement, Movement.posting_id == Posting.id)
        .where(Movement.id == movement_id, Movement.kind == MovementKind.SETTLE)
    )


@dataclass(frozen=True, slots=True)
class Correction:
    """A clawback and what has become of it."""

    clawback: Clawback
    decision: ClawbackDecision | None
    receivable: Receivable | None
    recovery: Recovery | None

    @property
    def id(self) -> UUID:
        """The clawback's."""
        return self.clawback.id


def corrections_after(
    session: Session,
    after: UUID | None,
    *,
    limit: int,
    mediator_id: UUID | None = None,
    ids: Sequence[UUID] | None = None,
) -> list[Correction]:
    """Clawbacks in the order of their ids, from after that one; one mediator's or everybody's.

    A mediator is told of what was approved only: the rest is a thought of somebody's.
    """
    query = (
        select(Clawback, ClawbackDecision, Receivable, Recovery)
        .outerjoin(ClawbackDecision, ClawbackDecision.clawback_id == Clawback.id)
        .outerjoin(Receivable, Receivable.clawback_id == Clawback.id)
        .outerjoin(Recovery, Recovery.receivable_id == Clawback.id)
        .order_by(Clawback.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Clawback.id > after)
    if mediator_id is not None:
        query = query.where(
            Clawback.mediator_id == mediator_id, Receivable.clawback_id.is_not(None)
        )
    if ids is not None:
        query = query.where(Clawback.id.in_(ids))
    return [Correction(*row) for row in session.execute(query)]


CLAWBACK_STATE: ColumnElement[str] = case(
    (ClawbackDecision.clawback_id.is_(None), ClawbackState.WAITING),
    (Receivable.clawback_id.is_(None), ClawbackState.SET_ASIDE),
    (Recovery.receivable_id.is_(None), ClawbackState.OWED),
    else_=ClawbackState.RECOVERED,
)
"""How far a clawback has come: which rows exist."""

CORRECTIONS_BY: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "attente": (
        case((ClawbackDecision.clawback_id.is_(None), 1), else_=0),
        Clawback.prepared_at.desc(),
    ),
    "prepare": (Clawback.prepared_at,),
    "net": (func.coalesce(Receivable.net_cents, 0),),
}


def latest_corrections(
    session: Session,
    place: Place,
    *,
    mediator_id: UUID | None = None,
    state: ClawbackState | None = None,
    of_mediator_id: UUID | None = None,
) -> list[Correction]:
    """Clawbacks from that place of the list on: those to decide first, then the latest.

    `mediator_id` is told of its own only, `of_mediator_id` narrows what everybody is told.
    """
    every: Any = (
        select(Clawback, ClawbackDecision, Receivable, Recovery)
        .outerjoin(ClawbackDecision, ClawbackDecision.clawback_id == Clawback.id)
        .outerjoin(Receivable, Receivable.clawback_id == Clawback.id)
        .outerjoin(Recovery, Recovery.receivable_id == Clawback.id)
    )
    query = placed(every, place, Clawback.id, CORRECTIONS_BY)
    if mediator_id is not None:
        query = query.where(
            Clawback.mediator_id == mediator_id, Receivable.clawback_id.is_not(None)
        )
    if of_mediator_id is not None:
        query = query.where(Clawback.mediator_id == of_mediator_id)
    if state is not None:
        query = query.where(CLAWBACK_STATE.in_([state]))
    return [Correction(*row) for row in session.execute(query)]


def mediators_corrected(session: Session) -> list[tuple[UUID, str]]:
    """Mediators of which a pass was to be taken back, by name."""
    return organisations_in(session, Clawback.mediator_id)


# ── What is owed back ─────────────────────────────────────────────────────────────────────────────


def is_taken_back(session: Session, redemption_id: UUID) -> bool:
    """Whether what was paid for a redemption is owed back."""
    return bool(session.scalar(select(exists().where(Receivable.redemption_id == redemption_id))))


def open_receivables(
    session: Session, pairs: Iterable[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], list[Receivable]]:
    """What nothing has recovered yet, by (mediator, programme), the oldest first."""
    found: dict[tuple[UUID, UUID], list[Receivable]] = {pair: [] for pair in pairs}
    rows = session.scalars(
        select(Receivable)
        .outerjoin(Recovery, Recovery.receivable_id == Receivable.clawback_id)
        .where(
            Recovery.receivable_id.is_(None),
            Receivable.mediator_id.in_({mediator for mediator, _ in found}),
        )
        .order_by(Receivable.owed_since, Receivable.clawback_id)
    )
    for row in rows:
        if (row.mediator_id, row.programme_id) in found:
            found[row.mediator_id, row.programme_id].append(row)
    return found


_OPEN = (
    select(Receivable.mediator_id, Receivable.programme_id, Receivable.net_cents)
    .outerjoin(Recovery, Recovery.receivable_id == Receivable.clawback_id)
    .where(Recovery.receivable_id.is_(None))
    .order_by(Receivable.owed_since, Receivable.clawback_id)
)


def open_debts(
    session: Session, mediator_ids: Collection[UUID] | None = None
) -> list[tuple[tuple[UUID, UUID], int]]:
    """What nothing has recovered yet, by (mediator, programme), the oldest first.

    Of everybody, or of those mediators. Few owe anything: it is asked before any sum is changed.
    """
    query = _OPEN
    if mediator_ids is not None:
        query = query.where(Receivable.mediator_id.in_(mediator_ids))
    return [((mediator, programme), cents) for mediator, programme, cents in session.execute(query)]


def asked_back_cents(session: Session, mediator_id: UUID) -> int:
    """What a mediator is asked for by debit notes that it has not paid."""
    query = select(func.coalesce(func.sum(DebitNote.amount_cents), 0)).where(
        DebitNote.mediator_id == mediator_id, ~_COLLECTED
    )
    return int(session.scalar(query) or 0)


def recovered_by(session: Session, paper: ColumnElement[bool]) -> list[Receivable]:
    """What a statement or a debit note recovers, the oldest first."""
    return list(
        session.scalars(
            select(Receivable)
            .join(Recovery, Recovery.receivable_id == Receivable.clawback_id)
            .where(paper)
            .order_by(Receivable.owed_since, Receivable.clawback_id)
        )
    )


def recovered_by_statement(session: Session, statement_id: UUID) -> list[Receivable]:
    """What an approved statement recovers."""
    return recovered_by(session, Recovery.statement_id == statement_id)


def recovered_by_note(session: Session, debit_note_id: UUID) -> list[Receivable]:
    """What a debit note asks for."""
    return recovered_by(session, Recovery.debit_note_id == debit_note_id)


def clawed_back_of(session: Session, statement_id: UUID) -> list[Receivable]:
    """What was clawed back of the passes that a statement paid."""
    return list(session.scalars(select(Receivable).where(Receivable.statement_id == statement_id)))


@dataclass(frozen=True, slots=True)
class MediatorAccount:
    """Money between the payer and one mediator: paid, collected back, and still owed back."""

    paid_cents: Cents
    collected_cents: Cents
    open_cents: Cents
    """On no paper yet, on a statement not paid, or on a debit note not collected."""

    @property
    def settled_cents(self) -> Cents:
        """The net value of the passes that rest settled with the mediator."""
        return Cents(self.paid_cents - self.collected_cents - self.open_cents)


def account_of(session: Session, mediator_id: UUID) -> MediatorAccount:
    """What was paid to a mediator, collected back, and is still owed back."""
    paid_orders = (
        select(PaymentOrder.statement_id, PaymentOrder.amount_cents)
        .join(Payment, Payment.payment_order_id == PaymentOrder.id)
        .outerjoin(PaymentRejection, PaymentRejection.payment_order_id == PaymentOrder.id)
        .where(PaymentOrder.mediator_id == mediator_id, PaymentRejection.id.is_(None))
        .subquery()
    )
    paid = session.scalar(select(func.coalesce(func.sum(paid_orders.c.amount_cents), 0)))
    collected = session.scalar(
        select(func.coalesce(func.sum(DebitNote.amount_cents), 0))
        .join(DebitNoteCollection, DebitNoteCollection.debit_note_id == DebitNote.id)
        .where(DebitNote.mediator_id == mediator_id)
    )
    owed = session.scalar(
        select(func.coalesce(func.sum(Receivable.net_cents), 0))
        .outerjoin(Recovery, Recovery.receivable_id == Receivable.clawback_id)
        .outerjoin(DebitNoteCollection, DebitNoteCollection.debit_note_id == Recovery.debit_note_id)
        .where(
            Receivable.mediator_id == mediator_id,
            DebitNoteCollection.id.is_(None),
            or_(
                Recovery.statement_id.is_(None),
                Recovery.statement_id.not_in(select(paid_orders.c.statement_id))
                & Recovery.statement_id.not_in(select(StatementOffset.statement_id)),
            ),
        )
    )
    return MediatorAccount(Cents(int(paid or 0)), Cents(int(collected or 0)), Cents(int(owed or 0)))


# ── Debit notes ───────────────────────────────────────────────────────────────────────────────────


def debit_note(session: Session, debit_note_id: UUID) -> DebitNote | None:
    """The debit note of that id."""
    return session.get(DebitNote, debit_note_id)


def debit_note_by_number(session: Session, year: int, number: int) -> DebitNote | None:
    """The debit note of that number."""
    return session.scalar(
        select(DebitNote).where(DebitNote.year == year, DebitNote.number == number)
    )


def collection_of(session: Session, debit_note_id: UUID) -> DebitNoteCollection | None:
    """When a debit note was paid, if it was."""
    return session.scalar(
        select(DebitNoteCollection).where(DebitNoteCollection.debit_note_id == debit_note_id)
    )


def collections_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, DebitNoteCollection]:
    """Which of these debit notes were paid."""
    rows = session.scalars(
        select(DebitNoteCollection).where(DebitNoteCollection.debit_note_id.in_(list(ids)))
    )
    return {row.debit_note_id: row for row in rows}


def debit_notes_after(
    session: Session, after: UUID | None, *, limit: int, mediator_id: UUID | None
) -> list[DebitNote]:
    """Debit notes in the order of their ids; one mediator's or everybody's."""
    query = select(DebitNote).order_by(DebitNote.id).limit(limit)
    if after is not None:
        query = query.where(DebitNote.id > after)
    if mediator_id is not None:
        query = query.where(DebitNote.mediator_id == mediator_id)
    return list(session.scalars(query))


_COLLECTED = exists().where(DebitNoteCollection.debit_note_id == DebitNote.id)


class OpenNote(NamedTuple):
    """A debit note that waits for its money, as far as a line about it says it."""

    id: UUID
    year: int
    number: int
    mediator: str
    amount_cents: Cents


def open_notes(session: Session, *, but_of: int, limit: int) -> list[OpenNote]:
    """Debit notes that nobody has paid and that somebody else issued, the oldest first."""
    rows = session.execute(
        select(
            DebitNote.id,
            DebitNote.year,
            DebitNote.number,
            Organisation.name,
            DebitNote.amount_cents,
        )
        .join(Organisation, Organisation.id == DebitNote.mediator_id)
        .where(~_COLLECTED, DebitNote.issued_by != but_of)
        .order_by(DebitNote.year, DebitNote.number)
        .limit(limit)
    )
    return [OpenNote(one, year, number, name, Cents(c)) for one, year, number, name, c in rows]


def uncollected_note(session: Session, mediator_id: UUID, programme_id: UUID) -> DebitNote | None:
    """The last debit note of a mediator in a programme that nobody has paid."""
    return session.scalar(
        select(DebitNote)
        .where(
            DebitNote.mediator_id == mediator_id,
            DebitNote.programme_id == programme_id,
            ~_COLLECTED,
        )
        .order_by(DebitNote.year.desc(), DebitNote.number.desc())
        .limit(1)
    )


DEBIT_NOTES_BY: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "attente": (case((_COLLECTED, 0), else_=1), DebitNote.issued_on.desc()),
    "emis": (DebitNote.issued_on,),
    "somme": (DebitNote.amount_cents,),
}


def latest_debit_notes(
    session: Session,
    place: Place,
    *,
    mediator_id: UUID | None = None,
    collected: bool | None = None,
) -> list[DebitNote]:
    """Debit notes from that place of the list on: those to collect first, then the latest."""
    query = placed(select(DebitNote), place, DebitNote.id, DEBIT_NOTES_BY)
    if mediator_id is not None:
        query = query.where(DebitNote.mediator_id == mediator_id)
    if collected is not None:
        query = query.where(_COLLECTED if collected else ~_COLLECTED)
    return list(session.scalars(query))


def open_debit_note_count(session: Session, *, mediator_id: UUID | None) -> int:
    """How many debit notes nobody has paid."""
    query = select(func.count()).select_from(DebitNote).where(~_COLLECTED)
    if mediator_id is not None:
        query = query.where(DebitNote.mediator_id == mediator_id)
    return session.scalar(query) or 0


class Owed(NamedTuple):
    """What a mediator owes back in a programme, and since when the oldest of it."""

    mediator_id: UUID
    programme_id: UUID
    voucher_count: int
    net_cents: Cents
    owed_since: datetime


def owing(session: Session, *, before: datetime) -> list[Owed]:
    """Who owes something back since before an instant."""
    rows = session.execute(
        select(
            Receivable.mediator_id,
            Receivable.programme_id,
            func.count(),
            func.sum(Receivable.net_cents),
            func.min(Receivable.owed_since),
        )
        .outerjoin(Recovery, Recovery.receivable_id == Receivable.clawback_id)
        .where(Recovery.receivable_id.is_(None), Receivable.owed_since < before)
        .group_by(Receivable.mediator_id, Receivable.programme_id)
        .order_by(Receivable.mediator_id, Receivable.programme_id)
    )
    return [
        Owed(mediator, programme, count, Cents(int(cents)), since)
        for mediator, programme, count, cents, since in rows
    ]


# ── Sessions on paper ─────────────────────────────────────────────────────────────────────────────


def frozen_sessions_of(session: Session, statement_id: UUID) -> list[tuple[SupportSession, int]]:
    """The sessions that an approved statement prints, and how many of its passes paid for each."""
    rows = session.execute(
        select(SupportSession, StatementSession.voucher_count)
        .join(StatementSession, StatementSession.session_id == SupportSession.id)
        .where(StatementSession.statement_id == statement_id)
    )
    return [(held, count) for held, count in rows]


def sessions_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, SupportSession]:
    """Sessions by their ids."""
    rows = session.scalars(select(SupportSession).where(SupportSession.id.in_(list(ids))))
    return {row.id: row for row in rows}


# ── Disputes ──────────────────────────────────────────────────────────────────────────────────────


def attempt(session: Session, attempt_id: UUID) -> RedemptionAttempt | None:
    """What was answered under an id."""
    return session.get(RedemptionAttempt, attempt_id)


def recorded_at(session: Session, redemption_id: UUID) -> datetime:
    """When a redemption was recorded: the database’s own clock says who came first."""
    return session.scalars(select(Posting.recorded_at).where(Posting.id == redemption_id)).one()


def dispute(session: Session, dispute_id: UUID) -> Dispute | None:
    """The dispute of that id."""
    return session.get(Dispute, dispute_id)


def dispute_of_attempt(session: Session, attempt_id: UUID) -> Dispute | None:
    """The dispute that an attempt began."""
    return session.scalar(select(Dispute).where(Dispute.attempt_id == attempt_id))


def open_claim(session: Session, voucher_id: int, *, claimant_id: UUID) -> Dispute | None:
    """The dispute of a claimant about a pass that nobody has decided yet."""
    return session.scalar(
        select(Dispute)
        .outerjoin(DisputeDecision, DisputeDecision.dispute_id == Dispute.id)
        .where(
            Dispute.voucher_id == voucher_id,
            Dispute.claimant_id == claimant_id,
            DisputeDecision.dispute_id.is_(None),
        )
    )


def dispute_decision_of(session: Session, dispute_id: UUID) -> DisputeDecision | None:
    """How a dispute was decided, if it was."""
    return session.get(DisputeDecision, dispute_id)


@dataclass(frozen=True, slots=True)
class Disputed:
    """A dispute, and how it was decided, if it was."""

    dispute: Dispute
    decision: DisputeDecision | None

    @property
    def id(self) -> UUID:
        """The dispute's."""
        return self.dispute.id


def disputes_after(
    session: Session, after: UUID | None, *, limit: int, claimant_id: UUID | None
) -> list[Disputed]:
    """Disputes in the order of their ids; those of one claimant, or everybody's."""
    query = (
        select(Dispute, DisputeDecision)
        .outerjoin(DisputeDecision, DisputeDecision.dispute_id == Dispute.id)
        .order_by(Dispute.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Dispute.id > after)
    if claimant_id is not None:
        query = query.where(Dispute.claimant_id == claimant_id)
    return [Disputed(*row) for row in session.execute(query)]


DISPUTES_BY: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "attente": (
        case((DisputeDecision.dispute_id.is_(None), 1), else_=0),
        Dispute.opened_at.desc(),
    ),
    "ouvert": (Dispute.opened_at,),
}


def latest_disputes(
    session: Session,
    place: Place,
    *,
    claimant_id: UUID | None = None,
    decided: bool | None = None,
    outcome: str | None = None,
) -> list[Disputed]:
    """Disputes from that place of the list on: those to decide first, then the latest."""
    every: Any = select(Dispute, DisputeDecision).outerjoin(
        DisputeDecision, DisputeDecision.dispute_id == Dispute.id
    )
    query = placed(every, place, Dispute.id, DISPUTES_BY)
    if claimant_id is not None:
        query = query.where(Dispute.claimant_id == claimant_id)
    if decided is not None:
        undecided = DisputeDecision.dispute_id.is_(None)
        query = query.where(~undecided if decided else undecided)
    if outcome is not None:
        query = query.where(DisputeDecision.outcome == outcome)
    return [Disputed(*row) for row in session.execute(query)]
