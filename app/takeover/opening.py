"""Opening the balances of an approved procès-verbal: booklets, passes, and the ledger's own moves.

The passes come to exist with the issuer, and one posting a step brings them where they lie. Those
of a booklet begun before passnum go on as if the sponsor had taken them: redeemed, claimed and
settled in its name, because nobody wrote down which mediator did, and nobody is owed them any more.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app import ledger
from app.database.rows import insert_rows
from app.kernel import codes
from app.ledger import chart
from app.programmes.keys import KeyStore
from app.programmes.models import Programme, VintageTerms
from app.takeover import queries
from app.takeover.checking import already_there
from app.takeover.errors import TakenOverMeanwhile
from app.takeover.models import Takeover
from app.takeover.rules import WITH_A_HOLDER, Lot, Place, first_serial
from app.vouchers.models import Booklet
from app.vouchers.service import vintage_key

CARTON = 10_000
"""Vouchers written at a time, so that memory does not grow with the file."""

STEPS = (
    (ledger.MovementKind.RECEIVE, frozenset(Place) - {Place.ELSEWHERE}),
    (ledger.MovementKind.ACTIVATE, frozenset({Place.STOCK, Place.PRESCRIBER, Place.CIRCULATION})),
    (ledger.MovementKind.ALLOCATE, WITH_A_HOLDER),
    (ledger.MovementKind.ACCEPT, WITH_A_HOLDER),
    (ledger.MovementKind.ISSUE, frozenset({Place.CIRCULATION})),
)
"""The moves of the ledger, each for the places that lie beyond it: one posting a step."""


USED_STEPS = (
    ledger.MovementKind.REDEEM,
    ledger.MovementKind.CLAIM,
    ledger.MovementKind.SETTLE,
)
"""What brings passes used before passnum to where they ended: paid, in the sponsor's name."""


class Run(NamedTuple):
    """Booklets with consecutive numbers and ids, of one size, in one place."""

    lot: Lot
    first_id: int

    @property
    def vouchers(self) -> ledger.VoucherRange:
        """The ids of their passes."""
        return ledger.VoucherRange(self.first_id, self.first_id + self.lot.voucher_count - 1)

    @property
    def used(self) -> list[ledger.VoucherRange]:
        """The ids of those that were used before passnum."""
        return [
            ledger.VoucherRange(self.first_id + first, self.first_id + last)
            for first, last in self.lot.used_runs
        ]


def open_balances(
    session: Session,
    record: Takeover,
    programme: Programme,
    vintages: Mapping[str, VintageTerms],
    *,
    keys: KeyStore,
    actor_id: int,
    now: datetime,
    told: Callable[[int], None],
) -> None:
    """Let the passes of a procès-verbal exist, and bring each of them where it lies.

    `told` hears how many of them are written, carton by carton.

    Raises:
        TakenOverMeanwhile: a booklet of it exists by now.
        KeyMissing, VintageKeyMismatch: codes cannot be derived here.
    """
    runs = unpack(session, record, programme, vintages, keys, told)
    for kind, places in STEPS:
        moved = [
            (run.lot.vintage, run.lot.holder, run.vouchers)
            for run in runs
            if run.lot.place in places
        ]
        _post(session, record, programme, vintages, kind, moved, actor_id=actor_id, now=now)
    used = [(run.lot.vintage, run.lot.holder, part) for run in runs for part in run.used]
    for kind in USED_STEPS:
        _post(session, record, programme, vintages, kind, used, actor_id=actor_id, now=now)


Moved = tuple[str, str, ledger.VoucherRange]
"""The passes of a vintage that move, and with whom they lie."""


def _post(  # noqa: PLR0917 - a step and what it moves
    session: Session,
    record: Takeover,
    programme: Programme,
    vintages: Mapping[str, VintageTerms],
    kind: ledger.MovementKind,
    moved: Sequence[Moved],
    *,
    actor_id: int,
    now: datetime,
) -> None:
    lines = []
    for (label, holder), found in groupby(moved, key=lambda move: move[:2]):
        vintage_id = vintages[label].vintage_id
        start, to = _move(kind, programme, UUID(holder) if holder else None, vintage_id)
        accounts = ledger.accounts(session, [start, to])
        lines += [
            ledger.Line(kind, vouchers, accounts[start], accounts[to]) for *_, vouchers in found
        ]
    if not lines:
        return
    act = ledger.Act(
        posting_id=uuid5(record.id, str(kind)),
        kind=kind,
        document_type="takeover",
        document_id=record.id,
        actor_id=actor_id,
        occurred_at=now,
    )
    ledger.post(session, act, lines)


def _merged(lots: Iterable[Lot]) -> Iterator[Lot]:
    """Lots that follow one another in one place as one."""
    waiting: Lot | None = None
    for lot in lots:
        if lot.place is Place.ELSEWHERE:
            continue
        if (
            waiting is not None
            and not lot.used
            and waiting._replace(first=waiting.last + 1, last=lot.last, line=lot.line) == lot
        ):
            waiting = waiting._replace(last=lot.last)
            continue
        if waiting is not None:
            yield waiting
        waiting = lot
    if waiting is not None:
        yield waiting


def unpack(  # noqa: PLR0917 - what lots need to become vouchers
    session: Session,
    record: Takeover,
    programme: Programme,
    vintages: Mapping[str, VintageTerms],
    keys: KeyStore,
    told: Callable[[int], None],
) -> list[Run]:
    """Write booklets and vouchers, carton by carton, with ids in a row."""
    runs, next_id, written = [], ledger.next_voucher_id(session), 0
    for label, lots in groupby(_merged(queries.lots(session, record.id)), lambda lot: lot.vintage):
        terms, mine = vintages[label], list(lots)
        if any(already_there(session, terms, sorted(mine, key=lambda lot: lot.first))):
            raise TakenOverMeanwhile(label=label)
        key = vintage_key(keys, terms)
        issuer = ledger.account(session, chart.issuer(programme.issuer_id, terms.vintage_id))
        of_vintage = []
        for lot in mine:
            of_vintage.append(Run(lot, next_id))
            next_id += lot.voucher_count
        for carton in _cartons(of_vintage):
            _write_carton(session, record, terms, key, issuer, carton)
            written += sum(run.lot.voucher_count for run in carton)
            told(written)
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
        ledger.MovementKind.REDEEM: (
            chart.circulation(party, vintage_id),
            chart.redeemed(sponsor, vintage_id),
        ),
        ledger.MovementKind.CLAIM: (
            chart.redeemed(sponsor, vintage_id),
            chart.claimed(sponsor, vintage_id),
        ),
        ledger.MovementKind.SETTLE: (
            chart.claimed(sponsor, vintage_id),
            chart.settled(sponsor, vintage_id),
        ),
    }[kind]
