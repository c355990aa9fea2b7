"""Tables that may run over pages: heads repeated, sums carried over, totals never alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.papers.flow import Paper
from app.papers.measures import GREY, INK, RULE, TEAL, TINT, WHITE, DoesNotFit
from app.papers.parts import FLOOR, LEFT
from app.papers.sheet import Piece, Sheet, wrapped

LINE = 3.5
"""Between two lines of a cell."""
HEAD_LINE = 3.3
CARRIED = 6.4
"""The height of « À reporter » and of « Report »."""
_KEPT = 2
"""Rows that stay with the total: it never stands alone under a repeated head."""

Cell = str | tuple[str, ...]
"""What a cell says; several lines as a tuple."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its head (an entry a line), its width, how its cells are set.

    A cell that is too long raises, unless the column says `wrap`.
    """

    head: tuple[str, ...]
    wide: float
    align: str = "l"
    font: str = "T"
    wrap: bool = False

    def x(self, left: float) -> float:
        """Where words of this column are aligned."""
        return left + {"l": 1.2, "c": self.wide / 2, "r": self.wide - 1.2}[self.align]


@dataclass(frozen=True, slots=True)
class Row:
    """One row; shaded or in bold when it stands out."""

    cells: Sequence[Cell]
    shade: bool = False
    strong: bool = False


def paginate(heights: Sequence[float], first: float, following: float, closing: float) -> list[int]:
    """How many rows each page takes, from the room on the first and on the following pages (mm).

    The last page keeps room for what closes the document, with two rows at least: totals never
    stand alone under a repeated head.

    Raises:
        DoesNotFit: what closes the document is higher than a page.
    """
    pages, room, start = list[int](), first, 0
    while sum(heights[start:]) + closing > room:
        fit = _fitting(heights[start:], room)
        fit = min(fit, len(heights) - start - _KEPT)
        if fit <= 0 and room == following:
            message = f"{closing:.0f} mm to close a table, {room:.0f} mm of place"
            raise DoesNotFit(message)
        pages.append(max(fit, 0))
        start += max(fit, 0)
        room = following
    return [*pages, len(heights) - start]


def _fitting(heights: Sequence[float], room: float) -> int:
    used = 0.0
    for count, high in enumerate(heights):
        used += high
        if used > room:
            return count
    return len(heights)


class Table:
    """A table on a sheet: `run` draws it whole; heads, lines and totals can be drawn alone."""

    def __init__(
        self,
        s: Sheet,
        columns: Sequence[Column],
        *,
        row: float = 5.4,
        size: float = 8.6,
        left: float = LEFT,
        head: float | None = None,
    ) -> None:
        self.s, self.columns, self.row, self.size, self.left = s, columns, row, size, left
        self.head = head or 4.9 + HEAD_LINE * (max(len(c.head) for c in columns) - 1) + 2
        self.wide = sum(c.wide for c in columns)
        if left + self.wide > s.size[0] - 5:
            message = f"columns are {self.wide:.1f} mm wide"
            raise DoesNotFit(message)

    def run(
        self,
        paper: Paper,
        y: float,
        rows: Sequence[Row],
        *,
        total: str = "",
        sums: Callable[[int], Sequence[str]] | None = None,
        closing: float = 0.0,
    ) -> float:
        """The whole table from y down, over as many pages as it takes; returns the y under it.

        `sums(n)` gives the figures of the last columns after n rows: they are carried from page
        to page (« À reporter », « Report ») and stand beside `total` at the end. `closing` is the
        height of what must stay on the page of the total (signatures, the sum in words).
        """
        high = self.s.size[1]
        carried = CARRIED if sums else 0.0
        ending = closing + (CARRIED + 0.6 if total else 0.0)
        plan = paginate(
            [self.height(row.cells) for row in rows],
            y - self.head - carried - FLOOR,
            high - 20.5 - self.head - 2 * carried - FLOOR,
            ending - carried,
        )
        start = 0
        with self.s.elem("Table"):
            for page, count in enumerate(plan):
                if page and start == 0:  # nothing fitted under what precedes
                    y = self.heads(paper.turn(), repeated=False)
                elif page:
                    y = self._over(paper, y, sums(start) if sums else ())
                elif count or len(plan) == 1:
                    y = self.heads(y, repeated=False)
                for row in rows[start : start + count]:
                    y = self.line(y, row.cells, shade=row.shade, strong=row.strong)
                start += count
            if total:
                figures = sums(len(rows)) if sums else ()
                y = self.spanning(y, total, figures, height=7.0)
        return y

    def _over(self, paper: Paper, y: float, figures: Sequence[str]) -> float:
        page = self.s.page
        if figures:
            self.spanning(y, f"À reporter page {page + 1}", figures, carried=True)
        y = self.heads(paper.turn(), repeated=True)
        if figures:
            y = self.spanning(y, f"Report de la page {page}", figures, carried=True)
        return y

    def heads(self, y: float, *, repeated: bool) -> float:
        """The heads of the columns; repeated ones are not read aloud again."""
        s = self.s
        s.rect(self.left, y - self.head, self.wide, self.head, fill=TEAL)
        with s.artifact("Pagination") if repeated else s.elem("TR"):
            for x, column in zip(self._lefts(), self.columns, strict=True):
                with s.leaf("TH", scope="Column"):
                    first = self._baseline(y, self.head, len(column.head), HEAD_LINE)
                    for place, words in enumerate(column.head):
                        s.text(
                            column.x(x),
                            first - place * HEAD_LINE,
                            words,
                            "B",
                            self.size - 0.4,
                            align=column.align,
                            color=WHITE,
                            fit=column.wide - 0.6,
                        )
        return y - self.head

    def height(self, cells: Sequence[Cell]) -> float:
        """How high a row is."""
        most = max(len(self._lines(c, cell)) for c, cell in zip(self.columns, cells, strict=True))
        return max(self.row, self.row + (most - 1) * LINE)

    def line(
        self,
        y: float,
        cells: Sequence[Cell],
        *,
        heavy: bool = False,
        shade: bool = False,
        strong: bool = False,
    ) -> float:
        """One row under y; an empty cell is still a cell."""
        s, high = self.s, self.height(cells)
        if shade:
            s.rect(self.left, y - high, self.wide, high - 0.2, fill=TINT)
        with s.elem("TR"):
            for x, column, cell in zip(self._lefts(), self.columns, cells, strict=True):
                rows = self._lines(column, cell)
                font = {"T": "TB", "R": "B"}.get(column.font, column.font) if strong else None
                with s.leaf("TD"):
                    first = self._baseline(y, high, len(rows), LINE)
                    for place, words in enumerate(rows):
                        s.text(
                            column.x(x),
                            first - place * LINE,
                            words,
                            font or column.font,
                            self.size,
                            align=column.align,
                            fit=column.wide - 0.8,
                        )
        self._under(y - high, heavy=heavy)
        return y - high

    def spanning(
        self,
        y: float,
        label: str,
        cells: Sequence[str],
        *,
        carried: bool = False,
        heavy: bool = True,
        shade: bool = True,
        height: float = CARRIED,
        size: float | None = None,
    ) -> float:
        """A total: a label over the first columns, figures under the last ones."""
        s, size = self.s, size or self.size + 0.4
        columns = list(zip(self._lefts(), self.columns, strict=True))
        first = len(columns) - len(cells)
        if shade:
            s.rect(self.left, y - height, self.wide, height - 0.2, fill=TINT)
        base = y - height / 2 - size * 0.118
        with s.artifact("Pagination") if carried else s.elem("TR"):
            edge = columns[first][0] if cells else self.left + self.wide
            span = {"span": first} if first > 1 else {}
            with s.leaf("TH", scope="Row", **span):
                s.text(edge - 2, base, label, "TB", size, align="r", fit=edge - 2 - self.left)
            for (x, column), cell in zip(columns[first:], cells, strict=True):
                with s.leaf("TD"):
                    s.text(
                        column.x(x),
                        base,
                        cell,
                        "TB",
                        size,
                        align=column.align,
                        fit=column.wide - 0.6,
                    )
        self._under(y - height, heavy=heavy)
        return y - height

    def _lefts(self) -> list[float]:
        lefts = [self.left]
        for column in self.columns:
            lefts.append(lefts[-1] + column.wide)
        return [start for start, _ in pairwise(lefts)]

    def _lines(self, column: Column, cell: Cell) -> Sequence[str]:
        said = (cell,) if isinstance(cell, str) else cell
        if not column.wrap:
            return said
        room, font = column.wide - 2.4, column.font
        folded = (wrapped(words, room, self.size, font=font, bold=font) for words in said)
        return [_said(row) for rows in folded for row in rows] or [""]

    def _baseline(self, y: float, high: float, lines: int, pitch: float) -> float:
        return y - high / 2 - self.size * 0.118 + (lines - 1) * pitch / 2

    def _under(self, y: float, *, heavy: bool) -> None:
        color = INK if heavy else RULE
        self.s.rule(
            (self.left, y), (self.left + self.wide, y), line=0.9 if heavy else 0.35, color=color
        )


def _said(row: list[Piece]) -> str:
    return "".join(piece for _, piece in row).rstrip(" ")


def note(s: Sheet, y: float, wide: float, words: str, *, left: float = LEFT) -> float:
    """A paragraph in small grey type under a table: what is counted, what is not."""
    with s.leaf("P"):
        return s.para(left, y, wide, words, 8.6, 4.0, font="T", bold="TB", color=GREY)
