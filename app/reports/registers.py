"""The register of inactive values: balances from snapshots, and the journal line by line.

The instant of recording governs: a movement noted on 31 December at 23:59 in Martinique is of that
year, whenever it was done. Entries are read page by page from the accounts' own indexes, so memory
stays flat however many there are.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, union
from sqlalchemy.orm import Session, aliased

from app import ledger
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, end_of_day, first_instant, martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger import Account, AccountKind
from app.ledger.models import Movement, Posting, Snapshot, Voucher
from app.partners.queries import organisation_names
from app.partners.service import known_organisation
from app.programmes import queries as programmes
from app.programmes.service import known_programme, known_vintage
from app.reports import queries
from app.reports.register_rules import HELD, Entry, Holding, Register
from app.vouchers.models import Booklet
from app.web import words

PAGE = 250
"""Entries read at a time: few enough that PostgreSQL looks each up rather than read all."""
ACCOUNTS_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Span:
    """From the first instant of a day to just before the end of another one, or until now."""

    since: date
    until: date
    start: datetime
    end: datetime


def span(*, since: date, until: date, now: datetime) -> Span:
    """A period in days of Martinique, by the instant of recording.

    Raises:
        InvalidInput: it ends before it begins, or is to come.
    """
    if not FIRST_DAY <= until <= martinique_day(now):
        raise InvalidInput(until="Écrivez un jour entre 2000 et aujourd’hui.")
    if not FIRST_DAY <= since <= until:
        raise InvalidInput(since="La période commence au plus tard le jour où elle finit.")
    return Span(since, until, first_instant(since), min(end_of_day(until), now))


def holdings(
    session: Session,
    *,
    actor: Actor,
    since: date,
    until: date,
    now: datetime,
    programme_id: UUID | None = None,
) -> list[Holding]:
    """Every holder and vintage that had passes in a period: what it had, received and gave.

    Raises:
        RightMissing, UnknownProgramme, InvalidInput: as span().
    """
    actor.check(Right.SEE_LEDGER)
    if programme_id is not None:
        known_programme(session, programme_id)
    within = span(since=since, until=until, now=now)
    vintages = {
        vintage_id: terms
        for vintage_id, terms in programmes.all_vintages(session).items()
        if programme_id in {None, terms.programme_id}
    }
    accounts = ledger.all_accounts(session)
    opening = _moved(session, within.start, accounts)
    closing = _moved(session, within.end, accounts)
    keys = [key for key in closing if key[1] in vintages]
    names = organisation_names(session, {holder for holder, _ in keys})
    told = []
    for holder, vintage_id in keys:
        came, went = closing[holder, vintage_id]
        had_come, had_gone = opening.get((holder, vintage_id), (0, 0))
        told.append(
            Holding(
                holder,
                names[holder],
                vintage_id,
                vintages[vintage_id].label,
                ledger.face_value(session, vintage_id),
                opening_count=had_come - had_gone,
                in_count=came - had_come,
                out_count=went - had_gone,
            )
        )
    told = [h for h in told if h.opening_count or h.in_count or h.out_count]
    return sorted(told, key=lambda h: (h.vintage, h.holder))


def _moved(
    session: Session, at: datetime, accounts: Mapping[int, Account]
) -> dict[tuple[UUID, int], tuple[int, int]]:
    """What came to each holder of each vintage until then, and what went."""
    came: Counter[tuple[UUID, int]] = Counter()
    went: Counter[tuple[UUID, int]] = Counter()
    for moved in ledger.Reading(session, ledger.Window(at)).by_account:
        giver = _holder(accounts[moved.debit_account_id])
        taker = _holder(accounts[moved.credit_account_id])
        if giver == taker:
            continue
        if giver:
            went[giver] += moved.voucher_count
        if taker:
            came[taker] += moved.voucher_count
    return {key: (came[key], went[key]) for key in {*came, *went}}


def _holder(account: Account) -> tuple[UUID, int] | None:
    return (account.party_id, account.vintage_id) if account.kind in HELD else None


def register_of(
    session: Session,
    *,
    actor: Actor,
    holder_id: UUID,
    vintage_id: int,
    since: date,
    until: date,
    now: datetime,
) -> Register:
    """The head of a register, with its opening and its closing balance.

    Raises:
        RightMissing, UnknownOrganisation, UnknownVintage, InvalidInput: as span().
    """
    holder = known_organisation(session, holder_id)
    terms = known_vintage(session, vintage_id)
    programme = known_programme(session, terms.programme_id)
    held = holdings(session, actor=actor, since=since, until=until, now=now)
    face = ledger.face_value(session, vintage_id)
    nothing = Holding(holder_id, holder.name, vintage_id, terms.label, face, 0, 0, 0)
    found = [h for h in held if (h.holder_id, h.vintage_id) == (holder_id, vintage_id)]
    return Register(
        holding=found[0] if found else nothing,
        since=since,
        until=until,
        read_at=now,
        sponsor=organisation_names(session, [programme.sponsor_id])[programme.sponsor_id],
        specimen=programmes.is_demonstration(session),
    )


# ── Line by line ──────────────────────────────────────────────────────────────────────────────────


def entries(session: Session, register: Register) -> Iterator[Entry]:
    """Every movement of a register in its period, oldest first, with the balance after it."""
    journal = _Journal.of(session, register)
    balance, after = register.holding.opening_count, 0
    while page := journal.page(session, after=after, limit=PAGE, balance=balance):
        yield from page
        after, balance = page[-1].number, page[-1].balance_count


def page_of_entries(session: Session, register: Register, *, after: int, limit: int) -> list[Entry]:
    """The entries that follow a movement; the balance there is summed."""
    journal = _Journal.of(session, register)
    balance = register.holding.opening_count + _net(session, journal.mine, journal.within, after)
    return journal.page(session, after=after, limit=limit, balance=balance)


@dataclass(frozen=True, slots=True)
class _Journal:
    """Where the movements of a register are found: its accounts, its period, its bounds."""

    holding: Holding
    mine: frozenset[int]
    within: Span
    low: int
    high: int | None

    @classmethod
    def of(cls, session: Session, register: Register) -> "_Journal":
        """Looked up once, however many pages are read."""
        holding = register.holding
        within = span(since=register.since, until=register.until, now=register.read_at)
        key = (holding.holder_id, holding.vintage_id)
        accounts = ledger.all_accounts(session).values()
        mine = frozenset(account.id for account in accounts if _holder(account) == key)
        return cls(holding, mine, within, *_bounds(session, within))

    def page(self, session: Session, *, after: int, limit: int, balance: int) -> list[Entry]:
        """The next entries, with the balance after each."""
        rows: list[Row[Any]] = []
        at = max(after, self.low)
        while len(rows) < limit:
            ids = _next_ids(session, sorted(self.mine), after=at, until=self.high, limit=limit)
            if not ids:
                break
            at = ids[-1]
            rows += _lines(session, ids, self.within)
        return _told(session, rows[:limit], self.mine, balance, self.holding)


def _bounds(session: Session, within: Span) -> tuple[int, int | None]:
    """After which movement, and until which one, those of a period can be.

    Snapshots say between which instants their movements were recorded; without any, nothing is
    known, and everything is looked at.
    """
    newest = select(func.max(Snapshot.generation)).scalar_subquery()
    sums = select(func.max(Snapshot.last_movement_id)).where(
        Snapshot.generation == newest, Snapshot.level == 0
    )
    last = session.scalar(sums) or 0
    begun = session.scalar(
        select(func.min(Snapshot.after_movement_id)).where(
            Snapshot.generation == newest,
            Snapshot.level == 0,
            Snapshot.recorded_until >= within.start,
        )
    )
    low = last if begun is None else begun
    in_tail = session.scalar(
        select(Movement.id)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Movement.id > last, Posting.recorded_at < within.end)
        .limit(1)
    )
    ended = session.scalar(sums.where(Snapshot.recorded_from < within.end)) or 0
    return low, None if in_tail is not None else ended


def _next_ids(
    session: Session, accounts: Sequence[int], *, after: int, until: int | None, limit: int
) -> list[int]:
    """The next movements of these accounts, each found by the index of one of its sides."""
    found: set[int] = set()
    for start in range(0, len(accounts), ACCOUNTS_AT_ONCE):
        sides = []
        for account_id in accounts[start : start + ACCOUNTS_AT_ONCE]:
            for side in (Movement.debit_account_id, Movement.credit_account_id):
                part = select(Movement.id).where(side == account_id, Movement.id > after)
                if until is not None:
                    part = part.where(Movement.id <= until)
                sides.append(select(part.order_by(Movement.id).limit(limit).subquery().c.id))
        found.update(session.scalars(union(*sides)))
    return sorted(found)[:limit]


_REVERSED = aliased(Movement)
_COLUMNS: tuple[Any, ...] = (
    Movement.id,
    Movement.kind,
    _REVERSED.kind.label("undone_kind"),
    Movement.first_id,
    Movement.last_id,
    Movement.voucher_count,
    Movement.debit_account_id,
    Movement.credit_account_id,
    Posting.document_type,
    Posting.document_id,
    Posting.recorded_at,
)


def _lines(session: Session, ids: Sequence[int], within: Span) -> Sequence[Row[Any]]:
    query: Select[Any] = (
        select(*_COLUMNS)
        .join(Posting, Posting.id == Movement.posting_id)
        .outerjoin(_REVERSED, _REVERSED.id == Movement.reverses_id)
        .where(Movement.id.in_(ids))
        .where(Posting.recorded_at >= within.start, Posting.recorded_at < within.end)
        .order_by(Movement.id)
    )
    return session.execute(query).all()


def _net(session: Session, mine: Collection[int], within: Span, after: int) -> int:
    """What came less what went in a period, up to a movement."""
    total = 0
    for side, other, sign in (
        (Movement.credit_account_id, Movement.debit_account_id, 1),
        (Movement.debit_account_id, Movement.credit_account_id, -1),
    ):
        query = (
            select(func.coalesce(func.sum(Movement.voucher_count), 0))
            .join(Posting, Posting.id == Movement.posting_id)
            .where(side.in_(mine), other.not_in(mine), Movement.id <= after)
            .where(Posting.recorded_at >= within.start, Posting.recorded_at < within.end)
        )
        total += sign * int(session.scalar(query) or 0)
    return total


def entry_count(session: Session, register: Register) -> int:
    """How many entries a register has in its period, for whoever wonders whether to print it."""
    within = span(since=register.since, until=register.until, now=register.read_at)
    key = (register.holding.holder_id, register.holding.vintage_id)
    mine = [a.id for a in ledger.all_accounts(session).values() if _holder(a) == key]
    query = (
        select(func.count())
        .select_from(Movement)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(Movement.debit_account_id.in_(mine) | Movement.credit_account_id.in_(mine))
        .where(Posting.recorded_at >= within.start, Posting.recorded_at < within.end)
    )
    return session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class _Step:
    """A movement as the words of its act look at it."""

    act: str
    from_kind: str
    undone_act: str | None


def _told(
    session: Session,
    rows: Sequence[Row[Any]],
    mine: Collection[int],
    balance: int,
    holding: Holding,
) -> list[Entry]:
    """Rows of the journal in words, with the balance after each."""
    if not rows:
        return []
    accounts = ledger.accounts_by_id(
        session, {i for r in rows for i in (r.debit_account_id, r.credit_account_id)}
    )
    names = organisation_names(
        session, {i for a in accounts.values() for i in (a.party_id, a.counterparty_id)}
    )
    serials = _serials(session, holding, {i for r in rows for i in (r.first_id, r.last_id)})
    booklets = _booklets(session, rows)
    papers = queries.papers(session, {(r.document_type, r.document_id) for r in rows})
    told = []
    for row in rows:
        debit, credit = accounts[row.debit_account_id], accounts[row.credit_account_id]
        inside = debit.id in mine and credit.id in mine
        came = row.voucher_count if credit.id in mine and not inside else 0
        went = row.voucher_count if debit.id in mine and not inside else 0
        balance += came - went
        told.append(
            Entry(
                number=row.id,
                recorded_at=row.recorded_at,
                operation=words.act_of(_Step(row.kind, debit.kind, row.undone_kind)).title,
                origin=_where(debit, names),
                destination=_where(credit, names),
                first_serial=serials[row.first_id],
                last_serial=serials[row.last_id],
                booklet_count=booklets.get(row.id, 0),
                voucher_count=row.voucher_count,
                face_value_cents=holding.face_value_cents,
                in_count=came,
                out_count=went,
                balance_count=balance,
                document=papers.get(row.document_id, ""),
            )
        )
    return told


def _where(account: Account, names: Mapping[UUID, str]) -> str:
    """A holder and its place: « CAP Nord, en stock »."""
    if account.kind is AccountKind.ISSUER:
        return names[account.party_id]
    if account.kind is AccountKind.TRANSIT:
        return f"{names[account.party_id]}, en route vers {names[account.counterparty_id]}"
    return f"{names[account.party_id]}, {words.STATES[account.kind].label.lower()}"


def _serials(session: Session, holding: Holding, ids: set[int]) -> dict[int, str]:
    """Printed serial numbers by the ids of passes."""
    rows = session.execute(
        select(Voucher.id, Booklet.id, Booklet.number)
        .join(Booklet, Booklet.id == Voucher.booklet_id)
        .where(Voucher.id.in_(ids))
    )
    return {
        voucher_id: str(
            SerialNumber(BookletNumber(holding.vintage, number), voucher_id - booklet_id + 1)
        )
        for voucher_id, booklet_id, number in rows
    }


def _booklets(session: Session, rows: Sequence[Row[Any]]) -> dict[int, int]:
    """How many whole booklets each movement moved."""
    moved = select(Movement.id, Movement.first_id, Movement.last_id).where(
        Movement.id.in_([r.id for r in rows if r.voucher_count > 1])
    )
    part = moved.subquery()
    counted = session.execute(
        select(part.c.id, func.count(Booklet.id))
        .select_from(part)
        .join(
            Booklet,
            (Booklet.id >= part.c.first_id) & (Booklet.id + Booklet.size - 1 <= part.c.last_id),
        )
        .where(Booklet.id <= part.c.last_id)
        .group_by(part.c.id)
    )
    return {movement_id: int(count) for movement_id, count in counted}
