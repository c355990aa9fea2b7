"""What waits for a person: plain values, in the order in which they should be done."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from app.kernel.money import Cents

T = TypeVar("T")

FEW = 3
"""Up to so many things of one kind are told one by one; more of them are told together."""

MANY = 100
"""So many of a kind are looked for at most; what lies beyond is on the list that the line opens."""

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
    count: int
    unit: str
    values: Mapping[str, object] = field(default_factory=dict)
    amount_cents: Cents | None = None
    due_on: date | None = None

    def is_near(self, today: date) -> bool:
        """Whether its day is close, or past."""
        return self.due_on is not None and self.due_on - today <= NEAR


def told(
    found: Sequence[T],
    one: Callable[[T], Task],
    together: Callable[[Sequence[T]], Task],
) -> list[Task]:
    """Things of one kind: each by itself while they are few, otherwise all in one line."""
    return [one(thing) for thing in found] if len(found) <= FEW else [together(found)]


def in_order(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """What has a day first, the soonest on top; the rest as it came."""
    return tuple(sorted(tasks, key=lambda task: task.due_on or date.max))
