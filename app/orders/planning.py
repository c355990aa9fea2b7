"""How many booklets to order for the people expected, with the arithmetic that says so."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.orders import queries, rules
from app.orders.errors import (
    NothingPlanned,
)
from app.orders.models import (
    OrderPlan,
    OrderPlanLine,
    OrderPlanStock,
)
from app.orders.rules import (
    Plan,
)
from app.programmes import queries as programmes
from app.programmes.rules import Entitled, Public
from app.programmes.service import known_programme, settings_on

MOST_PEOPLE = 1_000_000
SAMPLE = 500
"""The latest passes used, of which the planner tells the delay."""


def plan_order(
    session: Session,
    *,
    actor: Actor,
    programme_id: UUID,
    people: Mapping[Public, int],
    now: datetime,
) -> Plan:
    """How many booklets to order for so many people: what they need, less what can still serve.

    Usable are whole booklets in CAP Nord's stock, active or inert, of vintages that still serve,
    and what orders already sent will bring. Drawers of prescribers are not: they serve the people
    whom those prescribers meet. Nothing is written.

    Raises:
        RightMissing, UnknownProgramme.
        NothingPlanned: nobody is expected.
        InvalidInput: more people than anybody could mean, or a public without entitlement.
    """
    actor.check(Right.PREPARE_ORDER)
    programme = known_programme(session, programme_id)
    wrong = {
        str(public): f"Écrivez un nombre de personnes de 0 à {MOST_PEOPLE:,}.".replace(",", " ")
        for public, count in people.items()
        if not 0 <= count <= MOST_PEOPLE
    }
    settings = settings_on(session, programme_id, martinique_day(now))
    entitled = [
        Entitled(Public(e.public), e.booklet_size, e.booklet_count)
        for e in programmes.entitlements_of(session, settings.id)
    ]
    for public in {p for p, count in people.items() if count} - {e.public for e in entitled}:
        wrong[str(public)] = "Ce dispositif ne prévoit rien pour ce public : laissez 0."
    if wrong:
        raise InvalidInput(**wrong)
    if not any(people.values()):
        raise NothingPlanned
    vintages = [
        terms.vintage_id
        for terms in programmes.vintages_of(session, programme_id)
        if terms.valid_until >= martinique_day(now)
    ]
    return rules.plan(
        people,
        entitled,
        queries.stock_by_size(session, programme.sponsor_id, vintages),
        measured_so_far(session, programme_id),
    )


def measured_so_far(session: Session, programme_id: UUID) -> rules.Measured:
    """Passes handed out and used in a programme, and how long the latest ones took."""
    vintages = {terms.vintage_id for terms in programmes.vintages_of(session, programme_id)}
    reading = ledger.Reading(session)

    def moved(start: ledger.AccountKind, to: ledger.AccountKind) -> int:
        net = ledger.net(start, to)
        return sum(
            net.sign(one.kind, one.debit_kind, one.credit_kind) * one.voucher_count
            for one in reading.by_month
            if one.vintage_id in vintages
        )

    kinds = ledger.AccountKind
    delays = queries.latest_delays(session, vintages, limit=SAMPLE)
    return rules.Measured(
        issued_count=moved(kinds.PRESCRIBER, kinds.CIRCULATION),
        redeemed_count=moved(kinds.CIRCULATION, kinds.REDEEMED),
        delay_days=rules.delay_in_days(
            [(martinique_day(given), martinique_day(used)) for given, used in delays]
        ),
    )


def keep_plan(session: Session, order_id: UUID, plan: Plan) -> None:
    """Keep what an order was planned from, with the order."""
    session.add(
        OrderPlan(
            order_id=order_id,
            issued_count=plan.measured.issued_count,
            redeemed_count=plan.measured.redeemed_count,
            delay_days=plan.measured.delay_days,
        )
    )
    session.flush()
    session.add_all(
        OrderPlanLine(
            order_id=order_id,
            public=p.public,
            person_count=p.person_count,
            booklet_size=p.booklet_size,
            booklet_count=p.booklet_count,
        )
        for p in plan.publics
    )
    session.add_all(
        OrderPlanStock(
            order_id=order_id,
            booklet_size=s.booklet_size,
            active_count=s.active_count,
            inert_count=s.inert_count,
            expected_count=s.expected_count,
            prepared_count=s.prepared_count,
        )
        for s in plan.stock
    )
    session.flush()
