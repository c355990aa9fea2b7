"""How booklets leave the transit: where they may end, and the move that takes them there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.identity.rules import Actor
from app.ledger import chart
from app.prescribers.allocations import check_rests_in
from app.prescribers.custody_models import Consignment
from app.prescribers.custody_rules import ConsignmentKind
from app.prescribers.errors import BookletNotOnTheWay
from app.vouchers.queries import NumberedBooklet


def without(
    ranges: Sequence[tuple[int, ledger.VoucherRange]], booklets: Sequence[NumberedBooklet]
) -> list[tuple[int, ledger.VoucherRange]]:
    """Ranges of whole booklets but for those, sorted by id."""
    left = []
    for vintage_id, whole in ranges:
        first = whole.first
        for booklet in booklets:
            if whole.first <= booklet.id <= whole.last:
                if first < booklet.id:
                    left.append((vintage_id, ledger.VoucherRange(first, booklet.id - 1)))
                first = booklet.id + booklet.size
        if first <= whole.last:
            left.append((vintage_id, ledger.VoucherRange(first, whole.last)))
    return left


@dataclass(frozen=True, slots=True)
class End:
    """Where what is on its way ends, and by which move."""

    kind: ledger.MovementKind
    place: Callable[[int], ledger.AccountKey]
    """The account, by vintage."""


def in_stock(consignment: Consignment) -> End:
    """In the stock of the sponsor: what is returned, called back, or found there."""
    return End(
        ledger.MovementKind.RETURN,
        lambda vintage_id: chart.stock(consignment.sponsor_id, vintage_id),
    )


def with_its_recipient(consignment: Consignment) -> End:
    """Where it was sent: a drawer, or the stock for what is returned."""
    if consignment.kind == ConsignmentKind.RETURN:
        return in_stock(consignment)
    return End(
        ledger.MovementKind.ACCEPT,
        lambda vintage_id: chart.prescriber(consignment.recipient_id, vintage_id),
    )


def with_its_sender(consignment: Consignment) -> End:
    """In the drawer that it left, for a return that is called back."""
    return End(
        ledger.MovementKind.RETURN,
        lambda vintage_id: chart.prescriber(consignment.sender_id, vintage_id),
    )


def arrive(
    session: Session,
    actor: Actor,
    consignment: Consignment,
    ranges: Sequence[tuple[int, ledger.VoucherRange]],
    *,
    posting_id: UUID,
    now: datetime,
    end: End,
) -> None:
    """Let booklets leave the transit for one of the places where they may end."""
    lines = []
    for vintage_id, whole in ranges:
        accounts = ledger.accounts(
            session,
            [
                road := chart.transit(consignment.sender_id, consignment.recipient_id, vintage_id),
                place := end.place(vintage_id),
            ],
        )
        check_rests_in(
            session, whole, accounts[road], lambda booklet, _: BookletNotOnTheWay(booklet=booklet)
        )
        lines.append(ledger.Line(end.kind, whole, accounts[road], accounts[place]))
    if lines:
        ledger.post(session, act_on(actor, consignment, end.kind, posting_id, now), lines)


def act_on(
    actor: Actor,
    consignment: Consignment,
    kind: ledger.MovementKind,
    posting_id: UUID,
    now: datetime,
) -> ledger.Act:
    """The act that the ledger notes beside such a move."""
    return ledger.Act(
        posting_id=posting_id,
        kind=kind,
        document_type=consignment.kind,
        document_id=consignment.id,
        actor_id=actor.agent_id,
        occurred_at=now,
    )
