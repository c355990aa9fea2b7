"""Taking the rules of a database off while whole tables arrive, and putting them back as they were.

Triggers judge an act at the moment it is done; tables that arrive whole come in another order. The
owner takes triggers and foreign keys off and puts them back in the same transaction: foreign keys
then look at every row, the text of every rule is compared with what it was, and whoever takes the
rows in replays the ledger before anything is kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database.connections import dialect_of
from app.portability.errors import RulesChanged

_TRIGGERS_SQLITE = "select name, sql from sqlite_schema where type = 'trigger' order by name"
_OURS = "('public'::regnamespace, 'ledger'::regnamespace)"
_TRIGGERS = (
    "select tgrelid::regclass::text, tgname, tgenabled::text, pg_get_triggerdef(t.oid)"  # noqa: S608 - our own two schemas
    " from pg_trigger t join pg_class c on c.oid = tgrelid"
    f" where not tgisinternal and c.relnamespace in {_OURS} order by 1, 2"
)
_KEYS = (
    "select conrelid::regclass::text, conname, pg_get_constraintdef(oid)"  # noqa: S608 - our own two schemas
    f" from pg_constraint where contype = 'f' and connamespace in {_OURS} order by 1, 2"
)


@contextmanager
def rules_off(session: Session) -> Iterator[None]:
    """No trigger and no foreign key, until the block ends; on SQLite keys wait for the end.

    Raises:
        RulesChanged: they are not what they were.
    """
    if dialect_of(session) == "postgresql":
        yield from _on_postgresql(session)
        return
    session.execute(text("pragma defer_foreign_keys = on"))
    triggers = session.execute(text(_TRIGGERS_SQLITE)).all()
    for name, _ in triggers:
        session.execute(text(f"drop trigger {name}"))
    yield
    for _, sql in triggers:
        session.connection().exec_driver_sql(sql)
    broken = session.execute(text("pragma foreign_key_check")).first()
    if broken or session.execute(text(_TRIGGERS_SQLITE)).all() != triggers:
        raise RulesChanged


def _on_postgresql(session: Session) -> Iterator[None]:
    triggers, keys = session.execute(text(_TRIGGERS)).all(), session.execute(text(_KEYS)).all()
    for table in sorted({table for table, *_ in triggers}):
        session.execute(text(f"alter table {table} disable trigger user"))
    for table, name, _ in keys:
        session.execute(text(f"alter table {table} drop constraint {name}"))
    yield
    for table, name, definition in keys:
        session.connection().exec_driver_sql(
            f"alter table {table} add constraint {name} {definition}"
        )
    for table, name, enabled, _ in triggers:
        always = "always " if enabled == "A" else ""
        session.execute(text(f"alter table {table} enable {always}trigger {name}"))
    now = (session.execute(text(_TRIGGERS)).all(), session.execute(text(_KEYS)).all())
    if now != (triggers, keys):
        raise RulesChanged
