"""What a plan is measured by, counted by looking at every pass and every movement."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger import AccountKind, MovementKind
from app.ledger.models import AccountRow, Movement, Posting, Voucher
from app.vouchers.models import Booklet


def whole_booklets(session: Session, sponsor_id: UUID) -> Counter[tuple[str, int]]:
    """Booklets of which every pass is in the sponsor's stock, by what it is and their size."""
    here = Counter[tuple[str, int, int]](
        (kind, booklet_id, size)
        for kind, booklet_id, size in session.execute(
            select(AccountRow.kind, Booklet.id, Booklet.size)
            .join(Voucher, Voucher.booklet_id == Booklet.id)
            .join(AccountRow, AccountRow.id == Voucher.account_id)
            .where(
                AccountRow.party_id == sponsor_id,
                AccountRow.kind.in_([AccountKind.STOCK, AccountKind.STOCK_INERT]),
            )
        )
    )
    return Counter((kind, size) for (kind, _, size), count in here.items() if count == size)


def latest_delays(
    session: Session, vintage_ids: Collection[int], *, limit: int
) -> list[tuple[datetime, datetime]]:
    """When each of the latest passes used was handed over last, and when it was used."""
    rows = session.execute(
        select(
            Movement.kind,
            Movement.vintage_id,
            Movement.first_id,
            Movement.last_id,
            Posting.occurred_at,
        )
        .join(Posting, Posting.id == Movement.posting_id)
        .order_by(Movement.id)
    )
    handed_over: dict[int, datetime] = {}
    used: list[tuple[datetime | None, datetime]] = []
    for kind, vintage_id, first_id, last_id, occurred_at in rows:
        if kind == MovementKind.ISSUE:
            handed_over |= dict.fromkeys(range(first_id, last_id + 1), occurred_at)
        elif kind == MovementKind.REDEEM and vintage_id in vintage_ids:
            used.append((handed_over.get(first_id), occurred_at))
    return [(given, taken) for given, taken in reversed(used[-limit:]) if given is not None]
