"""How far statements have come: their states, lists of them, and what they come to."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.clearing import correction_queries
from app.clearing.correction_models import (
    DebitNoteCollection,
    Receivable,
    Recovery,
    StatementOffset,
)
from app.clearing.models import (
    ClearingRun,
    Payment,
    PaymentOrder,
    PaymentRejection,
    Statement,
    StatementApproval,
    StatementCertification,
    StatementVersion,
)
from app.clearing.rules import OWED, Debts, StatementState
from app.database.lists import Place, placed
from app.kernel.money import Cents
from app.partners.models import BankDetailsApproval, Organisation
from app.programmes.models import Programme

Pair = tuple[UUID, UUID]
"""A mediator and a programme: what is owed back there is recovered there."""

_LATER_VERSION = aliased(StatementVersion, name="later")
_LATER_ORDER = aliased(PaymentOrder, name="later_order")
_IS_LAST_VERSION = ~exists().where(
    _LATER_VERSION.statement_id == StatementVersion.statement_id,
    _LATER_VERSION.version > StatementVersion.version,
).correlate(StatementVersion)
_IS_LAST_ROUND = ~exists().where(
    _LATER_ORDER.statement_id == PaymentOrder.statement_id,
    _LATER_ORDER.ordinal > PaymentOrder.ordinal,
).correlate(PaymentOrder)
"""Without a later one, and not « as high as the highest »: PostgreSQL joins that at once, where it
would look each highest up, and it knows how many statements come of it."""

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
"""What a statement pays as approved; a draft's net, of which recoveries may hold something back."""


def _with_state(*columns: Any) -> Select[Any]:  # noqa: ANN401 - the caller's columns
    """Statements beside their last version, approval, last order, its payment and its rejection."""
    return (
        select(*columns)
        .select_from(Statement)
        .join(
            StatementVersion,
            and_(StatementVersion.statement_id == Statement.id, _IS_LAST_VERSION),
        )
        .outerjoin(StatementApproval, StatementApproval.statement_id == Statement.id)
        .outerjoin(StatementOffset, StatementOffset.statement_id == Statement.id)
        .outerjoin(PaymentOrder, and_(PaymentOrder.statement_id == Statement.id, _IS_LAST_ROUND))
        .outerjoin(Payment, Payment.payment_order_id == PaymentOrder.id)
        .outerjoin(PaymentRejection, PaymentRejection.payment_order_id == PaymentOrder.id)
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """A statement, what its last version comes to, and how far it has come.

    `order` is its last payment order, `payment` and `rejection` are that order's.
    `recovered_cents` is what it holds back of passes taken back: as approved, or what a draft would
    hold back if it were approved now.
    """

    statement: Statement
    run: ClearingRun
    version: StatementVersion
    approval: StatementApproval | None
    order: PaymentOrder | None
    payment: Payment | None
    rejection: PaymentRejection | None
    state: StatementState
    recovered_cents: Cents

    @property
    def id(self) -> UUID:
        """The statement's."""
        return self.statement.id

    @property
    def payable_cents(self) -> Cents:
        """The net to pay: what is left of its net once it has held back what it recovers."""
        return Cents(self.version.net_cents - self.recovered_cents)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which statements a list shows; None asks for all."""

    mediator_id: UUID | None = None
    programme_id: UUID | None = None
    run_id: UUID | None = None
    state: StatementState | None = None
    held: bool | None = None
    """Drafts that cannot be approved yet, or those that can."""
    owed: bool = False
    """What is still to be paid."""
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


_LACKS = or_(~_HAS_ACCOUNT, and_(Statement.certification_required, ~_IS_CERTIFIED))
"""Of a draft: what it needs to be approved is not all there."""


def _in_any(states: Iterable[StatementState]) -> ColumnElement[bool]:
    return or_(*(IN_STATE[state] for state in states))


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
        conditions += [IN_STATE[StatementState.DRAFT], _LACKS if asked.held else ~_LACKS]
    if asked.owed:
        conditions.append(_in_any(OWED))
    if asked.cut_off_between is not None:
        closed_then = select(ClearingRun.id).where(
            ClearingRun.cut_off_on.between(*asked.cut_off_between)
        )
        conditions.append(Statement.run_id.in_(closed_then))
    return conditions


_STANDINGS = _with_state(
    Statement,
    ClearingRun,
    StatementVersion,
    StatementApproval,
    PaymentOrder,
    Payment,
    PaymentRejection,
    STATE,
).join(ClearingRun, ClearingRun.id == Statement.run_id)
AT_ONCE = 500
"""Statements looked up in one statement of the database."""


def standings(session: Session, ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """How far statements have come, by their ids, a page of them in one statement."""
    wanted, found = list(ids), dict[UUID, Standing]()
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        rows = session.execute(_STANDINGS.where(Statement.id.in_(some)))
        found |= {one.id: one for one in _told(session, rows)}
    return found


def _told(session: Session, rows: Iterable[Any]) -> list[Standing]:
    """Rows of _STANDINGS, each with what it recovers: read for the drafts among them at once."""
    read = list(rows)
    drafts = {row[0].mediator_id for row in read if row[3] is None and row[2].net_cents}
    debts = Debts(correction_queries.open_debts(session, drafts))
    return [_standing(row, debts) for row in read]


def _standing(row: Any, debts: Debts[Pair]) -> Standing:  # noqa: ANN401 - a row of _STANDINGS
    found, of_run, version, approval, order, payment, rejection, state = row
    pair = found.mediator_id, found.programme_id
    recovered_cents = (
        Cents(approval.recovered_cents) if approval else debts.held_back(pair, version.net_cents)
    )
    return Standing(
        found,
        of_run,
        version,
        approval,
        order,
        payment,
        rejection,
        StatementState(state),
        recovered_cents,
    )


def statements_after(
    session: Session, after: UUID | None, *, limit: int, asked: Filter
) -> list[Standing]:
    """Statements in the order of their ids, from after that one."""
    query = _STANDINGS.where(*_conditions(asked)).order_by(Statement.id).limit(limit)
    if after is not None:
        query = query.where(Statement.id > after)
    return _told(session, session.execute(query))


STATEMENTS_BY = {
    "periode": (ClearingRun.cut_off_on, Organisation.name),
    "mediateur": (Organisation.name, ClearingRun.cut_off_on),
    "pass": (StatementVersion.voucher_count,),
    "net": (PAYABLE,),
}
"""What a list of statements may be sorted by: one a mediator and a month, hundreds a year."""
_BY_STATE = {"pass", "net"}
"""The orders for which a statement is looked at with all that became of it."""


def statements_listed(session: Session, place: Place, *, asked: Filter) -> list[Standing]:
    """Statements from that place of the list on: the latest cut-off first, then by mediator.

    All of them are sorted by their ids alone: whatever else is told is read of those shown.
    """
    by_state = place.by in _BY_STATE or asked.owed or {asked.state, asked.held} != {None}
    whole = _with_state(Statement.id) if by_state else select(Statement.id)
    whole = whole.join(ClearingRun, ClearingRun.id == Statement.run_id)
    whole = whole.join(Organisation, Organisation.id == Statement.mediator_id)
    orders = STATEMENTS_BY
    if place.by == "net":
        orders = orders | {"net": (_net_to_pay(session, asked.mediator_id),)}
    query = placed(whole, place, Statement.id, orders).where(*_conditions(asked))
    ids = session.scalars(query).all()
    found = standings(session, ids)
    return [found[one] for one in ids]


# ── What drafts recover ───────────────────────────────────────────────────────────────────────────

_Owed = Sequence[tuple[Pair, int]]


class _Draft(NamedTuple):
    """A draft of a mediator that owes something back."""

    id: UUID
    cut_off_on: date
    pair: Pair
    net_cents: int


def _drafts_of(
    session: Session, owed: _Owed, conditions: Iterable[ColumnElement[bool]] = ()
) -> list[_Draft]:
    """The drafts that could recover what is owed: those of a few mediators, or none at all."""
    if not owed:
        return []
    rows = session.execute(
        _with_state(
            Statement.id,
            ClearingRun.cut_off_on,
            Statement.mediator_id,
            Statement.programme_id,
            StatementVersion.net_cents,
        )
        .join(ClearingRun, ClearingRun.id == Statement.run_id)
        .where(
            IN_STATE[StatementState.DRAFT],
            Statement.mediator_id.in_({mediator for (mediator, _), _ in owed}),
            *conditions,
        )
    )
    return [
        _Draft(identity, cut_off_on, (mediator, programme), net)
        for identity, cut_off_on, mediator, programme, net in rows
    ]


def _held_back_together(owed: _Owed, drafts: Iterable[_Draft]) -> dict[UUID, Cents]:
    """What drafts hold back together: two of one mediator count what it owes once, with the oldest.

    Each by itself says what it would hold back if it were approved now; no sum says it twice.
    """
    debts = Debts(owed)
    return {
        one.id: Cents(one.net_cents - debts.deducted(one.pair, one.net_cents))
        for one in sorted(drafts, key=lambda one: (one.cut_off_on, one.id))
    }


def _net_to_pay(session: Session, mediator_id: UUID | None) -> ColumnElement[int]:
    """What each statement pays, by which a list is sorted."""
    owed = correction_queries.open_debts(session, None if mediator_id is None else [mediator_id])
    debts = Debts(owed)
    held_back = {
        one.id: cents
        for one in _drafts_of(session, owed)
        if (cents := debts.held_back(one.pair, one.net_cents))
    }
    if not held_back:
        return PAYABLE
    return PAYABLE - case(
        *((Statement.id == identity, cents) for identity, cents in held_back.items()), else_=0
    )


# ── What waits, and sums ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A statement that waits for somebody, as far as a line about it says it."""

    state: StatementState
    id: UUID
    mediator_id: UUID
    programme_id: UUID
    payer: str
    """Of its programme."""
    certification_required: bool
    cut_off_on: date
    held: bool
    """Whether it is a draft that cannot be approved yet."""
    prepared_by: int
    approved_by: int | None
    version: int
    voucher_count: int
    payable_cents: Cents
    due_on: date | None
    """As approved."""
    summed_cents: Cents
    """What it adds to a sum: that of drafts takes off once what two of them could recover."""


def unpaid(session: Session, states: Collection[StatementState]) -> list[Unpaid]:
    """All statements in these states, in the order of their list.

    They are what waits for people, some of what was ever made: all are read in one statement, and
    nothing else of them.
    """
    rows = session.execute(
        _with_state(
            STATE,
            Statement.id,
            Statement.mediator_id,
            Statement.programme_id,
            Programme.payer,
            Statement.certification_required,
            ClearingRun.cut_off_on,
            and_(IN_STATE[StatementState.DRAFT], _LACKS),
            Statement.prepared_by,
            StatementApproval.approved_by,
            StatementVersion.version,
            StatementVersion.voucher_count,
            PAYABLE,
            StatementApproval.due_on,
        )
        .join(ClearingRun, ClearingRun.id == Statement.run_id)
        .join(Organisation, Organisation.id == Statement.mediator_id)
        .join(Programme, Programme.id == Statement.programme_id)
        .where(_in_any(states))
        .order_by(ClearingRun.cut_off_on.desc(), Organisation.name, Statement.id)
    )
    found = [Unpaid(StatementState(state), *[*told, told[-2]]) for state, *told in rows]
    owed = correction_queries.open_debts(session) if StatementState.DRAFT in states else ()
    return _less_recoveries(found, owed) if owed else found


def _less_recoveries(found: Sequence[Unpaid], owed: _Owed) -> list[Unpaid]:
    """The same, where mediators owe something back that their drafts recover."""
    owing, debts = {pair for pair, _ in owed}, Debts(owed)
    drafts: dict[bool, list[_Draft]] = {False: [], True: []}
    for one in found:
        pair = one.mediator_id, one.programme_id
        if one.state is StatementState.DRAFT and pair in owing:
            drafts[one.held].append(_Draft(one.id, one.cut_off_on, pair, one.payable_cents))
    # Those that are held are told, and added up, apart.
    together = _held_back_together(owed, drafts[False]) | _held_back_together(owed, drafts[True])
    alone = {
        one.id: debts.held_back(one.pair, one.net_cents)
        for of_kind in drafts.values()
        for one in of_kind
    }
    return [
        replace(
            one,
            payable_cents=Cents(one.payable_cents - alone[one.id]),
            summed_cents=Cents(one.summed_cents - together[one.id]),
        )
        if one.id in alone
        else one
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class Sum:
    """How many statements, of how many passes, for how much.

    `net_cents` is what they pay, once they have held back `recovered_cents`.
    """

    statement_count: int
    voucher_count: int
    amount_cents: int
    net_cents: int
    recovered_cents: int


def sums_by_state(session: Session, *, asked: Filter) -> dict[StatementState, Sum]:
    """What statements come to, by state."""
    rows = session.execute(
        _with_state(
            STATE,
            func.count(),
            func.sum(StatementVersion.voucher_count),
            func.sum(StatementVersion.amount_cents),
            func.sum(PAYABLE),
            func.sum(func.coalesce(StatementApproval.recovered_cents, 0)),
        )
        .where(*_conditions(asked))
        .group_by(STATE)
    )
    found = {StatementState(state): Sum(*map(int, told)) for state, *told in rows}
    if drafts := found.get(StatementState.DRAFT):
        mediators = None if asked.mediator_id is None else [asked.mediator_id]
        owed = correction_queries.open_debts(session, mediators)
        held_back = _held_back_together(owed, _drafts_of(session, owed, _conditions(asked)))
        cents = sum(held_back.values())
        found[StatementState.DRAFT] = replace(
            drafts, net_cents=drafts.net_cents - cents, recovered_cents=cents
        )
    return found


class TakenBack(NamedTuple):
    """What was clawed back of what was paid: money that came back, and what is to come back yet."""

    collected_cents: Cents
    open_cents: Cents


def taken_back(session: Session, *, asked: Filter) -> TakenBack:
    """What was clawed back of statements, and was not held back by one that is paid or offset.

    Whatever state they are in: `asked` asks for none.
    """
    within = _conditions(asked)
    done = or_(IN_STATE[StatementState.PAID], IN_STATE[StatementState.OFFSET])
    held_back_by = (
        _with_state(Statement.id)
        .where(Statement.id == Recovery.statement_id, *within, done)
        .correlate(Recovery)
        .exists()
    )
    held_back = select(Recovery.receivable_id).where(held_back_by)
    rows = session.execute(
        select(DebitNoteCollection.id.is_not(None), func.sum(Receivable.net_cents))
        .join(Statement, Statement.id == Receivable.statement_id)
        .outerjoin(Recovery, Recovery.receivable_id == Receivable.clawback_id)
        .outerjoin(DebitNoteCollection, DebitNoteCollection.debit_note_id == Recovery.debit_note_id)
        .where(*within, Receivable.clawback_id.not_in(held_back))
        .group_by(DebitNoteCollection.id.is_not(None))
    )
    cents = {bool(collected): int(total) for collected, total in rows}
    return TakenBack(Cents(cents.get(True, 0)), Cents(cents.get(False, 0)))


def compensated_by_paid(session: Session, mediator_id: UUID) -> tuple[int, Cents]:
    """Of the statements that were paid: the passes taken back that they made up for, face value."""
    paid = _with_state(Statement.id).where(
        Statement.mediator_id == mediator_id, IN_STATE[StatementState.PAID]
    )
    row = session.execute(
        select(func.count(), func.coalesce(func.sum(Receivable.amount_cents), 0))
        .join(Recovery, Recovery.receivable_id == Receivable.clawback_id)
        .where(Recovery.statement_id.in_(paid))
    ).one()
    return row[0], Cents(int(row[1]))


class Size(NamedTuple):
    """How many statements, of how many passes, and the face value of these."""

    statement_count: int
    voucher_count: int
    amount_cents: int


def sizes_by_run(
    session: Session, run_ids: Iterable[UUID], *, mediator_id: UUID | None
) -> dict[UUID, Size]:
    """What the statements of runs hold, in one statement for all; one mediator's or all."""
    query = (
        _with_state(
            Statement.run_id,
            func.count(),
            func.sum(StatementVersion.voucher_count),
            func.sum(StatementVersion.amount_cents),
        )
        .where(Statement.run_id.in_(list(run_ids)), *_conditions(Filter(mediator_id=mediator_id)))
        .group_by(Statement.run_id)
    )
    return {run_id: Size(*map(int, told)) for run_id, *told in session.execute(query)}
