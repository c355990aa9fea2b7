"""What people decide as a vintage ends: the hold, late releases, signatures, the settlement."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.closing import queries
from app.closing.calendar import DOCUMENT, move_all, schedule
from app.closing.errors import (
    HeldAlready,
    HoldNotDue,
    HoldTooLate,
    NotHeld,
    NotYetSigned,
    ReleaseTooLate,
    SettledAlready,
    SideSignedAlready,
    SignedByTheSamePerson,
    UnknownJointStatement,
)
from app.closing.models import (
    ClosingHold,
    ClosingSettlement,
    HeldRelease,
    JointSignature,
    JointStatement,
    ReleasedBooklet,
)
from app.closing.rules import PLACE, SettlementKind, Side, Step
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.ledger import AccountKind, MovementKind, VoucherRange
from app.losses.blocks import read_reason
from app.prescribers.allocations import BookletRange, choose_booklets
from app.programmes import numbering
from app.programmes.rules import Payer
from app.programmes.service import known_vintage
from app.vouchers.queries import booklet_numbers

LONGEST_REFERENCE = 80
WITHHOLDABLE = frozenset(queries.IN_HAND)


def validate_hold(
    session: Session, *, actor: Actor, hold_id: UUID, vintage_id: int, now: datetime
) -> ClosingHold:
    """Withhold what was not handed out, once its list is drawn up: nothing of it leaves any more.

    Raises:
        RightMissing, TokenCannotApprove, UnknownVintage.
        HoldNotDue, HoldTooLate, HeldAlready.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.VALIDATE_HOLD)
    digest = request_hash("closing hold", vintage=vintage_id)
    if record := earlier(session, ClosingHold, hold_id, digest):
        return record
    terms = known_vintage(session, vintage_id)
    hold(session, DOCUMENT, vintage_id)
    done = {Step(step.step) for step in queries.steps_of(session, vintage_id)}
    if Step.WITHHOLD not in done:
        due = schedule(session, terms, now=now)[PLACE[Step.WITHHOLD] - 1]
        raise HoldNotDue(label=terms.label, day=f"{due.due_on:%d/%m/%Y}")
    if Step.EXPIRE in done:
        raise HoldTooLate(label=terms.label)
    if queries.hold_of(session, vintage_id):
        raise HeldAlready(label=terms.label)
    lines = move_all(
        session,
        vintage_id,
        WITHHOLDABLE,
        kind=MovementKind.WITHHOLD,
        to=AccountKind.WITHHELD,
    )
    record = ClosingHold(
        id=hold_id,
        request_hash=digest,
        vintage_id=vintage_id,
        step=Step.WITHHOLD,
        voucher_count=sum(line.vouchers.count for line in lines),
        validated_by=actor.agent_id,
        validated_at=now,
    )
    session.add(record)
    session.flush()
    if lines:
        ledger.post(session, _act(actor, hold_id, hold_id, MovementKind.WITHHOLD, now), lines)
    return record


def release_held(
    session: Session,
    *,
    actor: Actor,
    release_id: UUID,
    vintage_id: int,
    booklets: Sequence[BookletRange],
    reason: str,
    now: datetime,
) -> HeldRelease:
    """Let held booklets go, for a late hand-over: each is back where the hold found it.

    Raises:
        RightMissing, UnknownVintage, InvalidInput (no reason), and what `choose_booklets` refuses.
        ReleaseTooLate: the last day of validity is over.
        NotHeld: a booklet is not held whole, or no longer.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.RELEASE_HELD)
    said = read_reason(reason)
    digest = request_hash(
        "held release",
        vintage=vintage_id,
        booklets=[(b.first, b.last) for b in booklets],
        reason=said,
    )
    if record := earlier(session, HeldRelease, release_id, digest):
        return record
    terms = known_vintage(session, vintage_id)
    if martinique_day(now) > terms.valid_until:
        raise ReleaseTooLate(label=terms.label, day=f"{terms.valid_until:%d/%m/%Y}")
    hold(session, DOCUMENT, vintage_id)
    chosen = choose_booklets(session, terms.programme_id, booklets)
    held = queries.hold_of(session, vintage_id)
    pieces: list[tuple[int, VoucherRange | None]] = []
    for booklet in chosen:
        passes = range(booklet.id, booklet.id + booklet.size)
        found = queries.held_by(session, held.id, passes) if held else []
        if held is None or len(found) < booklet.size or len({m for _, m in found}) > 1:
            raise NotHeld(booklet=str(booklet_numbers(session, [booklet.id])[booklet.id]))
        pieces.append((found[0][1], VoucherRange(passes.start, passes.stop - 1)))
    if held is None:
        message = "no booklet was chosen and none was refused"
        raise AssertionError(message)
    record = HeldRelease(
        id=release_id,
        request_hash=digest,
        hold_id=held.id,
        reason=said,
        released_by=actor.agent_id,
        released_at=now,
    )
    session.add(record)
    session.flush()
    session.add_all(ReleasedBooklet(booklet_id=b.id, release_id=release_id) for b in chosen)
    session.flush()
    ledger.reverse(
        session,
        _act(actor, release_id, held.id, MovementKind.REVERSE, now),
        pieces,
    )
    return record


def known_statement(session: Session, vintage_id: int) -> JointStatement:
    """The joint statement of a vintage.

    Raises:
        UnknownVintage, UnknownJointStatement.
    """
    known_vintage(session, vintage_id)
    statement = queries.joint_statement(session, vintage_id)
    if statement is None:
        raise UnknownJointStatement
    return statement


def sign_statement(
    session: Session,
    *,
    actor: Actor,
    signature_id: UUID,
    vintage_id: int,
    side: Side,
    signed_on: date,
    now: datetime,
) -> JointSignature:
    """Record that a party signed the joint statement; another person records the other one's.

    Raises:
        RightMissing, TokenCannotApprove, UnknownVintage, UnknownJointStatement.
        InvalidInput: signed before it was drawn up, or tomorrow.
        SideSignedAlready, SignedByTheSamePerson.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.SIGN_CLOSING)
    digest = request_hash("joint signature", vintage=vintage_id, side=side, signed_on=signed_on)
    if record := earlier(session, JointSignature, signature_id, digest):
        return record
    hold(session, DOCUMENT, vintage_id)
    statement = known_statement(session, vintage_id)
    today = martinique_day(now)
    if not statement.closed_on <= signed_on <= today:
        raise InvalidInput(
            signed_on=f"Écrivez un jour du {statement.closed_on:%d/%m/%Y} à aujourd’hui."
        )
    signed = queries.signatures_of(session, vintage_id)
    if side in signed:
        raise SideSignedAlready(number=statement.number)
    if any(signature.recorded_by == actor.agent_id for signature in signed.values()):
        raise SignedByTheSamePerson(number=statement.number)
    record = JointSignature(
        id=signature_id,
        request_hash=digest,
        vintage_id=vintage_id,
        side=side,
        signed_on=signed_on,
        recorded_on=today,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def read_reference(reference: str | None) -> str | None:
    """The other party's number of what settles a vintage, on one line.

    Raises:
        InvalidInput.
    """
    named = clean(reference, longest=LONGEST_REFERENCE) if reference else None
    if reference and named is None:
        raise InvalidInput(reference=f"Écrivez {LONGEST_REFERENCE} caractères au plus.")
    return named


def settle_closing(
    session: Session,
    *,
    actor: Actor,
    settlement_id: UUID,
    vintage_id: int,
    reference: str | None = None,
    now: datetime,
) -> ClosingSettlement:
    """End a vintage for good, once both have signed.

    Where the issuer pays the mediators, a credit note at face value for what it was paid for and
    was never used. Where the authority pays, the money committed for what was never used is
    released: nothing was paid, and nothing is owed back.

    Raises:
        RightMissing, UnknownVintage, UnknownJointStatement, InvalidInput (the reference).
        NotYetSigned, SettledAlready.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.SETTLE_CLOSING)
    named = read_reference(reference)
    digest = request_hash("closing settlement", vintage=vintage_id, reference=named)
    if record := earlier(session, ClosingSettlement, settlement_id, digest):
        return record
    hold(session, DOCUMENT, vintage_id)
    statement = known_statement(session, vintage_id)
    if before := queries.settlement_of(session, vintage_id):
        label = known_vintage(session, vintage_id).label
        raise SettledAlready(label=label, number=before.number)
    if len(queries.signatures_of(session, vintage_id)) < len(Side):
        raise NotYetSigned(number=statement.number)
    credited = statement.payer == Payer.ISSUER
    today = martinique_day(now)
    prefix = numbering.CREDIT_NOTE if credited else numbering.RELEASE
    record = ClosingSettlement(
        id=settlement_id,
        request_hash=digest,
        vintage_id=vintage_id,
        kind=SettlementKind.CREDIT_NOTE if credited else SettlementKind.RELEASE,
        payer=statement.payer,
        number=numbering.next_document_number(session, prefix, today.year),
        reference=named,
        voucher_count=statement.unused_count,
        face_value_cents=statement.face_value_cents,
        amount_cents=statement.unused_count * statement.face_value_cents,
        sponsor_side=Side.SPONSOR,
        issuer_side=Side.ISSUER,
        settled_on=today,
        settled_by=actor.agent_id,
        settled_at=now,
    )
    session.add(record)
    session.flush()
    if credited:
        left_out = queries.replaced_free(session, vintage_id)
        left_out |= queries.unused_since(session, statement)
        if queries.leaves_unpaid_out(statement):
            left_out |= queries.unpaid(session, vintage_id)
        lines = move_all(
            session,
            vintage_id,
            frozenset({AccountKind.EXPIRED, AccountKind.VOID}),
            kind=MovementKind.CREDIT,
            to=AccountKind.CREDITED,
            but=frozenset(left_out),
        )
        if lines:
            act = _act(actor, settlement_id, settlement_id, MovementKind.CREDIT, now)
            ledger.post(session, act, lines)
    return record


def _act(
    actor: Actor, posting_id: UUID, document_id: UUID, kind: MovementKind, now: datetime
) -> ledger.Act:
    return ledger.Act(
        posting_id=posting_id,
        kind=kind,
        document_type=DOCUMENT,
        document_id=document_id,
        actor_id=actor.agent_id,
        occurred_at=now,
    )
