"""What is told of bank details: never a whole IBAN."""

from base64 import b64encode

from app.partners.models import (
    Agreement,
    AgreementClosure,
    AgreementFile,
)
from app.partners.queries import NamedAccount
from app.web.api import Json, shown


def account_shown(account: NamedAccount) -> Json:
    """An account with who approved or refused it, if anybody has."""
    approval, refusal = account.approval, account.refusal
    return shown(
        account.details,
        iban=account.details.iban_masked,
        state=account.state,
        approved_by=approval.approved_by if approval else None,
        approved_at=approval.approved_at if approval else None,
        refused_by=refusal.refused_by if refusal else None,
        refused_at=refusal.refused_at if refusal else None,
        refused_because=refusal.reason if refusal else None,
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
