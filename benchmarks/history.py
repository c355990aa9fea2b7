"""A scheme with months behind it: passes handed out and used, written past the rules.

The people and the first booklet are made by the services; everything else repeats what they wrote,
on the days on which it would have happened. It is how a benchmark comes to a million passes used
in a minute; the ledger is honest all the same.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.redemption_models import Redemption, RedemptionAttempt
from app.database import Model
from app.database.connections import SEARCH_PATH, Database, read_url
from app.kernel.clock import martinique_day
from app.ledger import MovementKind, chart
from app.ledger.models import Movement, Posting, Voucher
from app.mediators.models import Label
from app.orders.models import Delivery
from app.orders.rules import SerialRange
from app.partners.models import Agreement
from app.prescribers.models import Beneficiary, Prescription, PrescriptionBooklet
from app.programmes.models import VintageTerms
from app.vouchers.models import Booklet
from benchmarks.world import (
    BENEFICIARY,
    BOOKLET,
    PRESCRIPTION,
    REDEMPTION,
    World,
    numbered,
    ordered,
)
from tests.factories import Scheme

DAYS = 120
"""How long the scheme has been running: a deployment of four months."""
AT_ONCE = 10_000
"""How many rows are given to SQLite at once."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mediator:
    """Who takes passes, and by what right."""

    organisation_id: UUID
    agent_id: int
    account: ledger.Account
    label: Label
    agreement: Agreement


def used(database: Database, folder: Path, *, passes: int, mediators: int) -> World:
    """Passes handed out by the booklet over four months, each used soon after.

    The first booklet went the whole way through the services, and was not used.
    """
    scheme, order_id, serials = ordered(database, folder, passes=passes)
    first = serials[0]
    with database.transaction() as session:
        delivery_id = scheme.delivery(
            session, order_id, [SerialRange(first.first, first.first + BOOKLET - 1)]
        )
        scheme.activation(session, order_id, delivery_id)
        scheme.allocation(session, 1, 1)
        scheme.prescription(session, scheme.beneficiary(session), [1])
        takers = [mediator(session, scheme, number + 1) for number in range(mediators)]
        history = History(session, scheme, passes, takers)
    with past_every_rule(database) as write:
        history.write(write)
    return World(scheme, passes)


def mediator(session: Session, scheme: Scheme, number: int) -> Mediator:
    """A mediator with everything in order, and its account."""
    name = f"mediator{number}"
    scheme.mediator(session, name)
    organisation_id = scheme.organisations[name]
    return Mediator(
        organisation_id,
        scheme.actors[name].agent_id,
        ledger.account(session, chart.redeemed(organisation_id, scheme.vintage_id)),
        session.scalars(select(Label).where(Label.organisation_id == organisation_id)).one(),
        session.scalars(
            select(Agreement).where(Agreement.organisation_id == organisation_id)
        ).one(),
    )


Write = Callable[[type[Model], Iterator[Row]], None]


class History:
    """What happened to every booklet but the first, row by row."""

    def __init__(
        self, session: Session, scheme: Scheme, passes: int, takers: Sequence[Mediator]
    ) -> None:
        self.scheme, self.passes, self.takers = scheme, passes, takers
        self.booklets = range(BOOKLET + 1, passes + 1, BOOKLET)
        self.start = scheme.now - timedelta(days=DAYS + 1)
        self.between = timedelta(days=DAYS) / max(1, len(self.booklets))
        self.first_movement = (session.scalar(select(func.max(Movement.id))) or 0) + 1
        self.delivery_id = session.scalars(select(Delivery.id)).one()
        self.models: dict[type[Model], Row] = {
            model: columns(session.scalars(select(model)).first())
            for model in (Voucher, Booklet, Beneficiary, Prescription, PrescriptionBooklet)
        }
        sponsor, issuer, plie = (scheme.organisations[n] for n in ("sponsor", "issuer", "plie"))
        vintage = scheme.vintage_id
        self.way = [
            ledger.account(session, key)
            for key in (
                chart.issuer(issuer, vintage),
                chart.stock_inert(sponsor, vintage),
                chart.stock(sponsor, vintage),
                chart.transit(sponsor, plie, vintage),
                chart.prescriber(plie, vintage),
                chart.circulation(plie, vintage),
            )
        ]
        terms = session.scalars(select(VintageTerms)).one()
        self.validity = {
            "vintage_from": terms.valid_from,
            "vintage_until": terms.valid_until,
            "vintage_last_day": terms.last_redemption_on,
        }

    def write(self, write: Write) -> None:
        """Everything, table by table."""
        write(Booklet, self.of_booklets(Booklet, lambda b: {"id": b, "first_serial": b}))
        write(Beneficiary, self.of_booklets(Beneficiary, self.person))
        write(Prescription, self.of_booklets(Prescription, self.prescription))
        write(PrescriptionBooklet, self.of_booklets(PrescriptionBooklet, self.handed_over))
        write(Voucher, self.vouchers())
        write(Posting, self.postings())
        write(Movement, self.movements())
        write(RedemptionAttempt, self.attempts())
        write(Redemption, self.redemptions())

    def of_booklets(self, model: type[Model], changed: Callable[[int], Row]) -> Iterator[Row]:
        """The row of the first booklet, again for each of the others."""
        like = self.models[model]
        for number, booklet in enumerate(self.booklets, start=2):
            row = like | changed(booklet)
            yield row | ({"number": number, "cover_hash": None} if model is Booklet else {})

    def person(self, booklet: int) -> Row:
        """Somebody for each booklet."""
        return {"id": numbered(BENEFICIARY, booklet)}

    def prescription(self, booklet: int) -> Row:
        """The paper under which that person got it."""
        return {
            "id": numbered(PRESCRIPTION, booklet),
            "number": f"R-{booklet}",
            "beneficiary_id": numbered(BENEFICIARY, booklet),
        }

    def handed_over(self, booklet: int) -> Row:
        """The booklet on that paper."""
        return {
            "booklet_id": booklet,
            "prescription_id": numbered(PRESCRIPTION, booklet),
            "beneficiary_id": numbered(BENEFICIARY, booklet),
        }

    # ── The ledger ────────────────────────────────────────────────────────────────────────────────

    def at(self, turn: int) -> datetime:
        """When the booklet of that turn was handed out and used."""
        return self.start + turn * self.between

    def issue_id(self, turn: int) -> int:
        """The movement that handed that booklet out; its passes follow."""
        return self.first_movement + len(self.way) - 2 + turn * (BOOKLET + 1)

    def taker(self, voucher: int) -> Mediator:
        """Who takes that pass: each of a booklet goes elsewhere, so no two are claimed as one."""
        return self.takers[voucher % len(self.takers)]

    def uses(self) -> Iterator[tuple[int, int, int]]:
        """Each turn with its passes and the movements that redeemed them."""
        for turn, booklet in enumerate(self.booklets):
            for place in range(BOOKLET):
                yield turn, booklet + place, self.issue_id(turn) + 1 + place

    def vouchers(self) -> Iterator[Row]:
        """Each where its redemption left it."""
        like = self.models[Voucher]
        for turn, voucher, movement in self.uses():
            yield like | {
                "id": voucher,
                "serial": voucher,
                "booklet_id": self.booklets[turn],
                "code_hash": hashlib.sha256(voucher.to_bytes(8)).digest(),
                "account_id": self.taker(voucher).account.id,
                "sequence": len(self.way),
                "last_movement_id": movement,
            }

    def postings(self) -> Iterator[Row]:
        """The steps to the prescriber, then each hand-over and its redemptions."""
        for number, kind in enumerate(STEPS):
            yield self.posting(numbered(STEP, number), kind, 0)
        for turn, booklet in enumerate(self.booklets):
            yield self.posting(numbered(PRESCRIPTION, booklet), MovementKind.ISSUE, turn)
            for place in range(BOOKLET):
                act = numbered(REDEMPTION, booklet + place)
                yield self.posting(act, MovementKind.REDEEM, turn)

    def posting(self, act: UUID, kind: MovementKind, turn: int) -> Row:
        """One act, recorded as it was done."""
        return {
            "id": act,
            "kind": str(kind),
            "document_type": "prescription" if kind == MovementKind.ISSUE else str(kind),
            "document_id": act,
            "actor_id": self.takers[0].agent_id,
            "occurred_at": self.at(turn),
            "recorded_at": self.at(turn),
        }

    def movements(self) -> Iterator[Row]:
        """The lines of those acts."""
        whole = ledger.VoucherRange(self.booklets[0], self.passes)
        for number, kind in enumerate(STEPS):
            ends = self.way[number], self.way[number + 1]
            step = self.first_movement + number
            yield movement(step, numbered(STEP, number), kind, whole, *ends)
        drawer, pockets = self.way[-2:]
        for turn, booklet in enumerate(self.booklets):
            ten = ledger.VoucherRange(booklet, booklet + BOOKLET - 1)
            act = numbered(PRESCRIPTION, booklet)
            yield movement(self.issue_id(turn), act, MovementKind.ISSUE, ten, drawer, pockets)
            for place, voucher in enumerate(range(ten.first, ten.last + 1), start=1):
                yield movement(
                    self.issue_id(turn) + place,
                    numbered(REDEMPTION, voucher),
                    MovementKind.REDEEM,
                    ledger.VoucherRange.one(voucher),
                    pockets,
                    self.taker(voucher).account,
                )

    def attempts(self) -> Iterator[Row]:
        """What the mediators were answered."""
        for turn, voucher, _ in self.uses():
            taker = self.taker(voucher)
            yield {
                "id": numbered(REDEMPTION, voucher),
                "request_hash": bytes(32),
                "verdict": "accepted",
                "details": {},
                "mediator_id": taker.organisation_id,
                "agent_id": taker.agent_id,
                "attempted_at": self.at(turn),
            }

    def redemptions(self) -> Iterator[Row]:
        """What is owed to whom, and why."""
        for turn, voucher, movement_id in self.uses():
            taker = self.taker(voucher)
            yield self.validity | {
                "id": numbered(REDEMPTION, voucher),
                "voucher_id": voucher,
                "vintage_id": self.scheme.vintage_id,
                "mediator_id": taker.organisation_id,
                "label_id": taker.label.id,
                "label_from": taker.label.valid_from,
                "label_until": taker.label.valid_until,
                "agreement_id": taker.agreement.id,
                "agreement_role": taker.agreement.role,
                "agreement_from": taker.agreement.valid_from,
                "agreement_until": taker.agreement.valid_until,
                "mediator_is_public": False,
                "movement_id": movement_id,
                "amount_cents": taker.account.face_value_cents,
                "redeemed_at": self.at(turn),
                "redeemed_on": martinique_day(self.at(turn)),
                "redeemed_by": taker.agent_id,
                "receipt": "x" * 440,
            }


STEPS = (
    MovementKind.RECEIVE,
    MovementKind.ACTIVATE,
    MovementKind.ALLOCATE,
    MovementKind.ACCEPT,
)
STEP = 7
"""What the ids of their acts begin with, beside those of benchmarks.world."""


def movement(  # noqa: PLR0917 - a row
    movement_id: int,
    act: UUID,
    kind: MovementKind,
    vouchers: ledger.VoucherRange,
    debit: ledger.Account,
    credit: ledger.Account,
) -> Row:
    """One line of the journal."""
    return {
        "id": movement_id,
        "posting_id": act,
        "kind": str(kind),
        "first_id": vouchers.first,
        "last_id": vouchers.last,
        "voucher_count": vouchers.count,
        "span_bits": vouchers.span_bits,
        "vintage_id": debit.vintage_id,
        "debit_account_id": debit.id,
        "debit_kind": str(debit.kind),
        "credit_account_id": credit.id,
        "credit_kind": str(credit.kind),
        "face_value_cents": debit.face_value_cents,
        "amount_cents": vouchers.count * debit.face_value_cents,
    }


def columns(record: Model | None) -> Row:
    """The columns of a record."""
    if record is None:
        message = "the first booklet has not gone the whole way"
        raise RuntimeError(message)
    return {column.key: getattr(record, column.key) for column in record.__table__.columns}


# ── Past the rules ────────────────────────────────────────────────────────────────────────────────


@contextmanager
def past_every_rule(database: Database) -> Iterator[Write]:
    """A way to write rows that nothing checks; what was switched off is on again afterwards."""
    if database.is_postgresql:
        url = read_url(database.url).set(drivername="postgresql")
        address = url.render_as_string(hide_password=False)
        with psycopg.connect(address) as connection:
            connection.execute(f"set search_path = {SEARCH_PATH}".encode())
            connection.execute("set session_replication_role = replica")
            connection.execute(ALWAYS_OFF)
            yield partial(_copy, connection)
            connection.execute(
                "select setval(pg_get_serial_sequence('ledger.movement', 'id'), max(id))"
                " from movement"
            )
            connection.execute(ALWAYS_ON)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("vacuum analyze")
        return
    with database.transaction() as session:
        triggers = session.execute(
            text("select name, sql from sqlite_schema where type = 'trigger'")
        ).all()
        for name, _ in triggers:
            session.execute(text(f"drop trigger {name}"))
        yield partial(_insert, session)
        for _, made_by in triggers:
            session.connection().exec_driver_sql(made_by)


def _copy(connection: psycopg.Connection, model: type[Model], rows: Iterator[Row]) -> None:
    first = next(rows)
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(model.__tablename__), sql.SQL(", ").join(map(sql.Identifier, first))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in chain([first], rows):
            copy.write_row(["{}" if value == {} else value for value in row.values()])


def _insert(session: Session, model: type[Model], rows: Iterator[Row]) -> None:
    while some := list(islice(rows, AT_ONCE)):
        session.execute(insert(model), some)


def _switch(how: str) -> bytes:
    return f"""
        do $$ declare ours record; begin
          for ours in select tgrelid::regclass as on_table, tgname from pg_trigger
                        join pg_class on pg_class.oid = tgrelid
                       where not tgisinternal and relkind = 'r'
                         and relnamespace in ('ledger'::regnamespace, 'public'::regnamespace) loop
            execute format('alter table %s {how} trigger %I', ours.on_table, ours.tgname);
          end loop;
        end $$
        """.encode()  # noqa: S608 - one of two words written below


ALWAYS_OFF, ALWAYS_ON = _switch("disable"), _switch("enable always")
"""Triggers that fire in every session, as migrations leave them."""
