"""Whether this installation is alive, and whether it keeps its promises."""

from dataclasses import dataclass
from http import HTTPStatus

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from app import ledger
from app.database.connections import Database
from app.database.migrations import alembic_config
from app.web.auth import ANONYMOUS
from app.web.transaction import current_database

bp = Blueprint("health", __name__)
ANONYMOUS.update({"health.alive", "health.ready"})


class NotReady(Exception):
    """The database is missing, behind, or without the rules that keep the ledger honest."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a look at the database found: French sentences, empty when all is well."""

    faults: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether to serve."""
        return not self.faults


def readiness(database: Database) -> Readiness:
    """Look at the database as the application sees it: reachable, up to date, triggers in place."""
    try:
        with database.transaction(writing=False) as session:
            behind = migrations_missing(session, database.url)
            if behind:
                return Readiness((behind,))
            return Readiness(tuple(ledger.faults(session)))
    except (OperationalError, DBAPIError):
        return Readiness(
            ("La base de données ne répond pas : vérifiez son adresse et qu’elle tourne.",)
        )


def migrations_missing(session: Session, url: str) -> str | None:
    """What to do when the schema is not this release's, None when it is."""
    here = MigrationContext.configure(session.connection()).get_current_revision()
    expected = ScriptDirectory.from_config(alembic_config(url)).get_current_head()
    if here == expected:
        return None
    return (
        f"Le schéma de la base est à la version {here or 'vide'} et le programme attend "
        f"{expected} : lancez « passnum migrate »."
    )


def refuse_unless_ready(database: Database) -> None:
    """Let the application start only on a database that keeps the promises.

    Raises:
        NotReady: with one sentence a fault.
    """
    found = readiness(database)
    if not found.ready:
        raise NotReady("\n".join(found.faults))


@bp.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """The database answers, is up to date, and its rules are in place and enabled."""
    found = readiness(current_database())
    status = HTTPStatus.OK if found.ready else HTTPStatus.SERVICE_UNAVAILABLE
    return jsonify(status="ok" if found.ready else "faults", faults=found.faults), status
