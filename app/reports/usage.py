"""Usage told apart by one thing: each figure is a sum over movements, each rate names its whole."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, end_of_day, first_instant
from app.kernel.communes import TERRITORY
from app.kernel.errors import InvalidInput
from app.kernel.money import Cents
from app.ledger import Account
from app.partners.queries import authority_name, organisations_by_id
from app.partners.rules import OrganisationKind
from app.programmes import queries as programmes
from app.programmes.service import known_programme
from app.reports.models import NO_PUBLIC
from app.reports.queries import TakenOver
from app.reports.rules import (
    BEFORE_PASSNUM,
    NO_COMMUNE,
    WHERE_USED,
    By,
    UsageLine,
    UsageTable,
    summed,
)
from app.reports.service import (
    BY_MONTH,
    BY_PUBLIC,
    FlowBetween,
    Perimeter,
    counted,
    flows_within,
    of_all_vintages,
    perimeter,
    told_publics,
)
from app.reports.snapshots import ISSUES, moved_of_publics
from app.web.format import month_long

KeyT = TypeVar("KeyT")


def usage_by(
    session: Session,
    *,
    actor: Actor,
    by: By,
    since: date | None = None,
    programme_id: UUID | None = None,
    vintage_id: int | None = None,
    on: date,
    now: datetime,
) -> UsageTable:
    """Passes handed out and used, told apart.

    Without `since`, what was recorded until the evening of `on`, like every balance. With it, what
    was done from that day to that evening, whenever it was recorded: a period is about acts. Its
    rates are parts of what could be used in it: in people's hands at its beginning, or handed out
    since. What was taken over was in their hands before every period.

    Raises:
        RightMissing, and as perimeter().
        InvalidInput: the period ends before it begins.
    """
    actor.check(Right.SEE_REPORTS)
    within = perimeter(session, programme_id=programme_id, vintage_id=vintage_id, on=on, now=now)
    return table_within(session, actor=actor, within=within, by=by, since=since, now=now)


def table_within(
    session: Session,
    *,
    actor: Actor,
    within: Perimeter,
    by: By,
    since: date | None,
    now: datetime,
) -> UsageTable:
    """The same, of a perimeter that others read too.

    Raises:
        RightMissing.
        InvalidInput: the period ends before it begins.
    """
    actor.check(Right.SEE_REPORTS)
    on = within.on
    if since is not None:
        if not FIRST_DAY <= since <= on:
            raise InvalidInput(since="La période commence au plus tard le jour où elle finit.")
        within = replace(within, at=now)
    lines = TOLD[by](session, _period(session, within, since), by)
    return UsageTable(
        by=by,
        since=since,
        on=on,
        read_at=now,
        scope=scope_in_words(session, within.programme_id, within.vintage_id),
        lines=tuple(lines),
        total=summed(lines, by),
        sponsor=authority_name(session),
        specimen=programmes.is_demonstration(session),
    )


def lines_within(session: Session, within: Perimeter, by: By) -> list[UsageLine]:
    """The lines of everything in a perimeter that others read too."""
    return TOLD[by](session, _period(session, within, None), by)


@dataclass(frozen=True, slots=True)
class Period:
    """What is told: acts of a period, and those before it; all acts when `since` is None."""

    since: date | None
    acts: Perimeter
    before: Perimeter | None
    taken: Sequence[TakenOver]


def _period(session: Session, within: Perimeter, since: date | None) -> Period:
    """The acts asked for, without what opening balances moved: that was there before."""
    taken = within.taken_over
    if since is None:
        return Period(None, within, None, taken)
    start, end = first_instant(since), end_of_day(within.on)
    windows = ((first_instant(FIRST_DAY), start), (start, end))
    before, acts = (
        replace(within, reading=ledger.Reading(session, ledger.Window(within.at, acted)))
        for acted in windows
    )
    return Period(since, acts, before, [one for one in taken if start <= one.occurred_at < end])


def _flows(period: Period, net: ledger.Net, accounts: Mapping[int, Account]) -> list[FlowBetween]:
    """What moved in the period; over a period, without opening balances."""
    flows = flows_within(period.acts, net, accounts)
    return flows if period.since is None else flows + _taken(period, net, accounts, -1)


def _flows_before(
    period: Period, net: ledger.Net, accounts: Mapping[int, Account]
) -> list[FlowBetween]:
    """What had moved before the period began, opening balances included."""
    if period.before is None:
        return []
    return flows_within(period.before, net, accounts) + _taken(period, net, accounts, 1)


def _taken(
    period: Period, net: ledger.Net, accounts: Mapping[int, Account], sign: int
) -> list[FlowBetween]:
    return [
        (
            accounts[one.moved.debit_account_id],
            accounts[one.moved.credit_account_id],
            sign * one.moved.voucher_count,
        )
        for one in period.taken
        if one.moved.vintage_id in period.acts.vintages
        and net.sign(one.moved.kind, one.moved.debit_kind, one.moved.credit_kind) > 0
    ]


def scope_in_words(session: Session, programme_id: UUID | None, vintage_id: int | None) -> str:
    """What is counted, for whoever finds the sheet on a table."""
    programme = known_programme(session, programme_id).name if programme_id else ""
    vintage = programmes.vintage(session, vintage_id) if vintage_id else None
    return ", ".join(
        (
            programme or "tous les dispositifs",
            f"millésime {vintage.label}" if vintage else "tous les millésimes",
        )
    )


def _by_accounts(session: Session, period: Period, by: By) -> list[UsageLine]:
    """Lines told apart by the accounts of movements: who handed out, who took, which vintage."""
    accounts = period.acts.accounts if period.since is None else ledger.all_accounts(session)
    issues, uses = (_flows(period, net, accounts) for net in (ISSUES, ledger.uses()))
    given, spent = (_flows_before(period, net, accounts) for net in (ISSUES, ledger.uses()))
    key = _keys(session, period, by, (*issues, *uses, *given, *spent))
    used = _summed(uses, key)
    cents = _summed([(a, b, n * a.face_value_cents) for a, b, n in uses], key)
    issued, opening = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    if by not in WHERE_USED:
        issued, opening = _summed(issues, key), _summed(given, key)
        opening.subtract(_summed(spent, key))
    everything = sum(used.values())
    lines = [
        UsageLine(
            name,
            redeemed_count=used[name, detail],
            redeemed_cents=Cents(cents[name, detail]),
            of_count=everything
            if by in WHERE_USED
            else opening[name, detail] + issued[name, detail],
            issued_count=None if by in WHERE_USED else issued[name, detail],
            detail=detail or None,
            opening_count=opening[name, detail],
        )
        for name, detail in {**issued, **used, **opening}
        if issued[name, detail] or used[name, detail] or opening[name, detail]
    ]
    if by is By.VINTAGE:
        return sorted(lines, key=lambda line: line.name)
    return sorted(
        lines, key=lambda line: (-(line.issued_count or 0), -line.redeemed_count, line.name)
    )


def _keys(
    session: Session, period: Period, by: By, flows: Iterable[FlowBetween]
) -> Callable[[FlowBetween], tuple[str, str]]:
    """What a movement is told apart by: a name, and the commune of an organisation."""
    parties = (
        period.acts.parties
        if period.since is None
        else organisations_by_id(
            session, {account.party_id for given, taken, _ in flows for account in (given, taken)}
        )
    )
    vintages = period.acts.vintages
    names = {
        programme_id: known_programme(session, programme_id).name
        for programme_id in {terms.programme_id for terms in vintages.values()}
        if by is By.PROGRAMME
    }

    def mediator(flow: FlowBetween) -> tuple[str, str]:
        party = parties[flow[1].party_id]
        # Passes used before passnum were settled in the sponsor's name (app.takeover.opening).
        if party.kind == OrganisationKind.SPONSOR:
            return BEFORE_PASSNUM, ""
        return party.name, party.commune

    return {
        By.PROGRAMME: lambda f: (names[vintages[f[0].vintage_id].programme_id], ""),
        By.VINTAGE: lambda f: (vintages[f[0].vintage_id].label, ""),
        By.PRESCRIBER: lambda f: (parties[f[0].party_id].name, parties[f[0].party_id].commune),
        By.PRESCRIBER_COMMUNE: lambda f: (_commune(parties[f[0].party_id].commune), ""),
        By.MEDIATOR: mediator,
        By.MEDIATOR_COMMUNE: lambda f: (
            _commune(mediator(f)[1]) if mediator(f)[1] else BEFORE_PASSNUM,
            "",
        ),
    }[by]


def _commune(name: str) -> str:
    """The row of a commune; what serves the whole territory has a row that says so."""
    return NO_COMMUNE if name in {"", TERRITORY} else name


def _summed(flows: Iterable[FlowBetween], key: Callable[[FlowBetween], KeyT]) -> Counter[KeyT]:
    total: Counter[KeyT] = Counter()
    for flow in flows:
        total[key(flow)] += flow[2]
    return total


def _by_public(session: Session, period: Period, by: By) -> list[UsageLine]:  # noqa: ARG001 - as TOLD calls it
    moved = period.acts.publics
    issued = counted(period.acts, moved, ISSUES, BY_PUBLIC)
    used = counted(period.acts, moved, ledger.uses(), BY_PUBLIC)
    opening: Counter[str] = Counter()
    if period.before is not None:
        was = moved_of_publics(session, period.before.reading)
        opening += of_all_vintages(counted(period.before, was, ISSUES, BY_PUBLIC))
        opening.subtract(of_all_vintages(counted(period.before, was, ledger.uses(), BY_PUBLIC)))
        for given, sign in ((issued, 1), (used, -1)):
            for one in _taken_moves(period, issued=sign > 0):
                given[NO_PUBLIC, one.moved.vintage_id] -= one.moved.voucher_count
                opening[NO_PUBLIC] += sign * one.moved.voucher_count
    issued_all = of_all_vintages(issued)
    used_all, cents = _used_and_owed(session, used)
    seen = Counter(dict.fromkeys({*issued_all, *used_all, *opening}, 1))
    return [
        UsageLine(
            name,
            redeemed_count=used_all[public],
            redeemed_cents=Cents(cents[public]),
            of_count=opening[public] + issued_all[public],
            issued_count=issued_all[public],
            apart=apart,
            opening_count=opening[public],
        )
        for public, name, apart in told_publics(seen)
    ]


def _taken_moves(period: Period, *, issued: bool) -> Iterator[TakenOver]:
    """The hand-overs (or the uses) that opening balances moved, within what is counted."""
    kind = ledger.MovementKind.ISSUE if issued else ledger.MovementKind.REDEEM
    for one in period.taken:
        if one.moved.kind == kind and one.moved.vintage_id in period.acts.vintages:
            yield one


def _used_and_owed(
    session: Session, counts: Counter[tuple[KeyT, int]]
) -> tuple[Counter[KeyT], Counter[KeyT]]:
    """Passes used and their face value: vintages differ in value, so each is counted apart."""
    faces = {vintage_id: ledger.face_value(session, vintage_id) for _, vintage_id in counts}
    cents = Counter({(key, v): count * faces[v] for (key, v), count in counts.items()})
    return of_all_vintages(counts), of_all_vintages(cents)


def _by_month(session: Session, period: Period, by: By) -> list[UsageLine]:  # noqa: ARG001 - as TOLD calls it
    """Month by month, each with what people had in hand when it began.

    What was taken over stands on a line of its own when everything is told: no month was its.
    """
    moved = period.acts.reading.by_month
    issued = counted(period.acts, moved, ISSUES, BY_MONTH)
    used = counted(period.acts, moved, ledger.uses(), BY_MONTH)
    taken_given, taken_used = Counter[int](), Counter[int]()
    for counts, taken, is_issue in ((issued, taken_given, True), (used, taken_used, False)):
        for one in _taken_moves(period, issued=is_issue):
            counts[one.acted_in, one.moved.vintage_id] -= one.moved.voucher_count
            taken[one.moved.vintage_id] += one.moved.voucher_count
    lines, in_hand = [], 0
    if period.before is not None:
        accounts = ledger.all_accounts(session)
        in_hand = sum(n for *_, n in _flows_before(period, ISSUES, accounts))
        in_hand -= sum(n for *_, n in _flows_before(period, ledger.uses(), accounts))
    elif taken_given:
        given, spent = taken_given.total(), taken_used.total()
        cents = sum(n * ledger.face_value(session, v) for v, n in taken_used.items())
        lines.append(UsageLine(BEFORE_PASSNUM, spent, Cents(cents), given, given))
        in_hand = given - spent
    issued_all = of_all_vintages(issued)
    used_all, cents_of = _used_and_owed(session, used)
    for month in sorted(month for month in {*issued_all, *used_all}
                        if issued_all[month] or used_all[month]):  # fmt: skip
        lines.append(
            UsageLine(
                month_long(month).capitalize(),
                redeemed_count=used_all[month],
                redeemed_cents=Cents(cents_of[month]),
                of_count=in_hand + issued_all[month],
                issued_count=issued_all[month],
                opening_count=in_hand,
            )
        )
        in_hand += issued_all[month] - used_all[month]
    return lines


TOLD: dict[By, Callable[[Session, Period, By], list[UsageLine]]] = {
    **dict.fromkeys(By, _by_accounts),
    By.PUBLIC: _by_public,
    By.MONTH: _by_month,
}
