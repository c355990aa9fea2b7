"""Finding passes by what is printed on them, and deriving their codes."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app import ledger
from app.identity.rules import Actor, Right
from app.kernel import codes, serials, training
from app.kernel.codes import VoucherCode
from app.kernel.errors import DomainError
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger.models import Voucher
from app.programmes.keys import KeyStore
from app.programmes.models import VintageTerms
from app.programmes.queries import vintage_by_label
from app.vouchers import queries
from app.vouchers.errors import (
    MistypedCoverCode,
    MistypedSerial,
    MistypedVoucherCode,
    NotASerialNumber,
    NotATrainingPaper,
    SerialInsteadOfCode,
    TrainingPaper,
    UnknownBooklet,
    UnknownCover,
    UnknownVoucher,
    VintageKeyMismatch,
    VoucherCodeTooLong,
    VoucherCodeTooShort,
)
from app.vouchers.models import Booklet


def read_serial(typed: str) -> SerialNumber | BookletNumber:
    """A serial number or the number of a booklet, as typed.

    Raises:
        NotASerialNumber: the form is another one.
        MistypedSerial: the check digits do not fit.
    """
    try:
        return serials.read(typed)
    except serials.NotASerial:
        raise NotASerialNumber from None
    except serials.WrongKey:
        raise MistypedSerial from None


def read_code(typed: str) -> VoucherCode:
    """A redemption code, as typed or scanned.

    Raises:
        MistypedVoucherCode: it cannot be a code.
        VoucherCodeTooShort, VoucherCodeTooLong: it has not sixteen characters.
        SerialInsteadOfCode: it is the number of a pass or of a booklet.
    """
    try:
        return codes.read(typed)
    except codes.MistypedCode:
        with suppress(serials.NotASerial, serials.WrongKey):
            serials.read(typed)
            raise SerialInsteadOfCode from None
        raise _mistyped(typed) from None


def _mistyped(typed: str) -> MistypedVoucherCode:
    """Why that cannot be a code, by what is to be looked at again."""
    length = codes.length(typed)
    if length is None or length == codes.LENGTH:
        return MistypedVoucherCode()
    if length < codes.LENGTH:
        return VoucherCodeTooShort(missing_count=codes.LENGTH - length)
    return VoucherCodeTooLong(typed_count=length, beyond_count=length - codes.LENGTH)


def known_booklet(session: Session, number: BookletNumber) -> Booklet:
    """The booklet of that number.

    Raises:
        UnknownBooklet: none has been delivered under it.
        TrainingPaper, NotATrainingPaper: it belongs where people practise, or where they do not.
    """
    booklet = queries.booklet_by_number(session, number)
    if booklet is None:
        unknown = UnknownBooklet(booklet=str(number))
        raise number_not_of_here(session, number, unknown)
    return booklet


def number_not_of_here(
    session: Session, number: BookletNumber, otherwise: DomainError
) -> DomainError:
    """Why nothing bears that number: paper to practise with says so by itself.

    It is told by what is printed, and by what this database is for; nothing else is looked up.
    """
    return _not_of_here(session, otherwise, to_practise=number.vintage_label == training.LABEL)


def code_not_of_here(session: Session, digest: bytes, otherwise: DomainError) -> DomainError:
    """The same of a code that nothing bears."""
    return _not_of_here(session, otherwise, to_practise=training.is_code(digest))


def _not_of_here(session: Session, otherwise: DomainError, *, to_practise: bool) -> DomainError:
    if to_practise == is_for_training(session):
        return otherwise
    return TrainingPaper() if to_practise else NotATrainingPaper()


def is_for_training(session: Session) -> bool:
    """Whether people practise in this database."""
    return vintage_by_label(session, training.LABEL) is not None


def booklet_by_cover(session: Session, typed: str) -> Booklet:
    """The booklet whose cover bears that code, as typed or scanned (the whole address too).

    Raises:
        MistypedCoverCode: it cannot be a code.
        UnknownCover: no booklet received bears it.
        TrainingPaper, NotATrainingPaper: as `known_booklet`.
    """
    try:
        code = codes.read(typed)
    except codes.MistypedCode:
        raise MistypedCoverCode from None
    booklet = queries.booklet_by_cover(session, codes.digest(code))
    if booklet is None:
        raise code_not_of_here(session, codes.digest(code), UnknownCover())
    return booklet


def is_cover(typed: str) -> bool:
    """Whether what was typed has the form of a cover's code, or of its address."""
    return "/" in typed or sum(c.isalnum() for c in typed) == codes.LENGTH


def read_booklet_or_cover(session: Session, typed: str) -> Booklet:
    """The booklet that somebody means: by its cover, by its number, or by one of its passes.

    For every field where a booklet is scanned or typed. It asks nothing of who asks: the caller
    checks whose booklet it is.

    Raises:
        MistypedCoverCode, UnknownCover: it is a code.
        NotASerialNumber, MistypedSerial, UnknownBooklet: it is not.
    """
    if is_cover(typed):
        return booklet_by_cover(session, typed)
    read = read_serial(typed)
    return known_booklet(session, read.booklet if isinstance(read, SerialNumber) else read)


def voucher_by_serial(session: Session, serial: SerialNumber) -> ledger.VoucherState:
    """The pass of that serial number, and where it rests.

    Raises:
        UnknownVoucher: no such pass was delivered.
        TrainingPaper, NotATrainingPaper: as `known_booklet`.
    """
    booklet = queries.booklet_by_number(session, serial.booklet)
    if booklet is None:
        raise number_not_of_here(session, serial.booklet, UnknownVoucher())
    if not 1 <= serial.position <= booklet.size:
        raise UnknownVoucher
    return one_state(ledger.voucher_states(session, Voucher.id == booklet.id + serial.position - 1))


@dataclass(frozen=True, slots=True)
class SeenVoucher:
    """A pass that is somebody's business: its number, where it rests, and its whole history."""

    serial: SerialNumber
    state: ledger.VoucherState
    history: list[ledger.HistoryEntry]


def seen_voucher(session: Session, *, actor: Actor, typed: str) -> SeenVoucher:
    """The pass of a serial number as typed, for those whose business it is.

    Raises:
        RightMissing, NotASerialNumber, MistypedSerial.
        UnknownVoucher: no such pass, or one that never was the actor's business: both look alike.
    """
    actor.check(Right.SEE_VOUCHERS)
    serial = read_serial(typed)
    if isinstance(serial, BookletNumber):
        raise NotASerialNumber
    state = voucher_by_serial(session, serial)
    history = ledger.history(session, state.id)
    check_concerns(actor, history)
    return SeenVoucher(serial, state, history)


def seen_booklet(session: Session, *, actor: Actor, typed: str) -> Booklet:
    """The booklet of a number as typed, or of the serial number of one of its passes.

    Raises:
        RightMissing, NotASerialNumber, MistypedSerial.
        UnknownBooklet: none was delivered under it, or no pass of it ever was the actor's business.
    """
    actor.check(Right.SEE_VOUCHERS)
    read = read_serial(typed)
    number = read.booklet if isinstance(read, SerialNumber) else read
    booklet = known_booklet(session, number)
    if actor.sees():
        return booklet
    # Passes of a booklet part when they are redeemed: one mediator may have taken the third.
    for voucher_id in range(booklet.id, booklet.id + booklet.size):
        with suppress(UnknownVoucher):
            check_concerns(actor, ledger.history(session, voucher_id))
            return booklet
    raise UnknownBooklet(booklet=str(number))


def check_concerns(actor: Actor, history: Iterable[ledger.HistoryEntry]) -> None:
    """Refuse the history of a pass that never rested with the actor's organisation.

    Raises:
        UnknownVoucher: as if it did not exist, for whoever does not see all.
    """
    if actor.sees():
        return
    parties = {
        party
        for entry in history
        for account in (entry.debit, entry.credit)
        for party in (account.party_id, account.counterparty_id)
    }
    if actor.organisation_id not in parties:
        raise UnknownVoucher


def voucher_by_code(session: Session, code: VoucherCode) -> ledger.VoucherState:
    """The pass that bears that code, and where it rests.

    Raises:
        UnknownVoucher: none does, or it belongs to another territory: both look alike.
    """
    return one_state(ledger.voucher_states(session, Voucher.code_hash == codes.digest(code)))


def one_state(states: list[ledger.VoucherState]) -> ledger.VoucherState:
    """The only voucher of a list.

    Raises:
        UnknownVoucher: the list is empty.
    """
    if not states:
        raise UnknownVoucher
    return states[0]


def vintage_key(keys: KeyStore, terms: VintageTerms) -> bytes:
    """The key that makes the codes of a vintage, checked against its fingerprint.

    Raises:
        KeyMissing: it is not on this machine.
        VintageKeyMismatch: another key is in its place.
    """
    key = keys.key(terms.label)
    if hashlib.sha256(key).digest()[:8] != terms.key_fingerprint:
        raise VintageKeyMismatch(label=terms.label)
    return key


def cover_of(booklet: Booklet, terms: VintageTerms, keys: KeyStore) -> VoucherCode:
    """The code on the cover of a booklet."""
    return codes.derive_cover(vintage_key(keys, terms), booklet.number)


def codes_of(
    booklet: Booklet, terms: VintageTerms, keys: KeyStore
) -> Iterator[tuple[SerialNumber, VoucherCode]]:
    """What is printed on each pass of a booklet: for the printer's file, and for nobody else."""
    key = vintage_key(keys, terms)
    number = BookletNumber(terms.label, booklet.number)
    for place in range(booklet.size):
        serial = SerialNumber(number, place + 1)
        yield serial, codes.derive(key, booklet.first_serial + place)
