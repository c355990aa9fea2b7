"""Looking statements up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from app.clearing.correction_models import Receivable, Recovery, StatementOffset
from app.clearing.models import (
    ClearingRun,
    Payment,
    PaymentOrder,
    PaymentRejection,
    Statement,
    StatementApproval,
    StatementCertification,
    StatementDocument,
    StatementLine,
    StatementVersion,
    StatementWithdrawal,
)
from app.clearing.redemption_models import Redemption, RedemptionReversal
from app.clearing.rules import StatementState, without
from app.database import Place, placed
from app.kernel.money import Cents
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


def _last_version() -> ScalarSelect[int]:
    """The number of a statement's last version."""
    later = aliased(StatementVersion, name="later")
    return (
        select(func.max(later.version))
        .where(later.statement_id == Statement.id)
        .correlate(Statement)
        .scalar_subquery()
    )


def _last_round() -> ScalarSelect[int]:
    """The round of a statement's last payment order."""
    later = aliased(PaymentOrder, name="later_order")
    return (
        select(func.max(later.ordinal))
        .where(later.statement_id == Statement.id)
        .correlate(Statement)
        .scalar_subquery()
    )


_IS_APPROVED = StatementApproval.statement_id.is_not(None)
_IS_TO_PAY = and_(_IS_APPROVED, StatementOffset.statement_id.is_(None))
_IS_ORDERED = and_(_IS_TO_PAY, PaymentOrder.id.is_not(None))
IN_STATE: dict[StatementState, ColumnElement[bool]] = {
    StatementState.EMPTY: and_(~_IS_APPROVED, StatementVersion.voucher_count == 0),
    StatementState.DRAFT: and_(~_IS_APPROVED, StatementVersion.voucher_count > 0),
    StatementState.OFFSET: and_(_IS_APPROVED, StatementOffset.statement_id.is_not(None)),
    StatementState.APPROVED: and_(_IS_TO_PAY, PaymentOrder.id.is_(None)),
    StatementState.REJECTED: and_(_IS_ORDERED, PaymentRejection.id.is_not(None)),
    StatementState.PAID: and_(_IS_ORDERED, PaymentRejection.id.is_(None), Payment.id.is_not(None)),
    StatementState.ORDERED: and_(_IS_ORDERED, PaymentRejection.id.is_(None), Payment.id.is_(None)),
}
"""When a statement is in a state, over the tables of `_with_state`.

A list of one state asks its condition itself, not whether the state is that one: a database sees
that only a few statements have no approval, and cannot see into a case.
"""
STATE = case(*((condition, state) for state, condition in IN_STATE.items()))
"""The state of a statement, over the same tables."""


PAYABLE = func.coalesce(StatementApproval.payable_cents, StatementVersion.net_cents)
"""What a statement pays: as approved, or as its last version comes to."""


def _with_state(*columns: Any) -> Select[Any]:  # noqa: ANN401 - the caller's columns
    """Statements beside their last version, approval, last order, its payment and its rejection."""
    return (
        select(*columns)
        .select_from(Statement)
        .join(ClearingRun, ClearingRun.id == Statement.run_id)
        .join(
            StatementVersion,
            and_(
                StatementVersion.statement_id == Statement.id,
                StatementVersion.version == _last_version(),
            ),
        )
        .outerjoin(StatementApproval, StatementApproval.statement_id == Statement.id)
        .outerjoin(StatementOffset, StatementOffset.statement_id == Statement.id)
        .outerjoin(
            PaymentOrder,
            and_(PaymentOrder.statement_id == Statement.id, PaymentOrder.ordinal == _last_round()),
        )
        .outerjoin(Payment, Payment.payment_order_id == PaymentOrder.id)
        .outerjoin(PaymentRejection, PaymentRejection.payment_order_id == PaymentOrder.id)
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """A statement, what its last version comes to, and how far it has come.

    `order` is its last payment order, `payment` and `rejection` are that order's.
    """

    statement: Statement
    run: ClearingRun
    version: StatementVersion
    approval: StatementApproval | None
    order: PaymentOrder | None
    payment: Payment | None
    rejection: PaymentRejection | None
    state: StatementState

    @property
    def id(self) -> UUID:
        """The statement's."""
        return self.statement.id

    @property
    def payable_cents(self) -> Cents:
        """What it pays: as approved, or as its last version comes to."""
        return Cents(self.approval.payable_cents if self.approval else self.version.net_cents)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which statements a list shows; None asks for all."""

    mediator_id: UUID | None = None
    programme_id: UUID | None = None
    run_id: UUID | None = None
    state: StatementState | None = None
    held: bool | None = None
    """Drafts that cannot be approved yet, or those that can."""
    cut_off_between: tuple[date, date] | None = None
    """First and last day of cut-off, both included."""


_HAS_ACCOUNT = (
    select(BankDetailsApproval.bank_details_id)
    .where(BankDetailsApproval.organisation_id == Statement.mediator_id)
    .correlate(Statement)
    .exists()
)
_IS_CERTIFIED = (
    select(StatementCertification.id)
    .where(
        StatementCertification.statement_id == StatementVersion.statement_id,
        StatementCertification.version == StatementVersion.version,
    )
    .correlate(StatementVersion)
    .exists()
)


def _conditions(asked: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if asked.mediator_id is not None:
        conditions.append(Statement.mediator_id == asked.mediator_id)
    if asked.programme_id is not None:
        conditions.append(Statement.programme_id == asked.programme_id)
    if asked.run_id is not None:
        conditions.append(Statement.run_id == asked.run_id)
    if asked.state is not None:
        conditions.append(IN_STATE[asked.state])
    if asked.held is not None:
        lacks = or_(~_HAS_ACCOUNT, and_(Statement.certification_required, ~_IS_CERTIFIED))
        conditions += [
            StatementApproval.statement_id.is_(None),
            StatementVersion.voucher_count > 0,
            lacks if asked.held else ~lacks,
        ]
    if asked.cut_off_between is not None:
        conditions.append(ClearingRun.cut_off_on.between(*asked.cut_off_between))
    return conditions


_STANDING = (
    Statement,
    ClearingRun,
    StatementVersion,
    StatementApproval,
    PaymentOrder,
    Payment,
    PaymentRejection,
    STATE,
)


def standings(session: Session, ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """How far statements have come, by their ids, in one statement for all."""
    rows = session.execute(_with_state(*_STANDING).where(Statement.id.in_(list(ids))))
    return {row[0].id: _standing(row) for row in rows}


def _standing(row: Any) -> Standing:  # noqa: ANN401 - a row of _STANDING
    found, of_run, version, approval, order, payment, rejection, state = row
    return Standing(
        found, of_run, version, approval, order, payment, rejection, StatementState(state)
    )


def statements_after(
    session: Session, after: UUID | None, *, limit: int, asked: Filter
) -> list[Standing]:
    """Statements in the order of their ids, from after that one."""
    query = _with_state(*_STANDING).where(*_conditions(asked)).order_by(Statement.id).limit(limit)
    if after is not None:
        query = query.where(Statement.id > after)
    return [_standing(row) for row in session.execute(query)]


STATEMENTS_BY = {
    "periode": (ClearingRun.cut_off_on, Organisation.name),
    "mediateur": (Organisation.name, ClearingRun.cut_off_on),
    "pass": (StatementVersion.voucher_count,),
    "net": (PAYABLE,),
}
"""What a list of statements may be sorted by: one a mediator and a month, hundreds a year."""


def statements_listed(session: Session, place: Place, *, asked: Filter) -> list[Standing]:
    """Statements from that place of the list on: the latest cut-off first, then by mediator."""
    whole = _with_state(*_STANDING).join(Organisation, Organisation.id == Statement.mediator_id)
    query = placed(whole, place, Statement.id, STATEMENTS_BY).where(*_conditions(asked))
    return [_standing(row) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class Sum:
    """How many statements, of how many passes, for how much."""

    statement_count: int
    voucher_count: int
    amount_cents: int
    net_cents: int


def sums_by_state(session: Session, *, asked: Filter) -> dict[StatementState, Sum]:
    """What statements come to, by state."""
    rows = session.execute(
        _with_state(
            STATE,
            func.count(),
            func.sum(StatementVersion.voucher_count),
            func.sum(StatementVersion.amount_cents),
            func.sum(PAYABLE),
        )
        .where(*_conditions(asked))
        .group_by(STATE)
    )
    return {
        StatementState(state): Sum(count, int(vouchers), int(amount), int(net))
        for state, count, vouchers, amount, net in rows
    }


def taken_back_cents(session: Session, *, asked: Filter) -> Cents:
    """What was clawed back of statements, and was not held back by one that is paid or offset."""
    within = _with_state(Statement.id).where(*_conditions(asked))
    done = [str(StatementState.PAID), str(StatementState.OFFSET)]
    held_back = select(Recovery.receivable_id).where(
        Recovery.statement_id.in_(within.where(STATE.in_(done)))
    )
    total = session.scalar(
        select(func.coalesce(func.sum(Receivable.net_cents), 0)).where(
            Receivable.statement_id.in_(within), Receivable.clawback_id.not_in(held_back)
        )
    )
    return Cents(int(total or 0))


def sums_by_run(
    session: Session, run_ids: Iterable[UUID], *, mediator_id: UUID | None
) -> dict[UUID, Sum]:
    """What the statements of runs come to, in one statement for all; one mediator's or all."""
    query = (
        _with_state(
            Statement.run_id,
            func.count(),
            func.sum(StatementVersion.voucher_count),
            func.sum(StatementVersion.amount_cents),
            func.sum(PAYABLE),
        )
        .where(Statement.run_id.in_(list(run_ids)), *_conditions(Filter(mediator_id=mediator_id)))
        .group_by(Statement.run_id)
    )
    return {
        run_id: Sum(count, int(vouchers), int(amount), int(net))
        for run_id, count, vouchers, amount, net in session.execute(query)
    }


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
