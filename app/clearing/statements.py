"""Clearing: from redemptions to statements, approved, ordered and paid by different people."""

from datetime import date, datetime
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from app import ledger
from app.clearing import queries
from app.clearing.errors import (
    CutOffInTheFuture,
    PaymentByTheSamePerson,
    PaymentRecordedAlready,
    StatementApprovedAlready,
    StatementChanged,
    StatementHeld,
    StatementNotApproved,
    StatementOrderedAlready,
    StatementPreparerCannotApprove,
    UnknownClearingRun,
    UnknownPaymentOrder,
    UnknownStatement,
)
from app.clearing.models import (
    ClearingRun,
    Payment,
    PaymentOrder,
    Statement,
    StatementApproval,
    StatementLine,
)
from app.database import Database, earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, LAST_DAY, first_instant, martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.ledger import chart
from app.partners import queries as partners
from app.partners.service import known_organisation
from app.programmes import numbering
from app.programmes.service import known_programme


def run_clearing(
    database: Database,
    *,
    actor: Actor,
    run_id: UUID,
    programme_id: UUID,
    cut_off_on: date,
    now: datetime,
) -> ClearingRun:
    """Gather everything unclaimed before a cut-off into one draft a mediator.

    One transaction a mediator: a run cut in the middle is finished by sending it again.

    Raises:
        As open_clearing_run.
    """
    with database.transaction() as session:
        run = open_clearing_run(
            session,
            actor=actor,
            run_id=run_id,
            programme_id=programme_id,
            cut_off_on=cut_off_on,
            now=now,
        )
    with database.transaction(writing=False) as session:
        waiting = queries.mediators_to_clear(
            session, programme_id, before=first_instant(run.cut_off_on)
        )
    for mediator_id, _ in waiting:
        with database.transaction() as session:
            draft_statement(session, run=run, mediator_id=mediator_id, now=now)
    return run


def open_clearing_run(
    session: Session,
    *,
    actor: Actor,
    run_id: UUID,
    programme_id: UUID,
    cut_off_on: date,
    now: datetime,
) -> ClearingRun:
    """Open a run. What was recorded before the first instant of `cut_off_on` is taken.

    There is no lower bound: what commits late joins the next run.

    Raises:
        UnknownProgramme, CutOffInTheFuture.
        InvalidInput: the day is out of bounds.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.PREPARE_CLEARING)
    if not FIRST_DAY <= cut_off_on <= LAST_DAY:
        raise InvalidInput(cut_off_on="Écrivez un jour entre 2000 et 2099.")
    if first_instant(cut_off_on) > now:
        raise CutOffInTheFuture
    digest = request_hash(
        "clearing run", programme=programme_id, cut_off_on=cut_off_on, by=actor.agent_id
    )
    if record := earlier(session, ClearingRun, run_id, digest):
        return record
    known_programme(session, programme_id)
    record = ClearingRun(
        id=run_id,
        request_hash=digest,
        programme_id=programme_id,
        cut_off_on=cut_off_on,
        prepared_by=actor.agent_id,
        prepared_at=now,
    )
    session.add(record)
    session.flush()
    return record


def draft_statement(
    session: Session, *, run: ClearingRun, mediator_id: UUID, now: datetime
) -> Statement | None:
    """Claim what waits for one mediator; None when nothing does. Its id follows from the run's."""
    statement_id = uuid5(run.id, str(mediator_id))
    hold(session, "clearing", run.programme_id, mediator_id)
    if statement := queries.statement(session, statement_id):
        return statement
    waiting = queries.vouchers_to_claim(
        session, run.programme_id, mediator_id, before=first_instant(run.cut_off_on)
    )
    if not waiting:
        return None
    lines, rows = [], []
    for debit in ledger.accounts_by_id(session, waiting).values():
        ids = waiting[debit.id]
        credit = ledger.account(session, chart.claimed(mediator_id, debit.vintage_id))
        lines += [
            ledger.Line(ledger.MovementKind.CLAIM, vouchers, debit, credit)
            for vouchers in ledger.contiguous(ids)
        ]
        rows.append(
            StatementLine(
                statement_id=statement_id,
                vintage_id=debit.vintage_id,
                face_value_cents=debit.face_value_cents,
                voucher_count=len(ids),
                amount_cents=len(ids) * debit.face_value_cents,
            )
        )
    # A redemption undone since we looked leaves its line short: the posting refuses, nothing is
    # half done, and the run is sent again.
    ledger.post(
        session,
        ledger.Act(
            posting_id=statement_id,
            kind=ledger.MovementKind.CLAIM,
            document_type="statement",
            document_id=statement_id,
            actor_id=run.prepared_by,
            occurred_at=now,
        ),
        lines,
    )
    statement = Statement(
        id=statement_id,
        run_id=run.id,
        programme_id=run.programme_id,
        mediator_id=mediator_id,
        prepared_by=run.prepared_by,
        voucher_count=sum(row.voucher_count for row in rows),
        amount_cents=sum(row.amount_cents for row in rows),
    )
    session.add(statement)
    session.flush()
    session.add_all(rows)
    session.flush()
    return statement


def known_run(session: Session, run_id: UUID) -> ClearingRun:
    """The clearing run of that id.

    Raises:
        UnknownClearingRun: there is none.
    """
    run = queries.run(session, run_id)
    if run is None:
        raise UnknownClearingRun
    return run


def known_statement(session: Session, *, actor: Actor, statement_id: UUID) -> Statement:
    """The statement of that id, for its mediator and for those who see all.

    Raises:
        UnknownStatement: there is none, or it is another mediator's: both look alike.
    """
    statement = queries.statement(session, statement_id)
    if statement is None or not actor.sees(statement.mediator_id):
        raise UnknownStatement
    return statement


def approve_statement(
    session: Session, *, actor: Actor, statement_id: UUID, amount_cents: int, now: datetime
) -> StatementApproval:
    """Approve what somebody else prepared: number, payee and account are frozen. Twice is once.

    `amount_cents` is the total that the approver read: a statement that changed since is not
    approved by accident.

    Raises:
        UnknownStatement, StatementPreparerCannotApprove, StatementApprovedAlready.
        StatementChanged: the total is not the one read, or not what the ledger holds.
        StatementHeld: the mediator has no approved account.
    """
    actor.check(Right.APPROVE_STATEMENT)
    hold(session, "statement", statement_id)
    statement = known_statement(session, actor=actor, statement_id=statement_id)
    if statement.prepared_by == actor.agent_id:
        raise StatementPreparerCannotApprove
    if approval := queries.approval_of(session, statement_id):
        if approval.approved_by == actor.agent_id:
            return approval
        raise StatementApprovedAlready
    _check_total(session, statement, amount_cents)
    mediator = known_organisation(session, statement.mediator_id)
    details = partners.approved_bank_details(session, mediator.id)
    if details is None:
        raise StatementHeld(mediator=mediator.name)
    year = martinique_day(now).year
    number = numbering.next_number(session, numbering.STATEMENT, year)
    approval = StatementApproval(
        statement_id=statement_id,
        prepared_by=statement.prepared_by,
        approved_by=actor.agent_id,
        approved_at=now,
        voucher_count=statement.voucher_count,
        amount_cents=statement.amount_cents,
        year=year,
        number=number,
        follows_number=number - 1 or None,
        mediator_id=mediator.id,
        bank_details_id=details.id,
        payee_name=details.holder,
        payee_iban_fingerprint=details.iban_fingerprint,
        payee_iban_masked=details.iban_masked,
    )
    session.add(approval)
    session.flush()
    return approval


def _check_total(session: Session, statement: Statement, amount_cents: int) -> None:
    """The sum read, the sum written, the sum of the lines and what the ledger holds are one."""
    lines = queries.lines_of(session, statement.id)
    claimed = ledger.accounts(
        session, [chart.claimed(statement.mediator_id, line.vintage_id) for line in lines]
    )
    if (
        amount_cents != statement.amount_cents
        or sum(line.amount_cents for line in lines) != statement.amount_cents
        or queries.claimed_now(session, statement.id, claimed.values()) != statement.voucher_count
    ):
        raise StatementChanged


def order_payment(
    session: Session,
    *,
    actor: Actor,
    payment_order_id: UUID,
    statement_id: UUID,
    mandate_number: str,
    bordereau_number: str,
    issued_on: date,
    now: datetime,
) -> PaymentOrder:
    """Order the accountant to pay an approved statement.

    Raises:
        UnknownStatement, StatementNotApproved, StatementOrderedAlready.
        InvalidInput: a number is empty, or the day is out of bounds.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.ORDER_PAYMENT)
    mandate, bordereau = clean(mandate_number, longest=50), clean(bordereau_number, longest=50)
    wrong = {}
    if mandate is None:
        wrong["mandate_number"] = "Écrivez le numéro de mandat, en 50 caractères au plus."
    if bordereau is None:
        wrong["bordereau_number"] = "Écrivez le numéro de bordereau, en 50 caractères au plus."
    if not FIRST_DAY <= issued_on <= martinique_day(now):
        wrong["issued_on"] = "Écrivez le jour du mandat, aujourd’hui au plus tard."
    if mandate is None or bordereau is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "payment order", statement=statement_id, mandate=mandate, bordereau=bordereau, on=issued_on
    )
    if record := earlier(session, PaymentOrder, payment_order_id, digest):
        return record
    hold(session, "statement", statement_id)
    known_statement(session, actor=actor, statement_id=statement_id)
    approval = queries.approval_of(session, statement_id)
    if approval is None:
        raise StatementNotApproved
    if queries.payment_order_of(session, statement_id):
        raise StatementOrderedAlready
    record = PaymentOrder(
        id=payment_order_id,
        request_hash=digest,
        statement_id=statement_id,
        prepared_by=approval.prepared_by,
        approved_by=approval.approved_by,
        ordered_by=actor.agent_id,
        ordered_at=now,
        amount_cents=approval.amount_cents,
        mandate_number=mandate,
        bordereau_number=bordereau,
        issued_on=issued_on,
    )
    session.add(record)
    session.flush()
    return record


def known_payment_order(session: Session, *, actor: Actor, payment_order_id: UUID) -> PaymentOrder:
    """The payment order of that id, for its mediator and for those who see all.

    Raises:
        UnknownPaymentOrder: there is none, or it is another mediator's: both look alike.
    """
    order = queries.payment_order(session, payment_order_id)
    if order is None:
        raise UnknownPaymentOrder
    statement = queries.statement(session, order.statement_id)
    if statement is None or not actor.sees(statement.mediator_id):
        raise UnknownPaymentOrder
    return order


def record_payment(
    session: Session,
    *,
    actor: Actor,
    payment_id: UUID,
    payment_order_id: UUID,
    paid_on: date,
    now: datetime,
) -> Payment:
    """Record that the accountant paid: the passes of the statement are settled.

    Raises:
        UnknownPaymentOrder, PaymentRecordedAlready.
        PaymentByTheSamePerson: the actor prepared, approved or ordered it.
        InvalidInput: the day is before the payment order's or to come.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.RECORD_PAYMENT)
    digest = request_hash("payment", order=payment_order_id, paid_on=paid_on)
    if record := earlier(session, Payment, payment_id, digest):
        return record
    hold(session, "payment order", payment_order_id)
    order = known_payment_order(session, actor=actor, payment_order_id=payment_order_id)
    if queries.payment_of(session, payment_order_id):
        raise PaymentRecordedAlready
    if actor.agent_id in {order.prepared_by, order.approved_by, order.ordered_by}:
        raise PaymentByTheSamePerson
    if not order.issued_on <= paid_on <= martinique_day(now):
        raise InvalidInput(
            paid_on="Écrivez le jour du paiement, entre celui du mandat et aujourd’hui."
        )
    statement = known_statement(session, actor=actor, statement_id=order.statement_id)
    claims = queries.claims_of(session, statement.id)
    claimed = ledger.accounts_by_id(session, {claim.credit_account_id for claim in claims})
    settled = {
        account.id: ledger.account(
            session, chart.settled(statement.mediator_id, account.vintage_id)
        )
        for account in claimed.values()
    }
    ledger.post(
        session,
        ledger.Act(
            posting_id=payment_id,
            kind=ledger.MovementKind.SETTLE,
            document_type="statement",
            document_id=statement.id,
            actor_id=actor.agent_id,
            occurred_at=now,
        ),
        [
            ledger.Line(
                ledger.MovementKind.SETTLE,
                ledger.VoucherRange(claim.first_id, claim.last_id),
                claimed[claim.credit_account_id],
                settled[claim.credit_account_id],
            )
            for claim in claims
        ],
    )
    record = Payment(
        id=payment_id,
        request_hash=digest,
        payment_order_id=order.id,
        statement_id=order.statement_id,
        prepared_by=order.prepared_by,
        approved_by=order.approved_by,
        ordered_by=order.ordered_by,
        recorded_by=actor.agent_id,
        recorded_at=now,
        paid_on=paid_on,
    )
    session.add(record)
    session.flush()
    return record


def statement_state(session: Session, statement_id: UUID) -> str:
    """Where a statement stands: draft, approved, ordered or paid."""
    if queries.approval_of(session, statement_id) is None:
        return "draft"
    order = queries.payment_order_of(session, statement_id)
    if order is None:
        return "approved"
    return "paid" if queries.payment_of(session, order.id) else "ordered"
