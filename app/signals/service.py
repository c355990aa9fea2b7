"""Looking for patterns, telling each once, and letting a person decide."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.database.locks import earlier, hold
from app.database.rows import insert_rows
from app.identity.rules import Actor, Right
from app.kernel.clock import first_instant, martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.programmes import queries as programmes
from app.programmes.models import ProgrammeSettings
from app.signals import queries
from app.signals.errors import SignalDecidedAlready, UnknownSignal
from app.signals.models import Signal, SignalDecision
from app.signals.rules import (
    LONGEST_NOTE,
    Decision,
    Found,
    Thresholds,
    failed_codes,
    patterns,
)

LOOKED_BACK_DAYS = 62
"""Two months at least, so that a month is whole once it is over."""
MANY = 200


def look_for_signals(session: Session, *, actor: Actor, now: datetime) -> int:
    """Tell the patterns of the last two months that nobody was told of; returns how many are new.

    Looking again tells nothing twice: the id of a signal comes from what it is about.

    Raises:
        RightMissing.
    """
    actor.check(Right.DECIDE_SIGNAL)
    return tell_what_is_new(session, now=now)


def tell_what_is_new(session: Session, *, now: datetime) -> int:
    """The same for the server, which looks every hour in nobody's name."""
    hold(session, "signals")
    return tell(session, patterns_found(session, now=now), now=now)


def tell(session: Session, seen: Iterable[Found], *, now: datetime) -> int:
    """Write down those of these patterns that nobody was told of; returns how many are new."""
    found = {one.id: one for one in seen}
    known = queries.known_ids(session, found.keys())
    new = [one for signal_id, one in found.items() if signal_id not in known]
    if new:
        insert_rows(session, Signal, [_row(one, now) for one in new])
    return len(new)


def patterns_found(session: Session, *, now: datetime) -> list[Found]:
    """What passes the thresholds of the settings in force, told before or not."""
    today = martinique_day(now)
    since = (today - timedelta(days=LOOKED_BACK_DAYS)).replace(day=1)
    sessions = queries.sessions_since(session, since - timedelta(days=366))
    found: list[Found] = []
    least_failed: int | None = None
    for programme in programmes.programmes_after(session, None, limit=MANY):
        settings = programmes.settings_on(session, programme.id, today)
        vintages = [v.vintage_id for v in programmes.vintages_of(session, programme.id)]
        if settings is None:
            continue
        count = settings.signal_failed_count
        least_failed = count if least_failed is None else min(least_failed, count)
        if vintages:
            taken = queries.taken_since(session, since, vintages=vintages)
            found += patterns(taken, sessions, _thresholds(settings), today=today)
    if least_failed is not None:
        attempts = queries.unknown_codes_since(session, first_instant(since))
        found += failed_codes(attempts, count=least_failed)
    return found


def _thresholds(settings: ProgrammeSettings) -> Thresholds:
    return Thresholds(
        sitting_minutes=settings.signal_sitting_minutes,
        burst_count=settings.signal_burst_count,
        feeding_times=settings.signal_feeding_times,
        session_days=settings.signal_session_days,
    )


def _row(one: Found, now: datetime) -> dict[str, object]:
    return {
        "id": one.id,
        "kind": str(one.kind),
        "acted_on": one.day,
        "measured": one.measured,
        "threshold": one.threshold,
        "mediator_id": one.mediator_id,
        "prescriber_id": one.prescriber_id,
        "booklet_id": one.booklet_id,
        "agent_id": one.agent_id,
        "found_at": now,
    }


def known_signal(session: Session, *, actor: Actor, signal_id: UUID) -> Signal:
    """A signal, for those who see all.

    Raises:
        RightMissing, UnknownSignal.
    """
    actor.check(Right.SEE_SIGNALS)
    record = queries.signal(session, signal_id)
    if record is None:
        raise UnknownSignal
    return record


def decide_signal(
    session: Session,
    *,
    actor: Actor,
    decision_id: UUID,
    signal_id: UUID,
    decision: Decision,
    note: str,
    now: datetime,
) -> SignalDecision:
    """Say what came of a signal, once; nothing else happens by itself.

    Raises:
        RightMissing, UnknownSignal.
        InvalidInput: no note, or one that is too long.
        SignalDecidedAlready.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.DECIDE_SIGNAL)
    cleaned = clean(note, longest=LONGEST_NOTE)
    if cleaned is None:
        raise InvalidInput(note=f"Dites ce que vous avez vu, en {LONGEST_NOTE} caractères au plus.")
    digest = request_hash("signal decision", signal=signal_id, decision=decision, note=cleaned)
    if record := earlier(session, SignalDecision, decision_id, digest):
        return record
    hold(session, "signal", signal_id)
    known_signal(session, actor=actor, signal_id=signal_id)
    if queries.decisions_of(session, [signal_id]):
        raise SignalDecidedAlready
    record = SignalDecision(
        id=decision_id,
        request_hash=digest,
        signal_id=signal_id,
        decision=decision,
        note=cleaned,
        decided_by=actor.agent_id,
        decided_at=now,
    )
    session.add(record)
    session.flush()
    return record
