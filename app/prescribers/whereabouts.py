"""What became of booklets that a person received: whether their passes are accepted still.

A pass that was replaced is followed to the one that stands for it, and that one in its turn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app import ledger
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.serials import BOOKLET_SIZES
from app.ledger import VoucherRange, VoucherState, contiguous
from app.ledger.chart import AccountKind
from app.ledger.models import Movement, Posting, Voucher
from app.papers.french import long_day, plural
from app.prescribers import queries
from app.prescribers.errors import (
    BookletBlocked,
    BookletHandedOver,
    BookletIncomplete,
    BookletNotYours,
    BookletOnItsWay,
)
from app.prescribers.models import PrescriptionBooklet
from app.vouchers import queries as vouchers

LOST = frozenset({AccountKind.BLOCKED, AccountKind.VOID})
"""Where a pass rests once it was declared lost: nobody accepts it, replaced or not."""


def passes_of(session: Session, wholes: Sequence[VoucherRange]) -> list[VoucherState]:
    """The passes of these booklets, and those that were given in their place, where they rest."""
    if not wholes:
        return []
    ranges = (Voucher.id.between(whole.first, whole.last) for whole in wholes)
    found: list[VoucherState] = []
    held = ledger.voucher_states(session, or_(*ranges))
    while held:
        found += held
        void = [state.id for state in held if state.account.kind is AccountKind.VOID]
        instead = vouchers.standing_for(session, void)
        held = ledger.voucher_states(session, Voucher.id.in_(instead)) if instead else []
    return found


def live(states: Iterable[VoucherState]) -> list[VoucherState]:
    """Those that whoever holds them may give to a mediator."""
    return [state for state in states if state.account.kind is AccountKind.CIRCULATION]


def in_lines(
    session: Session, states: Sequence[VoucherState], wholes: Sequence[VoucherRange]
) -> tuple[str, ...]:
    """Passes as a declaration of loss reads them: the person's booklets, then others by series."""
    if not states:
        return ()
    own = {state.booklet_id for state in states} & {whole.first for whole in wholes}
    others = [(state.id, state.booklet_id) for state in states if state.booklet_id not in own]
    booklets, serials = (
        vouchers.booklet_numbers(session, own),
        vouchers.serial_numbers(session, others),
    )
    return (
        *(str(booklets[booklet_id]) for booklet_id in sorted(own)),
        *(
            str(serials[part.first])
            if part.count == 1
            else f"{serials[part.first]} à {serials[part.last]}"
            for part in contiguous(serials)
        ),
    )


# ── Not in one's drawer ───────────────────────────────────────────────────────────────────────────


HELD_BACK = frozenset(
    {
        AccountKind.BLOCKED,
        AccountKind.WITHHELD,
        AccountKind.VOID,
        AccountKind.EXPIRED,
        AccountKind.CREDITED,
    }
)


def not_in_drawer(session: Session, booklet_id: int, holder_id: UUID) -> DomainError | None:
    """Why a prescriber may not hand a booklet over; nothing when it rests whole in its drawer.

    What is said of a booklet that is not its own does not depend on where that one is.
    """
    # Passes are found by their ids, which follow that of their booklet.
    near = Voucher.id.between(booklet_id, booklet_id + max(BOOKLET_SIZES) - 1)
    states = ledger.voucher_states(session, and_(near, Voucher.booklet_id == booklet_id))
    here = {state.account.kind for state in states if state.account.party_id == holder_id}
    coming = any(
        (state.account.kind, state.account.counterparty_id) == (AccountKind.TRANSIT, holder_id)
        for state in states
    )
    if here == {AccountKind.PRESCRIBER} and all(s.account.party_id == holder_id for s in states):
        return None
    number = str(vouchers.booklet_numbers(session, [booklet_id])[booklet_id])
    if made := queries.hand_over_of(session, booklet_id, holder_id):
        return BookletHandedOver(
            booklet=number, day=f"{made.prescribed_on:%d/%m/%Y}", number=made.number
        )
    if coming:
        return BookletOnItsWay(booklet=number)
    if here & HELD_BACK:
        return BookletBlocked(booklet=number)
    if here & {AccountKind.PRESCRIBER, AccountKind.CIRCULATION}:
        return BookletIncomplete(booklet=number)
    return BookletNotYours(booklet=number)


# ── What became of what was handed over ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a booklet that was handed over, and of what stands for its passes."""

    size: int
    live: tuple[VoucherState, ...]
    """What may be given to a mediator still, of the booklet or in its place."""
    blocked_count: int
    blocked_on: date | None
    instead: tuple[str, ...]
    """The booklets of the passes that stand for some of it."""
    instead_count: int
    instead_blocked_count: int
    to_block: tuple[str, ...]
    """What is live, as a declaration of loss reads it."""
    to_replace: tuple[str, ...]
    """What is blocked, as a replacement reads it."""

    @property
    def told(self) -> tuple[str, ...]:
        """What is no more as it was handed over, in words that follow the number."""
        since = f"en opposition depuis le {long_day(self.blocked_on)}" if self.blocked_on else ""
        told = []
        if self.blocked_count:
            part = "" if self.blocked_count == self.size else f"{self.blocked_count} pass "
            told.append(part + since)
        if self.instead:
            count = self.instead_count
            some = "" if count == self.size else f"{count} pass "
            told.append(
                f"{some}remplacé{plural(count) if some else ''} par {' et '.join(self.instead)}"
            )
        if self.instead_blocked_count:
            told.append(f"dont {self.instead_blocked_count} pass {since}")
        return tuple(told)


def fate_of(session: Session, booklet: PrescriptionBooklet) -> Fate:
    """What became of a booklet that a person was handed."""
    whole = VoucherRange(booklet.booklet_id, booklet.booklet_id + booklet.booklet_size - 1)
    states = passes_of(session, [whole])
    own = [state for state in states if state.booklet_id == booklet.booklet_id]
    instead = [
        state
        for state in states
        if state.booklet_id != booklet.booklet_id and state.account.kind is not AccountKind.VOID
    ]
    blocked = [state for state in states if state.account.kind is AccountKind.BLOCKED]
    numbers = vouchers.booklet_numbers(session, {state.booklet_id for state in instead})
    left = live(states)
    return Fate(
        size=booklet.booklet_size,
        live=tuple(left),
        blocked_count=sum(state.account.kind is AccountKind.BLOCKED for state in own),
        blocked_on=_moved_on(session, blocked) if blocked else None,
        instead=tuple(str(numbers[booklet_id]) for booklet_id in sorted(numbers)),
        instead_count=len(instead),
        instead_blocked_count=sum(s.account.kind is AccountKind.BLOCKED for s in instead),
        to_block=in_lines(session, left, [whole]),
        to_replace=in_lines(session, blocked, []),
    )


def _moved_on(session: Session, states: Sequence[VoucherState]) -> date:
    """The day of the first of the moves that led passes to where they rest."""
    moved = {state.last_movement_id for state in states}
    at = session.execute(
        select(func.min(Posting.occurred_at))
        .join(Movement, Movement.posting_id == Posting.id)
        .where(Movement.id.in_(moved))
    ).scalar_one()
    return martinique_day(at)
