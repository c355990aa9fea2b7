"""Reading the ledger: accounts, vouchers under lock, balances at an instant, histories."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    TextClause,
    and_,
    func,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import Session

from app.database.connections import dialect_of
from app.database.rows import perform
from app.kernel.money import Cents
from app.ledger.chart import AccountKey, AccountKind, MovementKind
from app.ledger.models import AccountRow, Movement, Posting, Vintage, Voucher
from app.ledger.reading import Reading, Window
from app.ledger.rules import Net, VoucherRange

LARGEST_SPAN_BITS = 30
"""A movement has fewer than 2**31 vouchers: voucher_count is a 32-bit integer."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account that exists, with the face value of its vintage in cents."""

    id: int
    kind: AccountKind
    party_id: UUID
    counterparty_id: UUID
    vintage_id: int
    face_value_cents: int

    @property
    def key(self) -> AccountKey:
        """What names it in the chart."""
        return AccountKey(self.kind, self.party_id, self.counterparty_id, self.vintage_id)


@dataclass(frozen=True, slots=True)
class VoucherState:
    """A voucher and where it rests at this moment."""

    id: int
    serial: int
    booklet_id: int
    code_hash: bytes
    account: Account
    last_movement_id: int | None


@dataclass(frozen=True, slots=True)
class Balance:
    """What rests in an account."""

    voucher_count: int
    amount_cents: Cents


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One movement of a voucher, with the posting that it belongs to."""

    movement_id: int
    posting_id: UUID
    kind: MovementKind
    document_type: str
    document_id: UUID
    debit: Account
    credit: Account
    vouchers: VoucherRange
    reverses_id: int | None
    actor_id: int
    occurred_at: datetime
    recorded_at: datetime


_ACCOUNT = (
    AccountRow.id,
    AccountRow.kind,
    AccountRow.party_id,
    AccountRow.counterparty_id,
    AccountRow.vintage_id,
)


def _read_accounts(session: Session, *where: ColumnElement[bool]) -> list[Account]:
    rows = session.execute(
        select(*_ACCOUNT, Vintage.face_value_cents)
        .join(Vintage, Vintage.id == AccountRow.vintage_id)
        .where(*where)
    )
    return [
        Account(account_id, AccountKind(kind), party_id, counterparty_id, vintage_id, face)
        for account_id, kind, party_id, counterparty_id, vintage_id, face in rows
    ]


def accounts_by_key(session: Session, keys: Iterable[AccountKey]) -> dict[AccountKey, Account]:
    """Those accounts of the keys that exist."""
    named = [(str(k.kind), k.party_id, k.counterparty_id, k.vintage_id) for k in keys]
    found = _read_accounts(session, tuple_(*_ACCOUNT[1:]).in_(named))
    return {account.key: account for account in found}


def accounts_by_id(session: Session, ids: Iterable[int]) -> dict[int, Account]:
    """Accounts by their internal ids."""
    return {a.id: a for a in _read_accounts(session, AccountRow.id.in_(set(ids)))}


def all_accounts(session: Session) -> dict[int, Account]:
    """Every account: a few hundred, whatever the number of vouchers."""
    return {a.id: a for a in _read_accounts(session)}


# ── Vouchers under lock ───────────────────────────────────────────────────────────────────────────


def lock_vouchers_by_code(session: Session, code_hashes: Sequence[bytes]) -> list[VoucherState]:
    """The vouchers that bear these codes, held until the transaction ends, in the order of ids."""
    if dialect_of(session) == "postgresql":
        return _locked(session, _LOCK_BY_CODE, list(code_hashes))
    return voucher_states(session, Voucher.code_hash.in_(code_hashes))


def lock_vouchers(session: Session, vouchers: Sequence[VoucherRange]) -> list[VoucherState]:
    """The vouchers of these ranges, held until the transaction ends, in the order of ids."""
    if not vouchers:
        return []
    if dialect_of(session) == "postgresql":
        ids = sorted(i for r in vouchers for i in range(r.first, r.last + 1))
        return _locked(session, _LOCK_BY_ID, ids)
    return voucher_states(session, or_(*(Voucher.id.between(r.first, r.last) for r in vouchers)))


def _lock(function: str) -> TextClause:
    return text(
        "select v.id, v.serial, v.booklet_id, v.code_hash, v.last_movement_id, v.account_id,"  # noqa: S608 - one of two names written below
        " v.vintage_id, v.face_value_cents, a.kind, a.party_id, a.counterparty_id"
        f" from {function}(:keys) v left join account a on a.id = v.account_id order by v.id"
    )


_LOCK_BY_CODE, _LOCK_BY_ID = _lock("lock_vouchers_by_code"), _lock("lock_vouchers")


def _locked(session: Session, lock: TextClause, keys: list[Any]) -> list[VoucherState]:
    """PostgreSQL: the application may not say FOR UPDATE; a function of the owner says it."""
    rows = perform(session, lock, {"keys": keys}).all()
    # While this statement waited for a lock, the voucher may have moved into an account opened
    # after the statement began to see: look that account up again.
    unseen = (
        accounts_by_id(session, {r.account_id for r in rows if r.kind is None})
        if any(r.kind is None for r in rows)
        else {}
    )
    return [_state(row, unseen) for row in rows]


def _state(row: Any, unseen: dict[int, Account]) -> VoucherState:  # noqa: ANN401 - a row of either query
    account = unseen.get(row.account_id) or Account(
        row.account_id,
        AccountKind(row.kind),
        row.party_id,
        row.counterparty_id,
        row.vintage_id,
        row.face_value_cents,
    )
    return VoucherState(
        row.id, row.serial, row.booklet_id, bytes(row.code_hash), account, row.last_movement_id
    )


def voucher_states(session: Session, *where: ColumnElement[bool]) -> list[VoucherState]:
    """Vouchers and where they rest, in the order of ids, without holding them.

    They are sorted here: to find several ranges in order, SQLite would read all vouchers.
    """
    rows = session.execute(
        select(
            Voucher.id,
            Voucher.serial,
            Voucher.booklet_id,
            Voucher.code_hash,
            Voucher.last_movement_id,
            Voucher.account_id,
            Voucher.vintage_id,
            Voucher.face_value_cents,
            AccountRow.kind,
            AccountRow.party_id,
            AccountRow.counterparty_id,
        )
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .where(*where)
    )
    return sorted((_state(row, {}) for row in rows), key=attrgetter("id"))


def first_stray(session: Session, vouchers: VoucherRange, account: Account) -> VoucherState | None:
    """The first voucher of a range that does not rest in that account."""
    strays = session.scalar(
        select(func.min(Voucher.id)).where(
            Voucher.id.between(vouchers.first, vouchers.last), Voucher.account_id != account.id
        )
    )
    return voucher_states(session, Voucher.id == strays)[0] if strays is not None else None


# ── Balances ──────────────────────────────────────────────────────────────────────────────────────


def balances(session: Session, *, at: datetime | None = None) -> dict[Account, Balance]:
    """What rests in each account that has ever moved, now or just before the instant `at`.

    A sum over movements: what came in less what went out. The issuer's is minus what was
    received. Balances at an instant go by the instant of recording.
    """
    return balances_of(session, Reading(session, Window(at)))


def balances_of(session: Session, reading: Reading) -> dict[Account, Balance]:
    """The same, of movements that were read already."""
    counts: Counter[int] = Counter()
    for moved in reading.by_account:
        counts[moved.credit_account_id] += moved.voucher_count
        counts[moved.debit_account_id] -= moved.voucher_count
    known = all_accounts(session)
    return {
        known[account_id]: Balance(count, Cents(count * known[account_id].face_value_cents))
        for account_id, count in counts.items()
    }


def rests_of(reading: Reading) -> Counter[tuple[int, str]]:
    """How many vouchers of each vintage rest in the accounts of each kind."""
    counts: Counter[tuple[int, str]] = Counter()
    for vintage_id, debit_kind, credit_kind, count in reading.between_kinds:
        counts[vintage_id, credit_kind] += count
        counts[vintage_id, debit_kind] -= count
    return counts


@dataclass(frozen=True, slots=True)
class Flow:
    """How many vouchers went from one account to another, less those that came back."""

    debit_account_id: int
    credit_account_id: int
    voucher_count: int


def flows(
    session: Session,
    net: Net,
    *,
    at: datetime | None = None,
    acted: tuple[datetime, datetime] | None = None,
) -> list[Flow]:
    """What moved from account to account, until just before the instant `at`.

    `acted` keeps what was done from its first instant to just before its second one.
    """
    return flows_of(Reading(session, Window(at, acted)), net)


def flows_of(reading: Reading, net: Net) -> list[Flow]:
    """The same, of movements that were read already."""
    counts: Counter[tuple[int, int]] = Counter()
    for way, some in reading.by_way.items():
        sign = net.sign(*way)
        for moved in some if sign else ():
            debit, credit = moved.debit_account_id, moved.credit_account_id
            counts[(debit, credit) if sign > 0 else (credit, debit)] += sign * moved.voucher_count
    return [Flow(debit, credit, count) for (debit, credit), count in counts.items()]


# ── History ───────────────────────────────────────────────────────────────────────────────────────


def moved(voucher_id: int) -> ColumnElement[bool]:
    """The condition that a movement moved that voucher, in a form that an index answers.

    A range of n vouchers that holds the voucher begins less than n before it: asking for each
    power of two apart looks at a handful of index entries, however long the ledger is.
    """
    return and_(
        or_(
            *(
                and_(
                    Movement.span_bits == bits,
                    Movement.first_id.between(voucher_id - (2 << bits) + 2, voucher_id),
                )
                for bits in range(LARGEST_SPAN_BITS + 1)
            )
        ),
        Movement.last_id >= voucher_id,
    )


def history(session: Session, voucher_id: int) -> list[HistoryEntry]:
    """Everything that happened to a voucher, oldest first.

    Its movements are told by their ids: PostgreSQL expects a ninth of all, and would read all.
    """
    ids = session.scalars(select(Movement.id).where(moved(voucher_id))).all()
    rows = session.execute(
        select(Movement, Posting)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Movement.id.in_(ids))
        .order_by(Movement.id)
    ).all()
    known = accounts_by_id(
        session, {i for m, _ in rows for i in (m.debit_account_id, m.credit_account_id)}
    )
    return [
        HistoryEntry(
            movement_id=movement.id,
            posting_id=posting.id,
            kind=MovementKind(movement.kind),
            document_type=posting.document_type,
            document_id=posting.document_id,
            debit=known[movement.debit_account_id],
            credit=known[movement.credit_account_id],
            vouchers=VoucherRange(movement.first_id, movement.last_id),
            reverses_id=movement.reverses_id,
            actor_id=posting.actor_id,
            occurred_at=posting.occurred_at,
            recorded_at=posting.recorded_at,
        )
        for movement, posting in rows
    ]


def latest_redemption(session: Session, voucher_id: int) -> int | None:
    """The movement by which a voucher was redeemed last."""
    return session.scalar(
        select(func.max(Movement.id)).where(moved(voucher_id), Movement.kind == MovementKind.REDEEM)
    )


def movements_after(
    session: Session, movement_id: int, *, limit: int
) -> list[tuple[Movement, Posting]]:
    """The journal, in the order of ids, from after that movement."""
    rows = session.execute(
        select(Movement, Posting)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Movement.id > movement_id)
        .order_by(Movement.id)
        .limit(limit)
    )
    return [(movement, posting) for movement, posting in rows]


def next_voucher_id(session: Session) -> int:
    """The id that the next voucher to arrive will have."""
    return (session.execute(select(func.max(Voucher.id))).scalar() or 0) + 1


def ranges_in(session: Session, account_id: int) -> list[VoucherRange]:
    """What rests in an account, as the fewest ranges, in order."""
    step = Voucher.id - func.row_number().over(order_by=Voucher.id)
    run = select(Voucher.id, step.label("run")).where(Voucher.account_id == account_id).subquery()
    rows = session.execute(
        select(func.min(run.c.id), func.max(run.c.id))
        .group_by(run.c.run)
        .order_by(func.min(run.c.id))
    )
    return [VoucherRange(first, last) for first, last in rows]


def face_value(session: Session, vintage_id: int) -> Cents:
    """The face value of a vintage."""
    value = session.scalar(select(Vintage.face_value_cents).where(Vintage.id == vintage_id))
    return Cents(value or 0)


def face_values(session: Session) -> dict[int, Cents]:
    """The face value of each vintage."""
    rows = session.execute(select(Vintage.id, Vintage.face_value_cents))
    return {vintage_id: Cents(value) for vintage_id, value in rows}
