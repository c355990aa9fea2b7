"""What is told of allocations, people and prescriptions, whole pages at a time."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app import ledger
from app.database import rows_by
from app.ledger.models import Voucher
from app.prescribers.models import (
    Allocation,
    AllocationRange,
    AllocationReceipt,
    Beneficiary,
    BeneficiaryIdentity,
    Prescription,
    PrescriptionBooklet,
)
from app.prescribers.schemas import AllocationState
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


def allocations_shown(session: Session, allocations: Sequence[Allocation]) -> list[Json]:
    """Allocations with their booklets by printed number, and who signed for them."""
    ids = [allocation.id for allocation in allocations]
    ranges = rows_by(session, AllocationRange.allocation_id, ids, AllocationRange.first_voucher_id)
    receipts = rows_by(session, AllocationReceipt.allocation_id, ids)
    ends = {i for r in ranges.values() for x in r for i in (x.first_voucher_id, x.last_voucher_id)}
    booklet_of = {v.id: v.booklet_id for v in ledger.voucher_states(session, Voucher.id.in_(ends))}
    numbers = booklet_numbers(session, booklet_of.values())

    def one(allocation: Allocation) -> Json:
        receipt = next(iter(receipts[allocation.id]), None)
        return shown(
            allocation,
            state=AllocationState.RECEIVED if receipt else AllocationState.IN_TRANSIT,
            booklets=[
                {
                    "first": str(numbers[booklet_of[r.first_voucher_id]]),
                    "last": str(numbers[booklet_of[r.last_voucher_id]]),
                    "voucher_count": r.last_voucher_id - r.first_voucher_id + 1,
                }
                for r in ranges[allocation.id]
            ],
            received_by=receipt.received_by if receipt else None,
            received_at=receipt.received_at if receipt else None,
        )

    return [one(allocation) for allocation in allocations]


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
