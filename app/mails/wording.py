"""What letters say: templates in French, as plain text and as a page of the same words.

A template begins with its subject, then has paragraphs apart by an empty line. The line `{lien}`
stands for the link, which becomes a button in the page and a bare address in the text.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.kernel.text import de
from app.mails.rules import MailKind
from app.papers.french import typeset

PLACE_OF_LINK = "{lien}"
FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Letter:
    """A subject, and paragraphs of which one may be the place of the link."""

    subject: str
    body: str


@cache
def _text() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - plain text
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["de"] = de
    return environment


@cache
def _page() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def written(kind: MailKind, **values: object) -> Letter:
    """The letter of that kind, with these values."""
    text = _text().get_template(f"{kind}.txt").render(values)
    subject, _, body = typeset(text.strip()).partition("\n\n")
    return Letter(" ".join(subject.split("\n")), body.strip())


def as_text(body: str, link: str | None) -> str:
    """The letter as it is sent in plain text."""
    return body.replace(PLACE_OF_LINK, link or "") + "\n"


def paragraphs_of(body: str) -> tuple[str, ...]:
    """The paragraphs of a letter, each on one line; spaces that do not break stay."""
    return tuple(" ".join(part.strip().split("\n")) for part in body.split("\n\n"))


def as_page(subject: str, body: str, link: str | None) -> str:
    """The same words as a page: one column, large enough, nothing loaded from anywhere."""
    return (
        _page()
        .get_template("page.html")
        .render(
            subject=subject, paragraphs=paragraphs_of(body), place_of_link=PLACE_OF_LINK, link=link
        )
    )
