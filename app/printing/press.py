"""Booklets on paper: cover, cheques, back leaf; A4, cut marks, binding margin, two type sizes.

Leaves are laid out to be *cut as a stack*: with 4 leaves a sheet and 3 sheets a booklet, sheet 1
carries leaves 1, 4, 7, 10, sheet 2 leaves 2, 5, 8, 11, and so on. The three sheets are cut
together, the four piles put on one another, and the booklet is in order: no leaf is sorted by hand.

Everything that two cheques of a vintage share (frame, guilloche, microtext, words, boxes) is drawn
once in a form; a cheque adds the path of its square and a few strings, written as operators.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from reportlab.pdfbase import pdfmetrics

from app.kernel.codes import GROUP, VoucherCode
from app.papers import qr
from app.papers.fonts import width
from app.papers.measures import (
    A4,
    MM,
)
from app.papers.sheet import Sheet
from app.printing.leaves import (
    BIND,
    END,
    LARGE,
    NORMAL,
    QR_LEFT,
    QR_SIDE,
    START,
    TEAR,
    Edition,
    Forms,
    Look,
)

COVER = 0
FACES: Final = ("B", "T", "TB", "C")
PRINTABLE = "".join(map(chr, range(32, 127)))


@dataclass(frozen=True, slots=True)
class PrintedBooklet:
    """What is printed on one booklet only."""

    number: str
    cover: VoucherCode
    passes: tuple[tuple[str, VoucherCode], ...]
    """The serial number and the code of each pass, in order."""


def booklets(
    edition: Edition, size: int, printed: Iterable[PrintedBooklet], *, large: bool
) -> bytes:
    """One file: booklets of one size, in order; same booklets, same bytes.

    A file stays in memory until it is whole, so it is made carton by carton.
    """
    press = Press(edition, size, LARGE if large else NORMAL)
    for booklet in printed:
        press.add(booklet)
    return press.finish()


class Press:
    """Prints booklets of one vintage and one size into one file."""

    def __init__(self, edition: Edition, size: int, look: Look) -> None:
        self.edition, self.size, self.look = edition, size, look
        self.sheets = -(-(size + 2) // look.slots)
        self.base = (A4[1] - look.slots * look.height) / 2
        self.sheet = Sheet(
            f"Carnets de {size} pass numériques, millésime {edition.label}",
            specimen=edition.specimen,
            author=edition.sponsor,
            subject="Valeurs inactives jusqu’à leur activation",
            tagged=False,
            note=False,
        )
        self.canvas = self.sheet.canvas
        self.face = {}
        for face in FACES:  # the letters that the operators below rely on, in their usual places
            font = pdfmetrics.getFont(face)
            font.splitString(PRINTABLE, self.canvas._doc)  # noqa: SLF001 - no other way in
            self.face[face] = font.getSubsetInternalName(0, self.canvas._doc)  # noqa: SLF001 - same
        self.step = width("0", "C", 1.0) * look.code * GROUP + 5.4
        self.begun = False
        forms = Forms(self.sheet, edition, size, look, self.base)
        self.forms = {
            name: self._form(name, draw)
            for name, draw in (
                ("frame", forms.frame),
                ("cheque", forms.cheque),
                ("cover", forms.cover),
                ("back", forms.back),
                ("spare", forms.spare),
            )
        }

    def _form(self, name: str, draw: Callable[[], None]) -> str:
        with self.sheet.form(name):
            draw()
        return f"/{self.canvas._doc.getXObjectName(name)} Do"  # noqa: SLF001 - no other way in

    def add(self, booklet: PrintedBooklet) -> None:
        """Print one booklet: its sheets, each with its leaves from top to bottom."""
        for sheet in range(self.sheets):
            if self.begun:
                self.sheet.next_page()
            self.begun = True
            drawn = [
                self.forms["frame"],
                "0.07 g",
                self._words("T", 7, BIND, A4[1] - 5.2, self._slug(booklet, sheet)),
            ]
            for slot in range(self.look.slots):
                leaf = slot * self.sheets + sheet
                y = self.base + (self.look.slots - 1 - slot) * self.look.height
                name, words = self._leaf(booklet, leaf)
                count = f"{leaf + 1}/{self.sheets * self.look.slots}"
                drawn += (
                    f"q 1 0 0 1 0 {y * MM:.2f} cm {self.forms[name]} {words}",
                    self._words("T", 6.5, 4.6, self.look.height - 5, count),
                    "Q",
                )
                self._uses(name)
            self._uses("frame")
            self.canvas._code.append("\n".join(drawn))  # noqa: SLF001 - reportlab offers no other way

    def finish(self) -> bytes:
        """The file."""
        return self.sheet.finish()

    def _uses(self, name: str) -> None:
        self.canvas._formsinuse.append(name)  # noqa: SLF001 - what doForm notes

    def _slug(self, booklet: PrintedBooklet, sheet: int) -> str:
        return (
            f"Carnet {booklet.number}   feuille {sheet + 1}/{self.sheets}   Couper les "
            f"{self.sheets} feuilles ensemble, puis empiler les tas de haut en bas."
        )

    def _leaf(self, booklet: PrintedBooklet, leaf: int) -> tuple[str, str]:
        """Which form a leaf takes, and what is printed over it."""
        if leaf == COVER:
            return "cover", self._cover(booklet)
        if leaf <= self.size:
            return "cheque", self._cheque(booklet, leaf)
        return ("back" if leaf == self.size + 1 else "spare"), "0.07 g"

    def _words(self, face: str, size: float, x: float, y: float, words: str) -> str:
        font = self.face[face]
        return f"BT {font} {size} Tf 1 0 0 1 {x * MM:.2f} {y * MM:.2f} Tm ({words}) Tj ET"

    def _cheque(self, booklet: PrintedBooklet, place: int) -> str:
        look = self.look
        serial, code = booklet.passes[place - 1]
        address = self.edition.pass_address(code)
        strip = look.strip[0] + look.strip[1] / 2 - look.code * 0.118 - 0.1
        start = START + (18 if look.large else 15)
        right = END - width(serial, "TB", look.serial)
        upright = f"{(TEAR - 1.6) * MM:.2f} {6 * MM:.2f}"
        return "\n".join(
            (
                qr.path(address, QR_LEFT * MM, look.qr * MM, QR_SIDE * MM),
                "0.07 g",
                *(
                    self._words("C", look.code, start + group * self.step, strip, part)
                    for group, part in enumerate(_groups(code))
                ),
                self._words("TB", look.serial, right, look.head, serial),
                self._words(
                    "TB",
                    look.title - 3,
                    BIND + 1,
                    look.height - (26 if look.large else 19.5),
                    f"{place}/{self.size}",
                ),
                f"BT {self.face['T']} {look.small} Tf 0 1 -1 0 {upright} Tm ({serial}) Tj ET",
            )
        )

    def _cover(self, booklet: PrintedBooklet) -> str:
        look = self.look
        size = look.small + (-0.5 if look.large else 1.5)
        step = width("0", "C", 1.0) * size * GROUP + 2
        left, y = QR_LEFT + QR_SIDE / 2 - step + 1, look.cover_qr
        address = self.edition.cover_address(booklet.cover)
        right = END - width(booklet.number, "TB", look.serial)
        return "\n".join(
            (
                qr.path(address, QR_LEFT * MM, y * MM, QR_SIDE * MM),
                "0.07 g",
                *(
                    self._words(
                        "C",
                        size,
                        left + group % 2 * step,
                        y - 6 - look.large - group // 2 * size * 0.42,
                        part,
                    )
                    for group, part in enumerate(_groups(booklet.cover))
                ),
                self._words("TB", look.serial, right, 5.4 if look.large else 5.6, booklet.number),
            )
        )


def _groups(code: VoucherCode) -> list[str]:
    return [code[start : start + GROUP] for start in range(0, len(code), GROUP)]
