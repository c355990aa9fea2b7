"""A small world of vouchers, and the means to attack it: what every hostile check shares.

A check passes only when the refusal names the promise that was attacked, and when no row of the
ledger has changed.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, cast
from uuid import UUID, uuid4

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

DENIED = "permission denied"
ALL_ITS_VOUCHERS = "movement_moves_all_its_vouchers"
TABLES = ("vintage", "account_kind", "account", "transition", "voucher", "posting", "movement")
FACE_VALUES = {1: 1000, 2: 500}

ISSUER, SPONSOR = 1, 2
ACCOUNTS: Mapping[str, tuple[str, int, int]] = {
    "issuer": ("issuer", ISSUER, ISSUER),
    "transit7": ("transit", SPONSOR, 7),
    "transit8": ("transit", SPONSOR, 8),
    "transit7to8": ("transit", 7, 8),
    "transit7back": ("transit", 7, SPONSOR),
    **{kind: (kind, SPONSOR, SPONSOR) for kind in ("stock_inert", "stock", "withheld", "blocked")},
    **{kind: (kind, SPONSOR, SPONSOR) for kind in ("void", "expired", "credited")},
    **{f"{kind}7": (kind, 7, 7) for kind in ("withheld", "blocked", "void", "expired", "credited")},
    "expired8": ("expired", 8, 8),
    **{f"{kind}{n}": (kind, n, n) for kind in ("prescriber", "circulation") for n in (7, 8)},
    **{f"{kind}{n}": (kind, n, n) for kind in ("redeemed", "claimed", "settled") for n in (21, 22)},
}

Value: TypeAlias = int | str | bytes | UUID | None
Move: TypeAlias = tuple[str, int, int, str, str]
"""What moves: kind, first id, last id, from, to."""
Attempt: TypeAlias = Callable[[], object]
Prepare: TypeAlias = Callable[["World"], Attempt]


class Diagnosed(Protocol):
    """What psycopg tells of an error."""

    constraint_name: str | None
    column_name: str | None
    sqlstate: str | None
    message_primary: str | None


@dataclass(frozen=True)
class Attack:
    """One hostile statement: `prepare` does what is allowed, and returns what must be refused."""

    sentence: str
    promises: tuple[str, ...]
    prepare: Prepare


def promise_named_by(error: DBAPIError) -> str:
    """The promise that a refusal names: the same word on both databases."""
    diagnosis = cast("Diagnosed | None", getattr(error.orig, "diag", None))
    if diagnosis is None:
        text = str(error.orig)
        for prefix in ("CHECK constraint failed: ", "UNIQUE constraint failed: "):
            text = text.removeprefix(prefix)
        if text.startswith("NOT NULL constraint failed: "):
            return "not null " + text.rpartition(".")[2]
        return text
    if diagnosis.constraint_name:
        return diagnosis.constraint_name
    if diagnosis.sqlstate == "42501":
        return DENIED
    if diagnosis.sqlstate == "23502":
        return f"not null {diagnosis.column_name}"
    return diagnosis.message_primary or ""


class World:
    """Two vintages on one connection; the ids 1 to 1000 but for 500, and 2001 to 2100.

    | ids        | vintage | rest in                                        |
    |------------|---------|------------------------------------------------|
    | 1–100      | 1       | circulation7, in booklets of ten like the rest |
    | 101–150    | 1       | prescriber7                                    |
    | 151–170    | 1       | transit7, on the way to prescriber 7           |
    | 171–900    | 1       | stock, but for 500, which does not exist       |
    | 901–1000   | 1       | issuer                                         |
    | 2001–2010  | 2       | circulation7                                   |
    | 2011–2100  | 2       | stock                                          |
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_postgresql = connection.dialect.name == "postgresql"
        self.account: dict[tuple[str, int], int] = {}
        self.act = self.uuid()

    # ── Running statements ────────────────────────────────────────────────────────────────────

    def sql(self, statement: str, *values: Value | list[Value]) -> list[tuple[Any, ...]]:
        """Run a statement whose values are written as question marks."""
        if self.is_postgresql and values:
            statement = statement.replace("?", "%s")
        options = {"no_parameters": not values}
        result = self.connection.exec_driver_sql(statement, values, execution_options=options)
        return [tuple(row) for row in result] if result.returns_rows else []

    def uuid(self, number: int | None = None) -> UUID | bytes:
        """A number as a UUID, or a new one, as this database keeps it."""
        value = uuid4() if number is None else UUID(int=number)
        return value if self.is_postgresql else value.bytes

    def acting_as(self, role: str) -> "World":
        """On PostgreSQL, go on as that role until the transaction ends; 'none' is the superuser."""
        self.sql(f"set local role {role}")
        return self

    # ── Writing ───────────────────────────────────────────────────────────────────────────────

    def build(self) -> None:
        """Make the world, as the application would."""
        for face_value in FACE_VALUES.values():
            self.sql("insert into vintage (face_value_cents) values (?)", face_value)
        for vintage in FACE_VALUES:
            for kind, party, counterparty in ACCOUNTS.values():
                self.open_account(kind, party, counterparty, vintage)
        self.find_accounts()
        self.print_vouchers([id_ for id_ in range(1, 1001) if id_ != 500])
        self.print_vouchers(range(2001, 2101), vintage=2)
        for kind, debit, credit in (
            ("receive", "issuer", "stock_inert"),
            ("activate", "stock_inert", "stock"),
        ):
            self.post(kind, 1, 499, debit, credit)
            self.post(kind, 501, 900, debit, credit)
            self.post(kind, 2001, 2100, debit, credit, vintage=2)
        for kind, debit, credit, last in (
            ("allocate", "stock", "transit7", 170),
            ("accept", "transit7", "prescriber7", 150),
            ("issue", "prescriber7", "circulation7", 100),
        ):
            self.post(kind, 1, last, debit, credit)
            self.post(kind, 2001, 2010, debit, credit, vintage=2)

    def find_accounts(self) -> None:
        """Learn the numbers of the accounts."""
        names = {
            (kind, self.uuid(party), self.uuid(counterparty)): name
            for name, (kind, party, counterparty) in ACCOUNTS.items()
        }
        for number, vintage, *key in self.sql(
            "select id, vintage_id, kind, party_id, counterparty_id from account"
        ):
            self.account[names[tuple(key)], vintage] = number

    def open_account(self, kind: str, party: int, counterparty: int, vintage: int = 1) -> None:
        """Open an account."""
        self.sql(
            "insert into account (kind, party_id, counterparty_id, vintage_id) values (?, ?, ?, ?)",
            kind,
            self.uuid(party),
            self.uuid(counterparty),
            vintage,
        )

    def print_vouchers(
        self, ids: Iterable[int], *, vintage: int = 1, account: str = "issuer", **other: Value
    ) -> None:
        """Let vouchers exist, with the issuer unless told otherwise; `other` overrides columns."""
        rows = [self.voucher(id_, vintage=vintage, account=account, **other) for id_ in ids]
        places = ", ".join(["%s" if self.is_postgresql else "?"] * len(rows[0]))
        statement = f"insert into voucher ({', '.join(rows[0])}) values ({places})"  # noqa: S608 - names of ours
        self.connection.exec_driver_sql(statement, [tuple(row.values()) for row in rows])

    def voucher(
        self, id_: int, *, vintage: int = 1, account: str = "issuer", **other: Value
    ) -> dict[str, Value]:
        """The row of a new voucher."""
        row: dict[str, Value] = {
            "id": id_,
            "vintage_id": vintage,
            "serial": id_,
            "booklet_id": (id_ - 1) // 10 * 10 + 1,
            "face_value_cents": FACE_VALUES[vintage],
            "code_hash": code_hash(id_),
            "account_id": self.account[account, vintage],
        }
        return row | other

    def posting(self, **other: Value) -> dict[str, Value]:
        """The row of a new posting."""
        id_ = self.uuid()
        row: dict[str, Value] = {
            "id": id_,
            "kind": "check",
            "document_type": "check",
            "document_id": id_,
            "actor_id": 1,
            "occurred_at": "2026-11-21T12:00:00.000000Z",
        }
        return row | other

    def begin_act(self) -> UUID | bytes:
        """Write a posting; the movements that follow are its lines."""
        self.act = self.uuid()
        self.insert("posting", self.posting(id=self.act, document_id=self.act))
        return self.act

    def movement(self, *move: *Move, vintage: int = 1, **other: Value) -> dict[str, Value]:
        """The row of a movement of the current act; `other` overrides columns."""
        kind, first, last, debit, credit = move
        count = cast("int", other.get("voucher_count", last - first + 1))
        face_value = cast("int", other.get("face_value_cents", FACE_VALUES[vintage]))
        row: dict[str, Value] = {
            "posting_id": self.act,
            "kind": kind,
            "first_id": first,
            "last_id": last,
            "voucher_count": count,
            "span_bits": max(count, 1).bit_length() - 1,
            "vintage_id": vintage,
            "debit_account_id": self.account[debit, vintage],
            "debit_kind": ACCOUNTS[debit][0],
            "credit_account_id": self.account[credit, vintage],
            "credit_kind": ACCOUNTS[credit][0],
            "face_value_cents": face_value,
            "amount_cents": count * face_value,
            "reverses_id": None,
        }
        return row | other

    def insert(
        self,
        table: str,
        *rows: Mapping[str, Value],
        verb: str = "insert",
        how: str = "",
        then: str = "",
    ) -> None:
        """Insert rows in one statement."""
        places = "(" + ", ".join("?" * len(rows[0])) + ")"
        values = ", ".join([places] * len(rows))
        # Names and verbs are the checks' own; values are bound.
        statement = f"{verb} into {table} ({', '.join(rows[0])}) {how} values {values} {then}"
        self.sql(statement, *(value for row in rows for value in row.values()))

    def move(self, *move: *Move, vintage: int = 1, **other: Value) -> None:
        """Add one movement to the current act."""
        self.insert("movement", self.movement(*move, vintage=vintage, **other))

    def post(self, *move: *Move, vintage: int = 1, **other: Value) -> int:
        """One act with one movement; returns the movement's id."""
        self.begin_act()
        self.move(*move, vintage=vintage, **other)
        return int(self.sql("select max(id) from movement")[0][0])

    # ── Looking ───────────────────────────────────────────────────────────────────────────────

    def where(self, id_: int) -> str:
        """The kind of account in which a voucher rests."""
        return str(
            self.sql(
                "select kind from account where id = (select account_id from voucher where id = ?)",
                id_,
            )[0][0]
        )

    def state(self) -> dict[str, set[tuple[Any, ...]]]:
        """Every row of the ledger."""
        return {table: set(self.sql(f"select * from {table}")) for table in TABLES}  # noqa: S608 - names of ours

    # ── Judging ───────────────────────────────────────────────────────────────────────────────

    def refusal_of(self, attempt: Attempt) -> str | None:
        """The promise that refuses the attempt, or None; either way nothing of it remains."""
        before = self.state()
        savepoint = self.connection.begin_nested()
        named = None
        try:
            attempt()
        except DBAPIError as error:
            named = promise_named_by(error)
        if named and not self.is_postgresql:  # PostgreSQL reads nothing more before the rollback
            assert self.state() == before, "refused, and yet something changed"
        savepoint.rollback()
        if named:
            assert self.state() == before, "refused, and yet something changed"
        return named

    def refuses(self, attack: Attack) -> None:
        """Carry an attack out, and see it fail for the reason it should."""
        attempt = attack.prepare(self)
        self.begin_act()
        assert self.refusal_of(attempt) in attack.promises


def code_hash(number: int) -> bytes:
    """What the ledger keeps of a code."""
    return hashlib.sha256(f"code {number}".encode()).digest()


class Attacks:
    """A list of attacks, written one below the other."""

    def __init__(self) -> None:
        self.by_sentence: dict[str, Attack] = {}

    def __iter__(self) -> Iterator[Attack]:
        return iter(self.by_sentence.values())

    def __getitem__(self, sentence: str) -> Attack:
        return self.by_sentence[sentence]

    def add(self, sentence: str, *promises: str) -> Callable[[Prepare], Prepare]:
        """Name an attack, and the promises of which one must refuse it."""

        def keep(prepare: Prepare) -> Prepare:
            assert sentence not in self.by_sentence
            self.by_sentence[sentence] = Attack(sentence, promises, prepare)
            return prepare

        return keep

    def movement(
        self,
        sentence: str,
        promise: str | Sequence[str],
        *move: *Move,
        vintage: int = 1,
        **other: Value,
    ) -> None:
        """An attack that is one movement in the world as it is."""
        promises = (promise,) if isinstance(promise, str) else promise

        def prepare(world: World) -> Attempt:
            return lambda: world.move(*move, vintage=vintage, **other)

        self.add(sentence, *promises)(prepare)
