"""The scheme that is measured: one vintage, many passes, many mediators.

People and papers are made by the services that everybody uses. Ids are chosen so that pgbench can
work them out: mediator number m has its number in the ids of its organisation, label, agreement,
agent, account and token, and a pass of pgbench's has a code hash made from its id.
"""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from app import ledger
from app.clearing.redemptions import LARGEST_BATCH, Scan, redeem_vouchers
from app.config import Settings
from app.database.connections import Database
from app.identity.models import ApiToken
from app.identity.rules import Actor, Role
from app.identity.service import TOKEN_LIFE, actor_of, create_agent
from app.kernel import codes
from app.kernel.codes import VoucherCode
from app.kernel.ids import new_id
from app.ledger import chart
from app.mediators.service import grant_label
from app.orders import queries as orders
from app.orders.rules import SerialRange
from app.partners.rules import AgreementRole, OrganisationKind
from app.partners.service import register_organisation, sign_agreement
from benchmarks.postgresql import Cluster
from tests.factories import Scheme

BOOKLET = 10
PASSES_BY_HTTP = 0.2
"""The share of passes whose codes are true: the first ones."""

ORGANISATION, LABEL, AGREEMENT, REDEMPTION, BENEFICIARY, PRESCRIPTION = 1, 2, 3, 4, 5, 6
FIRST_AGENT, FIRST_ACCOUNT, FIRST_MOVEMENT = 1_000_000, 2_000_000, 3_000_000
"""So far apart that no id can be taken for another."""


def numbered(what: int, number: int) -> UUID:
    """The id that carries that number."""
    return UUID(int=(what << 112) | (0x7 << 76) | (0b10 << 62) | number)


def token(mediator: int) -> str:
    """The bearer token of a mediator's agent."""
    return f"passnum_bench_{mediator}"


@dataclass(slots=True)
class World:
    """What a benchmark needs to know of the database that it is given a copy of."""

    scheme: Scheme
    passes: int
    mediators: tuple[Actor, ...] = ()

    @property
    def booklets(self) -> int:
        """How many booklets hold the passes."""
        return self.passes // BOOKLET

    @property
    def passes_by_http(self) -> int:
        """How many passes can be redeemed by their code."""
        return int(self.booklets * PASSES_BY_HTTP) * BOOKLET

    @property
    def data_dir(self) -> Path:
        """Where the keys are."""
        return self.scheme.keys.folder.parent

    def settings(self, url: str) -> Settings:
        """How an application serves a database of this world."""
        return Settings(self.data_dir, url, url, secret_key=b"benchmarks")

    @property
    def past(self) -> int:
        """How many of these were redeemed before anything is measured."""
        return self.passes_by_http // 10

    def codes(self) -> Iterator[tuple[int, VoucherCode]]:
        """Passes and their codes, in the order in which people come: not that of the booklets."""
        return islice(self._codes(), self.past, None)

    def past_scans(self) -> list[Scan]:
        """What was redeemed before anything is measured."""
        return self.scans(self._codes(), self.past)

    def _codes(self) -> Iterator[tuple[int, VoucherCode]]:
        key = self.scheme.keys.key(self.scheme.label)
        ids = list(range(1, self.passes_by_http + 1))
        random.Random(4).shuffle(ids)
        return ((voucher_id, codes.derive(key, voucher_id)) for voucher_id in ids)

    def scans(self, coming: Iterator[tuple[int, VoucherCode]], count: int) -> list[Scan]:
        """The next scans."""
        return [
            Scan(new_id(), code, self.scheme.now - timedelta(minutes=1))
            for _, code in islice(coming, count)
        ]


def ordered(
    database: Database, folder: Path, *, passes: int
) -> tuple[Scheme, UUID, list[SerialRange]]:
    """A scheme, its order of so many passes, and the serials that the printer was given."""
    with database.transaction() as session:
        scheme = Scheme.ready(session, folder)
        order_id = scheme.sent_order(session, tens=passes // BOOKLET, fives=0)
        return scheme, order_id, [a.serials for a in orders.allotments(session, order_id)]


def stocked(database: Database, folder: Path, *, passes: int) -> World:
    """Everything delivered and active: `passes` passes in stock."""
    scheme, order_id, serials = ordered(database, folder, passes=passes)
    with database.transaction() as session:
        delivery_id = scheme.delivery(session, order_id, serials)
    with database.transaction() as session:
        scheme.activation(session, order_id, delivery_id)
    return World(scheme, passes)


def circulating(cluster: Cluster, name: str, world: World, *, mediators: int) -> World:
    """The same, with every pass in people's pockets and so many mediators to take them.

    Some were taken already: a plan made for empty tables would be kept, and reads all of them.
    """
    cluster.execute(
        f"alter sequence agent_id_seq restart with {FIRST_AGENT + 1}",
        f"alter table account alter column id restart with {FIRST_ACCOUNT + 1}",
        f"alter table movement alter column id restart with {FIRST_MOVEMENT + 1}",
        database=name,
    )
    database = Database(cluster.address(name))
    with database.transaction() as session:
        actors = [add_mediator(session, world.scheme, number + 1) for number in range(mediators)]
    with database.transaction() as session:
        issue_everything(session, world)
    past = world.past_scans()
    for start in range(0, len(past), LARGEST_BATCH):
        with database.transaction() as session:
            redeem_vouchers(
                session,
                actor=actors[0],
                scans=past[start : start + LARGEST_BATCH],
                signer=world.scheme.signer,
                now=world.scheme.now,
            )
    database.close()
    cluster.execute(
        *PAPERS_OF_THE_REST,
        "alter table voucher disable trigger voucher_identity_is_never_changed",
        "alter table voucher disable trigger voucher_moves_by_a_movement",
        "update voucher set code_hash = sha256(id::text::bytea)"  # noqa: S608 - a number
        f" where id > {world.passes_by_http:d}",
        "alter table voucher enable always trigger voucher_identity_is_never_changed",
        "alter table voucher enable always trigger voucher_moves_by_a_movement",
        "vacuum (full) voucher",
        "analyze",
        database=name,
    )
    return World(world.scheme, world.passes, tuple(actors))


def add_mediator(session: Session, scheme: Scheme, number: int) -> Actor:
    """A mediator whose ids carry its number."""
    coordinator, organisation_id = scheme.actors["coordinator"], numbered(ORGANISATION, number)
    register_organisation(
        session,
        actor=None,
        organisation_id=organisation_id,
        kind=OrganisationKind.ASSOCIATION,
        name=f"Médiateur {number}",
        commune="Le Lorrain",
        siret=None,
        now=scheme.now,
    )
    first, last = scheme.today - timedelta(days=300), scheme.today + timedelta(days=300)
    grant_label(
        session,
        actor=coordinator,
        label_id=numbered(LABEL, number),
        organisation_id=organisation_id,
        reference="#APTIC",
        valid_from=first,
        valid_until=last,
        now=scheme.now,
    )
    sign_agreement(
        session,
        actor=coordinator,
        agreement_id=numbered(AGREEMENT, number),
        organisation_id=organisation_id,
        role=AgreementRole.MEDIATOR,
        reference=f"Convention {number}",
        valid_from=first,
        valid_until=last,
        now=scheme.now,
    )
    agent = create_agent(
        session,
        actor=None,
        email=f"mediateur-{number}@exemple.fr",
        name=f"Agent {number}",
        role=Role.MEDIATOR,
        organisation_id=organisation_id,
        password=None,
        now=scheme.now,
    )
    session.add(
        ApiToken(
            id=new_id(),
            agent_id=agent.id,
            token_hash=hashlib.sha256(token(number).encode()).digest(),
            label="benchmarks",
            created_at=scheme.now,
            expires_at=scheme.now + TOKEN_LIFE,
        )
    )
    session.flush()
    account = ledger.account(session, chart.redeemed(organisation_id, scheme.vintage_id))
    if (agent.id, account.id) != (FIRST_AGENT + number, FIRST_ACCOUNT + number):
        message = f"the ids of mediator {number} do not follow: {agent.id}, {account.id}"
        raise AssertionError(message)
    return actor_of(agent, by_token=True)


def issue_everything(session: Session, world: World) -> None:
    """One prescriber hands everything out: a true prescription, then one act for all the rest."""
    scheme = world.scheme
    scheme.allocation(session, 1, world.booklets)
    scheme.prescription(session, scheme.beneficiary(session), [1])
    prescriber_id = scheme.organisations["plie"]
    drawer = ledger.account(session, chart.prescriber(prescriber_id, scheme.vintage_id))
    pockets = ledger.account(session, chart.circulation(prescriber_id, scheme.vintage_id))
    rest = ledger.VoucherRange(BOOKLET + 1, world.passes)
    act_id = new_id()
    ledger.post(
        session,
        ledger.Act(
            posting_id=act_id,
            kind=ledger.MovementKind.ISSUE,
            document_type="prescription",
            document_id=act_id,
            actor_id=scheme.actors["plie"].agent_id,
            occurred_at=scheme.now,
        ),
        [ledger.Line(ledger.MovementKind.ISSUE, rest, drawer, pockets)],
    )


def _copied(table: str, source: str, **changed: str) -> str:
    """The INSERT that copies the one row of a table for each other booklet."""
    changes = ", ".join(f"'{column}', {value}" for column, value in changed.items())
    return (
        f"insert into {table} select (json_populate_record(null::{table}, "  # noqa: S608 - our own names
        f"(to_jsonb({source}) || jsonb_build_object({changes}))::json)).* "
        f"from {table} {source}, booklet where booklet.id > {BOOKLET}"
    )


def _id(what: int, number: str) -> str:
    """The same as numbered(), in SQL."""
    return f"('{str(numbered(what, 0))[:24]}' || lpad(to_hex({number}), 12, '0'))"


PAPERS_OF_THE_REST = (
    _copied("beneficiary", "one", id=_id(BENEFICIARY, "booklet.id")),
    _copied(
        "prescription",
        "one",
        id=_id(PRESCRIPTION, "booklet.id"),
        number="'R-' || booklet.id",
        beneficiary_id=_id(BENEFICIARY, "booklet.id"),
    ),
    _copied(
        "prescription_booklet",
        "one",
        booklet_id="booklet.id",
        prescription_id=_id(PRESCRIPTION, "booklet.id"),
        beneficiary_id=_id(BENEFICIARY, "booklet.id"),
    ),
)
"""A person and a prescription for each booklet but the first, like that of the first."""
