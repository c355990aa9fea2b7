"""Reading a page as a browser does, with the standard library: elements, texts, references."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
DRAWN = frozenset({"circle", "path", "rect"})


@dataclass
class Element:
    """A tag with its attributes, its own text and what it contains."""

    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    children: list["Element | str"] = field(default_factory=list)

    def walk(self) -> Iterator["Element"]:
        """This element and all below it, in the order of the page."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, *tags: str) -> list["Element"]:
        """Everything below of these tags."""
        return [element for element in self.walk() if element.tag in tags]

    def one(self, tag: str) -> "Element":
        """The only element of that tag."""
        (found,) = self.all(tag)
        return found

    @property
    def text(self) -> str:
        """All the text inside, with spaces as a browser would show them."""
        return " ".join(self._raw_text().split(" ")).strip()

    def _raw_text(self) -> str:
        pieces = (
            child if isinstance(child, str) else child._raw_text()  # noqa: SLF001 - of its own kind
            for child in self.children
        )
        return "".join(pieces).replace("\n", " ")

    @property
    def classes(self) -> list[str]:
        """The words of its class attribute."""
        return self.attributes.get("class", "").split()

    def inside(self, tag: str) -> bool:
        """Whether an element of that tag contains it."""
        return self.parent is not None and (self.parent.tag == tag or self.parent.inside(tag))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("document", {})
        self.at = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in DRAWN | VOID, f"<{tag}/> closes nothing in HTML"
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def read(html: str) -> Element:
    """The page as a tree; a tag that is not closed where it should be fails the test."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.at is reader.root, f"<{reader.at.tag}> is never closed"
    return reader.root
