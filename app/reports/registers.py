"""The register of inactive values: balances from snapshots, and the journal line by line.

The instant of recording governs: a movement noted on 31 December at 23:59 in Martinique is of that
year, whenever it was done. Entries are read page by page from the accounts' own indexes, so memory
stays flat however many there are.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, union
from sqlalchemy.orm import Session

from app import ledger
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, end_of_day, first_instant, martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger import Account, AccountKind
from app.ledger.models import AccountRow, Movement, Posting, Snapshot, Voucher
from app.ledger.reading import Stretch, Window, cover, of_stretches
from app.partners.queries import organisation_names
from app.partners.service import known_organisation
from app.programmes import queries as programmes
from app.programmes.service import known_programme, known_vintage
from app.reports import queries
from app.reports.register_rules import HELD, Entry, Holding, Register
from app.vouchers.models import Booklet
from app.web import words

AT_ONCE = 1_000
"""Entries held in memory while a whole register is written."""
FEW_ACCOUNTS = 10
"""So many are each asked for their next movements."""
STRETCH = 1_000
"""Movements among which those of many accounts are looked for first."""


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
    opening = _moved(session, ledger.Window(within.start), accounts)
    closing = _moved(session, ledger.Window(within.end), accounts)
    keys = [key for key in closing if key[1] in vintages]
    names = organisation_names(session, {holder for holder, _ in keys})
    values = ledger.face_values(session)
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
                values[vintage_id],
                opening_count=had_come - had_gone,
                in_count=came - had_come,
                out_count=went - had_gone,
            )
        )
    told = [h for h in told if h.opening_count or h.in_count or h.out_count]
    return sorted(told, key=lambda h: (h.vintage, h.holder))


Key = tuple[UUID, int]
"""A holder and a vintage."""


def _moved(
    session: Session, window: ledger.Window, accounts: Mapping[int, Account]
) -> dict[Key, tuple[int, int]]:
    """What came to each holder of each vintage, and what went."""
    came: Counter[Key] = Counter()
    went: Counter[Key] = Counter()
    for moved in ledger.Reading(session, window).by_account:
        giver = _holder(accounts[moved.debit_account_id])
        taker = _holder(accounts[moved.credit_account_id])
        if giver == taker:
            continue
        if giver:
            went[giver] += moved.voucher_count
        if taker:
            came[taker] += moved.voucher_count
    return {key: (came[key], went[key]) for key in {*came, *went}}


def _holder(account: Account) -> Key | None:
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
    """Every movement of a register in its period, oldest first, with the balance after it.

    They come from one statement, whose answer is fetched as it is wanted.
    """
    journal = Journal.of(session, register)
    balance = register.holding.opening_count
    rows = session.execute(journal.lines(), execution_options={"yield_per": AT_ONCE})
    for part in rows.partitions():
        told = journal.told(session, part, balance)
        balance = told[-1].balance_count
        yield from told


def page_of_entries(session: Session, journal: "Journal", *, after: int, limit: int) -> list[Entry]:
    """The entries that follow a movement; the balance there is read from snapshots."""
    rows: list[Row[Any]] = []
    at = max(after, journal.low)
    while len(rows) < limit:
        ids = next_ids(session, sorted(journal.mine), Piece(at, journal.high, limit))
        if not ids:
            break
        at = ids[-1]
        rows += session.execute(journal.within_period().where(Movement.id.in_(ids)))
    return journal.told(session, rows[:limit], journal.balance_after(session, after))


@dataclass(frozen=True, slots=True)
class Journal:
    """Where the movements of a register are found: its accounts, its period, its bounds."""

    holding: Holding
    mine: frozenset[int]
    within: Span
    low: int
    high: int | None
    places: dict[int, str] = field(default_factory=dict)
    """What each account is called, once it was looked up."""

    @classmethod
    def of(cls, session: Session, register: Register) -> "Journal":
        """Looked up once, however many entries are read."""
        within = span(since=register.since, until=register.until, now=register.read_at)
        mine = _accounts_of(session, register.holding)
        return cls(register.holding, mine, within, *bounds_of(session, within))

    def within_period(self) -> Select[Any]:
        """Movements of everybody, in order."""
        return (
            select(*COLUMNS)
            .join(Posting, Posting.id == Movement.posting_id)
            .where(Posting.recorded_at >= self.within.start, Posting.recorded_at < self.within.end)
            .order_by(Movement.id)
        )

    def lines(self) -> Select[Any]:
        """The movements of this register, in order."""
        mine = sorted(self.mine)
        query = self.within_period().where(
            Movement.debit_account_id.in_(mine) | Movement.credit_account_id.in_(mine),
            Movement.id > self.low,
        )
        return query if self.high is None else query.where(Movement.id <= self.high)

    def balance_after(self, session: Session, movement_id: int) -> int:
        """What the holder had once that movement was done: the opening balance, and what moved."""
        if movement_id <= self.low:
            return self.holding.opening_count
        window = ledger.Window(self.within.end, since=self.within.start, upto=movement_id)
        moved = _moved(session, window, ledger.all_accounts(session))
        came, went = moved.get((self.holding.holder_id, self.holding.vintage_id), (0, 0))
        return self.holding.opening_count + came - went

    def told(self, session: Session, rows: Sequence[Row[Any]], balance: int) -> list[Entry]:
        """Rows of the journal in words, with the balance after each."""
        if not rows:
            return []
        self._name(session, {i for r in rows for i in (r.debit_account_id, r.credit_account_id)})
        leaves = leaves_of(session, {i for r in rows for i in (r.first_id, r.last_id)})
        booklets = _booklets(session, rows, leaves)
        papers = queries.papers(session, {(r.document_type, r.document_id) for r in rows})
        undone = kinds_of(session, {r.reverses_id for r in rows if r.reverses_id})
        vintage, told = self.holding.vintage, []
        for row in rows:
            debit, credit = row.debit_account_id, row.credit_account_id
            inside = debit in self.mine and credit in self.mine
            came = row.voucher_count if credit in self.mine and not inside else 0
            went = row.voucher_count if debit in self.mine and not inside else 0
            balance += came - went
            step = Step(row.kind, row.debit_kind, undone.get(row.reverses_id or 0))
            told.append(
                Entry(
                    number=row.id,
                    recorded_at=row.recorded_at,
                    operation=words.act_of(step).title,
                    origin=self.places[debit],
                    destination=self.places[credit],
                    first_serial=leaves[row.first_id].serial(vintage, row.first_id),
                    last_serial=leaves[row.last_id].serial(vintage, row.last_id),
                    booklet_count=booklets.get(row.id, 0),
                    voucher_count=row.voucher_count,
                    face_value_cents=self.holding.face_value_cents,
                    in_count=came,
                    out_count=went,
                    balance_count=balance,
                    document=papers.get(row.document_id, ""),
                )
            )
        return told

    def _name(self, session: Session, account_ids: set[int]) -> None:
        """Look up what accounts are called that were not looked up yet."""
        if account_ids <= self.places.keys():
            return
        known = ledger.accounts_by_id(session, account_ids - self.places.keys())
        accounts = list(known.values())
        names = organisation_names(
            session, {i for a in accounts for i in (a.party_id, a.counterparty_id)}
        )
        self.places.update((a.id, place_of(a, names)) for a in accounts)


def _accounts_of(session: Session, holding: Holding) -> frozenset[int]:
    """The accounts of which a holder answers, of one vintage."""
    return frozenset(
        session.scalars(
            select(AccountRow.id).where(
                AccountRow.kind.in_(sorted(HELD)),
                AccountRow.party_id == holding.holder_id,
                AccountRow.vintage_id == holding.vintage_id,
            )
        )
    )


def bounds_of(session: Session, within: Span) -> tuple[int, int | None]:
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
    # Asked of each movement of the tail: joined, SQLite would begin with all acts of the period.
    recorded_at = (
        select(Posting.recorded_at).where(Posting.id == Movement.posting_id).scalar_subquery()
    )
    in_tail = session.scalar(
        select(Movement.id).where(Movement.id > last, recorded_at < within.end).limit(1)
    )
    ended = session.scalar(sums.where(Snapshot.recorded_from < within.end)) or 0
    return low, None if in_tail is not None else ended


@dataclass(frozen=True, slots=True)
class Piece:
    """Which movements to read next: after one, until another one, so many, upwards or downwards."""

    after: int
    until: int | None
    limit: int
    down: bool = False

    def of(self, query: Any) -> Any:  # noqa: ANN401 - a select of ids
        """The ids of movements that a query gives, in this piece."""
        query = query.where(Movement.id > self.after)
        if self.until is not None:
            query = query.where(Movement.id <= self.until)
        order = Movement.id.desc() if self.down else Movement.id.asc()
        return query.order_by(order).limit(self.limit)


def next_ids(
    session: Session, accounts: Sequence[int], piece: Piece, *, length: int = STRETCH
) -> list[int]:
    """The next movements of these accounts, each found by the index of one of its sides.

    A holder with many partners has many accounts: they are looked at in stretches of the journal,
    each longer than the one before, until there are enough.
    """
    if len(accounts) <= FEW_ACCOUNTS:
        sides = [
            select(piece.of(select(Movement.id).where(side == account_id)).subquery().c.id)
            for account_id in accounts
            for side in (Movement.debit_account_id, Movement.credit_account_id)
        ]
        some = set(session.scalars(union(*sides))) if sides else set[int]()
        return sorted(some, reverse=piece.down)[: piece.limit]
    end = session.scalar(select(func.max(Movement.id))) or 0
    low, high = piece.after, end if piece.until is None else min(piece.until, end)
    found: list[int] = []
    while low < high and len(found) < piece.limit:
        cut = max(low, high - length) if piece.down else min(high, low + length)
        here = Stretch(cut, high) if piece.down else Stretch(low, cut)
        low, high = (low, cut) if piece.down else (cut, high)
        length *= 4
        ids = session.scalars(union(*_sides(accounts, [here], piece.limit, down=piece.down)))
        found += sorted(ids, reverse=piece.down)
    return found[: piece.limit]


def _sides(
    accounts: Collection[int], stretches: Sequence[Stretch], limit: int, *, down: bool = False
) -> list[Select[Any]]:
    """The next movements of either side of these accounts in stretches of the journal.

    A sum leads to them by the accounts: in the order of ids all movements would be read.
    """
    order = Movement.id + 0
    return [
        select(
            select(Movement.id)
            .where(side.in_(accounts), of_stretches(stretches))
            .order_by(order.desc() if down else order)
            .limit(limit)
            .subquery()
            .c.id
        )
        for side in (Movement.debit_account_id, Movement.credit_account_id)
    ]


COLUMNS: tuple[Any, ...] = (
    Movement.id,
    Movement.kind,
    Movement.reverses_id,
    Movement.first_id,
    Movement.last_id,
    Movement.voucher_count,
    Movement.debit_account_id,
    Movement.debit_kind,
    Movement.credit_account_id,
    Posting.document_type,
    Posting.document_id,
    Posting.recorded_at,
)


def kinds_of(session: Session, movement_ids: set[int]) -> dict[int, str]:
    """Of which kind some movements are."""
    if not movement_ids:
        return {}
    rows = session.execute(select(Movement.id, Movement.kind).where(Movement.id.in_(movement_ids)))
    return dict(rows.all())


def is_longer_than(session: Session, journal: Journal, most: int) -> bool:
    """Whether a register has more entries than so many in its period; no more are counted.

    Where snapshots say that all of a stretch was recorded in the period, the indexes of the
    accounts are counted, and no movement is read.
    """
    within = journal.within
    found = cover(session, Window(within.end, since=within.start))
    count = 0
    if found.whole:
        ids = union(*_sides(journal.mine, found.whole, most + 1)).subquery()
        count = session.scalar(select(func.count()).select_from(ids)) or 0
    if count <= most:
        rest = journal.lines().where(of_stretches(found.stretches)).order_by(None)
        some = rest.limit(most + 1 - count).subquery()
        count += session.scalar(select(func.count()).select_from(some)) or 0
    return count > most


@dataclass(frozen=True, slots=True)
class Step:
    """A movement as the words of its act look at it."""

    act: str
    from_kind: str
    undone_act: str | None


def place_of(account: Account, names: Mapping[UUID, str]) -> str:
    """A holder and its place: « CAP Nord, en stock »."""
    if account.kind is AccountKind.ISSUER:
        return names[account.party_id]
    if account.kind is AccountKind.TRANSIT:
        return f"{names[account.party_id]}, en route vers {names[account.counterparty_id]}"
    return f"{names[account.party_id]}, {words.STATES[account.kind].label.lower()}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where a pass is bound: its booklet, whose first pass has the booklet’s own id."""

    booklet_id: int
    number: int
    size: int

    def serial(self, vintage: str, voucher_id: int) -> str:
        """The printed serial number of one of its passes."""
        place = voucher_id - self.booklet_id + 1
        return str(SerialNumber(BookletNumber(vintage, self.number), place))


def leaves_of(session: Session, voucher_ids: set[int]) -> dict[int, Leaf]:
    """Booklets by the ids of passes."""
    rows = session.execute(
        select(Voucher.id, Booklet.id, Booklet.number, Booklet.size)
        .join(Booklet, Booklet.id == Voucher.booklet_id)
        .where(Voucher.id.in_(voucher_ids))
    )
    return {voucher_id: Leaf(*booklet) for voucher_id, *booklet in rows}


def _booklets(
    session: Session, rows: Sequence[Row[Any]], leaves: Mapping[int, Leaf]
) -> dict[int, int]:
    """How many whole booklets each movement moved; only what spans several has to be counted."""
    counts, several = {}, []
    for row in rows:
        booklet = leaves[row.first_id]
        if booklet == leaves[row.last_id]:
            counts[row.id] = int(row.voucher_count == booklet.size)
        else:
            several.append(row.id)
    if not several:
        return counts
    part = (
        select(Movement.id, Movement.first_id, Movement.last_id)
        .where(Movement.id.in_(several))
        .subquery()
    )
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
    return counts | {movement_id: int(count) for movement_id, count in counted}
