"""What expires after the accounts of a vintage are closed: a complement, signed and settled apart.

A redemption that is undone, or paid for in error and taken back, gives its pass back too late for
anybody to use it. The joint statement counted it as used. One person draws up what has come back
since, both parties sign it, and another person settles it: a credit note more, or a release.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.closing import queries
from app.closing.calendar import DOCUMENT
from app.closing.endings import known_statement, read_reference
from app.closing.errors import (
    ClosingNotSettled,
    ComplementByTheSamePerson,
    ComplementSettledAlready,
    ComplementWaits,
    NothingExpiredLate,
    UnknownComplement,
)
from app.closing.models import ClosingComplement, ComplementSettlement, JointStatement
from app.closing.rules import SettlementKind
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.ledger import AccountKind, MovementKind, chart
from app.losses.blocks import runs
from app.programmes import numbering
from app.programmes.rules import Payer


def late_passes(session: Session, statement: JointStatement) -> list[int]:
    """Passes unused since the accounts were closed, that no complement settled, in their order.

    What a credit note brought back is gone; a release moves nothing, so it is counted off.
    """
    return queries.unused_after(session, statement, _settled_count(session, statement))


def _settled_count(session: Session, statement: JointStatement) -> int:
    """How many of the unused passes that rest here were settled before."""
    if statement.payer == Payer.AUTHORITY:
        return statement.unused_count + queries.completed_count(session, statement.vintage_id)
    return 0 if queries.settlement_of(session, statement.vintage_id) else statement.unused_count


def any_late(session: Session, statement: JointStatement, resting_count: int) -> bool:
    """Whether some may be late, by how many passes rest expired or void: cheap, before looking.

    Those that others replaced for nothing are among them, so it may say yes where none is.
    """
    return resting_count > _settled_count(session, statement)


def draw_complement(
    session: Session, *, actor: Actor, complement_id: UUID, vintage_id: int, now: datetime
) -> ClosingComplement:
    """Draw up what expired since the accounts were closed, to be signed by both parties.

    Raises:
        RightMissing, UnknownVintage, UnknownJointStatement.
        ClosingNotSettled: what the joint statement says is not settled yet.
        ComplementWaits: the one before is not settled; NothingExpiredLate.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.SETTLE_CLOSING)
    digest = request_hash("closing complement", vintage=vintage_id)
    if record := earlier(session, ClosingComplement, complement_id, digest):
        return record
    hold(session, DOCUMENT, vintage_id)
    statement = known_statement(session, vintage_id)
    if queries.settlement_of(session, vintage_id) is None:
        raise ClosingNotSettled(number=statement.number)
    before = queries.complements_of(session, vintage_id)
    for complement, settlement in before:
        if settlement is None:
            raise ComplementWaits(number=complement.number)
    count = len(late_passes(session, statement))
    if not count:
        raise NothingExpiredLate(number=statement.number)
    today = martinique_day(now)
    record = ClosingComplement(
        id=complement_id,
        request_hash=digest,
        vintage_id=vintage_id,
        ordinal=len(before) + 1,
        follows_ordinal=len(before) or None,
        number=numbering.next_document_number(session, numbering.JOINT_STATEMENT, today.year),
        payer=statement.payer,
        stated_count=statement.unused_count,
        face_value_cents=statement.face_value_cents,
        voucher_count=count,
        amount_cents=count * statement.face_value_cents,
        drawn_on=today,
        drawn_by=actor.agent_id,
        drawn_at=now,
    )
    session.add(record)
    session.flush()
    return record


def known_complement(session: Session, complement_id: UUID) -> ClosingComplement:
    """The complement of that id.

    Raises:
        UnknownComplement.
    """
    record = session.get(ClosingComplement, complement_id)
    if record is None:
        raise UnknownComplement
    return record


def settle_complement(
    session: Session,
    *,
    actor: Actor,
    complement_id: UUID,
    sponsor_signed_on: date,
    issuer_signed_on: date,
    reference: str | None = None,
    now: datetime,
) -> ComplementSettlement:
    """Settle a complement that both parties have signed, by another person than who drew it up.

    Raises:
        RightMissing, TokenCannotApprove, UnknownComplement, InvalidInput (a day, the reference).
        ComplementByTheSamePerson.
        ComplementSettledAlready: by somebody else, or with other days or another reference.
    """
    actor.check(Right.SIGN_CLOSING)
    named = read_reference(reference)
    complement = known_complement(session, complement_id)
    hold(session, DOCUMENT, complement.vintage_id)
    if complement.drawn_by == actor.agent_id:
        raise ComplementByTheSamePerson(number=complement.number)
    if before := session.get(ComplementSettlement, complement_id):
        told = before.settled_by, before.sponsor_signed_on, before.issuer_signed_on
        again = actor.agent_id, sponsor_signed_on, issuer_signed_on
        if (*told, before.reference) != (*again, named):
            raise ComplementSettledAlready(number=before.number)
        return before
    today = martinique_day(now)
    days = {"sponsor_signed_on": sponsor_signed_on, "issuer_signed_on": issuer_signed_on}
    said = f"Écrivez un jour du {complement.drawn_on:%d/%m/%Y} à aujourd’hui."
    if wrong := {
        name: said for name, day in days.items() if not complement.drawn_on <= day <= today
    }:
        raise InvalidInput(**wrong)
    credited = complement.payer == Payer.ISSUER
    prefix = numbering.CREDIT_NOTE if credited else numbering.RELEASE
    record = ComplementSettlement(
        complement_id=complement_id,
        payer=complement.payer,
        drawn_on=complement.drawn_on,
        drawn_by=complement.drawn_by,
        kind=SettlementKind.CREDIT_NOTE if credited else SettlementKind.RELEASE,
        number=numbering.next_document_number(session, prefix, today.year),
        reference=named,
        settled_on=today,
        settled_by=actor.agent_id,
        settled_at=now,
        **days,
    )
    session.add(record)
    session.flush()
    if credited:
        _credit(session, complement, actor=actor, now=now)
    return record


def _credit(
    session: Session, complement: ClosingComplement, *, actor: Actor, now: datetime
) -> None:
    """The passes that were counted, the first to have come back, leave with the credit note."""
    statement = known_statement(session, complement.vintage_id)
    ids = late_passes(session, statement)[: complement.voucher_count]
    states = ledger.lock_vouchers(session, list(ledger.contiguous(ids)))
    lines = []
    for account, whole in runs(states):
        place = chart.account(AccountKind.CREDITED, account.party_id, account.vintage_id)
        credited = ledger.account(session, place)
        lines.append(ledger.Line(MovementKind.CREDIT, whole, account, credited))
    ledger.post(
        session,
        ledger.Act(
            posting_id=complement.id,
            kind=MovementKind.CREDIT,
            document_type=DOCUMENT,
            document_id=complement.id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        lines,
    )
