"""« Pièces »: the supporting documents of a period on one page, and in one archive."""

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clearing.files import site
from app.database import Database
from app.identity.rules import Right
from app.programmes.queries import is_demonstration
from app.reports.evidence import FOLDERS, Asking, Piece, counted, pieces_of, write_archive
from app.reports.register_pages import Period, asked_period, status, strict_period
from app.web.auth import check, current_actor, started_at
from app.web.downloads import ZIP, download_written
from app.web.transaction import in_transaction, in_transactions_of_its_own

bp = Blueprint("evidence_pages", __name__)


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """How many documents of each kind a period has."""

    period: Period
    counts: dict[str, int]
    labels: dict[str, str]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


@bp.get("/pieces")
def listed() -> ResponseReturnValue:
    """What the archive of a period holds."""
    check(Right.SEE_LEDGER)
    period = asked_period()
    counts = counted(in_transaction(lambda session: _pieces(session, period))[0])
    page = EvidencePage(period, counts, FOLDERS)
    return render_template("registers/evidence.html", page=page), status(period)


@bp.get("/pieces/archive.zip")
def archive() -> ResponseReturnValue:
    """The archive: documents are made one after the other, so no other act waits for it."""
    check(Right.SEE_LEDGER)
    period = strict_period()
    pieces, specimen = in_transaction(lambda session: _pieces(session, period))

    def made(database: Database) -> ResponseReturnValue:
        return download_written(
            lambda out: write_archive(out, database, pieces, specimen=specimen),
            f"pieces-{period.since:%Y-%m-%d}-{period.until:%Y-%m-%d}.zip",
            ZIP,
        )

    return in_transactions_of_its_own(made)


def _pieces(session: Session, period: Period) -> tuple[list[Piece], bool]:
    specimen = is_demonstration(session)
    asking = Asking(
        current_actor(), period.since, period.until, site(), started_at(), specimen=specimen
    )
    return pieces_of(session, asking), specimen
