"""Alembic's entry: one transaction for the whole upgrade, as the owner of the schema."""

from alembic import context
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import Connection

from app.database import Model
from app.database.connections import prepare_sqlite, read_url
from app.database.migrations import MIGRATION_SEARCH_PATH

url = read_url(context.config.attributes["url"])
postgresql = url.get_backend_name() == "postgresql"


def run(connection: Connection) -> None:
    """Run the migrations on an open connection and commit them all, or none."""
    if postgresql:
        # Two starts at the same moment: the second waits, then finds nothing left to do.
        connection.execute(text("select pg_advisory_xact_lock(726501)"))
    context.configure(connection=connection, target_metadata=Model.metadata)
    with context.begin_transaction():
        context.run_migrations()
        if postgresql:
            # The application asks at its start whether the schema is its own; an import too.
            connection.execute(
                text("grant select on alembic_version to passnum_app, passnum_owner")
            )


if postgresql:
    options = {"options": f"-c search_path={MIGRATION_SEARCH_PATH}"}
    engine = create_engine(url, poolclass=NullPool, connect_args=options)
else:
    engine = create_engine(url, poolclass=NullPool)
    prepare_sqlite(engine)
    engine = engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")
with engine.begin() as connection:
    run(connection)
