"""Long work is asked for once, done once, and says how it ended, whoever is killed on the way."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.clearing import background, queries
from app.database.connections import Database
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from app.works import service as works
from app.works.doing import BROKEN, Doer, Task, do_next
from app.works.errors import UnknownWork
from app.works.models import WorkInput
from app.works.rules import MOST_ATTEMPTS, SILENCE, Progress, Result, WorkKind
from app.works.service import WorkState
from app.works.shelf import Shelf
from tests.factories import Scheme
from tests.service.test_clearing import redeemed

SECRET = bytes(32)
NOWHERE = Path("/nowhere")


def ask(
    database: Database, scheme: Scheme, kind: WorkKind = WorkKind.CLEARING_RUN, content: bytes = b""
) -> UUID:
    """The finance department asks for a clearing of everything that waits."""
    with database.transaction() as session:
        return works.ask(
            session,
            actor=scheme.actors["finance"],
            work_id=new_id(),
            kind=kind,
            asked=background.asked_of(scheme.programme_id, martinique_day(scheme.later)),
            content=content,
            secret_key=SECRET,
            now=scheme.later,
        ).id


def do(database: Database, doer: Doer, at: datetime) -> bool:
    """Somebody looks for work."""
    return do_next(
        database,
        doers=dict.fromkeys(WorkKind, doer),
        secret_key=SECRET,
        shelf=Shelf(NOWHERE),
        clock=lambda: at,
    )


def seen(database: Database, scheme: Scheme, work_id: UUID, who: str = "finance") -> WorkState:
    with database.transaction(writing=False) as session:
        return works.standing(session, actor=scheme.actors[who], work_id=work_id, now=scheme.later)


def test_a_long_run_is_done_once_and_leads_to_its_drafts(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=3, carecof=2)
    work_id = ask(database, scheme)
    assert seen(database, scheme, work_id).end is None

    assert do(database, background.clear, scheme.later)
    assert not do(database, background.clear, scheme.later + 2 * SILENCE)

    end = seen(database, scheme, work_id).end
    assert end is not None
    assert end.endpoint == "statement_pages.listed"
    assert "2 projets de bordereau" in end.sentence
    with database.transaction(writing=False) as session:
        assert len(queries.statements_of(session, work_id)) == 2


def test_what_is_refused_ends_the_work_with_its_sentence(
    database: Database, scheme: Scheme
) -> None:
    work_id = ask(database, scheme)

    do(database, background.clear, scheme.later)

    end = seen(database, scheme, work_id).end
    assert end is not None
    assert end.refusal_code == "nothing_to_clear"
    assert end.endpoint is None


def test_another_doer_begins_again_after_a_silence_and_gives_up_in_the_end(
    database: Database, scheme: Scheme
) -> None:
    attempts = []

    def killed(task: Task) -> Result:
        attempts.append(task.id)
        raise RuntimeError

    work_id, at = ask(database, scheme), scheme.later
    for _ in range(MOST_ATTEMPTS + 2):
        do(database, killed, at)
        do(database, killed, at + timedelta(seconds=1))
        at += SILENCE + timedelta(seconds=1)

    end = seen(database, scheme, work_id).end
    assert attempts == [work_id] * MOST_ATTEMPTS
    assert end is not None
    assert end.refusal_code == BROKEN


def test_whoever_asked_sees_how_far_it_is_and_nobody_else(
    database: Database, scheme: Scheme
) -> None:
    said: list[Progress | None] = []
    work_id = ask(database, scheme)

    def slow(task: Task) -> Result:
        task.told(Progress("Médiateurs", 1, 4))
        said.append(seen(database, scheme, work_id).progress)
        return Result("C’est fait.", "statement_pages.listed", {})

    do(database, slow, scheme.later)

    assert said == [Progress("Médiateurs", 1, 4)]
    with pytest.raises(UnknownWork):
        seen(database, scheme, work_id, who="coordinator")


def test_the_file_is_sealed_while_it_waits_and_gone_when_it_is_read(
    database: Database, scheme: Scheme
) -> None:
    read: list[bytes] = []
    ask(database, scheme, WorkKind.SERIAL_FILE, b"26A 00001 01;SECRETCODE")

    def reads(task: Task) -> Result:
        read.append(task.content)
        return Result("Lu.", "orders_pages.listed", {})

    with database.transaction(writing=False) as session:
        kept = session.scalars(select(WorkInput)).one()
        assert b"SECRETCODE" not in kept.sealed
    do(database, reads, scheme.later)

    assert read == [b"26A 00001 01;SECRETCODE"]
    with database.transaction(writing=False) as session:
        assert session.scalars(select(WorkInput)).all() == []


def test_a_file_that_the_changed_key_does_not_open_holds_up_no_other_work(
    database: Database, scheme: Scheme
) -> None:
    lost = ask(database, scheme, WorkKind.SERIAL_FILE, b"26A 00001 01;SECRETCODE")
    next_one = ask(database, scheme)

    def look(at: datetime) -> bool:
        return do_next(
            database,
            doers=dict.fromkeys(WorkKind, lambda _: Result("Fait.", "orders_pages.listed", {})),
            secret_key=b"\1" * 32,
            shelf=Shelf(NOWHERE),
            clock=lambda: at,
        )

    at = scheme.later
    for _ in range(MOST_ATTEMPTS + 1):
        while look(at):
            pass
        at += SILENCE + timedelta(seconds=1)

    done, given_up = seen(database, scheme, next_one).end, seen(database, scheme, lost).end
    assert done is not None
    assert done.sentence == "Fait."
    assert given_up is not None
    assert given_up.refusal_code == BROKEN
