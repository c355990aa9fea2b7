"""What the printer of an order needs: the serial number and the code of each pass."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Actor, Right
from app.kernel.codes import VoucherCode
from app.kernel.serials import SerialNumber
from app.orders import queries
from app.orders.errors import OrderNotSent
from app.orders.service import known_order
from app.programmes.keys import KeyStore
from app.programmes.service import known_vintage
from app.vouchers.models import Booklet
from app.vouchers.service import codes_of, vintage_key


def codes_to_print(
    session: Session, *, actor: Actor, order_id: UUID, keys: KeyStore
) -> Iterator[tuple[SerialNumber, VoucherCode]]:
    """Every pass of a sent order, booklet by booklet, delivered or not: printing comes first.

    Codes are worth nothing before their pass is issued, and are kept nowhere.

    Raises:
        RightMissing, UnknownOrder.
        OrderNotSent: no serial is allotted yet.
        KeyMissing, VintageKeyMismatch: codes cannot be derived here.
    """
    actor.check(Right.PREPARE_ORDER)
    order = known_order(session, order_id)
    allotted = queries.allotments(session, order_id)
    if not allotted:
        raise OrderNotSent
    terms = known_vintage(session, order.vintage_id)
    vintage_key(keys, terms)
    return (
        printed
        for part in allotted
        for place in range(part.serials.count // part.booklet_size)
        for printed in codes_of(
            Booklet(
                vintage_id=terms.vintage_id,
                number=part.first_booklet + place,
                size=part.booklet_size,
                first_serial=part.serials.first + place * part.booklet_size,
            ),
            terms,
            keys,
        )
    )
