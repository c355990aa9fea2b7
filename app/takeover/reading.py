"""Reading a table that somebody saved from a spreadsheet: CSV or XLSX, whatever its dialect.

CSV: UTF-8 with or without mark, UTF-16 with its mark, or Windows-1252, which is what an office
suite in France writes; fields apart by semicolons, commas or tabs. XLSX: the first sheet. Nothing
in a file is ever computed: a cell that begins with = is refused.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence

import python_calamine

from app.takeover.errors import UnreadableFile
from app.takeover.rules import Faults, Line, plain

MOST_BYTES = 64 * 1024 * 1024
MOST_UNPACKED = 512 * 1024 * 1024
MOST_CELLS = 40
LONGEST_CELL = 500
_ZIP = b"PK\x03\x04"


def read_table(
    content: bytes, columns: Sequence[str], required: Sequence[str], faults: Faults
) -> Iterator[Line]:
    """The lines under the head of a table, their cells by the columns' names.

    Raises:
        UnreadableFile: it is no table, or a column is missing.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(reason="il dépasse 64 Mo")
    rows = _sheet(content) if content.startswith(_ZIP) else _text_rows(content)
    first = next(rows, None)
    if first is None:
        raise UnreadableFile(reason="il est vide")
    heads = [plain(cell.replace("_", " ")) for cell in first]
    if missing := [name for name in required if name not in heads]:
        raise UnreadableFile(
            reason=f"la première ligne doit nommer les colonnes {', '.join(required)} ; "
            f"il manque {', '.join(missing)}"
        )
    if twice := [name for name in columns if heads.count(name) > 1]:
        raise UnreadableFile(reason=f"la colonne {twice[0]} y est deux fois")
    return _lines(rows, heads, columns, faults)


def _lines(
    rows: Iterable[list[str]], heads: Sequence[str], columns: Sequence[str], faults: Faults
) -> Iterator[Line]:
    wanted = {name: heads.index(name) for name in columns if name in heads}
    number = 1
    rows = iter(rows)
    while True:
        number += 1
        try:
            row = next(rows, None)
        except csv.Error:
            faults.add(number, "Cette ligne ne se lit pas : refaites-la dans le tableur.")
            return
        if row is None:
            return
        cells = {
            name: row[place].strip() if place < len(row) else "" for name, place in wanted.items()
        }
        if len(row) > MOST_CELLS or any(len(cell) > LONGEST_CELL for cell in cells.values()):
            faults.add(number, "Cette ligne est trop longue : gardez les colonnes du modèle.")
        elif any(cell.startswith(("=", "+", "@")) for cell in cells.values()):
            faults.add(number, "Une formule n’est pas lue : collez sa valeur à la place.")
        else:
            yield Line(number, cells)


def _text_rows(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    head = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(";,\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        row = next(reader, None)
        if row is None:
            return
        yield row


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise UnreadableFile(reason="ses caractères sont illisibles")


def _sheet(content: bytes) -> Iterator[list[str]]:
    sentence = "ce classeur est abîmé"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise UnreadableFile(reason="il est trop gros")
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = book.get_sheet_by_index(0)
        rows = sheet.iter_rows()
    except (zipfile.BadZipFile, python_calamine.CalamineError, IndexError, OSError):
        raise UnreadableFile(reason=sentence) from None
    # Empty lines above the table are not given; the numbers are those of the spreadsheet.
    for row in rows:
        yield [_cell(value) for value in row]


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)
