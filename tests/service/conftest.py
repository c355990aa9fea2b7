"""A fresh scheme for tests that commit, and a scheme that has lived for those that roll back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session

from app.database.connections import SEARCH_PATH, Database, prepare_sqlite, read_url
from app.identity import passwords
from app.kernel.errors import DomainError
from tests.beginnings import begin
from tests.beginnings import lived as chain_lived
from tests.databases import Databases
from tests.factories import Scheme
from tests.service.chain import Chain, State, everything

DIALECTS = ("sqlite", "postgresql")

passwords.make_cheap()


@pytest.fixture
def scheme(usual_scheme: Scheme) -> Scheme:
    """A programme with its people, in this test's own database."""
    return usual_scheme


@dataclass
class World:
    """A chain in a transaction that nothing will remain of."""

    session: Session
    chain: Chain
    as_lived: State

    @property
    def scheme(self) -> Scheme:
        return self.chain.scheme

    def refuses(
        self, refusal: type[DomainError], attempt: Callable[[Session, Chain], object]
    ) -> DomainError:
        """See an attempt refused, as a request is: rolled back, and nothing has changed."""
        with pytest.raises(refusal) as refused, self.session.begin_nested():
            attempt(self.session, self.chain)
        assert type(refused.value) is refusal
        assert everything(self.session) == self.as_lived
        assert refused.value.message
        return refused.value


@pytest.fixture(scope="session", params=DIALECTS)
def lived(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, Chain, State]]:
    """One database a dialect in which something rests at every stage."""
    url, chain = begin(databases, request.param, tmp_path_factory.mktemp("lived"), chain_lived)
    database = Database(url)
    with database.session(writing=False) as session:
        as_lived = everything(session)
    yield database, chain, as_lived
    database.close()
    databases.drop(url)


@pytest.fixture
def world(lived: tuple[Database, Chain, State]) -> Iterator[World]:
    """That database, in a transaction that is rolled back."""
    database, chain, as_lived = lived
    with database.session() as session:
        yield World(session, chain, as_lived)


# ── Past every rule ───────────────────────────────────────────────────────────────────────────────

LEDGER = ("movement", "posting", "voucher", "account", "vintage", "transition", "account_kind")
SNAPSHOTS = ("snapshot", "snapshot_sum", "snapshot_usage", "snapshot_usage_sum")
SEALS = ("sealed_movement", "seal_node", "seal_block")
PAST_RULES = (*LEDGER, *SNAPSHOTS, *SEALS)


@pytest.fixture
def past_every_rule(lived: tuple[Database, Chain, State]) -> Iterator[Session]:
    """A session that nothing refuses anything, on a chain that has lived."""
    url = read_url(lived[0].url)
    if lived[0].is_postgresql:
        engine = create_engine(url, connect_args={"options": f"-c search_path={SEARCH_PATH}"})
    else:
        engine = create_engine(url)
        prepare_sqlite(engine)
    with engine.connect() as connection:
        switch_off(connection)
        with Session(connection) as session:
            yield session
        connection.rollback()
    engine.dispose()


def switch_off(connection: Connection) -> None:
    """No trigger, no foreign key and no check holds any more on this connection."""
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("pragma foreign_keys = off")
        driver.execute("pragma ignore_check_constraints = on")
        triggers = "select name from sqlite_schema where type = 'trigger'"
        for (name,) in connection.execute(text(triggers)).all():
            connection.execute(text(f"drop trigger {name}"))
        return
    for table in PAST_RULES:
        connection.execute(text(f"alter table {table} disable trigger all"))
    checks = "select conrelid::regclass, conname from pg_constraint where contype = 'c'"
    for table, name in connection.execute(text(checks)).all():
        if table in PAST_RULES:
            connection.execute(text(f"alter table {table} drop constraint {name}"))
