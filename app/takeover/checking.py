"""Checking a file of opening balances: vintages, holders, codes. Nothing is written."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.identity.rules import Actor, Right, Role
from app.kernel import codes
from app.kernel.text import read_number
from app.partners import queries as partners
from app.partners.models import Organisation
from app.partners.rules import WHERE_ROLES_ARE
from app.programmes import queries as programmes
from app.programmes.models import Programme, VintageTerms
from app.programmes.service import known_programme
from app.takeover import queries
from app.takeover.reading import read_table
from app.takeover.rules import (
    CODE_COLUMNS,
    COLUMNS,
    OF_CODES,
    REQUIRED,
    Faults,
    Line,
    Lot,
    Place,
    Total,
    first_serial,
    plain,
    read_lots,
    shown,
    totals,
)

PAGE = 500
SIRET_LENGTH = 14


@dataclass(slots=True)
class Reading:
    """A file as it was read: its lots with their holders, what is wrong, what it adds up to."""

    faults: Faults
    lots: list[Lot]
    vintages: dict[str, VintageTerms] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    totals: list[Total] = field(default_factory=list)

    @property
    def voucher_count(self) -> int:
        """The passes that will exist."""
        return sum(t.voucher_count for t in self.totals if t.place is not Place.ELSEWHERE)


# ── The file ──────────────────────────────────────────────────────────────────────────────────────


def check_takeover(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID,
    content: bytes,
    today: date,
    codes_content: bytes | None = None,
) -> Reading:
    """Read a file of opening balances, and say line by line what is wrong; nothing is written.

    Raises:
        UnknownProgramme.
        UnreadableFile: a file is no table, or lacks a column.
    """
    actor.check(Right.PREPARE_TAKEOVER)
    programme = known_programme(session, programme_id)
    faults = Faults()
    reading = Reading(faults, read_lots(read_table(content, COLUMNS, REQUIRED, faults), faults))
    _check_vintages(session, programme, reading, today)
    _find_holders(session, reading)
    if not faults.count:
        _check_codes(session, reading, codes_content)
    if not faults.count:
        values = {
            label: ledger.face_value(session, terms.vintage_id)
            for label, terms in reading.vintages.items()
        }
        reading.totals = totals(reading.lots, values)
    return reading


def _check_vintages(session: Session, programme: Programme, reading: Reading, today: date) -> None:
    """Each vintage is this programme's, open for a taking over, still of use, without these."""
    for label, found in groupby(reading.lots, key=lambda lot: lot.vintage):
        lots = sorted(found, key=lambda lot: lot.first)
        terms = programmes.vintage_by_label(session, label)
        if terms is None or terms.programme_id != programme.id:
            sentence = (
                f"Le millésime {label} n’existe pas dans ce dispositif : ouvrez-le d’abord, "
                "en disant que ses carnets sont repris."
            )
        elif not terms.taken_over:
            sentence = (
                f"Les carnets du millésime {label} se commandent dans passnum : ouvrez un autre "
                "millésime pour ceux qui existent déjà."
            )
        elif terms.last_redemption_on < today and any(lot.is_taken for lot in lots):
            sentence = (
                f"Le millésime {label} ne sert plus depuis le "
                f"{terms.last_redemption_on:%d/%m/%Y} : écrivez « non repris »."
            )
            lots = [lot for lot in lots if lot.is_taken]
        else:
            reading.vintages[label] = terms
            for lot, number in already_there(session, terms, lots):
                reading.faults.add(
                    lot.line,
                    f"Le carnet {label} {number:05d} est déjà dans passnum : retirez-le.",
                )
            continue
        for lot in lots:
            reading.faults.add(lot.line, sentence)


def already_there(
    session: Session, terms: VintageTerms, lots: Sequence[Lot]
) -> Iterator[tuple[Lot, int]]:
    """Lots, sorted by number, that hold a booklet which exists, each with the first such one."""
    numbers = queries.booklets_there(session, terms.vintage_id)
    number = next(numbers, None)
    for lot in lots:
        while number is not None and number < lot.first:
            number = next(numbers, None)
        if number is not None and number <= lot.last and lot.place is not Place.ELSEWHERE:
            yield lot, number


def _find_holders(session: Session, reading: Reading) -> None:
    """Put the id of an organisation in the place of its SIRET or name."""
    by_name: dict[str, list[Organisation]] = {}
    by_siret: dict[str, Organisation] = {}
    after: UUID | None = None
    while found := partners.organisations_after(session, after, limit=PAGE):
        after = found[-1].id
        for organisation in found:
            by_name.setdefault(plain(organisation.name), []).append(organisation)
            if organisation.siret:
                by_siret[organisation.siret] = organisation
    resolved = []
    for lot in reading.lots:
        if not lot.holder:
            resolved.append(lot)
            continue
        digits = "".join(lot.holder.split())
        if digits.isdigit() and len(digits) == SIRET_LENGTH:
            known = [by_siret[digits]] if digits in by_siret else []
        else:
            known = by_name.get(plain(lot.holder), [])
        if sentence := _wrong_holder(lot.holder, known):
            reading.faults.add(lot.line, sentence)
            continue
        reading.holders[str(known[0].id)] = known[0].name
        resolved.append(lot._replace(holder=str(known[0].id)))
    reading.lots = sorted(resolved)


def _wrong_holder(typed: str, known: Sequence[Organisation]) -> str:
    if not known:
        return (
            f"Prescripteur « {shown(typed)} » inconnu : écrivez son SIRET ou son nom tel qu’il est "
            "dans la liste des structures, ou enregistrez-le."
        )
    if len(known) > 1:
        return f"Plusieurs structures s’appellent « {shown(typed)} » : écrivez le SIRET."
    if known[0].kind not in WHERE_ROLES_ARE[Role.PRESCRIBER]:
        return f"« {shown(typed)} » ne peut pas être prescripteur : écrivez qui tient ces carnets."
    return ""


# ── Codes that somebody else printed ──────────────────────────────────────────────────────────────


class Expected:
    """Which passes wait for a code of the file: found by bisection, ticked off in a bitmap."""

    def __init__(self, lots: Iterable[Lot]) -> None:
        self.lots = sorted(
            (lot for lot in lots if lot.codes_in_file and lot.place is not Place.ELSEWHERE),
            key=lambda lot: (lot.vintage, lot.first),
        )
        self.starts = [(lot.vintage, lot.first) for lot in self.lots]
        self.offsets = [0]
        for lot in self.lots:
            self.offsets.append(self.offsets[-1] + lot.voucher_count)
        self.seen = bytearray(self.offsets[-1])

    def place(self, vintage: str, booklet: int, position: int) -> int | None:
        """Where that pass stands among those expected, if it is one of them."""
        index = bisect_right(self.starts, (vintage, booklet)) - 1
        if index < 0:
            return None
        lot = self.lots[index]
        if lot.vintage != vintage or booklet > lot.last or not 1 <= position <= lot.size:
            return None
        return self.offsets[index] + (booklet - lot.first) * lot.size + position - 1

    def missing(self) -> tuple[int, str]:
        """How many passes have no code yet, and the first of them."""
        count = self.seen.count(0)
        if not count:
            return 0, ""
        place = self.seen.index(0)
        index = bisect_right(self.offsets, place) - 1
        lot, offset = self.lots[index], place - self.offsets[index]
        return (
            count,
            f"{lot.vintage} {lot.first + offset // lot.size:05d}, pass {offset % lot.size + 1}",
        )


def _check_codes(session: Session, reading: Reading, content: bytes | None) -> None:
    expected = Expected(reading.lots)
    if content is None:
        for lot in expected.lots:
            reading.faults.add(
                lot.line, "Le fichier des codes manque : joignez-le, ou écrivez passnum."
            )
        return
    known: set[bytes] = set()
    batch: list[bytes] = []
    for line, _, _, code_hash in read_codes(content, expected, reading.faults):
        if code_hash[:8] in known:
            reading.faults.add(
                line, f"{OF_CODES} : ce code est déjà plus haut, chaque pass a le sien."
            )
        known.add(code_hash[:8])
        batch.append(code_hash)
        if len(batch) == PAGE:
            _check_unknown(session, reading.faults, batch, line)
            batch = []
    _check_unknown(session, reading.faults, batch, 1)
    count, first = expected.missing()
    if count:
        reading.faults.add(1, f"{OF_CODES} : il manque {count} code(s), d’abord {first}.")


def _check_unknown(session: Session, faults: Faults, hashes: Sequence[bytes], line: int) -> None:
    if hashes and queries.any_known_code(session, hashes):
        faults.add(line, f"{OF_CODES} : un code, ici ou juste avant, est déjà celui d’un pass.")


def read_codes(
    content: bytes, expected: Expected, faults: Faults
) -> Iterator[tuple[int, str, int, bytes]]:
    """Line, vintage, serial and hash of each code that can be read and is waited for."""
    for line in read_table(content, CODE_COLUMNS, CODE_COLUMNS, faults):
        if not any(line.cells.values()):
            continue
        found = _code(line, expected)
        if isinstance(found, str):
            faults.add(line.number, f"{OF_CODES} : {found}")
        else:
            yield line.number, *found


def _code(line: Line, expected: Expected) -> tuple[str, int, bytes] | str:
    """Vintage, serial and hash; or what is wrong."""
    label, booklet, position, typed = (line.cells.get(name, "") for name in CODE_COLUMNS)
    label, number, pass_ = label.upper(), read_number(booklet), read_number(position)
    if number is None or pass_ is None:
        return "écrivez le carnet et le pass en chiffres."
    place = expected.place(label, number, pass_)
    if place is None:
        return f"aucune ligne n’attend le code de {shown(label)} {number:05d}, pass {pass_}."
    if expected.seen[place]:
        return f"{label} {number:05d}, pass {pass_} a déjà un code : gardez le bon."
    expected.seen[place] = 1
    try:
        code = codes.read(typed)
    except codes.MistypedCode:
        return (
            "ce code n’a pas la forme que lit passnum : corrigez-le, ou faites réimprimer le "
            "carnet en écrivant passnum."
        )
    return label, first_serial(number) + pass_ - 1, codes.digest(code)
