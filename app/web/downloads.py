"""Files that leave by a page or by the API."""

from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO, BinaryIO

from flask import Response

PIECE = 64 * 1024

PDF = "application/pdf"
ZIP = "application/zip"
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {"csv": CSV, "xlsx": XLSX, "pdf": PDF}
"""The files of a report, by the endings of their names."""


def download(content: bytes, name: str, mimetype: str) -> Response:
    """A file under a name without any person's: a number or a day, and its ending.

    A PDF opens in the browser, which can print it; a sheet is saved.
    """
    if not name.isascii() or any(c in name for c in '"\\/\r\n'):
        message = f"not a file name: {name!r}"
        raise ValueError(message)
    way = "inline" if mimetype == PDF else "attachment"
    response = Response(content, content_type=mimetype)
    response.headers["Content-Disposition"] = f'{way}; filename="{name}"'
    return response


def download_written(write: Callable[[BinaryIO], None], name: str, mimetype: str) -> Response:
    """A file that is written before it leaves, on disk: memory stays flat however long it is."""
    held = TemporaryFile()  # noqa: SIM115 - it is closed once the last piece has left
    try:
        write(held)
    except BaseException:
        held.close()
        raise
    length = held.tell()
    held.seek(0)
    response = download(b"", name, mimetype)
    response.response = _pieces(held)
    response.headers["Content-Length"] = str(length)
    return response


def _pieces(held: IO[bytes]) -> Iterator[bytes]:
    with held:
        while piece := held.read(PIECE):
            yield piece
