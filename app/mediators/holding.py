"""The right to hold passes: a public body has it by a régie or by a mandate, until its last day."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.identity.rules import Actor, Right
from app.kernel.errors import DomainError
from app.kernel.ids import request_hash
from app.mediators import queries
from app.mediators.errors import (
    CashOfficeClosedAlready,
    CashOfficeMissing,
    NoLabelInForce,
    NoRightToHold,
    UnknownCashOffice,
)
from app.mediators.models import CashOffice, CashOfficeClosure
from app.mediators.rules import CashOfficeKind
from app.partners import queries as partners
from app.partners.agreements import end_early
from app.partners.errors import NoAgreementInForce, OrganisationSucceeded
from app.partners.models import Agreement, Closed
from app.partners.rules import FRENCH_AGREEMENT_ROLE, AgreementRole
from app.partners.service import known_organisation

ONE_DAY = timedelta(days=1)


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


def refusal_to_take(
    *,
    named: Callable[[], str],
    on: date,
    succession: tuple[str, date] | None,
    labelled: bool,
    agreed: bool,
    may_cash: bool,
) -> DomainError | None:
    """Why a mediator takes no pass that day, if it takes none; the first reason of several.

    Attributes:
        named: reads the mediator's name, which only a refusal needs.
        succession: who took over from it, and since when.
    """
    if succession is not None:
        successor, since = succession
        return OrganisationSucceeded(
            organisation=named(), successor=successor, day=f"{since:%d/%m/%Y}"
        )
    day = f"{on:%d/%m/%Y}"
    if not labelled:
        return NoLabelInForce(organisation=named(), day=day)
    if not agreed:
        role = FRENCH_AGREEMENT_ROLE[AgreementRole.MEDIATOR]
        return NoAgreementInForce(organisation=named(), role=role, day=day)
    return None if may_cash else CashOfficeMissing(organisation=named(), day=day)


def takes_until(session: Session, organisation_id: UUID, *, on: date) -> date:
    """The last day on which a mediator takes passes, as far as is known that day.

    Its label, its agreement and, of a public body, a régie or a mandate must last; each may end
    early, and another may take over.

    Raises:
        UnknownOrganisation, OrganisationSucceeded, NoLabelInForce, NoAgreementInForce,
        CashOfficeMissing.
    """
    organisation = known_organisation(session, organisation_id)
    succession = partners.succession_of(session, organisation_id)
    label = queries.label_in_force(session, organisation_id, on=on)
    signed = partners.agreements_of(session, organisation_id)
    closed = partners.closures_of(session, organisation_id)
    agreed, mandated = (
        _last_day([one for one in signed if one.role == role], closed, on=on)
        for role in (AgreementRole.MEDIATOR, AgreementRole.MANDATE)
    )
    offices = queries.cash_offices_of(session, organisation_id)
    cashing = _last_day(
        [one for one in offices if one.kind != CashOfficeKind.ADVANCES],
        queries.closures_of(session, organisation_id),
        on=on,
    )
    may_cash_until = max((end for end in (mandated, cashing) if end is not None), default=None)
    gone = succession if succession is not None and succession.from_on <= on else None
    refusal = refusal_to_take(
        named=lambda: organisation.name,
        on=on,
        succession=(known_organisation(session, gone.successor_id).name, gone.from_on)
        if gone
        else None,
        labelled=label is not None,
        agreed=agreed is not None,
        may_cash=not organisation.public_body or may_cash_until is not None,
    )
    if refusal is not None:
        raise refusal
    days = [label.valid_until if label else None, agreed]
    if organisation.public_body:
        days.append(may_cash_until)
    if succession is not None:
        days.append(succession.from_on - ONE_DAY)
    return min(day for day in days if day is not None)


def _last_day(
    periods: Iterable[Agreement | CashOffice], closures: Mapping[UUID, Closed], *, on: date
) -> date | None:
    """The last day of those that are in force, each until it ends or is ended early."""
    return max(
        (
            end
            for one in periods
            if one.valid_from
            <= on
            <= (
                end := closures[one.id].from_on - ONE_DAY if one.id in closures else one.valid_until
            )
        ),
        default=None,
    )


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
