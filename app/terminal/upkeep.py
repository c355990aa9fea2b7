"""What the machine's operator does to the database itself."""

import logging

import click
from alembic.runtime.migration import MigrationContext, RevisionStep
from sqlalchemy import NullPool, create_engine

from app.database import migrations
from app.database.connections import read_url
from app.terminal.desk import Desk, Verb, operating, say


@click.command("migrate", cls=Verb)
@operating
def migrate(desk: Desk) -> None:
    """Crée le schéma de la base, ou le met à la version du programme.

    Se connecte comme propriétaire (PASSNUM_OWNER_DATABASE_URL, sinon l’adresse de la base).

    Exemple : passnum migrate
    """
    url = desk.settings.owner_database_url
    journal, told = logging.getLogger("alembic.runtime.migration"), Told(silent=desk.as_json)
    journal.addHandler(told)
    journal.setLevel(logging.INFO)
    try:
        migrations.migrate(url)
    finally:
        journal.removeHandler(told)
    reached = version(url)
    steps = f" ({told.count} étapes)" if told.count else ", déjà à jour"
    desk.answer(f"Base à la version {reached}{steps}.", version=reached, steps=told.count)


class Told(logging.Handler):
    """Says each migration as it begins."""

    def __init__(self, *, silent: bool) -> None:
        super().__init__()
        self.silent = silent
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """A migration, out of Alembic's own log line."""
        for step in record.args if isinstance(record.args, tuple) else ():
            if isinstance(step, RevisionStep):
                self.count += 1
                if not self.silent:
                    say(f"Migration {step.revision.revision}…")


def version(url: str) -> str | None:
    """The migration that the database is at."""
    engine = create_engine(read_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
