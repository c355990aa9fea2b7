"""Every request from two connections at the same moment: one record, one answer for both.

Then the lock that makes the second wait is taken away, and both look before either writes.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.database import Database, earlier, hold
from app.identity import passwords
from app.ledger import verify
from tests.databases import Databases
from tests.race.together import after, everywhere, in_transactions, meeting, no_hold, said
from tests.service.chain import Chain, everything
from tests.service.steps import STEPS
from tests.service.test_same_request_twice import REPEATABLE, content

passwords.make_cheap()
WITH_AN_ID_OF_ITS_OWN = [
    "register_organisation",
    "prepare_order",
    "record_mandate",
    "record_delivery",
    "activate_delivery",
    "allocate_booklets",
    "issue_booklets",
    "order_payment",
    "record_payment",
]


@pytest.fixture
def lived(database: Database, tmp_path: Path) -> Chain:
    """Something at every stage, in a database of this test's own."""
    return Chain.lived(database, tmp_path)


@pytest.fixture(scope="module")
def shared(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, Chain]]:
    """The same for all twins of this module: each request uses something up of its own."""
    url = databases.clone("postgresql")
    database = Database(url, pool_size=4)
    yield database, Chain.lived(database, tmp_path_factory.mktemp("twins"))
    database.close()
    databases.drop(url)


@pytest.mark.parametrize("name", REPEATABLE)
def test_twins_of_a_request_are_one_record_and_one_answer(
    shared: tuple[Database, Chain], name: str
) -> None:
    database, chain = shared
    step, request = STEPS[name], STEPS[name].request(chain)

    answers = in_transactions(database, [lambda s: step.run(s, chain, **request)] * 2)

    assert said(answers) == ["accepted"] * 2
    first, second = (content(answer.value) for answer in answers)
    assert first == second
    with database.transaction() as session:
        before = everything(session)
        step.run(session, chain, **request)
        assert everything(session) == before
        assert verify(session).honest


def test_twins_of_an_account_are_one_account(shared: tuple[Database, Chain]) -> None:
    database, chain = shared

    answers = in_transactions(database, [partial(STEPS["create_agent"].run, chain=chain)] * 2)

    assert said(answers) == ["accepted", "email_taken"]


@pytest.mark.parametrize("name", WITH_AN_ID_OF_ITS_OWN)
def test_a_twin_gets_no_answer_where_nobody_waits(
    database: Database, lived: Chain, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    step, request = STEPS[name], STEPS[name].request(lived)
    everywhere(monkeypatch, hold, no_hold)
    with meeting(2) as meet:
        after(monkeypatch, earlier, meet)

        answers = in_transactions(database, [lambda s: step.run(s, lived, **request)] * 2)

    assert said(answers) != ["accepted"] * 2
    with database.transaction() as session:
        assert verify(session).honest, "the ledger itself held all the same"
