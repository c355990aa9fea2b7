"""The schema goes up, down and up again on both databases, and is the one that the models say."""

import importlib
import pkgutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, inspect, text
from sqlalchemy.engine import make_url

import app
from app.database import Model
from app.database.connections import Database
from app.database.migrations import MIGRATION_SEARCH_PATH, alembic_config, downgrade, migrate
from tests.beginnings import begin, lived
from tests.databases import Databases

DIALECTS = ("sqlite", "postgresql")
for module in pkgutil.walk_packages(app.__path__, "app."):
    if module.name.endswith("models"):
        importlib.import_module(module.name)

POSTGRESQL_SCHEMA = """
    select 'relation', n.nspname || '.' || c.relname || ' ' || c.relkind::text,
           pg_get_userbyid(c.relowner) || coalesce(array_to_string(c.relacl, ' '), '')
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('public', 'ledger') and c.relkind not in ('t')
    union all
    select 'column', a.attrelid::regclass || '.' || a.attname,
           format_type(a.atttypid, a.atttypmod) || a.attnotnull
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('public', 'ledger') and a.attnum > 0 and not a.attisdropped
    union all
    select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
      from pg_constraint where connamespace::regnamespace::text in ('public', 'ledger')
    union all
    select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) || tgenabled::text
      from pg_trigger where not tgisinternal
    union all
    select 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
      from pg_index join pg_class c on c.oid = indrelid
     where c.relnamespace::regnamespace::text in ('public', 'ledger')
    union all
    select 'function', oid::regprocedure::text, prosrc || coalesce(array_to_string(proacl, ' '), '')
      from pg_proc where pronamespace::regnamespace::text in ('public', 'ledger')
    union all
    select 'schema', nspname, coalesce(array_to_string(nspacl, ' '), '')
      from pg_namespace where nspname in ('public', 'ledger')
    union all
    select 'default privilege', defaclnamespace::regnamespace::text || defaclobjtype::text,
           array_to_string(defaclacl, ' ')
      from pg_default_acl
"""
SQLITE_SCHEMA = "select type, name, coalesce(sql, '') from sqlite_schema"


@pytest.fixture(params=DIALECTS)
def empty_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """A database in which nothing was ever made."""
    url = databases.empty(request.param)
    yield url
    databases.drop(url)


def schema(url: str) -> set[tuple[str, ...]]:
    """Everything that a migration can leave behind, Alembic's own table apart."""
    if make_url(url).get_backend_name() == "sqlite":
        with sqlite3.connect(str(make_url(url).database)) as file:
            rows = set(file.execute(SQLITE_SCHEMA))
        file.close()
    else:
        with psycopg.connect(url) as connection:
            rows = set(connection.execute(POSTGRESQL_SCHEMA))
    return {row for row in rows if "alembic_version" not in row[1]}


def revisions() -> list[str]:
    """All revisions, oldest first."""
    script = ScriptDirectory.from_config(alembic_config("sqlite:///unused"))
    return [revision.revision for revision in script.walk_revisions()][::-1]


def test_up_down_and_up_again_is_up(database_url: str) -> None:
    up = schema(database_url)

    downgrade(database_url, "base")
    migrate(database_url)

    assert schema(database_url) == up


@pytest.mark.parametrize("count", [6, pytest.param(999, marks=pytest.mark.deep)])
def test_each_revision_takes_back_exactly_what_it_made(empty_url: str, count: int) -> None:
    """The latest ones every time: those that are in use are never edited."""
    old, new = revisions()[:-count], revisions()[-count:]
    for revision in old[-1:]:
        migrate(empty_url, revision)
    before = {}
    for revision in new:
        before[revision] = schema(empty_url)
        migrate(empty_url, revision)

    for revision in reversed(new):
        downgrade(empty_url, f"{revision}-1" if revision != revisions()[0] else "base")

        assert schema(empty_url) == before[revision]


def test_migrating_twice_is_migrating_once(database_url: str) -> None:
    up = schema(database_url)

    migrate(database_url)

    assert schema(database_url) == up


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
def test_the_models_say_what_the_migrations_made(database: Database) -> None:
    """Alembic compares all but what the ledger's SQL makes by hand."""
    by_sql = {t.name for t in Model.metadata.tables.values() if t.info.get("made_by") == "sql"}
    by_sql.add("account_kind")  # no query reads it

    def by_alembic(name: str | None, kind: str, *_: object) -> bool:
        return kind != "table" or name not in by_sql

    def compared(_object: object, name: str | None, kind: str, *_: object) -> bool:
        return by_alembic(name, kind)

    opts = {"compare_type": True, "include_name": by_alembic, "include_object": compared}
    with database.engine.connect() as connection:
        if database.is_postgresql:
            connection.execute(text(f"set search_path = {MIGRATION_SEARCH_PATH}"))
            connection.dialect.default_schema_name = "public"
        context = MigrationContext.configure(connection, opts=opts)
        differences = compare_metadata(context, Model.metadata)

    assert differences == []


def test_the_models_say_every_check_that_the_database_has(database: Database) -> None:
    """Alembic does not compare CHECK constraints. PostgreSQL keeps them in words of its own."""
    inspector = inspect(database.engine)
    for table in Model.metadata.sorted_tables:
        if table.info.get("made_by") == "sql":
            continue
        made = {c["name"]: c["sqltext"] for c in inspector.get_check_constraints(table.name)}
        said = {c.name: str(c.sqltext) for c in table.constraints if isinstance(c, CheckConstraint)}

        assert made.keys() == said.keys(), table.name
        if not database.is_postgresql:
            assert made == said, table.name


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
def test_the_ledgers_models_read_columns_that_exist(database: Database) -> None:
    inspector = inspect(database.engine)
    schema_name = "ledger" if database.is_postgresql else None
    for table in Model.metadata.sorted_tables:
        if table.info.get("made_by") != "sql":
            continue
        made = {column["name"] for column in inspector.get_columns(table.name, schema_name)}

        assert {column.name for column in table.columns} <= made, table.name


def test_the_application_owns_nothing_on_postgresql(databases: Databases) -> None:
    url = databases.clone("postgresql")
    with psycopg.connect(url) as connection:
        owned = connection.execute(
            "select relname from pg_class where pg_get_userbyid(relowner) = 'passnum_app'"
        ).fetchall()
        changeable = connection.execute(
            "select distinct table_name || ' ' || privilege_type"
            " from information_schema.table_privileges"
            " where grantee = 'passnum_app' and privilege_type not in ('SELECT', 'INSERT')"
            " order by 1"
        ).fetchall()
    databases.drop(url)

    assert owned == []
    assert [row[0] for row in changeable] == [
        "agent UPDATE",
        "agent_manager DELETE",
        "agent_session DELETE",
        "api_token UPDATE",
        "beneficiary_identity DELETE",
        "beneficiary_identity UPDATE",
        "device_taking DELETE",
        "document_counter UPDATE",
        "form_draft DELETE",
        "form_draft UPDATE",
        "mail DELETE",
        "provider_identity DELETE",
        "sign_in_attempt DELETE",
        "spent_challenge DELETE",
        "work_file DELETE",
        "work_input DELETE",
        "work_line DELETE",
        "work_progress DELETE",
        "work_progress UPDATE",
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_digests_of_names_move_beside_the_names_and_back(
    databases: Databases, dialect: str, tmp_path: Path
) -> None:
    """What an older release wrote: nothing that holds a name stays beside the person."""
    url, _ = begin(databases, dialect, tmp_path, lived)
    of_people = "select id, request_hash from beneficiary order by id"
    of_names = "select beneficiary_id, request_hash from beneficiary_identity order by 1"

    def read(query: str) -> list[str]:
        with database.transaction(writing=False) as session:
            return [str(tuple(row)) for row in session.execute(text(query))]

    database = Database(url)
    people, names = read(of_people), read(of_names)
    downgrade(url, "0031")
    before = read(of_people)
    migrate(url)

    assert len(people) == len(names) > 1
    assert before == names != people
    assert (read(of_people), read(of_names)) == (people, names)
    database.close()
    databases.drop(url)
