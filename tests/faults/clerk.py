"""A clerk who takes paid passes back, ends a vintage and counts a cupboard, and is killed over it.

Each act bears an id that was made before; whoever replaces the clerk begins again from the first
one, with the same ids, as a person does who does not know how far it came.
"""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.clearing import clawbacks
from app.clearing.correction_models import Receivable
from app.closing import calendar
from app.closing import queries as closing
from app.closing.rules import Step
from app.database.connections import Database
from app.kernel.ids import new_id
from app.ledger import AccountKind, MovementKind
from app.ledger.models import Movement
from app.programmes.service import create_vintage
from app.stock import counts
from app.stock import queries as stock
from app.stock.count_rules import CountedLine
from tests.factories import Scheme
from tests.opening import TEN_EUROS

KILLS = 3
PATIENCE = 60
A_SEASON = timedelta(days=100)
"""After it the tolerance of a vintage that ends today is over too."""


@dataclass
class Clerk:
    """What is to be done, under which ids."""

    url: str
    scheme: Scheme
    paid: list[UUID]
    """Redemptions that were paid and should not have been."""
    ended: int
    """A vintage that nobody ended."""
    wrong: list[UUID] = field(default_factory=list)
    count_id: UUID = field(default_factory=new_id)
    entry_id: UUID = field(default_factory=new_id)

    @classmethod
    def hired(cls, database: Database, scheme: Scheme, url: str, *, booklet: int) -> "Clerk":
        """Four passes that were used and paid, and twenty of a vintage on its last day."""
        with database.transaction() as session:
            vintage_id = create_vintage(
                session,
                actor=scheme.actors["coordinator"],
                programme_id=scheme.programme_id,
                label="25Z",
                face_value_cents=TEN_EUROS,
                valid_from=scheme.today - timedelta(days=300),
                valid_until=scheme.today,
                tolerance_days=31,
                keys=scheme.keys,
                now=scheme.now,
            ).vintage_id
            replace(scheme, vintage_id=vintage_id, label="25Z").stock(session, tens=2, fives=0)
            codes = scheme.issued_booklet(session, booklet)
            paid = [scheme.redeem(session, code).accepted().id for code in codes[:4]]
        run_id = scheme.clearing(database)
        with database.transaction() as session:
            statement_id = scheme.approved(session, scheme.draft(session, run_id, "exo7"))
            scheme.paid(session, scheme.ordered(session, statement_id))
        clerk = cls(url, scheme, paid, vintage_id)
        clerk.wrong = [new_id() for _ in paid]
        return clerk

    def acts(self) -> list[Callable[[Session], object]]:
        """Everything, each in a transaction of its own."""
        who, now = self.scheme.actors, self.scheme.now
        found: list[Callable[[Session], object]] = []
        for clawback_id, redemption_id in zip(self.wrong, self.paid, strict=True):
            found += [
                partial(
                    clawbacks.prepare_clawback,
                    actor=who["finance"],
                    clawback_id=clawback_id,
                    redemption_id=redemption_id,
                    reason="La séance n’a pas eu lieu",
                    now=now,
                ),
                partial(
                    clawbacks.approve_clawback,
                    actor=who["finance2"],
                    clawback_id=clawback_id,
                    now=now,
                ),
            ]
        asked: dict[str, Any] = {"count_id": self.count_id, "now": now}
        found += [
            *[partial(calendar.do_next, vintage_id=self.ended, now=now + A_SEASON)] * len(Step),
            partial(
                counts.open_count,
                actor=who["coordinator"],
                holder_id=self.scheme.organisations["sponsor"],
                counted_on=self.scheme.today,
                **asked,
            ),
            partial(
                counts.enter_lines,
                actor=who["coordinator"],
                entry_id=self.entry_id,
                lines=[CountedLine(self.scheme.label, 1, 2)],
                **asked,
            ),
            partial(counts.close_count, actor=who["coordinator"], **asked),
            partial(counts.sign_count, actor=who["finance"], **asked),
        ]
        return found

    # ── At work ───────────────────────────────────────────────────────────────────────────────────

    def work(self) -> None:
        """From the first act to the last, each again until the database has answered."""
        database = Database(self.url, pool_size=1)
        deadline = time.monotonic() + PATIENCE
        for act in self.acts():
            while time.monotonic() < deadline:
                try:
                    with database.transaction() as session:
                        act(session)
                except DBAPIError:
                    time.sleep(0.05)
                else:
                    break

    def supervised(self) -> BaseProcess:
        """One clerk after the other is killed at work; the last one comes to the end.

        Whoever watches is a process by itself, so that nothing else runs where clerks are forked.
        """
        watch = multiprocessing.get_context("fork").Process(target=self.watch)
        watch.start()
        return watch

    def watch(self) -> None:
        """kill -9, a few times, at any moment."""
        chance = random.Random(11)  # noqa: S311 - any moments will do
        status = 0
        for turn in range(KILLS + 1):
            clerk = os.fork()
            if not clerk:
                self.work()
                os._exit(0)
            if turn < KILLS:
                time.sleep(chance.uniform(0.02, 0.4))
                os.kill(clerk, signal.SIGKILL)
            _, status = os.waitpid(clerk, 0)
        os._exit(os.waitstatus_to_exitcode(status))

    # ── What came of it ───────────────────────────────────────────────────────────────────────────

    def nothing_is_lost_or_doubled(self, session: Session) -> None:
        """Each pass is owed back once, each step done once, and the count noted and signed once."""
        owed = session.scalars(select(Receivable.redemption_id)).all()
        assert sorted(owed) == sorted(self.paid)
        taken_back = select(func.count()).where(Movement.kind == MovementKind.CLAWBACK)
        assert session.scalar(taken_back) == len(self.paid)
        assert [one.step for one in closing.steps_of(session, self.ended)] == list(Step)
        assert closing.rest(session, self.ended) == {AccountKind.EXPIRED: 20}
        statement = closing.joint_statement(session, self.ended)
        assert statement is not None
        assert statement.unused_count == 20
        assert len(stock.lines_entered(session, self.count_id)) == 1
        assert stock.signature_of(session, self.count_id) is not None
