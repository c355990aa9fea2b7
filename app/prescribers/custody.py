"""Booklets between two holders: returns, transfers, receipts, and what goes wrong on the way.

Whatever travels is in transit between its two ends, and the sender answers for it until the
recipient has counted it. Only the recipient counts. What the count misses stays in transit until
it is found or is back in the stock; nothing is ever struck out.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.ledger import chart
from app.mediators.holding import check_may_hold
from app.partners.rules import AgreementRole
from app.partners.service import agreement_in_force, known_organisation
from app.prescribers import custody_queries as queries
from app.prescribers.allocations import (
    BookletRange,
    Elsewhere,
    check_rests_in,
    choose_booklets,
    dispatch,
    ranges_of_booklets,
)
from app.prescribers.custody_models import (
    Consignment,
    ConsignmentAnswer,
    ConsignmentFinding,
    SettledBooklet,
    ShortfallSettlement,
)
from app.prescribers.custody_rules import (
    FRENCH_ELSEWHERE,
    LONGEST_WORDS,
    Answer,
    ConsignmentKind,
    Finding,
    Settlement,
)
from app.prescribers.errors import (
    BookletNotHeld,
    BookletNotInConsignment,
    BookletNotMissing,
    BookletNotOnTheWay,
    BookletsOverlap,
    ConsignmentCancelled,
    ConsignmentReceivedAlready,
    NotTheRecipient,
    NotTheSender,
    NotYetCounted,
    SentToItself,
    UnknownConsignment,
)
from app.prescribers.transit import (
    act_on,
    arrive,
    in_stock,
    with_its_recipient,
    with_its_sender,
    without,
)
from app.programmes import numbering
from app.programmes.service import known_programme
from app.vouchers.models import Booklet
from app.vouchers.queries import NumberedBooklet, booklet_numbers

# ── Sending ───────────────────────────────────────────────────────────────────────────────────────


def return_booklets(
    session: Session,
    *,
    actor: Actor,
    consignment_id: UUID,
    programme_id: UUID,
    sender_id: UUID,
    booklets: Sequence[BookletRange],
    reason: str,
    now: datetime,
) -> Consignment:
    """Send whole booklets from a prescriber's drawer back to the stock, agreement or not.

    Raises:
        OtherOrganisation: neither the sender's agent nor the coordination.
        InvalidInput: no reason.
        UnknownProgramme, UnknownOrganisation, and what `choose_booklets` refuses.
        BookletNotHeld: a booklet does not rest, whole, with the sender.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.SEND_BOOKLETS)
    actor.check_sees(sender_id)
    said = read_words("reason", reason)
    digest = request_hash(
        "return",
        programme=programme_id,
        sender=sender_id,
        booklets=[(b.first, b.last) for b in booklets],
        reason=said,
    )
    if record := earlier(session, Consignment, consignment_id, digest):
        return record
    programme = known_programme(session, programme_id)
    today = martinique_day(now)
    record = Consignment(
        id=consignment_id,
        request_hash=digest,
        kind=ConsignmentKind.RETURN,
        number=numbering.next_document_number(session, numbering.RETURN, today.year),
        programme_id=programme_id,
        sponsor_id=programme.sponsor_id,
        sender_id=known_organisation(session, sender_id).id,
        recipient_id=programme.sponsor_id,
        agreement_role=AgreementRole.PRESCRIBER,
        reason=said,
        sent_on=today,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    _leave_drawer(session, record, booklets, kind=ledger.MovementKind.RETURN)
    return record


def transfer_booklets(
    session: Session,
    *,
    actor: Actor,
    consignment_id: UUID,
    programme_id: UUID,
    sender_id: UUID,
    recipient_id: UUID,
    booklets: Sequence[BookletRange],
    reason: str,
    now: datetime,
) -> Consignment:
    """Send whole booklets from one prescriber to another; both agreements are in force that day.

    Raises:
        OtherOrganisation: neither the sender's agent nor the coordination.
        InvalidInput: no reason.
        SentToItself: sender and recipient are one.
        UnknownProgramme, UnknownOrganisation, NoAgreementInForce and NoRightToHold (of either), and
            what `choose_booklets` refuses.
        BookletNotHeld: a booklet does not rest, whole, with the sender.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.SEND_BOOKLETS)
    actor.check_sees(sender_id)
    said = read_words("reason", reason)
    digest = request_hash(
        "transfer",
        programme=programme_id,
        sender=sender_id,
        recipient=recipient_id,
        booklets=[(b.first, b.last) for b in booklets],
        reason=said,
    )
    if record := earlier(session, Consignment, consignment_id, digest):
        return record
    if sender_id == recipient_id:
        raise SentToItself
    programme = known_programme(session, programme_id)
    today = martinique_day(now)
    given, taken = (
        agreement_in_force(session, party, AgreementRole.PRESCRIBER, on=today)
        for party in (sender_id, recipient_id)
    )
    for party in (sender_id, recipient_id):
        check_may_hold(session, party, on=today)
    record = Consignment(
        id=consignment_id,
        request_hash=digest,
        kind=ConsignmentKind.TRANSFER,
        number=numbering.next_document_number(session, numbering.TRANSFER, today.year),
        programme_id=programme_id,
        sponsor_id=programme.sponsor_id,
        sender_id=sender_id,
        recipient_id=recipient_id,
        agreement_role=AgreementRole.PRESCRIBER,
        sender_agreement_id=given.id,
        sender_agreement_from=given.valid_from,
        sender_agreement_until=given.valid_until,
        recipient_agreement_id=taken.id,
        recipient_agreement_from=taken.valid_from,
        recipient_agreement_until=taken.valid_until,
        reason=said,
        sent_on=today,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    _leave_drawer(session, record, booklets, kind=ledger.MovementKind.TRANSFER)
    return record


def read_words(field: str, typed: str) -> str:
    """A reason as typed.

    Raises:
        InvalidInput: nothing, too long, or what no text holds.
    """
    said = clean(typed, longest=LONGEST_WORDS)
    if said is None:
        raise InvalidInput(**{field: f"Dites pourquoi, en {LONGEST_WORDS} caractères au plus."})
    return said


def _leave_drawer(
    session: Session,
    record: Consignment,
    booklets: Sequence[BookletRange],
    *,
    kind: ledger.MovementKind,
) -> None:
    """Let booklets leave a prescriber's drawer; whoever would hand one to a person waits here."""
    ranges = ranges_of_booklets(choose_booklets(session, record.programme_id, booklets))
    ledger.lock_vouchers(session, [whole for _, whole in ranges])
    dispatch(
        session,
        record,
        ranges,
        start=lambda vintage_id: chart.prescriber(record.sender_id, vintage_id),
        kind=kind,
        refusal=not_held_by(session, record.sender_id),
    )


def not_held_by(session: Session, sender_id: UUID) -> Elsewhere:
    """What is said of a booklet that does not rest, whole, with that sender."""
    holder = known_organisation(session, sender_id).name
    return lambda booklet, kind: BookletNotHeld(
        booklet=booklet, holder=holder, where=FRENCH_ELSEWHERE[kind]
    )


# ── Receiving ─────────────────────────────────────────────────────────────────────────────────────


def known_consignment(session: Session, *, actor: Actor, consignment_id: UUID) -> Consignment:
    """The consignment of that id, for those whose business it is.

    Raises:
        UnknownConsignment, OtherOrganisation.
    """
    consignment = queries.consignment(session, consignment_id)
    if consignment is None:
        raise UnknownConsignment
    actor.check_sees(consignment.recipient_id, consignment.sender_id)
    return consignment


def confirm_receipt(
    session: Session,
    *,
    actor: Actor,
    receipt_id: UUID,
    consignment_id: UUID,
    missing: Sequence[BookletRange] = (),
    damaged: Sequence[BookletRange] = (),
    note: str | None = None,
    now: datetime,
) -> ConsignmentAnswer:
    """Sign for what was counted: all but the booklets named as missing, which stay in transit.

    A damaged booklet is there, so it is accepted, and noted.

    Raises:
        UnknownConsignment, OtherOrganisation.
        NotTheRecipient: the sender does not sign for itself, nor does anybody else.
        ConsignmentReceivedAlready, ConsignmentCancelled: it has ended.
        NoRightToHold: a public body whose régie or mandate has ended meanwhile.
        BookletNotInConsignment, BookletsOverlap: a missing or damaged booklet makes no sense.
        BookletNotOnTheWay: a booklet has been blocked or withheld on the way.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.CONFIRM_RECEIPT)
    said = read_words("note", note) if note else None
    digest = request_hash(
        "receipt",
        consignment=consignment_id,
        missing=[(b.first, b.last) for b in missing],
        damaged=[(b.first, b.last) for b in damaged],
        note=said,
    )
    if record := earlier(session, ConsignmentAnswer, receipt_id, digest):
        return record
    hold(session, "consignment", consignment_id)
    consignment = known_consignment(session, actor=actor, consignment_id=consignment_id)
    _check_receives(session, actor, consignment)
    _check_unanswered(session, consignment)
    if consignment.kind != ConsignmentKind.RETURN:
        check_may_hold(session, consignment.recipient_id, on=martinique_day(now))
    lacking = _named(session, consignment, missing)
    spoiled = _named(session, consignment, damaged)
    if both := next((booklet for booklet in spoiled if booklet in lacking), None):
        raise BookletsOverlap(booklet=_printed(session, both.id))
    record = _answered(
        session,
        actor,
        consignment,
        answer=Answer.RECEIVED,
        answer_id=receipt_id,
        note=said,
        digest=digest,
        now=now,
    )
    session.add_all(
        ConsignmentFinding(consignment_id=consignment_id, booklet_id=booklet.id, finding=finding)
        for booklets, finding in ((lacking, Finding.MISSING), (spoiled, Finding.DAMAGED))
        for booklet in booklets
    )
    session.flush()
    arrive(
        session,
        actor,
        consignment,
        without(_sent(session, consignment_id), lacking),
        posting_id=receipt_id,
        now=now,
        end=with_its_recipient(consignment),
    )
    return record


def _sent(session: Session, consignment_id: UUID) -> list[tuple[int, ledger.VoucherRange]]:
    """The passes that left, by vintage."""
    return [
        (part.vintage_id, ledger.VoucherRange(part.first_voucher_id, part.last_voucher_id))
        for part in queries.ranges_of(session, consignment_id)
    ]


def _check_receives(session: Session, actor: Actor, consignment: Consignment) -> None:
    if actor.organisation_id != consignment.recipient_id:
        recipient = known_organisation(session, consignment.recipient_id)
        raise NotTheRecipient(recipient=recipient.name)


def _check_unanswered(session: Session, consignment: Consignment) -> None:
    answer = queries.answer_of(session, consignment.id)
    if answer is None:
        return
    if answer.answer == Answer.CANCELLED:
        raise ConsignmentCancelled(number=consignment.number)
    raise ConsignmentReceivedAlready(number=consignment.number)


def _answered(
    session: Session,
    actor: Actor,
    consignment: Consignment,
    *,
    answer: Answer,
    answer_id: UUID,
    note: str | None,
    digest: bytes,
    now: datetime,
) -> ConsignmentAnswer:
    record = ConsignmentAnswer(
        id=answer_id,
        request_hash=digest,
        consignment_id=consignment.id,
        kind=consignment.kind,
        answer=answer,
        note=note,
        answered_by=actor.agent_id,
        answered_at=now,
        answered_on=martinique_day(now),
    )
    session.add(record)
    session.flush()
    return record


def _named(
    session: Session, consignment: Consignment, typed: Sequence[BookletRange]
) -> list[NumberedBooklet]:
    """Booklets named at the count, all of them of the consignment."""
    if not typed:
        return []
    sent = {booklet.id for booklet in queries.booklets_of(session, consignment.id)}
    named = choose_booklets(session, consignment.programme_id, typed)
    for booklet in named:
        if booklet.id not in sent:
            raise BookletNotInConsignment(
                booklet=_printed(session, booklet.id), number=consignment.number
            )
    return named


def left_uncounted(
    session: Session,
    *,
    actor: Actor,
    consignment_id: UUID,
    counted: Sequence[BookletRange],
    missing: Sequence[BookletRange] = (),
) -> list[Booklet]:
    """The booklets of a consignment that nobody counted at its arrival, nor named as missing.

    Raises:
        UnknownConsignment.
        BookletNotInConsignment, BookletsOverlap: a booklet named makes no sense.
        InvalidInput: one is counted and missing.
    """
    actor.check(Right.CONFIRM_RECEIPT)
    consignment = known_consignment(session, actor=actor, consignment_id=consignment_id)
    there = {booklet.id for booklet in _named(session, consignment, counted)}
    lacking = {booklet.id for booklet in _named(session, consignment, missing)}
    for booklet_id in sorted(there & lacking):
        raise InvalidInput(
            manquants=f"Le carnet {_printed(session, booklet_id)} est compté et nommé manquant : "
            "retirez-le de l’une des deux listes."
        )
    whole = queries.booklets_of(session, consignment.id)
    return [one for one in whole if one.id not in there | lacking]


def _printed(session: Session, booklet_id: int) -> str:
    return str(booklet_numbers(session, [booklet_id])[booklet_id])


# ── Calling back, and what was missing ────────────────────────────────────────────────────────────


def cancel_consignment(
    session: Session,
    *,
    actor: Actor,
    cancellation_id: UUID,
    consignment_id: UUID,
    reason: str,
    now: datetime,
) -> ConsignmentAnswer:
    """Call back what nobody has signed for.

    The coordination calls back what it sent, and a transfer: the booklets are in the stock. An
    allocation is reversed; a transfer goes there by a return (decision 0021). A return is called
    back by its sender or by the coordination, and is in the drawer again.

    Raises:
        UnknownConsignment, OtherOrganisation, InvalidInput (no reason).
        NotTheSender: another than the sender of a return, or a sender of what is no return.
        ConsignmentReceivedAlready, ConsignmentCancelled: it has ended.
        NoRightToHold: the sender of a return is a public body that may not hold it again.
        BookletNotOnTheWay: a booklet has been blocked or withheld on the way.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.SEND_BOOKLETS)
    said = read_words("reason", reason)
    digest = request_hash("cancellation", consignment=consignment_id, reason=said)
    if record := earlier(session, ConsignmentAnswer, cancellation_id, digest):
        return record
    hold(session, "consignment", consignment_id)
    consignment = known_consignment(session, actor=actor, consignment_id=consignment_id)
    returned = consignment.kind == ConsignmentKind.RETURN
    if actor.scope is not None and not (returned and consignment.sender_id == actor.scope):
        raise NotTheSender
    _check_unanswered(session, consignment)
    if returned:
        check_may_hold(session, consignment.sender_id, on=martinique_day(now))
    record = _answered(
        session,
        actor,
        consignment,
        answer=Answer.CANCELLED,
        answer_id=cancellation_id,
        note=said,
        digest=digest,
        now=now,
    )
    ranges = _sent(session, consignment_id)
    if consignment.kind != ConsignmentKind.ALLOCATION:
        arrive(
            session,
            actor,
            consignment,
            ranges,
            posting_id=cancellation_id,
            now=now,
            end=with_its_sender(consignment) if returned else in_stock(consignment),
        )
        return record
    for vintage_id, whole in ranges:
        road = chart.transit(consignment.sender_id, consignment.recipient_id, vintage_id)
        check_rests_in(
            session,
            whole,
            ledger.account(session, road),
            lambda booklet, _: BookletNotOnTheWay(booklet=booklet),
        )
    ledger.reverse(
        session,
        act_on(actor, consignment, ledger.MovementKind.REVERSE, cancellation_id, now),
        [(movement_id, None) for movement_id in queries.movements_of(session, consignment_id)],
    )
    return record


def settle_shortfall(
    session: Session,
    *,
    actor: Actor,
    settlement_id: UUID,
    consignment_id: UUID,
    settlement: Settlement,
    booklets: Sequence[BookletRange],
    now: datetime,
) -> ShortfallSettlement:
    """Say what became of missing booklets: the recipient has found them, or the stock has them.

    Raises:
        UnknownConsignment, OtherOrganisation, NotYetCounted, ConsignmentCancelled.
        NotTheRecipient: only the recipient finds; only the coordination says what is in the stock.
        NoRightToHold: of a public body that would find them.
        EmptyAllocation and what else `choose_booklets` refuses.
        BookletNotMissing: a booklet was not missing, or is settled.
        BookletNotOnTheWay: a booklet has been blocked or withheld meanwhile.
        IdAlreadyUsed: the id came earlier with another content.
    """
    found = settlement is Settlement.FOUND
    actor.check(Right.CONFIRM_RECEIPT if found else Right.ALLOCATE)
    digest = request_hash(
        "settlement",
        consignment=consignment_id,
        settlement=settlement,
        booklets=[(b.first, b.last) for b in booklets],
    )
    if record := earlier(session, ShortfallSettlement, settlement_id, digest):
        return record
    hold(session, "consignment", consignment_id)
    consignment = known_consignment(session, actor=actor, consignment_id=consignment_id)
    if found:
        _check_receives(session, actor, consignment)
    if consignment.kind == ConsignmentKind.RETURN:
        # What comes back is found by the stock, which needs no right of a partner to hold it.
        found, settlement = False, Settlement.RETURNED
    _check_counted(session, consignment)
    if found:
        check_may_hold(session, consignment.recipient_id, on=martinique_day(now))
    named = _still_missing(session, consignment, booklets)
    record = ShortfallSettlement(
        id=settlement_id,
        request_hash=digest,
        consignment_id=consignment_id,
        settlement=settlement,
        settled_by=actor.agent_id,
        settled_at=now,
        settled_on=martinique_day(now),
    )
    session.add(record)
    session.flush()
    session.add_all(
        SettledBooklet(
            consignment_id=consignment_id,
            booklet_id=booklet.id,
            finding=Finding.MISSING,
            settlement_id=settlement_id,
        )
        for booklet in named
    )
    session.flush()
    arrive(
        session,
        actor,
        consignment,
        ranges_of_booklets(named),
        posting_id=settlement_id,
        now=now,
        end=with_its_recipient(consignment) if found else in_stock(consignment),
    )
    return record


def _check_counted(session: Session, consignment: Consignment) -> None:
    answer = queries.answer_of(session, consignment.id)
    if answer is None:
        raise NotYetCounted(number=consignment.number)
    if answer.answer == Answer.CANCELLED:
        raise ConsignmentCancelled(number=consignment.number)


def _still_missing(
    session: Session, consignment: Consignment, booklets: Sequence[BookletRange]
) -> list[NumberedBooklet]:
    """The booklets named, each of which is missing and not settled."""
    lacking = set(queries.still_missing(session, [consignment.id])[consignment.id])
    named = choose_booklets(session, consignment.programme_id, booklets)
    for booklet in named:
        if booklet.id not in lacking:
            raise BookletNotMissing(
                booklet=_printed(session, booklet.id), number=consignment.number
            )
    return named
