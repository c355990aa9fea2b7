"""Sums over movements, by public and by month, and the papers behind postings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app import ledger
from app.clearing.models import StatementApproval
from app.clearing.redemption_models import SessionRedemption, SupportSession
from app.closing.models import ClosingComplement, ClosingSettlement
from app.kernel.clock import martinique_day
from app.ledger import AccountKind, MovementKind
from app.ledger.models import AccountRow, Movement, Posting, Voucher
from app.losses.models import Block, WriteOff
from app.losses.replacement_models import Replacement
from app.orders.models import Activation, BookletOrder, Delivery
from app.prescribers.custody_models import Consignment
from app.prescribers.models import Prescription
from app.programmes import numbering
from app.takeover.models import Takeover, TakeoverApproval
from app.vouchers.models import ReplacedVoucher


@dataclass(frozen=True, slots=True)
class TakenOver:
    """Passes that an opening balance moved."""

    moved: ledger.Moved
    occurred_at: datetime

    @property
    def acted_in(self) -> date:
        """The first day of the month in which they were approved."""
        return martinique_day(self.occurred_at).replace(day=1)


def key_days(session: Session, vintage_ids: Iterable[int]) -> dict[MovementKind, datetime]:
    """When each kind of act was first done.

    Where passes first arrived is looked up account by account, which an index answers at once.
    """
    first = (
        select(func.min(Movement.id))
        .where(Movement.credit_account_id == AccountRow.id)
        .correlate(AccountRow)
        .scalar_subquery()
    )
    arrivals = (
        select(AccountRow.kind, func.min(first).label("movement_id"))
        .where(AccountRow.kind.in_(FIRST_BY), AccountRow.vintage_id.in_(list(vintage_ids)))
        .group_by(AccountRow.kind)
        .subquery()
    )
    rows = session.execute(
        select(arrivals.c.kind, Posting.occurred_at)
        .join(Movement, Movement.id == arrivals.c.movement_id)
        .join(Posting, Posting.id == Movement.posting_id)
    )
    return {FIRST_BY[AccountKind(kind)]: occurred_at for kind, occurred_at in rows}


FIRST_BY = {
    AccountKind.STOCK_INERT: MovementKind.RECEIVE,
    AccountKind.STOCK: MovementKind.ACTIVATE,
    AccountKind.CIRCULATION: MovementKind.ISSUE,
    AccountKind.REDEEMED: MovementKind.REDEEM,
    AccountKind.SETTLED: MovementKind.SETTLE,
}
"""By which kind of act passes first come to rest in an account of each kind."""


def taken_over(session: Session) -> list[TakenOver]:
    """What opening balances moved, in the months in which they were approved.

    Nobody did these acts then: they say what had been done before, on days that nobody wrote down.
    """
    columns = (
        Movement.kind,
        Movement.vintage_id,
        Movement.debit_account_id,
        Movement.debit_kind,
        Movement.credit_account_id,
        Movement.credit_kind,
    )
    rows = session.execute(
        select(Posting.occurred_at, *columns, func.sum(Movement.voucher_count))
        .join(Posting, Posting.id == Movement.posting_id)
        .where(
            # Of acts whose document they are not themselves there is an index.
            Posting.document_id.in_(select(TakeoverApproval.takeover_id)),
            Posting.document_id != Posting.id,
            Movement.kind.in_((MovementKind.ISSUE, MovementKind.REDEEM)),
        )
        .group_by(Posting.occurred_at, *columns)
    )
    return [TakenOver(ledger.Moved(*row[1:7], voucher_count=int(row[7])), row[0]) for row in rows]


_Numbered = (
    Delivery
    | Consignment
    | Prescription
    | Takeover
    | Block
    | Replacement
    | WriteOff
    | ClosingSettlement
    | ClosingComplement
)
UNNUMBERED = {
    "closing": "Clôture du millésime",
    "vintage_compromise": "Millésime compromis",
    "clawback": "Reprise d’un paiement",
}
"""Acts that no numbered paper is behind."""


def papers(session: Session, documents: Iterable[tuple[str, UUID]]) -> dict[UUID, str]:
    """The papers behind postings, given as (type, id), as people name them."""
    by_type: dict[str, list[UUID]] = {}
    for kind, document_id in documents:
        by_type.setdefault(kind, []).append(document_id)
    found: dict[UUID, str] = {}
    numbered: dict[str, list[tuple[str, type[_Numbered]]]] = {
        "delivery": [("Livraison", Delivery)],
        "allocation": [("Dotation", Consignment)],
        "return": [("Retour", Consignment)],
        "transfer": [("Transfert", Consignment)],
        "prescription": [("Remise", Prescription)],
        "takeover": [("Reprise", Takeover)],
        "block": [("Opposition", Block)],
        "replacement": [("Remplacement", Replacement)],
        "write_off": [("Destruction", WriteOff)],
        "closing": [("Solde", ClosingSettlement), ("Complément", ClosingComplement)],
    }
    for kind in numbered.keys() & by_type.keys():
        for word, model in numbered[kind]:
            rows = session.execute(
                select(model.id, model.number).where(model.id.in_(by_type[kind]))
            )
            found |= {document_id: f"{word} {number}" for document_id, number in rows}
    for kind in UNNUMBERED.keys() & by_type.keys():
        found |= {one: UNNUMBERED[kind] for one in by_type[kind] if one not in found}
    rows = session.execute(
        select(Activation.id, BookletOrder.number)
        .join(BookletOrder, BookletOrder.id == Activation.order_id)
        .where(Activation.id.in_(by_type.get("activation", [])))
    )
    found |= {activation_id: f"Commande {number}" for activation_id, number in rows}
    found |= _sessions_of(session, by_type.get("redemption", []))
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


def _sessions_of(session: Session, redemption_ids: list[UUID]) -> dict[UUID, str]:
    """What passes were taken for: the session, or the receipt alone where none is noted."""
    held = session.execute(
        select(SessionRedemption.redemption_id, SupportSession.held_on)
        .join(SupportSession, SupportSession.id == SessionRedemption.session_id)
        .where(SessionRedemption.redemption_id.in_(redemption_ids))
    )
    return dict.fromkeys(redemption_ids, "Reçu, sans accompagnement noté") | {
        redemption_id: f"Accompagnement du {day:%d/%m/%Y}" for redemption_id, day in held
    }


def exchanged_count(session: Session, vintage_id: int, at: datetime) -> int:
    """Void passes of a vintage that others stand for, of whatever vintage, just before an instant.

    Those that were credited by then are told as credited.
    """
    replaced, last = aliased(Posting), aliased(Posting)
    # Asked of each replaced pass: joined, SQLite would begin with all passes, or all acts.
    replaced_at = (
        select(replaced.recorded_at)
        .where(replaced.id == ReplacedVoucher.replacement_id)
        .scalar_subquery()
    )
    is_told = exists(
        select(1)
        .select_from(Voucher)
        .join(Movement, Movement.id == Voucher.last_movement_id)
        .join(last, last.id == Movement.posting_id)
        .where(
            Voucher.id == ReplacedVoucher.old_voucher_id,
            Voucher.vintage_id == vintage_id,
            or_(Movement.credit_kind != AccountKind.CREDITED, last.recorded_at >= at),
        )
    )
    query = select(func.count()).select_from(ReplacedVoucher).where(replaced_at < at, is_told)
    return session.scalar(query) or 0
