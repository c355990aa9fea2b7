"""What a batch may be: plain values, no database."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.kernel.codes import LENGTH
from app.orders.rules import Allotted
from app.papers.qr import LONGEST_VERSION_3
from app.printing.errors import BookletsNotToPrint, NothingToPrint, PrintBatchTooLarge

CARTON = 100
"""Booklets of one file: memory stays flat, and a printer handles boxes of that size."""
LARGEST_BATCH = 1_000
"""Booklets of one batch: ten files, some ten seconds of work."""
LONGEST_ADDRESS = LONGEST_VERSION_3 - LENGTH - len("/P/")
RESERVED = ".example"
"""Addresses and telephones kept for examples (RFC 2606, ARCEP): no real booklet bears them."""
LONGEST_LINE = 20
"""Characters of a telephone number, as a cover has room for."""
RESERVED_LINE = "0536 49"


class PrintKind(StrEnum):
    """What leaves for the printer."""

    BOOKLETS = "booklets"
    """Pages ready to print, a PDF for each carton."""
    CODES = "codes"
    """Serial numbers and codes, for a printer who composes the pages."""


FRENCH_KIND = {
    PrintKind.BOOKLETS: "Carnets composés (PDF)",
    PrintKind.CODES: "Fichier des codes (CSV)",
}


@dataclass(frozen=True, slots=True)
class Carton:
    """Consecutive booklets of one size, in one file."""

    size: int
    first: int
    last: int

    @property
    def count(self) -> int:
        """How many booklets."""
        return self.last - self.first + 1


def check_range(
    first: int, last: int, allotted: Sequence[Allotted], *, largest: int | None
) -> None:
    """Refuse booklets that the order does not bring.

    Raises, in this order:
        NothingToPrint, BookletsNotToPrint, PrintBatchTooLarge.
    """
    if last < first:
        raise NothingToPrint
    least = min(part.first_booklet for part in allotted)
    most = max(part.last_booklet for part in allotted)
    if first < least or last > most:
        raise BookletsNotToPrint(first=least, last=most)
    if largest is not None and last - first >= largest:
        raise PrintBatchTooLarge(largest=largest)


def cartons(first: int, last: int, allotted: Sequence[Allotted]) -> Iterator[Carton]:
    """A range in files of one size and of a hundred booklets at most."""
    for part in allotted:
        start, stop = max(first, part.first_booklet), min(last, part.last_booklet)
        for begin in range(start, stop + 1, CARTON):
            yield Carton(part.booklet_size, begin, min(begin + CARTON - 1, stop))


def address_is_printable(address: str) -> bool:
    """Whether the address of the public pages fits a square of 29 modules, in upper case."""
    return (
        re.fullmatch(r"https?://[A-Za-z0-9.:-]+", address) is not None
        and len(address) <= LONGEST_ADDRESS
    )
