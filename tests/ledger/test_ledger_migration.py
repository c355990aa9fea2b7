"""The first migration goes up, down and up again, and asks of its login no more than it must."""

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from app.database.connections import Database
from app.database.migrations import downgrade, migrate
from tests.databases import Databases
from tests.ledger.hostile import TABLES


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_ledger_comes_back_as_it_was(databases: Databases, dialect: str) -> None:
    url = databases.empty(dialect)
    migrate(url, "0001")
    before = fingerprint(url)

    downgrade(url, "base")
    left = tables(url)
    migrate(url, "0001")

    assert not left & set(TABLES)
    assert fingerprint(url) == before
    databases.drop(url)


def test_the_owner_of_the_database_need_not_be_a_superuser(databases: Databases) -> None:
    url = databases.empty("postgresql")
    login = f"passnum_login_{make_url(url).database}"
    with psycopg.connect(databases.server_url, autocommit=True) as server:
        for statement in (
            "create role {login} login createrole password 'passnum'",
            "grant passnum_owner, passnum_app to {login}",
            "alter database {database} owner to {login}",
        ):
            server.execute(
                sql.SQL(statement).format(
                    login=sql.Identifier(login),
                    database=sql.Identifier(make_url(url).database or ""),
                )
            )
    as_login = (
        make_url(url).set(username=login, password="passnum").render_as_string(hide_password=False)
    )

    migrate(as_login, "0001")

    assert fingerprint(as_login)
    downgrade(as_login, "base")
    databases.drop(url)
    with psycopg.connect(databases.server_url, autocommit=True) as server:
        server.execute(sql.SQL("drop role {}").format(sql.Identifier(login)))


def fingerprint(url: str) -> str:
    """The rules of a database without faults, read as the application."""
    database = Database(url)
    with database.transaction(writing=False) as session:
        assert session.execute(text("select what, which from fault")).all() == []
        rules: str = session.execute(text("select * from fingerprint")).scalar_one()
    database.close()
    return rules


def tables(url: str) -> set[str]:
    """The tables that the application could see."""
    database = Database(url)
    names = {
        name
        for schema in inspect(database.engine).get_schema_names()
        for name in inspect(database.engine).get_table_names(schema)
    }
    database.close()
    return names
