"""The structure of a document, for screen readers: written into the PDF once it is drawn."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from app.papers.measures import MM


@dataclass(eq=False, slots=True)
class Node:
    """An element: a heading, a paragraph, a cell. A leaf's children are (page, mark) pairs."""

    tag: str
    attributes: dict[str, Any] = field(default_factory=dict)
    kids: list["Node | tuple[int, int]"] = field(default_factory=list)


def with_structure(drawn: bytes, title: str, root: Node, marks: list[list[Node]]) -> bytes:
    """The document with its structure tree, its language and its title; same input, same bytes."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(drawn)) as pdf:
        pages = [page.obj for page in pdf.pages]
        _Tree(pdf, pages).write(root, marks)
        pdf.Root.MarkInfo = Dictionary(Marked=True)
        pdf.Root.Lang = String("fr-FR")
        pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        with pdf.open_metadata(set_pikepdf_as_editor=False) as meta:
            meta["dc:title"] = title
            meta["dc:language"] = ["fr-FR"]
            meta["pdfuaid:part"] = "1"
        pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


class _Tree:
    """The elements of one document as PDF objects."""

    def __init__(self, pdf: pikepdf.Pdf, pages: Sequence[pikepdf.Object]) -> None:
        self.pdf, self.pages = pdf, pages
        self.made: dict[int, pikepdf.Object] = {}

    def write(self, root: Node, marks: list[list[Node]]) -> None:
        tree = self.pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        document = self.element(root, tree)
        document.Lang = String("fr-FR")
        tree.K = document
        numbers: list[Any] = []
        for place, (page, drawn) in enumerate(zip(self.pages, marks, strict=False)):
            page.StructParents = place
            page.Tabs = Name.S
            parents = Array([self.made[id(node)] for node in drawn])
            numbers += [place, self.pdf.make_indirect(parents)]
        tree.ParentTree = self.pdf.make_indirect(Dictionary(Nums=Array(numbers)))
        tree.ParentTreeNextKey = len(self.pages)
        self.pdf.Root.StructTreeRoot = tree

    def element(self, node: Node, parent: pikepdf.Object) -> pikepdf.Object:
        made = self.pdf.make_indirect(
            Dictionary(Type=Name.StructElem, S=Name("/" + node.tag), P=parent)
        )
        self.made[id(node)] = made
        if "alt" in node.attributes:
            made.Alt = String(node.attributes["alt"])
        if (described := _described(node.attributes)) is not None:
            made.A = described
        made.K = Array(
            [
                self.element(kid, made)
                if isinstance(kid, Node)
                else Dictionary(Type=Name.MCR, Pg=self.pages[kid[0]], MCID=kid[1])
                for kid in node.kids
            ]
        )
        return made


def _described(attributes: dict[str, Any]) -> Dictionary | None:
    if "bbox" in attributes:
        box = Array([round(side * MM, 2) for side in attributes["bbox"]])
        return Dictionary(O=Name.Layout, Placement=Name.Block, BBox=box)
    if "scope" in attributes:
        scope, span = Name("/" + attributes["scope"]), attributes.get("span", 1)
        return Dictionary(O=Name.Table, Scope=scope, ColSpan=span)
    if "numbering" in attributes:
        return Dictionary(O=Name.List, ListNumbering=Name("/" + attributes["numbering"]))
    return None
