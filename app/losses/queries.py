"""Looking oppositions and destructions up, with the passes that each moved."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.database import Record
from app.database.lists import Place, placed
from app.ledger import AccountKind, MovementKind, VoucherRange, contiguous
from app.ledger.models import AccountRow, Movement, Posting, Voucher
from app.losses.models import (
    Block,
    BlockFinding,
    BlockLift,
    WriteOff,
    WriteOffAbandonment,
    WriteOffApproval,
    WriteOffRange,
)
from app.losses.replacement_models import Replacement
from app.losses.rules import WriteOffKind, WriteOffState
from app.prescribers.models import Prescription, PrescriptionBooklet
from app.prescribers.queries import is_handed_over
from app.vouchers.models import ReplacedVoucher

RecordT = TypeVar("RecordT", bound=Record)
DELIVERY = "delivery"


# ── Passes ────────────────────────────────────────────────────────────────────────────────────────


def ids_between(session: Session, vintage_id: int, first: int, last: int) -> list[VoucherRange]:
    """The passes of a vintage whose serials lie between two, both included, in order of ids."""
    ids = session.scalars(
        select(Voucher.id).where(
            Voucher.vintage_id == vintage_id, Voucher.serial.between(first, last)
        )
    )
    return list(contiguous(ids))


def with_booklets(session: Session, voucher_ids: Iterable[int]) -> list[tuple[int, int]]:
    """Passes with the booklets that they are in."""
    rows = session.execute(
        select(Voucher.id, Voucher.booklet_id).where(Voucher.id.in_(set(voucher_ids)))
    )
    return [(voucher_id, booklet_id) for voucher_id, booklet_id in rows]


def booklets_handed_over_by(
    session: Session, prescriber_id: UUID, booklet_ids: Iterable[int]
) -> set[int]:
    """Those of these booklets that a prescriber has handed over, and not taken back."""
    return set(
        session.scalars(
            select(PrescriptionBooklet.booklet_id)
            .join(Prescription, Prescription.id == PrescriptionBooklet.prescription_id)
            .where(
                PrescriptionBooklet.booklet_id.in_(set(booklet_ids)),
                Prescription.prescriber_id == prescriber_id,
                is_handed_over(),
            )
        )
    )


# ── Oppositions ───────────────────────────────────────────────────────────────────────────────────


def record(session: Session, model: type[RecordT], record_id: UUID) -> RecordT | None:
    """The record of that id."""
    return session.get(model, record_id)


def block_by_number(session: Session, number: str) -> Block | None:
    """The opposition of that printed number."""
    return session.scalar(select(Block).where(Block.number == number))


def write_off_by_number(session: Session, number: str) -> WriteOff | None:
    """The destruction of that printed number."""
    return session.scalar(select(WriteOff).where(WriteOff.number == number))


def blocks_after(
    session: Session, after: UUID | None, *, limit: int, organisation_id: UUID | None = None
) -> list[Block]:
    """Oppositions in the order of their ids, from after that one; those of one organisation."""
    query = select(Block).order_by(Block.id).limit(limit)
    if after is not None:
        query = query.where(Block.id > after)
    if organisation_id is not None:
        query = query.where(Block.organisation_id == organisation_id)
    return list(session.scalars(query))


BLOCKS_BY = {"declaration": (Block.declared_at,)}


def latest_blocks(
    session: Session, place: Place, *, organisation_id: UUID | None, cause: str | None
) -> list[Block]:
    """Oppositions from that place of the list on, the latest first."""
    query = placed(select(Block), place, Block.id, BLOCKS_BY)
    if organisation_id is not None:
        query = query.where(Block.organisation_id == organisation_id)
    if cause:
        query = query.where(Block.cause == cause)
    return list(session.scalars(query))


def findings_of(session: Session, block_id: UUID) -> list[BlockFinding]:
    """The passes that an opposition named and could not block, in order."""
    return list(
        session.scalars(
            select(BlockFinding)
            .where(BlockFinding.block_id == block_id)
            .order_by(BlockFinding.voucher_id)
        )
    )


def lifts_of(session: Session, block_id: UUID) -> list[BlockLift]:
    """The times that an opposition was lifted, in order."""
    return list(
        session.scalars(
            select(BlockLift)
            .where(BlockLift.block_id == block_id)
            .order_by(BlockLift.lifted_at, BlockLift.id)
        )
    )


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring passes that one movement of an act took from one account to another."""

    posting_id: UUID
    movement_id: int
    vouchers: VoucherRange
    vintage_id: int
    kind: AccountKind
    party_id: UUID
    counterparty_id: UUID
    """The account that they left."""


def runs_of(
    session: Session, posting_ids: Iterable[UUID], kind: MovementKind | None = None
) -> list[Run]:
    """What these acts moved, in order."""
    query = (
        select(
            Movement.posting_id,
            Movement.id,
            Movement.first_id,
            Movement.last_id,
            Movement.vintage_id,
            AccountRow.kind,
            AccountRow.party_id,
            AccountRow.counterparty_id,
        )
        .join(AccountRow, AccountRow.id == Movement.debit_account_id)
        .where(Movement.posting_id.in_(set(posting_ids)))
        .order_by(Movement.id)
    )
    if kind is not None:
        query = query.where(Movement.kind == kind)
    return [
        Run(posting, movement, VoucherRange(first, last), vintage, AccountKind(kept), party, other)
        for posting, movement, first, last, vintage, kept, party, other in session.execute(query)
    ]


def still_blocked(session: Session, run: Run) -> list[int]:
    """The passes of a run that rest where it brought them."""
    return list(
        session.scalars(
            select(Voucher.id).where(
                Voucher.id.between(run.vouchers.first, run.vouchers.last),
                Voucher.last_movement_id == run.movement_id,
            )
        )
    )


def kinds_now(session: Session, runs: Sequence[Run]) -> Counter[AccountKind]:
    """How many passes of these runs rest in each kind of account now."""
    rows = session.execute(
        select(AccountRow.kind, func.count())
        .select_from(Voucher)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .where(or_(false(), *(_within(Voucher.id, run) for run in runs)))
        .group_by(AccountRow.kind)
    )
    return Counter({AccountKind(kind): count for kind, count in rows})


def replaced_counts(session: Session, runs: Sequence[Run]) -> dict[str, int]:
    """How many passes of these runs were replaced, by the number of the replacement."""
    rows = session.execute(
        select(Replacement.number, func.count())
        .join(ReplacedVoucher, ReplacedVoucher.replacement_id == Replacement.id)
        .where(or_(false(), *(_within(ReplacedVoucher.old_voucher_id, run) for run in runs)))
        .group_by(Replacement.number)
        .order_by(Replacement.number)
    )
    return {number: int(count) for number, count in rows}


def destroyed_counts(session: Session, runs: Sequence[Run]) -> dict[str, int]:
    """How many passes of these runs were destroyed, by the number of the procès-verbal."""
    named = (
        _overlap(WriteOffRange.first_voucher_id, WriteOffRange.last_voucher_id, run.vouchers)
        for run in runs
    )
    rows = session.execute(
        select(WriteOff.number, WriteOffRange.first_voucher_id, WriteOffRange.last_voucher_id)
        .join(WriteOffApproval, WriteOffApproval.write_off_id == WriteOff.id)
        .join(WriteOffRange, WriteOffRange.write_off_id == WriteOff.id)
        .where(WriteOff.kind == WriteOffKind.PASSES, or_(false(), *named))
        .order_by(WriteOff.number)
    )
    found: Counter[str] = Counter()
    for number, first, last in rows:
        for whole in (run.vouchers for run in runs):
            found[number] += max(0, min(last, whole.last) - max(first, whole.first) + 1)
    return found


def _within(voucher_id: InstrumentedAttribute[int], run: Run) -> ColumnElement[bool]:
    return voucher_id.between(run.vouchers.first, run.vouchers.last)


def blocked_counts(session: Session, block_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many passes of each opposition are blocked still: they are counted for each movement.

    PostgreSQL joins the two by reading all passes.
    """
    where_it_left_them = (
        select(func.count())
        .where(
            Voucher.id.between(Movement.first_id, Movement.last_id),
            Voucher.last_movement_id == Movement.id,
        )
        .correlate(Movement)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Movement.posting_id, where_it_left_them).where(
            Movement.posting_id.in_(set(block_ids))
        )
    )
    found: Counter[UUID] = Counter()
    for posting_id, count in rows:
        found[posting_id] += count
    return +found


def delivered_at(session: Session, vouchers: Sequence[VoucherRange]) -> datetime | None:
    """When the last of these passes was delivered; of those taken over from paper, nobody knows."""
    return session.scalar(
        select(func.max(Posting.occurred_at))
        .join(Movement, Movement.posting_id == Posting.id)
        .where(
            Posting.document_type == DELIVERY,
            Movement.kind == MovementKind.RECEIVE,
            or_(*(_overlap(Movement.first_id, Movement.last_id, one) for one in vouchers)),
        )
    )


def handed_over_on(session: Session, vouchers: Sequence[VoucherRange]) -> date | None:
    """The day of the last hand-over, not taken back, of a booklet that these passes are in."""
    named = or_(*(Voucher.id.between(one.first, one.last) for one in vouchers))
    return session.scalar(
        select(func.max(PrescriptionBooklet.prescribed_on)).where(
            PrescriptionBooklet.booklet_id.in_(select(Voucher.booklet_id).where(named)),
            is_handed_over(),
        )
    )


def _overlap(
    first: InstrumentedAttribute[int], last: InstrumentedAttribute[int], whole: VoucherRange
) -> ColumnElement[bool]:
    """Whether a stored range has a pass of that one."""
    return and_(first <= whole.last, last >= whole.first)


def former_holders(session: Session, vouchers: Sequence[VoucherRange]) -> dict[int, AccountKind]:
    """Where passes rested before their last movement: of blocked ones, their former place."""
    before = aliased(AccountRow)
    rows = session.execute(
        select(Voucher.id, before.kind)
        .join(Movement, Movement.id == Voucher.last_movement_id)
        .join(before, before.id == Movement.debit_account_id)
        .where(or_(*(Voucher.id.between(r.first, r.last) for r in vouchers)))
    )
    return {voucher_id: AccountKind(kind) for voucher_id, kind in rows}


# ── Destructions ──────────────────────────────────────────────────────────────────────────────────


def write_offs_after(session: Session, after: UUID | None, *, limit: int) -> list[WriteOff]:
    """Destructions in the order of their ids, from after that one."""
    query = select(WriteOff).order_by(WriteOff.id).limit(limit)
    return list(session.scalars(query if after is None else query.where(WriteOff.id > after)))


WRITE_OFF_STATE: ColumnElement[str] = case(
    (exists().where(WriteOffApproval.write_off_id == WriteOff.id), WriteOffState.APPROVED),
    (exists().where(WriteOffAbandonment.write_off_id == WriteOff.id), WriteOffState.ABANDONED),
    else_=WriteOffState.WAITING,
)
"""What became of a destruction: which rows exist."""

WRITE_OFFS_BY: dict[str, tuple[SQLColumnExpression[Any], ...]] = {
    "prepare": (WriteOff.prepared_at,),
    "attente": (
        case((WRITE_OFF_STATE == WriteOffState.WAITING, 1), else_=0),
        WriteOff.prepared_at.desc(),
    ),
}


def latest_write_offs(
    session: Session,
    place: Place,
    *,
    state: WriteOffState | None = None,
    kind: WriteOffKind | None = None,
) -> list[WriteOff]:
    """Destructions from that place of the list on, the latest first."""
    query = placed(select(WriteOff), place, WriteOff.id, WRITE_OFFS_BY)
    if state is not None:
        query = query.where(WRITE_OFF_STATE.in_([state]))
    if kind is not None:
        query = query.where(WriteOff.kind == kind)
    return list(session.scalars(query))


def write_off_states(session: Session, ids: Collection[UUID]) -> dict[UUID, WriteOffState]:
    """What became of each of these destructions."""
    rows = session.execute(select(WriteOff.id, WRITE_OFF_STATE).where(WriteOff.id.in_(ids)))
    return {write_off_id: WriteOffState(state) for write_off_id, state in rows}


def waiting_with(
    session: Session, kind: str, print_batch_id: UUID | None, vouchers: Sequence[VoucherRange]
) -> list[WriteOff]:
    """Destructions that wait, of passes or for that reprint, and name one of these passes."""
    approved = select(WriteOffApproval).where(WriteOffApproval.write_off_id == WriteOff.id)
    abandoned = select(WriteOffAbandonment).where(WriteOffAbandonment.write_off_id == WriteOff.id)
    names_one = select(WriteOffRange).where(
        WriteOffRange.write_off_id == WriteOff.id,
        or_(
            *(
                _overlap(WriteOffRange.first_voucher_id, WriteOffRange.last_voucher_id, one)
                for one in vouchers
            )
        ),
    )
    return list(
        session.scalars(
            select(WriteOff)
            .where(
                WriteOff.kind == kind,
                WriteOff.print_batch_id.is_not_distinct_from(print_batch_id),
                ~approved.exists(),
                ~abandoned.exists(),
                names_one.exists(),
            )
            .order_by(WriteOff.number)
        )
    )


def ranges_of(session: Session, write_off_id: UUID) -> list[VoucherRange]:
    """What a procès-verbal destroys, in order."""
    return ranges_by_write_off(session, [write_off_id])[write_off_id]


def ranges_by_write_off(session: Session, ids: Iterable[UUID]) -> dict[UUID, list[VoucherRange]]:
    """What each of these procès-verbaux destroys, in order."""
    rows = session.execute(
        select(
            WriteOffRange.write_off_id,
            WriteOffRange.first_voucher_id,
            WriteOffRange.last_voucher_id,
        )
        .where(WriteOffRange.write_off_id.in_(ids))
        .order_by(WriteOffRange.first_voucher_id)
    )
    found = defaultdict[UUID, list[VoucherRange]](list)
    for write_off_id, first, last in rows:
        found[write_off_id].append(VoucherRange(first, last))
    return found


def approval_of(session: Session, write_off_id: UUID) -> WriteOffApproval | None:
    """The approval of a destruction, if somebody gave it."""
    return session.get(WriteOffApproval, write_off_id)


def approvals_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, WriteOffApproval]:
    """Approvals by destruction."""
    found = session.scalars(select(WriteOffApproval).where(WriteOffApproval.write_off_id.in_(ids)))
    return {approval.write_off_id: approval for approval in found}


def abandonment_of(session: Session, write_off_id: UUID) -> WriteOffAbandonment | None:
    """Why a destruction was given up, if it was."""
    return abandonments_of(session, [write_off_id]).get(write_off_id)


def abandonments_of(session: Session, ids: Iterable[UUID]) -> dict[UUID, WriteOffAbandonment]:
    """Abandonments by destruction."""
    found = session.scalars(
        select(WriteOffAbandonment).where(WriteOffAbandonment.write_off_id.in_(ids))
    )
    return {abandonment.write_off_id: abandonment for abandonment in found}
