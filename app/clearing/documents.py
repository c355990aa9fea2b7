"""Papers of statements: rendered on demand from what is frozen, and the same each time."""

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.clearing import queries
from app.clearing.errors import DocumentDiffers, StatementNotApproved
from app.clearing.models import StatementDocument
from app.database import hold
from app.kernel.clock import martinique_day
from app.programmes import numbering

LAYOUT = 1
"""Raised when a release draws the paper differently: its first digest is then kept anew."""


def rendered_document(
    session: Session, statement_id: UUID, form: str, content: bytes, *, now: datetime
) -> bytes:
    """The paper of an approved statement, once its digest is kept, or is the one kept.

    Raises:
        StatementNotApproved: a draft has no paper to keep.
        DocumentDiffers: it was rendered before, and was another one.
    """
    approval = queries.approval_of(session, statement_id)
    if approval is None:
        raise StatementNotApproved
    digest = hashlib.sha256(content).digest()
    hold(session, "statement document", statement_id, form)
    kept = queries.document_of(session, statement_id, form, LAYOUT)
    if kept is None:
        session.add(
            StatementDocument(
                statement_id=statement_id,
                form=form,
                layout=LAYOUT,
                sha256=digest,
                rendered_at=now,
            )
        )
        session.flush()
    elif kept.sha256 != digest:
        raise DocumentDiffers(
            number=numbering.written(numbering.STATEMENT, approval.year, approval.number),
            rendered_on=f"{martinique_day(kept.rendered_at):%d/%m/%Y}",
        )
    return content
