"""The closing calendar: what a vintage does by itself as its end comes, step after step.

Each step is a transaction of its own, recorded with what it found, and done once: run twice, at
the same moment or after a long stop, the calendar comes to the same end in the same order. It
acts in the name of whoever set the delays.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app import ledger
from app.closing import queries
from app.closing.models import ClosingCount, ClosingStep, JointStatement
from app.closing.rules import (
    EXPIRING,
    PLACE,
    USED,
    Delays,
    Planned,
    Step,
    next_step,
    planned,
)
from app.database.connections import Database
from app.database.locks import hold
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from app.ledger import AccountKind, MovementKind, VoucherRange, chart
from app.losses.blocks import runs
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.models import ProgrammeSettings, VintageTerms
from app.programmes.rules import Payer
from app.programmes.service import known_programme, known_vintage

DOCUMENT = "closing"
AT_ONCE = 10_000
"""Passes that are locked and read at a time."""


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was done just now."""

    label: str
    step: Step
    due: Planned
    voucher_count: int


def settings_for(session: Session, terms: VintageTerms, *, now: datetime) -> ProgrammeSettings:
    """The settings by which a vintage ends: those of the day, or the first ones before that."""
    versions = programmes.settings_versions(session, terms.programme_id)
    today = martinique_day(now)
    begun = [settings for settings in versions if settings.applies_from <= today]
    return begun[-1] if begun else versions[0]


def schedule(session: Session, terms: VintageTerms, *, now: datetime) -> tuple[Planned, ...]:
    """The days of a vintage's end, by the settings of today."""
    settings = settings_for(session, terms, now=now)
    return planned(
        terms.valid_until,
        terms.last_redemption_on,
        Delays(
            settings.alert_days_before_end,
            settings.withhold_days_before_end,
            settings.late_days_before_end,
            settings.offline_upload_days,
            settings.statement_days_after_end,
        ),
    )


def due_vintages(session: Session, *, now: datetime) -> list[int]:
    """Vintages of which a step is due, or of which a pass has come back after the expiry."""
    done = queries.steps_by_vintage(session)
    found = []
    for vintage_id, terms in sorted(programmes.all_vintages(session).items()):
        steps = [Step(step.step) for step in done.get(vintage_id, [])]
        following = next_step(steps)
        if following is not None:
            due = schedule(session, terms, now=now)[PLACE[following] - 1]
            if due.due_at <= now:
                found.append(vintage_id)
                continue
        if Step.EXPIRE in steps and queries.left_to_expire(session, vintage_id):
            found.append(vintage_id)
    return found


def run_due(database: Database, *, now: datetime) -> list[Done]:
    """Do every step that is due, of every vintage, in order."""
    with database.transaction(writing=False) as session:
        waiting = due_vintages(session, now=now)
    return [done for vintage_id in waiting for done in run_vintage(database, vintage_id, now=now)]


def run_vintage(database: Database, vintage_id: int, *, now: datetime) -> list[Done]:
    """Do every step of a vintage that is due."""
    found: list[Done] = []
    while True:
        with database.transaction() as session:
            done = do_next(session, vintage_id, now=now)
        if done is None:
            return found
        found.append(done)


def do_next(session: Session, vintage_id: int, *, now: datetime) -> Done | None:
    """Do the next step of a vintage if it is due; None when nothing is.

    Whoever runs the calendar at the same moment waits here, then finds the step done.
    """
    hold(session, DOCUMENT, vintage_id)
    terms = known_vintage(session, vintage_id)
    settings = settings_for(session, terms, now=now)
    steps = [Step(step.step) for step in queries.steps_of(session, vintage_id)]
    if Step.EXPIRE in steps:
        # A redemption undone meanwhile gave its pass back: it is too late for it.
        expire(session, terms, actor_id=settings.made_by, now=now)
    following = next_step(steps)
    if following is None:
        return None
    due = schedule(session, terms, now=now)[PLACE[following] - 1]
    if due.due_at > now:
        return None
    count = _ACTS[following](session, terms, settings, now)
    place = PLACE[following]
    session.add(
        ClosingStep(
            vintage_id=vintage_id,
            step=following,
            place=place,
            follows_place=place - 1 if place > 1 else None,
            due_on=due.due_on,
            settings_id=settings.id,
            voucher_count=count,
            done_for=settings.made_by,
            done_on=martinique_day(now),
            done_at=now,
        )
    )
    session.flush()
    if following in {Step.ALERT, Step.WITHHOLD}:
        _keep_counts(session, vintage_id, following)
    if following is Step.STATEMENT:
        _close_accounts(session, terms, now=now)
    return Done(terms.label, following, due, count)


# ── What each step does ───────────────────────────────────────────────────────────────────────────


def _count(kinds: Iterable[AccountKind]) -> "Act":
    """A step that looks, and moves nothing."""
    looked_at = frozenset(kinds)

    def act(
        session: Session, terms: VintageTerms, _settings: ProgrammeSettings, _now: datetime
    ) -> int:
        found = queries.rest(session, terms.vintage_id)
        return sum(count for kind, count in found.items() if kind in looked_at)

    return act


def _expire(
    session: Session, terms: VintageTerms, settings: ProgrammeSettings, now: datetime
) -> int:
    return expire(session, terms, actor_id=settings.made_by, now=now)


def expire(session: Session, terms: VintageTerms, *, actor_id: int, now: datetime) -> int:
    """Let what was never used expire, wherever it rests; returns how many passes did.

    Passes are locked in the order of ids: one that is being redeemed is redeemed, and is passed
    over; whoever comes after finds it expired.
    """
    lines = move_all(
        session, terms.vintage_id, EXPIRING, kind=MovementKind.EXPIRE, to=AccountKind.EXPIRED
    )
    if lines:
        ledger.post(
            session,
            ledger.Act(
                posting_id=(posting_id := new_id()),
                kind=MovementKind.EXPIRE,
                document_type=DOCUMENT,
                document_id=posting_id,
                actor_id=actor_id,
                occurred_at=now,
            ),
            lines,
        )
    return sum(line.vouchers.count for line in lines)


def move_all(
    session: Session,
    vintage_id: int,
    kinds: frozenset[AccountKind],
    *,
    kind: MovementKind,
    to: AccountKind,
    but: frozenset[int] = frozenset(),
) -> list[ledger.Line]:
    """Lines that take what rests in these kinds of account to another, of the same holder."""
    lines: list[ledger.Line] = []
    after = 0
    while ids := queries.ids_in(session, vintage_id, kinds, after=after, limit=AT_ONCE):
        after = ids[-1]
        states = ledger.lock_vouchers(session, list(ledger.contiguous(ids)))
        here = [s for s in states if s.account.kind in kinds and s.id not in but]
        for account, whole in runs(here):
            before = lines[-1] if lines else None
            if before and (before.debit, before.vouchers.last + 1) == (account, whole.first):
                # What comes back in one piece left in one: no booklet is cut between two lots.
                joined = VoucherRange(before.vouchers.first, whole.last)
                lines[-1] = ledger.Line(kind, joined, account, before.credit)
                continue
            place = chart.account(to, account.party_id, vintage_id)
            lines.append(ledger.Line(kind, whole, account, ledger.account(session, place)))
    return lines


Act = Callable[[Session, VintageTerms, ProgrammeSettings, datetime], int]
_ACTS: dict[Step, Act] = {
    Step.ALERT: _count(EXPIRING),
    Step.WITHHOLD: _count(queries.IN_HAND),
    Step.LATE: _count(queries.IN_HAND),
    Step.REFUSE: _count({AccountKind.CIRCULATION}),
    Step.EXPIRE: _expire,
    Step.STATEMENT: _count({AccountKind.EXPIRED, AccountKind.VOID}),
}


def _keep_counts(session: Session, vintage_id: int, step: Step) -> None:
    session.add_all(
        ClosingCount(
            vintage_id=vintage_id,
            step=step,
            holder_id=holder_id,
            kept_booklets=found.kept_booklets,
            kept_passes=found.kept_passes,
            untouched_booklets=found.untouched_booklets,
            begun_booklets=found.begun_booklets,
            finished_booklets=found.finished_booklets,
            unused_passes=found.unused_passes,
        )
        for holder_id, found in queries.found_by_holder(session, vintage_id).items()
    )
    session.flush()


def _close_accounts(session: Session, terms: VintageTerms, *, now: datetime) -> None:
    """What was received is used, expired or void: nothing else is left of a vintage."""
    rests = queries.rest(session, terms.vintage_id)
    free = queries.replaced_free(session, terms.vintage_id)
    used = sum(rests.get(kind, 0) for kind in USED)
    expired, void = rests.get(AccountKind.EXPIRED, 0), rests.get(AccountKind.VOID, 0)
    payer = known_programme(session, terms.programme_id).payer
    # Where the authority pays, every pass was committed and none was paid for: all is released.
    unpaid = len(queries.unpaid(session, terms.vintage_id)) if payer == Payer.ISSUER else 0
    today = martinique_day(now)
    session.add(
        JointStatement(
            vintage_id=terms.vintage_id,
            step=Step.STATEMENT,
            number=numbering.next_document_number(session, numbering.JOINT_STATEMENT, today.year),
            payer=payer,
            face_value_cents=ledger.face_value(session, terms.vintage_id),
            received_count=sum(n for kind, n in rests.items() if kind is not AccountKind.ISSUER),
            used_count=used,
            expired_count=expired,
            void_count=void,
            free_count=len(free),
            unused_count=expired + void - len(free) - unpaid,
            inert_count=queries.inert_count(session, terms.vintage_id),
            unpaid_count=unpaid,
            closed_on=today,
            closed_at=now,
        )
    )
    session.flush()
