"""The right to hold passes: a public body has it by a régie or by a mandate, until its last day."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Actor, Right
from app.kernel.ids import request_hash
from app.mediators import queries
from app.mediators.errors import (
    CashOfficeClosedAlready,
    CashOfficeMissing,
    NoRightToHold,
    UnknownCashOffice,
)
from app.mediators.models import CashOffice, CashOfficeClosure
from app.partners.agreements import end_early
from app.partners.service import known_organisation


def check_may_hold(session: Session, organisation_id: UUID, *, on: date) -> None:
    """Refuse that a public body without régie or mandate that day receives or hands over booklets.

    What it holds it may return at any time.

    Raises:
        UnknownOrganisation, NoRightToHold.
    """
    organisation = known_organisation(session, organisation_id)
    if not queries.among_those_who(session, queries.may_hold(on), [organisation_id]):
        raise NoRightToHold(organisation=organisation.name, day=f"{on:%d/%m/%Y}")


def check_may_cash(session: Session, organisation_id: UUID, *, on: date) -> None:
    """Refuse that a public body takes passes without a régie de recettes or a mandate that day.

    Raises:
        UnknownOrganisation, CashOfficeMissing.
    """
    organisation = known_organisation(session, organisation_id)
    if not queries.among_those_who(session, queries.may_cash(on), [organisation_id]):
        raise CashOfficeMissing(organisation=organisation.name, day=f"{on:%d/%m/%Y}")


def known_cash_office(
    session: Session, cash_office_id: UUID, *, organisation_id: UUID | None = None
) -> CashOffice:
    """The régie of that id, of that organisation when one is named.

    Raises:
        UnknownCashOffice: there is none.
    """
    office = queries.cash_office(session, cash_office_id)
    if office is None or organisation_id not in {None, office.organisation_id}:
        raise UnknownCashOffice
    return office


def close_cash_office(
    session: Session,
    *,
    actor: Actor,
    closure_id: UUID,
    cash_office_id: UUID,
    from_on: date,
    reason: str,
    now: datetime,
) -> CashOfficeClosure:
    """End a régie early: from that day it gives no right, and what happened before stays.

    Raises:
        UnknownCashOffice, CashOfficeClosedAlready.
        InvalidInput: no reason, or the day is past or not one of its days.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    office = known_cash_office(session, cash_office_id)
    return end_early(
        session,
        CashOfficeClosure,
        actor=actor,
        closure_id=closure_id,
        digest=request_hash(
            "cash office closure", cash_office=cash_office_id, on=from_on, reason=reason
        ),
        ended=office,
        there=lambda: queries.closure_of(session, cash_office_id),
        refusal=CashOfficeClosedAlready,
        from_on=from_on,
        reason=reason,
        now=now,
        cash_office_id=cash_office_id,
        kind=office.kind,
    )
