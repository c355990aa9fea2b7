"""Files that leave by a page or by the API."""

from flask import Response

PDF = "application/pdf"
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
