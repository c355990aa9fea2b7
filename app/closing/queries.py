"""Looking the end of vintages up: steps done, what they counted, and what rests where."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from app.closing.models import (
    ClosingComplement,
    ClosingCount,
    ClosingHold,
    ClosingSettlement,
    ClosingStep,
    ComplementSettlement,
    HeldRelease,
    JointSignature,
    JointStatement,
    ReleasedBooklet,
)
from app.closing.rules import EXPIRING
from app.ledger import AccountKind, MovementKind
from app.ledger.models import AccountRow, Movement, Posting, Voucher
from app.losses.replacement_models import Replacement
from app.orders.deliveries import paid_and_inert
from app.prescribers.models import Prescription, PrescriptionBooklet
from app.prescribers.queries import is_handed_over
from app.programmes.rules import Payer
from app.vouchers.models import Booklet, ReplacedVoucher

IN_HAND = (
    AccountKind.STOCK_INERT,
    AccountKind.STOCK,
    AccountKind.TRANSIT,
    AccountKind.PRESCRIBER,
)


def steps_of(session: Session, vintage_id: int) -> list[ClosingStep]:
    """The steps of a vintage that are done, in order."""
    return list(
        session.scalars(
            select(ClosingStep)
            .where(ClosingStep.vintage_id == vintage_id)
            .order_by(ClosingStep.place)
        )
    )


def steps_by_vintage(session: Session) -> dict[int, list[ClosingStep]]:
    """The steps that are done, in order, of every vintage that has begun to end."""
    found: dict[int, list[ClosingStep]] = {}
    for step in session.scalars(
        select(ClosingStep).order_by(ClosingStep.vintage_id, ClosingStep.place)
    ):
        found.setdefault(step.vintage_id, []).append(step)
    return found


def counts_of(session: Session, vintage_id: int, step: str) -> list[ClosingCount]:
    """What a step found, holder by holder."""
    return list(
        session.scalars(
            select(ClosingCount)
            .where(ClosingCount.vintage_id == vintage_id, ClosingCount.step == step)
            .order_by(ClosingCount.holder_id)
        )
    )


def hold_of(session: Session, vintage_id: int) -> ClosingHold | None:
    """The hold of a vintage, if the sponsor validated it."""
    return session.scalar(select(ClosingHold).where(ClosingHold.vintage_id == vintage_id))


def holds(session: Session) -> dict[int, ClosingHold]:
    """Holds by vintage."""
    return {hold.vintage_id: hold for hold in session.scalars(select(ClosingHold))}


def releases_of(session: Session, hold_id: UUID) -> list[tuple[HeldRelease, list[int]]]:
    """What was let go of a hold, with the booklets of each release."""
    releases = session.scalars(
        select(HeldRelease)
        .where(HeldRelease.hold_id == hold_id)
        .order_by(HeldRelease.released_at, HeldRelease.id)
    )
    return [
        (
            release,
            list(
                session.scalars(
                    select(ReleasedBooklet.booklet_id)
                    .where(ReleasedBooklet.release_id == release.id)
                    .order_by(ReleasedBooklet.booklet_id)
                )
            ),
        )
        for release in releases
    ]


def joint_statement(session: Session, vintage_id: int) -> JointStatement | None:
    """The closed accounts of a vintage."""
    return session.get(JointStatement, vintage_id)


def joint_statements(session: Session) -> dict[int, JointStatement]:
    """Closed accounts by vintage."""
    return {one.vintage_id: one for one in session.scalars(select(JointStatement))}


def signatures_of(session: Session, vintage_id: int) -> dict[str, JointSignature]:
    """Signatures of a joint statement, by side."""
    found = session.scalars(select(JointSignature).where(JointSignature.vintage_id == vintage_id))
    return {signature.side: signature for signature in found}


def settlement_of(session: Session, vintage_id: int) -> ClosingSettlement | None:
    """How a vintage was settled."""
    return session.scalar(
        select(ClosingSettlement).where(ClosingSettlement.vintage_id == vintage_id)
    )


def settlements(session: Session) -> dict[int, ClosingSettlement]:
    """Settlements by vintage."""
    return {one.vintage_id: one for one in session.scalars(select(ClosingSettlement))}


def vintage_of_number(session: Session, number: str) -> int | None:
    """The vintage whose ending bears that number: accounts closed, a complement, a settlement."""
    for query in (
        select(JointStatement.vintage_id).where(JointStatement.number == number),
        select(ClosingSettlement.vintage_id).where(ClosingSettlement.number == number),
        select(ClosingComplement.vintage_id).where(ClosingComplement.number == number),
        select(ClosingComplement.vintage_id)
        .join(ComplementSettlement, ComplementSettlement.complement_id == ClosingComplement.id)
        .where(ComplementSettlement.number == number),
    ):
        if (found := session.scalar(query)) is not None:
            return found
    return None


# ── What rests where ──────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Found:
    """What one holder has kept and handed out, in booklets and in passes."""

    kept_booklets: int = 0
    kept_passes: int = 0
    untouched_booklets: int = 0
    begun_booklets: int = 0
    finished_booklets: int = 0
    unused_passes: int = 0


def found_by_holder(session: Session, vintage_id: int) -> dict[UUID, Found]:
    """Booklets not handed out, by whoever answers for them; handed out, by who handed them out."""
    found: dict[UUID, Found] = {}
    kept = session.execute(
        select(AccountRow.party_id, func.count(), func.count(Voucher.booklet_id.distinct()))
        .join(Voucher, Voucher.account_id == AccountRow.id)
        .where(AccountRow.vintage_id == vintage_id, AccountRow.kind.in_(IN_HAND))
        .group_by(AccountRow.party_id)
    )
    for party, passes, booklets in kept:
        entry = found.setdefault(party, Found())
        entry.kept_passes, entry.kept_booklets = passes, booklets
    unused = func.sum(case((AccountRow.kind == AccountKind.CIRCULATION, 1), else_=0))
    handed = (
        select(
            Prescription.prescriber_id,
            PrescriptionBooklet.booklet_id,
            PrescriptionBooklet.booklet_size.label("size"),
            unused.label("unused"),
        )
        .join(Prescription, Prescription.id == PrescriptionBooklet.prescription_id)
        .join(Voucher, Voucher.booklet_id == PrescriptionBooklet.booklet_id)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .where(PrescriptionBooklet.vintage_id == vintage_id, is_handed_over())
        .group_by(
            Prescription.prescriber_id,
            PrescriptionBooklet.booklet_id,
            PrescriptionBooklet.booklet_size,
        )
        .subquery()
    )
    whole, none = handed.c.unused == handed.c.size, handed.c.unused == 0
    rows = session.execute(
        select(
            handed.c.prescriber_id,
            func.sum(case((whole, 1), else_=0)),
            func.sum(case((~whole & ~none, 1), else_=0)),
            func.sum(case((none, 1), else_=0)),
            func.sum(handed.c.unused),
        ).group_by(handed.c.prescriber_id)
    )
    for party, untouched, begun, finished, left in rows:
        entry = found.setdefault(party, Found())
        entry.untouched_booklets, entry.begun_booklets = int(untouched), int(begun)
        entry.finished_booklets, entry.unused_passes = int(finished), int(left)
    return found


def rest(session: Session, vintage_id: int) -> dict[AccountKind, int]:
    """How many passes of a vintage rest in each kind of account."""
    rows = session.execute(
        select(AccountRow.kind, func.count())
        .join(Voucher, Voucher.account_id == AccountRow.id)
        .where(AccountRow.vintage_id == vintage_id)
        .group_by(AccountRow.kind)
    )
    return {AccountKind(kind): count for kind, count in rows}


def ids_in(
    session: Session, vintage_id: int, kinds: Iterable[AccountKind], *, after: int, limit: int
) -> list[int]:
    """Passes of a vintage that rest in accounts of these kinds, in order, from after that one."""
    accounts = select(AccountRow.id).where(
        AccountRow.vintage_id == vintage_id, AccountRow.kind.in_(list(kinds))
    )
    return list(
        session.scalars(
            select(Voucher.id)
            .where(Voucher.account_id.in_(accounts), Voucher.id > after)
            .order_by(Voucher.id)
            .limit(limit)
        )
    )


def left_to_expire(session: Session, vintage_id: int) -> bool:
    """Whether a pass rests where it would expire."""
    return bool(ids_in(session, vintage_id, EXPIRING, after=0, limit=1))


def _free(vintage_id: int) -> Select[int]:
    return (
        select(ReplacedVoucher.old_voucher_id)
        .join(Replacement, Replacement.id == ReplacedVoucher.replacement_id)
        .join(Voucher, Voucher.id == ReplacedVoucher.old_voucher_id)
        .where(Voucher.vintage_id == vintage_id, Replacement.free_of_charge)
    )


def replaced_free(session: Session, vintage_id: int) -> set[int]:
    """Void passes of a vintage that were replaced free of charge."""
    return set(session.scalars(_free(vintage_id)))


ENDED = (AccountKind.EXPIRED, AccountKind.VOID)


def _ended(vintage_id: int, kinds: Iterable[AccountKind]) -> ColumnElement[bool]:
    accounts = select(AccountRow.id).where(
        AccountRow.vintage_id == vintage_id, AccountRow.kind.in_(list(kinds))
    )
    return Voucher.account_id.in_(accounts)


def _inert(vintage_id: int) -> ColumnElement[bool]:
    """Passes that were received and never put in service: no activation moved them."""
    inert = select(AccountRow.id).where(
        AccountRow.vintage_id == vintage_id, AccountRow.kind == AccountKind.STOCK_INERT
    )
    activated = select(Movement.id).where(
        Movement.debit_account_id.in_(inert),
        Movement.kind == MovementKind.ACTIVATE,
        Movement.first_id <= Voucher.id,
        Movement.last_id >= Voucher.id,
    )
    return ~activated.exists()


def _unpaid(session: Session, vintage_id: int) -> ColumnElement[bool]:
    """Those of them whose delivery no mandat covers: the issuer was never paid for them."""
    paid = select(Booklet.id).where(Booklet.delivery_id.in_(paid_and_inert(session, vintage_id)))
    return _inert(vintage_id) & Voucher.booklet_id.not_in(paid)


def inert_count(session: Session, vintage_id: int) -> int:
    """How many expired passes of a vintage were never put in service."""
    inert = _ended(vintage_id, [AccountKind.EXPIRED]), _inert(vintage_id)
    return session.scalar(select(func.count(Voucher.id)).where(*inert)) or 0


def unpaid(session: Session, vintage_id: int) -> set[int]:
    """Expired and void passes of a vintage that the issuer was never paid for."""
    found = _ended(vintage_id, ENDED), _unpaid(session, vintage_id)
    return set(
        session.scalars(select(Voucher.id).where(*found, Voucher.id.not_in(_free(vintage_id))))
    )


def leaves_unpaid_out(statement: JointStatement) -> bool:
    """Whether a statement asks for what was paid only; one closed before that was told does not."""
    return statement.payer == Payer.ISSUER and statement.unpaid_count is not None


def _unused(session: Session, statement: JointStatement) -> tuple[ColumnElement[bool], ...]:
    """What a statement comes to: expired and void passes, but for those that cost nothing.

    Another one replaced them for nothing; or, where the issuer pays, it was never paid for them.
    """
    vintage_id = statement.vintage_id
    found = _ended(vintage_id, ENDED), Voucher.id.not_in(_free(vintage_id))
    if leaves_unpaid_out(statement):
        return *found, ~_unpaid(session, vintage_id)
    return found


def unused_since(session: Session, statement: JointStatement) -> set[int]:
    """Passes that expired or became void after so many others: too late for what was drawn up.

    The order of movements says it, and not their instants: whoever undoes, takes back or destroys
    a pass while accounts are being closed brings a clock of their own.
    """
    unused = _unused(session, statement)
    count = session.scalar(select(func.count(Voucher.id)).where(*unused)) or 0
    late = count - statement.unused_count
    latest = select(Voucher.id).where(*unused).order_by(Voucher.last_movement_id.desc())
    return set(session.scalars(latest.limit(late))) if late > 0 else set()


def unused_after(session: Session, statement: JointStatement, count: int) -> list[int]:
    """Unused passes that rest here still, but for so many that expired or became void first."""
    return list(
        session.scalars(
            select(Voucher.id)
            .where(*_unused(session, statement))
            .order_by(Voucher.last_movement_id, Voucher.id)
            .offset(count)
        )
    )


def complements_of(
    session: Session, vintage_id: int
) -> list[tuple[ClosingComplement, ComplementSettlement | None]]:
    """What adds to the accounts of a vintage, in order, each with what settled it."""
    rows = session.execute(
        select(ClosingComplement, ComplementSettlement)
        .outerjoin(ComplementSettlement, ComplementSettlement.complement_id == ClosingComplement.id)
        .where(ClosingComplement.vintage_id == vintage_id)
        .order_by(ClosingComplement.ordinal)
    )
    return [(complement, settlement) for complement, settlement in rows]


def completed_count(session: Session, vintage_id: int) -> int:
    """How many passes the settled complements of a vintage are about."""
    return sum(
        complement.voucher_count
        for complement, settlement in complements_of(session, vintage_id)
        if settlement is not None
    )


def held_by(session: Session, hold_id: UUID, voucher_ids: range) -> list[tuple[int, int]]:
    """Passes that a hold withholds still, each with the movement that did it."""
    rows = session.execute(
        select(Voucher.id, Voucher.last_movement_id)
        .join(Movement, Movement.id == Voucher.last_movement_id)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(
            Voucher.id.between(voucher_ids.start, voucher_ids.stop - 1),
            Posting.document_id == hold_id,
            Movement.credit_kind == AccountKind.WITHHELD,
        )
        .order_by(Voucher.id)
    )
    return [(voucher_id, movement_id or 0) for voucher_id, movement_id in rows]
