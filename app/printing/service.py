"""Printing booklets of a sent order: recorded once, made again identically, never kept.

A file holds codes, which are worth money once a booklet is handed over. So none is stored: what is
recorded is what it says and its SHA-256, and it is made again each time it is asked for.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.connections import Database
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel import codes
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.money import NO_BREAK
from app.kernel.serials import BookletNumber
from app.kernel.text import clean, written_phone
from app.orders import queries as orders
from app.orders.errors import OrderNotSent
from app.orders.models import BookletOrder
from app.orders.rules import Allotted
from app.orders.service import known_order
from app.partners import queries as partners
from app.printing import queries, rules
from app.printing.errors import (
    CodesNotOurs,
    PrintedAlready,
    PrintedAndHandedOver,
    PrintFileDiffers,
    PrintingNotSettled,
    UnknownPrintBatch,
)
from app.printing.leaves import Edition
from app.printing.models import PrintBatch, PrintFile
from app.printing.press import PrintedBooklet, booklets
from app.printing.rules import Carton, PrintKind
from app.programmes import numbering
from app.programmes.keys import KeyStore
from app.programmes.models import VintageTerms
from app.programmes.queries import is_demonstration
from app.programmes.service import known_programme, known_vintage
from app.vouchers.models import Booklet
from app.vouchers.service import codes_of, cover_of, vintage_key
from app.works.rules import nobody

CODES_HEAD = ("serial", "code", "cover")


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """What each booklet says of this installation."""

    url: str
    help_line: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Booklets of an order to print; without numbers, all of them."""

    order_id: UUID
    kind: PrintKind = PrintKind.BOOKLETS
    first: int | None = None
    last: int | None = None
    large: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch that may be made: everything that its files say, and the key of their codes."""

    asked: Asked
    first: int
    last: int
    edition: Edition
    terms: VintageTerms
    allotted: Sequence[Allotted]
    keys: KeyStore

    def files(self) -> Iterator[tuple[Carton, bytes]]:
        """The files in order, one at a time."""
        if self.asked.kind is PrintKind.CODES:
            yield Carton(0, self.first, self.last), self.codes_file(self.first, self.last)
            return
        for carton in rules.cartons(self.first, self.last, self.allotted):
            yield carton, self.carton(carton)

    def carton(self, carton: Carton) -> bytes:
        """The pages of one carton."""
        printed = (self._printed(b) for b in self._booklets(carton.first, carton.last))
        return booklets(self.edition, carton.size, printed, large=self.asked.large)

    def codes_file(self, first: int, last: int) -> bytes:
        """A line for each pass: its serial number, its code, and the code of its cover."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";")
        writer.writerow(CODES_HEAD)
        for booklet in self._booklets(first, last):
            printed = self._printed(booklet)
            writer.writerows((serial, code, printed.cover) for serial, code in printed.passes)
        return out.getvalue().encode()

    def made_again(self, file: PrintFile) -> bytes:
        """A file of this batch, from the same numbers."""
        if self.asked.kind is PrintKind.CODES:
            return self.codes_file(file.first_booklet, file.last_booklet)
        (carton,) = rules.cartons(file.first_booklet, file.last_booklet, self.allotted)
        return self.carton(carton)

    def _booklets(self, first: int, last: int) -> Iterator[Booklet]:
        numbered = chain.from_iterable(
            ((part, n) for n in range(part.first_booklet, part.last_booklet + 1))
            for part in self.allotted
        )
        for part, number in numbered:
            if first <= number <= last:
                yield Booklet(
                    vintage_id=self.terms.vintage_id,
                    number=number,
                    size=part.booklet_size,
                    first_serial=part.first_serial_of(number),
                )

    def _printed(self, booklet: Booklet) -> PrintedBooklet:
        return PrintedBooklet(
            number=str(BookletNumber(self.terms.label, booklet.number)),
            cover=cover_of(booklet, self.terms, self.keys),
            passes=tuple(
                (str(serial), code) for serial, code in codes_of(booklet, self.terms, self.keys)
            ),
        )


def print_booklets(
    database: Database,
    *,
    actor: Actor,
    batch_id: UUID,
    asked: Asked,
    address: PublicAddress,
    keys: KeyStore,
    now: datetime,
    told: Callable[[int, int], None] = nobody,
) -> PrintBatch:
    """Make a batch: its files are drawn between two transactions, so that nobody waits for ink.

    `told` hears how many booklets are drawn, of how many.

    Raises:
        As plan_batch and record_batch.
    """
    with database.transaction(writing=False) as session:
        plan = plan_batch(
            session,
            actor=actor,
            batch_id=batch_id,
            asked=asked,
            address=address,
            keys=keys,
            now=now,
        )
    if isinstance(plan, PrintBatch):
        return plan
    made = []
    for carton, file in plan.files():
        made.append((carton, hashlib.sha256(file).digest()))
        told(carton.last - plan.first + 1, plan.last - plan.first + 1)
    with database.transaction() as session:
        return record_batch(session, actor=actor, batch_id=batch_id, plan=plan, files=made, now=now)


def plan_batch(
    session: Session,
    *,
    actor: Actor,
    batch_id: UUID,
    asked: Asked,
    address: PublicAddress,
    keys: KeyStore,
    now: datetime,
) -> Plan | PrintBatch:
    """What a batch would print, delivered or not: printing comes first; or the batch made before.

    Raises:
        RightMissing, UnknownOrder.
        OrderNotSent: no serial is allotted yet.
        InvalidInput: the reason cannot be kept.
        NothingToPrint, BookletsNotToPrint, PrintBatchTooLarge.
        PrintedAlready: some of these booklets were, and no reason is given.
        PrintedAndHandedOver: one of them is with a person: its passes are replaced instead.
        CodesNotOurs: one of them was delivered with codes of the issuer's.
        KeyMissing, VintageKeyMismatch: codes cannot be derived here.
        PrintingNotSettled: a booklet would lead nowhere.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PRINT_BOOKLETS)
    order = known_order(session, asked.order_id)
    allotted = orders.allotments(session, order.id)
    if not allotted:
        raise OrderNotSent
    first = allotted[0].first_booklet if asked.first is None else asked.first
    last = allotted[-1].last_booklet if asked.last is None else asked.last
    if record := earlier(session, PrintBatch, batch_id, _digest(asked, first, last)):
        return record
    largest = rules.LARGEST_BATCH if asked.kind is PrintKind.BOOKLETS else None
    rules.check_range(first, last, allotted, largest=largest)
    _check_reason(session, asked, first, last)
    terms = known_vintage(session, order.vintage_id)
    _check_codes_are_ours(session, terms, keys, first, last)
    edition = _edition(session, order, terms, address, on=martinique_day(now))
    if asked.kind is PrintKind.BOOKLETS:
        _check_leads_somewhere(edition)
    return Plan(asked, first, last, edition, terms, allotted, keys)


def record_batch(
    session: Session,
    *,
    actor: Actor,
    batch_id: UUID,
    plan: Plan,
    files: Sequence[tuple[Carton, bytes]],
    now: datetime,
) -> PrintBatch:
    """Write down who printed what, with the SHA-256 of each file.

    Raises:
        PrintedAlready: somebody else printed them in the meantime.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PRINT_BOOKLETS)
    asked = plan.asked
    digest = _digest(asked, plan.first, plan.last)
    if record := earlier(session, PrintBatch, batch_id, digest):
        return record
    hold(session, "printing", asked.order_id)
    reason = _check_reason(session, asked, plan.first, plan.last)
    record = PrintBatch(
        id=batch_id,
        request_hash=digest,
        number=numbering.next_document_number(
            session, numbering.PRINTING, martinique_day(now).year
        ),
        order_id=asked.order_id,
        kind=asked.kind,
        large=asked.large,
        first_booklet=plan.first,
        last_booklet=plan.last,
        reason=reason,
        edition=_frozen(plan.edition),
        printed_by=actor.agent_id,
        printed_at=now,
    )
    session.add(record)
    session.flush()
    session.add_all(
        PrintFile(
            batch_id=batch_id,
            ordinal=ordinal,
            first_booklet=carton.first,
            last_booklet=carton.last,
            sha256=sha256,
        )
        for ordinal, (carton, sha256) in enumerate(files, 1)
    )
    session.flush()
    return record


def known_batch(session: Session, batch_id: UUID) -> PrintBatch:
    """The batch of that id.

    Raises:
        UnknownPrintBatch: there is none.
    """
    batch = queries.batch(session, batch_id)
    if batch is None:
        raise UnknownPrintBatch
    return batch


def file_again(
    session: Session, *, actor: Actor, batch: PrintBatch, ordinal: int, keys: KeyStore
) -> bytes:
    """A file of a batch, the very same that was recorded.

    Raises:
        RightMissing, UnknownPrintBatch, KeyMissing, VintageKeyMismatch.
        CodesNotOurs: the booklets came with codes of the issuer's since.
        PrintFileDiffers: passnum draws booklets otherwise by now.
    """
    actor.check(Right.PRINT_BOOKLETS)
    file = queries.file(session, batch.id, ordinal)
    if file is None:
        raise UnknownPrintBatch
    order = known_order(session, batch.order_id)
    terms = known_vintage(session, order.vintage_id)
    _check_codes_are_ours(session, terms, keys, batch.first_booklet, batch.last_booklet)
    asked = Asked(batch.order_id, PrintKind(batch.kind), large=batch.large)
    plan = Plan(
        asked,
        batch.first_booklet,
        batch.last_booklet,
        _thawed(batch.edition),
        terms,
        orders.allotments(session, order.id),
        keys,
    )
    made = plan.made_again(file)
    if hashlib.sha256(made).digest() != file.sha256:
        raise PrintFileDiffers(number=batch.number)
    return made


def _check_codes_are_ours(
    session: Session, terms: VintageTerms, keys: KeyStore, first: int, last: int
) -> None:
    """Never print a code that would be refused.

    A delivery has its codes from one source, whole booklets at a time, so the first pass of each
    booklet tells.
    """
    key = vintage_key(keys, terms)
    for number, serial, code_hash in queries.first_codes(session, terms.vintage_id, first, last):
        if codes.digest(codes.derive(key, serial)) != code_hash:
            raise CodesNotOurs(booklet=str(BookletNumber(terms.label, number)))


def _digest(asked: Asked, first: int, last: int) -> bytes:
    return request_hash(
        "print batch",
        order=asked.order_id,
        kind=asked.kind,
        first=first,
        last=last,
        large=asked.large,
        reason=asked.reason,
    )


def _check_reason(session: Session, asked: Asked, first: int, last: int) -> str | None:
    reason = clean(asked.reason) if asked.reason.strip() else None
    if asked.reason.strip() and reason is None:
        raise InvalidInput(reason="Écrivez le motif sur une ligne, en 200 caractères au plus.")
    before = queries.batch_over(session, asked.order_id, first, last)
    if before is not None and reason is None:
        raise PrintedAlready(
            first=before.first_booklet, last=before.last_booklet, number=before.number
        )
    if before is not None:
        gone = queries.handed_over_between(session, asked.order_id, first, last)
        if gone is not None:
            raise PrintedAndHandedOver(booklet=gone)
    return reason


def _edition(
    session: Session, order: BookletOrder, terms: VintageTerms, address: PublicAddress, *, on: date
) -> Edition:
    programme = known_programme(session, order.programme_id)
    names = partners.organisation_names(session, {programme.issuer_id, programme.sponsor_id})
    return Edition(
        label=terms.label,
        face_value_cents=ledger.face_value(session, terms.vintage_id),
        last_day=terms.valid_until,
        issuer=names[programme.issuer_id],
        sponsor=names[programme.sponsor_id],
        help_line=written_phone(address.help_line, NO_BREAK),
        address=address.url.rstrip("/"),
        places=tuple((o.name, o.commune) for o in queries.mediators_receiving(session, on=on)),
        specimen=is_demonstration(session),
    )


def _check_leads_somewhere(edition: Edition) -> None:
    url, line = edition.address, clean(edition.help_line, longest=rules.LONGEST_LINE)
    reserved = url.endswith(rules.RESERVED) and not edition.specimen
    if reserved or not rules.address_is_printable(url):
        raise PrintingNotSettled(setting="PASSNUM_PUBLIC_URL")
    if line is None or (line.startswith(rules.RESERVED_LINE) and not edition.specimen):
        raise PrintingNotSettled(setting="PASSNUM_HELP_LINE")


def _frozen(edition: Edition) -> dict[str, Any]:
    return {**asdict(edition), "last_day": edition.last_day.isoformat()}


def _thawed(kept: dict[str, Any]) -> Edition:
    return Edition(
        **{
            **kept,
            "last_day": date.fromisoformat(kept["last_day"]),
            "places": tuple((name, town) for name, town in kept["places"]),
        }
    )
