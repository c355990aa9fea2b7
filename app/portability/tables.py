"""Which tables travel, in which order, and how a row is written as JSON and read again.

Secrets never leave by a file: password hashes, tokens, links sent by e-mail and the letters that
hold them, traces of sign-ins and of accounts, sessions, second factors, devices, drafts of forms.
Names of people leave only when they are asked for. IBANs leave as they are, sealed.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Column, Table, select
from sqlalchemy.orm import Session

import app
from app.database import Day, JsonText, Model, UtcDateTime, Uuid16
from app.ledger.models import TransitionRow

Row = dict[str, Any]

FIXED = TransitionRow.__tablename__
"""The chart comes with the migrations: compared on arrival, never written."""
SECRETS = frozenset(
    {
        "api_token",
        "sign_in_attempt",
        "form_draft",
        "public_look",
        "account_link",
        "account_link_end",
        "account_event",
        "mail",
        "agent_session",
        "totp_secret",
        "passkey",
        "recovery_code",
        "spent_challenge",
        "provider_identity",
        "device_offer",
        "device_offer_end",
        "device",
        "device_revocation",
        "device_taking",
    }
)
IDENTITY = frozenset({"beneficiary_identity"})
CHUNK = 2_000


@cache
def all_tables() -> tuple[Table, ...]:
    """Every table of every feature, referred ones before those that refer to them."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if module.name.rpartition(".")[2].endswith("models"):
            importlib.import_module(module.name)
    return tuple(Model.metadata.sorted_tables)


def travelling(*, identity: bool, secrets: bool = False) -> list[Table]:
    """The tables that an export holds."""
    left = (frozenset() if secrets else SECRETS) | (frozenset() if identity else IDENTITY)
    return [table for table in all_tables() if table.name not in left]


def without_identity(row: Row) -> Row:
    """An agent as nobody in particular: the number stays, for movements name it."""
    return row | {
        "name": f"Agent {row['id']}",
        "email": f"agent-{row['id']}@identite-retiree.invalid",
        "password_hash": None,
    }


def without_secrets(row: Row) -> Row:
    """An agent whose password opens nothing where the export goes."""
    return row | {"password_hash": None}


def rows_of(session: Session, table: Table) -> Iterator[Row]:
    """Every row, in an order that does not change, a chunk in memory at a time."""
    order: Sequence[Column[Any]] = tuple(table.primary_key)
    if table.name == "posting":
        order = (table.c.recorded_at, table.c.id)
    statement = select(table).order_by(*order).execution_options(yield_per=CHUNK)
    # A column under another name in its model has a `quoted_name`, which JSON does not know.
    names = [str(column.name) for column in table.columns]
    for row in session.execute(statement):
        yield dict(zip(names, row, strict=True))


# ── JSON ──────────────────────────────────────────────────────────────────────────────────────────


def line(row: Row) -> bytes:
    """A row as one line: UUIDs, days and instants as their usual texts, bytes in hexadecimal."""
    return orjson.dumps(
        row, default=_hexadecimal, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    )


def _hexadecimal(value: object) -> str:
    if not isinstance(value, bytes | memoryview):
        raise TypeError(type(value).__name__)
    return bytes(value).hex()


def reader(table: Table) -> Callable[[bytes], Row]:
    """What reads the lines of that table.

    The reader raises ValueError or KeyError of what is no row of it.
    """
    read = {column.name: _reading(column) for column in table.columns}

    def row(text: bytes) -> Row:
        said: Mapping[str, Any] = orjson.loads(text)
        if said.keys() != read.keys():
            raise KeyError(table.name)
        return {name: None if value is None else read[name](value) for name, value in said.items()}

    return row


def _reading(column: Column[Any]) -> Callable[[Any], Any]:
    kind = column.type
    if isinstance(kind, Uuid16):
        return UUID
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat
    if isinstance(kind, Day):
        return date.fromisoformat
    if isinstance(kind, JsonText):
        return dict
    if kind.python_type is bytes:
        return bytes.fromhex
    return lambda value: value
