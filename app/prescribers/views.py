"""What is told of people and prescriptions, whole pages at a time."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.database.rows import rows_by
from app.prescribers.models import (
    Beneficiary,
    BeneficiaryIdentity,
    Prescription,
    PrescriptionBooklet,
    PrescriptionDuplicate,
    PrescriptionException,
    PrescriptionLate,
    PrescriptionRenewal,
    PrescriptionUndo,
)
from app.prescribers.people import Alike
from app.prescribers.referrals import Choice
from app.prescribers.rules import QUESTION_SETS, Rights
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


def alike_shown(alike: Alike) -> Json:
    """Somebody alike: public, count and day, and never a name."""
    return {
        "public": alike.public,
        "booklet_count": alike.booklet_count,
        "last_on": alike.last_on,
        "elsewhere": alike.elsewhere,
        "beneficiary_id": alike.beneficiary_id,
    }


def prescriptions_shown(session: Session, prescriptions: Sequence[Prescription]) -> list[Json]:
    """Prescriptions with the printed numbers of their booklets."""
    ids = [prescription.id for prescription in prescriptions]
    booklets = rows_by(
        session, PrescriptionBooklet.prescription_id, ids, PrescriptionBooklet.ordinal
    )
    numbers = booklet_numbers(session, {b.booklet_id for rows in booklets.values() for b in rows})
    apart = {
        name: {id_: rows[0] for id_, rows in rows_by(session, key, ids).items() if rows}
        for name, key in (
            ("renewal", PrescriptionRenewal.prescription_id),
            ("exception", PrescriptionException.prescription_id),
            ("late", PrescriptionLate.prescription_id),
            ("duplicate", PrescriptionDuplicate.prescription_id),
            ("late", PrescriptionLate.prescription_id),
            ("undo", PrescriptionUndo.prescription_id),
        )
    }

    def reason(name: str, prescription: Prescription) -> Any:  # noqa: ANN401 - each has its own
        return getattr(apart[name].get(prescription.id), "reason", None)

    return [
        shown(
            prescription,
            services=QUESTION_SETS[prescription.question_set].services(prescription.answers),
            duplicate_reason=reason("duplicate", prescription),
            renewal_reason=reason("renewal", prescription),
            exception_reason=reason("exception", prescription),
            late_reason=reason("late", prescription),
            undo_reason=reason("undo", prescription),
            undone_at=getattr(apart["undo"].get(prescription.id), "undone_at", None),
            booklets=[
                {
                    "number": str(numbers[b.booklet_id]),
                    "size": b.booklet_size,
                    "nth": b.ordinal - b.undone_count,
                    "tier": Rights(b.entitled_count, b.renewal_count).tier(
                        b.ordinal - b.undone_count
                    ),
                }
                for b in booklets[prescription.id]
            ],
        )
        for prescription in prescriptions
    ]


def referral_shown(choice: Choice) -> Json:
    """A mediator in the order, and why it stands there."""
    return {
        "mediator_id": choice.place.organisation.id,
        "name": choice.place.organisation.name,
        "commune": choice.place.organisation.commune,
        "reason": choice.reason,
        "services": choice.ranked.fitting,
        "welcomes": choice.ranked.welcomes,
        "distance_km": choice.ranked.distance_km,
        "opens_in_minutes": choice.ranked.opens_in_minutes,
        "behind": choice.ranked.behind,
    }
