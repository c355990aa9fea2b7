"""Counting a cupboard or a drawer: blind, in several goes, compared when closed, signed by two.

What follows from a difference (a block, a shortfall, a booklet come back) is somebody's decision,
taken elsewhere: nothing moves here.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.database.locks import earlier, hold
from app.database.rows import insert_rows
from app.identity import queries as identity
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, end_of_day, martinique_day
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.ids import request_hash
from app.kernel.serials import BookletNumber, SerialNumber
from app.kernel.text import clean, read_number
from app.partners import queries as partners
from app.partners.rules import AgreementRole
from app.programmes import numbering
from app.programmes import queries as programmes
from app.stock import queries
from app.stock.count_rules import (
    MOST_LINES,
    CountedLine,
    CountState,
    DifferenceKind,
    Span,
    compare,
    counted,
    ends_of,
    fits,
    line_between,
    taken_back,
    union,
    without,
)
from app.stock.errors import (
    CountAbandoned,
    CountClosed,
    CountEmptyUnsaid,
    CounterCannotSign,
    CountOpen,
    CountSignedAlready,
    HoldsNoBooklets,
    SignerNotOfHolder,
    UnknownCountedLine,
    UnknownStockCount,
)
from app.stock.models import (
    CountAbandonment,
    CountClosing,
    CountCorrection,
    CountDifference,
    CountedBooklets,
    CountEntry,
    CountSignature,
    CountStranger,
    CountTotalRow,
    StockCount,
)
from app.vouchers import queries as vouchers
from app.vouchers.service import booklet_by_cover, is_cover, read_serial

MANY = 200
LONGEST_REASON = 200
SAID = 5
"""Wrong lines that are told of at once."""


def open_count(
    session: Session,
    *,
    actor: Actor,
    count_id: UUID,
    holder_id: UUID,
    counted_on: date,
    now: datetime,
) -> StockCount:
    """Begin to count what lies with a holder, as of that day.

    Raises:
        RightMissing, OtherOrganisation.
        HoldsNoBooklets: neither the sponsor nor a prescriber.
        InvalidInput: the day is to come, or long before anything happened.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.COUNT_STOCK)
    actor.check_sees(holder_id)
    if not FIRST_DAY <= counted_on <= martinique_day(now):
        raise InvalidInput(counted_on="Écrivez le jour du comptage : aujourd’hui ou avant.")
    digest = request_hash("stock count", holder=holder_id, counted_on=counted_on)
    if record := earlier(session, StockCount, count_id, digest):
        return record
    if not _holds_booklets(session, holder_id):
        raise HoldsNoBooklets
    record = StockCount(
        id=count_id,
        request_hash=digest,
        number=numbering.next_document_number(
            session, numbering.STOCK_COUNT, martinique_day(now).year
        ),
        holder_id=holder_id,
        counted_on=counted_on,
        opened_by=actor.agent_id,
        opened_at=now,
    )
    session.add(record)
    session.flush()
    return record


def _holds_booklets(session: Session, holder_id: UUID) -> bool:
    known = programmes.programmes_after(session, None, limit=MANY)
    return any(programme.sponsor_id == holder_id for programme in known) or any(
        agreement.role == AgreementRole.PRESCRIBER
        for agreement in partners.agreements_of(session, holder_id)
    )


def known_count(session: Session, *, actor: Actor, count_id: UUID) -> StockCount:
    """A count, for its holder and for those who see all.

    Raises:
        RightMissing, UnknownStockCount.
    """
    actor.check(Right.SEE_ALLOCATIONS)
    record = queries.stock_count(session, count_id)
    if record is None or not actor.sees(record.holder_id):
        raise UnknownStockCount
    return record


def _open(session: Session, actor: Actor, count_id: UUID) -> StockCount:
    """A count that is not closed, held until the transaction ends."""
    hold(session, "stock count", count_id)
    record = known_count(session, actor=actor, count_id=count_id)
    if queries.closing_of(session, count_id):
        raise CountClosed
    if queries.abandonment_of(session, count_id):
        raise CountAbandoned
    return record


def abandon_count(
    session: Session,
    *,
    actor: Actor,
    abandonment_id: UUID,
    count_id: UUID,
    reason: str,
    now: datetime,
) -> CountAbandonment:
    """Give a count up before it is closed: nothing is compared, what was noted stays readable.

    Raises:
        RightMissing, UnknownStockCount, InvalidInput (no reason), CountClosed, CountAbandoned.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.COUNT_STOCK)
    said = clean(reason, longest=LONGEST_REASON)
    if said is None:
        raise InvalidInput(reason=f"Dites pourquoi, en {LONGEST_REASON} caractères au plus.")
    digest = request_hash("count abandonment", count=count_id, reason=said)
    if record := earlier(session, CountAbandonment, abandonment_id, digest):
        return record
    _open(session, actor, count_id)
    record = CountAbandonment(
        id=abandonment_id,
        request_hash=digest,
        count_id=count_id,
        reason=said,
        abandoned_by=actor.agent_id,
        abandoned_at=now,
    )
    session.add(record)
    session.flush()
    return record


# ── Counting ──────────────────────────────────────────────────────────────────────────────────────


def read_lines(session: Session, typed: str) -> list[CountedLine]:
    """What somebody scanned or typed, a line each: covers, numbers, or two ends of a range.

    Raises:
        InvalidInput: names the first lines that cannot be read, each with what to do.
    """
    lines: list[CountedLine] = []
    wrong: list[str] = []
    for number, text in enumerate(typed.splitlines(), 1):
        if not text.strip():
            continue
        try:
            lines.append(_read_line(session, text.strip()))
        except DomainError as refusal:
            wrong.append(f"Ligne {number} : {refusal.message}")
    if wrong:
        more = f" Et {len(wrong) - SAID} autres lignes." if len(wrong) > SAID else ""
        raise InvalidInput(lines=" ".join(wrong[:SAID]) + more)
    return lines


def _read_line(session: Session, text: str) -> CountedLine:
    if is_cover(text):
        booklet = booklet_by_cover(session, text)
        label = programmes.all_vintages(session)[booklet.vintage_id].label
        return CountedLine(label, booklet.number, booklet.number)
    first, *rest = ends_of(text)
    start = read_serial(first)
    if not rest:
        return line_between(start, start)
    label = (start.booklet if isinstance(start, SerialNumber) else start).vintage_label
    end = rest[0]
    if isinstance(start, BookletNumber) and (number := read_number(end)) is not None:
        end = f"{label} {number:05d}"
    return line_between(start, read_serial(end))


def enter_lines(
    session: Session,
    *,
    actor: Actor,
    entry_id: UUID,
    count_id: UUID,
    lines: Sequence[CountedLine],
    now: datetime,
) -> CountEntry:
    """Note what lies there: one go of a count. The same booklet twice counts once.

    Raises:
        RightMissing, UnknownStockCount, CountClosed, CountAbandoned.
        InvalidInput: nothing to note, too much at once, or a line that is none.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.COUNT_STOCK)
    if not 1 <= len(lines) <= MOST_LINES:
        raise InvalidInput(lines=f"Notez de 1 à {MOST_LINES} lignes à la fois.")
    digest = request_hash("count entry", count=count_id, lines=[str(line) for line in lines])
    if record := earlier(session, CountEntry, entry_id, digest):
        return record
    _open(session, actor, count_id)
    vintages = {t.label: t.vintage_id for t in programmes.all_vintages(session).values()}
    for line in lines:
        if line.label not in vintages:
            raise InvalidInput(lines=f"Le millésime {line.label} n’existe pas : relisez {line}.")
        if not fits(line):
            raise InvalidInput(lines=f"« {line} » ne peut pas être compté : relisez-le.")
    record = CountEntry(
        id=entry_id,
        request_hash=digest,
        count_id=count_id,
        entered_by=actor.agent_id,
        entered_at=now,
    )
    session.add(record)
    session.flush()
    insert_rows(
        session,
        CountedBooklets,
        [
            {
                "entry_id": entry_id,
                "place": place,
                "vintage_id": vintages[line.label],
                "first_number": line.first,
                "last_number": line.last,
                "first_position": line.first_position,
                "last_position": line.last_position,
            }
            for place, line in enumerate(lines, 1)
        ],
    )
    return record


def strike_line(
    session: Session,
    *,
    actor: Actor,
    correction_id: UUID,
    count_id: UUID,
    entry_id: UUID,
    place: int,
    now: datetime,
) -> CountCorrection:
    """Take back a line that was typed by mistake; it stays readable and counts for nothing.

    Raises:
        RightMissing, UnknownStockCount, CountClosed, CountAbandoned.
        UnknownCountedLine: not of this count, or struck before.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.COUNT_STOCK)
    digest = request_hash("count correction", count=count_id, entry=entry_id, place=place)
    if record := earlier(session, CountCorrection, correction_id, digest):
        return record
    _open(session, actor, count_id)
    entered = queries.lines_entered(session, count_id, entry_id=entry_id)
    if not any(line.place == place and line.struck_at is None for line in entered):
        raise UnknownCountedLine
    record = CountCorrection(
        id=correction_id,
        request_hash=digest,
        entry_id=entry_id,
        place=place,
        struck_by=actor.agent_id,
        struck_at=now,
    )
    session.add(record)
    session.flush()
    return record


# ── Closing: the theory is read, once ─────────────────────────────────────────────────────────────


def close_count(
    session: Session, *, actor: Actor, count_id: UUID, now: datetime, nothing_there: bool = False
) -> CountClosing:
    """Say that all is counted, and compare it with the register; twice is once.

    The register is read as of the end of the day of the count, or as it stands when that is today.

    Raises:
        RightMissing, UnknownStockCount.
        CountClosed: by somebody else; CountAbandoned.
        CountEmptyUnsaid: nothing is counted, and nobody says that the cupboard is empty.
    """
    actor.check(Right.COUNT_STOCK)
    hold(session, "stock count", count_id)
    record = known_count(session, actor=actor, count_id=count_id)
    if closing := queries.closing_of(session, count_id):
        if closing.closed_by == actor.agent_id:
            return closing
        raise CountClosed
    if queries.abandonment_of(session, count_id):
        raise CountAbandoned
    found, strangers = _found(session, count_id)
    if not found and not strangers and not nothing_there:
        raise CountEmptyUnsaid
    past = record.counted_on < martinique_day(now)
    theory_at = end_of_day(record.counted_on) if past else now
    theory = _theory(session, record.holder_id, theory_at if past else None)
    closing = CountClosing(
        count_id=count_id, theory_at=theory_at, closed_by=actor.agent_id, closed_at=now
    )
    session.add(closing)
    session.flush()
    _compare(session, count_id, theory, found)
    for vintage_id, span in strangers:
        session.add(
            CountStranger(
                count_id=count_id,
                vintage_id=vintage_id,
                first_number=span.first,
                last_number=span.last,
            )
        )
    session.flush()
    return closing


def _found(session: Session, count_id: UUID) -> tuple[list[Span], list[tuple[int, Span]]]:
    """The passes that were counted; and numbers of booklets that nobody ever received."""
    passes: list[Span] = []
    strangers: dict[int, list[Span]] = {}
    for entered in queries.lines_entered(session, count_id):
        if entered.struck_at is not None:
            continue
        line = entered.line
        booklets = vouchers.booklets_between(session, entered.vintage_id, line.first, line.last)
        for booklet in booklets:
            first, last = line.first_position or 1, line.last_position or booklet.size
            if first <= booklet.size:
                last = min(last, booklet.size)
                passes.append(Span(booklet.id + first - 1, booklet.id + last - 1))
        unknown = without(
            [Span(line.first, line.last)], union(Span(b.number, b.number) for b in booklets)
        )
        strangers.setdefault(entered.vintage_id, []).extend(unknown)
    return union(passes), [
        (vintage, span) for vintage, spans in strangers.items() for span in union(spans)
    ]


def _theory(session: Session, holder_id: UUID, at: datetime | None) -> list[Span]:
    """What the register says lies with a holder, now or at the end of a day."""
    accounts = [
        account.id
        for account in ledger.all_accounts(session).values()
        if account.party_id == holder_id and account.kind in queries.LYING_THERE
    ]
    resting, moves = queries.lying_with(session, accounts, since=at)
    return taken_back(resting, moves)


def _compare(
    session: Session, count_id: UUID, theory: Sequence[Span], found: Sequence[Span]
) -> None:
    """Write down what the comparison comes to, vintage by vintage and run by run."""
    result = compare(theory, found)
    sides = {
        DifferenceKind.MISSING: queries.vintages_of_spans(session, result.missing),
        DifferenceKind.EXCESS: queries.vintages_of_spans(session, result.excess),
    }
    expected = queries.counts_by_vintage(session, result.theory)
    there = queries.counts_by_vintage(session, result.found)

    def differing(kind: DifferenceKind, vintage_id: int) -> int:
        return counted(span for span, vintage, _ in sides[kind] if vintage == vintage_id)

    for vintage_id in sorted(expected.keys() | there.keys()):
        session.add(
            CountTotalRow(
                count_id=count_id,
                vintage_id=vintage_id,
                theory_count=expected.get(vintage_id, 0),
                counted_count=there.get(vintage_id, 0),
                missing_count=differing(DifferenceKind.MISSING, vintage_id),
                excess_count=differing(DifferenceKind.EXCESS, vintage_id),
                face_value_cents=ledger.face_value(session, vintage_id),
            )
        )
    session.flush()
    rows = [
        {
            "count_id": count_id,
            "first_voucher_id": span.first,
            "last_voucher_id": span.last,
            "kind": str(kind),
            "vintage_id": vintage_id,
            "account_id": account_id,
        }
        for kind, runs in sides.items()
        for span, vintage_id, account_id in runs
    ]
    if rows:
        insert_rows(session, CountDifference, rows)


# ── The second signature ──────────────────────────────────────────────────────────────────────────


def sign_count(session: Session, *, actor: Actor, count_id: UUID, now: datetime) -> CountSignature:
    """Sign as the second person, having seen the same; twice is once.

    Raises:
        RightMissing, TokenCannotApprove, UnknownStockCount, CounterCannotSign.
        CountOpen, CountAbandoned: it was never closed.
        CountSignedAlready: by somebody else.
        SignerNotOfHolder: neither of the two works for the holder.
    """
    actor.check(Right.SIGN_COUNT)
    hold(session, "stock count", count_id)
    record = known_count(session, actor=actor, count_id=count_id)
    closing = queries.closing_of(session, count_id)
    if closing is None:
        raise CountAbandoned if queries.abandonment_of(session, count_id) else CountOpen
    if signature := queries.signature_of(session, count_id):
        if signature.signed_by == actor.agent_id:
            return signature
        raise CountSignedAlready
    if closing.closed_by == actor.agent_id:
        raise CounterCannotSign
    if not may_sign_for(session, actor, record.holder_id, closing.closed_by):
        raise SignerNotOfHolder
    signature = CountSignature(
        count_id=count_id,
        closed_by=closing.closed_by,
        signed_by=actor.agent_id,
        signed_at=now,
    )
    session.add(signature)
    session.flush()
    return signature


def may_sign_for(session: Session, actor: Actor, holder_id: UUID, closed_by: int | None) -> bool:
    """Whether one of the two, who closed the count and who would sign it, works for the holder."""
    counter = identity.agent(session, closed_by) if closed_by else None
    return one_is_of(holder_id, actor, counter.organisation_id if counter else None)


def one_is_of(holder_id: UUID, signer: Actor, counted_for: UUID | None) -> bool:
    """Whether one of the two works for the holder; `counted_for` is whom the other works for."""
    return holder_id in {signer.organisation_id, counted_for}


def state_of(session: Session, count_id: UUID) -> CountState:
    """How far a count has come."""
    return queries.count_states(session, [count_id])[count_id]
