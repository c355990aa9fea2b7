"""« Aide »: one table of short texts, each in use; and from each page to its part of a guide."""

import re
from typing import TYPE_CHECKING

import pytest

from app.clearing.payer_words import WORDS
from app.factory import RIGHT_OF_DOOR
from app.guides import reading
from app.identity.rules import RIGHTS, Role
from app.programmes.forms import QUESTIONS
from app.web import assets
from app.web.help import HELP, SECTIONS, help_about

if TYPE_CHECKING:
    from pathlib import Path

USE = re.compile(r'about="(\w+)"|help\("(\w+)"\)')
APP = assets.WEB.parent


def used() -> set[str]:
    """The keys that pages and the tables of their fields name."""
    files: list[Path] = [*assets.WEB.rglob("*.html"), *APP.glob("*/forms.py")]
    found = (USE.findall(file.read_text(encoding="utf-8")) for file in files)
    return (
        {key for pairs in found for pair in pairs for key in pair if key}
        | {question.about for question in QUESTIONS.values() if question.about}
        | {words.batch_help for words in WORDS.values()}
    )


def test_each_key_that_a_page_names_has_its_text_and_no_text_is_left_over() -> None:
    assert used() == set(HELP)
    with pytest.raises(KeyError):
        help_about("nothing of the kind")


@pytest.mark.parametrize("key", HELP)
def test_a_text_is_short_french_and_set(key: str) -> None:
    said = HELP[key]

    assert said.title.endswith(" ?")
    assert said.text.endswith(".")
    assert 40 <= len(said.text) <= 330
    assert not said.example.endswith(".")
    for words in (said.title, said.text, said.example):
        assert "'" not in words
        assert '"' not in words
        assert not re.search(r"\w[:;!?»%€]|«\w|  ", words)
        # A number keeps together; those of passes have their own spaces.
        assert not re.search(r"\d \d", re.sub(r"\d\d[A-Z] \d{5}( \d\d \d\d)?", "", words))


def test_each_page_leads_to_a_section_of_its_readers_guide() -> None:
    for role in Role:
        anchors = {one.anchor for one in reading.guide(reading.NAMES[role]).sections}
        doors = {door for door, right in RIGHT_OF_DOOR.items() if right in RIGHTS[role]}
        assert set(SECTIONS[role].values()) <= anchors, role
        assert SECTIONS[role].keys() <= doors | {"mine"}, role
