"""Every rule for what is not a movement, with an attack that only it refuses."""

from functools import partial
from typing import Any

from tests.ledger.attacks_on_rows import ROWS
from tests.ledger.hostile import DENIED, TABLES, Attack, Attempt, Value, World, code_hash
from tests.ledger.mutants import GUARD_OFF, SQLITE_GUARD_OFF
from tests.ledger.without import (
    Mutant,
    OnSqlite,
    Rewrite,
    cut_check,
    cut_trigger,
    drop_constraint,
    drop_trigger,
    edit,
    in_trigger,
)

ROW_MUTANTS: list[Mutant] = []
ISSUER_FIRST = "voucher_starts_with_the_issuer"
ISSUER_FIRST_OFF = cut_trigger(ISSUER_FIRST)


def mutant(rule: str, attack: str | Attack, **how: Any) -> None:  # noqa: ANN401 - the fields of Mutant
    """Add an experiment; an attack of the list is named by its sentence."""
    ROW_MUTANTS.append(Mutant(rule, ROWS[attack] if isinstance(attack, str) else attack, **how))


def statement(text: str, first: str = "") -> Attack:
    """An attack that is one statement, after another that is allowed."""

    def prepare(world: World) -> Attempt:
        if first:
            world.sql(first)
        return partial(world.sql, text)

    return Attack(text, (), prepare)


def replacement(table: str, **columns: Value) -> Attack:
    """An attack that puts a row in the place of another, on SQLite."""

    def prepare(world: World) -> Attempt:
        return partial(world.insert, table, columns, verb="insert or replace")

    return Attack(f"a row of {table} is replaced", (), prepare)


# ── Checks of one row ─────────────────────────────────────────────────────────────────────────────

for table, name, sentence in (
    ("voucher", "voucher_serial_is_positive", "a pass has the serial 0"),
    ("voucher", "voucher_code_is_a_digest", "a pass keeps its code in clear"),
    ("voucher", "voucher_is_in_its_booklet", "a booklet begins after its pass"),
    ("voucher", "voucher_is_in_its_booklet", "a booklet has eleven passes"),
    ("voucher", "voucher_is_in_its_booklet", "a booklet begins before the first pass"),
    ("account", "account_of_transit_has_two_parties", "what is on its way has one party"),
    ("account", "account_of_transit_has_two_parties", "a stock has two parties"),
    ("vintage", "vintage_is_worth_something", "a vintage is worth nothing"),
):
    mutant(name, sentence, postgresql=drop_constraint(table, name), sqlite=(cut_check(name),))
mutant(
    "voucher_id_is_positive",
    "a pass has the id 0",
    postgresql=drop_constraint("voucher", "voucher_id_is_positive"),
    sqlite=(cut_check("voucher_id_is_positive"),),
    also_postgresql=drop_constraint("voucher", "voucher_is_in_its_booklet"),
    also_sqlite=(cut_check("voucher_is_in_its_booklet"),),
)


def with_a_forged_step(world: World) -> Attempt:
    """Print a pass that has a last movement and no step."""
    return partial(world.print_vouchers, [5001], last_movement_id=1)


mutant(
    "voucher_sequence_counts_movements",
    Attack("a pass is printed with a movement it never made", (), with_a_forged_step),
    role="passnum_owner",
    postgresql=drop_constraint("voucher", "voucher_sequence_counts_movements"),
    sqlite=(cut_check("voucher_sequence_counts_movements"),),
    also_sqlite=(ISSUER_FIRST_OFF,),
)

# ── Keys ──────────────────────────────────────────────────────────────────────────────────────────

mutant(
    "voucher_code_is_one_voucher",
    "a pass is printed with a code in use",
    postgresql=drop_constraint("voucher", "voucher_code_is_one_voucher"),
    sqlite=(edit(" constraint voucher_code_is_one_voucher unique"), ISSUER_FIRST_OFF),
)
mutant(
    "voucher_serial_is_one_voucher",
    "a pass is printed with a serial in use",
    postgresql=drop_constraint("voucher", "voucher_serial_is_one_voucher"),
    sqlite=(
        edit("  constraint voucher_serial_is_one_voucher unique (vintage_id, serial),\n"),
        ISSUER_FIRST_OFF,
    ),
)


def printed_again(world: World) -> Attempt:
    """Print pass 1 again; SQLite lets REPLACE take its place."""
    verb = "insert" if world.is_postgresql else "insert or replace"
    row = world.voucher(1, serial=5001, code_hash=code_hash(5001))
    return partial(world.insert, "voucher", row, verb=verb)


mutant(
    "voucher_id_is_one_voucher",
    Attack("a pass is printed in the place of another", (), printed_again),
    postgresql=drop_constraint("voucher", "voucher_id_is_one_voucher"),
    sqlite=(ISSUER_FIRST_OFF,),
    also_sqlite=(cut_trigger("voucher_is_never_deleted"),),
)
for name, sentence in (
    ("account_kind_is_known", "an account has an invented kind"),
    ("account_vintage_is_known", "an account has an unknown vintage"),
):
    mutant(
        name,
        sentence,
        postgresql=drop_constraint("account", name),
        sqlite=(cut_trigger("account_is_never_replaced"),),
    )
mutant(
    "account_is_one_per_kind_parties_vintage",
    "an account is opened twice",
    postgresql=drop_constraint("account", "account_is_one_per_kind_parties_vintage"),
    sqlite=(
        edit(
            "  constraint account_is_one_per_kind_parties_vintage"
            " unique (kind, party_id, counterparty_id, vintage_id),\n"
        ),
        cut_trigger("account_is_never_replaced"),
    ),
)
mutant(
    "posting_is_sent_once",
    "an act is sent twice",
    postgresql=drop_constraint("posting", "posting_is_sent_once"),
    sqlite=(
        edit(" constraint posting_is_sent_once unique"),
        cut_trigger("posting_is_never_replaced"),
    ),
)

# ── New vouchers start with the issuer ────────────────────────────────────────────────────────────

mutant(
    ISSUER_FIRST,
    "a pass is printed with a history",
    role="passnum_owner",
    postgresql=drop_trigger("voucher", ISSUER_FIRST),
    sqlite=(ISSUER_FIRST_OFF,),
)
for clause, sentence in (
    ("account.kind = 'issuer'", "a pass is printed straight into circulation7"),
    (
        "vintage.id = arrival.vintage_id",
        "a pass of 1000 cents is printed with another vintage's issuer",
    ),
    (
        "vintage.face_value_cents = arrival.face_value_cents",
        "a pass is printed at another face value",
    ),
):
    mutant(
        ISSUER_FIRST,
        sentence,
        clause=clause,
        postgresql=(Rewrite("check_new_vouchers", clause, "true"),),
        sqlite=(in_trigger(ISSUER_FIRST, clause.replace("arrival", "new"), "1"),),
    )

# ── What is written is never changed ──────────────────────────────────────────────────────────────

NEVER = {
    table: "voucher_is_never_deleted" if table == "voucher" else f"{table}_is_never_changed"
    for table in TABLES
}
NO_OTHER_TABLE_REFUSES = """do $$
declare
  t record;
begin
  for t in select tgname, tgrelid::regclass as on_table from pg_trigger
            where tgname ~ '_is_never_(changed|deleted)$'
              and tgrelid <> 'ledger.this_table'::regclass
  loop
    execute format('drop trigger %I on %s', t.tgname, t.on_table);
  end loop;
end $$"""
NEVER_ON_BOTH = (
    ("movement", "update", "update movement set amount_cents = amount_cents where id = 1"),
    ("movement", "delete", "delete from movement where id = 1"),
    ("posting", "update", "update posting set actor_id = 9"),
    (
        "posting",
        "delete",
        "delete from posting where id not in (select posting_id from movement)",
    ),
    ("account", "update", "update account set party_id = counterparty_id where kind = 'void'"),
    ("account", "delete", "delete from account where kind = 'credited'"),
    ("vintage", "update", "update vintage set face_value_cents = face_value_cents"),
    ("vintage", "delete", "delete from vintage where face_value_cents = 1500"),
    ("account_kind", "insert", "insert into account_kind values ('gold')"),
    ("account_kind", "update", "update account_kind set kind = kind"),
    ("transition", "insert", "insert into transition values ('redeem', 'stock', 'redeemed')"),
    ("transition", "update", "update transition set kind = kind"),
    ("transition", "delete", "delete from transition where kind = 'credit'"),
    ("voucher", "delete", "delete from voucher where id = 950"),
)
for table, verb, text in NEVER_ON_BOTH:
    past = {"update": "updated", "delete": "deleted", "insert": "inserted"}[verb]
    first = "insert into vintage (face_value_cents) values (1500)" if "1500" in text else ""
    mutant(
        NEVER[table],
        statement(text, first),
        role="passnum_owner",
        postgresql=drop_trigger(table, NEVER[table]),
        sqlite=(cut_trigger(f"{table}_is_never_{past}"),),
    )
mutant(
    "account_kind_is_never_changed",
    statement("delete from account_kind where kind = 'void'"),
    sqlite=(cut_trigger("account_kind_is_never_deleted"),),
)
for table in TABLES:
    # CASCADE reaches the tables of the domain too, whose own rules are not on trial.
    mutant(
        NEVER[table],
        statement(f"truncate {table} cascade"),
        role="passnum_owner",
        postgresql=drop_trigger(table, NEVER[table]),
        also_postgresql=(NO_OTHER_TABLE_REFUSES.replace("this_table", table),),
    )
mutant(
    "voucher_identity_is_never_changed",
    statement("update voucher set code_hash = code_hash where id = 10"),
    role="passnum_owner",
    postgresql=drop_trigger("voucher", "voucher_identity_is_never_changed"),
    sqlite=(cut_trigger("voucher_identity_is_never_changed"),),
    also_postgresql=GUARD_OFF,
    also_sqlite=(SQLITE_GUARD_OFF,),
)
mutant(
    "voucher_moves_by_a_movement",
    statement("update voucher set account_id = 1, sequence = sequence + 1 where id = 10"),
    role="passnum_owner",
    postgresql=GUARD_OFF,
    sqlite=(SQLITE_GUARD_OFF,),
)


def beneath_a_trigger(change: str) -> Attack:
    """The owner's own trigger changes a voucher, on PostgreSQL."""

    def prepare(world: World) -> Attempt:
        world.acting_as("passnum_owner")
        world.sql(
            "create function ledger.mine() returns trigger language plpgsql as"
            f" $$ begin {change}; return null; end $$"
        )
        world.sql("create trigger mine after insert on vintage execute function ledger.mine()")
        return partial(world.sql, "insert into vintage (face_value_cents) values (1500)")

    return Attack(change, (), prepare)


for clause, attack in (
    (
        "(pg_trigger_depth() = 0)",
        statement(
            "update voucher set sequence = sequence + 1, last_movement_id = 99 where id = 10"
        ),
    ),
    (
        "(new.sequence <> (old.sequence + 1))",
        beneath_a_trigger("update ledger.voucher set last_movement_id = 99 where id = 10"),
    ),
    (
        "(new.last_movement_id IS NULL)",
        beneath_a_trigger(
            "update ledger.voucher set sequence = sequence + 1, last_movement_id = null"
            " where id = 10"
        ),
    ),
    (
        "(new.last_movement_id <= old.last_movement_id)",
        beneath_a_trigger(
            "update ledger.voucher set sequence = sequence + 1, last_movement_id = 1 where id = 10"
        ),
    ),
):
    mutant(
        "voucher_moves_by_a_movement",
        attack,
        clause=clause,
        role="passnum_owner",
        postgresql=(Rewrite("voucher_moves_by_a_movement", clause, "false", table="voucher"),),
        also_postgresql=drop_constraint("voucher", "voucher_sequence_counts_movements"),
    )

# ── What only PostgreSQL has: privileges ──────────────────────────────────────────────────────────

for privilege, text in (
    ("update on voucher", "update voucher set sequence = sequence where id = 10"),
    ("delete on voucher", "delete from voucher where id = 950"),
    ("update on posting", "update posting set actor_id = 9"),
    ("insert on transition", "insert into transition values ('redeem', 'stock', 'redeemed')"),
    ("update on voucher", "select from voucher where id = 30 for update"),
    (
        "insert (recorded_at) on posting",
        """insert into posting (id, kind, document_type, document_id, actor_id, occurred_at,
                                recorded_at)
           select gen_random_uuid(), 'x', 'x', gen_random_uuid(), 1, now(), '2020-01-01'""",
    ),
    (
        "insert (sequence, last_movement_id) on voucher",
        """insert into voucher (id, vintage_id, serial, booklet_id, face_value_cents, code_hash,
                                account_id, sequence, last_movement_id)
           select 5001, 1, 5001, 5001, 1000, sha256('x'), account_id, 0, null
             from voucher where id = 950""",
    ),
):
    table = privilege.rpartition(" ")[2]
    triggers = {
        "voucher": (*GUARD_OFF, *drop_trigger("voucher", "voucher_is_never_deleted")),
        "posting": drop_trigger("posting", "posting_is_never_changed"),
        "transition": drop_trigger("transition", "transition_is_never_changed"),
    }
    mutant(
        DENIED,
        statement(text),
        clause=privilege,
        postgresql=(f"grant {privilege} to passnum_app",),
        also_postgresql=triggers[table],
    )

# ── What only SQLite has: REPLACE, and types that it must be told ─────────────────────────────────


def posting_that_says(**columns: Value) -> Attack:
    """An act with one wrong value."""

    def prepare(world: World) -> Attempt:
        return partial(world.insert, "posting", world.posting(**columns), verb="insert or replace")

    return Attack(f"an act says {columns}", (), prepare)


NOBODY = bytes(16)
STOCK: dict[str, Value] = {
    "kind": "stock",
    "party_id": NOBODY,
    "counterparty_id": NOBODY,
    "vintage_id": 1,
}
ON_SQLITE: tuple[tuple[str, Attack, tuple[OnSqlite, ...], tuple[OnSqlite, ...]], ...] = (
    (
        "vintage_is_never_changed",
        replacement("vintage", id=1, face_value_cents=1),
        (cut_trigger("vintage_is_never_replaced"),),
        (cut_trigger("vintage_is_never_deleted"),),
    ),
    (
        "account_is_never_changed",
        replacement("account", id=1, **STOCK),
        (cut_trigger("account_is_never_replaced"),),
        (cut_trigger("account_is_never_deleted"),),
    ),
    (
        "posting_is_never_changed",
        posting_that_says(ordinal=1),
        (cut_trigger("posting_is_never_replaced"),),
        (cut_trigger("posting_is_never_deleted"),),
    ),
    (
        "posting_takes_the_next_ordinal",
        posting_that_says(ordinal=10**12),
        (cut_trigger("posting_takes_the_next_ordinal"),),
        (),
    ),
    (
        "posting_ids_are_16_bytes",
        posting_that_says(document_id=b"abc"),
        (cut_check("posting_ids_are_16_bytes"),),
        (),
    ),
    (
        "posting_instants_are_utc",
        posting_that_says(occurred_at="2026-02-30T12:00:00.000000Z"),
        (edit("constraint posting_instants_are_utc check (", "check (1 or "),),
        (),
    ),
    (
        "account_party_is_16_bytes",
        replacement("account", **(STOCK | {"party_id": b"x", "counterparty_id": b"x"})),
        (cut_check("account_party_is_16_bytes"),),
        (),
    ),
    (
        "account_id_is_positive",
        replacement("account", id=-1, **STOCK),
        (cut_check("account_id_is_positive"),),
        (),
    ),
    (
        "vintage_id_is_positive",
        replacement("vintage", id=-1, face_value_cents=1000),
        (cut_check("vintage_id_is_positive"),),
        (),
    ),
)
for name, attack, without, also in ON_SQLITE:
    mutant(name, attack, sqlite=without, also_sqlite=also)
