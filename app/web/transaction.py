"""One request, one transaction, opened at the edge.

Who asks is read in the same transaction as what they ask. On SQLite a request that may write
takes the write lock at once; one that only reads never waits for it.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

from flask import current_app, g, request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from app import ledger
from app.config import Settings
from app.database.connections import Database
from app.kernel.errors import Conflict

T = TypeVar("T")

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
log = logging.getLogger(__name__)


def current_database() -> Database:
    """The database of the running application, or the copy in which this request practises."""
    return cast("Database", g.get("database") or current_app.extensions["passnum_database"])


def current_settings() -> Settings:
    """The settings of the running application."""
    return cast("Settings", current_app.extensions["passnum_settings"])


def request_session() -> Session:
    """The session of this request, opened when first asked for."""
    if "database_session" not in g:
        writing = request.method not in SAFE_METHODS
        g.database_session = current_database().session(writing=writing)
    return cast("Session", g.database_session)


def in_transaction(work: Callable[[Session], T]) -> T:
    """Do the work and commit it, or leave nothing behind.

    Raises:
        DomainError: what the work refuses, also when only the database noticed.
    """
    session = request_session()
    try:
        result = work(session)
        session.commit()
    except DBAPIError as error:
        session.rollback()
        raise refusal_behind(error) from error
    except Exception:
        session.rollback()
        raise
    return result


def in_transactions_of_its_own(work: Callable[[Database], T]) -> T:
    """Do work that opens several transactions, once this request's has been given back.

    Raises:
        DomainError: what the work refuses; what it committed before stays, and is found again.
    """
    close_session()
    try:
        return work(current_database())
    except DBAPIError as error:
        raise refusal_behind(error) from error


def refusal_behind(error: DBAPIError) -> Exception:
    """What a promise of the database means to the person who met it.

    Services look before they write, so only two requests at the same moment, or a fault of ours,
    bring anybody here. The name of the rule goes to the log.
    """
    if refusal := ledger.refusal_behind(error):
        return refusal
    if isinstance(error, IntegrityError):
        log.warning("a rule of the database refused: %s", ledger.rule_named_by(error))
        return Conflict()
    return error


@contextmanager
def unless_others_write(database: Database) -> Iterator[Session]:
    """A short writing transaction of its own, which fails at once where it would have to wait.

    On SQLite somebody else may be writing for seconds; what is written here can be left out.
    """
    with database.transaction(writing=False) as session:
        if database.is_postgresql:
            session.execute(text("set local lock_timeout = '50ms'"))
            yield session
            return
        session.execute(text("pragma busy_timeout = 0"))
        try:
            yield session
        finally:
            session.execute(text("pragma busy_timeout = 10000"))


def close_session(_error: BaseException | None = None) -> None:
    """At the end of the request: what was not committed is gone."""
    if session := g.pop("database_session", None):
        session.close()
