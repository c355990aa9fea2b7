"""What is told of bank details: never a whole IBAN."""

from base64 import b64encode

from app.partners.models import (
    Agreement,
    AgreementClosure,
    AgreementFile,
    BankDetails,
    BankDetailsApproval,
)
from app.web.api import Json, shown


def bank_details_shown(details: BankDetails, approval: BankDetailsApproval | None) -> Json:
    """An account with who approved it, if anybody has."""
    return shown(
        details,
        iban=details.iban_masked,
        approved_by=approval.approved_by if approval else None,
        approved_at=approval.approved_at if approval else None,
    )


def agreement_shown(agreement: Agreement, closure: AgreementClosure | None) -> Json:
    """An agreement, with the fingerprint of its paper in hexadecimal, and its early end."""
    return shown(
        agreement,
        document_sha256=(agreement.document_sha256 or b"").hex() or None,
        ends_from=closure.from_on if closure else None,
        ended_because=closure.reason if closure else None,
    )


def file_shown(file: AgreementFile) -> Json:
    """A signed paper without its content."""
    return shown(file, sha256=file.sha256.hex())


def file_with_content(file: AgreementFile) -> Json:
    """A signed paper, whole."""
    return shown(file, sha256=file.sha256.hex(), content=b64encode(file.content).decode())
