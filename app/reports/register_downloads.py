"""A whole register as a file that leaves by a page or by the API."""

from datetime import date
from typing import BinaryIO
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from app.kernel.errors import InvalidInput
from app.reports import register_papers, registers
from app.reports.register_papers import MOST_PRINTED
from app.web.auth import current_actor, started_at
from app.web.downloads import FORMATS, download_written
from app.web.format import count
from app.web.transaction import in_transaction


def register_download(
    holder_id: UUID, vintage_id: int, since: date, until: date, ending: str
) -> Response:
    """A register as a file: its rows are written as they are read.

    Raises:
        InvalidInput: there are too many for paper.
    """

    def write(out: BinaryIO) -> None:
        def work(session: Session) -> None:
            known = registers.register_of(
                session,
                actor=current_actor(),
                holder_id=holder_id,
                vintage_id=vintage_id,
                since=since,
                until=until,
                now=started_at(),
            )
            journal = registers.Journal.of(session, known)
            if ending == "pdf" and registers.is_longer_than(session, journal, MOST_PRINTED):
                sentence = (
                    f"Ce registre a plus de {count(MOST_PRINTED)} lignes : trop pour du papier. "
                    "Prenez le CSV ou le XLSX, ou une période plus courte."
                )
                raise InvalidInput(format=sentence)
            entries = registers.entries(session, known)
            register_papers.write_register(out, known, entries, ending=ending)

        in_transaction(work)

    name = f"registre-{since:%Y-%m-%d}-{until:%Y-%m-%d}.{ending}"
    return download_written(write, name, FORMATS[ending])
