"""`passnum verify` replays the ledger on both databases, and names the first row that lies."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, create_engine, text

from app.database.connections import SEARCH_PATH, read_url
from tests.cli.terminals import Terminal, free_port, plain
from tests.cli.town import Town

LIE = (
    "update voucher set account_id = (select id from account where kind = 'stock' limit 1)"
    " where id = 7"
)

GUARDS_ON_POSTGRESQL = (
    "select tgname from pg_trigger where tgrelid = 'ledger.voucher'::regclass and not tgisinternal"
)
GUARDS_ON_SQLITE = (
    "select name, sql from sqlite_schema where type = 'trigger' and tbl_name = 'voucher'"
)


@pytest.fixture
def lived(terminal: Terminal) -> Town:
    town = Town(terminal).open().supply().issue()
    town.redeem(1)
    return town


@contextmanager
def owner(town: Town) -> Iterator[Connection]:
    """The file's owner, or a superuser of the server: whom no rule stops."""
    url = read_url(town.terminal.database_url)
    options = {"options": f"-c search_path={SEARCH_PATH}"}
    on_postgresql = url.get_backend_name() == "postgresql"
    engine = create_engine(url, connect_args=options if on_postgresql else {})
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def lie(connection: Connection, statement: str) -> None:
    """Change vouchers while their guards are away, then put the guards back as they were."""
    if connection.dialect.name == "postgresql":
        guards = connection.scalars(text(GUARDS_ON_POSTGRESQL)).all()
        away = [f"alter table voucher disable trigger {name}" for name in guards]
        back = [f"alter table voucher enable always trigger {name}" for name in guards]
    else:
        guards_here = connection.execute(text(GUARDS_ON_SQLITE)).all()
        away = [f"drop trigger {name}" for name, _ in guards_here]
        back = [sql for _, sql in guards_here]
    for step in (*away, statement, *back):
        connection.exec_driver_sql(step)


def test_an_honest_ledger_is_told_in_figures(lived: Town) -> None:
    told = lived.terminal("verify")
    verdict = lived.terminal.json("verify")

    moved = verdict["movement_count"]
    assert told == (
        f"{moved} mouvements rejoués, 35 pass comparés : tout concorde.\n"
        f"{moved} mouvements pas encore scellés.\n"
    )
    assert verdict["honest"] is True
    assert verdict["faults"] == []


def test_a_tampered_row_is_named(lived: Town) -> None:
    with owner(lived) as connection:
        lie(connection, LIE)

    result = lived.terminal.run("verify")

    assert result.exit_code == 1
    assert "voucher n° 7 ne repose pas là où ses mouvements l’ont mené" in plain(result.stdout)
    assert result.stdout.count("\n") == 1
    assert result.stderr == ""


def test_a_rule_that_is_gone_is_named_and_the_ledger_is_not_served(lived: Town) -> None:
    on_postgresql = lived.terminal.database_url.startswith("postgresql")
    name = "movement_is_never_changed" if on_postgresql else "movement_is_never_updated"
    with owner(lived) as connection:
        connection.exec_driver_sql(
            f"drop trigger {name} on movement" if on_postgresql else f"drop trigger {name}"
        )

    verified = lived.terminal.run("verify", "--json")
    served = lived.terminal.run("serve", "--port", free_port())

    assert verified.exit_code == served.exit_code == 1
    assert name in verified.stdout
    assert json.loads(verified.stdout)["honest"] is False
    assert name in served.stderr
