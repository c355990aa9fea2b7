"""What is told of people and prescriptions, whole pages at a time."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.database import rows_by
from app.prescribers.models import (
    Beneficiary,
    BeneficiaryIdentity,
    Prescription,
    PrescriptionBooklet,
)
from app.vouchers.queries import booklet_numbers
from app.web.api import Json, shown

IDENTITY = (
    "surname",
    "first_name",
    "birth_year",
    "commune",
    "phone",
    "email",
    "last_contact_on",
)


def beneficiary_shown(person: Beneficiary, who: BeneficiaryIdentity | None) -> Json:
    """A person as their own prescriber sees them."""
    return shown(person, **{name: getattr(who, name, None) for name in IDENTITY})


def prescriptions_shown(session: Session, prescriptions: Sequence[Prescription]) -> list[Json]:
    """Prescriptions with the printed numbers of their booklets."""
    ids = [prescription.id for prescription in prescriptions]
    booklets = rows_by(
        session, PrescriptionBooklet.prescription_id, ids, PrescriptionBooklet.ordinal
    )
    numbers = booklet_numbers(session, {b.booklet_id for rows in booklets.values() for b in rows})
    return [
        shown(
            prescription,
            booklets=[
                {
                    "number": str(numbers[b.booklet_id]),
                    "size": b.booklet_size,
                    "ordinal": b.ordinal,
                }
                for b in booklets[prescription.id]
            ],
        )
        for prescription in prescriptions
    ]
