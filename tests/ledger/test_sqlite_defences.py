"""What only SQLite has: REPLACE and its cousins, and pragmas that a connection sets for itself."""

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.ledger.attacks import REDEEM
from tests.ledger.conftest import world_in
from tests.ledger.hostile import ALL_ITS_VOUCHERS, World, code_hash

UTC = "posting_instants_are_utc"
SIXTEEN = "posting_ids_are_16_bytes"


@pytest.fixture
def world(sqlite_world: World) -> World:
    """SQLite only."""
    return sqlite_world


@pytest.fixture
def careless_world(world_engine: Callable[[str], Engine]) -> Iterator[World]:
    """SQLite on a connection that has switched foreign keys off."""
    with world_engine("sqlite").connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        # The pragma does nothing within a transaction.
        driver.execute("pragma foreign_keys = off")
        yield from world_in(connection)
        driver.execute("pragma foreign_keys = on")


# ── Rows that replace others ──────────────────────────────────────────────────────────────────────


def latest_act(world: World) -> bytes:
    return bytes(world.sql("select id from posting order by ordinal desc limit 1")[0][0])


REPLACEMENTS: dict[str, tuple[str, str, Callable[[World], dict[str, Any]]]] = {
    "a movement by its id": (
        "movement",
        "movement_is_never_changed",
        lambda world: world.movement("redeem", 50, 50, *REDEEM, id=1),
    ),
    "an act by its id": (
        "posting",
        "posting_is_sent_once",
        lambda world: world.posting(id=latest_act(world)),
    ),
    "an act by its ordinal": (
        "posting",
        "posting_is_never_changed",
        lambda world: world.posting(ordinal=1),
    ),
    "a voucher by its id": (
        "voucher",
        "voucher_id_is_one_voucher",
        lambda world: world.voucher(1, serial=5001, code_hash=code_hash(5001)),
    ),
    "a voucher by its serial": (
        "voucher",
        "voucher_serial_is_one_voucher",
        lambda world: world.voucher(5001, serial=1),
    ),
    "a voucher by its code": (
        "voucher",
        "voucher_code_is_one_voucher",
        lambda world: world.voucher(5001, code_hash=code_hash(1)),
    ),
    "an account by its id": (
        "account",
        "account_is_never_changed",
        lambda world: {
            "id": 1,
            "kind": "void",
            "party_id": world.uuid(9),
            "counterparty_id": world.uuid(9),
            "vintage_id": 1,
        },
    ),
    "an account by its parties": (
        "account",
        "account_is_one_per_kind_parties_vintage",
        lambda world: {
            "kind": "stock",
            "party_id": world.uuid(2),
            "counterparty_id": world.uuid(2),
            "vintage_id": 1,
        },
    ),
    "a vintage": (
        "vintage",
        "vintage_is_never_changed",
        lambda _: {"id": 1, "face_value_cents": 1},
    ),
    "a move of the chart": (
        "transition",
        "transition_is_never_changed",
        lambda _: {
            "kind": "redeem",
            "from_account_kind": "circulation",
            "to_account_kind": "redeemed",
        },
    ),
    "a kind of account": (
        "account_kind",
        "account_kind_is_never_changed",
        lambda _: {"kind": "void"},
    ),
}


@pytest.mark.parametrize("recursive", ["on", "off"])
@pytest.mark.parametrize("what", REPLACEMENTS)
def test_nothing_is_replaced(world: World, what: str, recursive: str) -> None:
    table, promise, row = REPLACEMENTS[what]
    world.sql(f"pragma recursive_triggers = {recursive}")
    world.begin_act()
    forged = row(world)

    refusal = world.refusal_of(lambda: world.insert(table, forged, verb="insert or replace"))

    world.sql("pragma recursive_triggers = on")
    assert refusal == promise


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        (
            """update or replace voucher
               set code_hash = (select code_hash from voucher where id = 2) where id = 50""",
            "voucher_identity_is_never_changed",
        ),
        (
            "update or ignore voucher set account_id = 1 where id = 50",
            "voucher_moves_by_a_movement",
        ),
        ("update or replace movement set id = 2 where id = 1", "movement_is_never_changed"),
        ("update or replace posting set ordinal = 2 where ordinal = 1", "posting_is_never_changed"),
    ],
)
def test_no_update_replaces_or_ignores(world: World, statement: str, promise: str) -> None:
    assert world.refusal_of(lambda: world.sql(statement)) == promise


def test_an_act_sent_again_is_not_rewritten(world: World) -> None:
    row = world.posting(id=world.begin_act())
    rewrite = "on conflict (id) do update set actor_id = 9"

    refusal = world.refusal_of(lambda: world.insert("posting", row, then=rewrite))

    assert refusal == "posting_is_sent_once"


def test_a_second_redemption_is_not_ignored_in_silence(world: World) -> None:
    world.post("redeem", 5, 5, *REDEEM)
    world.begin_act()
    again = world.movement("redeem", 5, 5, *REDEEM)

    refusal = world.refusal_of(lambda: world.insert("movement", again, verb="insert or ignore"))

    assert refusal == ALL_ITS_VOUCHERS


def test_a_wrong_amount_that_is_ignored_writes_nothing(world: World) -> None:
    world.begin_act()
    before = world.state()

    wrong = world.movement("redeem", 50, 50, *REDEEM, amount_cents=1)
    world.insert("movement", wrong, verb="insert or ignore")

    assert world.state() == before


# ── Values that another database would not take ───────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("values", "promise"),
    [
        ({"id": b"abc"}, SIXTEEN),
        ({"document_id": b"abc"}, SIXTEEN),
        ({"occurred_at": "yesterday"}, UTC),
        ({"occurred_at": "2026-11-21T12:00:00Z"}, UTC),
        ({"occurred_at": "2026-11-21 12:00:00.000000Z"}, UTC),
        ({"occurred_at": "2026-11-21T12:00:00.000000-04:00"}, UTC),
        ({"occurred_at": "2026-13-21T12:00:00.000000Z"}, UTC),
        ({"occurred_at": "2026-02-30T12:00:00.000000Z"}, UTC),
        ({"occurred_at": "2026-11-21T25:00:00.000000Z"}, UTC),
        ({"occurred_at": "2026-11-21T24:00:00.000000Z"}, UTC),
        ({"recorded_at": "2026-11-21T12:00:00Z"}, UTC),
        ({"ordinal": 10**12}, "posting_takes_the_next_ordinal"),
        ({"ordinal": -1}, "posting_takes_the_next_ordinal"),
        ({"actor_id": "me"}, "cannot store TEXT value in INTEGER column posting.actor_id"),
    ],
    ids=str,
)
def test_an_act_is_refused(world: World, values: dict[str, Any], promise: str) -> None:
    refusal = world.refusal_of(lambda: world.insert("posting", world.posting(**values)))

    assert refusal == promise


def test_an_act_is_recorded_in_one_spelling_of_time(world: World) -> None:
    world.begin_act()

    ((recorded_at,),) = world.sql("select recorded_at from posting order by ordinal desc limit 1")

    assert len(recorded_at) == 27
    assert recorded_at.endswith("000Z")


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        ("insert into vintage values (-1, 1000)", "vintage_id_is_positive"),
        (
            "insert into account values (-1, 'stock', zeroblob(16), zeroblob(16), 1)",
            "account_id_is_positive",
        ),
        (
            """insert into account (kind, party_id, counterparty_id, vintage_id)
               values ('stock', x'00', x'00', 1)""",
            "account_party_is_16_bytes",
        ),
        (
            """insert into account (kind, party_id, counterparty_id, vintage_id)
               values ('stock', 'nobody', 'nobody', 1)""",
            "cannot store TEXT value in BLOB column account.party_id",
        ),
    ],
)
def test_a_row_is_refused(world: World, statement: str, promise: str) -> None:
    assert world.refusal_of(lambda: world.sql(statement)) == promise


# ── A connection that does not care ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("args", "other", "promise"),
    [
        (
            ("redeem", 200, 200, "stock", "redeemed21"),
            {"debit_kind": "circulation"},
            "movement_debit_account",
        ),
        (
            ("allocate", 201, 210, "stock", "circulation7"),
            {"credit_kind": "transit"},
            "movement_credit_account",
        ),
        (("redeem", 200, 200, "stock", "redeemed21"), {}, "movement_transition"),
        (("redeem", 2, 2, *REDEEM), {"face_value_cents": 500}, "movement_face_value"),
        (("redeem", 2, 2, *REDEEM), {"posting_id": b"0123456789abcdef"}, "movement_posting"),
        (
            ("reverse", 151, 160, "transit7", "stock"),
            {"reverses_id": 1},
            "movement_reverses_its_mirror",
        ),
    ],
)
def test_the_keys_hold_with_foreign_keys_off(
    careless_world: World, args: tuple[Any, ...], other: dict[str, Any], promise: str
) -> None:
    careless_world.begin_act()

    assert careless_world.refusal_of(partial(careless_world.move, *args, **other)) == promise


@pytest.mark.parametrize(
    ("kind", "vintage", "promise"),
    [("gold", 1, "account_kind_is_known"), ("stock", 99, "account_vintage_is_known")],
)
def test_accounts_are_of_the_chart_with_foreign_keys_off(
    careless_world: World, kind: str, vintage: int, promise: str
) -> None:
    refusal = careless_world.refusal_of(partial(careless_world.open_account, kind, 9, 9, vintage))

    assert refusal == promise


def test_foreign_keys_off_are_a_fault(careless_world: World) -> None:
    assert careless_world.sql("select what from fault") == [
        ("foreign keys are off on this connection",)
    ]


@pytest.mark.parametrize(
    ("pragma", "value", "usual"),
    [("recursive_triggers", 0, 1), ("ignore_check_constraints", 1, 0), ("writable_schema", 1, 0)],
)
def test_a_pragma_is_a_fault(world: World, pragma: str, value: int, usual: int) -> None:
    world.sql(f"pragma {pragma} = {value}")
    found = world.sql("select what from fault")
    world.sql(f"pragma {pragma} = {usual}")

    assert len(found) == 1


# ── Knowing that the rules are still there ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        ("drop trigger movement_moves_vouchers", ("trigger missing", "movement_moves_vouchers")),
        ("drop trigger posting_is_never_deleted", ("trigger missing", "posting_is_never_deleted")),
        (
            "create trigger mine after insert on posting begin select 1; end",
            ("trigger that nobody expects", "mine"),
        ),
        ("alter table voucher rename to vouchers", ("table missing", "voucher")),
    ],
)
def test_a_fault_is_reported(world: World, tampering: str, fault: tuple[str, str]) -> None:
    world.sql(tampering)

    assert fault in world.sql("select what, which from fault")


def test_the_fingerprint_shows_a_trigger_replaced_by_a_tame_one(world: World) -> None:
    before = world.sql("select rules from fingerprint")

    world.sql("drop trigger voucher_moves_by_a_movement")
    world.sql(
        "create trigger voucher_moves_by_a_movement before update on voucher"
        " when 0 begin select 1; end"
    )

    assert world.sql("select what, which from fault") == []
    assert world.sql("select rules from fingerprint") != before


def test_what_went_past_the_triggers_is_astray(world: World) -> None:
    world.sql("drop trigger voucher_moves_by_a_movement")
    world.sql("update voucher set account_id = 1 where id = 50")

    assert world.sql("select id from voucher_astray") == [(50,)]


def test_the_file_is_sound(world: World) -> None:
    assert world.sql("pragma integrity_check") == [("ok",)]
    assert world.sql("pragma foreign_key_check") == []
