"""Every named rule of the domain's tables refuses one hostile statement, and only that rule does.

The rules are read from the database itself. For each there is a row that the table would accept
(tests/service/rows.py), bent by one thing: by hand for checks and keys of several columns
(tests/service/hostile_rows.py), and as a matter of course for the others: a foreign key is pointed
at nothing, a unique key repeats a row that is there. A rule without a hostile statement fails.

Both databases refuse the statement and name the rule; SQLite says no more of a foreign key than
that it failed, and names a unique key by its columns. On PostgreSQL the same statement is then
accepted without the rule, so nothing else had refused it. SQLite cannot drop a constraint: there
the acceptance is shown for triggers only. The rules of the ledger's own tables are in tests/ledger.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Constraint,
    Engine,
    ForeignKeyConstraint,
    Table,
    UniqueConstraint,
    create_engine,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database import Model, Uuid16
from app.database.connections import (
    APPLICATION_ROLE,
    OWNER_ROLE,
    SEARCH_PATH,
    prepare_sqlite,
    read_url,
)
from app.kernel.ids import new_id
from app.ledger import rule_named_by
from tests.beginnings import begin, lived
from tests.databases import Databases
from tests.service.chain import Chain
from tests.service.hostile_rows import BENT, TOGETHER
from tests.service.rows import Row, Rows, table_named

DIALECTS = ("sqlite", "postgresql")
NOBODY, NO_NUMBER = new_id(), 10**9


@dataclass(frozen=True)
class Rule:
    """A named rule of one table; `columns` where it is a key, `kind` as the database calls it."""

    name: str
    table: str
    kind: str
    columns: tuple[str, ...] = ()

    def drop(self) -> str:
        """PostgreSQL's statement that takes it away, and what hangs on it."""
        if self.kind == "trigger":
            return f"drop trigger {self.name} on {self.table}"
        return f"alter table {self.table} drop constraint {self.name} cascade"

    def refused(self, error: DBAPIError) -> bool:
        """Whether it is this rule that refused."""
        said = rule_named_by(error)
        if not isinstance(error.orig, sqlite3.Error):
            return said == self.name
        return (
            said
            in {
                "check": {f"CHECK constraint failed: {self.name}"},
                "foreign key": {"FOREIGN KEY constraint failed"},
                "unique": {
                    "UNIQUE constraint failed: "
                    + ", ".join(f"{self.table}.{column}" for column in self.columns)
                },
                "trigger": {self.name},
            }[self.kind]
        )


def constraint(table: Table, made: Constraint) -> Rule | None:
    """A rule as the models say it; a primary key is named by the database."""
    if isinstance(made, CheckConstraint):
        return Rule(str(made.name), table.name, "check")
    if isinstance(made, ForeignKeyConstraint):
        return Rule(str(made.name), table.name, "foreign key", tuple(made.column_keys))
    if isinstance(made, UniqueConstraint):
        return Rule(str(made.name), table.name, "unique", tuple(c.name for c in made.columns))
    return None


TABLES = [t for t in Model.metadata.sorted_tables if t.info.get("made_by") != "sql"]
CONSTRAINTS = sorted(
    (r for t in TABLES for c in t.constraints if (r := constraint(t, c))),
    key=lambda rule: (rule.table, rule.name),  # a table keeps its constraints in a set
)
SUMS = [
    Rule("agreement_ends_with_its_organisation", "agreement", "trigger"),
    Rule("label_ends_with_its_organisation", "label", "trigger"),
    Rule("siret_entry_begins_with_what_was_given", "siret_entry", "trigger"),
    Rule("siret_entry_is_one_organisation", "siret_entry", "trigger"),
    Rule("organisation_siret_is_not_written_elsewhere", "organisation", "trigger"),
    Rule("label_progress_goes_forward", "label_progress", "trigger"),
    Rule("redemption_is_not_by_a_succeeded_mediator", "redemption", "trigger"),
    Rule("successor_is_not_succeeded", "succession", "trigger"),
    Rule("prescribed_booklet_counts_what_was_undone", "prescription_booklet", "trigger"),
    Rule("order_total_is_the_sum_of_its_lines", "order_approval", "trigger"),
    Rule("approved_order_gets_no_more_lines", "order_line", "trigger"),
    Rule("sent_order_is_not_cancelled", "order_cancellation", "trigger"),
    Rule("cancelled_order_is_not_approved", "order_approval", "trigger"),
    Rule("cancelled_order_is_not_sent", "order_dispatch", "trigger"),
    Rule("cancelled_order_gets_no_mandate", "order_mandate", "trigger"),
    Rule("cancelled_mandate_covers_nothing", "order_mandate_cancellation", "trigger"),
    Rule("receivable_is_what_was_clawed_back", "receivable", "trigger"),
    Rule("receivable_needs_an_approval", "receivable", "trigger"),
    Rule("recovery_is_within_what_was_told", "recovery", "trigger"),
    Rule("payment_order_waits_for_its_recoveries", "payment_order", "trigger"),
    Rule("offset_waits_for_its_recoveries", "statement_offset", "trigger"),
    Rule("collection_waits_for_the_lines_of_its_note", "debit_note_collection", "trigger"),
    Rule("dispute_is_of_a_refused_attempt", "dispute", "trigger"),
    Rule("dispute_is_the_only_open_claim", "dispute", "trigger"),
    Rule("dispute_awards_the_claimant", "dispute_decision", "trigger"),
    Rule("dispute_keeps_what_is_not_taken_back", "dispute_decision", "trigger"),
    Rule("mandate_number_is_used_once", "order_mandate", "trigger"),
    Rule("payment_order_number_is_used_once", "payment_order", "trigger"),
    Rule("payment_order_to_the_same_account_says_why", "payment_order", "trigger"),
    Rule("statement_is_received_when_first_certified", "statement_approval", "trigger"),
    Rule("active_delivery_brings_no_more", "delivery_range", "trigger"),
    Rule("activation_costs_what_it_brings", "activation", "trigger"),
    Rule("activation_is_covered_by_mandates", "activation", "trigger"),
    Rule("shares_are_one_whole_at_most", "funder_share", "trigger"),
    Rule("settings_apply_after_those_before", "programme_settings", "trigger"),
    Rule("approval_stays_within_the_budget", "order_approval", "trigger"),
    Rule("lot_is_of_a_vintage_to_take_over", "takeover_lot", "trigger"),
    Rule("refused_bank_details_are_not_approved", "bank_details_approval", "trigger"),
    Rule("superseded_bank_details_are_not_approved", "bank_details_approval", "trigger"),
    Rule("approved_bank_details_are_not_refused", "bank_details_refusal", "trigger"),
    Rule("superseded_bank_details_are_not_refused", "bank_details_refusal", "trigger"),
    Rule("refused_takeover_is_not_approved", "takeover_approval", "trigger"),
    Rule("approved_takeover_is_not_refused", "takeover_refusal", "trigger"),
    Rule("takeover_opens_no_ended_vintage", "takeover_approval", "trigger"),
    Rule("order_is_not_of_a_taken_over_vintage", "booklet_order", "trigger"),
    Rule("prescription_names_the_settings_in_force", "prescription", "trigger"),
    Rule("statement_total_is_the_sum_of_its_claims", "statement_approval", "trigger"),
    Rule("redemption_is_not_before_the_issue", "redemption", "trigger"),
    Rule("session_is_of_the_mediator_and_day_of_its_passes", "session_redemption", "trigger"),
    Rule("statement_takes_passes_with_their_session", "statement", "trigger"),
    Rule("receipt_is_signed_by_its_recipient", "consignment_answer", "trigger"),
    Rule("referral_to_a_public_body_needs_a_right", "prescription", "trigger"),
    Rule("agreement_overlaps_none_of_its_kind", "agreement", "trigger"),
    Rule("agreement_file_is_the_one_declared", "agreement_file", "trigger"),
    Rule("agreement_file_is_what_its_bytes_say", "agreement_file", "trigger"),
    Rule("agreement_keeps_a_few_files", "agreement_file", "trigger"),
    Rule("redemption_agreement_is_not_closed", "redemption", "trigger"),
    Rule("redemption_cash_office_is_not_closed", "redemption", "trigger"),
    Rule("redemption_mandate_is_in_force", "redemption", "trigger"),
    Rule("statement_fee_is_its_agreements", "statement", "trigger"),
    Rule("prescription_agreement_is_not_closed", "prescription", "trigger"),
    Rule("prescription_is_by_who_may_hold", "prescription", "trigger"),
    Rule("late_hand_over_is_accepted", "prescription_booklet", "trigger"),
    Rule("renewal_for_a_loss_leaves_nothing_accepted", "prescription_renewal", "trigger"),
    Rule("exception_for_a_loss_follows_a_block", "prescription_exception", "trigger"),
    Rule("consignment_agreement_is_not_closed", "consignment", "trigger"),
    Rule("consignment_is_between_those_who_may_hold", "consignment", "trigger"),
    Rule("cancellation_is_by_who_sent_it", "consignment_answer", "trigger"),
    Rule("receipt_is_by_who_may_hold", "consignment_answer", "trigger"),
    Rule("missing_is_found_by_who_may_hold", "shortfall_settlement", "trigger"),
    Rule("booklet_request_agreement_is_not_closed", "booklet_request", "trigger"),
    Rule("finding_is_about_a_booklet_sent", "consignment_finding", "trigger"),
    Rule("statement_is_approved_at_its_last_version", "statement_approval", "trigger"),
    Rule("statement_is_approved_by_who_withdrew_nothing", "statement_approval", "trigger"),
    Rule("withdrawal_comes_before_approval", "statement_withdrawal", "trigger"),
    Rule("certification_is_by_the_mediators_own_agent", "statement_certification", "trigger"),
    Rule("first_payment_order_pays_the_account_approved", "payment_order", "trigger"),
    Rule("payment_order_follows_a_rejection", "payment_order", "trigger"),
    Rule("payment_is_of_a_live_order", "payment", "trigger"),
    Rule("rejection_names_the_payment", "payment_rejection", "trigger"),
    Rule("print_batch_is_of_its_orders_booklets", "print_batch", "trigger"),
    Rule("print_batch_again_says_why", "print_batch", "trigger"),
    Rule("serial_file_counts_what_arrived", "serial_file", "trigger"),
    Rule("closed_count_gets_no_more_goes", "count_entry", "trigger"),
    Rule("closed_count_gets_no_more_lines", "counted_booklets", "trigger"),
    Rule("closed_count_strikes_no_line", "count_correction", "trigger"),
    Rule("pass_waits_in_one_write_off", "write_off_range", "trigger"),
    Rule("abandoned_write_off_is_not_approved", "write_off_approval", "trigger"),
    Rule("approved_write_off_is_not_abandoned", "write_off_abandonment", "trigger"),
    Rule("abandoned_count_gets_no_more_goes", "count_entry", "trigger"),
    Rule("abandoned_count_is_not_closed", "count_closing", "trigger"),
    Rule("closed_count_is_not_abandoned", "count_abandonment", "trigger"),
    Rule("cash_office_overlaps_none_of_its_kind", "cash_office", "trigger"),
    Rule("beneficiary_is_of_an_age", "beneficiary_identity", "trigger"),
    Rule("count_is_signed_by_its_holder", "count_signature", "trigger"),
    Rule("snapshot_follows_what_is_there", "snapshot", "trigger"),
    Rule("programme_is_frozen_once", "programme_freeze", "trigger"),
    Rule("frozen_programme_gets_no_order", "booklet_order", "trigger"),
    Rule("frozen_programme_sends_no_order", "order_dispatch", "trigger"),
    Rule("frozen_programme_gets_no_delivery", "delivery", "trigger"),
    Rule("frozen_programme_gets_no_allocation", "consignment", "trigger"),
    Rule("order_is_not_of_an_ended_vintage", "booklet_order", "trigger"),
    Rule("order_of_an_ended_vintage_is_not_approved", "order_approval", "trigger"),
    Rule("order_of_an_ended_vintage_is_not_sent", "order_dispatch", "trigger"),
    Rule("delivery_brings_passes_that_serve", "delivery", "trigger"),
    Rule("activation_is_of_passes_that_serve", "activation", "trigger"),
    Rule("mandate_is_recorded_before_the_end", "order_mandate", "trigger"),
    Rule("mandate_is_cancelled_before_the_end", "order_mandate_cancellation", "trigger"),
    Rule("sealed_positions_leave_no_gap", "sealed_movement", "trigger"),
    Rule("seal_block_seals_what_is_placed", "seal_block", "trigger"),
    Rule("last_administrator_stays", "account_event", "trigger"),
    Rule("last_second_factor_stays", "account_event", "trigger"),
    Rule("agent_manager_is_a_partners", "agent_manager", "trigger"),
    Rule("manager_invites_to_what_was_agreed", "account_event", "trigger"),
    Rule("device_is_offered_by_a_mediators_agent", "device_offer", "trigger"),
    Rule("revoked_device_takes_no_list", "device_taking", "trigger"),
]
CHANGES = {
    Rule("last_administrator_keeps_the_account", "agent", "trigger"): (
        "update agent set disabled_at = created_at where role = 'administrator'",
        "update agent set role = 'auditor' where role = 'administrator'",
    ),
    Rule("sign_in_attempt_is_never_edited", "sign_in_attempt", "trigger"): (
        "update sign_in_attempt set succeeded = not succeeded",
        "update sign_in_attempt set attempted_at = attempted_at",
    ),
}
"""Rules of rows that may change, and changes that each of them refuses."""
CHANGEABLE = {
    "agent",
    "api_token",
    "document_counter",
    "beneficiary_identity",
    "form_draft",
    "agent_manager",
    "mail",
    "work_file",
    "work_input",
    "work_line",
    "work_progress",
    "agent_session",
    "totp_secret",
    "passkey",
    "recovery_code",
    "spent_challenge",
    "provider_identity",
    "device_taking",
    "sign_in_attempt",
}
"""Accounts are closed, tokens revoked, counters count, a person may ask to be forgotten, what was
typed and not sent is forgotten after a day, managers change, long work goes on and forgets how far
it was and the file that came with it when it ends, then what it made, and a letter is sent, then
forgotten (of a letter, PostgreSQL lets only what its sending changes be written). Sessions end,
factors are used and removed, a question that a passkey answered is forgotten, ProConnect is
unlinked, and which list a device held two months ago is forgotten, like old attempts to sign in."""
FACTS = [t for t in TABLES if t.name not in CHANGEABLE]


def only_a_target(rule: Rule) -> bool:
    """A unique key that holds the primary key: it can only be broken with it.

    It is there for the foreign key of another table, which names several columns at once.
    """
    key = {column.name for column in table_named(rule.table).primary_key}
    return rule.kind == "unique" and key < set(rule.columns)


PROMISES = [rule for rule in (*CONSTRAINTS, *SUMS) if not only_a_target(rule)]


def bent(rows: Rows, rule: Rule) -> Row:
    """A row that breaks that rule and no other."""
    row = rows.fresh(rule.table)
    how = BENT.get(rule.name)
    if how is None and rule.kind == "foreign key" and len(rule.columns) == 1:
        [column] = rule.columns
        is_uuid = isinstance(table_named(rule.table).c[column].type, Uuid16)
        how = {column: NOBODY if is_uuid else NO_NUMBER}
    if how is None and rule.kind == "unique":
        there = rows.any(rule.table)
        how = {column: there[column] for column in rule.columns}
    if how is None:
        pytest.fail(f"{rule.name} has no hostile statement")
    return row | (how(rows, row) if callable(how) else how)


# ── The databases ─────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module", params=DIALECTS)
def address(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where a chain has lived."""
    folder = tmp_path_factory.mktemp("promises")
    url, chain = begin(databases, request.param, folder, lived)
    CHAINS[url] = chain
    yield url
    databases.drop(url)


CHAINS: dict[str, Chain] = {}


@pytest.fixture(scope="module")
def engine(address: str) -> Iterator[Engine]:
    """Somebody who may drop rules; what was asked once is not compiled again for the next rule."""
    url = read_url(address)
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, connect_args={"options": f"-c search_path={SEARCH_PATH}"})
    else:
        engine = create_engine(url)
        prepare_sqlite(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A transaction of theirs; nothing of it remains."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()
        if not on_postgresql(connection):
            keys(connection, "on")


@pytest.fixture
def rows(connection: Connection, address: str) -> Iterator[Rows]:
    """Rows to write as the application."""
    with Session(connection) as session:
        become(connection, APPLICATION_ROLE)
        yield Rows(session, CHAINS[address])


def become(connection: Connection, role: str) -> None:
    """On PostgreSQL, go on in that role."""
    if on_postgresql(connection):
        connection.execute(text(f"set local role {role}"))


def drop(connection: Connection, rule: Rule) -> None:
    """Take a rule away, as its owner; then go on as the application."""
    become(connection, "none")
    connection.execute(text(rule.drop()))
    become(connection, APPLICATION_ROLE)


def on_postgresql(connection: Connection) -> bool:
    """Whether rules can be dropped here."""
    return connection.dialect.name == "postgresql"


def refusal(connection: Connection, attempt: Callable[[], object]) -> DBAPIError:
    """The error that an attempt meets; nothing of it remains."""
    with pytest.raises(DBAPIError) as refused, connection.begin_nested():
        attempt()
    return refused.value


# ── Promises ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("table", [t.name for t in TABLES if t.name != "demonstration_mark"])
def test_the_row_that_is_bent_is_accepted_as_it_stands(rows: Rows, table: str) -> None:
    rows.add(table, rows.fresh(table))


@pytest.mark.parametrize("rule", PROMISES, ids=lambda rule: rule.name)
def test_a_hostile_row_is_refused_by_its_rule_and_by_nothing_else(
    connection: Connection, rows: Rows, rule: Rule
) -> None:
    row = bent(rows, rule)
    if rule.name in TOGETHER and on_postgresql(connection):
        drop(connection, Rule(TOGETHER[rule.name], rule.table, "unique"))

    error = refusal(connection, lambda: rows.add(rule.table, row))

    assert rule.refused(error), rule_named_by(error)
    if on_postgresql(connection):
        drop(connection, rule)
        rows.add(rule.table, row)
    elif rule.kind == "trigger":
        connection.execute(text(f"drop trigger {rule.name}"))
        rows.add(rule.table, row)


@pytest.mark.parametrize("rule", CHANGES, ids=lambda rule: rule.name)
def test_a_hostile_change_is_refused_by_its_rule_and_by_nothing_else(
    connection: Connection, rule: Rule
) -> None:
    """By whoever owns the tables: the application may not even try some of them."""
    for change in map(text, CHANGES[rule]):
        become(connection, OWNER_ROLE)
        error = refusal(connection, partial(connection.execute, change))
        assert rule.refused(error), rule_named_by(error)
    if on_postgresql(connection):
        drop(connection, rule)
        become(connection, OWNER_ROLE)
    else:
        connection.execute(text(f"drop trigger {rule.name}"))
    assert connection.execute(text(CHANGES[rule][0])).rowcount > 0


@pytest.mark.parametrize("rule", [r for r in CONSTRAINTS if only_a_target(r)], ids=lambda r: r.name)
def test_a_unique_key_that_holds_the_primary_key_is_what_a_foreign_key_names(rule: Rule) -> None:
    targets = {
        (key.referred_table.name, frozenset(element.column.name for element in key.elements))
        for table in TABLES
        for key in table.foreign_key_constraints
    }

    assert (rule.table, frozenset(rule.columns)) in targets


@pytest.mark.parametrize("table", FACTS, ids=lambda table: table.name)
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_fact_is_neither_changed_nor_removed(
    connection: Connection, table: Table, verb: str
) -> None:
    key, name = next(iter(table.primary_key)).name, f"{table.name}_is_never_changed"
    statement = text(
        f"update {table.name} set {key} = {key}"  # noqa: S608 - names of our own tables
        if verb == "update"
        else f"delete from {table.name}"  # noqa: S608 - names of our own tables
    )
    rule = Rule(name, table.name, "trigger")
    no_keys(connection)

    become(connection, OWNER_ROLE)
    error = refusal(connection, lambda: connection.execute(statement))
    assert rule.refused(error), rule_named_by(error)
    if on_postgresql(connection):
        become(connection, APPLICATION_ROLE)
        denied = refusal(connection, lambda: connection.execute(statement))
        assert "permission denied" in str(denied.orig)

    become(connection, "none")
    trigger = f"{table.name}_is_never_{verb}d" if not on_postgresql(connection) else name
    on_table = f" on {table.name}" if on_postgresql(connection) else ""
    connection.execute(text(f"drop trigger {trigger}{on_table}"))
    assert connection.execute(statement).rowcount > 0


def no_keys(connection: Connection) -> None:
    """Foreign keys would protect a row too: here only its own rule may."""
    if on_postgresql(connection):
        connection.execute(text("set local session_replication_role = replica"))
    else:
        keys(connection, "off")


def keys(connection: Connection, switch: str) -> None:
    """Let SQLite look at foreign keys or not; no transaction has begun, or it would not listen."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"pragma foreign_keys = {switch}")
    assert driver.execute("pragma foreign_keys").fetchone() == (switch == "on",)


@pytest.mark.parametrize("table", FACTS, ids=lambda table: table.name)
def test_a_fact_is_not_replaced_or_emptied(connection: Connection, table: Table) -> None:
    rule = Rule(f"{table.name}_is_never_changed", table.name, "trigger")
    statement = (
        f"truncate {table.name} cascade"
        if on_postgresql(connection)
        else f"replace into {table.name} select * from {table.name}"  # noqa: S608 - our own tables
    )

    error = refusal(connection, lambda: connection.execute(text(statement)))

    if on_postgresql(connection):
        assert rule_named_by(error).endswith("_is_never_changed")
    else:
        assert rule.refused(error), rule_named_by(error)


def test_the_rules_tested_here_are_those_of_the_database(connection: Connection) -> None:
    """No rule of either database escapes these tests, and none of them is only in a model."""
    if on_postgresql(connection):
        found = {
            (row.relname, row.name)
            for row in connection.execute(
                text(
                    "select c.relname, k.conname as name from pg_constraint k"
                    " join pg_class c on c.oid = k.conrelid"
                    " where k.connamespace = 'public'::regnamespace and k.contype in ('c','u','f')"
                    " union all select c.relname, t.tgname from pg_trigger t"
                    " join pg_class c on c.oid = t.tgrelid"
                    " where not t.tgisinternal and c.relnamespace = 'public'::regnamespace"
                )
            )
        }
    else:
        found = {
            (row.tbl_name, name)
            for row in connection.execute(
                text("select type, name, tbl_name, sql from sqlite_schema where sql is not null")
            )
            for name in (
                re.findall(r"constraint (\w+) (?:check|unique|foreign)", row.sql, re.IGNORECASE)
                if row.type == "table"
                else re.findall(r"raise\(abort, '(\w+)'\)", row.sql)
            )
        }
    ours = {table.name for table in TABLES}
    assert {rule for rule in found if rule[0] in ours} == {
        *((rule.table, rule.name) for rule in (*CONSTRAINTS, *SUMS, *CHANGES)),
        *((table.name, f"{table.name}_is_never_changed") for table in FACTS),
    }
