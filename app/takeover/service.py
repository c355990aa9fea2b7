"""Taking over: what lay in cupboards, drawers and pockets before passnum becomes its first rows.

One person counts and sends the file, another counts again and approves the procès-verbal. Only then
do the passes exist, and the ledger's own moves bring each of them where it lies.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app import ledger
from app.database import earlier, hold, insert_rows
from app.identity.rules import Actor, Right, Role
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.ledger import chart
from app.partners import queries as partners
from app.partners.models import Organisation
from app.partners.rules import WHERE_ROLES_ARE
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.keys import KeyStore
from app.programmes.models import Programme, VintageTerms
from app.programmes.service import known_programme
from app.takeover import queries
from app.takeover.errors import (
    TakenOverMeanwhile,
    TakeoverApprovedAlready,
    TakeoverChanged,
    TakeoverFileRefused,
    TakeoverPreparerCannotApprove,
    UnknownTakeover,
)
from app.takeover.models import Takeover, TakeoverApproval, TakeoverCode, TakeoverLot
from app.takeover.reading import read_table
from app.takeover.rules import (
    CODE_COLUMNS,
    COLUMNS,
    REQUIRED,
    WITH_A_HOLDER,
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
from app.vouchers.models import Booklet
from app.vouchers.service import vintage_key

CARTON = 10_000
"""Vouchers written at a time, so that memory does not grow with the file."""
PAGE = 500
SIRET_LENGTH = 14

STEPS = (
    (ledger.MovementKind.RECEIVE, frozenset(Place) - {Place.ELSEWHERE}),
    (ledger.MovementKind.ACTIVATE, frozenset({Place.STOCK, Place.PRESCRIBER, Place.CIRCULATION})),
    (ledger.MovementKind.ALLOCATE, WITH_A_HOLDER),
    (ledger.MovementKind.ACCEPT, WITH_A_HOLDER),
    (ledger.MovementKind.ISSUE, frozenset({Place.CIRCULATION})),
)
"""The moves of the ledger, each for the places that lie beyond it: one posting a step."""


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


class Run(NamedTuple):
    """Booklets with consecutive numbers and ids, of one size, in one place."""

    lot: Lot
    first_id: int

    @property
    def vouchers(self) -> ledger.VoucherRange:
        """The ids of their passes."""
        return ledger.VoucherRange(self.first_id, self.first_id + self.lot.voucher_count - 1)


# ── The file ──────────────────────────────────────────────────────────────────────────────────────


def check_takeover(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID,
    content: bytes,
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
    _check_vintages(session, programme, reading)
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


def _check_vintages(session: Session, programme: Programme, reading: Reading) -> None:
    """Each vintage is this programme's, open for a taking over, and without these booklets."""
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
        else:
            reading.vintages[label] = terms
            for lot, number in _already_there(session, terms, lots):
                reading.faults.add(
                    lot.line,
                    f"Le carnet {label} {number:05d} est déjà dans passnum : retirez-le.",
                )
            continue
        for lot in lots:
            reading.faults.add(lot.line, sentence)


def _already_there(
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


class _Expected:
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
    expected = _Expected(reading.lots)
    if content is None:
        for lot in expected.lots:
            reading.faults.add(
                lot.line, "Le fichier des codes manque : joignez-le, ou écrivez passnum."
            )
        return
    known: set[bytes] = set()
    batch: list[bytes] = []
    for line, _, _, code_hash in _read_codes(content, expected, reading.faults):
        if code_hash[:8] in known:
            reading.faults.add(line, "Ce code est déjà plus haut : chaque pass a le sien.")
        known.add(code_hash[:8])
        batch.append(code_hash)
        if len(batch) == PAGE:
            _check_unknown(session, reading.faults, batch, line)
            batch = []
    _check_unknown(session, reading.faults, batch, 1)
    count, first = expected.missing()
    if count:
        reading.faults.add(1, f"Fichier des codes : il manque {count} code(s), d’abord {first}.")


def _check_unknown(session: Session, faults: Faults, hashes: Sequence[bytes], line: int) -> None:
    if hashes and queries.any_known_code(session, hashes):
        faults.add(line, "Un code, ici ou juste avant, est déjà celui d’un pass : corrigez-le.")


def _read_codes(
    content: bytes, expected: _Expected, faults: Faults
) -> Iterator[tuple[int, str, int, bytes]]:
    """Line, vintage, serial and hash of each code that can be read and is waited for."""
    for line in read_table(content, CODE_COLUMNS, CODE_COLUMNS, faults):
        if not any(line.cells.values()):
            continue
        found = _code(line, expected)
        if isinstance(found, str):
            faults.add(line.number, f"Fichier des codes : {found}")
        else:
            yield line.number, *found


def _code(line: Line, expected: _Expected) -> tuple[str, int, bytes] | str:
    """Vintage, serial and hash; or what is wrong."""
    label, booklet, position, typed = (line.cells.get(name, "") for name in CODE_COLUMNS)
    if not all(n.isascii() and n.isdigit() and len(n) <= 6 for n in (booklet, position)):  # noqa: PLR2004 - digits of a booklet
        return "écrivez le carnet et le pass en chiffres."
    label, number, pass_ = label.upper(), int(booklet), int(position)
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


# ── The procès-verbal ─────────────────────────────────────────────────────────────────────────────


def prepare_takeover(
    session: Session,
    *,
    actor: Actor,
    takeover_id: UUID,
    programme_id: UUID,
    content: bytes,
    counted_on: date,
    now: datetime,
    codes_content: bytes | None = None,
) -> Takeover:
    """Draw a procès-verbal up from a whole file; the same file again finds the first one.

    Raises:
        UnknownProgramme, UnreadableFile.
        InvalidInput: the day of the count is to come.
        TakeoverFileRefused: names each line that is wrong; nothing is kept.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_TAKEOVER)
    if counted_on > martinique_day(now):
        raise InvalidInput(counted_on="Écrivez le jour du comptage : aujourd’hui ou avant.")
    file_hash = hashlib.sha256(
        hashlib.sha256(content).digest() + hashlib.sha256(codes_content or b"").digest()
    ).digest()
    digest = request_hash(
        "takeover", programme=programme_id, file=file_hash.hex(), counted_on=counted_on
    )
    if record := earlier(session, Takeover, takeover_id, digest):
        return record
    hold(session, "takeover of", file_hash.hex())
    if record := queries.takeover_of_file(session, file_hash):
        return record
    reading = check_takeover(
        session,
        actor=actor,
        programme_id=programme_id,
        content=content,
        codes_content=codes_content,
    )
    if reading.faults.count:
        raise TakeoverFileRefused(
            count=reading.faults.count,
            faults=[{"line": f.line, "sentence": f.sentence} for f in reading.faults.kept],
        )
    record = Takeover(
        id=takeover_id,
        request_hash=digest,
        number=numbering.next_document_number(
            session, numbering.TAKEOVER, martinique_day(now).year
        ),
        programme_id=programme_id,
        file_hash=file_hash,
        counted_on=counted_on,
        voucher_count=reading.voucher_count,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    session.add(record)
    session.flush()
    _keep_lots(session, record, reading)
    if codes_content is not None:
        _keep_codes(session, record, reading, codes_content)
    return record


def _keep_lots(session: Session, record: Takeover, reading: Reading) -> None:
    for start in range(0, len(reading.lots), CARTON):
        insert_rows(
            session,
            TakeoverLot,
            [
                {
                    "takeover_id": record.id,
                    "line": lot.line,
                    "vintage_id": reading.vintages[lot.vintage].vintage_id,
                    "first_booklet": lot.first,
                    "last_booklet": lot.last,
                    "booklet_size": lot.size,
                    "place": str(lot.place),
                    "holder_id": UUID(lot.holder) if lot.holder else None,
                    "codes_in_file": lot.codes_in_file,
                }
                for lot in reading.lots[start : start + CARTON]
            ],
        )


def _keep_codes(session: Session, record: Takeover, reading: Reading, content: bytes) -> None:
    """The file is read a second time, so that its codes are never all in memory."""
    rows: list[Mapping[str, object]] = []
    for _, label, serial, code_hash in _read_codes(content, _Expected(reading.lots), Faults()):
        rows.append(
            {
                "takeover_id": record.id,
                "vintage_id": reading.vintages[label].vintage_id,
                "serial": serial,
                "code_hash": code_hash,
            }
        )
        if len(rows) == CARTON:
            insert_rows(session, TakeoverCode, rows)
            rows = []
    if rows:
        insert_rows(session, TakeoverCode, rows)


def known_takeover(session: Session, *, actor: Actor, takeover_id: UUID) -> Takeover:
    """A procès-verbal, for those who see the ledger.

    Raises:
        RightMissing, UnknownTakeover.
    """
    actor.check(Right.SEE_LEDGER)
    record = queries.takeover(session, takeover_id)
    if record is None:
        raise UnknownTakeover
    return record


def takeover_totals(session: Session, record: Takeover) -> list[Total]:
    """What a procès-verbal says to lie where; the holders are ids."""
    values = {
        terms.label: ledger.face_value(session, terms.vintage_id)
        for terms in programmes.vintages_of(session, record.programme_id)
    }
    return totals(queries.lots(session, record.id), values)


def holder_ids(counted: Iterable[Total]) -> set[UUID]:
    """The organisations that hold booklets."""
    return {UUID(total.holder) for total in counted if total.holder}


# ── Approval: the balances are opened ─────────────────────────────────────────────────────────────


def approve_takeover(
    session: Session,
    *,
    actor: Actor,
    takeover_id: UUID,
    voucher_count: int,
    keys: KeyStore,
    now: datetime,
) -> TakeoverApproval:
    """Approve what somebody else counted, naming the total that was read; twice is once.

    The passes come to exist with the issuer, and one posting a step brings them where they lie.

    Raises:
        UnknownTakeover, TakeoverPreparerCannotApprove.
        TakeoverApprovedAlready: by somebody else.
        TakeoverChanged: another total was read.
        TakenOverMeanwhile: a booklet of it exists by now.
        KeyMissing, VintageKeyMismatch: codes cannot be derived here.
    """
    actor.check(Right.APPROVE_TAKEOVER)
    hold(session, "takeover", takeover_id)
    record = known_takeover(session, actor=actor, takeover_id=takeover_id)
    if record.prepared_by == actor.agent_id:
        raise TakeoverPreparerCannotApprove
    if approval := queries.approval(session, takeover_id):
        if approval.approved_by == actor.agent_id:
            return approval
        raise TakeoverApprovedAlready
    if voucher_count != record.voucher_count:
        raise TakeoverChanged(count=record.voucher_count)
    approval = TakeoverApproval(
        takeover_id=takeover_id,
        prepared_by=record.prepared_by,
        voucher_count=record.voucher_count,
        approved_by=actor.agent_id,
        approved_at=now,
    )
    session.add(approval)
    session.flush()
    hold(session, "voucher ids")
    programme = known_programme(session, record.programme_id)
    vintages = {terms.label: terms for terms in programmes.vintages_of(session, programme.id)}
    runs = _unpack(session, record, programme, vintages, keys)
    for kind, places in STEPS:
        lines = _lines(session, programme, vintages, runs, kind, places)
        if not lines:
            continue
        act = ledger.Act(
            posting_id=uuid5(takeover_id, str(kind)),
            kind=kind,
            document_type="takeover",
            document_id=takeover_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        )
        ledger.post(session, act, lines)
    return approval


def _merged(lots: Iterable[Lot]) -> Iterator[Lot]:
    """Lots that follow one another in one place as one."""
    waiting: Lot | None = None
    for lot in lots:
        if lot.place is Place.ELSEWHERE:
            continue
        if (
            waiting is not None
            and waiting._replace(first=waiting.last + 1, last=lot.last, line=lot.line) == lot
        ):
            waiting = waiting._replace(last=lot.last)
            continue
        if waiting is not None:
            yield waiting
        waiting = lot
    if waiting is not None:
        yield waiting


def _unpack(
    session: Session,
    record: Takeover,
    programme: Programme,
    vintages: Mapping[str, VintageTerms],
    keys: KeyStore,
) -> list[Run]:
    """Write booklets and vouchers, carton by carton, with ids in a row."""
    runs, next_id = [], ledger.next_voucher_id(session)
    for label, lots in groupby(_merged(queries.lots(session, record.id)), lambda lot: lot.vintage):
        terms, mine = vintages[label], list(lots)
        if any(_already_there(session, terms, sorted(mine, key=lambda lot: lot.first))):
            raise TakenOverMeanwhile(label=label)
        key = vintage_key(keys, terms)
        issuer = ledger.account(session, chart.issuer(programme.issuer_id, terms.vintage_id))
        of_vintage = []
        for lot in mine:
            of_vintage.append(Run(lot, next_id))
            next_id += lot.voucher_count
        for carton in _cartons(of_vintage):
            _write_carton(session, record, terms, key, issuer, carton)
        runs += of_vintage
    return runs


def _cartons(runs: Iterable[Run]) -> Iterator[list[Run]]:
    """The same booklets in pieces of a carton at most."""
    carton: list[Run] = []
    room = CARTON
    for lot, first_id in runs:
        first, voucher_id = lot.first, first_id
        while first <= lot.last:
            taken = min(lot.last - first + 1, max(1, room // lot.size))
            piece = lot._replace(first=first, last=first + taken - 1)
            carton.append(Run(piece, voucher_id))
            first, voucher_id = first + taken, voucher_id + piece.voucher_count
            room -= piece.voucher_count
            if room < max(10, lot.size):
                yield carton
                carton, room = [], CARTON
    if carton:
        yield carton


def _write_carton(  # noqa: PLR0917 - what a carton needs to become vouchers
    session: Session,
    record: Takeover,
    terms: VintageTerms,
    key: bytes,
    issuer: ledger.Account,
    carton: Sequence[Run],
) -> None:
    booklets, vouchers = [], []
    for lot, first_id in carton:
        given = (
            queries.code_hashes(
                session,
                record.id,
                terms.vintage_id,
                first_serial(lot.first),
                first_serial(lot.last) + lot.size - 1,
            )
            if lot.codes_in_file
            else None
        )
        for place in range(lot.booklet_count):
            number, booklet_id = lot.first + place, first_id + place * lot.size
            serial = first_serial(number)
            booklets.append(
                {
                    "id": booklet_id,
                    "vintage_id": terms.vintage_id,
                    "number": number,
                    "size": lot.size,
                    "first_serial": serial,
                    "delivery_id": record.id,
                    "cover_hash": codes.digest(codes.derive_cover(key, number)),
                }
            )
            vouchers += [
                ledger.NewVoucher(
                    id=booklet_id + position,
                    serial=serial + position,
                    booklet_id=booklet_id,
                    code_hash=(
                        codes.digest(codes.derive(key, serial + position))
                        if given is None
                        else given[serial + position]
                    ),
                )
                for position in range(lot.size)
            ]
    insert_rows(session, Booklet, booklets)
    ledger.add_vouchers(session, vouchers, issuer=issuer)


def _lines(  # noqa: PLR0917 - a step and what it moves
    session: Session,
    programme: Programme,
    vintages: Mapping[str, VintageTerms],
    runs: Iterable[Run],
    kind: ledger.MovementKind,
    places: frozenset[Place],
) -> list[ledger.Line]:
    lines = []
    for lot, found in groupby(
        (run for run in runs if run.lot.place in places),
        key=lambda run: (run.lot.vintage, run.lot.holder),
    ):
        label, holder = lot
        vintage_id = vintages[label].vintage_id
        start, to = _move(kind, programme, UUID(holder) if holder else None, vintage_id)
        accounts = ledger.accounts(session, [start, to])
        lines += [ledger.Line(kind, run.vouchers, accounts[start], accounts[to]) for run in found]
    return lines


def _move(
    kind: ledger.MovementKind, programme: Programme, holder: UUID | None, vintage_id: int
) -> tuple[ledger.AccountKey, ledger.AccountKey]:
    """From where to where a step takes the passes of a holder."""
    sponsor = programme.sponsor_id
    party = holder or sponsor
    return {
        ledger.MovementKind.RECEIVE: (
            chart.issuer(programme.issuer_id, vintage_id),
            chart.stock_inert(sponsor, vintage_id),
        ),
        ledger.MovementKind.ACTIVATE: (
            chart.stock_inert(sponsor, vintage_id),
            chart.stock(sponsor, vintage_id),
        ),
        ledger.MovementKind.ALLOCATE: (
            chart.stock(sponsor, vintage_id),
            chart.transit(sponsor, party, vintage_id),
        ),
        ledger.MovementKind.ACCEPT: (
            chart.transit(sponsor, party, vintage_id),
            chart.prescriber(party, vintage_id),
        ),
        ledger.MovementKind.ISSUE: (
            chart.prescriber(party, vintage_id),
            chart.circulation(party, vintage_id),
        ),
    }[kind]
