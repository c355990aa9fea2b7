"""Doing things at the same moment, and taking a lock away to see that it was needed."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import pytest
from sqlalchemy.orm import Session

from app.database.connections import Database
from app.kernel.errors import DomainError

T = TypeVar("T")
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What one of those who came together was told: a value, a refusal, or a crash."""

    value: object = None
    refusal: DomainError | None = None
    crash: BaseException | None = None

    @property
    def said(self) -> str:
        """In one word."""
        if self.crash is not None:
            return type(self.crash).__name__
        return self.refusal.code if self.refusal else "accepted"


def together(acts: Sequence[Callable[[], object]]) -> list[Answer]:
    """Do all of this at the same moment, each in a thread of its own; answers in the same order."""
    start = threading.Barrier(len(acts))
    answers: list[Answer] = [Answer()] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        start.wait(PATIENCE_SECONDS)
        try:
            answers[number] = Answer(value=act())
        except DomainError as refusal:
            answers[number] = Answer(refusal=refusal)
        except BaseException as crash:
            answers[number] = Answer(crash=crash)

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def in_transactions(
    database: Database, acts: Sequence[Callable[[Session], object]]
) -> list[Answer]:
    """The same, each in a transaction of its own that commits unless it is refused."""

    def committed(act: Callable[[Session], object]) -> Callable[[], object]:
        def run() -> object:
            with database.transaction() as session:
                return act(session)

        return run

    return together([committed(act) for act in acts])


def said(answers: Sequence[Answer]) -> list[str]:
    """What was answered, in one word each, sorted."""
    return sorted(answer.said for answer in answers)


# ── Mutants ───────────────────────────────────────────────────────────────────────────────────────


def everywhere(monkeypatch: pytest.MonkeyPatch, original: object, mutant: object) -> None:
    """Put a mutant in the place of a function in every module of passnum that knows it."""
    replaced = 0
    for name, module in list(sys.modules.items()):
        if not name.startswith("app."):
            continue
        for attribute, value in list(vars(module).items()):
            if value is original:
                monkeypatch.setattr(module, attribute, mutant)
                replaced += 1
    assert replaced, "there was nothing to take away"


def no_hold(session: Session, *what: object) -> None:
    """A lock that holds nobody."""


@contextmanager
def meeting(parties: int, *, once: bool = False) -> Iterator[Callable[[], None]]:
    """A place where each waits for the others, and goes on alone if nobody comes.

    The first time everybody comes, sooner or later; afterwards some may be held up elsewhere, so
    `once` they have met nobody waits any more.
    """
    barrier, met = threading.Barrier(parties), threading.Event()

    def meet() -> None:
        if once and met.is_set():
            return
        try:
            barrier.wait(0.5 if met.is_set() else PATIENCE_SECONDS)
        except threading.BrokenBarrierError:
            barrier.reset()
        met.set()

    yield meet


def after(
    monkeypatch: pytest.MonkeyPatch, original: Callable[..., T], meet: Callable[[], None]
) -> None:
    """Let everybody look before anybody writes: the moment that a lock is there to prevent."""

    def look(*args: object, **kwargs: object) -> T:
        seen = original(*args, **kwargs)
        meet()
        return seen

    everywhere(monkeypatch, original, look)
