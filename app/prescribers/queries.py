"""Looking people and prescriptions up."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.prescribers.models import (
    Beneficiary,
    BeneficiaryIdentity,
    Prescription,
    PrescriptionBooklet,
)


def beneficiary(session: Session, beneficiary_id: UUID) -> Beneficiary | None:
    """The person of that id, without a name."""
    return session.get(Beneficiary, beneficiary_id)


def identity(session: Session, beneficiary_id: UUID) -> BeneficiaryIdentity | None:
    """Who the person is, unless that was purged."""
    return session.get(BeneficiaryIdentity, beneficiary_id)


def beneficiaries_after(
    session: Session, after: UUID | None, *, limit: int, prescriber_id: UUID
) -> list[tuple[Beneficiary, BeneficiaryIdentity | None]]:
    """The people of one prescriber in the order of their ids, from after that one."""
    query = (
        select(Beneficiary, BeneficiaryIdentity)
        .outerjoin(BeneficiaryIdentity, BeneficiaryIdentity.beneficiary_id == Beneficiary.id)
        .where(Beneficiary.prescriber_id == prescriber_id)
        .order_by(Beneficiary.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Beneficiary.id > after)
    return [(person, who) for person, who in session.execute(query)]


def booklets_received(session: Session, programme_id: UUID, beneficiary_id: UUID) -> int:
    """How many booklets a person has received in a programme."""
    return (
        session.scalar(
            select(func.count()).where(
                PrescriptionBooklet.programme_id == programme_id,
                PrescriptionBooklet.beneficiary_id == beneficiary_id,
            )
        )
        or 0
    )


def prescription(session: Session, prescription_id: UUID) -> Prescription | None:
    """The prescription of that id."""
    return session.get(Prescription, prescription_id)


def prescriptions_after(
    session: Session, after: UUID | None, *, limit: int, prescriber_id: UUID
) -> list[Prescription]:
    """The prescriptions of one prescriber in the order of their ids, from after that one."""
    query = (
        select(Prescription)
        .where(Prescription.prescriber_id == prescriber_id)
        .order_by(Prescription.id)
        .limit(limit)
    )
    return list(session.scalars(query if after is None else query.where(Prescription.id > after)))
