"""Looking opening balances up."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session

from app.database.lists import Place as ListPlace
from app.database.lists import placed
from app.ledger.models import Voucher
from app.programmes.models import VintageTerms
from app.takeover.models import (
    Takeover,
    TakeoverApproval,
    TakeoverCode,
    TakeoverLot,
    TakeoverRefusal,
)
from app.takeover.rules import Lot, Place, TakeoverState
from app.vouchers.models import Booklet

_ORDER = case({str(place): rank for rank, place in enumerate(Place)}, value=TakeoverLot.place)


def takeover(session: Session, takeover_id: UUID) -> Takeover | None:
    """The procès-verbal of that id."""
    return session.get(Takeover, takeover_id)


def takeover_by_number(session: Session, number: str) -> Takeover | None:
    """The procès-verbal of that number."""
    return session.scalar(select(Takeover).where(Takeover.number == number))


def takeover_of_file(session: Session, file_hash: bytes) -> Takeover | None:
    """The procès-verbal that was made of that very file."""
    return session.scalar(select(Takeover).where(Takeover.file_hash == file_hash))


TAKEOVER_STATE: ColumnElement[str] = case(
    (exists().where(TakeoverApproval.takeover_id == Takeover.id), TakeoverState.APPROVED),
    (exists().where(TakeoverRefusal.takeover_id == Takeover.id), TakeoverState.SET_ASIDE),
    else_=TakeoverState.WAITING,
)
"""What became of a procès-verbal: which rows exist."""

TAKEOVERS_BY = {"prepare": (Takeover.prepared_at,), "pass": (Takeover.voucher_count,)}


def latest_takeovers(
    session: Session, place: ListPlace, *, state: TakeoverState | None = None
) -> list[Takeover]:
    """Procès-verbaux from that place of the list on, the latest first."""
    query = placed(select(Takeover), place, Takeover.id, TAKEOVERS_BY)
    if state is not None:
        query = query.where(TAKEOVER_STATE.in_([state]))
    return list(session.scalars(query))


def states(session: Session, ids: Collection[UUID]) -> dict[UUID, TakeoverState]:
    """What became of each of these procès-verbaux."""
    rows = session.execute(select(Takeover.id, TAKEOVER_STATE).where(Takeover.id.in_(ids)))
    return {takeover_id: TakeoverState(state) for takeover_id, state in rows}


def approval(session: Session, takeover_id: UUID) -> TakeoverApproval | None:
    """Who approved it, if anybody has."""
    return session.get(TakeoverApproval, takeover_id)


def refusal(session: Session, takeover_id: UUID) -> TakeoverRefusal | None:
    """Who set it aside, if anybody has."""
    return session.scalar(select(TakeoverRefusal).where(TakeoverRefusal.takeover_id == takeover_id))


def takeovers_after(session: Session, after: UUID | None, *, limit: int) -> list[Takeover]:
    """Procès-verbaux in the order of their ids, from after that one."""
    query = select(Takeover).order_by(Takeover.id).limit(limit)
    return list(session.scalars(query if after is None else query.where(Takeover.id > after)))


def approvals(session: Session, ids: Iterable[UUID]) -> dict[UUID, TakeoverApproval]:
    """Approvals by procès-verbal."""
    found = session.scalars(select(TakeoverApproval).where(TakeoverApproval.takeover_id.in_(ids)))
    return {record.takeover_id: record for record in found}


def refusals(session: Session, ids: Iterable[UUID]) -> dict[UUID, TakeoverRefusal]:
    """Refusals by procès-verbal."""
    found = session.scalars(select(TakeoverRefusal).where(TakeoverRefusal.takeover_id.in_(ids)))
    return {record.takeover_id: record for record in found}


def lots(session: Session, takeover_id: UUID) -> Iterator[Lot]:
    """The lots of a procès-verbal, by vintage, place, holder and number."""
    return (lot for _, lot in lots_of_several(session, [takeover_id]))


def lots_of_several(session: Session, ids: Iterable[UUID]) -> Iterator[tuple[UUID, Lot]]:
    """The lots of procès-verbaux, each with whose it is, in the same order."""
    query = (
        select(
            TakeoverLot.takeover_id,
            VintageTerms.label,
            TakeoverLot.place,
            TakeoverLot.holder_id,
            TakeoverLot.first_booklet,
            TakeoverLot.last_booklet,
            TakeoverLot.booklet_size,
            TakeoverLot.codes_in_file,
            TakeoverLot.line,
            TakeoverLot.used_places,
        )
        .join(VintageTerms, VintageTerms.vintage_id == TakeoverLot.vintage_id)
        .where(TakeoverLot.takeover_id.in_(ids))
        .order_by(VintageTerms.label, _ORDER, TakeoverLot.holder_id, TakeoverLot.first_booklet)
    )
    rows = session.execute(query).all()
    for takeover_id, label, place, holder_id, first, last, size, in_file, line, used in rows:
        holder = str(holder_id) if holder_id else ""
        lot = Lot(label, Place(place), holder, first, last, size, in_file, line, used)
        yield takeover_id, lot


def ended_vintage(session: Session, takeover_id: UUID, day: date) -> VintageTerms | None:
    """A vintage that a procès-verbal would bring in, and that serves no more on that day."""
    return session.scalar(
        select(VintageTerms)
        .join(TakeoverLot, TakeoverLot.vintage_id == VintageTerms.vintage_id)
        .where(TakeoverLot.takeover_id == takeover_id, TakeoverLot.place != Place.ELSEWHERE)
        .where(VintageTerms.last_redemption_on < day)
        .order_by(VintageTerms.label)
        .limit(1)
    )


def lot_count(session: Session, takeover_id: UUID) -> int:
    """How many lines of booklets the file had."""
    query = select(func.count()).select_from(TakeoverLot)
    return session.scalar(query.where(TakeoverLot.takeover_id == takeover_id)) or 0


def code_hashes(
    session: Session, takeover_id: UUID, vintage_id: int, first: int, last: int
) -> dict[int, bytes]:
    """Hashes of codes that came with the file, by serial."""
    query = (
        select(TakeoverCode.serial, TakeoverCode.code_hash)
        .where(TakeoverCode.takeover_id == takeover_id, TakeoverCode.vintage_id == vintage_id)
        .where(TakeoverCode.serial.between(first, last))
    )
    return dict(session.execute(query).all())


def booklets_there(session: Session, vintage_id: int) -> Iterator[int]:
    """Numbers of the booklets of a vintage that passnum knows already, in order."""
    query = select(Booklet.number).where(Booklet.vintage_id == vintage_id).order_by(Booklet.number)
    return iter(session.scalars(query).all())


def any_known_code(session: Session, hashes: Iterable[bytes]) -> bool:
    """Whether a pass that passnum knows bears one of these codes."""
    query = select(Voucher.id).where(Voucher.code_hash.in_(list(hashes))).limit(1)
    return session.scalar(query) is not None


def taken_voucher_count(
    session: Session, *, vintage_ids: list[int], at: datetime | None = None
) -> dict[int, int]:
    """How many passes of each vintage were taken over, by what was approved before `at`."""
    passes = (TakeoverLot.last_booklet - TakeoverLot.first_booklet + 1) * TakeoverLot.booklet_size
    query = (
        select(TakeoverLot.vintage_id, func.sum(passes))
        .join(TakeoverApproval, TakeoverApproval.takeover_id == TakeoverLot.takeover_id)
        .where(TakeoverLot.vintage_id.in_(vintage_ids), TakeoverLot.place != Place.ELSEWHERE)
        .group_by(TakeoverLot.vintage_id)
    )
    if at is not None:
        query = query.where(TakeoverApproval.approved_at < at)
    return {vintage_id: int(count) for vintage_id, count in session.execute(query)}
