"""What became of booklets that a person received: whether their passes are accepted still.

A pass that was replaced is followed to the one that stands for it, and that one in its turn.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import or_
from sqlalchemy.orm import Session

from app import ledger
from app.ledger import VoucherRange, VoucherState, contiguous
from app.ledger.chart import AccountKind
from app.ledger.models import Voucher
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
