"""Reading a table that somebody saved from a spreadsheet: CSV or XLSX, whatever its dialect.

CSV: UTF-8 with or without mark, UTF-16 with its mark, or Windows-1252, which is what an office
suite in France writes; fields apart by semicolons, commas or tabs. XLSX: the first sheet. Nothing
in a file is ever computed: a cell that begins with = is refused.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import BinaryIO

import python_calamine

from app.takeover.errors import UnreadableFile
from app.takeover.rules import Faults, Line, plain

MOST_BYTES = 64 * 1024 * 1024
MOST_UNPACKED = 64 * 1024 * 1024
"""Of a workbook, about 300,000 rows of a printer’s file: 28 MB were held for each 21 unpacked."""
MOST_CELLS = 40
LONGEST_CELL = 500
BROKEN = "Cette ligne ne se lit pas : refaites-la dans le tableur."
"""What is said of the line at which reading stops: nobody knows where the next one begins."""
_PIECE = 1024 * 1024
_ZIP = b"PK\x03\x04"


def read_table(
    content: bytes | BinaryIO,
    columns: Sequence[str],
    required: Sequence[str],
    faults: Faults,
    *,
    called: Mapping[str, str] = MappingProxyType({}),
    shown: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Line]:
    """The lines under the head of a table, their cells by the columns' names.

    A text is read as it goes, so memory does not grow with it; a workbook is held whole, and may
    not be as long. `called` are other names of columns, `shown` how a refusal
    names them.

    Raises:
        UnreadableFile: it is no table, or a column is missing.
    """
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    if file.seek(0, io.SEEK_END) > MOST_BYTES:
        raise UnreadableFile(reason="il dépasse 64 Mo")
    file.seek(0)
    rows = _sheet(file) if file.read(len(_ZIP)) == _ZIP else _text_rows(file)
    try:
        first = next(rows, None)
    except csv.Error:
        raise UnreadableFile(reason="sa première ligne ne se lit pas") from None
    if first is None:
        raise UnreadableFile(reason="il est vide")
    heads = [plain(cell.replace("_", " ")) for cell in first]
    heads = [called.get(head, head) for head in heads]
    if missing := [name for name in required if name not in heads]:
        several = "les colonnes" if len(required) > 1 else "la colonne"
        raise UnreadableFile(
            reason=f"la première ligne doit nommer {several} {_named(required, shown)} ; "
            f"il manque {_named(missing, shown)}"
        )
    if twice := [name for name in columns if heads.count(name) > 1]:
        raise UnreadableFile(reason=f"la colonne {_named(twice[:1], shown)} y est deux fois")
    return _lines(rows, heads, columns, faults)


def _named(columns: Iterable[str], shown: Mapping[str, str]) -> str:
    return ", ".join(f"« {shown[one]} »" if one in shown else one for one in columns)


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
            faults.add(number, BROKEN)
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


def _text_rows(file: BinaryIO) -> Iterator[list[str]]:
    encoding = _encoding(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        head = text.readline()
        text.seek(0)
        delimiter = max(";,\t", key=head.count)
        yield from csv.reader(text, delimiter=delimiter, strict=True)
    finally:
        text.detach()  # the file stays its owner's to close


def _encoding(file: BinaryIO) -> str:
    """How the whole file reads: it is decoded once, piece by piece, before a line of it counts."""
    file.seek(0)
    start = file.read(len(codecs.BOM_UTF16_LE))
    if start in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        file.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while piece := file.read(_PIECE):
                if "\0" in decoder.decode(piece):
                    raise UnreadableFile(reason="ses caractères sont illisibles")
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise UnreadableFile(reason="ses caractères sont illisibles")


def _sheet(file: BinaryIO) -> Iterator[list[str]]:
    sentence = "ce classeur est abîmé"
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                raise UnreadableFile(
                    reason="une fois ouvert, ce classeur dépasse 64 Mo, et il se lit d’un bloc ; "
                    "enregistrez-le en CSV, qui se lit ligne à ligne"
                )
        file.seek(0)
        book = python_calamine.CalamineWorkbook.from_filelike(file)
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
