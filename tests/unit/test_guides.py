"""The guides: what they name exists, and what they are read by invents no markup."""

import re
from pathlib import Path

import pytest

from app.guides import reading
from app.identity.rules import Role

APP = Path(reading.__file__).parents[1]
LONGEST = 120


def plain(text: str) -> str:
    """Words as a person reads them, on one line."""
    for space in ("&nbsp;", "~", "\\u00a0", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"):
        text = text.replace(space, " ")
    return " ".join(text.split())


@pytest.fixture(scope="module")
def written() -> str:
    """Everything that pages may say."""
    files = [*APP.rglob("*.html"), *APP.rglob("*.py")]
    return plain("\n".join(file.read_text("utf-8") for file in files))


@pytest.mark.parametrize("name", reading.NAMES.values())
def test_a_guide_speaks_with_the_words_of_the_pages(name: str, written: str) -> None:
    source = (reading.FOLDER / f"{name}.md").read_text("utf-8")

    for words in re.findall(r"« (.+?) »", source):
        assert words in written, words
    assert len(source.splitlines()) < LONGEST


def test_every_role_has_its_guide_and_each_job_its_own_anchor() -> None:
    assert set(reading.NAMES) == set(Role)
    for name in reading.NAMES.values():
        guide = reading.guide(name)
        anchors = [section.anchor for section in guide.sections]
        assert len(anchors) == len(set(anchors)) > 3
        assert guide.links
        assert guide.pictures
        assert all(picture.path.startswith("/") for picture in guide.pictures)


def test_a_guide_shows_markup_as_text_and_follows_no_script() -> None:
    guide = reading.read(
        "# Titre\n\nAvant <b onclick='x'>gras</b> [ici](javascript:alert(1)).\n\n"
        '## Payer : quand ?\n\nUn pass : 10 €.\n\n![vue](../../build/guide/vue.png "/pass")\n'
    )

    assert "<b" not in guide.lead
    assert "<a" not in guide.lead
    [section] = guide.sections
    assert (section.anchor, section.title) == ("payer-quand", "Payer\u00a0: quand\u00a0?")
    assert section.body == "<p>Un pass\u00a0: 10\u00a0€.</p>\n"
    assert guide.pictures == (reading.Picture("vue.png", "/pass"),)
