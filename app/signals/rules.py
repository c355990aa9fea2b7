"""Patterns that a person should look at: plain values in, signals out, no database.

A signal accuses nobody and blocks nothing. Each pattern has one threshold, in the settings of the
programme; a pattern is told once, by what it is about.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid5

from app.kernel.clock import MARTINIQUE, martinique_day

OPENS_AT, CLOSES_AT = 7, 20
"""Hours in Martinique between which passes are usually taken, from Monday to Saturday."""
SUNDAY = 6
LEAST_FED = 20
"""Passes of a month below which a part of them means nothing."""
LONGEST_NOTE = 500
_NAMES = UUID("0192f0c1-6b7a-7cc0-8d3e-51674a15ab1e")


class SignalKind(StrEnum):
    """What was seen."""

    WHOLE_BOOKLET = "whole_booklet"
    OUT_OF_HOURS = "out_of_hours"
    FEEDING = "feeding"
    FAILED_CODES = "failed_codes"
    NO_SESSION = "no_session"


FRENCH_KIND = {
    SignalKind.WHOLE_BOOKLET: "Carnet entier en une fois",
    SignalKind.OUT_OF_HOURS: "Hors des heures",
    SignalKind.FEEDING: "Prescripteur et médiateur liés",
    SignalKind.FAILED_CODES: "Codes refusés",
    SignalKind.NO_SESSION: "Loin de tout accompagnement",
}
MEASURED = {
    SignalKind.WHOLE_BOOKLET: "{measured} minutes en tout (moins de {threshold})",
    SignalKind.OUT_OF_HOURS: "{measured} pass avant 7 h, après 20 h ou dimanche (dès {threshold})",
    SignalKind.FEEDING: "{measured} pass dans le mois, une part {threshold} fois celle des autres",
    SignalKind.FAILED_CODES: "{measured} codes inconnus dans la journée (seuil {threshold})",
    SignalKind.NO_SESSION: "{measured} pass, aucun accompagnement à moins de {threshold} jours",
}
"""What was measured, beside the threshold of that moment."""


class Decision(StrEnum):
    """What a person made of a signal."""

    EXPLAINED = "explained"
    FOLLOWED = "followed"


FRENCH_DECISION = {
    Decision.EXPLAINED: "Expliqué, sans suite",
    Decision.FOLLOWED: "Une suite est donnée",
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on each pattern is told."""

    sitting_minutes: int
    burst_count: int
    feeding_times: int
    session_days: int


class Taken(NamedTuple):
    """A pass that a mediator took, and who had handed it over."""

    voucher_id: int
    booklet_id: int
    booklet_size: int
    mediator_id: UUID
    prescriber_id: UUID
    day: date
    at: datetime
    has_session: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A signal: what it is about, by opaque ids, on which day, and by how much."""

    kind: SignalKind
    day: date
    measured: int
    threshold: int
    mediator_id: UUID | None = None
    prescriber_id: UUID | None = None
    booklet_id: int | None = None
    agent_id: int | None = None

    @property
    def id(self) -> UUID:
        """The same for the same pattern, so that it is told once."""
        day = f"{self.day:%Y-%m}" if self.kind is SignalKind.FEEDING else str(self.day)
        if self.kind is SignalKind.WHOLE_BOOKLET:
            day = ""
        about = (self.kind, day, self.mediator_id, self.prescriber_id, self.booklet_id)
        return uuid5(_NAMES, " ".join(map(str, (*about, self.agent_id))))


def whole_booklets(taken: Iterable[Taken], *, minutes: int) -> Iterator[Found]:
    """Booklets of which one mediator took every pass within so many minutes."""
    sittings: dict[tuple[int, UUID], list[Taken]] = defaultdict(list)
    for one in taken:
        sittings[one.booklet_id, one.mediator_id].append(one)
    for (booklet_id, mediator_id), passes in sittings.items():
        first, last = min(p.at for p in passes), max(p.at for p in passes)
        took = int((last - first).total_seconds() // 60)
        if len({p.voucher_id for p in passes}) == passes[0].booklet_size and took < minutes:
            yield Found(
                SignalKind.WHOLE_BOOKLET,
                martinique_day(last),
                took,
                minutes,
                mediator_id=mediator_id,
                booklet_id=booklet_id,
            )


def out_of_hours(at: datetime) -> bool:
    """Whether hardly anybody works at that instant."""
    local = at.astimezone(MARTINIQUE)
    return local.weekday() == SUNDAY or not OPENS_AT <= local.hour < CLOSES_AT


def bursts(taken: Iterable[Taken], *, count: int) -> Iterator[Found]:
    """Mediators that took so many passes of a day out of hours."""
    counted = Counter((one.mediator_id, one.day) for one in taken if out_of_hours(one.at))
    for (mediator_id, day), number in counted.items():
        if number >= count:
            yield Found(SignalKind.OUT_OF_HOURS, day, number, count, mediator_id=mediator_id)


def feeding(taken: Iterable[Taken], *, times: int) -> Iterator[Found]:
    """Prescribers of whose passes one mediator takes a far larger part than of the others'.

    Month by month; parts are compared, so that a large prescriber is not told for being large.
    """
    months: dict[date, Counter[tuple[UUID, UUID]]] = defaultdict(Counter)
    for one in taken:
        months[one.day.replace(day=1)][one.prescriber_id, one.mediator_id] += 1
    for month, pairs in months.items():
        given, received = Counter[UUID](), Counter[UUID]()
        for (prescriber_id, mediator_id), number in pairs.items():
            given[prescriber_id] += number
            received[mediator_id] += number
        for (prescriber_id, mediator_id), number in pairs.items():
            from_others = received[mediator_id] - number
            of_others = given.total() - given[prescriber_id]
            if number < LEAST_FED or of_others < LEAST_FED:
                continue
            if number * of_others >= times * from_others * given[prescriber_id]:
                yield Found(
                    SignalKind.FEEDING,
                    month,
                    number,
                    times,
                    mediator_id=mediator_id,
                    prescriber_id=prescriber_id,
                )


def failed_codes(attempts: Iterable[tuple[int, datetime]], *, count: int) -> Iterator[Found]:
    """Accounts that typed so many unknown codes in a day."""
    counted = Counter((agent_id, martinique_day(at)) for agent_id, at in attempts)
    for (agent_id, day), number in counted.items():
        if number >= count:
            yield Found(SignalKind.FAILED_CODES, day, number, count, agent_id=agent_id)


def far_from_sessions(
    taken: Iterable[Taken],
    sessions: Mapping[UUID, Sequence[date]],
    *,
    days: int,
    today: date,
) -> Iterator[Found]:
    """Days on which a mediator took passes and declared no session around; once that is over."""
    near = timedelta(days=days)
    counted = Counter(
        (one.mediator_id, one.day)
        for one in taken
        if not one.has_session and one.day + near < today
    )
    for (mediator_id, day), number in counted.items():
        if not any(abs(held - day) <= near for held in sessions.get(mediator_id, ())):
            yield Found(SignalKind.NO_SESSION, day, number, days, mediator_id=mediator_id)


def patterns(
    taken: Sequence[Taken],
    sessions: Mapping[UUID, Sequence[date]],
    thresholds: Thresholds,
    *,
    today: date,
) -> Iterator[Found]:
    """Every pattern of the passes taken in a programme."""
    yield from whole_booklets(taken, minutes=thresholds.sitting_minutes)
    yield from bursts(taken, count=thresholds.burst_count)
    yield from feeding(taken, times=thresholds.feeding_times)
    yield from far_from_sessions(taken, sessions, days=thresholds.session_days, today=today)
