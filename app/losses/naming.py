"""Passes as people name them: by their serial numbers, a booklet's number, a cover or a code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app import ledger
from app.clearing.lookups import look_up_code
from app.identity.rules import Actor
from app.kernel import codes
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger import VoucherRange
from app.losses import queries
from app.losses.errors import (
    NamedMissing,
    NamedReversed,
    NamedTwice,
    NothingNamed,
    TooManyNamed,
)
from app.losses.rules import MOST_VOUCHERS
from app.vouchers import queries as vouchers
from app.vouchers.errors import UnknownVoucher
from app.vouchers.service import is_cover, known_booklet, read_serial


@dataclass(frozen=True, slots=True)
class Named:
    """Passes from one number to another, both included; one and the same when there is one."""

    first: str
    last: str


def read_lines(typed: str) -> list[Named]:
    """One number a line, or a series: « 26A 00442 01 à 26A 00443 10 »."""
    named = []
    for line in typed.splitlines():
        first, found, last = line.partition(" à ")
        if first.strip():
            named.append(Named(first.strip(), last.strip() if found else first.strip()))
    return named


def without_codes(
    session: Session, *, actor: Actor, named: Sequence[Named], now: datetime
) -> tuple[list[Named], bool]:
    """The same passes, each code in its place replaced by a serial number; and whether all exist.

    A code that no pass and no cover bears counts as a guess; the caller commits it, then refuses
    (`UnknownVoucher`).

    Raises:
        TooManyGuesses, MistypedVoucherCode.
    """
    told: list[Named] = []
    for one in named:
        if one.first != one.last or not is_cover(one.first):
            told.append(one)
            continue
        found = _by_code(session, actor, one.first, now)
        if found is None:
            return told, False
        told.append(found)
    return told, True


def _by_code(session: Session, actor: Actor, typed: str, now: datetime) -> Named | None:
    try:
        read = codes.read(typed)
    except codes.MistypedCode:
        read = None
    cover = vouchers.booklet_by_cover(session, codes.digest(read)) if read else None
    if cover is not None:
        number = str(vouchers.booklet_numbers(session, [cover.id])[cover.id])
        return Named(number, number)
    state = look_up_code(session, actor=actor, code=typed, now=now)
    if state is None:
        return None
    serial = str(vouchers.serial_numbers(session, [(state.id, state.booklet_id)])[state.id])
    return Named(serial, serial)


def named_vouchers(session: Session, named: Sequence[Named]) -> list[VoucherRange]:
    """The passes of typed numbers, each once, as the fewest ranges of ids.

    Raises:
        NothingNamed, TooManyNamed, NamedReversed, NamedTwice, NamedMissing.
        NotASerialNumber, MistypedSerial, UnknownBooklet, UnknownVoucher.
    """
    if not named:
        raise NothingNamed
    ids: set[int] = set()
    for one in named:
        for whole in _between(session, one):
            for voucher_id in range(whole.first, whole.last + 1):
                if voucher_id in ids:
                    raise NamedTwice(serial=serials_of(session, [voucher_id])[voucher_id])
                ids.add(voucher_id)
        if len(ids) > MOST_VOUCHERS:
            raise TooManyNamed(most=MOST_VOUCHERS)
    return list(ledger.contiguous(ids))


def _between(session: Session, one: Named) -> list[VoucherRange]:
    first_vintage, first, _ = _ends(session, one.first)
    last_vintage, _, last = _ends(session, one.last)
    span = last - first + 1
    if first_vintage != last_vintage or span < 1:
        raise NamedReversed(first=one.first, last=one.last)
    if span > MOST_VOUCHERS:
        raise TooManyNamed(most=MOST_VOUCHERS)
    found = queries.ids_between(session, first_vintage, first, last)
    missing = span - sum(whole.count for whole in found)
    if missing:
        raise NamedMissing(first=one.first, last=one.last, missing=missing)
    return found


def _ends(session: Session, typed: str) -> tuple[int, int, int]:
    """The vintage, and the first and last serials that a number stands for."""
    read = read_serial(typed)
    if isinstance(read, BookletNumber):
        booklet = known_booklet(session, read)
        return booklet.vintage_id, booklet.first_serial, booklet.first_serial + booklet.size - 1
    booklet = known_booklet(session, read.booklet)
    if read.position > booklet.size:
        raise UnknownVoucher
    serial = booklet.first_serial + read.position - 1
    return booklet.vintage_id, serial, serial


def serials_of(session: Session, voucher_ids: Iterable[int]) -> dict[int, str]:
    """Printed serial numbers."""
    return {i: str(serial) for i, serial in serial_numbers(session, voucher_ids).items()}


def serial_numbers(session: Session, voucher_ids: Iterable[int]) -> dict[int, SerialNumber]:
    """Serial numbers of passes by their ids."""
    return vouchers.serial_numbers(session, queries.with_booklets(session, voucher_ids))
