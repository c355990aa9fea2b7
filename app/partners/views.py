"""What is told of bank details: never a whole IBAN."""

from app.partners.models import BankDetails, BankDetailsApproval
from app.partners.rules import masked_iban
from app.web.api import Json, shown


def bank_details_shown(details: BankDetails, approval: BankDetailsApproval | None) -> Json:
    """An account with who approved it, if anybody has."""
    return shown(
        details,
        iban=masked_iban(details.iban),
        approved_by=approval.approved_by if approval else None,
        approved_at=approval.approved_at if approval else None,
    )
