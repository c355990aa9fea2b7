"""Taking one rule of the ledger away: in a transaction on PostgreSQL, in a copy on SQLite."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TypeAlias

from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from app.database.connections import prepare_sqlite
from tests.ledger.hostile import Attack, World

LEDGER = import_module("migrations.versions.0001_ledger")


@dataclass(frozen=True)
class Rewrite:
    """A function or a trigger of PostgreSQL that is made again with another text."""

    name: str
    old: str
    new: str
    table: str = ""

    def apply(self, world: World) -> None:
        """Make it again."""
        if not self.table:
            oid = f"'ledger.{self.name}'::regproc"
            ((text,),) = world.sql(f"select pg_get_functiondef({oid})")
        else:
            ((text,),) = world.sql(
                "select pg_get_triggerdef(oid) from pg_trigger where tgname = ?", self.name
            )
            world.sql(f"drop trigger {self.name} on {self.table}")
        world.sql(replaced(text, self.old, self.new))


OnPostgresql: TypeAlias = str | Rewrite
OnSqlite: TypeAlias = Callable[[str], str]


@dataclass(frozen=True)
class Mutant:
    """One rule, an attack that it refuses, and how the rule is taken away.

    Where two rules refuse the same attack, `also` takes the other one away in both arms of the
    experiment, so that only the rule in question makes the difference. An empty `postgresql` or
    `sqlite` says that the rule does not exist there. `role` is who attacks, on PostgreSQL.
    """

    rule: str
    attack: Attack
    postgresql: tuple[OnPostgresql, ...] = ()
    sqlite: tuple[OnSqlite, ...] = ()
    also_postgresql: tuple[OnPostgresql, ...] = ()
    also_sqlite: tuple[OnSqlite, ...] = ()
    role: str = "passnum_app"
    clause: str = field(default="")

    def __str__(self) -> str:
        return f"{self.rule}{self.clause and f' ({self.clause})'}: {self.attack.sentence}"


def replaced(text: str, old: str, new: str) -> str:
    """The text with every `old` replaced, of which there is at least one."""
    assert old in text, f"{old!r} stands no longer in the text"
    return text.replace(old, new)


def edit(old: str, new: str = "") -> OnSqlite:
    """Replace a piece of the script."""
    return lambda script: replaced(script, old, new)


def cut_trigger(name: str) -> OnSqlite:
    """Take a trigger out of the script."""

    def cut(script: str) -> str:
        shorter, count = re.subn(
            rf"create trigger {name}\b.*?\bend;\n", "", script, flags=re.DOTALL
        )
        assert count == 1, f"no trigger {name}"
        return shorter

    return cut


def in_trigger(name: str, old: str, new: str = "") -> OnSqlite:
    """Replace a piece of one trigger of the script."""

    def change(script: str) -> str:
        head, trigger, tail = re.split(
            rf"(create trigger {name}\b.*?\bend;\n)", script, flags=re.DOTALL
        )
        return head + replaced(trigger, old, new) + tail

    return change


def cut_check(name: str) -> OnSqlite:
    """Make a check of the script true whatever the row."""
    return edit(f"constraint {name} check (", f"constraint {name} check (1 or ")


def drop_check(table: str, name: str) -> tuple[tuple[OnPostgresql, ...], tuple[OnSqlite, ...]]:
    """Take a check away, on PostgreSQL and on SQLite."""
    return drop_constraint(table, name), (cut_check(name),)


def drop_constraint(table: str, name: str) -> tuple[OnPostgresql, ...]:
    """Take a constraint away, on PostgreSQL."""
    return (f"alter table {table} drop constraint {name} cascade",)


def drop_trigger(table: str, name: str) -> tuple[OnPostgresql, ...]:
    """Take a trigger away, on PostgreSQL."""
    return (f"drop trigger {name} on {table}",)


def attack_without(world: World, mutant: Mutant, removals: tuple[OnPostgresql, ...]) -> str | None:
    """The promise that still refuses the attack on PostgreSQL; the rules are back afterwards."""
    savepoint = world.connection.begin_nested()
    world.acting_as("none")
    for removal in removals:
        if isinstance(removal, Rewrite):
            removal.apply(world)
        else:
            world.sql(removal)
    world.acting_as("passnum_app")
    attempt = mutant.attack.prepare(world)
    world.begin_act()
    world.acting_as(mutant.role)
    named = world.refusal_of(attempt)
    savepoint.rollback()
    return named


@contextmanager
def sqlite_world_without(*removals: OnSqlite) -> Iterator[World]:
    """A world in memory whose script lacks some rules, on a connection without foreign keys.

    The triggers repeat the foreign keys, and it is the triggers that are judged here.
    """
    script = LEDGER.script("ledger_sqlite.sql")
    for removal in removals:
        script = removal(script)
    engine = create_engine("sqlite://", poolclass=StaticPool)
    prepare_sqlite(engine)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("pragma foreign_keys = off")
        with connection.begin():
            for statement in LEDGER.statements(script):
                connection.exec_driver_sql(statement)
            world = World(connection)
            world.build()
            yield world
    engine.dispose()
