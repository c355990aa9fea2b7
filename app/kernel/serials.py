"""Printed serial numbers: « 26A 00442 07 91 » is vintage 26A, booklet 442, seventh pass, key 91.

A vintage has at most 999,999 booklets, written with five digits or, beyond 99,999, six. Serial
numbers identify and prove nothing. The key is ISO 7064 mod 97-10, which catches every single slip
and every swap of neighbours.
"""

import re
from dataclasses import dataclass

LABEL = r"[0-9]{2}[A-Z]"
BOOKLET_SIZES = (10, 5)
"""Passes under one cover, largest first: the order in which an order's serials are allotted."""
LARGEST_BOOKLET = max(BOOKLET_SIZES)


class NotASerial(ValueError):
    """What was typed does not have the form of a serial number."""


class WrongKey(ValueError):
    """The form is right and the two check digits are not: one character was misread."""


@dataclass(frozen=True, slots=True)
class BookletNumber:
    """One booklet of a vintage, counted from 1."""

    vintage_label: str
    number: int

    def __str__(self) -> str:
        return f"{self.vintage_label} {self.number:05d}"


@dataclass(frozen=True, slots=True)
class SerialNumber:
    """One pass: the position counts from 1 inside its booklet."""

    booklet: BookletNumber
    position: int

    @property
    def key(self) -> str:
        """The two check digits, as stdnum.iso7064.mod_97_10 makes them in ten times as long.

        The only letter is the third character of the label: it counts from A = 10.
        """
        label = self.booklet.vintage_label
        digits = f"{label[:2]}{int(label[2], 36)}{self.booklet.number:05d}{self.position:02d}"
        return f"{98 - int(digits) * 100 % 97:02d}"

    def __str__(self) -> str:
        return f"{self.booklet} {self.position:02d} {self.key}"


def read(typed: str) -> SerialNumber | BookletNumber:
    """A serial number with its key, without it, or the number of a booklet, as typed.

    Raises:
        NotASerial: the form is another one.
        WrongKey: the check digits do not fit.
    """
    text = "".join(typed.upper().split()).replace("-", "").replace("\u202f", "")
    match = re.fullmatch(rf"({LABEL})([0-9]{{5,10}})", text)
    if match is None:
        raise NotASerial
    label, digits = match.groups()
    # Five digits of booklet or six, two of position, two of key: each length means one thing only.
    width = 5 + (len(digits) - 5) % 2
    number, position, key = digits[:width], digits[width : width + 2], digits[width + 2 :]
    # A sixth digit is written only where five do not suffice: 26A 00442 0 is a serial cut short.
    if int(number) == 0 or (width > 5 and number[0] == "0"):  # noqa: PLR2004 - the usual width
        raise NotASerial
    booklet = BookletNumber(label, int(number))
    if not position:
        return booklet
    serial = SerialNumber(booklet, int(position))
    if key and key != serial.key:
        raise WrongKey
    if not 1 <= serial.position <= LARGEST_BOOKLET:
        raise NotASerial
    return serial
