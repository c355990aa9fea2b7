"""Files of clearing as they leave, by a page or by the API: statements, payments, debit notes."""

from uuid import UUID

from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.clearing import debit_notes, documents, statements
from app.clearing.papers import debit_note_pdf, statement_csv, statement_pdf
from app.clearing.payment_file import payment_file
from app.config import Settings
from app.partners.vault import BankVault
from app.web.auth import current_actor, started_at, started_on
from app.web.downloads import CSV, PDF, download
from app.web.transaction import current_settings, in_transaction

STATEMENT = {"pdf": PDF, "csv": CSV}
RENDER = {"pdf": statement_pdf, "csv": statement_csv}


def site() -> str:
    """What papers print before a path: in capitals, so that a QR code stays small."""
    return site_of(current_settings())


def site_of(settings: Settings) -> str:
    """The same for what is made outside a request."""
    return settings.public_url.rstrip("/").upper()


def statement_file(statement_id: UUID, form: str) -> Response:
    """A statement on paper or for a spreadsheet: the same bytes each time, once approved."""

    def work(session: Session) -> tuple[bytes, str]:
        standing = statements.known_standing(
            session, actor=current_actor(), statement_id=statement_id
        )
        content = documents.statement_document(
            session, standing, form, render=RENDER[form], address=site(), now=started_at()
        )
        return content, documents.number_of(standing) or "projet-de-bordereau"

    content, name = in_transaction(work)
    return download(content, f"{name}.{form}", STATEMENT[form])


def payments_to_order(issuer_id: UUID | None = None) -> Response:
    """What the authority is to pay, for the finance software, or an issuer; accounts in clear."""
    vault = BankVault(current_settings().key_dir)
    content = in_transaction(
        lambda session: payment_file(
            session, actor=current_actor(), vault=vault, issuer_id=issuer_id
        )
    )
    name = "liste-pour-emetteur" if issuer_id else "paiements"
    return download(content, f"{name}-{started_on():%Y-%m-%d}.csv", CSV)


def debit_note_file(debit_note_id: UUID) -> Response:
    """A debit note on paper."""

    def work(session: Session) -> tuple[bytes, str]:
        note = debit_notes.known_debit_note(
            session, actor=current_actor(), debit_note_id=debit_note_id
        )
        content = debit_note_pdf(documents.debit_note_paper(session, note))
        return content, debit_notes.note_number(note)

    content, number = in_transaction(work)
    return download(content, f"{number}.pdf", PDF)
