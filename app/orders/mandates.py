"""Mandates of orders: recorded under a number that is used once, and cancelled by adding."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database.locks import earlier, hold
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.money import Cents, euros
from app.kernel.text import clean
from app.ledger import rule_named_by
from app.orders import queries
from app.orders.endings import check_mandates_may_change
from app.orders.errors import (
    MandateBeyondOrder,
    MandateCancelledAlready,
    MandateCoversActivation,
    MandateTaken,
    OrderNotApproved,
    UnknownMandate,
)
from app.orders.models import BookletOrder, OrderMandate, OrderMandateCancellation
from app.orders.service import check_not_cancelled, known_order, totals_of
from app.programmes.service import known_programme

LARGEST_MANDATE_CENTS = 1_000_000_000
"""Ten million euros: a slip of the keyboard must not pass."""
NUMBER_IS_USED_ONCE = "mandate_number_is_used_once"


def record_mandate(
    session: Session,
    *,
    actor: Actor,
    mandate_id: UUID,
    order_id: UUID,
    mandate_number: str,
    amount_cents: Cents,
    now: datetime,
    issued_on: date | None = None,
    accept_beyond: bool = False,
) -> OrderMandate:
    """Record that the payment of an order was mandated, under that number and for that sum.

    Without a day, it was issued today.

    Raises:
        UnknownOrder, OrderCancelled, OrderNotApproved, MandateAfterTheEnd.
        InvalidInput: the number is empty, the sum nothing or too large, or the day before the
            approval or to come.
        MandateTaken: the sponsor has used that number in the year.
        MandateBeyondOrder: the order has less left to cover, and `accept_beyond` is not said.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.RECORD_MANDATE)
    today = martinique_day(now)
    cleaned, day = clean(mandate_number, longest=50), issued_on or today
    wrong = {}
    if cleaned is None:
        wrong["mandate_number"] = "Écrivez le numéro de mandat, en 50 caractères au plus."
    if not 0 < amount_cents <= LARGEST_MANDATE_CENTS:
        wrong["amount_cents"] = (
            "Un mandat va de 1 centime à 10 millions d’euros : relisez le montant."
        )
    if day > today:
        wrong["issued_on"] = "Écrivez le jour du mandat, aujourd’hui au plus tard."
    if cleaned is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "mandate", order=order_id, number=cleaned, amount=amount_cents, on=issued_on
    )
    if record := earlier(session, OrderMandate, mandate_id, digest):
        return record
    hold(session, "order", order_id)
    hold(session, "mandates of order", order_id)
    order = known_order(session, order_id)
    check_not_cancelled(session, order_id)
    approval = queries.approval(session, order_id)
    if approval is None:
        raise OrderNotApproved
    check_mandates_may_change(session, order, on=today)
    if day < approval.approved_on:
        raise InvalidInput(
            issued_on=f"La commande est approuvée depuis le {approval.approved_on:%d/%m/%Y} : "
            "relisez le jour du mandat, qui ne peut pas être plus ancien."
        )
    _check_within(session, order, amount_cents, accept_beyond=accept_beyond)
    sponsor_id = known_programme(session, order.programme_id).sponsor_id
    check_number_is_free(session, sponsor_id, day.year, cleaned)
    record = OrderMandate(
        id=mandate_id,
        request_hash=digest,
        order_id=order_id,
        approved_on=approval.approved_on,
        mandate_number=cleaned,
        issued_on=day,
        amount_cents=amount_cents,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    try:
        session.flush()
    except DBAPIError as error:
        # Statements are above us: only the database sees the numbers that they have used.
        if NUMBER_IS_USED_ONCE in rule_named_by(error):
            raise MandateTaken from error
        raise
    return record


def _check_within(
    session: Session, order: BookletOrder, amount_cents: Cents, *, accept_beyond: bool
) -> None:
    mandated = sum(one.amount_cents for one in queries.mandates_of(session, order.id))
    left = Cents(max(0, totals_of(order).total_cents - mandated))
    if amount_cents > left and not accept_beyond:
        raise MandateBeyondOrder(amount=euros(amount_cents), left=euros(left))


def check_number_is_free(session: Session, sponsor_id: UUID, year: int, number: str) -> None:
    """Refuse a number that an order of the sponsor bears in that year; others wait for us.

    Raises:
        MandateTaken.
    """
    hold(session, "mandate number", sponsor_id, year, number)
    if queries.mandate_of_number(session, sponsor_id, year, number):
        raise MandateTaken


def cancel_mandate(
    session: Session,
    *,
    actor: Actor,
    cancellation_id: UUID,
    mandate_id: UUID,
    reason: str,
    now: datetime,
) -> OrderMandateCancellation:
    """Let a mandat that was recorded wrongly cover nothing any more. Its number is free again.

    Raises:
        UnknownMandate, MandateCancelledAlready, MandateAfterTheEnd.
        MandateCoversActivation: what is active would no longer be covered.
        InvalidInput: no reason.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.RECORD_MANDATE)
    cleaned = clean(reason)
    if cleaned is None:
        raise InvalidInput(reason="Écrivez en quelques mots pourquoi ce mandat est annulé.")
    digest = request_hash("mandate cancellation", mandate=mandate_id, reason=cleaned)
    if record := earlier(session, OrderMandateCancellation, cancellation_id, digest):
        return record
    mandate = queries.mandate(session, mandate_id)
    if mandate is None:
        raise UnknownMandate
    hold(session, "mandates of order", mandate.order_id)
    live = queries.mandates_of(session, mandate.order_id)
    if mandate not in live:
        raise MandateCancelledAlready
    check_mandates_may_change(
        session, known_order(session, mandate.order_id), on=martinique_day(now)
    )
    left = sum(one.amount_cents for one in live) - mandate.amount_cents
    active = queries.activated_cost(session, mandate.order_id)
    if active:
        active = Cents(active + known_order(session, mandate.order_id).fee_cents)
    if left < active:
        raise MandateCoversActivation(active=euros(active), left=euros(left))
    record = OrderMandateCancellation(
        id=cancellation_id,
        request_hash=digest,
        mandate_id=mandate_id,
        order_id=mandate.order_id,
        reason=cleaned,
        cancelled_by=actor.agent_id,
        cancelled_at=now,
    )
    session.add(record)
    session.flush()
    return record
