"""Sums over movements, by public and by month, and the papers behind postings."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.models import StatementApproval
from app.ledger import AccountKind, MovementKind
from app.ledger.models import Movement, Posting, Voucher
from app.orders.models import Activation, BookletOrder, Delivery
from app.prescribers.custody_models import Consignment
from app.prescribers.models import Prescription, PrescriptionBooklet
from app.prescribers.queries import is_handed_over
from app.programmes import numbering
from app.takeover.models import Takeover


def issues() -> ledger.Net:
    """Passes handed to people, less those whose hand-over was taken back."""
    return ledger.net(AccountKind.PRESCRIBER, AccountKind.CIRCULATION)


@dataclass(frozen=True, slots=True)
class Window:
    """Movements of these vintages, recorded before `at` and, where `acted` says so, done then."""

    vintage_ids: tuple[int, ...]
    at: datetime
    acted: tuple[datetime, datetime] | None = None

    def of(self, moved: ledger.Net) -> list[ColumnElement[bool]]:
        """The conditions on a movement and on its posting."""
        return [
            moved.condition,
            Movement.vintage_id.in_(self.vintage_ids),
            Posting.recorded_at < self.at,
            *(
                (Posting.occurred_at >= self.acted[0], Posting.occurred_at < self.acted[1])
                if self.acted
                else ()
            ),
        ]


NO_PUBLIC = ""
"""The key of passes that were with people before passnum: nobody knows with whom."""


def issued_by_public(session: Session, window: Window) -> Counter[str]:
    """Passes issued to each public, reversals taken off."""
    moved = issues()
    sign = moved.count / func.abs(moved.count)
    rows = session.execute(
        select(
            PrescriptionBooklet.public,
            func.sum(func.coalesce(sign * PrescriptionBooklet.booklet_size, moved.count)),
        )
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .outerjoin(
            PrescriptionBooklet,
            (PrescriptionBooklet.prescription_id == Posting.document_id)
            & PrescriptionBooklet.booklet_id.between(Movement.first_id, Movement.last_id),
        )
        .where(*window.of(moved))
        .group_by(PrescriptionBooklet.public)
    )
    return Counter({public or NO_PUBLIC: int(count) for public, count in rows})


def redeemed_by_public(session: Session, window: Window) -> Counter[str]:
    """Passes of each public used: redeemed, less what was undone or clawed back.

    A pass is redeemed, and taken back, one at a time (app.clearing.redemptions), so its movement is
    joined by equality: by range, both planners would look at every booklet for every movement.
    """
    moved = ledger.uses()
    rows = session.execute(
        select(PrescriptionBooklet.public, func.sum(moved.count))
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .join(Voucher, Voucher.id == Movement.first_id)
        .outerjoin(
            PrescriptionBooklet,
            (PrescriptionBooklet.booklet_id == Voucher.booklet_id) & is_handed_over(),
        )
        .where(*window.of(moved))
        .group_by(PrescriptionBooklet.public)
    )
    return Counter({public or NO_PUBLIC: int(count) for public, count in rows})


def issued_by_month(session: Session, window: Window) -> Counter[date]:
    """Passes issued by month of the act, keyed by its first day."""
    return _by_month(session, issues(), window)


def used_by_month(session: Session, window: Window) -> Counter[date]:
    """Passes used by month of the act, less what was undone or clawed back in it."""
    return _by_month(session, ledger.uses(), window)


def _by_month(session: Session, moved: ledger.Net, window: Window) -> Counter[date]:
    if session.get_bind().dialect.name == "postgresql":
        month = func.to_char(func.timezone("America/Martinique", Posting.occurred_at), "YYYY-MM")
    else:
        # Martinique is four hours behind UTC all year.
        month = func.strftime("%Y-%m", Posting.occurred_at, "-4 hours")
    rows = session.execute(
        select(month, func.sum(moved.count))
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(*window.of(moved))
        .group_by(month)
    )
    return Counter({date.fromisoformat(f"{name}-01"): int(count) for name, count in rows})


def key_days(session: Session, vintage_ids: Iterable[int]) -> dict[MovementKind, datetime]:
    """When each kind of act was first done."""
    kinds = (
        MovementKind.RECEIVE,
        MovementKind.ACTIVATE,
        MovementKind.ISSUE,
        MovementKind.REDEEM,
        MovementKind.SETTLE,
    )
    rows = session.execute(
        select(Movement.kind, func.min(Movement.id))
        .where(Movement.kind.in_(kinds), Movement.vintage_id.in_(list(vintage_ids)))
        .group_by(Movement.kind)
    ).all()
    dated = dict(
        session.execute(
            select(Movement.id, Posting.occurred_at)
            .join(Posting, Posting.id == Movement.posting_id)
            .where(Movement.id.in_([first for _, first in rows]))
        ).all()
    )
    return {MovementKind(kind): dated[first] for kind, first in rows}


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
