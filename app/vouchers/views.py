"""What is told of booklets and of a pass."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app import ledger
from app.kernel.serials import SerialNumber
from app.ledger import AccountKind
from app.ledger.models import Voucher
from app.partners.queries import organisation_names
from app.programmes.service import known_vintage
from app.vouchers import queries
from app.vouchers.models import Booklet
from app.vouchers.service import SeenVoucher
from app.web.api import Json, shown


def booklets_shown(session: Session, booklets: Sequence[Booklet]) -> list[Json]:
    """Booklets with their printed numbers, and where each of their passes rests."""
    ids = [i for b in booklets for i in range(b.id, b.id + b.size)]
    numbers = queries.booklet_numbers(session, [b.id for b in booklets])
    passes: dict[int, list[ledger.VoucherState]] = {b.id: [] for b in booklets}
    for state in ledger.voucher_states(session, Voucher.id.in_(ids)):
        passes[state.booklet_id].append(state)
    return [
        shown(
            booklet,
            number=str(numbers[booklet.id]),
            states=Counter(state.account.kind for state in passes[booklet.id]),
            vouchers=[
                {
                    "serial": str(SerialNumber(numbers[booklet.id], state.id - booklet.id + 1)),
                    "state": state.account.kind,
                }
                for state in passes[booklet.id]
            ],
        )
        for booklet in booklets
    ]


def voucher_shown(session: Session, seen: SeenVoucher) -> Json:
    """A pass with its validity and who holds it."""
    account = seen.state.account
    terms = known_vintage(session, account.vintage_id)
    names = organisation_names(session, {account.party_id, account.counterparty_id})
    recipient = account.counterparty_id if account.kind is AccountKind.TRANSIT else None
    return shown(
        terms,
        serial=str(seen.serial),
        booklet=str(seen.serial.booklet),
        face_value_cents=account.face_value_cents,
        state=account.kind,
        since=seen.history[-1].recorded_at,
        holder={"id": account.party_id, "name": names[account.party_id]},
        recipient={"id": recipient, "name": names[recipient]} if recipient else None,
    )
