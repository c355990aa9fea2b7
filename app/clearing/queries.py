"""Looking statements up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import (
    and_,
    func,
    select,
)
from sqlalchemy.orm import Session, aliased

from app.clearing.models import (
    ClearingRun,
    Statement,
    StatementApproval,
    StatementCertification,
    StatementDocument,
    StatementLine,
    StatementVersion,
    StatementWithdrawal,
)
from app.clearing.redemption_models import Redemption, RedemptionReversal
from app.clearing.rules import without
from app.ledger import VoucherRange
from app.ledger.models import Movement, Voucher
from app.partners.models import BankDetailsApproval, Organisation

# ── Statements ────────────────────────────────────────────────────────────────────────────────────


def statement(session: Session, statement_id: UUID) -> Statement | None:
    """The statement of that id."""
    return session.get(Statement, statement_id)


def statement_by_number(session: Session, year: int, number: int) -> Statement | None:
    """The approved statement of that number."""
    return session.scalar(
        select(Statement)
        .join(StatementApproval, StatementApproval.statement_id == Statement.id)
        .where(StatementApproval.year == year, StatementApproval.number == number)
    )


def approval_by_code(session: Session, verification_code: str) -> StatementApproval | None:
    """The approval whose paper bears that code."""
    return session.scalar(
        select(StatementApproval).where(StatementApproval.verification_code == verification_code)
    )


def statements_of(session: Session, run_id: UUID) -> list[Statement]:
    """The statements of a run."""
    return list(
        session.scalars(select(Statement).where(Statement.run_id == run_id).order_by(Statement.id))
    )


def statements_of_mediator(session: Session, run_id: UUID, mediator_id: UUID) -> list[Statement]:
    """What a run drafted for one mediator: one statement a fee."""
    return list(
        session.scalars(
            select(Statement)
            .where(Statement.run_id == run_id, Statement.mediator_id == mediator_id)
            .order_by(Statement.id)
        )
    )


def latest_version(session: Session, statement_id: UUID) -> StatementVersion:
    """The last version of a statement; there is always one."""
    return session.scalars(
        select(StatementVersion)
        .where(StatementVersion.statement_id == statement_id)
        .order_by(StatementVersion.version.desc())
        .limit(1)
    ).one()


def versions_of(session: Session, statement_id: UUID) -> list[StatementVersion]:
    """Every version of a statement, the first one first."""
    return list(
        session.scalars(
            select(StatementVersion)
            .where(StatementVersion.statement_id == statement_id)
            .order_by(StatementVersion.version)
        )
    )


def lines_of(session: Session, statement_id: UUID, version: int) -> list[StatementLine]:
    """The lines of one version of a statement, by vintage."""
    return list(
        session.scalars(
            select(StatementLine)
            .where(StatementLine.statement_id == statement_id, StatementLine.version == version)
            .order_by(StatementLine.vintage_id)
        )
    )


def withdrawals_of(session: Session, statement_id: UUID) -> list[StatementWithdrawal]:
    """What was taken off a statement, oldest first."""
    return list(
        session.scalars(
            select(StatementWithdrawal)
            .where(StatementWithdrawal.statement_id == statement_id)
            .order_by(StatementWithdrawal.withdrawn_at, StatementWithdrawal.id)
        )
    )


def withdrawn_by(session: Session, statement_id: UUID, agent_id: int) -> bool:
    """Whether that agent took passes off a statement."""
    return (
        session.scalar(
            select(StatementWithdrawal.id)
            .where(
                StatementWithdrawal.statement_id == statement_id,
                StatementWithdrawal.withdrawn_by == agent_id,
            )
            .limit(1)
        )
        is not None
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """Passes that a statement claims: one movement's, or what withdrawals have left of it."""

    movement_id: int
    account_id: int
    vintage_id: int
    vouchers: VoucherRange


def claims_of(session: Session, statement_id: UUID) -> list[Claim]:
    """What a statement claims now, as the fewest ranges, in order."""
    taken_off = [
        VoucherRange(first, last)
        for first, last in session.execute(
            select(Movement.first_id, Movement.last_id)
            .join(StatementWithdrawal, StatementWithdrawal.id == Movement.posting_id)
            .where(StatementWithdrawal.statement_id == statement_id)
        )
    ]
    movements = session.scalars(
        select(Movement).where(Movement.posting_id == statement_id).order_by(Movement.first_id)
    )
    return [
        Claim(movement.id, movement.credit_account_id, movement.vintage_id, left)
        for movement in movements
        for left in without(
            [VoucherRange(movement.first_id, movement.last_id)],
            (
                hole
                for hole in taken_off
                if movement.first_id <= hole.first and hole.last <= movement.last_id
            ),
        )
    ]


def withdrawn_redemptions(session: Session, statement_id: UUID) -> list[UUID]:
    """The redemptions whose passes were taken off a statement, in the order of the passes."""
    withdrawn, claimed = aliased(Movement), aliased(Movement)
    last = (
        select(func.max(Redemption.movement_id))
        .where(Redemption.voucher_id == Voucher.id, Redemption.movement_id < claimed.id)
        .correlate(Voucher, claimed)
        .scalar_subquery()
    )
    taken = aliased(Redemption)
    rows = session.scalars(
        select(taken.id)
        .select_from(StatementWithdrawal)
        .join(withdrawn, withdrawn.posting_id == StatementWithdrawal.id)
        .join(claimed, claimed.id == withdrawn.reverses_id)
        .join(Voucher, Voucher.id.between(withdrawn.first_id, withdrawn.last_id))
        .join(taken, and_(taken.voucher_id == Voucher.id, taken.movement_id == last))
        .where(StatementWithdrawal.statement_id == statement_id)
        .order_by(Voucher.id)
    )
    return list(rows)


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A pass of a statement, and the day on which it paid for support."""

    redemption_id: UUID
    voucher_id: int
    booklet_id: int
    day: date
    amount_cents: int


AT_ONCE = 500
"""Passes looked up in one statement."""


def redeemed_on_of(session: Session, statement_id: UUID) -> list[Redeemed]:
    """The passes that a statement claims, each with the day of the redemption that it claims."""
    ids = [
        (voucher_id, claim.movement_id)
        for claim in claims_of(session, statement_id)
        for voucher_id in range(claim.vouchers.first, claim.vouchers.last + 1)
    ]
    found: dict[int, tuple[int, Redeemed]] = {}
    claimed_by = dict(ids)
    for start in range(0, len(ids), AT_ONCE):
        rows = session.execute(
            select(
                Redemption.id,
                Redemption.voucher_id,
                Voucher.booklet_id,
                Redemption.redeemed_on,
                Redemption.amount_cents,
                Redemption.movement_id,
            )
            .join(Voucher, Voucher.id == Redemption.voucher_id)
            .outerjoin(RedemptionReversal, RedemptionReversal.redemption_id == Redemption.id)
            .where(
                Redemption.voucher_id.in_([i for i, _ in ids[start : start + AT_ONCE]]),
                RedemptionReversal.id.is_(None),
            )
        )
        for taken, voucher_id, booklet_id, day, amount_cents, movement_id in rows:
            latest = found.get(voucher_id, (0, None))[0]
            if latest < movement_id < claimed_by[voucher_id]:
                one = Redeemed(taken, voucher_id, booklet_id, day, amount_cents)
                found[voucher_id] = movement_id, one
    return [found[voucher_id][1] for voucher_id, _ in ids]


def claimed_now(session: Session, statement_id: UUID, account_ids: Iterable[int]) -> int:
    """How many vouchers rest claimed by a statement at this moment."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Voucher)
            .join(Movement, Movement.id == Voucher.last_movement_id)
            .where(Movement.posting_id == statement_id, Voucher.account_id.in_(list(account_ids)))
        )
        or 0
    )


def certification_of(
    session: Session, statement_id: UUID, version: int
) -> StatementCertification | None:
    """The mediator's certification of one version, if there is one."""
    return session.scalar(
        select(StatementCertification).where(
            StatementCertification.statement_id == statement_id,
            StatementCertification.version == version,
        )
    )


def all_certifications_of(session: Session, statement_id: UUID) -> list[StatementCertification]:
    """Every certification of a statement, whatever the version."""
    return list(
        session.scalars(
            select(StatementCertification)
            .where(StatementCertification.statement_id == statement_id)
            .order_by(StatementCertification.version)
        )
    )


def cut_offs(session: Session) -> list[date]:
    """The days of cut-off of all runs."""
    return list(session.scalars(select(ClearingRun.cut_off_on).distinct()))


def mediators_with_statements(session: Session) -> list[tuple[UUID, str]]:
    """Mediators that ever had a statement, by name."""
    rows = session.execute(
        select(Organisation.id, Organisation.name)
        .where(Organisation.id.in_(select(Statement.mediator_id)))
        .order_by(Organisation.name)
    )
    return [(mediator_id, name) for mediator_id, name in rows]


def certifications_of(session: Session, ids: Iterable[UUID]) -> set[tuple[UUID, int]]:
    """Which versions of these statements are certified."""
    rows = session.execute(
        select(StatementCertification.statement_id, StatementCertification.version).where(
            StatementCertification.statement_id.in_(list(ids))
        )
    )
    return {(statement_id, version) for statement_id, version in rows}


def with_approved_account(session: Session, mediator_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these mediators have an account that two people confirmed."""
    return set(
        session.scalars(
            select(BankDetailsApproval.organisation_id).where(
                BankDetailsApproval.organisation_id.in_(list(mediator_ids))
            )
        )
    )


def approval_of(session: Session, statement_id: UUID) -> StatementApproval | None:
    """The approval of a statement, if it was approved."""
    return session.get(StatementApproval, statement_id)


def document_of(
    session: Session, statement_id: UUID, form: str, layout: int
) -> StatementDocument | None:
    """The digest of a paper as it was first rendered."""
    return session.get(StatementDocument, (statement_id, form, layout))
