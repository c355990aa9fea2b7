"""Entrusting booklets to prescribers, in transit until both ends have signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.ids import request_hash
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger import chart
from app.partners.rules import AgreementRole
from app.partners.service import agreement_in_force
from app.prescribers import queries
from app.prescribers.errors import (
    AllocationReceivedAlready,
    BookletNotInStock,
    BookletNotYours,
    BookletOfAnotherProgramme,
    BookletsMissing,
    BookletsOverlap,
    BookletsReversed,
    EmptyAllocation,
    UnknownAllocation,
)
from app.prescribers.models import (
    Allocation,
    AllocationRange,
    AllocationReceipt,
)
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.errors import UnknownVintage
from app.programmes.service import known_programme
from app.vouchers import queries as vouchers
from app.vouchers.models import Booklet
from app.vouchers.service import read_serial

LARGEST_BOOKLET_RANGE = 100_000


@dataclass(frozen=True, slots=True)
class BookletRange:
    """Booklets by their printed numbers, both ends included, as typed."""

    first: str
    last: str


def allocate_booklets(
    session: Session,
    *,
    actor: Actor,
    allocation_id: UUID,
    programme_id: UUID,
    recipient_id: UUID,
    booklets: Sequence[BookletRange],
    now: datetime,
) -> Allocation:
    """Entrust whole booklets to a prescriber: they are in transit until the receipt is signed.

    Raises:
        UnknownProgramme, UnknownOrganisation, NoAgreementInForce.
        EmptyAllocation, BookletsReversed, BookletsOverlap, BookletsMissing,
            BookletOfAnotherProgramme: what was typed makes no sense.
        BookletNotInStock: a booklet is elsewhere, inert, or not whole.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.ALLOCATE)
    digest = request_hash(
        "allocation",
        programme=programme_id,
        recipient=recipient_id,
        booklets=[(b.first, b.last) for b in booklets],
    )
    if record := earlier(session, Allocation, allocation_id, digest):
        return record
    programme = known_programme(session, programme_id)
    today = martinique_day(now)
    agreement = agreement_in_force(session, recipient_id, AgreementRole.PRESCRIBER, on=today)
    chosen = _chosen_booklets(session, programme_id, booklets)
    record = Allocation(
        id=allocation_id,
        request_hash=digest,
        number=numbering.next_document_number(session, numbering.ALLOCATION, today.year),
        programme_id=programme_id,
        sender_id=programme.sponsor_id,
        recipient_id=recipient_id,
        agreement_id=agreement.id,
        agreement_role=agreement.role,
        agreement_from=agreement.valid_from,
        agreement_until=agreement.valid_until,
        allocated_on=today,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    session.add(record)
    session.flush()
    lines = []
    for vintage_id, whole in ranges_of_booklets(chosen):
        stock = ledger.account(session, chart.stock(programme.sponsor_id, vintage_id))
        transit = ledger.account(
            session, chart.transit(programme.sponsor_id, recipient_id, vintage_id)
        )
        check_all_rest_in(session, whole, stock, refusal=BookletNotInStock)
        session.add(
            AllocationRange(
                allocation_id=allocation_id,
                first_voucher_id=whole.first,
                last_voucher_id=whole.last,
                vintage_id=vintage_id,
            )
        )
        lines.append(ledger.Line(ledger.MovementKind.ALLOCATE, whole, stock, transit))
    session.flush()
    ledger.post(
        session,
        ledger.Act(
            posting_id=allocation_id,
            kind=ledger.MovementKind.ALLOCATE,
            document_type="allocation",
            document_id=allocation_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        lines,
    )
    return record


def _chosen_booklets(
    session: Session, programme_id: UUID, ranges: Sequence[BookletRange]
) -> list[Booklet]:
    """The booklets of typed ranges, each once, all of the programme."""
    if not ranges:
        raise EmptyAllocation
    chosen: dict[int, Booklet] = {}
    for typed in ranges:
        first, last = read_booklet(typed.first), read_booklet(typed.last)
        span = last.number - first.number + 1
        if first.vintage_label != last.vintage_label or not 0 < span <= LARGEST_BOOKLET_RANGE:
            raise BookletsReversed(first=str(first), last=str(last))
        terms = programmes.vintage_by_label(session, first.vintage_label)
        if terms is None:
            raise UnknownVintage
        if terms.programme_id != programme_id:
            raise BookletOfAnotherProgramme(booklet=str(first))
        found = vouchers.booklets_between(session, terms.vintage_id, first.number, last.number)
        if len(found) < span:
            raise BookletsMissing(first=str(first), last=str(last), missing=span - len(found))
        for booklet in found:
            if booklet.id in chosen:
                raise BookletsOverlap(booklet=str(BookletNumber(terms.label, booklet.number)))
            chosen[booklet.id] = booklet
    return [chosen[booklet_id] for booklet_id in sorted(chosen)]


def read_booklet(typed: str) -> BookletNumber:
    """The number of a booklet; the serial number of one of its passes will do.

    Raises:
        NotASerialNumber, MistypedSerial.
    """
    read = read_serial(typed)
    return read.booklet if isinstance(read, SerialNumber) else read


def ranges_of_booklets(booklets: Sequence[Booklet]) -> list[tuple[int, ledger.VoucherRange]]:
    """Booklets sorted by id as the fewest (vintage, range of vouchers)."""
    ranges: list[tuple[int, ledger.VoucherRange]] = []
    for booklet in booklets:
        last = booklet.id + booklet.size - 1
        if ranges and ranges[-1][0] == booklet.vintage_id and ranges[-1][1].last == booklet.id - 1:
            ranges[-1] = booklet.vintage_id, ledger.VoucherRange(ranges[-1][1].first, last)
        else:
            ranges.append((booklet.vintage_id, ledger.VoucherRange(booklet.id, last)))
    return ranges


def check_all_rest_in(
    session: Session,
    whole: ledger.VoucherRange,
    account: ledger.Account,
    *,
    refusal: type[BookletNotInStock | BookletNotYours],
) -> None:
    """Refuse by the number of the first booklet that does not rest there whole."""
    stray = ledger.first_stray(session, whole, account)
    if stray is not None:
        number = vouchers.booklet_numbers(session, [stray.booklet_id])[stray.booklet_id]
        raise refusal(booklet=str(number))


def known_allocation(session: Session, *, actor: Actor, allocation_id: UUID) -> Allocation:
    """The allocation of that id, for those whose business it is.

    Raises:
        UnknownAllocation, OtherOrganisation.
    """
    allocation = queries.allocation(session, allocation_id)
    if allocation is None:
        raise UnknownAllocation
    actor.check_sees(allocation.recipient_id, allocation.sender_id)
    return allocation


def confirm_receipt(
    session: Session, *, actor: Actor, receipt_id: UUID, allocation_id: UUID, now: datetime
) -> AllocationReceipt:
    """Sign for an allocation that arrived whole: its booklets are in the prescriber's drawer.

    Raises:
        UnknownAllocation, OtherOrganisation.
        AllocationReceivedAlready: somebody signed before.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.CONFIRM_RECEIPT)
    digest = request_hash("receipt", allocation=allocation_id)
    if record := earlier(session, AllocationReceipt, receipt_id, digest):
        return record
    hold(session, "allocation", allocation_id)
    allocation = known_allocation(session, actor=actor, allocation_id=allocation_id)
    actor.check_sees(allocation.recipient_id)
    if queries.receipt_of(session, allocation_id):
        raise AllocationReceivedAlready
    record = AllocationReceipt(
        id=receipt_id,
        request_hash=digest,
        allocation_id=allocation_id,
        received_by=actor.agent_id,
        received_at=now,
    )
    session.add(record)
    session.flush()
    lines = []
    for part in queries.ranges_of(session, allocation_id):
        accounts = ledger.accounts(
            session,
            [
                transit := chart.transit(
                    allocation.sender_id, allocation.recipient_id, part.vintage_id
                ),
                drawer := chart.prescriber(allocation.recipient_id, part.vintage_id),
            ],
        )
        lines.append(
            ledger.Line(
                ledger.MovementKind.ACCEPT,
                ledger.VoucherRange(part.first_voucher_id, part.last_voucher_id),
                accounts[transit],
                accounts[drawer],
            )
        )
    ledger.post(
        session,
        ledger.Act(
            posting_id=receipt_id,
            kind=ledger.MovementKind.ACCEPT,
            document_type="allocation",
            document_id=allocation_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        lines,
    )
    return record
