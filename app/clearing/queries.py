"""Looking redemptions, statements and payments up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from app.clearing.correction_models import Receivable, Recovery, StatementOffset
from app.clearing.models import (
    ClearingRun,
    Payment,
    PaymentOrder,
    PaymentRejection,
    Redemption,
    RedemptionAttempt,
    RedemptionReversal,
    Statement,
    StatementApproval,
    StatementCertification,
    StatementDocument,
    StatementLine,
    StatementVersion,
    StatementWithdrawal,
)
from app.clearing.rules import StatementState, without
from app.clearing.session_queries import only_with_session
from app.database import Place, among, dialect_of, perform, placed
from app.kernel.clock import martinique_day
from app.kernel.money import Cents
from app.kernel.serials import BookletNumber
from app.ledger import Account, AccountKind, MovementKind, VoucherRange, accounts_by_id
from app.ledger.models import AccountRow, Movement, Posting, Voucher
from app.mediators.models import Label
from app.mediators.queries import cash_office_in_force, mandate_in_force
from app.partners.models import Agreement, BankDetailsApproval, Organisation
from app.partners.queries import agreement_covers, successor_on
from app.partners.rules import AgreementRole
from app.prescribers.models import Prescription, PrescriptionBooklet
from app.prescribers.queries import is_handed_over
from app.programmes.models import Programme, VintageTerms
from app.programmes.rules import Validity
from app.vouchers.errors import UnknownVoucher
from app.vouchers.models import Booklet

# ── What decides on a scan ────────────────────────────────────────────────────────────────────────
# These statements run for every pass that is taken, so each is built once: building one takes
# several times longer than running it. The names of their parameters are those of the arguments.


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was answered under an id."""

    id: UUID
    request_hash: bytes
    verdict: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was answered under these ids before, and how many codes the agent missed lately."""

    attempts: dict[UUID, Attempt]
    guess_count: int
    taken_ids: frozenset[UUID]
    """Ids that another act of the ledger bears: they can never be a redemption's."""


_ATTEMPT = (
    RedemptionAttempt.id,
    RedemptionAttempt.request_hash,
    RedemptionAttempt.verdict,
    RedemptionAttempt.details,
)


def earlier_attempts(
    session: Session, ids: Sequence[UUID], *, agent_id: int, since: datetime
) -> Earlier:
    """Earlier answers and recent guesses, in one statement."""
    rows = perform(
        session,
        _earlier_attempts(dialect_of(session)),
        {"ids": ids, "agent_id": agent_id, "since": since},
    ).all()
    return Earlier(
        {
            row.id: Attempt(row.id, row.request_hash, row.verdict, row.details)
            for row in rows
            if row.id is not None and row.request_hash is not None
        },
        rows[0].guess_count,
        frozenset(row.id for row in rows if row.id is not None and row.request_hash is None),
    )


@cache
def _earlier_attempts(dialect: str) -> CompoundSelect[Any]:
    guess = aliased(RedemptionAttempt, name="guess")
    guesses = select(func.count(guess.id)).where(
        guess.agent_id == bindparam("agent_id"),
        guess.verdict == UnknownVoucher.code,
        guess.attempted_at > bindparam("since"),
    )
    one = select(literal(1).label("one")).subquery()
    attempts = (
        select(guesses.scalar_subquery().label("guess_count"), *_ATTEMPT)
        .select_from(one)
        .outerjoin(RedemptionAttempt, among(RedemptionAttempt.id, "ids", dialect))
    )
    others = select(literal(0), Posting.id, null(), null(), null()).where(
        among(Posting.id, "ids", dialect), Posting.kind != MovementKind.REDEEM
    )
    return union_all(attempts, others)


def attempts(session: Session, ids: Iterable[UUID]) -> dict[UUID, Attempt]:
    """Earlier answers by id."""
    rows = session.execute(select(*_ATTEMPT).where(RedemptionAttempt.id.in_(list(ids))))
    return {row.id: Attempt(*row) for row in rows}


@dataclass(frozen=True, slots=True)
class InForce:
    """A label or an agreement that covers a day."""

    id: UUID
    valid_from: date
    valid_until: date


@dataclass(frozen=True, slots=True)
class CashOfficeInForce(InForce):
    """A régie that lets a public body take passes that day."""

    kind: str


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Who took over from a mediator, and since when."""

    successor: str
    from_on: date


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that decides on a pass of one booklet, at one mediator, on one day."""

    validity: Validity
    booklet: BookletNumber
    label: InForce | None
    agreement: InForce | None
    is_public: bool
    """Whether the mediator is a local public body: then it needs a régie or a mandate."""
    cash_office: CashOfficeInForce | None
    mandate_id: UUID | None
    succession: Succeeded | None
    redeemed_account_id: int | None
    issued_on: date | None
    """The day on which a prescriber handed the booklet over, if one did."""


def terms_by_booklet(
    session: Session, booklet_ids: Iterable[int], *, mediator_id: UUID, on: date
) -> dict[int, Terms]:
    """What decides on passes of these booklets, by booklet id, in one statement."""
    rows = perform(
        session,
        _terms_by_booklet(dialect_of(session)),
        {"booklet_ids": list(booklet_ids), "mediator_id": mediator_id, "on": on},
    )
    return {
        row.id: Terms(
            validity=Validity(row.valid_from, row.valid_until, row.tolerance_days),
            booklet=BookletNumber(row.label, row.number),
            label=InForce(row.label_id, row.label_valid_from, row.label_valid_until)
            if row.label_id
            else None,
            agreement=InForce(row.agreement_id, row.agreement_valid_from, row.agreement_valid_until)
            if row.agreement_id
            else None,
            is_public=row.public_body,
            cash_office=CashOfficeInForce(
                row.cash_office_id,
                row.cash_office_valid_from,
                row.cash_office_valid_until,
                row.cash_office_kind,
            )
            if row.cash_office_id
            else None,
            mandate_id=row.mandate_id,
            succession=Succeeded(row.successor_name, row.successor_from_on)
            if row.successor_name
            else None,
            redeemed_account_id=row.account_id,
            issued_on=row.prescribed_on,
        )
        for row in rows
    }


@cache
def _terms_by_booklet(dialect: str) -> Select[Any]:
    mediator_id: BindParameter[UUID] = bindparam("mediator_id")
    on: BindParameter[date] = bindparam("on")
    label = (
        select(Label.id, Label.valid_from, Label.valid_until)
        .where(
            Label.organisation_id == mediator_id, Label.valid_from <= on, Label.valid_until >= on
        )
        .order_by(Label.valid_until.desc(), Label.id)
        .limit(1)
        .subquery("label_in_force")
    )
    agreement = (
        select(Agreement.id, Agreement.valid_from, Agreement.valid_until)
        .where(
            Agreement.organisation_id == mediator_id,
            Agreement.role == AgreementRole.MEDIATOR,
            *agreement_covers(on),
        )
        .order_by(Agreement.valid_until.desc(), Agreement.id)
        .limit(1)
        .subquery("agreement_in_force")
    )
    cash_office = cash_office_in_force(mediator_id, on=on)
    mandate = mandate_in_force(mediator_id, on=on)
    successor = successor_on(mediator_id, on=on)
    return (
        select(
            Booklet.id,
            Booklet.number,
            VintageTerms.label,
            VintageTerms.valid_from,
            VintageTerms.valid_until,
            VintageTerms.tolerance_days,
            AccountRow.id.label("account_id"),
            Prescription.prescribed_on,
            *(column.label(f"label_{column.name}") for column in label.c),
            *(column.label(f"agreement_{column.name}") for column in agreement.c),
            Organisation.public_body,
            *(column.label(f"cash_office_{column.name}") for column in cash_office.c),
            mandate.c.id.label("mandate_id"),
            *(column.label(f"successor_{column.name}") for column in successor.c),
        )
        .join(VintageTerms, VintageTerms.vintage_id == Booklet.vintage_id)
        .outerjoin(
            PrescriptionBooklet,
            and_(PrescriptionBooklet.booklet_id == Booklet.id, is_handed_over()),
        )
        .outerjoin(Prescription, Prescription.id == PrescriptionBooklet.prescription_id)
        .outerjoin(label, literal(value=True))
        .outerjoin(agreement, literal(value=True))
        .join(Organisation, Organisation.id == mediator_id)
        .outerjoin(cash_office, literal(value=True))
        .outerjoin(mandate, literal(value=True))
        .outerjoin(successor, literal(value=True))
        .outerjoin(
            AccountRow,
            and_(
                AccountRow.kind == AccountKind.REDEEMED,
                AccountRow.party_id == mediator_id,
                AccountRow.counterparty_id == mediator_id,
                AccountRow.vintage_id == Booklet.vintage_id,
            ),
        )
        .where(among(Booklet.id, "booklet_ids", dialect))
    )


# ── Redemptions ───────────────────────────────────────────────────────────────────────────────────


def redemption(session: Session, redemption_id: UUID) -> Redemption | None:
    """The redemption of that id."""
    return session.get(Redemption, redemption_id)


def reversal_of(session: Session, redemption_id: UUID) -> RedemptionReversal | None:
    """How a redemption was undone, if it was."""
    return session.scalar(
        select(RedemptionReversal).where(RedemptionReversal.redemption_id == redemption_id)
    )


def redemptions_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, Redemption]:
    """Redemptions by their ids."""
    rows = session.scalars(select(Redemption).where(Redemption.id.in_(list(ids))))
    return {redemption.id: redemption for redemption in rows}


def undone_among(session: Session, ids: Iterable[UUID]) -> set[UUID]:
    """Which of these redemptions hold their pass no more: undone, or clawed back once paid."""
    told = list(ids)
    undone = select(RedemptionReversal.redemption_id).where(
        RedemptionReversal.redemption_id.in_(told)
    )
    back = select(Receivable.redemption_id).where(Receivable.redemption_id.in_(told))
    return set(session.scalars(union_all(undone, back)))


def claimed_by(session: Session, voucher_id: int) -> UUID | None:
    """The statement that claims a pass now, if one does."""
    return session.scalar(
        select(Movement.posting_id)
        .join(Voucher, Voucher.last_movement_id == Movement.id)
        .where(Voucher.id == voucher_id, Movement.kind == MovementKind.CLAIM)
    )


def giver_of(session: Session, redemption: Redemption) -> Account:
    """The account that a pass came from when it was redeemed: its prescriber's circulation."""
    made = session.get_one(Movement, redemption.movement_id)
    return accounts_by_id(session, [made.debit_account_id])[made.debit_account_id]


def latest_redemption_of(session: Session, voucher_id: int) -> Redemption | None:
    """The redemption that holds a pass now: the last one that was not undone."""
    return session.scalar(
        select(Redemption)
        .outerjoin(RedemptionReversal, RedemptionReversal.redemption_id == Redemption.id)
        .where(Redemption.voucher_id == voucher_id, RedemptionReversal.id.is_(None))
        .order_by(Redemption.movement_id.desc())
        .limit(1)
    )


def redemptions_after(
    session: Session, after: UUID | None, *, limit: int, mediator_id: UUID | None
) -> list[Redemption]:
    """Redemptions in the order of their ids, from after that one; one mediator's or everybody's."""
    query = select(Redemption).order_by(Redemption.id).limit(limit)
    if after is not None:
        query = query.where(Redemption.id > after)
    if mediator_id is not None:
        query = query.where(Redemption.mediator_id == mediator_id)
    return list(session.scalars(query))


# ── Clearing ──────────────────────────────────────────────────────────────────────────────────────


def run(session: Session, run_id: UUID) -> ClearingRun | None:
    """The clearing run of that id."""
    return session.get(ClearingRun, run_id)


def runs_after(session: Session, after: UUID | None, *, limit: int) -> list[ClearingRun]:
    """Runs in the order of their ids, from after that one."""
    query = select(ClearingRun).order_by(ClearingRun.id).limit(limit)
    return list(session.scalars(query if after is None else query.where(ClearingRun.id > after)))


def days_of_runs(session: Session, programme_id: UUID, *, limit: int) -> list[date]:
    """The days on which the latest runs of a programme were made, the last one first."""
    latest = session.scalars(
        select(ClearingRun.prepared_at)
        .where(ClearingRun.programme_id == programme_id)
        .order_by(ClearingRun.prepared_at.desc())
        .limit(limit)
    )
    return [martinique_day(at) for at in latest]


def _unclaimed(programme_id: UUID, before: datetime, *columns: Any) -> Select[Any]:  # noqa: ANN401 - the caller's columns
    return (
        select(*columns)
        .select_from(Voucher)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .join(VintageTerms, VintageTerms.vintage_id == Voucher.vintage_id)
        .join(Movement, Movement.id == Voucher.last_movement_id)
        .join(Posting, Posting.id == Movement.posting_id)
        .where(
            AccountRow.kind == AccountKind.REDEEMED,
            VintageTerms.programme_id == programme_id,
            Posting.recorded_at < before,
        )
    )


def anything_to_clear(session: Session, programme_id: UUID, *, before: datetime) -> bool:
    """Whether a run would take anything at all."""
    waiting = _unclaimed(programme_id, before, Voucher.id).where(
        *only_with_session(session, programme_id)
    )
    waiting = waiting.limit(1)
    return session.scalar(waiting) is not None


def mediators_to_clear(
    session: Session, programme_id: UUID, *, before: datetime
) -> list[tuple[UUID, int]]:
    """Mediators with passes to claim that were recorded before an instant, and how many."""
    rows = session.execute(
        _unclaimed(programme_id, before, AccountRow.party_id, func.count())
        .where(*only_with_session(session, programme_id))
        .group_by(AccountRow.party_id)
        .order_by(AccountRow.party_id)
    )
    return [(mediator_id, count) for mediator_id, count in rows]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a run would take of one mediator."""

    mediator_id: UUID
    voucher_count: int
    amount_cents: int


def waiting_to_clear(session: Session, programme_id: UUID, *, before: datetime) -> list[Waiting]:
    """What a run would take, mediator by mediator."""
    rows = session.execute(
        _unclaimed(
            programme_id,
            before,
            AccountRow.party_id,
            func.count(),
            func.sum(Voucher.face_value_cents),
        )
        .where(*only_with_session(session, programme_id))
        .group_by(AccountRow.party_id)
        .order_by(AccountRow.party_id)
    )
    return [Waiting(mediator_id, count, int(amount)) for mediator_id, count, amount in rows]


@dataclass(frozen=True, slots=True)
class UnclaimedSum:
    """What a mediator took in one programme and no statement claims."""

    programme_id: UUID
    voucher_count: int
    amount_cents: int


def unclaimed_of(
    session: Session, mediator_id: UUID, *, before: datetime | None = None
) -> list[UnclaimedSum]:
    """What a mediator took and no statement claims yet, by programme; recorded before then."""
    query = (
        select(VintageTerms.programme_id, func.count(), func.sum(Voucher.face_value_cents))
        .select_from(Voucher)
        .join(AccountRow, AccountRow.id == Voucher.account_id)
        .join(VintageTerms, VintageTerms.vintage_id == Voucher.vintage_id)
        .where(AccountRow.kind == AccountKind.REDEEMED, AccountRow.party_id == mediator_id)
        .group_by(VintageTerms.programme_id)
    )
    if before is not None:
        query = (
            query.join(Movement, Movement.id == Voucher.last_movement_id)
            .join(Posting, Posting.id == Movement.posting_id)
            .where(Posting.recorded_at < before)
        )
    rows = session.execute(query)
    return [UnclaimedSum(programme, count, int(cents)) for programme, count, cents in rows]


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """A pass that waits for a statement, and the movement that brought it there."""

    voucher_id: int
    account_id: int
    last_movement_id: int
    face_value_cents: int


def vouchers_to_claim(
    session: Session, programme_id: UUID, mediator_id: UUID, *, before: datetime
) -> list[Unclaimed]:
    """The passes of one mediator that wait for a statement, in the order of ids."""
    rows = session.execute(
        _unclaimed(
            programme_id,
            before,
            Voucher.id,
            Voucher.account_id,
            Voucher.last_movement_id,
            Voucher.face_value_cents,
        )
        .where(AccountRow.party_id == mediator_id, *only_with_session(session, programme_id))
        .order_by(Voucher.id)
    )
    return [Unclaimed(*row) for row in rows]


def with_a_fee_of_their_own(session: Session, mediator_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these mediators of which an agreement says what is kept of their passes."""
    return set(
        session.scalars(
            select(Agreement.organisation_id).where(
                Agreement.organisation_id.in_(set(mediator_ids)),
                Agreement.redemption_fee_basis_points.is_not(None),
            )
        )
    )


def fees_by_agreement(
    session: Session, programme_id: UUID, mediator_id: UUID, *, before: datetime
) -> dict[int, int]:
    """What the agreement in force at the redemption keeps of passes that wait, in basis points.

    Only of those whose agreement says so, by voucher.
    """
    redeemed = (
        _unclaimed(programme_id, before, Voucher.id)
        .where(AccountRow.party_id == mediator_id)
        .subquery("waiting")
    )
    rows = session.execute(
        select(Redemption.voucher_id, Agreement.redemption_fee_basis_points)
        .join(redeemed, redeemed.c.id == Redemption.voucher_id)
        .join(Agreement, Agreement.id == Redemption.agreement_id)
        .outerjoin(RedemptionReversal, RedemptionReversal.redemption_id == Redemption.id)
        .where(RedemptionReversal.id.is_(None))
        .order_by(Redemption.movement_id)
    )
    last = dict(rows.all())
    return {voucher_id: fee for voucher_id, fee in last.items() if fee is not None}


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


STATE = case(
    (
        and_(StatementApproval.statement_id.is_(None), StatementVersion.voucher_count == 0),
        StatementState.EMPTY,
    ),
    (StatementApproval.statement_id.is_(None), StatementState.DRAFT),
    (StatementOffset.statement_id.is_not(None), StatementState.OFFSET),
    (PaymentOrder.id.is_(None), StatementState.APPROVED),
    (PaymentRejection.id.is_not(None), StatementState.REJECTED),
    (Payment.id.is_not(None), StatementState.PAID),
    else_=StatementState.ORDERED,
)
"""The state of a statement, over the tables of `_with_state`."""


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
        conditions.append(literal(str(asked.state)) == STATE)
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


# ── Payments ──────────────────────────────────────────────────────────────────────────────────────


def payment_order(session: Session, payment_order_id: UUID) -> PaymentOrder | None:
    """The payment order of that id."""
    return session.get(PaymentOrder, payment_order_id)


def payment_order_of(session: Session, statement_id: UUID) -> PaymentOrder | None:
    """The last payment order of a statement, if there is one."""
    return session.scalar(
        select(PaymentOrder)
        .where(PaymentOrder.statement_id == statement_id)
        .order_by(PaymentOrder.ordinal.desc())
        .limit(1)
    )


def bears_number(
    session: Session, sponsor_id: UUID, year: int, number: str, *, but_for: UUID
) -> bool:
    """Whether another statement of a sponsor is paid under that mandat number in that year."""
    return (
        session.scalar(
            select(PaymentOrder.id)
            .join(Statement, Statement.id == PaymentOrder.statement_id)
            .join(Programme, Programme.id == Statement.programme_id)
            .where(
                PaymentOrder.mandate_number == number,
                PaymentOrder.statement_id != but_for,
                PaymentOrder.issued_on.between(date(year, 1, 1), date(year, 12, 31)),
                Programme.sponsor_id == sponsor_id,
            )
            .limit(1)
        )
        is not None
    )


def payment_of(session: Session, payment_order_id: UUID) -> Payment | None:
    """The payment of an order, if it was paid."""
    return session.scalar(select(Payment).where(Payment.payment_order_id == payment_order_id))


def rejection_of(session: Session, payment_order_id: UUID) -> PaymentRejection | None:
    """How an order came back, if it did."""
    return session.scalar(
        select(PaymentRejection).where(PaymentRejection.payment_order_id == payment_order_id)
    )


def settlements_of(session: Session, payment_id: UUID) -> list[int]:
    """The movements by which a payment settled its passes."""
    return list(
        session.scalars(
            select(Movement.id).where(Movement.posting_id == payment_id).order_by(Movement.id)
        )
    )


def rounds_of(
    session: Session, statement_id: UUID
) -> list[tuple[PaymentOrder, Payment | None, PaymentRejection | None]]:
    """Every payment order of a statement, the first one first, and what became of it."""
    rows = session.execute(
        select(PaymentOrder, Payment, PaymentRejection)
        .outerjoin(Payment, Payment.payment_order_id == PaymentOrder.id)
        .outerjoin(PaymentRejection, PaymentRejection.payment_order_id == PaymentOrder.id)
        .where(PaymentOrder.statement_id == statement_id)
        .order_by(PaymentOrder.ordinal)
    )
    return [(order, payment, rejection) for order, payment, rejection in rows]


def payment_orders_after(
    session: Session, after: UUID | None, *, limit: int, mediator_id: UUID | None = None
) -> list[PaymentOrder]:
    """Payment orders in the order of their ids; one mediator's or everybody's."""
    query = select(PaymentOrder).order_by(PaymentOrder.id).limit(limit)
    if after is not None:
        query = query.where(PaymentOrder.id > after)
    if mediator_id is not None:
        query = query.where(PaymentOrder.mediator_id == mediator_id)
    return list(session.scalars(query))
