"""What is told of bank details: never a whole IBAN."""

from app.partners.models import Agreement, BankDetails, BankDetailsApproval
from app.web.api import Json, shown


def bank_details_shown(details: BankDetails, approval: BankDetailsApproval | None) -> Json:
    """An account with who approved it, if anybody has."""
    return shown(
        details,
        iban=details.iban_masked,
        approved_by=approval.approved_by if approval else None,
        approved_at=approval.approved_at if approval else None,
    )


def agreement_shown(agreement: Agreement) -> Json:
    """An agreement, with the fingerprint of its paper in hexadecimal."""
    return shown(agreement, document_sha256=(agreement.document_sha256 or b"").hex() or None)
