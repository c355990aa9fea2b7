"""What everybody does in the demonstration, decided before anything is written.

Pure: the same instant of loading gives the same plan. Acts that would fall after that instant
are planned like the others, and left out when the story is played.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random

from app.demo import calendar
from app.demo.calendar import Timeline, instant
from app.demo.partners import LAPSED, MEDIATORS, NEWCOMER, PRESCRIBERS, PrescriberPartner
from app.demo.places import COMMUNES, FIRST_NAMES, Commune
from app.kernel.clock import martinique_day
from app.prescribers.rules import ANSWERS, QUESTIONS, Commitment, ExceptionReason, RenewalReason
from app.programmes.rules import RECOMMENDED, SENIOR_AGE, Public

SEED = "CC-04-2023-095"
"""The number of the deliberation."""

WAVES = (2, 65, 130)
"""Days from the first day of validity on which booklets are entrusted to every prescriber."""
SETTLING = timedelta(8)
"""From the day of a wave to the first booklet of it that is handed over: all have signed."""
FIRST_ISSUE = 12
"""Days from the first day of validity to the first prescription."""
ROUNDED_TO = 5
"""Booklets are entrusted by fives."""
SPARE = 4
"""Booklets that the last wave leaves in each drawer, for whoever tries the demonstration."""

FIRST_ORDER = {10: 560, 5: 480}
SECOND_ORDER = {10: 240, 5: 120}
"""Booklets of the two orders that are delivered, in the order in which serials are allotted."""

ENTITLED = {entitled.public: entitled for entitled in RECOMMENDED}
AGES = {
    Public.PLIE: (24, 56),
    Public.REGISTERED_JOB_SEEKER: (19, 58),
    Public.UNREGISTERED_JOB_SEEKER: (18, 57),
    Public.SENIOR: (SENIOR_AGE, 86),
    Public.OTHER: (18, 59),
}
RHYTHM = {
    Public.PLIE: (2, 3),
    Public.REGISTERED_JOB_SEEKER: (2, 6),
    Public.UNREGISTERED_JOB_SEEKER: (2, 6),
    Public.SENIOR: (1, 6),
    Public.OTHER: (1, 5),
}
"""Passes given at each visit, and the least days before the next one."""

SPLIT_SHARE = 0.5
"""PLIE participants who get one booklet first and the two others some weeks later."""
INVENTED_SHARE = {NEWCOMER: 0.25, LAPSED: 0.15}
"""People sent to an invented mediator rather than to the one next to them."""
DILIGENCE = {False: (0.56, 0.88), True: (0.1, 0.3)}
"""Shares of people who use all their passes, and who use some, by `low_usage`."""

UNDONE_VISITS = 4
AGAIN = timedelta(45)
"""From a first hand-over to a renewal, or to an exception."""

IN_TRANSIT = (("prescriber_1", 24, 5, 5), ("ccas_2", 5, 10, 10), ("advisers", 4, 10, 15))
"""Who awaits booklets, since how many days, and how many of 10 and of 5."""

OPEN_WEEKDAYS = {mediator.key: mediator.open_weekdays for mediator in MEDIATORS}
LOW_USAGE = {prescriber.key for prescriber in PRESCRIBERS if prescriber.low_usage}


@dataclass(slots=True)
class Handover:
    """Booklets handed to one person: registered the first time, then referred to a mediator."""

    at: datetime
    person: int
    prescriber: str
    public: Public
    first_name: str
    birth_year: int
    commune: str
    mediator: str
    next_door: str
    booklet_count: int
    booklets: list[int] = field(default_factory=list)
    answers: str = ""
    commitment: Commitment = Commitment.PAPER
    renewal: RenewalReason | None = None
    exception: ExceptionReason | None = None

    @property
    def booklet_size(self) -> int:
        """Booklets of that public."""
        return ENTITLED[self.public].booklet_size


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass by its booklet's number and its place there, from 0."""

    booklet: int
    place: int


@dataclass(slots=True)
class Visit:
    """Passes that one person gives to a mediator one day; `undone` the same evening or not."""

    day: date
    mediator: str
    passes: list[Pass]
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Entrusted:
    """Booklets entrusted to a prescriber; `received_at` is None while they are in transit."""

    at: datetime
    prescriber: str
    booklets: tuple[int, ...]
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything, in the order of time."""

    entrusted: list[Entrusted]
    handovers: list[Handover]
    visits: list[Visit]


def make_plan(timeline: Timeline) -> Plan:
    """The plan for that instant of loading."""
    random = Random(SEED)
    handovers = _People(timeline, random).handovers()
    entrusted = _Paper(timeline, random).share_out(handovers)
    visits = _Visits(timeline, random).of(handovers)
    return Plan(entrusted, handovers, visits)


# ── People ────────────────────────────────────────────────────────────────────────────────────────


class _People:
    """Who is met, by whom, when, and to which mediator they are sent."""

    def __init__(self, timeline: Timeline, random: Random) -> None:
        self.timeline, self.random = timeline, random
        self.days = timeline.working_days(timeline.opening(FIRST_ISSUE), timeline.today)
        self.met: set[tuple[str, int]] = set()
        count = len(self.days)
        # More people come at the beginning, when everybody has just heard of it.
        self.weights = [1.5 - n / count for n in range(count)]

    def handovers(self) -> list[Handover]:
        made: list[Handover] = []
        for prescriber in PRESCRIBERS:
            for public, count in prescriber.people.items():
                for _ in range(count):
                    made += self._person(len(made), prescriber, public)
        made += self._beyond(made)
        made.sort(key=lambda handover: handover.at)
        self._assess(made)
        return made

    def _beyond(self, made: Sequence[Handover]) -> Iterator[Handover]:
        """A person whose booklet is renewed, and one who gets an exception, at invented places."""
        for prescriber, public, reasons in (
            ("ccas_1", Public.SENIOR, {"renewal": RenewalReason.BOOKED_AHEAD}),
            (
                "france_services",
                Public.REGISTERED_JOB_SEEKER,
                {"exception": ExceptionReason.WORK_DEPENDS},
            ),
        ):
            first = min(
                (h for h in made if (h.prescriber, h.public) == (prescriber, public)),
                key=lambda h: h.at,
            )
            later = calendar.working_day(martinique_day(first.at) + AGAIN)
            yield replace(
                first, at=instant(later, 10, 15), mediator=first.next_door, booklets=[], **reasons
            )

    def _assess(self, made: Sequence[Handover]) -> None:
        """What each person answered, and how they signed."""
        random = Random(f"{SEED} needs")
        for handover in made:
            least = 1 if handover.public is Public.SENIOR else 0
            handover.answers = "".join(random.choice(ANSWERS[least:]) for _ in QUESTIONS.questions)
            handover.commitment = random.choice(tuple(Commitment))

    def _person(self, number: int, prescriber: PrescriberPartner, public: Public) -> list[Handover]:
        random, entitled = self.random, ENTITLED[public]
        [day] = random.choices(self.days, self.weights)
        [commune] = random.choices(COMMUNES, [commune.weight for commune in COMMUNES])
        first = Handover(
            at=self._hour(day),
            person=number,
            prescriber=prescriber.key,
            public=public,
            first_name=(name := random.choice(FIRST_NAMES)),
            birth_year=self._unlike(name, day.year - random.randint(*AGES[public])),
            commune=commune.name,
            mediator=self._mediator(commune, on=day),
            next_door=commune.mediator,
            booklet_count=entitled.booklet_count,
        )
        if entitled.booklet_count == 1 or random.random() > SPLIT_SHARE:
            return [first]
        first.booklet_count = 1
        later = calendar.working_day(day + timedelta(random.randint(25, 40)))
        second = replace(
            first,
            at=self._hour(later),
            mediator=self._mediator(commune, on=later),
            booklet_count=entitled.booklet_count - 1,
            booklets=[],
        )
        return [first, second]

    def _unlike(self, first_name: str, year: int) -> int:
        """A year in which nobody of that name was born yet: all have one surname."""
        while (first_name, year) in self.met:
            year -= 1
        self.met.add((first_name, year))
        return year

    def _hour(self, day: date) -> datetime:
        return instant(day, self.random.choice((8, 9, 10, 11, 14, 15)), self.random.randrange(60))

    def _mediator(self, commune: Commune, *, on: date) -> str:
        drawn = self.random.random()
        if drawn < INVENTED_SHARE[NEWCOMER]:
            return NEWCOMER if on >= self.timeline.newcomer_from else commune.mediator
        if drawn > 1 - INVENTED_SHARE[LAPSED] and on <= self.timeline.label_lapses_on:
            return LAPSED
        return commune.mediator


# ── Paper ─────────────────────────────────────────────────────────────────────────────────────────


class _Paper:
    """Which booklets go where: entrusted in waves, handed over in the order of their numbers."""

    def __init__(self, timeline: Timeline, random: Random) -> None:
        self.timeline, self.random = timeline, random
        self.cupboard = numbers(FIRST_ORDER, after=0)
        self.drawers: dict[tuple[str, int], list[int]] = defaultdict(list)

    def share_out(self, handovers: Sequence[Handover]) -> list[Entrusted]:
        """Give the handovers their booklets; tell which were entrusted to whom."""
        days = [self.timeline.opening(wave) for wave in WAVES]
        begins = [date.min, *(calendar.working_day(day + SETTLING) for day in days[1:]), date.max]
        entrusted: list[Entrusted] = []
        for day, first, following in zip(days, begins[:-1], begins[1:], strict=True):
            served = [h for h in handovers if first <= martinique_day(h.at) < following]
            entrusted += self._wave(day, served, spare=SPARE if day == days[-1] else 0)
            for handover in served:
                drawer = self.drawers[handover.prescriber, handover.booklet_size]
                handover.booklets = drawer[: handover.booklet_count]
                del drawer[: handover.booklet_count]
        return sorted(entrusted + self._in_transit(), key=lambda one: one.at)

    def _wave(self, day: date, served: Sequence[Handover], *, spare: int) -> list[Entrusted]:
        needs: dict[tuple[str, int], int] = defaultdict(int)
        for handover in served:
            needs[handover.prescriber, handover.booklet_size] += handover.booklet_count
        entrusted = []
        for place, prescriber in enumerate(PRESCRIBERS):
            taken: list[int] = []
            given = {ENTITLED[public].booklet_size for public in prescriber.people}
            for size in sorted(given, reverse=True):
                drawer = self.drawers[prescriber.key, size]
                missing = max(0, needs[prescriber.key, size] + spare - len(drawer))
                booklets = self._take(size, -(-missing // ROUNDED_TO) * ROUNDED_TO)
                drawer += booklets
                taken += booklets
            if taken:
                signed_on = calendar.working_day(day + timedelta(self.random.randint(1, 2)))
                entrusted.append(
                    Entrusted(
                        instant(day, 8, 30 + 5 * place),
                        prescriber.key,
                        tuple(taken),
                        instant(signed_on, self.random.randint(9, 15), self.random.randrange(60)),
                    )
                )
        return entrusted

    def _in_transit(self) -> list[Entrusted]:
        """Booklets of the second order, on their way: nobody has signed for them yet."""
        self.cupboard = numbers(SECOND_ORDER, after=sum(FIRST_ORDER.values()))
        return [
            Entrusted(
                instant(self.timeline.ago(days), 10, 20),
                prescriber,
                tuple(self._take(10, tens) + self._take(5, fives)),
                None,
            )
            for prescriber, days, tens, fives in IN_TRANSIT
        ]

    def _take(self, size: int, count: int) -> list[int]:
        taken = self.cupboard[size][:count]
        if len(taken) < count:
            message = f"the first order has too few booklets of {size}"
            raise AssertionError(message)
        del self.cupboard[size][:count]
        return taken


def numbers(order: dict[int, int], *, after: int) -> dict[int, list[int]]:
    """The numbers of the booklets of an order, by size: the larger come first."""
    given = {}
    for size, count in order.items():
        given[size] = [*range(after + 1, after + count + 1)]
        after += count
    return given


# ── Visits ────────────────────────────────────────────────────────────────────────────────────────


class _Visits:
    """When people come to their mediator, and with which of their passes."""

    def __init__(self, timeline: Timeline, random: Random) -> None:
        self.timeline, self.random = timeline, random

    def of(self, handovers: Sequence[Handover]) -> list[Visit]:
        """All visits, by day."""
        by_person: dict[int, list[Handover]] = defaultdict(list)
        for handover in handovers:
            by_person[handover.person].append(handover)
        visits = [visit for theirs in by_person.values() for visit in self._of_person(theirs)]
        visits.sort(key=lambda visit: (visit.day, visit.mediator))
        retaken = self._undo_some(visits)
        return sorted(visits + retaken, key=lambda visit: (visit.day, visit.mediator))

    def _of_person(self, handovers: Sequence[Handover]) -> Iterator[Visit]:
        first = handovers[0]
        passes = [
            (martinique_day(handover.at), Pass(booklet, place))
            for handover in handovers
            for booklet in handover.booklets
            for place in range(handover.booklet_size)
        ]
        used = passes[: round(len(passes) * self._diligence(first.prescriber))]
        each, pause = RHYTHM[first.public]
        day = martinique_day(first.at) + timedelta(self.random.randint(2, 12))
        while used:
            day = max(day, used[0][0] + timedelta(2))
            mediator, day = self._received(first, day)
            if day > self.timeline.today:
                return
            brought = [one for since, one in used[:each] if since < day]
            del used[: len(brought)]
            yield Visit(day, mediator, brought)
            day += timedelta(pause)

    def _diligence(self, prescriber: str) -> float:
        """The share of their passes that a person will use in the end."""
        most, some = DILIGENCE[prescriber in LOW_USAGE]
        drawn = self.random.random()
        if drawn < most:
            return 1.0
        return self.random.uniform(0.3, 0.8) if drawn < some else 0.0

    def _received(self, handover: Handover, day: date) -> tuple[str, date]:
        """The next day on which the mediator is open; the one next door once a label lapsed."""
        opens = OPEN_WEEKDAYS[handover.mediator]
        found = self._next_open(opens, day)
        if handover.mediator == LAPSED and found > self.timeline.label_lapses_on:
            return handover.next_door, self._next_open(OPEN_WEEKDAYS[handover.next_door], day)
        return handover.mediator, found

    @staticmethod
    def _next_open(weekdays: tuple[int, ...], day: date) -> date:
        while day.weekday() not in weekdays or not calendar.is_working(day):
            day += timedelta(1)
        return day

    def _undo_some(self, visits: Sequence[Visit]) -> list[Visit]:
        """A few visits are undone in the evening; the passes come back another day."""
        last = self.timeline.label_lapses_on - timedelta(10)
        candidates = [v for v in visits if v.mediator == LAPSED and v.day <= last]
        retaken = []
        for visit in candidates[:: len(candidates) // UNDONE_VISITS][:UNDONE_VISITS]:
            visit.undone = True
            day = self._next_open(OPEN_WEEKDAYS[LAPSED], visit.day + timedelta(2))
            retaken.append(Visit(day, LAPSED, list(visit.passes)))
        return retaken
