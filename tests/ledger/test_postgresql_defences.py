"""What only PostgreSQL has: roles and privileges, COPY, replicas, a voucher guard that trusts."""

import threading
from functools import partial

import pytest
from sqlalchemy.exc import DBAPIError

from app.database.connections import Database
from tests.databases import Databases
from tests.ledger.attacks import REDEEM
from tests.ledger.hostile import ALL_ITS_VOUCHERS, DENIED, World, promise_named_by

TRIGGERS_OFF = "alter table voucher disable trigger user"
FORGED = "update voucher set account_id = 1 where id = 30"


@pytest.fixture
def world(postgresql_world: World) -> World:
    """PostgreSQL only, as the application to begin with."""
    return postgresql_world


# ── The application's role ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "statement",
    [
        "select from voucher where id = 30 for update",
        "select from voucher where id = 30 for key share",
        "insert into posting (recorded_at) values ('2020-01-01')",
        "insert into posting (transaction_id) values ('1')",
        "insert into movement (id, kind) overriding system value values (1, 'x')",
        "insert into account (id) values (1)",
        "insert into vintage (id) values (1)",
        "copy voucher (id) from program 'true'",
        "copy movement from stdin",
        TRIGGERS_OFF,
        "alter table movement drop constraint movement_transition",
        "drop trigger movement_moves_vouchers on movement",
        "drop view fault",
        "create or replace function ledger.refuse() returns trigger language sql as ''",
        "create table ledger.mine ()",
        "create trigger mine before insert on movement execute function ledger.refuse()",
        "set session_replication_role = replica",
        "select ledger.move_vouchers()",
        "select nextval('ledger.movement_id_seq')",
        "select setval('ledger.movement_id_seq', 1)",
        "alter table voucher owner to passnum_app",
    ],
)
def test_the_application_may_not(world: World, statement: str) -> None:
    assert world.refusal_of(lambda: world.sql(statement)) == DENIED


def test_the_application_may_not_rewrite_an_act_by_sending_it_again(world: World) -> None:
    row = world.posting(id=world.begin_act())
    rewrite = "on conflict (id) do update set actor_id = 9"

    assert world.refusal_of(lambda: world.insert("posting", row, then=rewrite)) == DENIED


def test_privileges_hold_where_every_trigger_is_off(world: World) -> None:
    world.acting_as("none").sql(TRIGGERS_OFF)
    world.acting_as("passnum_app")

    assert world.refusal_of(lambda: world.sql(FORGED)) == DENIED


@pytest.mark.parametrize("table", ["voucher", "posting", "movement", "account"])
def test_a_temporary_table_shadows_nothing(world: World, table: str) -> None:
    world.sql(f"create temp table {table} as table ledger.{table}")
    if table == "voucher":
        circulation = world.account["circulation7", 1]
        world.sql("update pg_temp.voucher set account_id = ? where id = 200", circulation)
    act = world.posting()
    world.insert("ledger.posting", act)
    row = world.movement("redeem", 200, 200, *REDEEM, posting_id=act["id"])

    refusal = world.refusal_of(lambda: world.insert("ledger.movement", row))

    assert refusal == ALL_ITS_VOUCHERS


def test_vouchers_are_locked_for_the_application_in_the_order_of_ids(world: World) -> None:
    hashes = world.sql(
        "select array_agg(code_hash order by id desc) from voucher where id in (31, 32, 33)"
    )

    by_id = world.sql("select id from lock_vouchers(array[33, 31, 32]::bigint[])")
    by_code = world.sql("select id from lock_vouchers_by_code(?)", hashes[0][0])

    assert by_id == by_code == [(31,), (32,), (33,)]


def test_two_transactions_redeem_one_pass_and_the_second_waits_and_loses(
    databases: Databases,
) -> None:
    url = databases.clone("postgresql")
    database = Database(url)
    outcome: list[str] = []

    def redeem_second() -> None:
        with database.engine.connect() as connection, connection.begin():
            world = World(connection)
            world.find_accounts()
            try:
                world.post("redeem", 40, 40, "circulation7", "redeemed22")
            except DBAPIError as error:
                outcome.append(promise_named_by(error))

    with database.engine.begin() as connection:
        World(connection).build()
    second = threading.Thread(target=redeem_second)
    with database.engine.begin() as connection:
        world = World(connection)
        world.find_accounts()
        world.post("redeem", 40, 40, *REDEEM)
        second.start()
        second.join(0.3)
        waited = second.is_alive()
    second.join(10)
    database.close()
    databases.drop(url)

    assert waited
    assert outcome == [ALL_ITS_VOUCHERS]


# ── The owner, and a superuser ────────────────────────────────────────────────────────────────────


def test_the_owner_may_not_make_itself_a_replica(world: World) -> None:
    world.acting_as("passnum_owner")

    assert world.refusal_of(lambda: world.sql("set session_replication_role = replica")) == DENIED


@pytest.mark.parametrize(
    ("statement", "promise"),
    [
        (FORGED, "voucher_moves_by_a_movement"),
        ("update voucher set code_hash = code_hash", "voucher_identity_is_never_changed"),
        ("delete from movement", "movement_is_never_changed"),
        ("update posting set actor_id = 9", "posting_is_never_changed"),
    ],
)
def test_triggers_fire_in_a_superusers_replica_too(
    world: World, statement: str, promise: str
) -> None:
    world.acting_as("none").sql("set local session_replication_role = replica")

    assert world.refusal_of(lambda: world.sql(statement)) == promise


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        ("update ledger.voucher set code_hash = code_hash", "voucher_identity_is_never_changed"),
        ("update ledger.voucher set account_id = 1", "voucher_moves_by_a_movement"),
        ("update ledger.voucher set sequence = sequence + 1", "voucher_moves_by_a_movement"),
        (
            "update ledger.voucher set sequence = sequence + 1, last_movement_id = 1",
            "voucher_moves_by_a_movement",
        ),
    ],
)
def test_a_trigger_of_the_owners_own_forges_no_voucher(
    world: World, change: str, promise: str
) -> None:
    world.acting_as("passnum_owner")
    world.sql(
        "create function ledger.mine() returns trigger language plpgsql as"
        f" $$ begin {change}; return null; end $$"
    )
    world.sql(
        "create trigger a_mine after insert on movement for each row execute function ledger.mine()"
    )
    world.begin_act()

    assert world.refusal_of(partial(world.move, "redeem", 30, 30, *REDEEM)) == promise


def test_the_owner_may_not_move_a_pass_under_an_older_number(world: World) -> None:
    world.acting_as("passnum_owner")
    world.begin_act()
    row = world.movement("redeem", 30, 30, *REDEEM, id=0)

    refusal = world.refusal_of(lambda: world.insert("movement", row, how="overriding system value"))

    assert refusal == ALL_ITS_VOUCHERS


# ── Knowing that the rules are still there ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("tampering", "trace"),
    [
        (
            "alter table movement disable trigger movement_moves_vouchers",
            "movement.movement_moves_vouchers",
        ),
        (
            "alter table posting disable trigger posting_is_never_changed",
            "posting.posting_is_never_changed",
        ),
        (
            "alter table voucher enable trigger voucher_moves_by_a_movement",
            "voucher.voucher_moves_by_a_movement",
        ),
        (
            "drop trigger movement_is_never_changed on movement",
            "movement.movement_is_never_changed",
        ),
        (
            "drop trigger movement_moves_whole_booklets on movement",
            "movement.movement_moves_whole_booklets",
        ),
        ("alter table movement disable trigger all", "movement.RI_ConstraintTrigger"),
        ("alter table movement drop constraint movement_transition", "movement_transition"),
        ("alter table movement drop constraint movement_posting", "movement_posting"),
        (
            "alter table posting drop constraint posting_is_sent_once cascade",
            "posting_is_sent_once",
        ),
        ("grant update on voucher to passnum_app", "voucher update"),
        ("grant update (account_id) on voucher to passnum_app", "voucher update"),
        ("grant delete on posting to passnum_app", "posting delete"),
        ("grant truncate on movement to public", "movement truncate"),
        ("grant insert on posting to passnum_app", "posting insert recorded_at"),
        ("grant insert (sequence) on voucher to passnum_app", "voucher insert sequence"),
        ("grant insert (id) on movement to passnum_app", "movement insert id"),
        ("create trigger mine before update on voucher execute function refuse()", "voucher.mine"),
        ("create rule mine as on insert to movement do instead nothing", "movement.mine"),
        ("create rule mine as on insert to posting do instead nothing", "posting.mine"),
        ("set local session_replication_role = replica", "replica"),
        ("grant passnum_owner to passnum_app", "passnum_app"),
        ("alter table voucher enable row level security", "voucher"),
        ("create table ledger.more () inherits (ledger.movement)", "more"),
        ("alter table posting owner to passnum_app", "posting"),
        ("alter table voucher rename to vouchers", "voucher"),
        ("set local search_path = public, ledger; create table public.posting ()", "posting"),
        ("create temp view voucher as select 1", "voucher"),
    ],
)
def test_a_fault_is_reported(world: World, tampering: str, trace: str) -> None:
    world.acting_as("none").sql(tampering)
    world.acting_as("passnum_app")

    assert any(trace in which for _, which in world.sql("select what, which from fault"))


def test_the_application_grants_itself_nothing(world: World) -> None:
    world.sql("grant update on voucher to passnum_app")

    assert world.refusal_of(lambda: world.sql(FORGED)) == DENIED


def test_a_superuser_is_a_fault(world: World) -> None:
    world.acting_as("none")

    assert "the application is a superuser or an owner" in dict(
        world.sql("select what, which from fault")
    )


@pytest.mark.parametrize(
    "tampering",
    [
        """create or replace function ledger.move_vouchers() returns trigger language plpgsql
           security definer set search_path = ledger, pg_temp as 'begin return null; end'""",
        "alter function ledger.move_vouchers() security invoker",
        "alter function ledger.refuse() owner to postgres",
        "alter table posting alter recorded_at set default '2020-01-01'",
        "alter table posting alter transaction_id set default '1'",
        "alter table posting alter actor_id drop not null",
        "drop index movement_by_span",
        """alter table voucher drop constraint voucher_is_in_its_booklet,
           add constraint voucher_is_in_its_booklet check (true)""",
        """create or replace view ledger.fault as
           select ''::text as what, ''::text collate "C" as which where false""",
    ],
)
def test_the_fingerprint_shows_what_no_fault_does(world: World, tampering: str) -> None:
    before = world.sql("select digest from fingerprint")

    world.acting_as("none").sql(tampering)

    assert world.sql("select digest from fingerprint") != before


def test_the_fingerprint_is_one_wherever_it_is_read_from(world: World) -> None:
    here = world.sql("select digest from fingerprint")

    world.sql("set local search_path = ''")

    assert world.sql("select digest from ledger.fingerprint") == here


def test_what_went_past_the_triggers_is_astray(world: World) -> None:
    world.acting_as("none").sql(TRIGGERS_OFF)
    world.sql(FORGED)

    assert world.sql("select id from voucher_astray") == [(30,)]
