"""Destructions by procès-verbal: prepared by one, counted and approved by another.

Blocked passes become void for good. Spoiled sheets, printed again with the same numbers and codes
before anybody received them, are destroyed as paper: their passes live on, and nothing moves.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import false, or_
from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.ids import request_hash
from app.ledger import AccountKind, MovementKind, VoucherRange, chart
from app.ledger.models import Voucher
from app.losses import queries
from app.losses.blocks import read_reason, runs
from app.losses.errors import (
    MisprintHandedOver,
    MisprintNotReprinted,
    NotBlockedToWriteOff,
    UnknownWriteOff,
    WriteOffAbandonedAlready,
    WriteOffApprovedAlready,
    WriteOffByTheSamePerson,
    WriteOffCountDiffers,
    WriteOffPreparedAlready,
)
from app.losses.models import WriteOff, WriteOffAbandonment, WriteOffApproval, WriteOffRange
from app.losses.naming import Named, named_vouchers, serials_of
from app.losses.rules import BLOCKABLE, WriteOffKind
from app.orders.service import known_order
from app.printing.models import PrintBatch
from app.printing.service import known_batch
from app.programmes import numbering
from app.vouchers import queries as vouchers
from app.vouchers.models import Booklet

DOCUMENT = "write_off"
UNISSUED = BLOCKABLE - {AccountKind.CIRCULATION}


def prepare_write_off(
    session: Session,
    *,
    actor: Actor,
    write_off_id: UUID,
    named: Sequence[Named],
    reason: str,
    print_batch_id: UUID | None = None,
    now: datetime,
) -> WriteOff:
    """List what is to be destroyed; with a print batch, the spoiled paper that it replaces.

    Raises:
        RightMissing, InvalidInput (no reason), and what `named_vouchers` refuses.
        NotBlockedToWriteOff: a pass is not blocked.
        UnknownPrintBatch, MisprintNotReprinted, MisprintHandedOver: of spoiled paper.
        WriteOffPreparedAlready: another one, neither approved nor abandoned, names a pass.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_WRITE_OFF)
    said = read_reason(reason)
    digest = request_hash(
        DOCUMENT,
        named=[(one.first, one.last) for one in named],
        reason=said,
        print_batch=print_batch_id,
    )
    if record := earlier(session, WriteOff, write_off_id, digest):
        return record
    kind = WriteOffKind.MISPRINTS if print_batch_id else WriteOffKind.PASSES
    wholes = named_vouchers(session, named)
    states = ledger.lock_vouchers(session, wholes)
    if print_batch_id is not None:
        _check_reprinted(session, known_batch(session, print_batch_id), states)
    _check_destructible(session, kind, states)
    _check_not_waiting(session, kind, print_batch_id, wholes)
    today = martinique_day(now)
    record = WriteOff(
        id=write_off_id,
        request_hash=digest,
        number=numbering.next_document_number(session, numbering.WRITE_OFF, today.year),
        kind=kind,
        print_batch_id=print_batch_id,
        reason=said,
        prepared_on=today,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    session.add(record)
    session.flush()
    session.add_all(
        WriteOffRange(
            write_off_id=write_off_id, first_voucher_id=whole.first, last_voucher_id=whole.last
        )
        for whole in wholes
    )
    session.flush()
    return record


def _check_destructible(
    session: Session, kind: WriteOffKind, states: Sequence[ledger.VoucherState]
) -> None:
    for state in states:
        if kind is WriteOffKind.PASSES and state.account.kind is not AccountKind.BLOCKED:
            raise NotBlockedToWriteOff(serial=serials_of(session, [state.id])[state.id])
        if kind is WriteOffKind.MISPRINTS and state.account.kind not in UNISSUED:
            raise MisprintHandedOver(serial=serials_of(session, [state.id])[state.id])


def _check_not_waiting(
    session: Session,
    kind: WriteOffKind,
    print_batch_id: UUID | None,
    wholes: Sequence[VoucherRange],
) -> None:
    """No other destruction waits with one of them, until it is approved or abandoned."""
    for record in queries.waiting_with(session, kind, print_batch_id, wholes):
        first = min(
            max(one.first, other.first)
            for one in wholes
            for other in queries.ranges_of(session, record.id)
            if one.first <= other.last and other.first <= one.last
        )
        raise WriteOffPreparedAlready(
            serial=serials_of(session, [first])[first], number=record.number
        )


def obstacle(session: Session, record: WriteOff) -> str | None:
    """The pass that moved since a destruction was prepared, which can no longer be approved."""
    states = states_in(session, queries.ranges_of(session, record.id))
    try:
        _check_destructible(
            session, WriteOffKind(record.kind), [states[one] for one in sorted(states)]
        )
    except (NotBlockedToWriteOff, MisprintHandedOver) as refusal:
        return str(refusal.details["serial"])
    return None


def _check_reprinted(
    session: Session, batch: PrintBatch, states: Sequence[ledger.VoucherState]
) -> None:
    """Each booklet was printed again in that batch, which says why."""
    vintage_id = known_order(session, batch.order_id).vintage_id
    for booklet_id in sorted({state.booklet_id for state in states}):
        booklet = session.get_one(Booklet, booklet_id)
        again = batch.reason is not None and booklet.vintage_id == vintage_id
        if not (again and batch.first_booklet <= booklet.number <= batch.last_booklet):
            number = vouchers.booklet_numbers(session, [booklet_id])[booklet_id]
            raise MisprintNotReprinted(booklet=str(number), batch=batch.number)


def known_write_off(session: Session, *, actor: Actor, write_off_id: UUID) -> WriteOff:
    """A destruction, for those who see losses and every organisation.

    Raises:
        UnknownWriteOff: none has that id, or it is none of the actor's business.
    """
    record = queries.record(session, WriteOff, write_off_id)
    if record is None or not actor.sees():
        raise UnknownWriteOff
    return record


def approve_write_off(
    session: Session, *, actor: Actor, write_off_id: UUID, voucher_count: int, now: datetime
) -> WriteOffApproval:
    """Count the same passes, see them destroyed, and say so: blocked passes become void.

    Raises:
        RightMissing, TokenCannotApprove, UnknownWriteOff.
        WriteOffByTheSamePerson, WriteOffApprovedAlready, WriteOffAbandonedAlready.
        WriteOffCountDiffers: the approver counted another number.
        NotBlockedToWriteOff, MisprintHandedOver: a pass has moved since it was prepared.
    """
    actor.check(Right.APPROVE_WRITE_OFF)
    hold(session, DOCUMENT, write_off_id)
    record = known_write_off(session, actor=actor, write_off_id=write_off_id)
    if record.prepared_by == actor.agent_id:
        raise WriteOffByTheSamePerson
    if approval := queries.approval_of(session, write_off_id):
        if approval.approved_by != actor.agent_id:
            raise WriteOffApprovedAlready
        return approval
    if queries.abandonment_of(session, write_off_id):
        raise WriteOffAbandonedAlready
    wholes = queries.ranges_of(session, write_off_id)
    count = sum(whole.count for whole in wholes)
    if voucher_count != count:
        raise WriteOffCountDiffers(voucher_count=count, counted=voucher_count)
    states = ledger.lock_vouchers(session, wholes)
    kind = WriteOffKind(record.kind)
    _check_destructible(session, kind, states)
    approval = WriteOffApproval(
        write_off_id=write_off_id,
        prepared_by=record.prepared_by,
        approved_by=actor.agent_id,
        approved_on=martinique_day(now),
        approved_at=now,
    )
    session.add(approval)
    session.flush()
    if kind is WriteOffKind.PASSES:
        ledger.post(
            session,
            ledger.Act(
                posting_id=write_off_id,
                kind=MovementKind.VOID,
                document_type=DOCUMENT,
                document_id=write_off_id,
                actor_id=actor.agent_id,
                occurred_at=now,
            ),
            void_lines(session, runs(states)),
        )
    return approval


def abandon_write_off(
    session: Session,
    *,
    actor: Actor,
    abandonment_id: UUID,
    write_off_id: UUID,
    reason: str,
    now: datetime,
) -> WriteOffAbandonment:
    """Give a destruction up before anybody approved it: nothing moves, its passes are free.

    Whoever may prepare one may: the preparer who was mistaken, or the second person who counts.

    Raises:
        RightMissing, UnknownWriteOff, InvalidInput (no reason).
        WriteOffApprovedAlready, WriteOffAbandonedAlready.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_WRITE_OFF)
    said = read_reason(reason)
    digest = request_hash("write-off abandonment", write_off=write_off_id, reason=said)
    if record := earlier(session, WriteOffAbandonment, abandonment_id, digest):
        return record
    hold(session, DOCUMENT, write_off_id)
    known_write_off(session, actor=actor, write_off_id=write_off_id)
    if queries.approval_of(session, write_off_id):
        raise WriteOffApprovedAlready
    if queries.abandonment_of(session, write_off_id):
        raise WriteOffAbandonedAlready
    record = WriteOffAbandonment(
        id=abandonment_id,
        request_hash=digest,
        write_off_id=write_off_id,
        reason=said,
        abandoned_by=actor.agent_id,
        abandoned_at=now,
    )
    session.add(record)
    session.flush()
    return record


def void_lines(
    session: Session, blocked: Sequence[tuple[ledger.Account, VoucherRange]]
) -> list[ledger.Line]:
    """Blocked passes become void, of the same holder."""
    lines = []
    for account, whole in blocked:
        place = chart.account(AccountKind.VOID, account.party_id, account.vintage_id)
        lines.append(ledger.Line(MovementKind.VOID, whole, account, ledger.account(session, place)))
    return lines


def states_in(session: Session, wholes: Iterable[VoucherRange]) -> dict[int, ledger.VoucherState]:
    """Where the passes of ranges rest now, by their ids."""
    within = [Voucher.id.between(whole.first, whole.last) for whole in wholes]
    return {state.id: state for state in ledger.voucher_states(session, or_(false(), *within))}
