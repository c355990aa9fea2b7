"""Recording labels and applications for one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.database import earlier
from app.identity.rules import Actor, Right
from app.kernel.clock import FIRST_DAY, LAST_DAY
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean
from app.mediators import queries
from app.mediators.errors import NoLabelInForce
from app.mediators.models import Label, LabelApplication
from app.partners.rules import AgreementRole
from app.partners.service import agreement_in_force, known_organisation, wrong_period


def apply_for_label(
    session: Session,
    *,
    actor: Actor,
    application_id: UUID,
    organisation_id: UUID,
    applied_on: date,
    now: datetime,
) -> LabelApplication:
    """Record that an organisation asked for the label.

    Raises:
        UnknownOrganisation: nobody has that id.
        InvalidInput: the day is out of bounds.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    if not FIRST_DAY <= applied_on <= LAST_DAY:
        raise InvalidInput(applied_on="Écrivez un jour entre 2000 et 2099.")
    digest = request_hash("label application", organisation=organisation_id, on=applied_on)
    if record := earlier(session, LabelApplication, application_id, digest):
        return record
    known_organisation(session, organisation_id)
    record = LabelApplication(
        id=application_id,
        request_hash=digest,
        organisation_id=organisation_id,
        applied_on=applied_on,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def grant_label(
    session: Session,
    *,
    actor: Actor,
    label_id: UUID,
    organisation_id: UUID,
    reference: str,
    valid_from: date,
    valid_until: date,
    now: datetime,
) -> Label:
    """Record the label of a mediator, from a day to a day, both included.

    Raises:
        UnknownOrganisation: nobody has that id.
        InvalidInput: the days are out of bounds or the wrong way round, or the reference is empty.
        IdAlreadyUsed: the id came earlier with another content.
    """
    actor.check(Right.MANAGE_PARTNERS)
    wrong = wrong_period(valid_from, valid_until)
    cleaned = clean(reference)
    if cleaned is None:
        wrong["reference"] = "Écrivez la référence du label."
    if cleaned is None or wrong:
        raise InvalidInput(**wrong)
    digest = request_hash(
        "label",
        organisation=organisation_id,
        reference=cleaned,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    if record := earlier(session, Label, label_id, digest):
        return record
    known_organisation(session, organisation_id)
    record = Label(
        id=label_id,
        request_hash=digest,
        organisation_id=organisation_id,
        reference=cleaned,
        valid_from=valid_from,
        valid_until=valid_until,
        recorded_by=actor.agent_id,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    return record


def check_receives_people(session: Session, organisation_id: UUID, *, on: date) -> None:
    """Refuse to send people to a place that could not take their passes that day.

    Raises:
        UnknownOrganisation, NoAgreementInForce, NoLabelInForce.
    """
    agreement_in_force(session, organisation_id, AgreementRole.MEDIATOR, on=on)
    if queries.label_in_force(session, organisation_id, on=on) is None:
        raise NoLabelInForce(
            organisation=known_organisation(session, organisation_id).name, day=f"{on:%d/%m/%Y}"
        )
