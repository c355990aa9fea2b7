"""What several migrations do: act as the owner, and make tables that are written once."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op

from app.database.connections import APPLICATION_ROLE, OWNER_ROLE


def on_postgresql() -> bool:
    """Whether this migration runs on PostgreSQL."""
    return op.get_bind().dialect.name == "postgresql"


@contextmanager
def as_owner() -> Iterator[None]:
    """Make tables that belong to the owner's role, so that the application owns nothing."""
    if not on_postgresql():
        yield
        return
    op.execute(f"set local role {OWNER_ROLE}")
    yield
    op.execute("reset role")


def write_once(*tables: str) -> None:
    """Refuse UPDATE and DELETE on tables whose rows are facts: what happened stays.

    PostgreSQL also refuses the application the privilege; the trigger tells the owner too.
    """
    for table in tables:
        name = f"{table}_is_never_changed"
        if on_postgresql():
            op.execute(
                f"create trigger {name} before update or delete or truncate on {table}"
                " for each statement execute function ledger.refuse()"
            )
            op.execute(f"alter table {table} enable always trigger {name}")
            continue
        for verb in ("update", "delete"):
            op.execute(
                f"create trigger {table}_is_never_{verb}d before {verb} on {table}"
                f" begin select raise(abort, '{name}'); end"
            )


def let_be_forgotten(table: str) -> None:
    """Rows of a table that was written once have their time: the application takes them away."""
    if on_postgresql():
        op.execute(f"drop trigger {table}_is_never_changed on {table}")
    else:
        for verb in ("update", "delete"):
            op.execute(f"drop trigger {table}_is_never_{verb}d")
    let_application("delete", table)


def never_forget(table: str) -> None:
    """As before that."""
    if on_postgresql():
        op.execute(f"revoke delete on {table} from {APPLICATION_ROLE}")
    write_once(table)


def never_edited(table: str) -> None:
    """Rows that are taken away in their time stay as they were written until then."""
    refuse_change(f"{table}_is_never_edited", table, when="true")


def let_be_edited(table: str) -> None:
    """As before that."""
    rule = f"{table}_is_never_edited"
    op.execute(f"drop trigger {rule}" + (f" on {table}" if on_postgresql() else ""))
    drop_refusal(rule)


def let_application(verbs: str, table: str) -> None:
    """Grant the application more than SELECT and INSERT on a table of its own."""
    if on_postgresql():
        op.execute(f"grant {verbs} on {table} to {APPLICATION_ROLE}")


def change_check(table: str, name: str, *, before: str, after: str) -> None:
    """Say a CHECK anew, which every row keeps.

    SQLite would copy the table, its triggers and what refers to it; for a CHECK its documentation
    has the text of the table changed in place instead (https://sqlite.org/lang_altertable.html, 7).
    """
    if on_postgresql():
        op.execute(f"alter table {table} drop constraint {name}")
        op.execute(f"alter table {table} add constraint {name} check ({after})")
        return
    bind = op.get_bind()
    version = bind.exec_driver_sql("pragma schema_version").scalar_one()
    bind.exec_driver_sql("pragma writable_schema = on")
    bind.exec_driver_sql(
        "update sqlite_schema set sql = replace(sql, ?, ?) where type = 'table' and name = ?",
        (f"({before})", f"({after})", table),
    )
    bind.exec_driver_sql(f"pragma schema_version = {version + 1}")
    bind.exec_driver_sql("pragma writable_schema = off")


@contextmanager
def free_to_change(*tables: str, verb: str = "delete") -> Iterator[None]:
    """Let the owner take rows of tables away that are written once, for as long as the block.

    `verb` is what SQLite, which refuses each by a trigger of its own, lets the owner do.
    """
    if on_postgresql():
        for table in tables:
            op.execute(f"alter table {table} disable trigger {table}_is_never_changed")
        yield
        for table in tables:
            op.execute(f"alter table {table} enable always trigger {table}_is_never_changed")
        return
    names = [f"{table}_is_never_{verb}d" for table in tables]
    kept = [
        op.get_bind()
        .exec_driver_sql(
            "select sql from sqlite_schema where type = 'trigger' and name = ?", (name,)
        )
        .scalar_one()
        for name in names
    ]
    for name in names:
        op.execute(f"drop trigger {name}")
    yield
    for made_by in kept:
        op.get_bind().exec_driver_sql(made_by)


def refuse_insert(rule: str, table: str, *, when: str, only_if: str = "") -> None:
    """Refuse, under the name of the rule, each new row for which `when` holds.

    `only_if` says of the row alone, on PostgreSQL, when it is worth looking: calling a function for
    each of a thousand rows takes longer than writing them.

    For sums that a CHECK cannot see. Writers of the same sum hold a lock first
    (app.database.locks.hold), so the trigger need not.
    """
    _refuse(rule, table, "insert", when=when, only_if=only_if)


def refuse_change(rule: str, table: str, *, when: str) -> None:
    """Refuse, under the name of the rule, each change of a row for which `when` holds.

    Several rows changed at once are looked at one after the other.
    """
    _refuse(rule, table, "update", when=when)


def _refuse(rule: str, table: str, event: str, *, when: str, only_if: str = "") -> None:
    if not on_postgresql():
        op.execute(
            f"create trigger {rule} before {event} on {table} when {when}"
            f" begin select raise(abort, '{rule}'); end"
        )
        return
    op.execute(
        f"""
        create function {rule}() returns trigger language plpgsql
          set search_path = public, ledger, pg_temp as $$
        begin
          if {when} then
            raise exception 'refused by {rule}'
              using errcode = 'check_violation', table = tg_table_name, constraint = '{rule}';
          end if;
          return new;
        end $$
        """
    )
    op.execute(
        f"create trigger {rule} before {event} on {table} for each row"
        + (f" when ({only_if})" if only_if else "")
        + f" execute function {rule}()"
    )
    op.execute(f"alter table {table} enable always trigger {rule}")


def martinique_day_of(column: str) -> str:
    """The day in Martinique of an instant of the new row, as a column of days holds it."""
    if on_postgresql():
        return f"(new.{column} at time zone 'America/Martinique')::date"
    return f"date(new.{column}, '-4 hours')"  # all year round


def drop_refusal(rule: str) -> None:
    """Take the function of a refusal away, once its table is gone."""
    if on_postgresql():
        op.execute(f"drop function {rule}()")


def day_of(instant: str) -> str:
    """The day in Martinique of a column that holds an instant, as SQL says it here.

    SQLite's instants are text, and Martinique is four hours behind UTC all year.
    """
    if on_postgresql():
        return f"({instant} at time zone 'America/Martinique')::date"
    return f"date({instant}, '-4 hours')"


def year_of(day: str) -> str:
    """The year of a column that holds a day, as SQL says it here."""
    if on_postgresql():
        return f"extract(year from {day})"
    return f"substr({day}, 1, 4)"
