"""A sheet of paper to draw on, in millimetres, that can tag what it draws for screen readers.

`text` and `para` refuse to overflow: a place too small for our words is a failed test. What people
type is `shortened` to its line or `clipped` to its lines first: any name makes a paper.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from app.papers import qr
from app.papers.fonts import load_fonts, width, writable
from app.papers.measures import A4, FAINT, GREY, INK, MM, NBSP, RULE, TEAL, WHITE, DoesNotFit
from app.papers.tags import Node, with_structure

# Binary streams: ASCII85 costs a quarter of the file and of the time.
rl_config.useA85 = 0

SPECIMEN = "SPÉCIMEN"
SPECIMEN_NOTE = (
    f"{SPECIMEN}{NBSP}: document de démonstration, sans valeur. "
    "Les personnes, adresses, horaires et numéros sont fictifs."
)
ALIGNED = {"l": 0.0, "c": 0.5, "r": 1.0}
LEADING = 1.32
_STRONG, _PLAIN = "\x02", "\x03"

Piece = tuple[str, str]
"""A face and the words set in it."""


def strong(text: str) -> str:
    """Words that `para` sets in bold; no name that people type can hold the marks."""
    return f"{_STRONG}{text}{_PLAIN}"


class Sheet:
    """The pages of one document.

    `specimen` says whether the database is a demonstration: SPÉCIMEN then lies across each page,
    with a note. Inside `elem` and `leaf` everything drawn belongs to that element; what is inside
    `artifact` is decoration and is not read aloud.
    """

    def __init__(
        self,
        title: str,
        *,
        specimen: bool,
        author: str,
        subject: str = "",
        size: tuple[float, float] = A4,
        tagged: bool = True,
        note: bool = True,
    ) -> None:
        load_fonts()
        self.title, self.size, self.tagged = title, size, tagged
        self.specimen, self._note = specimen, note
        self._out = io.BytesIO()
        self.canvas: Any = Canvas(
            self._out,
            pagesize=(size[0] * MM, size[1] * MM),
            pageCompression=1,
            initialFontName="R",
            invariant=1,
            lang="fr-FR",
        )
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)
        self.canvas.setSubject(subject or title)
        self.canvas.setCreator("passnum")
        self._root = Node("Document")
        self._stack = [self._root]
        self._inside = self._silent = False
        self.page = 1
        self._marks: list[list[Node]] = [[]]
        self._open_page()

    def next_page(self) -> None:
        """End this page and begin another."""
        self.canvas.showPage()
        self.page += 1
        self._marks.append([])
        self._open_page()

    def finish(self) -> bytes:
        """The whole document; the same drawing gives the same bytes."""
        self.canvas.showPage()
        self.canvas.save()
        drawn = self._out.getvalue()
        return with_structure(drawn, self.title, self._root, self._marks) if self.tagged else drawn

    # Structure.

    @contextmanager
    def elem(self, tag: str, **attributes: Any) -> Iterator[None]:  # noqa: ANN401 - each element has its own
        """An element that holds others: Sect, L, LI, Table, TR."""
        if self._silent:  # inside an artifact there is nothing to read
            yield
            return
        node = Node(tag, attributes)
        self._stack[-1].kids.append(node)
        self._stack.append(node)
        yield
        self._stack.pop()

    @contextmanager
    def leaf(self, tag: str, **attributes: Any) -> Iterator[None]:  # noqa: ANN401 - each element has its own
        """An element that holds words: H1, H2, P, TH, TD, Lbl, LBody, Figure."""
        with self.elem(tag, **attributes), self._marked():
            yield

    @contextmanager
    def artifact(self, kind: str = "Layout") -> Iterator[None]:
        """Decoration (« Layout »), or heads and feet that repeat (« Pagination »)."""
        if not self.tagged or self._inside:
            yield
            return
        self._say(f"/Artifact <</Type /{kind}>> BDC")
        self._inside = self._silent = True
        yield
        self._inside = self._silent = False
        self._say("EMC")

    @contextmanager
    def form(self, name: str) -> Iterator[None]:
        """Something drawn once and shown on several pages by `canvas.doForm(name)`."""
        wide, high = self.size
        self.canvas.beginForm(name, 0, 0, wide * MM, high * MM)
        before, self._inside, self._silent = (self._inside, self._silent), True, True
        yield
        self._inside, self._silent = before
        self.canvas.endForm()

    @contextmanager
    def _marked(self) -> Iterator[None]:
        if not self.tagged or self._inside:
            yield
            return
        marks, node = self._marks[-1], self._stack[-1]
        node.kids.append((self.page - 1, len(marks)))
        self._say(f"/{node.tag} <</MCID {len(marks)}>> BDC")
        marks.append(node)
        self._inside = True
        yield
        self._inside = False
        self._say("EMC")

    # Words.

    def text(
        self,
        x: float,
        y: float,
        words: str,
        font: str = "R",
        size: float = 9.0,
        *,
        align: str = "l",
        color: Color = INK,
        fit: float | None = None,
        spread: float = 0.0,
    ) -> float:
        """One line, its left end, middle or right end at x; returns its width.

        Raises:
            DoesNotFit: it is longer than `fit`.
        """
        words = writable(words)
        wide = width(words, font, size)
        if fit is not None and wide > fit + 0.01:
            message = f"{wide:.1f} mm of words, {fit:.1f} mm of place: {words!r}"
            raise DoesNotFit(message)
        with self._marked():
            self.canvas.setFillColor(color)
            self.canvas.setFont(font, size)
            start = x - wide * ALIGNED[align]
            self.canvas.drawString(start * MM, y * MM, words, charSpace=spread)
        return wide

    def para(
        self,
        x: float,
        y: float,
        wide: float,
        words: str,
        size: float = 10.0,
        lead: float | None = None,
        *,
        font: str = "R",
        bold: str = "B",
        color: Color = INK,
        most: int | None = None,
    ) -> float:
        """A paragraph whose first baseline is y; returns the next baseline.

        Lines break at spaces; a single word longer than the line is cut.

        Raises:
            DoesNotFit: it takes more than `most` lines.
        """
        lead = lead or size * LEADING / MM
        rows = wrapped(words, wide, size, font=font, bold=bold)
        if most is not None and len(rows) > most:
            message = f"{len(rows)} lines, {most} of place: {words!r}"
            raise DoesNotFit(message)
        with self._marked():
            self.canvas.setFillColor(color)
            for row in rows:
                here = x
                for face, piece in row:
                    self.canvas.setFont(face, size)
                    self.canvas.drawString(here * MM, y * MM, piece)
                    here += width(piece, face, size)
                y -= lead
        return y

    # Shapes.

    def rect(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        *,
        fill: Color | None = None,
        stroke: Color | None = None,
        line: float = 0.6,
    ) -> None:
        """A box from its lower left corner."""
        with self.artifact():
            if fill is not None:
                self.canvas.setFillColor(fill)
            if stroke is not None:
                self.canvas.setStrokeColor(stroke)
                self.canvas.setLineWidth(line)
            self.canvas.rect(
                x * MM,
                y * MM,
                wide * MM,
                high * MM,
                fill=int(fill is not None),
                stroke=int(stroke is not None),
            )

    def rule(
        self,
        start: tuple[float, float],
        stop: tuple[float, float],
        *,
        line: float = 0.5,
        color: Color = RULE,
        dash: tuple[float, float] | None = None,
    ) -> None:
        """A line."""
        with self.artifact():
            self.canvas.setStrokeColor(color)
            self.canvas.setLineWidth(line)
            self.canvas.setDash(list(dash or ()))
            self.canvas.line(start[0] * MM, start[1] * MM, stop[0] * MM, stop[1] * MM)
            self.canvas.setDash()

    def disc(self, x: float, y: float, radius: float, color: Color = TEAL) -> None:
        """A filled circle around a point."""
        with self.artifact():
            self.canvas.setFillColor(color)
            self.canvas.circle(x * MM, y * MM, radius * MM, stroke=0, fill=1)

    def qr(self, x: float, y: float, side: float, address: str, alt: str) -> None:
        """A QR code with its white margin around it; `alt` is what a screen reader says."""
        quiet = qr.QUIET_MODULES * side / len(qr.matrix(address))
        self.rect(x - quiet, y - quiet, side + 2 * quiet, side + 2 * quiet, fill=WHITE)
        with self.leaf("Figure", alt=alt, bbox=(x, y, x + side, y + side)):
            self._say(qr.path(address, x * MM, y * MM, side * MM))

    def strokes(self, drawn: str, *, color: Color = TEAL, line: float = 0.2) -> None:
        """Curves of `app.papers.drawing`: decoration."""
        with self.artifact():
            self.canvas.saveState()
            self.canvas.setStrokeColor(color)
            self.canvas.setLineWidth(line)
            self._say(drawn)
            self.canvas.restoreState()

    def _say(self, operators: str) -> None:
        self.canvas._code.append(operators)  # noqa: SLF001 - reportlab offers no other way in

    def _open_page(self) -> None:
        if not (self.specimen and self._note):
            return
        wide, high = self.size
        with self.artifact("Watermark" if self.tagged else "Layout"):
            slanted(self, wide / 2, high / 2, wide * 0.86)
        if self.page == 1:
            with self.leaf("P"):
                self.text(wide / 2, high - 7, SPECIMEN_NOTE, "R", 8, align="c", color=GREY)
        else:
            with self.artifact("Pagination"):
                self.text(wide / 2, high - 7, SPECIMEN_NOTE, "R", 8, align="c", color=GREY)


def slanted(sheet: Sheet, x: float, y: float, wide: float, turn: float = 38) -> None:
    """SPÉCIMEN across, behind what is drawn afterwards; `wide` is its length."""
    size = wide / width(SPECIMEN, "B", 1)
    sheet.canvas.saveState()
    sheet.canvas.translate(x * MM, y * MM)
    sheet.canvas.rotate(turn)
    sheet.text(0, -size * 0.118, SPECIMEN, "B", size, align="c", color=FAINT)
    sheet.canvas.restoreState()


def shortened(words: str, wide: float, font: str, size: float) -> str:
    """The words, or as many as fit on one line before « … »: a choice for lists and captions."""
    words = writable(words)
    if width(words, font, size) <= wide:
        return words
    while words and width(f"{words}…", font, size) > wide:
        words = words[:-1]
    return f"{words.rstrip(' ,')}…"


def clipped(
    words: str, wide: float, most: int, size: float, *, font: str = "R", bold: str = "B"
) -> str:
    """The words, or as many as take `most` lines before « … »: what people type always fits."""

    def lines(said: str) -> int:
        return len(wrapped(said, wide, size, font=font, bold=bold))

    if lines(words) <= most:
        return words
    kept, lost = 0, len(words)
    while lost - kept > 1:
        middle = (kept + lost) // 2
        kept, lost = (middle, lost) if lines(f"{words[:middle]}…") <= most else (kept, middle)
    return f"{words[:kept].rstrip(' ,')}…"


def wrapped(
    words: str, wide: float, size: float, *, font: str = "R", bold: str = "B"
) -> list[list[Piece]]:
    """The lines of a paragraph, each as pieces of one face."""
    lines: list[list[Piece]] = []
    line: list[Piece] = []
    used = 0.0
    for unit in _units(writable(words), font, bold):
        for part in _cut(unit, wide, size):
            needed = sum(width(piece.rstrip(" "), face, size) for face, piece in part)
            if line and used + needed > wide:
                lines.append(line)
                line, used = [], 0.0
            line = line + part
            used += sum(width(piece, face, size) for face, piece in part)
    return [*lines, line] if line else lines


def _units(words: str, font: str, bold: str) -> list[list[Piece]]:
    """What no space separates stays together, so that a comma never leaves its bold word."""
    face, units, unit, piece = font, list[list[Piece]](), list[Piece](), ""
    for character in words:
        if character in (_STRONG, _PLAIN):
            if piece:
                unit.append((face, piece))
            face, piece = (bold if character == _STRONG else font), ""
            continue
        piece += character
        if character == " ":
            units.append([*unit, (face, piece)])
            unit, piece = [], ""
    if piece:
        unit.append((face, piece))
    return [*units, unit] if unit else units


def _cut(unit: list[Piece], wide: float, size: float) -> Iterator[list[Piece]]:
    """A unit longer than a whole line, in parts that each fit; any other as it is."""
    if sum(width(piece.rstrip(" "), face, size) for face, piece in unit) <= wide:
        yield unit
        return
    used, part = 0.0, list[Piece]()
    for face, character in ((face, c) for face, piece in unit for c in piece):
        needed = width(character, face, size)
        if part and used + needed > wide:
            yield part
            used, part = 0.0, []
        if part and part[-1][0] == face:
            part[-1] = (face, part[-1][1] + character)
        else:
            part.append((face, character))
        used += needed
    if part:
        yield part
