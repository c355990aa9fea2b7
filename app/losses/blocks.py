"""Oppositions: lost or stolen passes are refused everywhere from the moment that somebody says so.

What was used before that moment is reported pass by pass: it was taken in good faith and stays.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.database.rows import insert_rows
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.ledger import AccountKind, MovementKind, VoucherRange, chart
from app.ledger.models import Voucher
from app.losses import queries
from app.losses.errors import NotBlockedHere, NothingBlockedStill, NotYoursToDeclare, UnknownBlock
from app.losses.models import Block, BlockFinding, BlockLift
from app.losses.naming import Named, named_vouchers, serials_of
from app.losses.rules import (
    BLOCKABLE,
    LONGEST_COMPLAINT,
    LONGEST_REASON,
    BlockCause,
    Declarant,
)
from app.programmes import numbering

DOCUMENT = "block"
NOT_YET = "Ce jour n’est pas encore venu : écrivez le jour de la perte."


def block_vouchers(
    session: Session,
    *,
    actor: Actor,
    block_id: UUID,
    named: Sequence[Named],
    declarant: Declarant,
    cause: BlockCause,
    happened_on: date,
    complaint: str | None = None,
    now: datetime,
) -> Block:
    """Block passes at once, one movement for each run of neighbours in one account.

    A prescriber declares what it holds, what is on its way to it, and what it handed over.

    Raises:
        RightMissing, NotYoursToDeclare.
        InvalidInput: a day to come or before the passes were delivered or handed over, or a
            reference that cannot be kept.
        What `named_vouchers` refuses.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.DECLARE_LOSS)
    reference = _read(complaint, happened_on, today=martinique_day(now))
    digest = request_hash(
        DOCUMENT,
        named=[(one.first, one.last) for one in named],
        declarant=declarant,
        cause=cause,
        happened_on=happened_on,
        complaint=reference,
    )
    if record := earlier(session, Block, block_id, digest):
        return record
    # Whoever would redeem one of them waits here, or has redeemed it: then it is reported.
    wholes = named_vouchers(session, named)
    states = ledger.lock_vouchers(session, wholes)
    _check_concerns(session, actor, states)
    _check_day(session, wholes, happened_on, cause=cause, now=now)
    today = martinique_day(now)
    record = Block(
        id=block_id,
        request_hash=digest,
        number=numbering.next_document_number(session, numbering.BLOCK, today.year),
        organisation_id=actor.organisation_id,
        declarant=declarant,
        cause=cause,
        happened_on=happened_on,
        complaint=reference,
        declared_on=today,
        declared_by=actor.agent_id,
        declared_at=now,
    )
    session.add(record)
    session.flush()
    _keep_late(session, record, states)
    lines = block_lines(session, [s for s in states if s.account.kind in BLOCKABLE])
    if lines:
        ledger.post(
            session,
            ledger.Act(
                posting_id=block_id,
                kind=MovementKind.BLOCK,
                document_type=DOCUMENT,
                document_id=block_id,
                actor_id=actor.agent_id,
                occurred_at=now,
            ),
            lines,
        )
    return record


def _read(complaint: str | None, happened_on: date, *, today: date) -> str | None:
    """The reference of the complaint made clean, and a day that has come."""
    reference = clean(complaint, longest=LONGEST_COMPLAINT) if complaint else None
    wrong = {}
    if complaint and reference is None:
        wrong["complaint"] = f"Écrivez la référence en {LONGEST_COMPLAINT} caractères au plus."
    if happened_on > today:
        wrong["happened_on"] = NOT_YET
    if wrong:
        raise InvalidInput(**wrong)
    return reference


def _keep_late(session: Session, record: Block, states: Iterable[ledger.VoucherState]) -> None:
    """Write down which passes were used, or gone, before anybody declared them."""
    rows = [
        {"block_id": record.id, "voucher_id": state.id, "found": str(state.account.kind)}
        for state in states
        if state.account.kind not in BLOCKABLE
    ]
    if rows:
        insert_rows(session, BlockFinding, rows)


def block_lines(session: Session, states: Sequence[ledger.VoucherState]) -> list[ledger.Line]:
    """Each run of neighbours in one account leaves it for what is blocked of the same holder."""
    lines = []
    for account, whole in runs(states):
        place = chart.account(AccountKind.BLOCKED, account.party_id, account.vintage_id)
        blocked = ledger.account(session, place)
        lines.append(ledger.Line(MovementKind.BLOCK, whole, account, blocked))
    return lines


def runs(states: Sequence[ledger.VoucherState]) -> list[tuple[ledger.Account, VoucherRange]]:
    """Passes sorted by id as the fewest runs of neighbours that rest in one account."""
    found = []
    for account, together in groupby(states, key=lambda state: state.account):
        found += [(account, whole) for whole in ledger.contiguous(s.id for s in together)]
    return found


def _check_concerns(session: Session, actor: Actor, states: Sequence[ledger.VoucherState]) -> None:
    if actor.sees():
        return
    mine = actor.organisation_id
    elsewhere = [s for s in states if mine not in {s.account.party_id, s.account.counterparty_id}]
    handed_over = queries.booklets_handed_over_by(
        session, mine, {state.booklet_id for state in elsewhere}
    )
    for state in elsewhere:
        if state.booklet_id not in handed_over:
            raise NotYoursToDeclare(serial=serials_of(session, [state.id])[state.id])


def _check_day(
    session: Session,
    wholes: Sequence[VoucherRange],
    happened_on: date,
    *,
    cause: BlockCause,
    now: datetime,
) -> None:
    """What is lost was there before: the day is not to come, nor before the delivery.

    Nor is it before the hand-over: a booklet lost in a drawer reaches nobody. A fraud may be older.
    """
    if happened_on > martinique_day(now):
        raise InvalidInput(happened_on=NOT_YET)
    delivered_at = queries.delivered_at(session, wholes)
    if delivered_at is not None and happened_on < (day := martinique_day(delivered_at)):
        said = f"Ces pass ont été livrés le {day:%d/%m/%Y} : écrivez ce jour ou un jour d’après."
        raise InvalidInput(happened_on=said)
    handed_over_on = None if cause is BlockCause.FRAUD else queries.handed_over_on(session, wholes)
    if handed_over_on is not None and happened_on < handed_over_on:
        said = (
            f"Ces pass ont été remis le {handed_over_on:%d/%m/%Y} : "
            "écrivez ce jour ou un jour d’après."
        )
        raise InvalidInput(happened_on=said)


def known_block(session: Session, *, actor: Actor, block_id: UUID) -> Block:
    """An opposition, for those whose business it is.

    Raises:
        UnknownBlock: none has that id, or another organisation declared it: both look alike.
    """
    record = queries.record(session, Block, block_id)
    if record is None or not actor.sees(record.organisation_id):
        raise UnknownBlock
    return record


def lift_block(
    session: Session,
    *,
    actor: Actor,
    lift_id: UUID,
    block_id: UUID,
    reason: str,
    named: Sequence[Named] = (),
    now: datetime,
) -> BlockLift:
    """Let passes be what they were before: those named, or all that the opposition still blocks.

    Each run goes back to where it was. A prescriber whose agreement has ended meanwhile has them
    in its drawer again, and can only return them: handing over asks for an agreement in force.

    Raises:
        RightMissing, UnknownBlock.
        InvalidInput: no reason.
        NothingBlockedStill, NotBlockedHere, and what `named_vouchers` refuses.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.LIFT_BLOCK)
    said = read_reason(reason)
    digest = request_hash(
        "lift", block=block_id, reason=said, named=[(one.first, one.last) for one in named]
    )
    if record := earlier(session, BlockLift, lift_id, digest):
        return record
    hold(session, DOCUMENT, block_id)
    known_block(session, actor=actor, block_id=block_id)
    pieces = _pieces(session, block_id, named_vouchers(session, named) if named else None)
    record = BlockLift(
        id=lift_id,
        request_hash=digest,
        block_id=block_id,
        reason=said,
        lifted_by=actor.agent_id,
        lifted_at=now,
    )
    session.add(record)
    session.flush()
    ledger.reverse(
        session,
        ledger.Act(
            posting_id=lift_id,
            kind=MovementKind.REVERSE,
            document_type=DOCUMENT,
            document_id=block_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        pieces,
    )
    return record


def _pieces(
    session: Session, block_id: UUID, wanted: Sequence[VoucherRange] | None
) -> list[tuple[int, VoucherRange | None]]:
    """What to reverse of each run that the opposition moved; all that is left of it, or a part."""
    asked = (
        None
        if wanted is None
        else {i for whole in wanted for i in range(whole.first, whole.last + 1)}
    )
    pieces: list[tuple[int, VoucherRange | None]] = []
    found: set[int] = set()
    blocked = queries.runs_of(session, [block_id], MovementKind.BLOCK)
    ledger.lock_vouchers(session, [run.vouchers for run in blocked])
    for run in blocked:
        here = set(queries.still_blocked(session, run))
        chosen = here if asked is None else here & asked
        found |= chosen
        pieces += [(run.movement_id, whole) for whole in ledger.contiguous(chosen)]
    if not pieces:
        raise NothingBlockedStill
    if asked is not None and (stray := min(asked - found, default=None)) is not None:
        raise NotBlockedHere(serial=serials_of(session, [stray])[stray])
    return pieces


def read_reason(typed: str) -> str:
    """Why, on one line.

    Raises:
        InvalidInput: nothing, or too long.
    """
    said = clean(typed, longest=LONGEST_REASON)
    if said is None:
        raise InvalidInput(reason=f"Dites pourquoi, en {LONGEST_REASON} caractères au plus.")
    return said


def foreseen(
    session: Session,
    *,
    actor: Actor,
    named: Sequence[Named],
    cause: BlockCause,
    happened_on: date,
    now: datetime,
) -> list[ledger.VoucherState]:
    """The passes that an opposition would name, and where they rest now. Nothing moves.

    Raises:
        RightMissing, NotYoursToDeclare.
        InvalidInput: a day to come, or before the passes were delivered or handed over.
        And what `named_vouchers` refuses.
    """
    actor.check(Right.DECLARE_LOSS)
    found: list[ledger.VoucherState] = []
    wholes = named_vouchers(session, named)
    for whole in wholes:
        found += ledger.voucher_states(session, Voucher.id.between(whole.first, whole.last))
    _check_concerns(session, actor, found)
    _check_day(session, wholes, happened_on, cause=cause, now=now)
    return found
