"""Entrusting booklets to prescribers, in transit until both ends have signed.

What every consignment needs is here too: booklets as typed, and their leaving. `custody` does the
rest: returns, transfers, receipts and what goes wrong on the way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.kernel.ids import request_hash
from app.kernel.serials import BookletNumber, SerialNumber
from app.ledger import chart
from app.mediators.holding import check_may_hold
from app.partners.rules import AgreementRole
from app.partners.service import agreement_in_force
from app.prescribers import custody_queries
from app.prescribers.custody_models import (
    BookletRequest,
    BookletRequestAnswer,
    Consignment,
    ConsignmentRange,
)
from app.prescribers.custody_rules import FRENCH_ELSEWHERE, ConsignmentKind, RequestAnswer
from app.prescribers.errors import (
    BookletNotInStock,
    BookletOfAnotherProgramme,
    BookletRequestAnswered,
    BookletsMissing,
    BookletsOverlap,
    BookletsReversed,
    EmptyAllocation,
    RequestOfAnother,
    UnknownBookletRequest,
)
from app.programmes import numbering
from app.programmes import queries as programmes
from app.programmes.errors import UnknownVintage
from app.programmes.freezes import check_not_frozen
from app.programmes.service import known_programme
from app.vouchers import queries as vouchers
from app.vouchers.errors import NotABookletNumber, NotASerialNumber
from app.vouchers.models import Booklet
from app.vouchers.service import booklet_by_cover, is_cover, number_not_of_here, read_serial

LARGEST_BOOKLET_RANGE = 100_000


@dataclass(frozen=True, slots=True)
class BookletRange:
    """Booklets by their printed numbers or their covers, both ends included, as typed."""

    first: str
    last: str


Elsewhere = Callable[[str, ledger.AccountKind], DomainError]
"""What is said of a booklet that is not where it would leave, and of the place where it is."""


def not_in_stock(booklet: str, kind: ledger.AccountKind) -> DomainError:
    """What is said of a booklet that does not rest, whole and active, in the stock."""
    return BookletNotInStock(booklet=booklet, where=FRENCH_ELSEWHERE[kind])


def allocate_booklets(
    session: Session,
    *,
    actor: Actor,
    allocation_id: UUID,
    programme_id: UUID,
    recipient_id: UUID,
    booklets: Sequence[BookletRange],
    request_id: UUID | None = None,
    now: datetime,
) -> Consignment:
    """Entrust whole booklets to a prescriber: they are in transit until the receipt is signed.

    With `request_id`, the allocation is the answer to what that prescriber asked for.

    Raises:
        UnknownProgramme, UnknownOrganisation, NoAgreementInForce, NoRightToHold.
        ProgrammeFrozen.
        UnknownBookletRequest, BookletRequestAnswered, RequestOfAnother: of the request.
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
        request=request_id,
    )
    if record := earlier(session, Consignment, allocation_id, digest):
        return record
    programme = known_programme(session, programme_id)
    check_not_frozen(session, programme_id)
    today = martinique_day(now)
    agreement = agreement_in_force(session, recipient_id, AgreementRole.PRESCRIBER, on=today)
    check_may_hold(session, recipient_id, on=today)
    asked = open_request(session, request_id) if request_id is not None else None
    if asked and (asked.prescriber_id, asked.programme_id) != (recipient_id, programme_id):
        raise RequestOfAnother
    record = Consignment(
        id=allocation_id,
        request_hash=digest,
        kind=ConsignmentKind.ALLOCATION,
        number=numbering.next_document_number(session, numbering.ALLOCATION, today.year),
        programme_id=programme_id,
        sponsor_id=programme.sponsor_id,
        sender_id=programme.sponsor_id,
        recipient_id=recipient_id,
        agreement_role=AgreementRole.PRESCRIBER,
        recipient_agreement_id=agreement.id,
        recipient_agreement_from=agreement.valid_from,
        recipient_agreement_until=agreement.valid_until,
        sent_on=today,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    dispatch(
        session,
        record,
        ranges_of_booklets(choose_booklets(session, programme_id, booklets)),
        start=lambda vintage_id: chart.stock(programme.sponsor_id, vintage_id),
        kind=ledger.MovementKind.ALLOCATE,
        refusal=not_in_stock,
    )
    if asked is not None:
        _answer(session, asked, record)
    return record


def _answer(session: Session, asked: BookletRequest, allocation: Consignment) -> None:
    """What a prescriber asked for is on its way: the answer has the id of the allocation."""
    session.add(
        BookletRequestAnswer(
            id=allocation.id,
            request_hash=allocation.request_hash,
            request_id=asked.id,
            prescriber_id=asked.prescriber_id,
            answer=RequestAnswer.ALLOCATED,
            consignment_id=allocation.id,
            answered_by=allocation.prepared_by,
            answered_at=allocation.prepared_at,
        )
    )
    session.flush()


def open_request(session: Session, request_id: UUID) -> BookletRequest:
    """A request that nobody has answered; whoever answers it waits here.

    Raises:
        UnknownBookletRequest, BookletRequestAnswered.
    """
    hold(session, "booklet request", request_id)
    asked = custody_queries.booklet_request(session, request_id)
    if asked is None:
        raise UnknownBookletRequest
    if custody_queries.answer_to(session, request_id):
        raise BookletRequestAnswered(request=asked.number)
    return asked


def dispatch(
    session: Session,
    consignment: Consignment,
    ranges: Sequence[tuple[int, ledger.VoucherRange]],
    *,
    start: Callable[[int], ledger.AccountKey],
    kind: ledger.MovementKind,
    refusal: Elsewhere,
) -> None:
    """Write a consignment down and let its booklets leave `start` for the transit between its ends.

    Raises:
        what `refusal` makes of the first booklet that does not rest there whole.
    """
    session.add(consignment)
    session.flush()
    lines = []
    for vintage_id, whole in ranges:
        accounts = ledger.accounts(
            session,
            [
                left := start(vintage_id),
                road := chart.transit(consignment.sender_id, consignment.recipient_id, vintage_id),
            ],
        )
        check_rests_in(session, whole, accounts[left], refusal)
        session.add(
            ConsignmentRange(
                consignment_id=consignment.id,
                first_voucher_id=whole.first,
                last_voucher_id=whole.last,
                vintage_id=vintage_id,
            )
        )
        lines.append(ledger.Line(kind, whole, accounts[left], accounts[road]))
    session.flush()
    ledger.post(
        session,
        ledger.Act(
            posting_id=consignment.id,
            kind=kind,
            document_type=consignment.kind,
            document_id=consignment.id,
            actor_id=consignment.prepared_by,
            occurred_at=consignment.prepared_at,
        ),
        lines,
    )


def choose_booklets(
    session: Session, programme_id: UUID, ranges: Sequence[BookletRange]
) -> list[vouchers.NumberedBooklet]:
    """The booklets of typed ranges, each once, all of the programme, sorted by id.

    Raises:
        EmptyAllocation, BookletsReversed, BookletsOverlap, BookletsMissing,
            BookletOfAnotherProgramme, UnknownVintage: what was typed makes no sense.
    """
    if not ranges:
        raise EmptyAllocation
    chosen: dict[int, vouchers.NumberedBooklet] = {}
    for typed in ranges:
        _choose(session, programme_id, typed, chosen)
    return [chosen[booklet_id] for booklet_id in sorted(chosen)]


def _choose(
    session: Session,
    programme_id: UUID,
    typed: BookletRange,
    chosen: dict[int, vouchers.NumberedBooklet],
) -> list[vouchers.NumberedBooklet]:
    """The booklets of one typed range, added to those chosen before it."""
    first, last = named_booklet(session, typed.first), named_booklet(session, typed.last)
    span = last.number - first.number + 1
    if first.vintage_label != last.vintage_label or not 0 < span <= LARGEST_BOOKLET_RANGE:
        raise BookletsReversed(first=str(first), last=str(last))
    terms = programmes.vintage_by_label(session, first.vintage_label)
    if terms is None:
        raise number_not_of_here(session, first, UnknownVintage())
    if terms.programme_id != programme_id:
        raise BookletOfAnotherProgramme(booklet=str(first))
    found = vouchers.booklets_between(session, terms.vintage_id, first.number, last.number)
    if len(found) < span:
        raise BookletsMissing(first=str(first), last=str(last), missing=span - len(found))
    twice = next((booklet for booklet in found if booklet.id in chosen), None)
    if twice is not None:
        raise BookletsOverlap(booklet=str(BookletNumber(terms.label, twice.number)))
    chosen |= {booklet.id: booklet for booklet in found}
    return sorted(found, key=attrgetter("id"))


def judge_booklets(
    session: Session,
    programme_id: UUID,
    ranges: Sequence[BookletRange],
    *,
    start: Callable[[int], ledger.AccountKey],
    refusal: Elsewhere,
) -> list[DomainError | None]:
    """What is wrong with each typed range, for whoever puts all of them right at once; or nothing.

    A booklet that an earlier range names is said of the later one.
    """
    chosen: dict[int, vouchers.NumberedBooklet] = {}
    told: list[DomainError | None] = []
    for typed in ranges:
        try:
            for vintage_id, whole in ranges_of_booklets(
                _choose(session, programme_id, typed, chosen)
            ):
                check_rests_in(session, whole, ledger.account(session, start(vintage_id)), refusal)
        except DomainError as wrong:
            told.append(wrong)
        else:
            told.append(None)
    return told


def named_booklet(session: Session, typed: str) -> BookletNumber:
    """The number of the booklet that somebody typed, or of which a scanner read the cover.

    Raises:
        MistypedCoverCode, UnknownCover, NotABookletNumber, MistypedSerial.
    """
    if is_cover(typed):
        booklet = booklet_by_cover(session, typed)
        return vouchers.booklet_numbers(session, [booklet.id])[booklet.id]
    return read_booklet(typed)


def read_booklet(typed: str) -> BookletNumber:
    """The number of a booklet; the serial number of one of its passes will do.

    Raises:
        NotABookletNumber, MistypedSerial.
    """
    try:
        read = read_serial(typed)
    except NotASerialNumber:
        raise NotABookletNumber from None
    return read.booklet if isinstance(read, SerialNumber) else read


def ranges_of_booklets(
    booklets: Sequence[Booklet | vouchers.NumberedBooklet],
) -> list[tuple[int, ledger.VoucherRange]]:
    """Booklets sorted by id as the fewest (vintage, range of vouchers)."""
    ranges: list[tuple[int, ledger.VoucherRange]] = []
    for booklet in booklets:
        last = booklet.id + booklet.size - 1
        if ranges and ranges[-1][0] == booklet.vintage_id and ranges[-1][1].last == booklet.id - 1:
            ranges[-1] = booklet.vintage_id, ledger.VoucherRange(ranges[-1][1].first, last)
        else:
            ranges.append((booklet.vintage_id, ledger.VoucherRange(booklet.id, last)))
    return ranges


def check_rests_in(
    session: Session,
    whole: ledger.VoucherRange,
    account: ledger.Account,
    refusal: Elsewhere,
) -> None:
    """Refuse, in words made of the first booklet that does not rest there whole, and its place."""
    stray = ledger.first_stray(session, whole, account)
    if stray is not None:
        number = vouchers.booklet_numbers(session, [stray.booklet_id])[stray.booklet_id]
        raise refusal(str(number), stray.account.kind)
