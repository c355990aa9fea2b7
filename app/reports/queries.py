"""Sums over movements, by public and by month, and the papers behind postings."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from app.clearing.models import StatementApproval
from app.ledger import AccountKind, MovementKind
from app.ledger.models import Movement, Posting, Voucher
from app.orders.models import Activation, BookletOrder, Delivery
from app.prescribers.custody_models import Consignment
from app.prescribers.models import Prescription, PrescriptionBooklet
from app.prescribers.queries import is_handed_over
from app.programmes import numbering
from app.takeover.models import Takeover

Move = tuple[AccountKind, AccountKind]
ISSUE: Move = (AccountKind.PRESCRIBER, AccountKind.CIRCULATION)
REDEEM: Move = (AccountKind.CIRCULATION, AccountKind.REDEEMED)


def _net(move: Move) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    """The condition of movements along a move or back, and the sign of each."""
    start, to = move
    forward = (Movement.debit_kind == start) & (Movement.credit_kind == to)
    back = (Movement.debit_kind == to) & (Movement.credit_kind == start)
    condition = forward | (back & (Movement.kind == MovementKind.REVERSE))
    return condition, case((forward, 1), else_=-1)


def issued_by_public(
    session: Session, vintage_ids: Iterable[int], *, at: datetime
) -> dict[str, int]:
    """Passes issued to each public before an instant, reversals taken off."""
    condition, sign = _net(ISSUE)
    rows = session.execute(
        select(PrescriptionBooklet.public, func.sum(sign * PrescriptionBooklet.booklet_size))
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .join(
            PrescriptionBooklet,
            (PrescriptionBooklet.prescription_id == Posting.document_id)
            & PrescriptionBooklet.booklet_id.between(Movement.first_id, Movement.last_id),
        )
        .where(condition, Movement.vintage_id.in_(list(vintage_ids)), Posting.recorded_at < at)
        .group_by(PrescriptionBooklet.public)
    )
    return {public: int(count) for public, count in rows}


def redeemed_by_public(
    session: Session, vintage_ids: Iterable[int], *, at: datetime
) -> dict[str, int]:
    """Passes of each public redeemed before an instant, reversals taken off.

    A pass is redeemed, and taken back, one at a time (app.clearing.redemptions), so its movement is
    joined by equality: by range, both planners would look at every booklet for every movement.
    """
    condition, sign = _net(REDEEM)
    rows = session.execute(
        select(PrescriptionBooklet.public, func.sum(sign))
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .join(Voucher, Voucher.id == Movement.first_id)
        .join(
            PrescriptionBooklet,
            (PrescriptionBooklet.booklet_id == Voucher.booklet_id) & is_handed_over(),
        )
        .where(condition, Movement.vintage_id.in_(list(vintage_ids)), Posting.recorded_at < at)
        .group_by(PrescriptionBooklet.public)
    )
    return {public: int(count) for public, count in rows}


def moved_by_month(
    session: Session, move: Move, vintage_ids: Iterable[int], *, at: datetime
) -> dict[date, int]:
    """Passes moved by month of the act, recorded before an instant; keyed by its first day."""
    if session.get_bind().dialect.name == "postgresql":
        month = func.to_char(func.timezone("America/Martinique", Posting.occurred_at), "YYYY-MM")
    else:
        # Martinique is four hours behind UTC all year.
        month = func.strftime("%Y-%m", Posting.occurred_at, "-4 hours")
    condition, sign = _net(move)
    rows = session.execute(
        select(month, func.sum(sign * Movement.voucher_count))
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(condition, Movement.vintage_id.in_(list(vintage_ids)), Posting.recorded_at < at)
        .group_by(month)
    )
    return {date.fromisoformat(f"{name}-01"): int(count) for name, count in rows}


def papers(session: Session, documents: Iterable[tuple[str, UUID]]) -> dict[UUID, str]:
    """The papers behind postings, given as (type, id), as people name them."""
    by_type: dict[str, list[UUID]] = {}
    for kind, document_id in documents:
        by_type.setdefault(kind, []).append(document_id)
    found: dict[UUID, str] = {}
    numbered: dict[str, tuple[str, type[Delivery | Consignment | Prescription | Takeover]]] = {
        "delivery": ("Livraison", Delivery),
        "allocation": ("Dotation", Consignment),
        "return": ("Retour", Consignment),
        "transfer": ("Transfert", Consignment),
        "prescription": ("Remise", Prescription),
        "takeover": ("Reprise", Takeover),
    }
    for kind, (word, model) in numbered.items():
        rows = session.execute(
            select(model.id, model.number).where(model.id.in_(by_type.get(kind, [])))
        )
        found |= {document_id: f"{word} {number}" for document_id, number in rows}
    rows = session.execute(
        select(Activation.id, BookletOrder.number)
        .join(BookletOrder, BookletOrder.id == Activation.order_id)
        .where(Activation.id.in_(by_type.get("activation", [])))
    )
    found |= {activation_id: f"Commande {number}" for activation_id, number in rows}
    statements = by_type.get("statement", [])
    found |= dict.fromkeys(statements, "Bordereau en préparation")
    approved = session.execute(
        select(
            StatementApproval.statement_id, StatementApproval.year, StatementApproval.number
        ).where(StatementApproval.statement_id.in_(statements))
    )
    found |= {
        statement_id: f"Bordereau {numbering.written(numbering.STATEMENT, year, number)}"
        for statement_id, year, number in approved
    }
    return found
