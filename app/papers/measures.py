"""Lengths, colours and spaces that all papers share."""

from typing import Final

from reportlab.lib.colors import Color, HexColor

from app.kernel.money import NARROW, NO_BREAK

MM: Final = 72 / 25.4
"""Points in a millimetre."""

A4: Final = (210.0, 297.0)

NBSP: Final = NO_BREAK
NNBSP: Final = NARROW

INK: Final[Color] = HexColor("#111111")
TEAL: Final[Color] = HexColor("#0B4A52")
GREY: Final[Color] = HexColor("#3D4549")
RULE: Final[Color] = HexColor("#8A9699")
TINT: Final[Color] = HexColor("#EAF1F1")
FAINT: Final[Color] = HexColor("#E3E9EA")
"""What SPÉCIMEN is written in, behind the words: seen at once, and no word is harder to read."""
WHITE: Final[Color] = HexColor("#FFFFFF")


class DoesNotFit(ValueError):
    """Words, boxes or a block are larger than their place: a decision is missing, not a page."""
