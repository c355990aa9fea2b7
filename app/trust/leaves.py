"""What of a movement is sealed: its canonical bytes, which anybody can write again from an export.

One JSON object in UTF-8, keys sorted, no space: integers, lower-case UUIDs, instants with
microseconds and a Z. Both accounts are told by what they are and whose, so that an account that
changes hands afterwards shows. Opaque ids only: no name, no code. docs/seals.md tells the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from app.ledger import Account

FORM = 1
"""Which form of leaf this is; another form would be told by another number."""


@dataclass(frozen=True, slots=True)
class Line:
    """A movement and its posting, as the database has them."""

    movement_id: int
    kind: str
    first_id: int
    last_id: int
    voucher_count: int
    vintage_id: int
    debit_account_id: int
    debit_kind: str
    credit_account_id: int
    credit_kind: str
    face_value_cents: int
    amount_cents: int
    reverses_id: int | None
    posting_id: UUID
    posting_kind: str
    document_type: str
    document_id: UUID
    actor_id: int
    occurred_at: datetime
    recorded_at: datetime


def leaf(line: Line, accounts: Mapping[int, Account]) -> bytes:
    """The bytes that are sealed of a movement."""
    return orjson.dumps(
        {
            "form": FORM,
            "movement": line.movement_id,
            "kind": line.kind,
            "passes": [line.first_id, line.last_id],
            "count": line.voucher_count,
            "vintage": line.vintage_id,
            "face_value_cents": line.face_value_cents,
            "amount_cents": line.amount_cents,
            "from": _side(line.debit_account_id, line.debit_kind, accounts),
            "to": _side(line.credit_account_id, line.credit_kind, accounts),
            "reverses": line.reverses_id,
            "posting": {
                "id": str(line.posting_id),
                "kind": line.posting_kind,
                "document": [line.document_type, str(line.document_id)],
                "agent": line.actor_id,
                "occurred_at": instant(line.occurred_at),
                "recorded_at": instant(line.recorded_at),
            },
        },
        option=orjson.OPT_SORT_KEYS,
    )


def _side(account_id: int, kind: str, accounts: Mapping[int, Account]) -> dict[str, Any]:
    """An account as the movement names it, and whose it is; None where there is no such account."""
    account = accounts.get(account_id)
    return {
        "account": account_id,
        "kind": kind,
        "party": str(account.party_id) if account else None,
        "counterparty": str(account.counterparty_id) if account else None,
    }


def instant(moment: datetime) -> str:
    """An instant in UTC, with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
