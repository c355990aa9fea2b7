"""Numbers of documents: gapless in a year, whoever asks at the same moment."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.programmes.models import DocumentCounter

TAKEOVER = "PVR"
ORDER, DELIVERY, ALLOCATION, PRESCRIPTION, STATEMENT = "BC", "LIV", "DOT", "RM", "BR"
RETURN, TRANSFER, BOOKLET_REQUEST = "RET", "TRF", "DEM"
PRINTING, DEBIT_NOTE = "IMP", "TR"
SERIAL_FILE, STOCK_COUNT = "FIC", "PVC"
BLOCK, REPLACEMENT, WRITE_OFF = "OPP", "RPL", "PVD"
JOINT_STATEMENT, CREDIT_NOTE, RELEASE = "ECT", "AV", "LIB"


def next_number(session: Session, prefix: str, year: int) -> int:
    """The next number of that kind and year; the next taker waits until this transaction ends.

    A transaction that fails gives its number back, so no number is ever missing.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(DocumentCounter).values(prefix=prefix, year=year, last_number=1)
    statement = statement.on_conflict_do_update(
        index_elements=[DocumentCounter.prefix, DocumentCounter.year],
        set_={"last_number": DocumentCounter.last_number + 1},
    )
    number: int = session.execute(statement.returning(DocumentCounter.last_number)).scalar_one()
    return number


def written(prefix: str, year: int, number: int) -> str:
    """As printed: BC-2026-001, BR-2026-0028."""
    return f"{prefix}-{year}-{number:04d}"


def next_document_number(session: Session, prefix: str, year: int) -> str:
    """The next number, as printed."""
    return written(prefix, year, next_number(session, prefix, year))
