"""What is decided, signed, counted or settled once, by two people at the same moment.

One of them does it and the other is told that it is done. Then the lock that makes the second one
wait is taken away, both look before either writes, and nobody is told anything of use.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clearing import correction_queries, debit_notes, disputes, statements
from app.clearing.correction_models import Recovery
from app.closing import calendar, endings
from app.closing import queries as closing
from app.closing.rules import Side, Step
from app.database.connections import Database
from app.database.locks import hold
from app.kernel.ids import new_id
from app.ledger import verify
from app.losses import queries as losses
from app.losses import write_offs
from app.losses.naming import Named
from app.orders import service as orders
from app.orders.queries import allotments
from app.partners import bank_details
from app.partners import queries as partners
from app.programmes import freezes
from app.programmes import queries as programmes
from app.programmes.service import create_vintage
from app.stock import counts, serial_files
from app.stock import queries as stock
from tests.databases import Databases
from tests.factories import Scheme
from tests.opening import TEN_EUROS
from tests.race.together import (
    PATIENCE_SECONDS,
    after,
    everywhere,
    in_transactions,
    meeting,
    no_hold,
    said,
    together,
)

Acts = list[Callable[[Session], object]]


class Here:
    """A scheme that all races of this module share; each uses something of its own."""

    def __init__(self, database: Database, scheme: Scheme) -> None:
        self.database, self.scheme, self.booklets, self.made = database, scheme, 0, 0
        self.codes: list[str] = []

    def booklet(self) -> int:
        """The next booklet of the stock."""
        self.booklets += 1
        return self.booklets

    def code(self) -> str:
        """A pass that a person holds."""
        if not self.codes:
            with self.database.transaction() as session:
                self.codes += self.scheme.issued_booklet(session, self.booklet())
        return self.codes.pop()

    def ended(self) -> tuple[Scheme, int]:
        """A vintage that ended long ago, of which nothing was done yet."""
        self.made += 1
        with self.database.transaction() as session:
            vintage = create_vintage(
                session,
                actor=self.scheme.actors["coordinator"],
                programme_id=self.scheme.programme_id,
                label=f"{10 + self.made}Z",
                face_value_cents=TEN_EUROS,
                valid_from=self.scheme.today - timedelta(days=300),
                valid_until=self.scheme.today - timedelta(days=100),
                tolerance_days=31,
                keys=self.scheme.keys,
                now=self.scheme.now,
            )
        return self.scheme, vintage.vintage_id

    def by(self, *names: str, of: Callable[..., object], **asked: Any) -> Acts:  # noqa: ANN401 - what each service asks for
        """The same act of several people; an id that is left to make is each one's own."""

        def act(session: Session, name: str) -> object:
            sent = {key: new_id() if value is new_id else value for key, value in asked.items()}
            return of(session, actor=self.scheme.actors[name], **{"now": self.scheme.now} | sent)

        return [partial(act, name=name) for name in names]


@pytest.fixture(scope="module")
def here(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """A scheme on PostgreSQL with twenty booklets in stock."""
    url = databases.clone("postgresql")
    database = Database(url, pool_size=4)
    with database.transaction() as session:
        scheme = Scheme.ready(session, tmp_path_factory.mktemp("once"))
        scheme.stock(session, tens=20, fives=0)
    yield Here(database, scheme)
    with database.transaction(writing=False) as session:
        assert verify(session).honest
    database.close()
    databases.drop(url)


# ── What two people want at once ──────────────────────────────────────────────────────────────────


def closing_a_count(here: Here) -> Acts:
    count_id = new_id()
    with here.database.transaction() as session:
        [opened] = here.by(
            "coordinator",
            of=counts.open_count,
            count_id=count_id,
            holder_id=here.scheme.organisations["sponsor"],
            counted_on=here.scheme.today,
        )
        opened(session)
    return here.by(
        "coordinator", "finance", of=counts.close_count, count_id=count_id, nothing_there=True
    )


def signing_a_count(here: Here) -> Acts:
    close, _ = closing_a_count(here)
    with here.database.transaction() as session:
        record: Any = close(session)
        count_id = record.count_id
    return here.by("finance", "accountant", of=counts.sign_count, count_id=count_id)


def blocked(here: Here) -> list[Named]:
    """A booklet that was declared lost."""
    number = here.scheme.booklet(here.booklet())
    named = [Named(number, number)]
    with here.database.transaction() as session:
        here.scheme.blocked(session, number)
    return named


def preparing_a_destruction(here: Here) -> Acts:
    return here.by(
        "coordinator",
        "finance",
        of=write_offs.prepare_write_off,
        write_off_id=new_id,
        named=blocked(here),
        reason="Brûlé",
    )


def approving_a_destruction(here: Here) -> Acts:
    prepare, _ = preparing_a_destruction(here)
    with here.database.transaction() as session:
        record: Any = prepare(session)
        write_off_id = record.id
    return here.by(
        "finance",
        "finance2",
        of=write_offs.approve_write_off,
        write_off_id=write_off_id,
        voucher_count=10,
    )


def deciding_a_dispute(here: Here) -> Acts:
    scheme, code, dispute_id = here.scheme, here.code(), new_id()
    with here.database.transaction() as session:
        scheme.redeem(session, code).accepted()
        refused = scheme.redeem(session, code, at="carecof").redemption_id
        disputes.open_dispute(
            session,
            actor=scheme.actors["carecof"],
            dispute_id=dispute_id,
            attempt_id=refused,
            code=code,
            redeemed_at=scheme.now,
            story="Remis à notre atelier",
            now=scheme.now,
        )
    return here.by(
        "coordinator",
        "finance",
        of=disputes.decide_dispute,
        dispute_id=dispute_id,
        outcome=disputes.Outcome.AWARDED,
        reason="D’après la feuille",
        signer=scheme.signer,
    )


def owing(here: Here) -> str:
    """A mediator who was paid a pass that was taken back, and owes it."""
    here.made += 1
    scheme, name, code = here.scheme, f"mediator{here.made}", here.code()
    with here.database.transaction() as session:
        scheme.mediator(session, name)
        taken = scheme.redeem(session, code, at=name).accepted().id
    run_id = scheme.clearing(here.database)
    with here.database.transaction() as session:
        statement_id = scheme.approved(session, scheme.draft(session, run_id, name))
        scheme.paid(session, scheme.ordered(session, statement_id))
        scheme.taken_back(session, taken)
    return name


def asking_back(here: Here) -> Acts:
    return here.by(
        "finance",
        "finance2",
        of=debit_notes.issue_debit_note,
        debit_note_id=new_id,
        mediator_id=here.scheme.organisations[owing(here)],
        programme_id=here.scheme.programme_id,
        now=here.scheme.later + timedelta(days=70),
    )


def holding_a_vintage_back(here: Here) -> Acts:
    scheme, vintage_id = here.ended()
    then = scheme.now - timedelta(days=110)
    calendar.run_vintage(here.database, vintage_id, now=then)
    return here.by(
        "coordinator",
        "coordinator2",
        of=endings.validate_hold,
        hold_id=new_id,
        vintage_id=vintage_id,
        now=then,
    )


def signing_an_end(here: Here) -> Acts:
    _, vintage_id = here.ended()
    calendar.run_vintage(here.database, vintage_id, now=here.scheme.now)
    return here.by(
        "coordinator",
        "finance",
        of=endings.sign_statement,
        signature_id=new_id,
        vintage_id=vintage_id,
        side=Side.SPONSOR,
        signed_on=here.scheme.today,
    )


def settling_an_end(here: Here) -> Acts:
    _, vintage_id = here.ended()
    calendar.run_vintage(here.database, vintage_id, now=here.scheme.now)
    for name, side in (("coordinator", Side.SPONSOR), ("finance", Side.ISSUER)):
        with here.database.transaction() as session:
            endings.sign_statement(
                session,
                actor=here.scheme.actors[name],
                signature_id=new_id(),
                vintage_id=vintage_id,
                side=side,
                signed_on=here.scheme.today,
                now=here.scheme.now,
            )
    return here.by(
        "finance",
        "finance2",
        of=endings.settle_closing,
        settlement_id=new_id,
        vintage_id=vintage_id,
    )


@dataclass(frozen=True)
class Race:
    """What two people want, what the second one is told, and what both look at before."""

    prepared: Callable[[Here], Acts]
    told: str
    look: Callable[..., Any] | None = None


def refusing_an_account(here: Here) -> Acts:
    with here.database.transaction() as session:
        typed = here.scheme.typed_account(session, "exo7", now=here.scheme.later)
    return here.by(
        "finance",
        "finance2",
        of=bank_details.refuse_bank_details,
        refusal_id=new_id,
        bank_details_id=typed,
        reason="La structure ne connaît pas ce compte",
    )


RACES = {
    "refuse an account": Race(refusing_an_account, "bank_details_refused", partners.named_account),
    "close a count": Race(closing_a_count, "count_closed", stock.closing_of),
    "sign a count": Race(signing_a_count, "count_signed_already", stock.signature_of),
    "prepare a destruction": Race(preparing_a_destruction, "write_off_prepared_already"),
    "approve a destruction": Race(
        approving_a_destruction, "write_off_approved_already", losses.approval_of
    ),
    "decide a dispute": Race(
        deciding_a_dispute, "dispute_decided_already", correction_queries.dispute_decision_of
    ),
    "issue a debit note": Race(
        asking_back, "debit_note_issued_already", correction_queries.open_receivables
    ),
    "hold a vintage back": Race(holding_a_vintage_back, "held_already", closing.hold_of),
    "sign for a side": Race(signing_an_end, "side_signed_already", closing.signatures_of),
    "credit what is unused": Race(
        settling_an_end, "closing_settled_already", closing.settlement_of
    ),
}


@pytest.mark.parametrize("name", RACES)
def test_two_people_at_the_same_moment_do_it_once(here: Here, name: str) -> None:
    race = RACES[name]

    answers = in_transactions(here.database, race.prepared(here))

    assert said(answers) == sorted(["accepted", race.told])


@pytest.mark.parametrize("name", [name for name, race in RACES.items() if race.look])
def test_nobody_is_told_where_nobody_waits(
    here: Here, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    race = RACES[name]
    acts, look = race.prepared(here), race.look
    assert look is not None
    everywhere(monkeypatch, hold, no_hold)
    with meeting(2) as meet:
        after(monkeypatch, look, meet)

        answers = in_transactions(here.database, acts)

    assert said(answers) != sorted(["accepted", race.told])


# ── The calendar ──────────────────────────────────────────────────────────────────────────────────


def test_two_servers_that_run_the_calendar_at_once_do_each_step_once(here: Here) -> None:
    _, vintage_id = here.ended()

    answers = together(
        [partial(calendar.run_vintage, here.database, vintage_id, now=here.scheme.now)] * 2
    )

    done = [one.step for answer in answers for one in answer.value or ()]  # type: ignore[attr-defined]
    assert said(answers) == ["accepted"] * 2
    assert sorted(done) == sorted(Step)


def test_two_servers_stumble_over_a_step_where_nobody_waits(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, vintage_id = here.ended()
    everywhere(monkeypatch, hold, no_hold)
    with meeting(2) as meet:
        after(monkeypatch, closing.steps_of, meet)

        answers = together(
            [partial(calendar.run_vintage, here.database, vintage_id, now=here.scheme.now)] * 2
        )

    assert "IntegrityError" in said(answers)


# ── What is owed back ─────────────────────────────────────────────────────────────────────────────


def test_a_debit_note_and_a_statement_recover_one_receivable_once(here: Here) -> None:
    name, scheme = owing(here), here.scheme
    with here.database.transaction() as session:
        scheme.redeem(session, here.code(), at=name).accepted()
    run_id = scheme.clearing(here.database)
    with here.database.transaction(writing=False) as session:
        draft = scheme.draft(session, run_id, name).id
    mediator_id = scheme.organisations[name]

    answers = in_transactions(
        here.database,
        [
            *here.by(
                "finance2",
                of=statements.approve_statement,
                statement_id=draft,
                version=1,
                net_cents=0,
                now=scheme.later,
            ),
            *here.by(
                "finance",
                of=debit_notes.issue_debit_note,
                debit_note_id=new_id,
                mediator_id=mediator_id,
                programme_id=scheme.programme_id,
                now=scheme.later + timedelta(days=70),
            ),
        ],
    )

    assert answers[0].said == "accepted"
    assert answers[1].said in {"mediator_is_still_owed", "nothing_to_collect"}
    with here.database.transaction(writing=False) as session:
        recovered = select(func.count()).where(Recovery.mediator_id == mediator_id)
        assert session.scalar(recovered) == 1


# ── A printer's file ──────────────────────────────────────────────────────────────────────────────


def imported_twice(here: Here) -> list[Any]:
    """Two people import the same file of two booklets; what each is answered."""
    scheme = here.scheme
    with here.database.transaction() as session:
        order_id = scheme.sent_order(session, tens=2, fives=0)
        first = allotments(session, order_id)[0].first_booklet
    rows = [scheme.serial(number, place) for number in (first, first + 1) for place in range(1, 11)]
    content = "\r\n".join(["serial", *rows]).encode()

    def send() -> object:
        return serial_files.import_serials(
            here.database,
            actor=scheme.actors["coordinator"],
            import_id=new_id(),
            asked=serial_files.Asked(order_id, io.BytesIO(content)),
            keys=scheme.keys,
            now=scheme.now,
        )

    return together([send] * 2)


def test_one_file_sent_by_two_people_is_received_once(here: Here) -> None:
    answers = imported_twice(here)

    assert said(answers) == ["accepted"] * 2
    assert sorted(one.value.again for one in answers) == [False, True]
    assert len({one.value.record.id for one in answers}) == 1


def test_one_file_is_refused_to_one_of_two_where_nobody_waits(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere(monkeypatch, hold, no_hold)
    with meeting(2) as meet:
        after(monkeypatch, stock.same_file, meet)

        answers = imported_twice(here)

    assert said(answers) != ["accepted"] * 2


# ── A freeze ──────────────────────────────────────────────────────────────────────────────────────


def approved_while_frozen(
    here: Here, monkeypatch: pytest.MonkeyPatch, *, waits: float
) -> list[str]:
    """An order is approved while the programme freezes, which it waits for: who was first."""
    scheme, frozen, looked, order = here.scheme, Event(), Event(), list[str]()
    with here.database.transaction() as session:
        order_id = scheme.prepared_order(session, tens=1, fives=0)
    seen = programmes.open_freeze

    def look(session: Session, programme_id: UUID) -> object:
        found = seen(session, programme_id)
        if not looked.is_set():
            looked.set()
            frozen.wait(waits)
        return found

    everywhere(monkeypatch, programmes.open_freeze, look)

    def approve() -> None:
        with here.database.transaction() as session:
            orders.approve_order(
                session, actor=scheme.actors["coordinator2"], order_id=order_id, now=scheme.now
            )
            # Before others are let in: whoever has waited may go on sooner than we do.
            order.append("approved")

    def freeze() -> None:
        looked.wait(PATIENCE_SECONDS)
        with here.database.transaction() as session:
            freezes.freeze_programme(
                session,
                actor=scheme.actors["coordinator"],
                freeze_id=new_id(),
                programme_id=scheme.programme_id,
                reason="Liquidation judiciaire",
                now=scheme.now,
            )
            order.append("frozen")
        frozen.set()

    assert said(together([approve, freeze])) == ["accepted"] * 2
    with here.database.transaction() as session:
        freezes.lift_freeze(
            session,
            actor=scheme.actors["coordinator"],
            lift_id=new_id(),
            programme_id=scheme.programme_id,
            reason="Reprise",
            now=scheme.now,
        )
    return order


def test_a_freeze_waits_for_the_order_that_is_being_approved(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert approved_while_frozen(here, monkeypatch, waits=0.5) == ["approved", "frozen"]


def test_an_order_is_approved_after_the_freeze_where_nobody_waits(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere(monkeypatch, hold, no_hold)

    told = approved_while_frozen(here, monkeypatch, waits=PATIENCE_SECONDS)

    assert told == ["frozen", "approved"]
