"""Replacing passes after they were handed over: the old ones void, as many new ones, in one act.

What a person may have does not grow: a new pass stands for an old one, counted with the prescriber
who handed that one over. The rest of a booklet that was cut for it is used first the next time.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.database.rows import insert_rows
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.ids import request_hash
from app.ledger import AccountKind, MovementKind, chart
from app.losses import queries
from app.losses import replacement_queries as replaced
from app.losses.blocks import block_lines, runs
from app.losses.errors import (
    NothingToReplaceWith,
    NotInCirculation,
    NotYoursToReplace,
    PassesOfSeveralPrescribers,
    TakenDoesNotFit,
    UnknownReplacement,
)
from app.losses.naming import Named, named_vouchers, serials_of
from app.losses.replacement_models import Replacement
from app.losses.rules import ReplacementCause, Source
from app.losses.write_offs import void_lines
from app.mediators.holding import check_may_hold
from app.partners.rules import AgreementRole
from app.partners.service import agreement_in_force
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.models import VintageTerms
from app.programmes.rules import Validity
from app.programmes.service import known_programme, known_vintage
from app.vouchers.models import ReplacedVoucher

DOCUMENT = "replacement"


def replace_passes(
    session: Session,
    *,
    actor: Actor,
    replacement_id: UUID,
    named: Sequence[Named],
    cause: ReplacementCause,
    free_of_charge: bool = False,
    taken: Sequence[Named] = (),
    now: datetime,
) -> Replacement:
    """Void passes that a person holds or has lost, and give as many others in their place.

    A prescriber replaces what it handed over, from its drawer; the coordination from the stock.
    `taken` names booklets that are in hand: the new passes are theirs then.

    Raises:
        RightMissing, NotYoursToReplace, NoAgreementInForce, NoRightToHold.
        NotInCirculation: a pass is used, or was never handed over.
        PassesOfSeveralPrescribers, NothingToReplaceWith, TakenDoesNotFit, and what
            `named_vouchers` refuses.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.REPLACE_PASSES)
    digest = request_hash(
        DOCUMENT,
        named=[(one.first, one.last) for one in named],
        cause=cause,
        free_of_charge=free_of_charge,
        **({"taken": [(one.first, one.last) for one in taken]} if taken else {}),
    )
    if record := earlier(session, Replacement, replacement_id, digest):
        return record
    today = martinique_day(now)
    chosen = _choose(session, actor=actor, named=named, taken=taken, now=now)
    record = Replacement(
        id=replacement_id,
        request_hash=digest,
        number=numbering.next_document_number(session, numbering.REPLACEMENT, today.year),
        prescriber_id=chosen.prescriber_id,
        source=chosen.source,
        cause=cause,
        free_of_charge=free_of_charge,
        replaced_on=today,
        replaced_by=actor.agent_id,
        replaced_at=now,
    )
    exchange(session, record, old_ids=chosen.old_ids, new_ids=chosen.new_ids)
    return record


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which passes would stand for which, of the same prescriber, and where they come from."""

    prescriber_id: UUID
    source: Source
    old_ids: list[int]
    new_ids: list[int]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Each old pass with the one that stands for it."""
        return list(zip(sorted(self.old_ids), sorted(self.new_ids), strict=True))


def foreseen(
    session: Session,
    *,
    actor: Actor,
    named: Sequence[Named],
    taken: Sequence[Named] = (),
    now: datetime,
) -> Chosen:
    """What a replacement would do now, which is asked before it cannot be undone: nothing moves.

    Raises:
        As `replace_passes`.
    """
    actor.check(Right.REPLACE_PASSES)
    chosen = _choose(session, actor=actor, named=named, taken=taken, now=now)
    gone = ledger.lock_vouchers(session, list(ledger.contiguous(chosen.old_ids)))
    _check_replaceable(session, chosen.prescriber_id, gone)
    return chosen


def _choose(
    session: Session,
    *,
    actor: Actor,
    named: Sequence[Named],
    taken: Sequence[Named],
    now: datetime,
) -> Chosen:
    today = martinique_day(now)
    source = Source.STOCK if actor.sees() else Source.DRAWER
    wholes = named_vouchers(session, named)
    old_ids = [i for whole in wholes for i in range(whole.first, whole.last + 1)]
    [first, *_] = ledger.lock_vouchers(session, wholes[:1])
    if first.account.kind not in {AccountKind.CIRCULATION, AccountKind.BLOCKED}:
        raise NotInCirculation(serial=serials_of(session, [first.id])[first.id])
    prescriber_id, terms = first.account.party_id, known_vintage(session, first.account.vintage_id)
    if source is Source.DRAWER:
        if prescriber_id != actor.organisation_id:
            raise NotYoursToReplace(serial=serials_of(session, [first.id])[first.id])
        agreement_in_force(session, prescriber_id, AgreementRole.PRESCRIBER, on=today)
        check_may_hold(session, prescriber_id, on=today)
    place = known_programme(session, terms.programme_id).sponsor_id
    if source is Source.DRAWER:
        place = prescriber_id
    hold(session, "replacing from", place)
    in_hand = replaced.booklets_of(session, named_vouchers(session, taken)) if taken else None
    new_ids = choose_new(
        session,
        source=source,
        holder_id=place,
        vintages=serving(session, terms, now=now),
        needed=len(old_ids),
        lost=replaced.lost_by_booklet(session, wholes) if in_hand is None else (),
        among=in_hand,
    )
    if len(new_ids) < len(old_ids):
        if in_hand is not None:
            raise TakenDoesNotFit(needed=len(old_ids), available=len(new_ids))
        raise NothingToReplaceWith(needed=len(old_ids), available=len(new_ids))
    return Chosen(prescriber_id, source, old_ids, new_ids)


def serving(session: Session, terms: VintageTerms, *, now: datetime) -> list[int]:
    """Vintages whose passes may stand for those of `terms`: the same one first, while it serves."""
    face_value, today = ledger.face_value(session, terms.vintage_id), martinique_day(now)
    found = [
        other
        for other in programmes.vintages_of(session, terms.programme_id)
        if Validity(other.valid_from, other.valid_until, other.tolerance_days).issuable(on=today)
        and ledger.face_value(session, other.vintage_id) == face_value
        and replaced.compromise_of(session, other.vintage_id) is None
    ]
    found.sort(key=lambda other: (other.vintage_id != terms.vintage_id, other.valid_until))
    return [other.vintage_id for other in found]


def choose_new(
    session: Session,
    *,
    source: Source,
    holder_id: UUID,
    vintages: Sequence[int],
    needed: int,
    lost: Sequence[tuple[int, int]] = (),
    among: Sequence[int] | None = None,
) -> list[int]:
    """Passes that replace others: as many as are needed, or as there are.

    `lost` says how many passes went of each booklet, and its size. A whole booklet is replaced by
    a whole one of the same size, while there is one; single passes by those of decision 0037.
    With `among`, they come from these booklets alone.
    """
    wholes = Counter(size for count, size in lost if count == size)
    found: list[int] = []
    for vintage_id in vintages:
        if len(found) == needed:
            break
        place = chart.account(AccountKind(source), holder_id, vintage_id)
        account = ledger.account(session, place)
        taken: list[int] = []
        for size, count in sorted(wholes.items(), reverse=True):
            same = replaced.whole_booklets(session, account.id, size=size, count=count)
            wholes[size] -= len(same)
            taken += same
            found += [i for booklet_id in same for i in range(booklet_id, booklet_id + size)]
        found += replaced.pool(
            session,
            account.id,
            needed=needed - len(found),
            sizes={size for _, size in lost},
            besides=taken,
            among=among,
        )
    return found


def exchange(
    session: Session, record: Replacement, *, old_ids: Sequence[int], new_ids: Sequence[int]
) -> None:
    """Write a replacement down: old passes blocked and void, new ones in circulation, lineage.

    All of them are locked at once, in the order of ids: whoever would redeem an old one waits.
    """
    old = set(old_ids)
    states = ledger.lock_vouchers(session, list(ledger.contiguous([*old_ids, *new_ids])))
    gone = [state for state in states if state.id in old]
    _check_replaceable(session, record.prescriber_id, gone)
    session.add(record)
    session.flush()
    insert_rows(
        session,
        ReplacedVoucher,
        [
            {"old_voucher_id": was, "new_voucher_id": stands, "replacement_id": record.id}
            for was, stands in zip(sorted(old_ids), sorted(new_ids), strict=True)
        ],
    )
    held = [state for state in gone if state.account.kind is AccountKind.CIRCULATION]
    lines = block_lines(session, held)
    blocked = [(line.credit, line.vouchers) for line in lines]
    blocked += runs([state for state in gone if state.account.kind is AccountKind.BLOCKED])
    lines += void_lines(session, blocked)
    for account, whole in runs([state for state in states if state.id not in old]):
        pocket = chart.circulation(record.prescriber_id, account.vintage_id)
        lines.append(
            ledger.Line(MovementKind.REPLACE, whole, account, ledger.account(session, pocket))
        )
    ledger.post(
        session,
        ledger.Act(
            posting_id=record.id,
            kind=MovementKind.REPLACE,
            document_type=DOCUMENT,
            document_id=record.id,
            actor_id=record.replaced_by,
            occurred_at=record.replaced_at,
        ),
        lines,
    )


def _check_replaceable(
    session: Session, prescriber_id: UUID, gone: Sequence[ledger.VoucherState]
) -> None:
    """All with people, or blocked when they were; all of one prescriber, programme and value."""
    blocked = [s.id for s in gone if s.account.kind is AccountKind.BLOCKED]
    before = queries.former_holders(session, list(ledger.contiguous(blocked))) if blocked else {}
    for state in gone:
        if before.get(state.id, state.account.kind) is not AccountKind.CIRCULATION:
            raise NotInCirculation(serial=serials_of(session, [state.id])[state.id])
    vintages = {state.account.vintage_id for state in gone}
    kept = {known_vintage(session, vintage_id).programme_id for vintage_id in vintages}
    values = {state.account.face_value_cents for state in gone}
    holders = {state.account.party_id for state in gone}
    if len(kept) > 1 or len(values) > 1 or holders != {prescriber_id}:
        raise PassesOfSeveralPrescribers


def known_replacement(session: Session, *, actor: Actor, replacement_id: UUID) -> Replacement:
    """A replacement, for those whose business it is.

    Raises:
        UnknownReplacement: none has that id, or it is another prescriber's: both look alike.
    """
    record = queries.record(session, Replacement, replacement_id)
    if record is None or not actor.sees(record.prescriber_id):
        raise UnknownReplacement
    return record
