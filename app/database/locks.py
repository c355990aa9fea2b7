"""Sending twice, and arriving together: whoever comes second waits, and finds what was done."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import Record
from app.database.connections import dialect_of
from app.kernel.errors import IdAlreadyUsed

RecordT = TypeVar("RecordT", bound=Record)


def hold(session: Session, *what: object) -> None:
    """Wait until nobody else holds this, and hold it until the transaction ends.

    SQLite's writers already stand in one line. PostgreSQL: an advisory lock, since a row lock
    would need a privilege that the application does not have.
    """
    if dialect_of(session) == "postgresql":
        name = " ".join(map(str, what))
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def take(session: Session, *what: object) -> bool:
    """Hold this until the transaction ends, unless somebody else does; says whether."""
    if dialect_of(session) != "postgresql":
        return True
    name = " ".join(map(str, what))
    free = func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0))
    return bool(session.scalar(select(free)))


def earlier(
    session: Session, model: type[RecordT], record_id: UUID, request_hash: bytes
) -> RecordT | None:
    """The record that this same request made before, if any; twins wait for each other.

    Raises:
        IdAlreadyUsed: the id came earlier with another content.
    """
    hold(session, model.__tablename__, record_id)
    record = session.get(model, record_id)
    if record is not None and record.request_hash != request_hash:
        raise IdAlreadyUsed
    return record
