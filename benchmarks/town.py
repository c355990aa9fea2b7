"""The demonstration, a hundred times over: a million passes, and something at every stage.

The demonstration has something at every stage, for every role. Its rows are written again and
again past the rules: passes, people, papers and movements once a copy; organisations, and what
hangs on them, once a group of copies. Half of all copies happen to the partners of the first
group, so that those whose accounts are known are as busy as anybody may become. What one copy
adds up to adds up in all of them, so the ledger stays true. A new table is copied like the others.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import islice, repeat
from operator import attrgetter
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Column, Integer, LargeBinary, Row, Table, UniqueConstraint, select
from sqlalchemy.engine import make_url

from app import ledger
from app.database import Model, Uuid16
from app.database.connections import SEARCH_PATH, Database, read_url
from benchmarks.history import ALWAYS_OFF, ALWAYS_ON

PASSES = 10_000
"""What the demonstration holds, in round numbers."""
GROUPS = 10
"""How often there is each partner but the sponsor and the issuer."""
AT_ONCE = 20_000
"""Rows that are written at once."""

ONCE = {
    "demonstration_mark", "document_counter", "vintage", "vintage_terms", "programme",
    "programme_settings", "entitlement", "funder_share",
}  # fmt: skip
"""What there is once however much happens."""
MADE_ELSEWHERE = {"transition", "seal_block", "seal_node", "sealed_movement"}
"""What a migration wrote, and what is derived from the journal."""
SHARED = {"sponsor", "issuer"}
"""Kinds of organisations that there are once."""
OF_PARTNERS = {
    "organisation", "agent", "agent_manager", "account", "account_link", "account_link_end",
    "agreement", "agreement_closure", "agreement_file", "bank_details", "bank_details_approval",
    "bank_details_refusal",
    "cash_office", "cash_office_closure", "label", "label_application", "label_progress",
    "partner_address", "partner_contact", "place_profile", "place_capacity", "place_hours",
    "place_public", "place_service", "siret_entry", "succession",
}  # fmt: skip
"""What there is once a group."""

AGENTS, ACCOUNTS, VOUCHERS, MOVEMENTS = "agent", "account", "voucher", "movement"
SERIALS, BOOKLETS = "serial", "number of a booklet"
NUMBERED_BY = {
    "voucher.booklet_id": VOUCHERS, "voucher.account_id": ACCOUNTS,
    "voucher.last_movement_id": MOVEMENTS, "booklet.id": VOUCHERS, "booklet.number": BOOKLETS,
    "movement.first_id": VOUCHERS, "movement.last_id": VOUCHERS,
    "movement.debit_account_id": ACCOUNTS, "movement.credit_account_id": ACCOUNTS,
    "movement.reverses_id": MOVEMENTS, "posting.actor_id": AGENTS,
    "counted_booklets.first_number": BOOKLETS, "counted_booklets.last_number": BOOKLETS,
}  # fmt: skip
"""What a number names where no foreign key says so."""
NAMED = {
    "voucher_id": VOUCHERS, "first_voucher_id": VOUCHERS, "last_voucher_id": VOUCHERS,
    "booklet_id": VOUCHERS, "account_id": ACCOUNTS, "movement_id": MOVEMENTS,
    "serial": SERIALS, "first_serial": SERIALS, "last_serial": SERIALS,
    "follows_serial": SERIALS, "allotted_first": SERIALS, "allotted_last": SERIALS,
    "first_booklet": BOOKLETS, "last_booklet": BOOKLETS, "follows_booklet": BOOKLETS,
    "allotted_booklet": BOOKLETS,
}  # fmt: skip
"""The same by the name of the column alone, in whatever table."""

Copied = Callable[[Any, Sequence[int]], Sequence[Any]]
"""What becomes of a value in each of some copies."""


@dataclass
class Town:
    """The rows of the demonstration, and what becomes of them."""

    url: str
    copies: int
    tables: dict[Table, list[Row[Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, demonstration: Database, *, copies: int) -> "Town":
        """Read everything that the demonstration holds."""
        town = cls(demonstration.url, copies)
        with demonstration.transaction(writing=False) as session:
            for table in Model.metadata.sorted_tables:
                rows = list(session.execute(select(table)))
                if rows and table.name not in MADE_ELSEWHERE:
                    town.tables[table] = rows
        return town

    @cached_property
    def groups(self) -> int:
        """How many of each partner there are."""
        return min(GROUPS, self.copies)

    def group(self, copy: int) -> int:
        """Whose partners a copy happens to: the first group's each second time."""
        return copy // 2 % self.groups if copy % 2 else 0

    # ── What is the same in all copies, or in all of a group ───────────────────────────────────

    @cached_property
    def shared(self) -> frozenset[object]:
        """Ids of what there is once, among partners and everywhere."""
        found: set[object] = set()
        for table, rows in self.tables.items():
            if table.name in ONCE:
                found.update(v for row in rows for v in row if isinstance(v, UUID))
            elif table.name == "organisation":
                found.update(row.id for row in rows if row.kind in SHARED)
        return frozenset(found)

    @cached_property
    def of_partners(self) -> frozenset[UUID]:
        """Ids of what there is once a group."""
        return frozenset(
            value
            for table, rows in self.tables.items()
            if table.name in OF_PARTNERS
            for row in rows
            for value in row
            if isinstance(value, UUID) and value not in self.shared
        )

    @cached_property
    def once_numbered(self) -> dict[str, frozenset[int]]:
        """The numbers of agents and accounts that nobody but the sponsor and the issuer have."""
        rows = {table.name: rows for table, rows in self.tables.items()}
        return {
            AGENTS: frozenset(row.id for row in rows[AGENTS] if row.organisation_id in self.shared),
            ACCOUNTS: frozenset(
                row.id
                for row in rows[ACCOUNTS]
                if {row.party_id, row.counterparty_id} <= {*self.shared, None}
            ),
        }

    @cached_property
    def stride(self) -> dict[str, int]:
        """How far apart the numbers of two copies are."""
        found: dict[str, int] = {}
        for table, rows in self.tables.items():
            for place, column in enumerate(table.columns):
                if names := self.names(table, column):
                    most = max((row[place] for row in rows if row[place] is not None), default=0)
                    found[names] = max(found.get(names, 0), most)
        return found

    @staticmethod
    def names(table: Table, column: Column[Any]) -> str | None:
        """What a whole number names, if it names anything."""
        if not isinstance(column.type, Integer):
            return None
        if found := NUMBERED_BY.get(f"{table.name}.{column.name}"):
            return found
        for key in column.foreign_keys:
            other = key.column.table
            if key.column.name == "id":
                return VOUCHERS if other.name == "booklet" else other.name
        if found := NAMED.get(column.name):
            return found
        keys = list(table.primary_key)
        return table.name if keys == [column] else None

    # ── What becomes of each column ────────────────────────────────────────────────────────────

    def copied(self, table: Table, column: Column[Any]) -> Copied | None:
        """How the values of a column differ from copy to copy; nothing where they do not."""
        name = f"{table.name}.{column.name}"
        special = {
            "programme_settings.budget_cents": self._more,
            "document_counter.last_number": self._more,
            "statement_approval.number": self._in_order,
            "statement_approval.follows_number": self._before,
        }
        if table.name in ONCE or name in special:
            return special.get(name)
        if isinstance(column.type, Uuid16):
            return self._uuids
        if names := self.names(table, column):
            return self._follows(names) if column.name in FOLLOWS else self._numbers(names)
        if unique(table, column):
            return _hashes if isinstance(column.type, LargeBinary) else self._texts
        return None

    def _uuids(self, value: UUID | None, copies: Sequence[int]) -> Sequence[UUID | None]:
        if value is None or value in self.shared:
            return [value] * len(copies)
        if value in self.of_partners:
            return [UUID(int=value.int ^ (self.group(copy) << 40)) for copy in copies]
        return [UUID(int=value.int ^ (copy << 20)) for copy in copies]

    def _numbers(self, names: str) -> Copied:
        if names in {"vintage", "programme"}:
            return lambda value, copies: [value] * len(copies)
        if names == MOVEMENTS:
            return lambda value, copies: [
                None if value is None else value * self.copies + copy for copy in copies
            ]
        stride = self.stride[names]
        if names in self.once_numbered:
            once = self.once_numbered[names]
            return lambda value, copies: [
                value if value is None or value in once else value + self.group(copy) * stride
                for copy in copies
            ]
        return lambda value, copies: [
            None if value is None else value + copy * stride for copy in copies
        ]

    def _follows(self, names: str) -> Copied:
        stride = self.stride[names]
        return lambda value, copies: [(value or 0) + copy * stride or None for copy in copies]

    def _more(self, value: int | None, copies: Sequence[int]) -> Sequence[int | None]:
        return [None if value is None else value * self.copies for _ in copies]

    def _in_order(self, value: int, copies: Sequence[int]) -> Sequence[int]:
        return [(value - 1) * self.copies + copy + 1 for copy in copies]

    def _before(self, value: int | None, copies: Sequence[int]) -> Sequence[int | None]:
        before = 0 if value is None else value * self.copies
        return [before + copy or None for copy in copies]

    def _texts(self, value: str | None, copies: Sequence[int]) -> Sequence[str | None]:
        if value is None:
            return [None] * len(copies)
        if "@" in value:
            return [f"{copy}.{value}" if copy else value for copy in copies]
        if number := re.fullmatch(r"(.*\D)(\d+)", value):
            before, digits = number.groups()
            return [
                f"{before}{(int(digits) - 1) * self.copies + copy + 1:0{len(digits)}d}"
                for copy in copies
            ]
        return [_code(value, copy) for copy in copies]

    # ── Rows ───────────────────────────────────────────────────────────────────────────────────

    def rows(self, table: Table, spelled: Callable[[Any], Any]) -> Iterator[tuple[Any, ...]]:
        """All rows of a table, as they lie when the copies were lived at the same time."""
        changes = [self.copied(table, column) for column in table.columns]
        if table.name == "movement":
            changes[table.columns.keys().index("span_bits")] = None
        for row, copies in self._in_turn(table):
            columns = [
                repeat(spelled(value), len(copies))
                if change is None
                else [spelled(one) for one in change(value, copies)]
                for value, change in zip(row, changes, strict=True)
            ]
            if table.name == "movement":
                columns[table.columns.keys().index("span_bits")] = [
                    spelled(ledger.VoucherRange(first, last).span_bits)
                    for first, last in zip(
                        self._numbers(VOUCHERS)(row.first_id, copies),
                        self._numbers(VOUCHERS)(row.last_id, copies),
                        strict=True,
                    )
                ]
            yield from zip(*columns, strict=True)

    def _in_turn(self, table: Table) -> Iterator[tuple[Row[Any], Sequence[int]]]:
        rows, every = self.tables[table], range(self.copies)
        if table.name in {"voucher", "booklet"}:
            yield from (
                (row, [copy]) for copy in every for row in sorted(rows, key=attrgetter("id"))
            )
        elif table.name in ONCE:
            yield from ((row, range(1)) for row in rows)
        elif table.name in OF_PARTNERS:
            firsts = [0, *(2 * group + 1 for group in range(1, self.groups))]
            for row in rows:
                yield row, [0] if self._is_once(table, row) else firsts
        else:
            yield from ((row, every) for row in rows)

    def _is_once(self, table: Table, row: Row[Any]) -> bool:
        """Whether what a row hangs on, its writers apart, is there once."""
        if table.name in self.once_numbered:
            return row.id in self.once_numbered[table.name]
        hangs = [
            value
            for column, value in zip(table.columns, row, strict=True)
            if isinstance(value, UUID) and (column.foreign_keys or table.name == "organisation")
        ]
        agents = self.once_numbered[AGENTS]
        return all(value in self.shared for value in hangs) and getattr(row, "agent_id", 0) in {
            0,
            *agents,
        }


KEPT = 1
"""Bytes at the beginning of a key that say how it is written."""
FOLLOWS = {"follows_serial", "follows_booklet"}
"""What stands right before something: nothing before the first of all."""


def unique(table: Table, column: Column[Any]) -> bool:
    """Whether two rows may not have the same value in that column."""
    return f"{table.name}.{column.name}" == "voucher.code_hash" or any(
        list(constraint.columns) == [column]
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    )


def _hashes(value: bytes | None, copies: Sequence[int]) -> Sequence[bytes | None]:
    """Other bytes, as many and with the same beginning: a public key says there what it is."""
    return [
        value
        if value is None or not copy
        else value[:KEPT] + hashlib.sha512(value + bytes([copy])).digest()[: len(value) - KEPT]
        for copy in copies
    ]


def _code(value: str, copy: int) -> str:
    """A code of as many digits and letters, another one for each copy."""
    if not copy:
        return value
    digest = hashlib.sha256(f"{value} {copy}".encode()).hexdigest()
    return (str(int(digest, 16)) if value.isdigit() else digest.upper())[: len(value)]


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────


def build(demonstration: Database, url: str, *, copies: int) -> None:
    """Write a town into a database that is migrated and empty, of either kind."""
    town = Town.of(demonstration, copies=copies)
    if make_url(url).get_backend_name() == "sqlite":
        _write_sqlite(town, Path(str(make_url(url).database)))
    else:
        _write_postgresql(town, url)


def _write_sqlite(town: Town, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -400000"
        )
        later = connection.execute(
            "select type, name, sql from sqlite_schema"
            " where type = 'trigger' or type = 'index' and sql is not null order by type"
        ).fetchall()
        for kind, name, _ in later:
            connection.execute(f"drop {kind} {name}")
        for table in town.tables:
            places = ", ".join("?" * len(table.columns))
            rows = town.rows(table, _for_sqlite)
            connection.executemany(
                f"insert into {table.name} ({', '.join(table.columns.keys())}) values ({places})",  # noqa: S608 - our own names
                rows,
            )
        for *_, made_by in later:
            connection.execute(made_by)
        connection.commit()
        connection.executescript("pragma journal_mode = wal")


def _for_sqlite(value: object) -> object:
    match value:
        case bool():
            return int(value)
        case UUID():
            return value.bytes
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case date():
            return value.isoformat()
        case dict():
            return _json(value)
    return value


def _write_postgresql(town: Town, url: str) -> None:
    address = read_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        connection.execute(f"set search_path = {SEARCH_PATH}".encode())
        connection.execute("set session_replication_role = replica")
        connection.execute(ALWAYS_OFF)
        for table in town.tables:
            name = sql.Identifier(table.name)
            columns = sql.SQL(", ").join(map(sql.Identifier, table.columns.keys()))
            statement = sql.SQL("copy {} ({}) from stdin").format(name, columns)
            rows = town.rows(table, _for_postgresql)
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                while some := list(islice(rows, AT_ONCE)):
                    copy.write("".join("\t".join(row) + "\n" for row in some))
            _number_on(connection, table)
        connection.execute(ALWAYS_ON)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def _number_on(connection: psycopg.Connection, table: Table) -> None:
    """Let the next record take a number that is free."""
    for key in table.primary_key:
        statement = "select pg_get_serial_sequence(%s, %s)"
        found = connection.execute(statement, [table.name, key.name]).fetchone()
        if found and found[0]:
            column, name = sql.Identifier(key.name), sql.Identifier(table.name)
            most = sql.SQL("select setval(%s, max({})) from {}").format(column, name)
            connection.execute(most, found)


def _for_postgresql(value: object) -> str:
    match value:
        case None:
            return r"\N"
        case int() | UUID():
            return str(value)
        case bytes():
            return "\\\\x" + value.hex()
        case dict():
            return _escaped(_json(value))
    return _escaped(str(value))


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _escaped(text: str) -> str:
    return text.translate(ESCAPED)


ESCAPED = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
"""What COPY would take for the end of something."""
