"""What people have in hand of what a prescriber gave them, those that end first first.

Whoever has much in hand is many, so no page reads all of them: days on which passes end are few,
and for each of them people are walked in the order of their ids, or found from the passes that are
left where those are few. On a call sheet, who has most to lose comes first: for that, the passes
that are left are counted by person, and no more of them is read. What people have is added up for
those alone that a page shows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import merge
from itertools import chain, islice
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, join

from app.kernel.serials import BOOKLET_SIZES
from app.ledger import AccountKind
from app.ledger.models import AccountRow, Voucher
from app.prescribers.models import Beneficiary, PrescriptionBooklet
from app.prescribers.queries import is_handed_over, last_hand_overs
from app.programmes.models import VintageTerms
from app.vouchers.models import ReplacedVoucher


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is looked at; for tests, which have few people."""

    few: int = 1000
    """Passes left from which people are found, rather than passes from people."""
    at_once: int = 50
    """People who are looked at at once; the first time, what a page takes."""
    most_at_once: int = 250
    """What a page takes is no more than that."""


SIZES = Sizes()
USED = (AccountKind.REDEEMED, AccountKind.CLAIMED, AccountKind.SETTLED)


@dataclass(frozen=True, slots=True)
class Holding:
    """What one person has in hand of what a prescriber gave them."""

    beneficiary_id: UUID
    public: str
    prescription_id: UUID
    """Their last hand-over."""
    voucher_count: int
    used_count: int
    left_count: int
    last_day: date
    """Of the passes that are left, those that end first; of all, when none is left."""

    @property
    def gone_count(self) -> int:
        """Passes that nobody can use any more, nor did: blocked or void, and not replaced."""
        return self.voucher_count - self.used_count - self.left_count


class Reached(NamedTuple):
    """Where a call sheet goes on: after the person with so much left of what ends that day."""

    last_day: date
    left_count: int
    beneficiary_id: UUID


@dataclass(frozen=True, slots=True)
class _Sums:
    beneficiary_id: UUID
    public: str
    voucher_count: int
    used_count: int
    left_count: int
    last_day: date

    @property
    def pressing(self) -> "_Pressing":
        """Where they stand on a call sheet."""
        return self.last_day, -self.left_count, self.beneficiary_id


_Pressing: TypeAlias = tuple[date, int, UUID]
"""The order of a call sheet: what ends first, then who has most of it to lose."""


def holdings_of_people(
    session: Session,
    prescriber_id: UUID,
    *,
    on: date,
    ending_by: date | None = None,
    unused: bool = False,
    done: bool = False,
    after: tuple[date, UUID] | None = None,
    limit: int,
    sizes: Sizes = SIZES,
) -> list[Holding]:
    """People of one prescriber who hold passes that still serve, those that end first first.

    `ending_by` keeps those of whom some end by that day, `unused` those who have used none. With
    `done`, people who have none left instead: used, blocked or void. A pass that was replaced is
    counted as the one that stands for it.
    """
    asked = _Asked(session, prescriber_id, on, sizes, unused=unused, done=done)
    days = (
        day
        for day in asked.days()
        if (after is None or day >= after[0]) and (ending_by is None or day <= ending_by)
    )
    found = chain.from_iterable(
        asked.whose_first_day_is(day, after[1] if after and day == after[0] else None, limit)
        for day in days
    )
    return _told(session, islice(found, limit))


def most_to_lose_first(
    session: Session,
    prescriber_id: UUID,
    *,
    on: date,
    ending_by: date | None = None,
    unused: bool = False,
    after: Reached | None = None,
    limit: int,
    sizes: Sizes = SIZES,
) -> list[Holding]:
    """People as `holdings_of_people` finds them; of one last day, who has most left comes first.

    Passes of a vintage all end on one day: without it, the order would be that of arrival.
    """
    asked = _Asked(session, prescriber_id, on, sizes, unused=unused, done=False)
    return _told(session, islice(asked.most_to_lose_first(ending_by, after, limit), limit))


def _told(session: Session, found: Iterable[_Sums]) -> list[Holding]:
    told = list(found)
    last = last_hand_overs(session, [one.beneficiary_id for one in told])
    return [
        Holding(
            one.beneficiary_id,
            one.public,
            last[one.beneficiary_id],
            one.voucher_count,
            one.used_count,
            one.left_count,
            one.last_day,
        )
        for one in told
    ]


class _Asked:
    """Whom one reader looks for."""

    def __init__(
        self,
        session: Session,
        prescriber_id: UUID,
        on: date,
        sizes: Sizes,
        *,
        unused: bool,
        done: bool,
    ) -> None:
        self.session, self.prescriber_id, self.on, self.sizes = session, prescriber_id, on, sizes
        self.unused, self.done = unused, done
        accounts = session.execute(
            select(AccountRow.id, AccountRow.kind, VintageTerms.valid_until)
            .join(VintageTerms, VintageTerms.vintage_id == AccountRow.vintage_id)
            .where(
                AccountRow.kind.in_([AccountKind.CIRCULATION, AccountKind.VOID]),
                AccountRow.party_id == prescriber_id,
            )
        ).all()
        self.left = {
            one: day for one, kind, day in accounts if kind == AccountKind.CIRCULATION and day >= on
        }
        self.replaced = self._of_passes(
            Voucher.account_id.in_([one for one, kind, _ in accounts if kind == AccountKind.VOID]),
            exists(select(1).where(ReplacedVoucher.old_voucher_id == Voucher.id)),
        )

    def days(self) -> list[date]:
        """The days on which passes end that people hold, the soonest first."""
        return sorted(set(self.left.values()))

    def whose_first_day_is(self, day: date, after: UUID | None, limit: int) -> Iterator[_Sums]:
        """Those of whom something ends on that day first, in the order of their ids."""
        at_once = min(limit, self.sizes.most_at_once)
        for people in self._candidates(day, after, limit):
            waiting = list(people)
            while waiting:
                some, waiting = waiting[:at_once], waiting[at_once:]
                for one in self._sums(some):
                    fits = (one.left_count == 0) == self.done and one.last_day == day
                    if fits and not (self.unused and one.used_count):
                        yield one
                at_once = self.sizes.at_once

    def most_to_lose_first(
        self, ending_by: date | None, after: Reached | None, limit: int
    ) -> Iterator[_Sums]:
        """Those who have something left, by the day on which it ends first, and how much it is."""
        beyond = (after.last_day, -after.left_count, after.beneficiary_id) if after else None
        stood_for = {one.pressing: one for one in self._sums(sorted(self.replaced))}
        order = merge(
            self._counted(ending_by, beyond),
            sorted(
                place
                for place, one in stood_for.items()
                if one.left_count
                and (beyond is None or place > beyond)
                and (ending_by is None or one.last_day <= ending_by)
            ),
        )
        at_once = min(limit, self.sizes.most_at_once)
        while some := list(islice(order, at_once)):
            sums = {one.beneficiary_id: one for one in self._sums([who for *_, who in some])}
            for *_, who in some:
                one = sums.get(who)
                if one is not None and not (self.unused and one.used_count):
                    yield one
            at_once = self.sizes.at_once

    def _counted(self, ending_by: date | None, beyond: _Pressing | None) -> Iterator[_Pressing]:
        """How much is left of the booklets of each person, of whom nothing was replaced.

        Passes end with their booklet. Hand-overs alone are asked until when: with one table more,
        PostgreSQL reads through those of everybody.
        """
        left = (
            select(Voucher.booklet_id, func.count().label("count"))
            .where(Voucher.account_id.in_(list(self.left)))
            .group_by(Voucher.booklet_id)
        ).subquery()
        day, count = func.min(PrescriptionBooklet.valid_until), func.sum(left.c.count)
        who = PrescriptionBooklet.beneficiary_id
        query = (
            select(day, -cast(count, Integer), who)
            .select_from(left)
            .join(PrescriptionBooklet, PrescriptionBooklet.booklet_id == left.c.booklet_id)
            .where(is_handed_over())
            .group_by(who)
            .order_by(day, count.desc(), who)
        )
        if ending_by is not None:
            query = query.having(day <= ending_by)
        if beyond is not None:
            last_day, fewer, person = beyond
            later = and_(count == -fewer, who > person)
            query = query.having(
                or_(day > last_day, and_(day == last_day, or_(count < -fewer, later)))
            )
        with self.session.execute(query) as rows:
            for last_day, fewer, person in rows:
                if person not in self.replaced:
                    yield last_day, fewer, person

    # ── Who may be shown ───────────────────────────────────────────────────────────────────────

    def _candidates(self, day: date, after: UUID | None, limit: int) -> Iterator[Sequence[UUID]]:
        """All who may be shown, and some more, a few at a time, in the order of their ids."""
        ending = [one for one, last in self.left.items() if last == day]
        if not self.done and (few := self._from_few(ending)) is not None:
            yield sorted(one for one in few | self.replaced if after is None or one > after)
            return
        # Some of those who are walked past are not shown.
        at_once = max(self.sizes.at_once, min(limit + limit // 10, self.sizes.most_at_once))
        while True:
            walked = self.session.scalars(self._walk(day, ending, after).limit(at_once)).all()
            whole, at_once = len(walked) < at_once, self.sizes.at_once
            yield sorted(
                {
                    *walked,
                    *(
                        one
                        for one in self.replaced
                        if (after is None or one > after) and (whole or one < walked[-1])
                    ),
                }
            )
            if whole:
                return
            after = walked[-1]

    def _from_few(self, account_ids: Sequence[int]) -> set[UUID] | None:
        """Who was given what is left in these accounts; None when that is much."""
        some = (
            select(Voucher.id, Voucher.booklet_id)
            .where(Voucher.account_id.in_(account_ids))
            .limit(self.sizes.few + 1)
        ).subquery()
        booklets = select(func.count(), some.c.booklet_id).group_by(some.c.booklet_id)
        counts = self.session.execute(booklets).all()
        if sum(count for count, _ in counts) > self.sizes.few:
            return None
        return set(
            self.session.scalars(
                select(PrescriptionBooklet.beneficiary_id).where(
                    PrescriptionBooklet.booklet_id.in_([booklet for _, booklet in counts])
                )
            )
        )

    def _of_passes(self, *which: ColumnElement[bool]) -> set[UUID]:
        """Who was handed those passes."""
        return set(
            self.session.scalars(
                select(PrescriptionBooklet.beneficiary_id)
                .join(Voucher, Voucher.booklet_id == PrescriptionBooklet.booklet_id)
                .where(*which)
            )
        )

    def _walk(self, day: date, ending: Sequence[int], after: UUID | None) -> Select[UUID]:
        """The next people who hold such passes, from the booklets that they were handed."""
        wanted = [_given(ending, PrescriptionBooklet.valid_until == day).is_not(None)]
        if self.done:
            given = _given(list(self.left), PrescriptionBooklet.valid_until >= self.on)
            wanted = [_handed(day).is_not(None), given.is_(None)]
        if self.unused:
            wanted.append(_used(self.on).is_(None))
        query = (
            select(Beneficiary.id)
            .where(Beneficiary.prescriber_id == self.prescriber_id, *wanted)
            .order_by(Beneficiary.id)
        )
        return query if after is None else query.where(Beneficiary.id > after)

    # ── What they have ─────────────────────────────────────────────────────────────────────────

    def _sums(self, people: Sequence[UUID]) -> list[_Sums]:
        """What these people have, those who have anything, in the order of their ids."""
        rows = self.session.execute(
            _passes(
                join(PrescriptionBooklet, Voucher, _each_pass()),
                PrescriptionBooklet.beneficiary_id,
                PrescriptionBooklet.public,
            ).where(PrescriptionBooklet.beneficiary_id.in_(people), is_handed_over())
        )
        found: defaultdict[tuple[UUID, str], Counter[tuple[str, date]]] = defaultdict(Counter)
        instead: dict[int, tuple[UUID, str]] = {}
        for beneficiary_id, public, kind, last_day, new, count in rows:
            if new:
                instead[new] = beneficiary_id, public
            elif last_day >= self.on:
                found[beneficiary_id, public][kind, last_day] += count
        while instead:
            owners, instead = instead, {}
            rows = self.session.execute(_passes(Voucher, Voucher.id).where(Voucher.id.in_(owners)))
            for voucher_id, kind, last_day, new, count in rows:
                if new:
                    instead[new] = owners[voucher_id]
                elif last_day >= self.on:
                    found[owners[voucher_id]][kind, last_day] += count
        return [_summed(*who, found[who]) for who in sorted(found)]


def _passes(of: Any, *apart: InstrumentedAttribute[Any]) -> Select[Any]:  # noqa: ANN401 - what select_from takes
    """Passes told apart by these, where they rest, until when they serve and what replaced them."""
    columns = (*apart, AccountRow.kind, VintageTerms.valid_until, ReplacedVoucher.new_voucher_id)
    return (
        select(*columns, func.count())
        .select_from(of)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .join(VintageTerms, VintageTerms.vintage_id == Voucher.vintage_id)
        .outerjoin(ReplacedVoucher, ReplacedVoucher.old_voucher_id == Voucher.id)
        .group_by(*columns)
    )


def _summed(beneficiary_id: UUID, public: str, counts: Counter[tuple[str, date]]) -> _Sums:
    left = {day: n for (kind, day), n in counts.items() if kind == AccountKind.CIRCULATION}
    return _Sums(
        beneficiary_id,
        public,
        counts.total(),
        sum(n for (kind, _), n in counts.items() if kind in USED),
        sum(left.values()),
        min(left or (day for _, day in counts)),
    )


def _in_booklet() -> ColumnElement[bool]:
    """Each id by itself: a stretch is taken for much of the table where the planner counts."""
    first = PrescriptionBooklet.booklet_id
    return and_(
        Voucher.id.in_([first + place for place in range(max(BOOKLET_SIZES))]),
        Voucher.booklet_id == first,
    )


def _each_pass() -> ColumnElement[bool]:
    """The same, of which nothing can be made but a look at each: many passes are never joined."""
    first = PrescriptionBooklet.booklet_id
    return and_(
        Voucher.id.in_([first + place for place in range(max(BOOKLET_SIZES))]),
        Voucher.id < first + PrescriptionBooklet.booklet_size,
    )


def _one(query: Select[int]) -> ColumnElement[int | None]:
    """Something where there is any such row: asked for each person, and never joined."""
    return query.limit(1).scalar_subquery()


def _given(account_ids: Sequence[int], ends: ColumnElement[bool]) -> ColumnElement[int | None]:
    """Something where a pass of a booklet that a person was handed rests in these accounts.

    When the passes of these accounts end, so do their booklets: others are not looked into.
    """
    return _one(
        select(literal(1))
        .select_from(PrescriptionBooklet)
        .join(Voucher, _in_booklet())
        .where(
            PrescriptionBooklet.beneficiary_id == Beneficiary.id,
            ends,
            # A sum leads to passes by their booklets, and not by all that rests there.
            (Voucher.account_id + 0).in_(account_ids),
            is_handed_over(),
        )
    )


def _used(on: date) -> ColumnElement[int | None]:
    """Something where a person used a pass of a booklet that still serves that day."""
    return _one(
        select(literal(1))
        .select_from(PrescriptionBooklet)
        .join(Voucher, _in_booklet())
        .join(AccountRow, AccountRow.id == Voucher.account_id + 0)
        .where(
            PrescriptionBooklet.beneficiary_id == Beneficiary.id,
            PrescriptionBooklet.valid_until >= on,
            AccountRow.kind.in_(USED),
            is_handed_over(),
        )
    )


def _handed(day: date) -> ColumnElement[int | None]:
    """Something where a person was handed a booklet that ends on that day."""
    return _one(
        select(literal(1)).where(
            PrescriptionBooklet.beneficiary_id == Beneficiary.id,
            PrescriptionBooklet.valid_until == day,
        )
    )
