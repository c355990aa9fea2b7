"""The ledger core: accounts, vouchers, postings, movements, and everything that keeps them honest.

Written as SQL for each database (`migrations/sql`), because its promises are triggers, grants and
named constraints, and those are read more easily where they are spelled out.

On PostgreSQL the first migration runs as a login that owns the database and may create roles (or is
a superuser); it leaves behind what later migrations need to run as `passnum_owner`.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from alembic import op
from sqlalchemy import Connection

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL_FOLDER = Path(__file__).parent.parent / "sql"
TABLES_LEAVES_FIRST = (
    "movement",
    "posting",
    "voucher",
    "account",
    "vintage",
    "transition",
    "account_kind",
)


def upgrade() -> None:
    """Lay the ledger down, and leave role and search path as they were found."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        with_settings_restored(connection, script("ledger_postgresql.sql"))
        return
    for statement in statements(script("ledger_sqlite.sql")):
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    """Take away all but the two roles: they belong to the server, and others may use them."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        with_settings_restored(
            connection,
            """
            set local role passnum_owner;
            drop schema ledger cascade;
            alter default privileges in schema public
              revoke select, insert on tables from passnum_app;
            alter default privileges in schema public
              revoke usage on sequences from passnum_app;
            set local role none;
            revoke usage on schema public from passnum_app;
            revoke usage, create on schema public from passnum_owner;
            """,
        )
        return
    for view in ("voucher_astray", "fingerprint", "fault"):
        connection.exec_driver_sql(f"drop view {view}")
    for table in TABLES_LEAVES_FIRST:
        connection.exec_driver_sql(f"drop table {table}")


def script(name: str) -> str:
    """The text of one script of the SQL folder."""
    return (SQL_FOLDER / name).read_text("utf-8")


def with_settings_restored(connection: Connection, sql: str) -> None:
    """Run a script that changes role and search path, and hand both back for the next migration."""
    settings = {
        name: connection.exec_driver_sql(f"show {name}").scalar_one()
        for name in ("role", "search_path")
    }
    # Without parameters psycopg sends the script as it stands: many statements, percent signs.
    connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
    for name, value in settings.items():
        connection.exec_driver_sql("select set_config(%s, %s, true)", (name, value))


def statements(sql: str) -> Iterator[str]:
    """Cut a script where SQLite says that a statement ends, semicolons within triggers excepted.

    The driver's own executescript would commit first, and half a ledger could then remain.
    """
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
