"""The chart of accounts: where a pass can rest, and the moves that exist.

Who breaks the chart is told twice: by the rules in app.ledger.rules, and by the foreign key
movement_transition of the database, which holds the same table.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class AccountKind(StrEnum):
    """The kind of the account in which a pass rests is the state of the pass."""

    ISSUER = "issuer"
    STOCK_INERT = "stock_inert"
    STOCK = "stock"
    TRANSIT = "transit"
    PRESCRIBER = "prescriber"
    CIRCULATION = "circulation"
    WITHHELD = "withheld"
    REDEEMED = "redeemed"
    CLAIMED = "claimed"
    SETTLED = "settled"
    BLOCKED = "blocked"
    VOID = "void"
    EXPIRED = "expired"
    CREDITED = "credited"


class MovementKind(StrEnum):
    """What happens to passes, named from the sponsor's side."""

    RECEIVE = "receive"
    ACTIVATE = "activate"
    ALLOCATE = "allocate"
    ACCEPT = "accept"
    TRANSFER = "transfer"
    RETURN = "return"
    ISSUE = "issue"
    REPLACE = "replace"
    REDEEM = "redeem"
    UNDO = "undo"
    CLAIM = "claim"
    SETTLE = "settle"
    BLOCK = "block"
    VOID = "void"
    WITHHOLD = "withhold"
    EXPIRE = "expire"
    CREDIT = "credit"
    CLAWBACK = "clawback"
    REVERSE = "reverse"


_K, _M = AccountKind, MovementKind
_UNISSUED = (_K.STOCK_INERT, _K.STOCK, _K.TRANSIT, _K.PRESCRIBER)

_REVERSIBLE = {
    (_M.RECEIVE, _K.ISSUER, _K.STOCK_INERT),
    (_M.ACTIVATE, _K.STOCK_INERT, _K.STOCK),
    (_M.ALLOCATE, _K.STOCK, _K.TRANSIT),
    (_M.ACCEPT, _K.TRANSIT, _K.PRESCRIBER),
    (_M.ISSUE, _K.PRESCRIBER, _K.CIRCULATION),
    (_M.CLAIM, _K.REDEEMED, _K.CLAIMED),
    (_M.SETTLE, _K.CLAIMED, _K.SETTLED),
    *((_M.BLOCK, kind, _K.BLOCKED) for kind in (*_UNISSUED, _K.CIRCULATION)),
    *((_M.WITHHOLD, kind, _K.WITHHELD) for kind in _UNISSUED),
}
_FINAL = {
    (_M.TRANSFER, _K.PRESCRIBER, _K.TRANSIT),
    (_M.RETURN, _K.PRESCRIBER, _K.TRANSIT),
    (_M.RETURN, _K.TRANSIT, _K.STOCK),
    (_M.RETURN, _K.TRANSIT, _K.PRESCRIBER),
    (_M.REPLACE, _K.STOCK, _K.CIRCULATION),
    (_M.REPLACE, _K.PRESCRIBER, _K.CIRCULATION),
    (_M.REDEEM, _K.CIRCULATION, _K.REDEEMED),
    (_M.UNDO, _K.REDEEMED, _K.CIRCULATION),
    (_M.VOID, _K.BLOCKED, _K.VOID),
    *(
        (_M.EXPIRE, kind, _K.EXPIRED)
        for kind in (*_UNISSUED, _K.CIRCULATION, _K.WITHHELD, _K.BLOCKED)
    ),
    (_M.CREDIT, _K.EXPIRED, _K.CREDITED),
    (_M.CREDIT, _K.VOID, _K.CREDITED),
    (_M.CLAWBACK, _K.SETTLED, _K.CIRCULATION),
    (_M.CLAWBACK, _K.SETTLED, _K.EXPIRED),
}

TRANSITIONS: frozenset[tuple[MovementKind, AccountKind, AccountKind]] = frozenset(
    _REVERSIBLE | _FINAL | {(_M.REVERSE, to, start) for _, start, to in _REVERSIBLE}
)
"""Every move that exists: (kind, from, to). The database holds the same rows."""

WHOLE_BOOKLETS = frozenset({_M.ALLOCATE, _M.ACCEPT, _M.TRANSFER, _M.RETURN, _M.ISSUE})
"""Moves of paper under its cover: a booklet is never cut."""


USED = frozenset({_K.REDEEMED, _K.CLAIMED, _K.SETTLED})
"""Where a pass rests once it has paid for support, whatever the state of what is owed for it."""

BACKWARD = frozenset({_M.REVERSE, _M.UNDO, _M.CLAWBACK})
"""Moves that take back what an earlier one did. A redemption is undone and clawed back by moves of
their own, not by reversals: a claim has come in between, and may have been reversed since."""


@dataclass(frozen=True, slots=True)
class AccountKey:
    """What names an account: its kind, its party and its vintage.

    `counterparty_id` is the recipient of what is in transit, and the party itself elsewhere.
    """

    kind: AccountKind
    party_id: UUID
    counterparty_id: UUID
    vintage_id: int


def account(kind: AccountKind, party_id: UUID, vintage_id: int) -> AccountKey:
    """The account of that kind of one party."""
    return AccountKey(kind, party_id, party_id, vintage_id)


def issuer(issuer_id: UUID, vintage_id: int) -> AccountKey:
    """Printed and not yet received."""
    return account(_K.ISSUER, issuer_id, vintage_id)


def stock_inert(sponsor_id: UUID, vintage_id: int) -> AccountKey:
    """Received, worth nothing before activation."""
    return account(_K.STOCK_INERT, sponsor_id, vintage_id)


def stock(sponsor_id: UUID, vintage_id: int) -> AccountKey:
    """Active, in the sponsor's cupboard."""
    return account(_K.STOCK, sponsor_id, vintage_id)


def transit(sender_id: UUID, recipient_id: UUID, vintage_id: int) -> AccountKey:
    """On the way: the sender answers for them until the recipient has signed."""
    return AccountKey(_K.TRANSIT, sender_id, recipient_id, vintage_id)


def prescriber(prescriber_id: UUID, vintage_id: int) -> AccountKey:
    """In a prescriber's drawer."""
    return account(_K.PRESCRIBER, prescriber_id, vintage_id)


def circulation(prescriber_id: UUID, vintage_id: int) -> AccountKey:
    """In people's pockets, counted with the prescriber who issued them, for ever."""
    return account(_K.CIRCULATION, prescriber_id, vintage_id)


def redeemed(mediator_id: UUID, vintage_id: int) -> AccountKey:
    """Taken by a mediator, on no statement yet."""
    return account(_K.REDEEMED, mediator_id, vintage_id)


def claimed(mediator_id: UUID, vintage_id: int) -> AccountKey:
    """On a statement that is not paid yet."""
    return account(_K.CLAIMED, mediator_id, vintage_id)


def settled(mediator_id: UUID, vintage_id: int) -> AccountKey:
    """Paid."""
    return account(_K.SETTLED, mediator_id, vintage_id)
