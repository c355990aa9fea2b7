"""Reading a document back as a person, a copier or a telephone would: pixels, words, codes."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pypdfium2
import zxingcpp
from PIL.Image import Image

POINTS_AN_INCH = 72
QR_CODES = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])


@contextmanager
def opened(document: bytes) -> Iterator[pypdfium2.PdfDocument]:
    pdf = pypdfium2.PdfDocument(document)
    try:
        yield pdf
    finally:
        pdf.close()


def words(document: bytes) -> list[str]:
    """The text of each page."""
    with opened(document) as pdf:
        return [page.get_textpage().get_text_bounded() for page in pdf]


def pictures(document: bytes, dpi: int = 150) -> Iterator[Image]:
    """Each page as a scanner sees it, in grey."""
    with opened(document) as pdf:
        render = partial(pypdfium2.PdfPage.render, scale=dpi / POINTS_AN_INCH, grayscale=True)
        for page in pdf:
            yield render(page).to_pil().convert("L")


def codes(picture: Image) -> set[str]:
    """What a reader of codes finds on a picture."""
    found = zxingcpp.read_barcodes(picture, formats=QR_CODES)
    return {code.text for code in found if code.valid}
