"""What several migrations do: act as the owner, and make tables that are written once."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op

from app.database import APPLICATION_ROLE, OWNER_ROLE


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


def let_application(verbs: str, table: str) -> None:
    """Grant the application more than SELECT and INSERT on a table of its own."""
    if on_postgresql():
        op.execute(f"grant {verbs} on {table} to {APPLICATION_ROLE}")
