"""What no longer makes sense for the orders of a vintage whose days are over.

Triggers say it too, by the day of the instant that each row keeps: migration 0037.
"""

from datetime import date

from sqlalchemy.orm import Session

from app.orders import queries
from app.orders.errors import MandateAfterTheEnd, OrderOfEndedVintage, PassesServeNoMore
from app.orders.models import BookletOrder
from app.programmes import queries as programmes
from app.programmes.models import VintageTerms
from app.programmes.rules import Payer
from app.programmes.service import known_vintage


def is_over(terms: VintageTerms, on: date) -> bool:
    """Whether its booklets are no longer handed out: nothing of it is ordered any more."""
    return terms.valid_until < on


def serves_no_more(terms: VintageTerms, on: date) -> bool:
    """Whether the tolerance is over too: its passes can be used by nobody, and expire."""
    return terms.last_redemption_on < on


def serving(session: Session, on: date) -> set[int]:
    """Vintages whose passes can still be used."""
    vintages = programmes.all_vintages(session).items()
    return {vintage_id for vintage_id, terms in vintages if not serves_no_more(terms, on)}


def check_may_be_ordered(session: Session, vintage_id: int, *, on: date) -> None:
    """Refuse to order, approve or send what nobody could hand out.

    Raises:
        OrderOfEndedVintage.
    """
    terms = known_vintage(session, vintage_id)
    if is_over(terms, on):
        raise OrderOfEndedVintage(label=terms.label, day=f"{terms.valid_until:%d/%m/%Y}")


def check_may_serve(session: Session, vintage_id: int, *, on: date) -> None:
    """Refuse to receive or to put in service what nobody could use.

    Raises:
        PassesServeNoMore.
    """
    terms = known_vintage(session, vintage_id)
    if serves_no_more(terms, on):
        raise PassesServeNoMore(label=terms.label, day=f"{terms.last_redemption_on:%d/%m/%Y}")


def mandates_may_change(
    terms: VintageTerms, order: BookletOrder, *, delivered: bool, on: date
) -> bool:
    """Whether mandates of an order are still recorded or cancelled.

    After the tolerance one may be due still for the printing of what came; never the face value
    of what expired: the accounts of the vintage are closed with the mandates there were.
    """
    return not serves_no_more(terms, on) or (order.payer == Payer.AUTHORITY and delivered)


def check_mandates_may_change(session: Session, order: BookletOrder, *, on: date) -> None:
    """Refuse a mandat that would pay for what expired, or for what never came.

    Raises:
        MandateAfterTheEnd.
    """
    terms = known_vintage(session, order.vintage_id)
    delivered = bool(queries.deliveries_of(session, order.id))
    if not mandates_may_change(terms, order, delivered=delivered, on=on):
        raise MandateAfterTheEnd(label=terms.label, day=f"{terms.last_redemption_on:%d/%m/%Y}")
