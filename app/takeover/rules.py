"""Lines of the file of opening balances, and what is wrong with them: plain values, no database.

Whoever writes the file is at a spreadsheet: each verdict names the line as the spreadsheet counts
it and says what to write instead.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from app.kernel.serials import LABEL

MOST_ROWS = 100_000
MOST_VOUCHERS = 2_000_000
OF_CODES = "Fichier des codes"
"""How a fault of the other file begins."""
MOST_FAULTS = 200
"""Verdicts kept; the rest is counted."""
LAST_BOOKLET = 999_999
SIZES = (5, 10)
SLOTS = 10
"""Serials kept for each booklet number of a vintage that is taken over: numbers may have gaps."""


class Place(StrEnum):
    """Where booklets rest on the day of the taking over."""

    STOCK_INERT = "stock_inert"
    STOCK = "stock"
    PRESCRIBER = "prescriber"
    CIRCULATION = "circulation"
    ELSEWHERE = "elsewhere"


class TakeoverState(StrEnum):
    """What became of a procès-verbal."""

    WAITING = "waiting"
    APPROVED = "approved"
    SET_ASIDE = "set_aside"


FRENCH_PLACE = {
    Place.STOCK_INERT: "Armoire, inertes",
    Place.STOCK: "Armoire, actifs",
    Place.PRESCRIBER: "Chez un prescripteur",
    Place.CIRCULATION: "Remis à des personnes",
    Place.ELSEWHERE: "Non repris",
}

_PLACES = {
    "stock inerte": Place.STOCK_INERT,
    "stock": Place.STOCK,
    "prescripteur": Place.PRESCRIBER,
    "circulation": Place.CIRCULATION,
    "non repris": Place.ELSEWHERE,
}
_CODES = {"": False, "passnum": False, "fichier": True}
WITH_A_HOLDER = frozenset({Place.PRESCRIBER, Place.CIRCULATION})

VINTAGE, FIRST, LAST, SIZE, PLACE, HOLDER, CODES, LEFT = COLUMNS = (
    "millesime",
    "premier carnet",
    "dernier carnet",
    "taille",
    "lieu",
    "prescripteur",
    "codes",
    "restants",
)
NOTHING_LEFT = "aucun"
REQUIRED = (VINTAGE, FIRST, LAST, SIZE, PLACE)
CODE_COLUMNS = (VINTAGE, "carnet", "pass", "code")


class Line(NamedTuple):
    """One line of a table: its number in the spreadsheet, its cells by the names of columns."""

    number: int
    cells: Mapping[str, str]


class Lot(NamedTuple):
    """Booklets of one line, both ends included; sorted as they are taken over."""

    vintage: str
    place: Place
    holder: str
    first: int
    last: int
    size: int
    codes_in_file: bool
    line: int
    used: int = 0
    """The passes of its only booklet that were used before passnum: bit 0 is the first one."""

    @property
    def is_taken(self) -> bool:
        """Whether it comes into passnum, or is only named."""
        return self.place is not Place.ELSEWHERE

    @property
    def used_runs(self) -> list[tuple[int, int]]:
        """The passes used before passnum as runs of places, counted from 0, both ends included."""
        places = [place for place in range(self.size) if self.used >> place & 1]
        runs: list[tuple[int, int]] = []
        for place in places:
            if runs and runs[-1][1] == place - 1:
                runs[-1] = (runs[-1][0], place)
            else:
                runs.append((place, place))
        return runs

    @property
    def booklet_count(self) -> int:
        """How many booklets."""
        return self.last - self.first + 1

    @property
    def voucher_count(self) -> int:
        """How many passes."""
        return self.booklet_count * self.size


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong on a line, and what to write instead."""

    line: int
    sentence: str


@dataclass(slots=True)
class Faults:
    """The first faults of a file, and how many there are."""

    kept: list[Fault] = field(default_factory=list)
    count: int = 0
    lines: set[tuple[bool, int]] = field(default_factory=set)
    """The lines that have one, of the file of codes (True) or of booklets."""

    @property
    def line_count(self) -> int:
        """How many lines there are to correct: a line may have several faults."""
        return len(self.lines)

    def add(self, line: int, sentence: str) -> None:
        """Note a fault."""
        self.count += 1
        self.lines.add((sentence.startswith(OF_CODES), line))
        if len(self.kept) < MOST_FAULTS:
            self.kept.append(Fault(line, sentence))


def plain(text: str) -> str:
    """A word without accents, case, or anything but letters and figures between its spaces."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", bare).split())


def read_lots(lines: Iterable[Line], faults: Faults) -> list[Lot]:
    """The lots of a file; the faults of each line are noted."""
    lots = []
    for line in lines:
        if line.number > MOST_ROWS + 1:
            faults.add(
                line.number, f"Le fichier dépasse {MOST_ROWS} lignes : coupez-le en plusieurs."
            )
            break
        if not any(line.cells.values()):
            continue
        if lot := _lot(line, faults):
            lots.append(lot)
    if not lots and not faults.count:
        faults.add(1, "Le fichier n’a aucune ligne de carnets : ajoutez-en au moins une.")
    passes = sum(lot.voucher_count for lot in lots)
    if passes > MOST_VOUCHERS:
        faults.add(1, f"Le fichier compte {passes} pass : coupez-le, {MOST_VOUCHERS} au plus.")
    for before, after in overlapping(lots):
        faults.add(
            after.line,
            f"Les carnets {after.first} à {after.last} de {after.vintage} sont déjà à la ligne "
            f"{before.line} : gardez chaque carnet une seule fois.",
        )
    return sorted(lots)


def _lot(line: Line, faults: Faults) -> Lot | None:
    cells = line.cells
    label = cells.get(VINTAGE, "").upper()
    first, last, size = (_number(cells.get(name, "")) for name in (FIRST, LAST, SIZE))
    place = _PLACES.get(plain(cells.get(PLACE, "")))
    holder = " ".join(cells.get(HOLDER, "").split())
    codes = _CODES.get(plain(cells.get(CODES, "")))
    wrong = [
        *_wrong_booklets(cells, label, first, last, size),
        *_wrong_place(cells, place, holder),
    ]
    used = _used(cells.get(LEFT, ""), size)
    if used is None:
        wrong.append(
            f"Restants « {shown(cells.get(LEFT, ''))} » : écrivez les pass qui restent, comme "
            "3-10 ou 1, 4, 7-10, ou aucun ; vide si aucun n’a servi."
        )
    elif used and (place is not Place.CIRCULATION or first != last):
        wrong.append(
            "Restants : un carnet entamé est en circulation, seul sur sa ligne. Coupez la ligne."
        )
    if codes is None:
        wrong.append(f"Codes « {shown(cells.get(CODES, ''))} » : écrivez passnum ou fichier.")
    for sentence in wrong:
        faults.add(line.number, sentence)
    if wrong or first is None or last is None or size is None or place is None:
        return None
    if place is Place.ELSEWHERE:
        holder = ""
    return Lot(label, place, holder, first, last, size, bool(codes), line.number, used or 0)


def _used(typed: str, size: int | None) -> int | None:
    """The passes used before passnum, from those that are left; None when that makes no sense."""
    bare = plain(re.sub("[,.;]", " et ", re.sub("[-–]", "a", typed)))
    if not bare or size not in SIZES:
        return 0
    left = 0
    if bare != NOTHING_LEFT:
        for part in re.split(r"\s*et\s*|\s+(?=\d+(?:\s|$|a))", bare):
            found = re.fullmatch(r"(\d{1,2})(?:\s*a\s*(\d{1,2}))?", part.strip(), re.ASCII)
            first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
            if not 1 <= first <= last <= size:
                return None
            left |= ((1 << (last - first + 1)) - 1) << (first - 1)
    return ((1 << size) - 1) & ~left


def _wrong_booklets(
    cells: Mapping[str, str], label: str, first: int | None, last: int | None, size: int | None
) -> Iterator[str]:
    if not re.fullmatch(LABEL, label):
        yield f"Millésime « {shown(label)} » : écrivez deux chiffres et une lettre, comme 25R."
    for name, number in ((FIRST, first), (LAST, last)):
        if number is None:
            yield (
                f"{name.capitalize()} « {shown(cells.get(name, ''))} » : écrivez un numéro de 1 à "
                f"{LAST_BOOKLET}."
            )
    if first is not None and last is not None and first > last:
        yield f"Le premier carnet ({first}) vient après le dernier ({last}) : échangez-les."
    if size not in SIZES:
        yield f"Taille « {shown(cells.get(SIZE, ''))} » : écrivez 5 ou 10."


def _wrong_place(cells: Mapping[str, str], place: Place | None, holder: str) -> Iterator[str]:
    if place is None:
        yield (
            f"Lieu « {shown(cells.get(PLACE, ''))} » : écrivez stock inerte, stock, prescripteur, "
            "circulation ou non repris."
        )
    if place in WITH_A_HOLDER and not holder:
        yield "Prescripteur : écrivez son SIRET ou son nom."
    if place in {Place.STOCK, Place.STOCK_INERT} and holder:
        yield f"Prescripteur « {shown(holder)} » : laissez vide, ces carnets sont dans l’armoire."


def _number(typed: str) -> int | None:
    """A booklet's number, or a size; spreadsheets write 12 as 12.0."""
    digits = re.sub(r"[.,]0+$", "", "".join(typed.split()))
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(LAST_BOOKLET))):
        return None
    return int(digits) or None


def shown(typed: str) -> str:
    """What was typed, short and harmless, inside a verdict."""
    return "".join(c if c.isprintable() else "?" for c in typed[:40])


def overlapping(lots: Sequence[Lot]) -> Iterator[tuple[Lot, Lot]]:
    """Lots that share booklets with an earlier one of the same vintage, each with that one."""
    furthest: Lot | None = None
    for lot in sorted(lots, key=lambda lot: (lot.vintage, lot.first, lot.line)):
        if furthest and furthest.vintage == lot.vintage and lot.first <= furthest.last:
            before, after = sorted((furthest, lot), key=lambda lot: lot.line)
            yield before, after
        if not furthest or furthest.vintage != lot.vintage or lot.last > furthest.last:
            furthest = lot


def first_serial(number: int) -> int:
    """The serial of the first pass of a booklet that is taken over."""
    return (number - 1) * SLOTS + 1


@dataclass(frozen=True, slots=True)
class Total:
    """What rests in one place with one holder, of one vintage."""

    vintage: str
    place: Place
    holder: str
    fives: int
    tens: int
    face_value_cents: int
    used_count: int = 0
    """Of these passes, those that were used and paid before passnum."""

    @property
    def voucher_count(self) -> int:
        """How many passes."""
        return 5 * self.fives + 10 * self.tens

    @property
    def amount_cents(self) -> int:
        """Their face value."""
        return self.voucher_count * self.face_value_cents


def totals(lots: Iterable[Lot], face_values: Mapping[str, int]) -> list[Total]:
    """Totals by vintage, place and holder, in the order of the chain."""
    counted: dict[tuple[str, int, Place, str], list[int]] = {}
    order = {place: rank for rank, place in enumerate(Place)}
    for lot in lots:
        key = (lot.vintage, order[lot.place], lot.place, lot.holder)
        sizes = counted.setdefault(key, [0, 0, 0])
        sizes[lot.size == max(SIZES)] += lot.booklet_count
        sizes[2] += lot.used.bit_count()
    return [
        Total(vintage, place, holder, fives, tens, face_values[vintage], used)
        for (vintage, _, place, holder), (fives, tens, used) in sorted(counted.items())
    ]
