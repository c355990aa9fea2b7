"""Looking booklets up, by number and by voucher."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger.models import AccountRow, Voucher
from app.programmes.models import VintageTerms
from app.vouchers.models import Booklet, ReplacedVoucher


def booklet_by_number(session: Session, number: BookletNumber) -> Booklet | None:
    """The booklet of that printed number."""
    return session.scalar(
        select(Booklet)
        .join(VintageTerms, VintageTerms.vintage_id == Booklet.vintage_id)
        .where(VintageTerms.label == number.vintage_label, Booklet.number == number.number)
    )


def booklet_by_cover(session: Session, cover_hash: bytes) -> Booklet | None:
    """The booklet whose cover bears the code of that hash."""
    return session.scalar(select(Booklet).where(Booklet.cover_hash == cover_hash))


@dataclass(frozen=True, slots=True)
class NumberedBooklet:
    """What moving a booklet needs to know of it: a carton is ten thousand of them."""

    id: int
    vintage_id: int
    number: int
    size: int


def booklets_between(
    session: Session, vintage_id: int, first_number: int, last_number: int
) -> list[NumberedBooklet]:
    """The booklets of a vintage whose numbers lie between two, both included."""
    rows = session.execute(
        select(Booklet.id, Booklet.vintage_id, Booklet.number, Booklet.size)
        .where(
            Booklet.vintage_id == vintage_id,
            Booklet.number.between(first_number, last_number),
        )
        .order_by(Booklet.number)
    )
    return [NumberedBooklet(*row) for row in rows]


def booklet(session: Session, booklet_id: int) -> Booklet | None:
    """The booklet of that id."""
    return session.get(Booklet, booklet_id)


def booklets_after(
    session: Session, after: int, *, limit: int, holder_id: UUID | None = None
) -> list[Booklet]:
    """Booklets in the order of their ids, from after that one.

    With a holder, those of which at least one pass rests with it now, or is on its way to it.
    """
    query = select(Booklet).where(Booklet.id > after).order_by(Booklet.id).limit(limit)
    if holder_id is not None:
        query = query.where(
            select(Voucher.id)
            .join(AccountRow, AccountRow.id == Voucher.account_id)
            .where(
                Voucher.id.between(Booklet.id, Booklet.id + Booklet.size - 1),
                or_(AccountRow.party_id == holder_id, AccountRow.counterparty_id == holder_id),
            )
            .exists()
        )
    return list(session.scalars(query))


def booklet_numbers(session: Session, booklet_ids: Iterable[int]) -> dict[int, BookletNumber]:
    """Printed numbers of booklets."""
    rows = session.execute(
        select(Booklet.id, VintageTerms.label, Booklet.number)
        .join(VintageTerms, VintageTerms.vintage_id == Booklet.vintage_id)
        .where(Booklet.id.in_(set(booklet_ids)))
    )
    return {booklet_id: BookletNumber(label, number) for booklet_id, label, number in rows}


def serial_numbers(
    session: Session, vouchers: Iterable[tuple[int, int]]
) -> dict[int, SerialNumber]:
    """Printed serial numbers of vouchers, given as (voucher id, booklet id)."""
    pairs = list(vouchers)
    numbers = booklet_numbers(session, {booklet_id for _, booklet_id in pairs})
    return {
        voucher_id: SerialNumber(numbers[booklet_id], voucher_id - booklet_id + 1)
        for voucher_id, booklet_id in pairs
        if booklet_id in numbers
    }


def standing_for(session: Session, old_ids: Sequence[int]) -> list[int]:
    """The passes that were given in the place of these."""
    if not old_ids:
        return []
    return list(
        session.scalars(
            select(ReplacedVoucher.new_voucher_id).where(
                ReplacedVoucher.old_voucher_id.in_(old_ids)
            )
        )
    )
