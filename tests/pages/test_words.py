"""One table of words for all pages, and nothing of the chart without words."""

import pytest

from app.ledger.chart import TRANSITIONS, AccountKind, MovementKind
from app.reports.told import StoryStep
from app.web import words
from app.web.icons import PATHS
from tests.pages import samples

NAMES = {"giver": "A", "receiver": "B", "holder": "C", "recipient": "D", "valid_until": "E"}


def step(kind: str, start: str, end: str, undone: str | None = None) -> StoryStep:
    return StoryStep(
        act=kind,
        movement_id=1,
        occurred_at=samples.NOW,
        recorded_at=samples.NOW,
        from_kind=start,
        to_kind=end,
        giver="A",
        receiver="B",
        undone_act=undone,
    )


def test_every_state_of_a_pass_has_words() -> None:
    assert set(words.STATES) == set(AccountKind)
    for state in words.STATES.values():
        assert state.place.format(**NAMES)
        assert state.then.format(**NAMES)


def test_every_stage_where_passes_rest_has_words() -> None:
    elsewhere = {"on_order", "undelivered"}
    assert set(words.STAGES) == set(AccountKind) - {AccountKind.ISSUER} | elsewhere


@pytest.mark.parametrize(
    "move", sorted(TRANSITIONS - {m for m in TRANSITIONS if m[0] == "reverse"})
)
def test_every_move_of_the_chart_has_words(move: tuple[str, str, str]) -> None:
    act = words.act_of(step(*move))

    assert act.title
    assert act.who.format(**NAMES).count("{") == 0
    assert act.icon in PATHS


@pytest.mark.parametrize("move", sorted(m for m in TRANSITIONS if m[0] == MovementKind.REVERSE))
def test_every_move_that_can_be_undone_has_words_for_it(move: tuple[str, str, str]) -> None:
    mirrored = {m[0] for m in TRANSITIONS if m[1:] == (move[2], move[1])}
    [undone] = mirrored & words.UNDOINGS.keys()

    act = words.act_of(step(*move, undone=undone))

    assert act.title
    assert act.who.format(**NAMES).count("{") == 0
    assert act.icon in PATHS


def test_the_two_ends_of_a_return_are_told_apart() -> None:
    sent = words.act_of(step("return", "prescriber", "transit"))
    counted = words.act_of(step("return", "transit", "stock"))

    assert sent.title != counted.title


def test_an_error_without_words_of_its_own_is_called_by_its_family() -> None:
    assert words.refusal_of(404).title == "Cette page n’existe pas"
    assert words.refusal_of(418) is words.REFUSALS[400]
    assert words.refusal_of(507) is words.REFUSALS[500]
