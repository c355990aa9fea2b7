"""Every request from two connections at the same moment: one record, one answer for both.

Then the lock that makes the second wait is taken away, and both look before either writes.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from app.database.connections import Database
from app.database.locks import earlier, hold
from app.identity import passwords
from app.ledger import verify
from tests.beginnings import begin
from tests.beginnings import lived as chain_lived
from tests.databases import Databases
from tests.race.together import after, everywhere, in_transactions, meeting, no_hold, said
from tests.service.chain import Chain, everything
from tests.service.steps import STEPS
from tests.service.test_same_request_twice import REPEATABLE, content

passwords.make_cheap()

Life = tuple[Database, Chain]
WITH_AN_ID_OF_ITS_OWN = [
    "register_organisation",
    "prepare_order",
    "record_mandate",
    "cancel_mandate",
    "record_delivery",
    "activate_delivery",
    "allocate_booklets",
    "issue_booklets",
    "order_payment",
    "record_payment",
]
LATER_LIVES = {
    "send_order": 1,
    "record_siret": 1,
    "cancel_consignment": 1,
    "set_aside_sheet": 1,
    "transfer_booklets": 1,
    "issue_booklets": 2,
    "activate_delivery": 1,
    "prepare_write_off": 1,
    "approve_write_off": 2,
    "refuse_bank_details": 1,
}
"""Requests that want the very thing that another request here uses up, and the life they get."""


@pytest.fixture
def begun(databases: Databases, tmp_path: Path) -> Iterator[tuple[str, Chain]]:
    """A database of this test's own, in which something rests at every stage."""
    url, chain = begin(databases, "postgresql", tmp_path, chain_lived)
    yield url, chain
    databases.drop(url)


@pytest.fixture
def lived(begun: tuple[str, Chain]) -> Chain:
    """What rests there."""
    return begun[1]


@pytest.fixture(scope="module")
def lives(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[int], Life]]:
    """The same for all twins of this module, made when first asked for.

    In one life each request uses something up of its own.
    """
    made: dict[int, tuple[str, Life]] = {}

    def life(number: int) -> Life:
        if number not in made:
            folder = tmp_path_factory.mktemp("twins")
            url, chain = begin(databases, "postgresql", folder, chain_lived)
            made[number] = url, (Database(url, pool_size=4), chain)
        return made[number][1]

    yield life
    for url, (database, _) in made.values():
        database.close()
        databases.drop(url)


@pytest.mark.parametrize("name", REPEATABLE)
def test_twins_of_a_request_are_one_record_and_one_answer(
    lives: Callable[[int], Life], name: str
) -> None:
    database, chain = lives(LATER_LIVES.get(name, 0))
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


def test_twins_of_an_account_are_one_account(lives: Callable[[int], Life]) -> None:
    database, chain = lives(0)

    answers = in_transactions(database, [partial(STEPS["create_agent"].run, chain=chain)] * 2)

    assert said(answers) == ["accepted", "email_taken"]


# Each act takes the same hold by the same function: every fourth shows what it is for.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.deep] if place % 4 else [])
        for place, name in enumerate(WITH_AN_ID_OF_ITS_OWN)
    ],
)
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
