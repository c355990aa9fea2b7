"""A vintage whose days are over: what would be wrong is refused, and not asked of anybody."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.database.connections import Database
from app.desk.service import waiting
from app.kernel.clock import end_of_day
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.orders import mandates, queries, service
from app.orders.errors import MandateAfterTheEnd, OrderOfEndedVintage, PassesServeNoMore
from app.orders.models import OrderApproval
from app.orders.rules import SerialRange
from app.programmes.rules import Payer
from app.programmes.service import known_vintage
from tests.factories import Scheme


@pytest.mark.parametrize("payer", list(Payer))
def test_nothing_of_an_ended_vintage_is_ordered_received_or_put_in_service(
    database: Database, tmp_path: Path, payer: Payer
) -> None:
    # Given two orders that never left, one that left for nothing, and one that came in half, inert.
    with database.transaction() as session:
        scheme = Scheme.ready(session, tmp_path, payer=payer)
        prepared, approved = (scheme.prepared_order(session, tens=2, fives=0) for _ in range(2))
        approve(scheme, session, approved)
        nothing_came, half_came = (scheme.sent_order(session, tens=2, fives=0) for _ in range(2))
        [allotted] = queries.allotments(session, half_came)
        first = allotted.serials.first
        delivery_id = scheme.delivery(session, half_came, [SerialRange(first, first + 9)])
        scheme.allocation(session, *stocked(scheme, session), accept=False)
        paid = scheme.mandate(session, half_came, 100).id
    scheme.now += timedelta(days=8)
    assert titles(database, scheme, "finance") >= {"Approuver", "Mettre"}
    assert "Relancer" in titles(database, scheme, "coordinator")

    # When the last day of validity is over, in Martinique, they can only be cancelled.
    with database.transaction() as session:
        terms = known_vintage(session, scheme.vintage_id)
        scheme.now = end_of_day(terms.valid_until) - timedelta(seconds=1)
        scheme.prepared_order(session, tens=2, fives=0)
    scheme.now += timedelta(seconds=1)
    refused(database, OrderOfEndedVintage, lambda s: scheme.prepared_order(s, tens=2, fives=0))
    refused(database, OrderOfEndedVintage, lambda s: approve(scheme, s, prepared))
    refused(
        database,
        OrderOfEndedVintage,
        lambda s: service.send_order(
            s, actor=scheme.actors["coordinator"], order_id=approved, now=scheme.now
        ),
    )
    assert "Mettre" in titles(database, scheme, "finance"), "passes serve during the tolerance"

    # And when the tolerance is, nothing comes in, and nothing is put in service.
    scheme.now += terms.last_redemption_on - terms.valid_until
    rest = [SerialRange(first + 10, first + 19)]
    refused(database, PassesServeNoMore, lambda s: scheme.delivery(s, half_came, rest))
    refused(database, PassesServeNoMore, lambda s: scheme.activated(s, delivery_id))
    # What came was printed, so it may be paid still: but not the face value of what expires.
    refused(database, MandateAfterTheEnd, lambda s: scheme.mandate(s, nothing_came, 100))
    if payer == Payer.ISSUER:
        refused(database, MandateAfterTheEnd, lambda s: scheme.mandate(s, half_came, 100))
        refused(
            database,
            MandateAfterTheEnd,
            lambda s: mandates.cancel_mandate(
                s,
                actor=scheme.actors["finance"],
                cancellation_id=new_id(),
                mandate_id=paid,
                reason="Erreur",
                now=scheme.now,
            ),
        )
    else:
        with database.transaction() as session:
            scheme.mandate(session, half_came, 100)
    for who in ("finance", "coordinator"):
        asked = titles(database, scheme, who)
        assert "Annuler" in asked
        assert not asked & {"Approuver", "Envoyer", "Mettre", "Relancer", "Compter"}


def stocked(scheme: Scheme, session: Session) -> tuple[int, int]:
    """The numbers of two booklets more that are active."""
    order_id = scheme.stock(session, tens=2, fives=0)
    [allotted] = queries.allotments(session, order_id)
    return allotted.first_booklet, allotted.last_booklet


def approve(scheme: Scheme, session: Session, order_id: UUID) -> OrderApproval:
    """Somebody else approves it."""
    return service.approve_order(
        session, actor=scheme.actors["coordinator2"], order_id=order_id, now=scheme.now
    )


def refused(database: Database, error: type[DomainError], act: Callable[[Session], object]) -> None:
    """The act is refused, and told with the day."""
    with database.transaction() as session, pytest.raises(error) as told:
        act(session)
    assert "/20" in told.value.message


def titles(database: Database, scheme: Scheme, who: str) -> set[str]:
    """The first words of what waits for somebody today."""
    with database.transaction(writing=False) as session:
        tasks = waiting(session, actor=scheme.actors[who], today=scheme.today)
        return {task.title.split()[0] for task in tasks}
