"""Writing the ledger: the only code that does. All is insert; triggers move the vouchers."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.database.rows import insert_rows, stream_rows
from app.kernel.errors import DomainError
from app.ledger import queries
from app.ledger.chart import AccountKey, MovementKind
from app.ledger.errors import BookletCut, NoSuchMove, PostingRepeated, VouchersNotThere
from app.ledger.models import AccountRow, Movement, Posting, Vintage, Voucher
from app.ledger.queries import Account
from app.ledger.rules import VoucherRange, check_move


@dataclass(frozen=True, slots=True)
class Line:
    """One range of vouchers that leaves `debit` for `credit`."""

    kind: MovementKind
    vouchers: VoucherRange
    debit: Account
    credit: Account
    reverses_id: int | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Who did what, when, and the paper that says so: all that a posting tells beside its lines.

    `posting_id` is the client's id; `document_id` is the same when the act is its own document.
    """

    posting_id: UUID
    kind: MovementKind
    document_type: str
    document_id: UUID
    actor_id: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class NewVoucher:
    """A voucher that arrives: it starts with the issuer of its vintage."""

    id: int
    serial: int
    booklet_id: int
    code_hash: bytes


@contextmanager
def recorded_at(session: Session, instant: datetime) -> Iterator[None]:
    """Write history with its own instant of recording: demonstration, opening balances, tests.

    On PostgreSQL only the owner's role may: the application always records at the database's
    own clock. On SQLite whoever holds the file may anyway.
    """
    before = session.info.get("recorded_at")
    session.info["recorded_at"] = instant
    try:
        yield
    finally:
        session.info["recorded_at"] = before


def add_vintage(session: Session, *, face_value_cents: int) -> int:
    """A new vintage of the ledger; its face value never changes."""
    statement = insert(Vintage).values(face_value_cents=face_value_cents).returning(Vintage.id)
    return session.execute(statement).scalar_one()


def accounts(session: Session, keys: Iterable[AccountKey]) -> dict[AccountKey, Account]:
    """The accounts of those keys; those that did not exist yet are opened."""
    wanted = set(keys)
    found = queries.accounts_by_key(session, wanted)
    if missing := wanted - found.keys():
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        for key in sorted(missing, key=_in_order):
            session.execute(
                dialect.insert(AccountRow)
                .values(
                    kind=key.kind,
                    party_id=key.party_id,
                    counterparty_id=key.counterparty_id,
                    vintage_id=key.vintage_id,
                )
                .on_conflict_do_nothing()
            )
        found |= queries.accounts_by_key(session, missing)
    return found


def _in_order(key: AccountKey) -> tuple[str, bytes, bytes, int]:
    """The order in which everybody opens accounts, so that two never wait for each other."""
    return str(key.kind), key.party_id.bytes, key.counterparty_id.bytes, key.vintage_id


def account(session: Session, key: AccountKey) -> Account:
    """The account of that key, opened if need be."""
    return accounts(session, [key])[key]


def add_vouchers(session: Session, vouchers: Iterable[NewVoucher], *, issuer: Account) -> None:
    """Let vouchers exist, with the issuer of their vintage. They are worth nothing there."""
    vintage_id, face_value_cents, account_id = issuer.vintage_id, issuer.face_value_cents, issuer.id
    stream_rows(
        session,
        Voucher,
        (
            *("id", "serial", "booklet_id", "code_hash"),
            *("vintage_id", "face_value_cents", "account_id"),
        ),
        (
            (v.id, v.serial, v.booklet_id, v.code_hash, vintage_id, face_value_cents, account_id)
            for v in vouchers
        ),
    )


def post(session: Session, act: Act, lines: Sequence[Line]) -> list[int]:
    """Move vouchers, all of them or none; returns the movements' ids in the order of the lines.

    Raises:
        NoSuchMove: the chart has no such move.
        BookletCut: a move of whole booklets would cut one.
        VouchersNotThere: some voucher does not rest where its line takes it from.
        PostingRepeated: that id was posted before; look first.
    """
    return post_many(session, [(act, lines)])


def post_many(session: Session, acts: Sequence[tuple[Act, Sequence[Line]]]) -> list[int]:
    """Several acts at once, in two statements: a batch of redemptions, the claims of a run."""
    for _, lines in acts:
        for line in lines:
            check_move(line.kind, line.debit.kind, line.credit.kind)
    # A savepoint costs two round trips, so a redemption goes without: whoever catches a refusal
    # and goes on in the same transaction opens one.
    try:
        insert_rows(session, Posting, [_posting(session, act) for act, _ in acts])
        rows = [_movement(act, line) for act, lines in acts for line in lines]
        return sorted(insert_rows(session, Movement, rows, returning=Movement.id))
    except DBAPIError as error:
        if refusal := refusal_behind(error):
            raise refusal from error
        raise


def _posting(session: Session, act: Act) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": act.posting_id,
        "kind": act.kind,
        "document_type": act.document_type,
        "document_id": act.document_id,
        "actor_id": act.actor_id,
        "occurred_at": act.occurred_at,
    }
    if instant := session.info.get("recorded_at"):
        row["recorded_at"] = instant
    return row


def _movement(act: Act, line: Line) -> dict[str, Any]:
    return {
        "posting_id": act.posting_id,
        "kind": line.kind,
        "first_id": line.vouchers.first,
        "last_id": line.vouchers.last,
        "voucher_count": line.vouchers.count,
        "span_bits": line.vouchers.span_bits,
        "vintage_id": line.debit.vintage_id,
        "debit_account_id": line.debit.id,
        "debit_kind": line.debit.kind,
        "credit_account_id": line.credit.id,
        "credit_kind": line.credit.kind,
        "face_value_cents": line.debit.face_value_cents,
        "amount_cents": line.vouchers.count * line.debit.face_value_cents,
        "reverses_id": line.reverses_id,
    }


def reverse(
    session: Session, act: Act, pieces: Sequence[tuple[int, VoucherRange | None]]
) -> list[int]:
    """Undo movements, whole (None) or in part: what they moved goes back to where it was.

    Raises:
        VouchersNotThere: some voucher has moved on since, so this is no longer its latest movement.
        NoSuchMove: that kind of movement cannot be undone.
    """
    return post(session, act, _backwards(session, pieces, MovementKind.REVERSE))


def undo_redemptions(
    session: Session, act: Act, pieces: Sequence[tuple[int, VoucherRange | None]]
) -> list[int]:
    """Give passes back to the people who had them, by the movements that redeemed them.

    A statement may have claimed them since, as long as it was withdrawn from: a reversal undoes
    the latest movement only, this the latest redemption.

    Raises:
        VouchersNotThere: some voucher is no longer where that movement put it.
        NoSuchMove: some voucher was redeemed again since, out of another circulation.
    """
    return post(session, act, _backwards(session, pieces, MovementKind.UNDO))


def _backwards(
    session: Session,
    pieces: Sequence[tuple[int, VoucherRange | None]],
    kind: MovementKind,
) -> list[Line]:
    """What leads back from where movements, whole (None) or in part, put their vouchers."""
    movements = {
        movement.id: movement
        for movement in session.scalars(
            select(Movement).where(Movement.id.in_([movement_id for movement_id, _ in pieces]))
        )
    }
    by_id = queries.accounts_by_id(
        session,
        {m.debit_account_id for m in movements.values()}
        | {m.credit_account_id for m in movements.values()},
    )
    return [
        Line(
            kind=kind,
            vouchers=vouchers or VoucherRange(movement.first_id, movement.last_id),
            debit=by_id[movement.credit_account_id],
            credit=by_id[movement.debit_account_id],
            reverses_id=movement_id if kind is MovementKind.REVERSE else None,
        )
        for movement_id, vouchers in pieces
        for movement in [movements[movement_id]]
    ]


REFUSALS: dict[str, type[DomainError]] = {
    "movement_moves_all_its_vouchers": VouchersNotThere,
    "movement_moves_whole_booklets": BookletCut,
    "movement_transition": NoSuchMove,
    "movement_reverses_no_reversal": NoSuchMove,
    "movement_keeps_to_its_parties": NoSuchMove,
    "movement_undone_goes_back_where_it_came_from": NoSuchMove,
    "posting_is_sent_once": PostingRepeated,
    "posting_takes_no_late_lines": PostingRepeated,
}
"""Names of promises that a well-meant request can meet, and what people are told."""


def rule_named_by(error: DBAPIError) -> str:
    """The name of the constraint or trigger that refused, or the database's own first words.

    Never what PostgreSQL adds as a detail: it would show the row, and a row may name a person.
    """
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        return str(diagnostics.constraint_name or diagnostics.message_primary)
    return str(error.orig)


def refusal_behind(error: DBAPIError) -> DomainError | None:
    """The refusal that a database error stands for, if it is one of ours."""
    named = rule_named_by(error)
    return next((refusal() for name, refusal in REFUSALS.items() if name in named), None)
