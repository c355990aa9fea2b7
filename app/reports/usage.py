"""Usage told apart by one thing: each figure is a sum over movements, each rate names its whole."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, end_of_day, first_instant
from app.kernel.errors import InvalidInput
from app.kernel.money import Cents
from app.partners.queries import organisations_by_id
from app.programmes import queries as programmes
from app.programmes.service import known_programme
from app.reports.rules import WHERE_USED, By, UsageLine, UsageTable, summed
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
    was done from that day to that evening, whenever it was recorded: a period is about acts.

    Raises:
        RightMissing, and as perimeter().
        InvalidInput: the period ends before it begins.
    """
    actor.check(Right.SEE_REPORTS)
    within = perimeter(session, programme_id=programme_id, vintage_id=vintage_id, on=on, now=now)
    if since is not None:
        if not FIRST_DAY <= since <= on:
            raise InvalidInput(since="La période commence au plus tard le jour où elle finit.")
        period = ledger.Window(now, (first_instant(since), end_of_day(on)))
        within = replace(within, at=now, reading=ledger.Reading(session, period))
    lines = TOLD[by](session, within, by)
    return UsageTable(
        by=by,
        since=since,
        on=on,
        read_at=now,
        scope=scope_in_words(session, programme_id, vintage_id),
        lines=tuple(lines),
        total=summed(lines, issued=by not in WHERE_USED),
        specimen=programmes.is_demonstration(session),
    )


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


def _by_accounts(session: Session, within: Perimeter, by: By) -> list[UsageLine]:
    """Lines told apart by the accounts of movements: who handed out, who took, which vintage."""
    accounts = ledger.all_accounts(session)
    issues = flows_within(within, ISSUES, accounts)
    uses = flows_within(within, ledger.uses(), accounts)
    parties = organisations_by_id(
        session,
        {account.party_id for given, taken, _ in (*issues, *uses) for account in (given, taken)},
    )
    names = {
        terms.programme_id: known_programme(session, terms.programme_id).name
        for terms in within.vintages.values()
    }
    communes = {party: organisation.commune for party, organisation in parties.items()}
    keys: dict[By, Callable[[FlowBetween], tuple[str, str]]] = {
        By.PROGRAMME: lambda f: (names[within.vintages[f[0].vintage_id].programme_id], ""),
        By.VINTAGE: lambda f: (within.vintages[f[0].vintage_id].label, ""),
        By.PRESCRIBER: lambda f: (parties[f[0].party_id].name, communes[f[0].party_id]),
        By.PRESCRIBER_COMMUNE: lambda f: (communes[f[0].party_id], ""),
        By.MEDIATOR: lambda f: (parties[f[1].party_id].name, communes[f[1].party_id]),
        By.MEDIATOR_COMMUNE: lambda f: (communes[f[1].party_id], ""),
    }
    key = keys[by]
    issued = _summed(issues, key) if by not in WHERE_USED else Counter[tuple[str, str]]()
    used = _summed(uses, key)
    cents = _summed([(a, b, n * a.face_value_cents) for a, b, n in uses], key)
    everything = sum(used.values())
    lines = [
        UsageLine(
            name,
            redeemed_count=used[name, detail],
            redeemed_cents=Cents(cents[name, detail]),
            of_count=everything if by in WHERE_USED else issued[name, detail],
            issued_count=None if by in WHERE_USED else issued[name, detail],
            detail=detail or None,
        )
        for name, detail in {**issued, **used}
    ]
    if by is By.VINTAGE:
        return sorted(lines, key=lambda line: line.name)
    return sorted(
        lines, key=lambda line: (-(line.issued_count or 0), -line.redeemed_count, line.name)
    )


def _summed(flows: list[FlowBetween], key: Callable[[FlowBetween], KeyT]) -> Counter[KeyT]:
    total: Counter[KeyT] = Counter()
    for flow in flows:
        total[key(flow)] += flow[2]
    return total


def _by_public(session: Session, within: Perimeter, by: By) -> list[UsageLine]:  # noqa: ARG001 - as TOLD calls it
    moved = moved_of_publics(session, within.reading)
    issued = of_all_vintages(counted(within, moved, ISSUES, BY_PUBLIC))
    used, cents = _used_and_owed(session, counted(within, moved, ledger.uses(), BY_PUBLIC))
    return [
        UsageLine(
            name,
            redeemed_count=used[public],
            redeemed_cents=Cents(cents[public]),
            of_count=issued[public],
            issued_count=issued[public],
            apart=apart,
        )
        for public, name, apart in told_publics(issued | used)
    ]


def _used_and_owed(
    session: Session, counts: Counter[tuple[KeyT, int]]
) -> tuple[Counter[KeyT], Counter[KeyT]]:
    """Passes used and their face value: vintages differ in value, so each is counted apart."""
    faces = {vintage_id: ledger.face_value(session, vintage_id) for _, vintage_id in counts}
    cents = Counter({(key, v): count * faces[v] for (key, v), count in counts.items()})
    return of_all_vintages(counts), of_all_vintages(cents)


def _by_month(session: Session, within: Perimeter, by: By) -> list[UsageLine]:  # noqa: ARG001 - as TOLD calls it
    moved = within.reading.by_month
    issued = of_all_vintages(counted(within, moved, ISSUES, BY_MONTH))
    used, cents = _used_and_owed(session, counted(within, moved, ledger.uses(), BY_MONTH))
    return [
        UsageLine(
            month_long(month).capitalize(),
            redeemed_count=used[month],
            redeemed_cents=Cents(cents[month]),
            of_count=issued[month],
            issued_count=issued[month],
        )
        for month in sorted({*issued, *used})
    ]


TOLD: dict[By, Callable[[Session, Perimeter, By], list[UsageLine]]] = {
    **dict.fromkeys(By, _by_accounts),
    By.PUBLIC: _by_public,
    By.MONTH: _by_month,
}
