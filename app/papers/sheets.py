"""Spreadsheets: one description of the columns and an iterator of rows, as CSV or as XLSX.

Both are written row by row, so memory stays flat; both open as they should in a French
spreadsheet, and neither lets a name run as a formula.

    COLUMNS = (
        Field("Numéro", width=16),
        Field("Jour", Kind.DAY),
        Field("Pass", Kind.NUMBER),
        Field("Montant (€)", Kind.EUROS),      # rows give cents
    )
    csv_bytes(COLUMNS, rows, specimen=specimen)
    xlsx_bytes(COLUMNS, rows, title="Bordereau BR-2026-0102", specimen=specimen)

In a demonstration a last column says SPÉCIMEN on each row.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum, auto
from typing import Any, BinaryIO

import xlsxwriter

from app.kernel.clock import MARTINIQUE
from app.papers.sheet import SPECIMEN

BYTE_ORDER_MARK = "\ufeff"
ROWS_OF_A_TAB = 1_000_000
"""Spreadsheets stop at 1,048,576 rows; what follows goes into a second tab, and nothing is lost."""
LONGEST_CELL = 32_767
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"  # noqa: RUF001 - the wide forms start a formula as well
STARTS = tuple(FORMULA_STARTS)
_MADE_AT = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)


class Kind(Enum):
    """What the cells of a column are."""

    TEXT = auto()
    NUMBER = auto()
    EUROS = auto()
    """Whole cents in the rows, euros with two decimals in the sheet."""
    DAY = auto()
    MOMENT = auto()
    """Aware instants in the rows, the clock of Martinique in the sheet."""
    RATE = auto()
    """0.501 is shown as 50,1 %."""


FORMATS = {
    Kind.TEXT: {"num_format": "@"},
    Kind.NUMBER: {"num_format": "#,##0"},
    Kind.EUROS: {"num_format": '#,##0.00\\ "€"'},
    Kind.DAY: {"num_format": "dd/mm/yyyy"},
    Kind.MOMENT: {"num_format": "dd/mm/yyyy hh:mm"},
    Kind.RATE: {"num_format": "0.0%"},
}
WIDTHS = {
    Kind.TEXT: 20,
    Kind.NUMBER: 12,
    Kind.EUROS: 15,
    Kind.DAY: 12,
    Kind.MOMENT: 17,
    Kind.RATE: 10,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its head, what it holds, and how wide it opens (in characters)."""

    head: str
    kind: Kind = Kind.TEXT
    width: float | None = None


Values = Sequence[Any]
"""One row, a value for each column; None leaves a cell empty."""


def csv_chunks(
    columns: Sequence[Field], rows: Iterable[Values], *, specimen: bool
) -> Iterator[bytes]:
    """The lines of a CSV file: UTF-8 with its mark, « ; », CRLF, decimal comma."""
    line = io.StringIO()
    writer = csv.writer(line, delimiter=";", lineterminator="\r\n")
    line.write(BYTE_ORDER_MARK)
    mention = [SPECIMEN] if specimen else []
    writer.writerow([column.head for column in columns] + (["Mention"] if specimen else []))
    written = [_WRITERS[column.kind] for column in columns]
    for row in rows:
        cells = zip(written, row, strict=True)
        writer.writerow(["" if value is None else write(value) for write, value in cells] + mention)
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()
    yield line.getvalue().encode()


def csv_bytes(columns: Sequence[Field], rows: Iterable[Values], *, specimen: bool) -> bytes:
    """A whole CSV file."""
    return b"".join(csv_chunks(columns, rows, specimen=specimen))


SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})
"""Spaces that a printed page keeps from breaking: « 26A 00405 » is not found with one of them."""


def plain(value: object) -> str:
    """What is told in words, with the spaces that people type when they search a sheet."""
    return str(value).translate(SPACES)


def harmless(text: str) -> str:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(STARTS) else text


def _euros(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole},{rest:02d}"


_WRITERS: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: lambda value: harmless(plain(value)),
    Kind.NUMBER: lambda value: str(int(value)),
    Kind.EUROS: _euros,
    Kind.DAY: lambda value: f"{value:%d/%m/%Y}",
    Kind.MOMENT: lambda value: f"{value.astimezone(MARTINIQUE):%d/%m/%Y %H:%M}",
    Kind.RATE: lambda value: f"{value * 100:.1f}".replace(".", ","),
}


def xlsx_bytes(
    columns: Sequence[Field], rows: Iterable[Values], *, title: str, specimen: bool
) -> bytes:
    """A whole XLSX file."""
    out = io.BytesIO()
    write_xlsx(out, columns, rows, title=title, specimen=specimen)
    return out.getvalue()


def write_xlsx(
    out: BinaryIO,
    columns: Sequence[Field],
    rows: Iterable[Values],
    *,
    title: str,
    specimen: bool,
) -> None:
    """An XLSX file with typed cells, its first row kept in sight; same rows, same bytes.

    Raises:
        ValueError: a text is longer than a cell may be.
    """
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": title, "created": _MADE_AT})
    if specimen:
        columns = [*columns, Field("Mention")]
        rows = ([*row, SPECIMEN] for row in rows)
    tabs = _Tabs(book, columns)
    for row in rows:
        tabs.write(row)
    book.close()


class _Tabs:
    """The tabs of one workbook: a new one when the last is full."""

    def __init__(self, book: Any, columns: Sequence[Field]) -> None:  # noqa: ANN401 - no types
        self.book, self.columns = book, columns
        self.formats = {kind: book.add_format(look) for kind, look in FORMATS.items()}
        self.head = book.add_format({"bold": True, "bg_color": "#0B4A52", "font_color": "#FFFFFF"})
        self.count = 0
        self.open()

    def open(self) -> None:
        self.count += 1
        self.tab = self.book.add_worksheet("Données" if self.count == 1 else f"Suite {self.count}")
        self.tab.freeze_panes(1, 0)
        self.tab.set_landscape()
        self.tab.set_paper(9)  # A4
        self.tab.fit_to_pages(1, 0)
        self.tab.repeat_rows(0)
        for place, column in enumerate(self.columns):
            self.tab.set_column(place, place, column.width or WIDTHS[column.kind])
            self.tab.write_string(0, place, column.head, self.head)
        self.row = 1

    def write(self, row: Values) -> None:
        if self.row > ROWS_OF_A_TAB:
            self.open()
        for place, (column, value) in enumerate(zip(self.columns, row, strict=True)):
            if value is not None:
                self.cell(place, column.kind, value)
        self.row += 1

    def cell(self, place: int, kind: Kind, value: Any) -> None:  # noqa: ANN401 - as its column says
        look = self.formats[kind]
        if kind is Kind.TEXT:
            text = plain(value)
            if len(text) > LONGEST_CELL:
                message = f"{len(text)} characters in one cell"
                raise ValueError(message)
            self.tab.write_string(self.row, place, text, look)
        elif kind in (Kind.DAY, Kind.MOMENT):
            self.tab.write_datetime(self.row, place, _local(value), look)
        else:
            number = value / 100 if kind is Kind.EUROS else value
            self.tab.write_number(self.row, place, number, look)


def _local(value: date) -> date:
    """A day as it is, an instant as the clock in Martinique showed it."""
    if isinstance(value, datetime):
        return value.astimezone(MARTINIQUE).replace(tzinfo=None)
    return value
