"""The guides, read from docs/guide: one source for whoever reads the repository or « Aide ».

A guide is trusted no more than a page: HTML in it is shown as text, never as markup, and a link
leads inside the application. Pictures are made by tests and stay outside: they are left out here.
"""

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from app.identity.rules import Role
from app.web.format import typeset

FOLDER = Path(__file__).parents[2] / "docs" / "guide"

NAMES = {
    Role.COORDINATOR: "coordination",
    Role.FINANCE: "finances",
    Role.ACCOUNTANT: "comptable",
    Role.PRESCRIBER: "prescripteur",
    Role.MEDIATOR: "mediateur",
    Role.AUDITOR: "controle",
    Role.ADMINISTRATOR: "administration",
}
"""The guide of each role, by the name of its file."""


LINK = re.compile(r'<a href="(/[^"]*)">(.*?)</a>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Section:
    """One job, step by step."""

    anchor: str
    title: str
    body: Markup


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a guide shows: the file, and the page that it is taken of."""

    file: str
    path: str


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide as « Aide » shows it."""

    title: str
    lead: Markup
    sections: tuple[Section, ...]
    links: tuple[str, ...]
    """The pages that it names, by their paths."""
    pictures: tuple[Picture, ...]

    def under(self, root: str) -> "Guide":
        """The same where the pages that it names begin with something more."""
        return self._with(lambda html: html.replace('href="/', f'href="{root}/'))

    def leading_to(self, pages: Collection[str]) -> "Guide":
        """The same, where only these pages are led to: the names of others are mere words."""
        return self._with(
            lambda html: LINK.sub(lambda found: found[0] if found[1] in pages else found[2], html)
        )

    def _with(self, led: Callable[[str], str]) -> "Guide":
        def body(before: Markup) -> Markup:
            # What the renderer escaped stays so: only our own paths are changed or left out.
            return Markup(led(str(before)))  # noqa: S704 - see above

        sections = tuple(replace(one, body=body(one.body)) for one in self.sections)
        return replace(self, lead=body(self.lead), sections=sections)


@cache
def guide(name: str) -> Guide:
    """The guide of that name."""
    return read((FOLDER / f"{name}.md").read_text(encoding="utf-8"))


def read(source: str) -> Guide:
    """A guide from its Markdown: a title, what it is for, then a section for each job."""
    md = MarkdownIt("commonmark", {"html": False})
    tokens = md.parse(source)
    links, pictures = list[str](), list[Picture]()
    for token in tokens:
        _set(token, links, pictures)
    tokens = _without_empty_paragraphs(tokens)
    starts = [
        place
        for place, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag == "h2"
    ]

    def html(part: list[Token]) -> Markup:
        return Markup(md.renderer.render(part, md.options, {}))  # noqa: S704 - the renderer escapes

    sections = tuple(
        Section(anchor(title), title, html(tokens[start + 3 : end]))
        for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True)
        for title in [_plain(tokens[start + 1])]
    )
    return Guide(
        title=_plain(tokens[1]),
        lead=html(tokens[3 : starts[0] if starts else len(tokens)]),
        sections=sections,
        links=tuple(links),
        pictures=tuple(pictures),
    )


def anchor(title: str) -> str:
    """A title as the end of an address: « Payer un bordereau » is payer-un-bordereau."""
    plain = (
        unicodedata.normalize("NFKD", title.lower().replace("’", " "))
        .encode("ascii", "ignore")
        .decode()
    )
    return "-".join(re.findall("[a-z0-9]+", plain))


def _plain(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


def _set(token: Token, links: list[str], pictures: list[Picture]) -> None:
    """Typeset the words of a block, note where its links lead, and take its pictures out."""
    kept = list[Token]()
    for child in token.children or ():
        if child.type == "text":
            child.content = typeset(child.content)
        if child.type == "link_open":
            links.append(str(child.attrs["href"]))
        if child.type == "image":
            source, page = str(child.attrs["src"]), str(child.attrs.get("title", ""))
            pictures.append(Picture(source.rpartition("/")[2], page))
            continue
        kept.append(child)
    if token.children is not None:
        token.children = kept


def _without_empty_paragraphs(tokens: list[Token]) -> list[Token]:
    """What held only a picture leaves nothing behind."""
    empty = {
        place
        for at, token in enumerate(tokens)
        if token.type == "inline" and not token.children
        for place in (at - 1, at, at + 1)
    }
    return [token for place, token in enumerate(tokens) if place not in empty]
