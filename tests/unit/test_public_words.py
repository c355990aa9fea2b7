"""The languages of the public page, its map, and when a place is open."""

import re
from datetime import UTC, date, datetime

import pytest

from app.kernel.communes import COMMUNES, Point
from app.kernel.money import Cents
from app.mediators.hours import opens_in, standing, standing_said
from app.mediators.rules import OpeningHours
from app.printing.languages import FOLDER, MODEL, language, languages, read
from app.printing.looking import Look, Usable
from app.printing.public_pages import verdict
from app.web.maps import HEIGHT, WIDTH, drawn, spot

MONDAY_9 = datetime(2026, 11, 23, 9, tzinfo=UTC)
MORNING = OpeningHours(0, 8 * 60, 12 * 60)
TOMORROW = OpeningHours(1, 8 * 60 + 30, 12 * 60)


def parts(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


@pytest.mark.parametrize("code", sorted(path.stem for path in FOLDER.glob("*.toml")))
def test_a_catalogue_has_the_sentences_of_french_with_their_parts(code: str) -> None:
    model, said = read(MODEL), read(code)

    assert said.keys() == model.keys()
    assert all(parts(said[name]) <= parts(model[name]) for name in model if said[name])


def test_a_language_is_offered_once_its_catalogue_says_everything() -> None:
    assert list(languages()) == ["fr", "en"]
    assert language("gcf").code == language("xx").code == MODEL


def test_hours_are_told_from_the_moment_in_each_language() -> None:
    hours = (MORNING, TOMORROW)
    french, english = language("fr"), language("en")
    late = MONDAY_9.replace(hour=13)

    assert french.opening(standing(hours, MONDAY_9)) == "Ouvert maintenant, jusqu’à 12\u00a0h"
    assert french.opening(standing(hours, MONDAY_9.replace(hour=7))).startswith("Ouvre aujourd’hui")
    assert english.opening(standing(hours, late)) == "Tomorrow, from 8:30 to 12:00"
    assert french.opening(standing([MORNING], late)) == "Lundi, de 8\u00a0h à 12\u00a0h"
    assert french.opening(standing([], late)) == "Appelez pour savoir quand venir"
    assert standing_said(standing(hours, late), late) == "ouvre demain à 8\u00a0h\u00a030"
    assert french.week(hours)[1] == ("Mardi", "8\u00a0h\u00a030 à 12\u00a0h")
    assert (opens_in([MORNING], MONDAY_9), opens_in([], MONDAY_9)) == (0, None)
    assert opens_in([TOMORROW], MONDAY_9) == 23 * 60 + 30
    assert opens_in([MORNING], MONDAY_9.replace(hour=12)) == 7 * 24 * 60 - 4 * 60


def test_every_commune_is_on_the_map_and_near_places_share_a_mark() -> None:
    spots = [spot(one.centre) for one in COMMUNES]
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in spots)

    trinity = Point(14.74, -60.96)
    found = drawn([(1, trinity), (2, None), (3, trinity), (4, Point(48.8, 2.3))], None)

    assert found is not None
    assert [mark.label for mark in found.marks] == ["1·3"]
    assert found.outside == (4,)
    assert drawn([(1, None)], trinity) is None


@pytest.mark.parametrize("usable", Usable)
@pytest.mark.parametrize("size", [None, 10])
def test_each_state_is_a_calm_sentence_with_what_to_do(usable: Usable, size: int | None) -> None:
    day = date(2026, 3, 1)
    look = Look(usable, day, None if size else day, Cents(1000), day, 0 if size else None, size, ())

    said = verdict(look, language("fr"))

    assert said.words.startswith("Ce carnet" if size else "Ce pass")
    assert said.tone == TONES[usable]
    assert said.advice or usable is Usable.YES or (size and usable is Usable.USED)
    assert any("1er\u00a0mars 2026" in line for line in said.lines) is (
        usable is not Usable.NOT_YET and not (size and usable is Usable.USED)
    )
    assert verdict(None, language("en")).words == "No pass has this code"


TONES = {
    Usable.YES: "",
    Usable.USED: "done",
    Usable.OVER: "warn",
    Usable.NOT_YET: "warn",
    Usable.BLOCKED: "bad",
}
