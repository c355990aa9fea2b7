"""Sending anything twice does it once; another body under the same id is refused."""

import pytest
from sqlalchemy import inspect

from app.clearing.redemptions import Verdict
from app.database import Model
from tests.service.chain import everything
from tests.service.conftest import World
from tests.service.steps import STEPS

REPEATABLE = [name for name in STEPS if name != "create_agent"]
WITH_ANOTHER_BODY = [name for name in STEPS if STEPS[name].other]


def content(answer: object) -> dict[str, object]:
    """What an answer says, column by column."""
    if isinstance(answer, Verdict):
        return {"undone": answer.undone, "refusal": answer.refusal, **content(answer.redemption)}
    assert isinstance(answer, Model)
    return {c.key: getattr(answer, c.key) for c in inspect(type(answer)).columns}


@pytest.mark.parametrize("name", REPEATABLE)
def test_the_same_request_twice_is_done_once_and_answered_alike(world: World, name: str) -> None:
    step, request = STEPS[name], STEPS[name].request(world.chain)
    first = content(step.run(world.session, world.chain, **request))
    world.session.flush()
    before = everything(world.session)
    world.session.expunge_all()

    again = content(step.run(world.session, world.chain, **request))

    assert again == first
    assert everything(world.session) == before


@pytest.mark.parametrize("name", WITH_ANOTHER_BODY)
def test_another_body_under_the_same_id_is_refused(world: World, name: str) -> None:
    step, request = STEPS[name], STEPS[name].request(world.chain)
    step.run(world.session, world.chain, **request)
    before = everything(world.session)
    other = {**request, **(step.other(world.chain) if step.other else {})}

    with pytest.raises(step.otherwise):
        step.run(world.session, world.chain, **other)

    assert everything(world.session) == before


@pytest.mark.parametrize("name", STEPS)
def test_a_request_that_was_cut_leaves_nothing_and_can_be_sent_again(
    world: World, name: str
) -> None:
    step, request = STEPS[name], STEPS[name].request(world.chain)
    before = everything(world.session)
    cut = world.session.begin_nested()
    step.run(world.session, world.chain, **request)
    assert everything(world.session) != before, "a step changes something"

    cut.rollback()
    world.session.expunge_all()

    assert everything(world.session) == before
    step.run(world.session, world.chain, **request)
