"""What waits for a person: plain values, in the order in which they should be done."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Generic, TypeVar

from app.kernel.money import Cents

T = TypeVar("T")


FEW = 3
"""Up to so many things of one kind are told one by one; more of them are told together."""

NEAR = timedelta(days=10)
"""What falls due within that time is marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do: what it is, what it is about, and the page where it is done.

    `count` with its `unit` says how much it is about, `amount_cents` what that is worth, where it
    has a worth. `endpoint` and `values` make the address.
    """

    title: str
    about: str
    action: str
    endpoint: str
    unit: str
    count: int = 1
    values: Mapping[str, object] = field(default_factory=dict)
    amount_cents: Cents | None = None
    due_on: date | None = None

    def is_near(self, today: date) -> bool:
        """Whether its day is close, or past."""
        return self.due_on is not None and self.due_on - today <= NEAR

    def is_late(self, today: date) -> bool:
        """Whether its day is past."""
        return self.due_on is not None and self.due_on < today


@dataclass(frozen=True, slots=True)
class Waiting(Generic[T]):
    """Things of one kind that wait; `more` when there may be others that were not looked at."""

    things: tuple[T, ...]
    more: bool = False

    @property
    def number(self) -> str:
        """How many, as a sentence says it."""
        return f"{'au moins ' if self.more else ''}{len(self.things)}"


def everything(_: object) -> bool:
    """Wanted whatever it is."""
    return True


def told(
    found: Waiting[T],
    one: Callable[[T], Task],
    together: Task,
    size: Callable[[T], int] = lambda _: 1,
    *,
    few: int = FEW,
) -> list[Task]:
    """Things of one kind: each by itself while they are few, otherwise all in one line.

    `together` is that line; « {count} » in its title becomes their number, and its count is what
    they come to by `size`. `few` is larger where no list shows those that wait, and no others.
    """
    if len(found.things) <= few and not found.more:
        return [one(thing) for thing in found.things]
    unit = f"{together.unit} au moins" if found.more else together.unit
    return [
        replace(
            together,
            title=together.title.format(count=found.number),
            count=sum(map(size, found.things)),
            unit=unit,
        )
    ]


def in_order(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """What has a day first, the soonest on top; the rest as it came."""
    return tuple(sorted(tasks, key=lambda task: task.due_on or date.max))
