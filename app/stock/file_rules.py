"""What a printer's file says of an order, row by row: plain values, no database.

An order waits for consecutive serials, so what is kept of each is one byte and the number of its
row: memory grows with the order, never with the file.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from app.kernel import codes, serials
from app.kernel.serials import BookletNumber, SerialNumber
from app.orders.rules import Allotted, SerialRange
from app.stock.errors import SerialFileNotOfThisOrder, SerialFileTooLong

MOST_ROWS = 1_000_000
MOST_ROWS_OF_A_PAGE = 50_000
"""A page waits for its answer, so longer files go through the command line."""
MOST_QUARANTINED = 100_000
"""A file with more wrong rows is another order's: nothing of it is kept."""
LONGEST_TYPED = 40
LONGEST_SERIAL = 13
"""Letters and digits of a serial number; a code has three more."""

SERIAL, CODE, COVER = COLUMNS = ("serial", "code", "cover")
REQUIRED = (SERIAL,)
ALIASES = {
    "numero": SERIAL,
    "numero de serie": SERIAL,
    "pass": SERIAL,
    "code du pass": CODE,
    "couverture": COVER,
    "code de couverture": COVER,
}
"""Heads that a printer may write instead."""
HEADS = {SERIAL: "numéro de série", CODE: "code du pass", COVER: "code de couverture"}
"""Heads as a person reads them."""


class CodesFrom(StrEnum):
    """Who made the codes that are printed on the passes of a file."""

    PASSNUM = "passnum"
    """The vintage's key derives them; those in the file, if any, must be the same."""
    ISSUER = "issuer"
    """Another one printed codes of its own: the file brings them, and their hashes are kept."""


FRENCH_CODES_FROM = {
    CodesFrom.PASSNUM: "passnum (le fichier des codes, ou rien)",
    CodesFrom.ISSUER: "l’émetteur (ils sont dans le fichier)",
}


class Fault(StrEnum):
    """Why a row is put aside; the first that holds, in this order."""

    UNREADABLE = "unreadable"
    WRONG_KEY = "wrong_key"
    NOT_ORDERED = "not_ordered"
    KNOWN = "known"
    CODE_MISSING = "code_missing"
    CODE_UNREADABLE = "code_unreadable"
    CODE_WRONG = "code_wrong"
    CODE_TAKEN = "code_taken"
    COVER_WRONG = "cover_wrong"
    DUPLICATE = "duplicate"
    CONTRADICTED = "contradicted"
    INCOMPLETE = "incomplete"


FRENCH_FAULT = {
    Fault.UNREADABLE: "Numéro de série illisible",
    Fault.WRONG_KEY: "Clé de contrôle fausse",
    Fault.NOT_ORDERED: "Hors de cette commande",
    Fault.KNOWN: "Déjà reçu",
    Fault.CODE_MISSING: "Code absent",
    Fault.CODE_UNREADABLE: "Code illisible",
    Fault.CODE_WRONG: "Code d’un autre pass",
    Fault.CODE_TAKEN: "Code déjà porté par un pass",
    Fault.COVER_WRONG: "Code de couverture d’un autre carnet",
    Fault.DUPLICATE: "En double dans le fichier",
    Fault.CONTRADICTED: "Deux codes pour un numéro",
    Fault.INCOMPLETE: "Carnet incomplet",
}
ADVICE = {
    Fault.UNREADABLE: "Écrire le numéro comme 26A 00442 07 91.",
    Fault.WRONG_KEY: "Un caractère est faux : relire le numéro sur le pass.",
    Fault.NOT_ORDERED: "Ce pass n’est pas attendu : le garder à part et dire d’où il vient.",
    Fault.KNOWN: "Ce pass est arrivé avant : retirer la ligne, ou dire s’il existe deux fois.",
    Fault.CODE_MISSING: "Renvoyer le carnet avec le code de chaque pass.",
    Fault.CODE_UNREADABLE: "Renvoyer le carnet : un code a seize caractères, dont une clé.",
    Fault.CODE_WRONG: "Le code n’est pas celui de ce numéro : vérifier l’impression du carnet.",
    Fault.CODE_TAKEN: "Un autre pass porte ce code : faire réimprimer le carnet.",
    Fault.COVER_WRONG: "La couverture n’est pas celle de ce carnet : vérifier l’assemblage.",
    Fault.DUPLICATE: "Le numéro est plus haut dans le fichier : dire si le pass existe deux fois.",
    Fault.CONTRADICTED: "Ce numéro est là avec deux codes : dire lequel est imprimé.",
    Fault.INCOMPLETE: "D’autres pass de ce carnet manquent ou sont écartés : renvoyer le carnet "
    "entier.",
}
"""What the printer is asked for, reason by reason."""


class Quarantined(NamedTuple):
    """A row put aside: where it stands, what was written as its number (never its code), why."""

    line: int
    typed: str
    serial: int | None
    fault: Fault


class Row(NamedTuple):
    """One row of a file, as it is written."""

    number: int
    serial: str
    code: str = ""
    cover: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """A whole file against its order: what can be received, what is put aside, what is missing."""

    row_count: int
    received: tuple[SerialRange, ...]
    quarantined: tuple[Quarantined, ...]
    missing: tuple[SerialRange, ...]

    @property
    def received_count(self) -> int:
        """Passes that arrive."""
        return sum(r.count for r in self.received)

    @property
    def missing_count(self) -> int:
        """Passes that lie between others of the file, and that it does not name."""
        return sum(r.count for r in self.missing)


# ── The codes of a file ───────────────────────────────────────────────────────────────────────────


class CodeJudge(Protocol):
    """What the codes of a row are held against."""

    def fault(self, row: Row, serial: int, booklet: int) -> Fault | None:
        """What is wrong with them."""
        ...


@dataclass(slots=True)
class DerivedCodes:
    """The vintage's key makes the codes: those in the file, if it brings any, are the same."""

    key: bytes
    in_file: bool
    _cover: tuple[str, int] = ("", 0)

    def fault(self, row: Row, serial: int, booklet: int) -> Fault | None:
        """The first of the two codes that is not the one that the key makes."""
        if self.in_file and not row.code:
            return Fault.CODE_MISSING
        if row.code and row.code != (right := codes.derive(self.key, serial)):
            try:
                if codes.read(row.code) != right:
                    return Fault.CODE_WRONG
            except codes.MistypedCode:
                return Fault.CODE_UNREADABLE
        return Fault.COVER_WRONG if row.cover and not self._is_cover(row.cover, booklet) else None

    def _is_cover(self, typed: str, booklet: int) -> bool:
        if (typed, booklet) != self._cover:  # one derivation for the passes of one booklet
            try:
                right = codes.read(typed) == codes.derive_cover(self.key, booklet)
            except codes.MistypedCode:
                return False
            if not right:
                return False
            self._cover = typed, booklet
        return True


@dataclass(slots=True)
class IssuersCodes:
    """The file brings the codes: kept as hashes, each of them of one pass only."""

    base: int
    count: int
    hashes: bytearray = field(init=False)
    covers: dict[int, bytes] = field(default_factory=dict)
    _seen: dict[int, int] = field(default_factory=dict)
    _cover_of: dict[bytes, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Room for the hash of each code."""
        self.hashes = bytearray(_HASH * self.count)

    def fault(self, row: Row, serial: int, booklet: int) -> Fault | None:
        """What keeps the codes of a row from being taken as they are."""
        if not row.code:
            return Fault.CODE_MISSING
        try:
            code = codes.digest(codes.read(row.code))
            cover = codes.digest(codes.read(row.cover)) if row.cover else b""
        except codes.MistypedCode:
            return Fault.CODE_UNREADABLE
        known = self.of_pass(serial)
        if any(known) and known != code:
            return Fault.CONTRADICTED
        short = int.from_bytes(code[:8], "big")
        if self._seen.setdefault(short, serial) != serial:
            return Fault.CODE_TAKEN
        if cover and (
            self.covers.setdefault(booklet, cover) != cover
            or self._cover_of.setdefault(cover, booklet) != booklet
        ):
            return Fault.COVER_WRONG
        place = _HASH * (serial - self.base)
        self.hashes[place : place + _HASH] = code
        return None

    def of_pass(self, serial: int) -> bytes:
        """The hash of the code of a pass."""
        place = _HASH * (serial - self.base)
        return bytes(self.hashes[place : place + _HASH])

    def of_cover(self, booklet: int) -> bytes | None:
        """The hash of the code of a cover, if the file named one."""
        return self.covers.get(booklet)


# ── Row by row ────────────────────────────────────────────────────────────────────────────────────

_UNNAMED, _GOOD, _ASIDE, _HERE, _DOUBTFUL = range(5)
_HASH = 32


@dataclass(slots=True)
class Sorter:
    """Sorts the rows of a file one by one: `judge` for each, then `finish`."""

    label: str
    allotted: Sequence[Allotted]
    codes: CodeJudge
    most_rows: int = MOST_ROWS
    row_count: int = 0
    quarantined: list[Quarantined] = field(default_factory=list)
    _base: int = 0
    _state: bytearray = field(default_factory=bytearray)
    _rows: "array[int]" = field(default_factory=lambda: array("I"))
    _firsts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make room for each serial of the order."""
        self._base = self.allotted[0].serials.first
        count = self.allotted[-1].serials.last - self._base + 1
        self._state = bytearray(count)
        self._rows = array("I", bytes(4 * count))
        self._firsts = [part.first_booklet for part in self.allotted]

    def arrived(self, ranges: Iterable[SerialRange]) -> None:
        """These serials were received before."""
        for r in ranges:
            self._state[r.first - self._base : r.last - self._base + 1] = bytes([_HERE]) * r.count

    def judge(self, row: Row) -> None:
        """Sort one row.

        Raises:
            SerialFileTooLong, SerialFileNotOfThisOrder.
        """
        self._count()
        try:
            read = serials.read(row.serial)
        except serials.WrongKey:
            self._aside(row, Fault.WRONG_KEY)
            return
        except serials.NotASerial:
            read = None
        if not isinstance(read, SerialNumber):
            self._aside(row, Fault.UNREADABLE)
            return
        serial = self._expected(read)
        if serial is None:
            self._aside(row, Fault.NOT_ORDERED)
            return
        self._place(row, serial, read.booklet.number)

    def unreadable(self, number: int) -> None:
        """A row that is no row of a table."""
        self._count()
        self._aside(Row(number, ""), Fault.UNREADABLE)

    def _count(self) -> None:
        self.row_count += 1
        if self.row_count > self.most_rows:
            raise SerialFileTooLong(most=self.most_rows)

    def _expected(self, number: SerialNumber) -> int | None:
        """The serial of a printed number, if the order waits for it."""
        if number.booklet.vintage_label != self.label:
            return None
        part = self.allotted[max(0, bisect_right(self._firsts, number.booklet.number) - 1)]
        if not part.first_booklet <= number.booklet.number <= part.last_booklet:
            return None
        if number.position > part.booklet_size:
            return None
        return part.first_serial_of(number.booklet.number) + number.position - 1

    def _place(self, row: Row, serial: int, booklet: int) -> None:
        place = serial - self._base
        state = self._state[place]
        if state == _HERE:
            self._aside(row, Fault.KNOWN, serial)
            return
        fault = self.codes.fault(row, serial, booklet)
        if fault is None and state == _GOOD:
            fault = Fault.DUPLICATE
        elif fault is None and state == _DOUBTFUL:
            fault = Fault.CONTRADICTED
        if fault is None:
            self._state[place] = _GOOD
            self._rows[place] = row.number
            return
        self._aside(row, fault, serial)
        if fault is Fault.CONTRADICTED:
            if state == _GOOD:  # neither row is believed
                first = Row(self._rows[place], row.serial)
                self._aside(first, fault, serial)
            self._state[place] = _DOUBTFUL
        elif state == _UNNAMED:
            self._state[place] = _ASIDE

    def _aside(self, row: Row, fault: Fault, serial: int | None = None) -> None:
        if len(self.quarantined) == MOST_QUARANTINED:
            raise SerialFileNotOfThisOrder(most=MOST_QUARANTINED)
        self.quarantined.append(Quarantined(row.number, _shown(row.serial), serial, fault))

    # ── The whole file ────────────────────────────────────────────────────────────────────────────

    def good(self) -> Iterator[int]:
        """The serials that nothing is wrong with, in order."""
        place = self._state.find(_GOOD)
        while place >= 0:
            yield self._base + place
            place = self._state.find(_GOOD, place + 1)

    def booklet_of(self, serial: int) -> int:
        """The number of the booklet of a serial."""
        return printed(serial, self.label, self.allotted).booklet.number

    def refuse(self, serial: int, fault: Fault) -> None:
        """Put the row of a good serial aside after all."""
        place = serial - self._base
        self._aside(Row(self._rows[place], self._printed(serial)), fault, serial)
        self._state[place] = _ASIDE

    def finish(self) -> Findings:
        """What the whole file comes to: only whole booklets are received."""
        received: list[SerialRange] = []
        missing: list[SerialRange] = []
        for part in self.allotted:
            whole = bytes([_GOOD]) * part.booklet_size
            for first in range(part.serials.first, part.serials.last + 1, part.booklet_size):
                here = self._state[first - self._base : first - self._base + part.booklet_size]
                if here == whole:
                    _extend(received, first, part.booklet_size)
                elif _GOOD in here:
                    for serial in range(first, first + part.booklet_size):
                        if self._state[serial - self._base] == _GOOD:
                            self.refuse(serial, Fault.INCOMPLETE)
            missing += self._gaps(part)
        self.quarantined.sort()
        return Findings(self.row_count, tuple(received), tuple(self.quarantined), tuple(missing))

    def _gaps(self, part: Allotted) -> list[SerialRange]:
        """Serials that the file leaves out between its first and its last booklet of a line."""
        start, stop = part.serials.first - self._base, part.serials.last - self._base + 1
        state = self._state[start:stop].translate(_NAMED)
        first, last = state.find(1), state.rfind(1)
        if first < 0:
            return []
        size = part.booklet_size
        first, last = first // size * size, (last // size + 1) * size
        gaps: list[SerialRange] = []
        place = self._state.find(_UNNAMED, start + first, start + last)
        while place >= 0:
            _extend(gaps, self._base + place, 1)
            place = self._state.find(_UNNAMED, place + 1, start + last)
        return gaps

    def _printed(self, serial: int) -> str:
        return str(printed(serial, self.label, self.allotted))


_NAMED = bytes(1 if state in {_GOOD, _ASIDE, _DOUBTFUL} else 0 for state in range(256))


def _extend(ranges: list[SerialRange], first: int, count: int) -> None:
    """Add serials that follow the last range, or begin a new one."""
    if ranges and ranges[-1].last + 1 == first:
        ranges[-1] = SerialRange(ranges[-1].first, first + count - 1)
    else:
        ranges.append(SerialRange(first, first + count - 1))


def _shown(typed: str) -> str:
    """What was typed, short and harmless: where columns are swapped, no code may be kept."""
    if sum(c.isalnum() for c in typed) > LONGEST_SERIAL:
        return "(trop long)"
    return "".join(c if c.isprintable() else "?" for c in typed.strip()[:LONGEST_TYPED])


def printed(serial: int, label: str, allotted: Sequence[Allotted]) -> SerialNumber:
    """What is printed on the pass of a serial of an order."""
    part = next(a for a in allotted if serial <= a.serials.last)
    booklet, position = divmod(serial - part.serials.first, part.booklet_size)
    return SerialNumber(BookletNumber(label, part.first_booklet + booklet), position + 1)


def by_booklet(
    ranges: Iterable[SerialRange], label: str, allotted: Sequence[Allotted]
) -> list[tuple[SerialNumber, SerialNumber]]:
    """Ranges of serials as they are printed, cut where the booklets change their size."""
    pieces = [
        SerialRange(max(r.first, a.serials.first), min(r.last, a.serials.last))
        for r in ranges
        for a in allotted
        if r.first <= a.serials.last and r.last >= a.serials.first
    ]
    return [(printed(p.first, label, allotted), printed(p.last, label, allotted)) for p in pieces]
