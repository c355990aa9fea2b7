"""One scheme and its oracle: what every machine asks of both, and what must be so at its end."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import ledger
from app.clearing import standing_queries
from app.clearing.correction_queries import account_of
from app.clearing.models import StatementApproval, StatementVersion
from app.clearing.rules import StatementState
from app.database.connections import Database
from app.identity.rules import Actor
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError
from app.ledger import AccountKind
from app.ledger.models import Movement
from app.losses.naming import Named
from app.orders import queries as orders
from app.portability.archive import reading, writing
from app.portability.service import FromArchive, export, take_in
from app.portability.views import claim_files
from app.prescribers.allocations import BookletRange
from app.programmes.rules import Payer
from app.programmes.service import known_vintage
from app.reports import accounts, registers, snapshots
from app.trust import proofs
from app.trust.notes import CheckpointSigner
from app.trust.service import seal
from app.trust.verify import verify_seals
from tests import by_hand
from tests.databases import Databases
from tests.factories import Scheme
from tests.property.oracle import Oracle
from tests.property.order_oracle import FileRow

ORIGIN = "pass.exemple.fr/registre"


class World(RuleBasedStateMachine):
    """The services on one side, the oracle on the other."""

    databases: Databases
    dialect: str
    payer = Payer.AUTHORITY

    files: list[tuple[UUID, str, list[FileRow]]]
    """Printers' files that were received: their order, what they say, their rows."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.url = self.databases.clone(self.dialect)
        self.database = Database(self.url)
        self.oracle = Oracle(issuer_pays=self.payer is Payer.ISSUER)
        self.files = []
        self.payment_orders: dict[UUID, UUID] = {}
        self.last_run: UUID | None = None
        with self.database.transaction() as session:
            self.scheme = Scheme.ready(session, Path(self.folder.name), payer=self.payer)
            self.scheme.mediator(session, "nobank", bank_details=False)
            self.scheme.mediator(session, "unlabelled", label=None)
        self.names = {party: name for name, party in self.scheme.organisations.items()}
        self.key = self.scheme.keys.key(self.scheme.label)

    def teardown(self) -> None:
        try:
            with self.database.transaction() as session:
                self.see_that_a_replay_agrees(session)
                self.see_that_money_agrees(session)
                self.see_that_registers_close(session)
                self.see_that_seals_hold(session)
            with self.database.transaction(writing=False) as session:
                self.see_that_plans_agree(session)
        finally:
            self.database.close()
            self.databases.drop(self.url)
            self.folder.cleanup()

    def leave(self) -> None:
        """Everything leaves, and comes into an empty database of the other kind, the same."""
        other = "sqlite" if self.dialect == "postgresql" else "postgresql"
        path, url = Path(self.folder.name) / "all.zip", self.databases.clone(other)
        with writing(path) as out, self.database.transaction(writing=False) as session:
            export(session, out, now=self.scheme.now, identity=True, papers=claim_files)
        elsewhere = Database(url, as_owner=True)
        try:
            with reading(path) as archive, elsewhere.transaction() as session:
                take_in(session, FromArchive(archive))
                assert self.resting(ledger.balances(session)) == self.oracle.balances()
                self.see_that_a_replay_agrees(session)
                self.see_that_money_agrees(session)
                self.see_that_registers_close(session)
        finally:
            elsewhere.close()
            self.databases.drop(url)

    # ── Asking both ───────────────────────────────────────────────────────────────────────────────

    def actor(self, name: str) -> Actor:
        return self.scheme.actors[name]

    def both(self, expected: str | None, move: Callable[[Session], object]) -> None:
        """The scheme answers as the oracle did, in one transaction."""

        def transaction() -> None:
            with self.database.transaction() as session:
                move(session)

        self.told(expected, transaction)

    def told(self, expected: str | None, act: Callable[[], object]) -> None:
        """The same, for what takes its own transactions."""
        answered = None
        try:
            act()
        except DomainError as refusal:
            answered = refusal.code
        assert answered == expected

    # ── As people type ────────────────────────────────────────────────────────────────────────────

    def one(self, number: int) -> BookletRange:
        """One booklet, as typed."""
        return BookletRange(self.scheme.booklet(number), self.scheme.booklet(number))

    def named(self, *places: tuple[int, int]) -> list[Named]:
        """Passes by booklet and position, as typed."""
        serials = [self.scheme.serial(number, place) for number, place in places]
        return [Named(serial, serial) for serial in serials]

    def serial_at(self, number: int, place: int) -> int | None:
        """The serial of a pass, if its booklet was delivered."""
        if number not in self.oracle.booklet:
            return None
        return self.oracle.serials_of(number)[place - 1]

    def printed(self, serial: int) -> str:
        """The number of a delivered pass, as on paper."""
        for number, (first, size) in self.oracle.booklet.items():
            if first <= serial < first + size:
                return f"{self.scheme.booklet(number)} {serial - first + 1:02d}"
        raise AssertionError(serial)

    # ── What must always be so ────────────────────────────────────────────────────────────────────

    @invariant()
    def everything_rests_where_the_oracle_says(self) -> None:
        with self.database.transaction(writing=False) as session:
            balances = ledger.balances(session)
        issued = [b for a, b in balances.items() if a.kind is AccountKind.ISSUER]
        assert self.resting(balances) == self.oracle.balances()
        assert sum(b.voucher_count for b in issued) == -len(self.oracle.place)
        assert all(b.amount_cents == 1000 * b.voucher_count for b in balances.values())

    def resting(
        self, balances: dict[ledger.Account, ledger.Balance]
    ) -> Counter[tuple[str, str, str]]:
        """What rests where, in the oracle's words."""
        found: Counter[tuple[str, str, str]] = Counter()
        for account, balance in balances.items():
            if balance.voucher_count and account.kind is not AccountKind.ISSUER:
                ends = self.names[account.party_id], self.names[account.counterparty_id]
                found[str(account.kind), *ends] += balance.voucher_count
        return found

    # ── What must be so in the end ────────────────────────────────────────────────────────────────

    def see_that_a_replay_agrees(self, session: Session) -> None:
        """The ledger against itself."""
        assert ledger.verify(session).first_difference is None
        assert snapshots.first_difference(session) is None

    def see_that_plans_agree(self, session: Session) -> None:
        """What the need of booklets is measured by, against a look at every pass."""
        sponsor_id, vintages = self.scheme.organisations["sponsor"], [self.scheme.vintage_id]
        there = by_hand.whole_booklets(session, sponsor_id)
        for size in orders.stock_by_size(session, sponsor_id, vintages):
            assert size.active_count == there[AccountKind.STOCK, size.booklet_size]
            assert size.inert_count == there[AccountKind.STOCK_INERT, size.booklet_size]
        quick = orders.latest_delays(session, vintages, limit=10, look=5)
        assert quick == by_hand.latest_delays(session, vintages, limit=10)

    def see_that_money_agrees(self, session: Session) -> None:
        """Statements, payments and what is owed back."""
        stated = {
            (v.statement_id, v.version): v.amount_cents
            for v in session.scalars(select(StatementVersion))
        }
        assert stated == {
            (i, version): cents
            for i, s in self.oracle.statements.items()
            for version, cents in enumerate(s.versions, start=1)
        }
        drafts = {
            i: s for i, s in self.oracle.statements.items() if s.serials and not s.approved_by
        }
        told = standing_queries.standings(session, drafts)
        assert {i: one.payable_cents for i, one in told.items()} == {
            i: self.oracle.payable(s) for i, s in drafts.items()
        }
        sums = standing_queries.sums_by_state(session, asked=standing_queries.Filter())
        together = sums[StatementState.DRAFT].net_cents if drafts else 0
        assert together == self.oracle.payable_together()
        for name in ("exo7", "carecof", "nobank"):
            settled = sum(1000 for p in self.oracle.place.values() if p[:2] == ("settled", name))
            account = account_of(session, self.scheme.organisations[name])
            moved = account.paid_cents, account.collected_cents, account.open_cents
            assert moved == self.oracle.money(name)
            assert account.settled_cents == settled
        approved = session.scalars(select(StatementApproval)).all()
        assert sorted(a.number for a in approved) == list(range(1, len(approved) + 1))
        assert {a.statement_id for a in approved} == {
            i for i, s in self.oracle.statements.items() if s.approved_by
        }

    def see_that_registers_close(self, session: Session) -> None:
        """Opening, in and out make the closing balance of each register, line by line, in cents."""
        actor, now = self.actor("accountant"), self.scheme.later
        since, until = self.scheme.today - timedelta(days=400), martinique_day(now)
        held = registers.holdings(session, actor=actor, since=since, until=until, now=now)
        closing: Counter[str] = Counter()
        for holding in held:
            register = registers.register_of(
                session,
                actor=actor,
                holder_id=holding.holder_id,
                vintage_id=holding.vintage_id,
                since=since,
                until=until,
                now=now,
            )
            entries = list(registers.entries(session, register))
            came, went = sum(e.in_count for e in entries), sum(e.out_count for e in entries)
            assert (holding.opening_count, came, went) == (0, holding.in_count, holding.out_count)
            assert entries[-1].balance_count == holding.closing_count
            assert entries[-1].balance_cents == 1000 * holding.closing_count
            closing[self.names[holding.holder_id]] += holding.closing_count
        assert +closing == self.oracle.registers()
        use = accounts.account_of_use(
            session, actor=actor, vintage_id=self.scheme.vintage_id, on=until, now=now
        )
        terms = known_vintage(session, self.scheme.vintage_id)
        expected = self.oracle.use(ended=until > terms.last_redemption_on)
        assert use.missing_count == 0
        assert {line.label: line.count for line in (use.ordered, *use.lines)} == {
            line.label: expected[line.label] for line in (use.ordered, *use.lines)
        }
        assert all(line.cents == 1000 * line.count for line in use.lines)

    def see_that_seals_hold(self, session: Session) -> None:
        """Everything is sealed, in blocks of a few; each movement proves that it is in there."""
        signer = CheckpointSigner(self.scheme.keys.folder, ORIGIN)
        key = signer.verifier_key()
        while seal(session, signer=signer, now=self.scheme.now, most=7):
            pass
        verified = verify_seals(session, keys=[key])
        assert (verified.first_difference, verified.unsealed_count) == (None, 0)
        movements = session.scalars(select(Movement.id).order_by(Movement.id)).all()
        for movement_id in movements[:: max(1, len(movements) // 3)]:
            proof = proofs.inclusion_proof(session, movement_id=movement_id)
            assert proofs.check_proof(proof.text, public_key=key.public).honest
