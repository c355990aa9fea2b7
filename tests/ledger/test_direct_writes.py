"""Past the movements: what is written is never changed or deleted, whoever tries."""

from collections.abc import Iterator

import pytest

from tests.ledger.hostile import DENIED, TABLES, World

MOVES = "voucher_moves_by_a_movement"
IDENTITY = "voucher_identity_is_never_changed"
WHOEVER = ("the application", "the owner", "a superuser", "whoever holds the file")

UPDATES = {
    "update voucher set account_id = (select max(id) from account) where id = 10": MOVES,
    "update voucher set account_id = 1, sequence = sequence + 1 where id = 10": MOVES,
    # Another voucher's movement, then an old one of its own.
    "update voucher set sequence = sequence + 1,"
    " last_movement_id = (select max(id) from movement) where id = 10": MOVES,
    "update voucher set sequence = sequence + 1, last_movement_id = 1 where id = 1": MOVES,
    "update voucher set sequence = sequence where id = 10": MOVES,
    "update voucher set sequence = 0, last_movement_id = null where id = 10": MOVES,
    "update voucher set id = 999999 where id = 10": IDENTITY,
    "update voucher set vintage_id = 2 where id = 10": IDENTITY,
    "update voucher set serial = 999999 where id = 10": IDENTITY,
    "update voucher set booklet_id = 2 where id = 10": IDENTITY,
    "update voucher set face_value_cents = 5000 where id = 10": IDENTITY,
    "update voucher set code_hash = code_hash where id = 10": IDENTITY,
    "update movement set amount_cents = amount_cents where id = 1": "movement_is_never_changed",
    "update movement set posting_id = posting_id": "movement_is_never_changed",
    "update posting set actor_id = 9": "posting_is_never_changed",
    "update posting set recorded_at = occurred_at": "posting_is_never_changed",
    "update account set kind = 'void' where kind = 'credited'": "account_is_never_changed",
    "update account set party_id = counterparty_id": "account_is_never_changed",
    "update vintage set face_value_cents = 1": "vintage_is_never_changed",
    "update transition set to_account_kind = 'redeemed'": "transition_is_never_changed",
    "update account_kind set kind = 'gold' where kind = 'void'": "account_kind_is_never_changed",
}
NEVER = {
    table: "voucher_is_never_deleted" if table == "voucher" else f"{table}_is_never_changed"
    for table in TABLES
}
DELETES = {" ".join(("delete from", table)): promise for table, promise in NEVER.items()}
INSERTS = {
    "insert into account_kind values ('gold')": "account_kind_is_never_changed",
    "insert into transition values ('redeem', 'stock', 'redeemed')": "transition_is_never_changed",
}
TRUNCATES = [f"truncate {table} cascade" for table in TABLES]


@pytest.fixture(params=WHOEVER)
def who(request: pytest.FixtureRequest) -> str:
    """Somebody who can reach the tables."""
    return str(request.param)


@pytest.fixture
def reached(who: str, request: pytest.FixtureRequest) -> Iterator[World]:
    """The world, in the hands of that somebody."""
    if who == "whoever holds the file":
        yield request.getfixturevalue("sqlite_world")
        return
    world: World = request.getfixturevalue("postgresql_world")
    roles = {"the application": "passnum_app", "the owner": "passnum_owner", "a superuser": "none"}
    yield world.acting_as(roles[who])


@pytest.mark.parametrize("statement", [*UPDATES, *DELETES, *INSERTS])
def test_what_is_written_is_never_changed(reached: World, who: str, statement: str) -> None:
    promise = (UPDATES | DELETES | INSERTS)[statement]

    refusal = reached.refusal_of(lambda: reached.sql(statement))

    assert refusal == (DENIED if who == "the application" else promise)


@pytest.mark.parametrize("statement", TRUNCATES)
def test_no_table_is_emptied(postgresql_world: World, statement: str) -> None:
    world = postgresql_world

    assert world.refusal_of(lambda: world.sql(statement)) == DENIED
    for role in ("passnum_owner", "none"):
        world.acting_as(role)
        # CASCADE reaches other tables, and theirs may be the first to refuse.
        refusal = world.refusal_of(lambda: world.sql(statement))
        assert refusal is not None
        assert refusal.endswith(("_is_never_changed", "_is_never_deleted"))
