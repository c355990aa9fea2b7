"""What travels, compressed: pages as they are answered, static files once, when they are built.

A page that shows what somebody typed beside a secret could give the secret away by its size
(BREACH): each page is as many bytes longer as chance says, in the name of the file inside.
"""

import io
import secrets
from gzip import GzipFile
from pathlib import Path

from flask import Response, current_app, request, send_from_directory

from app.web.assets import SQUEEZED

LEAST_BYTES, MOST_BYTES = 1_000, 2_000_000
"""Less is not worth it; more is a file that somebody saves."""
KINDS = frozenset({"text/html", "image/svg+xml"})
LEVEL = 5
CHANCE = 96


def static_file(filename: str) -> Response:
    """A static file, in its compressed form for whoever reads that."""
    folder = Path(current_app.static_folder or "")
    age = current_app.get_send_file_max_age(filename)
    squeezed = f"{filename}{SQUEEZED}"
    if accepts_gzip() and (folder / squeezed).is_file():
        response = send_from_directory(
            folder, squeezed, max_age=age, download_name=Path(filename).name
        )
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = send_from_directory(folder, filename, max_age=age)
    response.vary.add("Accept-Encoding")
    return response


def compress(response: Response) -> Response:
    """After each request: a page becomes a fifth of what it was."""
    if response.mimetype not in KINDS or response.is_streamed or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    if not accepts_gzip() or "Content-Encoding" in response.headers:
        return response
    content = response.get_data()
    if LEAST_BYTES <= len(content) <= MOST_BYTES:
        response.set_data(squeezed(content))
        response.headers["Content-Encoding"] = "gzip"
    return response


def accepts_gzip() -> bool:
    """Whether whoever asks reads gzip."""
    return request.accept_encodings.quality("gzip") > 0


def squeezed(content: bytes) -> bytes:
    """Compressed, and of no length that tells what it says."""
    packed = io.BytesIO()
    name = "a" * (1 + secrets.randbelow(CHANCE))
    with GzipFile(name, "wb", LEVEL, packed, mtime=0) as file:
        file.write(content)
    return packed.getvalue()
