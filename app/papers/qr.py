"""QR codes as vectors: one filled path, sharp at any size."""

from functools import cache
from itertools import groupby
from typing import Any

import zxingcpp

QUIET_MODULES = 4
"""The white margin that the standard asks for, in modules."""
VERSION_3_MODULES = 29
LONGEST_VERSION_3 = 61
"""Characters of an upper-case address in version 3, level M: more makes the modules smaller."""


def matrix(text: str, level: str = "M") -> list[bytes]:
    """The rows of a symbol of that correction level; a dark module is 0."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    # The image lends its bytes; its type does not say so.
    image: Any = made.to_image(scale=1, add_quiet_zones=False)
    side = image.shape[0]
    flat = memoryview(image).tobytes()
    return [flat[start : start + side] for start in range(0, side * side, side)]


def path(text: str, x: float, y: float, side: float) -> str:
    """The operators that draw a symbol in black: a rectangle for each run of a row. In points."""
    rows = matrix(text)
    modules = len(rows)
    drawn = "".join(_row(row, modules - 1 - above) for above, row in enumerate(rows))
    scale = side / modules
    return f"q 0 g {scale:.5f} 0 0 {scale:.5f} {x:.3f} {y:.3f} cm\n{drawn}f Q"


@cache
def _rectangle(x: int, y: int, long: int) -> str:
    return f"{x} {y} {long} 1 re\n"


def _row(row: bytes, y: int) -> str:
    x, out = 0, []
    for shade, run in groupby(row):
        long = len(list(run))
        if shade == 0:
            out.append(_rectangle(x, y, long))
        x += long
    return "".join(out)


def on_screen(text: str, level: str = "M") -> tuple[int, str]:
    """A symbol for a page: its side with the margin in modules, and the path of an SVG."""
    rows = matrix(text, level)
    drawn = []
    for y, row in enumerate(rows, start=QUIET_MODULES):
        x = QUIET_MODULES
        for shade, run in groupby(row):
            long = len(list(run))
            if shade == 0:
                drawn.append(f"M{x} {y}h{long}v1h-{long}z")
            x += long
    return len(rows) + 2 * QUIET_MODULES, "".join(drawn)
