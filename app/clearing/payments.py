"""Payments: ordered by one, recorded by another, and made again when the bank sends them back."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.clearing import correction_queries, payment_queries, queries
from app.clearing.errors import (
    NothingToPay,
    PaymentByTheSamePerson,
    PaymentCorrected,
    PaymentOrderRejected,
    PaymentRecordedAlready,
    PaymentRejectedAlready,
    SameAccountAgain,
    StatementNotApproved,
    StatementOrderedAlready,
    UnknownPaymentOrder,
)
from app.clearing.models import (
    Payment,
    PaymentOrder,
    PaymentRejection,
    Statement,
    StatementApproval,
)
from app.clearing.settlements import settle
from app.clearing.statements import known_statement
from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, day_asked, martinique_day
from app.kernel.errors import InvalidInput, JsonValue
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.orders.errors import MandateTaken
from app.orders.mandates import check_number_is_free
from app.partners import queries as partners
from app.partners.models import BankDetails
from app.programmes.service import known_programme


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
    same_account_reason: str | None = None,
) -> PaymentOrder:
    """Order the accountant to pay an approved statement.

    The first order pays the account frozen by the approval. After a rejection another order may
    be made for the same statement; it pays the account of the mediator that was approved last.

    Raises:
        UnknownStatement, StatementNotApproved, NothingToPay.
        StatementOrderedAlready: an order is out that was not rejected.
        MandateTaken: the sponsor has used that mandat number in the year, elsewhere or for a mandat
            of the statement that came back unpaid.
        SameAccountAgain: the account is the one that the bank refused, and nothing says why.
        InvalidInput: a number is empty, or the day is before the approval or to come.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.ORDER_PAYMENT)
    mandate, bordereau = clean(mandate_number, longest=50), clean(bordereau_number, longest=50)
    why = clean(same_account_reason or "")
    wrong = _wrong(
        mandate_number=mandate is None,
        bordereau_number=bordereau is None,
        same_account_reason=same_account_reason is not None and why is None,
        issued_on=not FIRST_DAY <= issued_on <= martinique_day(now),
    )
    if mandate is None or bordereau is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "payment order",
        statement=statement_id,
        mandate=mandate,
        bordereau=bordereau,
        on=issued_on,
        why=why,
    )
    if record := earlier(session, PaymentOrder, payment_order_id, digest):
        return record
    hold(session, "statement", statement_id)
    statement = known_statement(session, actor=actor, statement_id=statement_id)
    approval, last = _to_be_paid(session, statement_id)
    _check_day(session, approval, last, issued_on, martinique_day(now))
    check_number(session, statement, issued_on.year, mandate)
    details = account_to_pay(session, approval, last)
    again = last is not None and last.payee_iban_fingerprint == details.iban_fingerprint
    if again and why is None:
        raise SameAccountAgain(account=details.iban_masked)
    record = PaymentOrder(
        id=payment_order_id,
        request_hash=digest,
        statement_id=statement_id,
        ordinal=last.ordinal + 1 if last else 1,
        follows_ordinal=last.ordinal if last else None,
        prepared_by=approval.prepared_by,
        approved_by=approval.approved_by,
        approved_on=approval.approved_on,
        ordered_by=actor.agent_id,
        ordered_at=now,
        amount_cents=approval.payable_cents,
        mandate_number=mandate,
        bordereau_number=bordereau,
        issued_on=issued_on,
        mediator_id=approval.mediator_id,
        bank_details_id=details.id,
        payee_name=details.holder,
        payee_iban_fingerprint=details.iban_fingerprint,
        payee_iban_masked=details.iban_masked,
        same_account_reason=why if again else None,
    )
    session.add(record)
    session.flush()
    return record


def _to_be_paid(
    session: Session, statement_id: UUID
) -> tuple[StatementApproval, PaymentOrder | None]:
    """The approval of a statement that waits for an order, and the last order, if one came back."""
    approval = queries.approval_of(session, statement_id)
    if approval is None:
        raise StatementNotApproved
    last = payment_queries.payment_order_of(session, statement_id)
    if last is not None and payment_queries.rejection_of(session, last.id) is None:
        raise StatementOrderedAlready
    if not approval.payable_cents:
        raise NothingToPay
    return approval, last


WRONG = {
    "mandate_number": "Écrivez ce numéro, en 50 caractères au plus.",
    "bordereau_number": "Écrivez ce numéro, en 50 caractères au plus.",
    "same_account_reason": "Écrivez en quelques mots pourquoi ce compte convient.",
    "issued_on": "Écrivez ce jour, aujourd’hui au plus tard.",
}


def _wrong(**fields: bool) -> dict[str, JsonValue]:
    """What to write instead in the fields that are wrong."""
    return {name: WRONG[name] for name, is_wrong in fields.items() if is_wrong}


def _check_day(
    session: Session,
    approval: StatementApproval,
    last: PaymentOrder | None,
    issued_on: date,
    today: date,
) -> None:
    """A mandat is not issued before what it rests on: the approval, or the last rejection."""
    since = approval.approved_on
    if last is not None and (rejection := payment_queries.rejection_of(session, last.id)):
        since = max(since, rejection.rejected_on)
    if issued_on < since:
        raise InvalidInput(issued_on=day_asked(since, today))


def check_number(session: Session, statement: Statement, year: int, number: str) -> None:
    """Refuse a mandat number that the sponsor has used in the year, for another thing to pay.

    A mandat whose money the bank sent back may be paid again under its number: it is the same one.
    One that the accountant sent back unpaid is not: another is issued, under another number.

    Raises:
        MandateTaken.
    """
    sponsor_id = known_programme(session, statement.programme_id).sponsor_id
    check_number_is_free(session, sponsor_id, year, number)
    if payment_queries.bears_number(session, sponsor_id, year, number, but_for=statement.id):
        raise MandateTaken


def account_to_pay(
    session: Session, approval: StatementApproval, last: PaymentOrder | None
) -> BankDetails:
    """Where the next order pays: the approved account, or after a rejection the one approved last.

    `last` is the order before, which was rejected, if there was one.
    """
    details = (
        partners.approved_bank_details(session, approval.mediator_id)
        if last
        else partners.bank_details(session, approval.bank_details_id)
    )
    if details is None:
        message = f"statement {approval.statement_id} was approved without an account"
        raise AssertionError(message)
    return details


def known_payment_order(session: Session, *, actor: Actor, payment_order_id: UUID) -> PaymentOrder:
    """The payment order of that id, for its mediator and for those who see all.

    Raises:
        UnknownPaymentOrder: there is none, or it is another mediator's: both look alike.
    """
    order = payment_queries.payment_order(session, payment_order_id)
    if order is None or not actor.sees(order.mediator_id):
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
        UnknownPaymentOrder, PaymentOrderRejected, PaymentRecordedAlready.
        PaymentByTheSamePerson: the actor prepared, approved or ordered it.
        InvalidInput: the day is before the payment order's or to come.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.RECORD_PAYMENT)
    digest = request_hash("payment", order=payment_order_id, paid_on=paid_on)
    if record := earlier(session, Payment, payment_id, digest):
        return record
    order = known_payment_order(session, actor=actor, payment_order_id=payment_order_id)
    hold(session, "statement", order.statement_id)
    if payment_queries.rejection_of(session, payment_order_id):
        raise PaymentOrderRejected
    if payment_queries.payment_of(session, payment_order_id):
        raise PaymentRecordedAlready
    if actor.agent_id in {order.prepared_by, order.approved_by, order.ordered_by}:
        raise PaymentByTheSamePerson
    if not order.issued_on <= paid_on <= martinique_day(now):
        raise InvalidInput(paid_on=day_asked(order.issued_on, martinique_day(now)))
    settle(
        session,
        order.statement_id,
        order.mediator_id,
        posting_id=payment_id,
        actor=actor,
        now=now,
    )
    record = Payment(
        id=payment_id,
        request_hash=digest,
        payment_order_id=order.id,
        statement_id=order.statement_id,
        prepared_by=order.prepared_by,
        approved_by=order.approved_by,
        ordered_by=order.ordered_by,
        issued_on=order.issued_on,
        recorded_by=actor.agent_id,
        recorded_at=now,
        paid_on=paid_on,
    )
    session.add(record)
    session.flush()
    return record


def reject_payment(
    session: Session,
    *,
    actor: Actor,
    rejection_id: UUID,
    payment_order_id: UUID,
    rejected_on: date,
    reason: str,
    now: datetime,
) -> PaymentRejection:
    """Record that a payment came back, or that the accountant sent the order back.

    What was settled is claimed again, the statement is to be paid again, and another payment
    order may be made for it, as often as it takes.

    Raises:
        UnknownPaymentOrder, PaymentRejectedAlready.
        PaymentCorrected: passes that it paid were clawed back since.
        InvalidInput: no reason, or the day is before the payment's or to come.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.RECORD_PAYMENT)
    cleaned = clean(reason)
    if cleaned is None:
        raise InvalidInput(reason="Écrivez le motif du rejet, tel que la banque le donne.")
    digest = request_hash(
        "payment rejection", order=payment_order_id, on=rejected_on, reason=cleaned
    )
    if record := earlier(session, PaymentRejection, rejection_id, digest):
        return record
    order = known_payment_order(session, actor=actor, payment_order_id=payment_order_id)
    hold(session, "statement", order.statement_id)
    if payment_queries.rejection_of(session, payment_order_id):
        raise PaymentRejectedAlready
    payment = payment_queries.payment_of(session, payment_order_id)
    if payment is not None and correction_queries.clawed_back_of(session, order.statement_id):
        raise PaymentCorrected
    since = payment.paid_on if payment else order.issued_on
    if not since <= rejected_on <= martinique_day(now):
        raise InvalidInput(
            rejected_on=f"Écrivez le jour du rejet, entre le {since:%d/%m/%Y} et aujourd’hui."
        )
    if payment is not None:
        act = ledger.Act(
            posting_id=rejection_id,
            kind=ledger.MovementKind.REVERSE,
            document_type="statement",
            document_id=order.statement_id,
            actor_id=actor.agent_id,
            occurred_at=now,
        )
        settled = payment_queries.settlements_of(session, payment.id)
        ledger.reverse(session, act, [(movement_id, None) for movement_id in settled])
    record = PaymentRejection(
        id=rejection_id,
        request_hash=digest,
        payment_order_id=order.id,
        statement_id=order.statement_id,
        ordinal=order.ordinal,
        payment_id=payment.id if payment else None,
        posting_id=rejection_id if payment else None,
        rejected_on=rejected_on,
        reason=cleaned,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record
