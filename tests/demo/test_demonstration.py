"""The demonstration as it stands in a database: honest, closed, complete, and plainly invented."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.models import Payment, PaymentOrder, Statement
from app.clearing.redemption_models import Redemption, RedemptionAttempt, RedemptionReversal
from app.clearing.rules import StatementState
from app.clearing.statements import statement_state
from app.database.connections import Database
from app.demo.errors import DatabaseInUse
from app.demo.partners import LAPSED, MEDIATORS, NAMES, NEWCOMER, PRESCRIBERS
from app.demo.service import DEMONSTRATION_ACCOUNTS, is_loaded
from app.identity import passwords
from app.identity.models import Agent
from app.identity.rules import Actor, Role
from app.kernel.clock import first_instant, martinique_day
from app.kernel.ids import new_id
from app.ledger import AccountKind
from app.ledger.models import Posting, Voucher
from app.mediators.models import LabelApplication
from app.orders import queries as orders
from app.orders.models import BookletOrder, OrderApproval, OrderDispatch
from app.partners.models import BankDetails, Organisation
from app.partners.rules import OrganisationKind
from app.partners.service import register_organisation
from app.prescribers.models import BeneficiaryIdentity
from app.programmes import queries as programmes
from app.programmes.rules import FRENCH_PUBLIC
from app.reports.council import council_sheet
from app.reports.papers import council_pdf
from tests.demo.conftest import NOW, Loaded, load_into
from tests.papers.reading import words

MOST_PEOPLE = 700


@pytest.fixture
def session(loaded: Loaded) -> Iterator[Session]:
    with loaded.database.session(writing=False) as session:
        yield session


def by_kind(session: Session) -> Counter[AccountKind]:
    counts: Counter[AccountKind] = Counter()
    for account, balance in ledger.balances(session).items():
        counts[account.kind] += balance.voucher_count
    return counts


def organisations(session: Session) -> dict[str, Organisation]:
    keys = {name: key for key, name in NAMES.items()}
    return {keys.get(o.name, o.name): o for o in session.scalars(select(Organisation))}


# ── Honest and closed ─────────────────────────────────────────────────────────────────────────────


def test_a_replay_agrees_with_every_pass(session: Session) -> None:
    verdict = ledger.verify(session)

    assert verdict.first_difference is None
    assert verdict.voucher_count == 10_060
    assert ledger.faults(session) == []


def test_what_rests_somewhere_closes_to_what_was_ordered(session: Session) -> None:
    counts = by_kind(session)

    ordered = sum(orders.ordered_voucher_count(session, vintage_ids=[1]).values())

    received = -counts.pop(AccountKind.ISSUER)
    assert ordered == 12_000
    assert sum(counts.values()) == received == 10_060


def test_passes_rest_at_every_stage_of_the_chain(session: Session) -> None:
    counts = by_kind(session)

    for kind in ("stock_inert", "stock", "transit", "prescriber", "circulation", "redeemed",
                 "claimed", "settled"):  # fmt: skip
        assert counts[AccountKind(kind)] > 100, kind


def test_history_ends_before_it_was_loaded_and_never_goes_back(session: Session) -> None:
    recorded = list(session.scalars(select(Posting.recorded_at).order_by(Posting.recorded_at)))
    occurred = session.scalar(select(func.max(Posting.occurred_at)))
    history = ledger.history(session, session.scalars(select(Redemption.voucher_id)).first() or 0)

    assert recorded[-1] < NOW
    assert occurred is not None
    assert occurred < NOW
    assert (NOW - recorded[-1]).days < 5
    assert [h.recorded_at for h in history] == sorted(h.recorded_at for h in history)


# ── Every state ───────────────────────────────────────────────────────────────────────────────────


def test_orders_are_prepared_approved_sent_partly_and_wholly_delivered(session: Session) -> None:
    states = []
    for order in session.scalars(select(BookletOrder).order_by(BookletOrder.prepared_at)):
        asked = sum(a.serials.count for a in orders.allotments(session, order.id))
        deliveries = orders.deliveries_of(session, order.id)
        active = [orders.activation_of(session, d.id) is not None for d in deliveries]
        arrived = sum(
            r.last_serial - r.first_serial + 1
            for delivery in deliveries
            for r in orders.ranges_of(session, delivery.id)
        )
        approved = session.get(OrderApproval, order.id) is not None
        sent = session.get(OrderDispatch, order.id) is not None
        states.append((approved, sent, asked - arrived, active))

    assert states == [
        (True, True, 0, [True]),
        (True, True, 1000, [True, False]),
        (True, True, 940, [False]),
        (False, False, 0, []),
        (True, False, 0, []),
        (False, False, 0, []),
    ]


def test_statements_are_drafts_approved_ordered_and_paid(session: Session) -> None:
    states = Counter(statement_state(session, s) for s in session.scalars(select(Statement.id)))

    assert set(states) == {"draft", "approved", "ordered", "paid", "rejected"}
    assert states[StatementState.PAID] > 25


def test_public_money_is_paid_within_thirty_days(session: Session) -> None:
    rows = session.execute(
        select(Statement, Payment)
        .join(PaymentOrder, PaymentOrder.statement_id == Statement.id)
        .join(Payment, Payment.payment_order_id == PaymentOrder.id)
        .where(PaymentOrder.ordinal == 1)
    )

    for statement, payment in rows:
        [drafted_at] = session.scalars(
            select(Posting.recorded_at).where(Posting.id == statement.id)
        )
        assert 0 <= (payment.paid_on - martinique_day(drafted_at)).days <= 30


def test_only_the_mediator_without_bank_details_is_held(session: Session) -> None:
    known = organisations(session)
    drafts = Counter(
        s.mediator_id
        for s in session.scalars(select(Statement))
        if statement_state(session, s.id) == "draft"
    )

    assert drafts[known[NEWCOMER].id] == 2
    assert known[NEWCOMER].demonstration
    assert session.scalar(
        select(func.count())
        .select_from(BankDetails)
        .where(BankDetails.organisation_id == known[NEWCOMER].id)
    ) == 0  # fmt: skip
    assert sorted(drafts.values()) == [1, 2]


def test_the_month_under_way_is_on_no_statement(session: Session) -> None:
    begins = first_instant(martinique_day(NOW).replace(day=1))

    kinds = session.scalars(
        select(Voucher.account_id)
        .join(Redemption, Redemption.voucher_id == Voucher.id)
        .join(Posting, Posting.id == Redemption.id)
        .where(Posting.recorded_at >= begins)
    )

    accounts = ledger.accounts_by_id(session, kinds)
    assert {account.kind for account in accounts.values()} == {AccountKind.REDEEMED}


def test_every_public_is_served(session: Session) -> None:
    served = session.execute(text("select public, count(*) from prescription group by public"))

    assert {public for public, count in served if count > 50} == {str(p) for p in FRENCH_PUBLIC}


# ── Real partners in their true role, people invented ─────────────────────────────────────────────


def test_every_person_is_called_demonstration(session: Session) -> None:
    surnames = list(session.scalars(select(BeneficiaryIdentity.surname)))
    agents = list(session.scalars(select(Agent)))

    assert set(surnames) == {"Démonstration"}
    assert 600 < len(surnames) < MOST_PEOPLE
    assert all(agent.name.endswith(" Démonstration") for agent in agents)
    assert all(agent.email.endswith("@exemple.fr") for agent in agents)
    assert all("Démonstration" in holder for holder in session.scalars(select(BankDetails.holder)))


def test_every_invented_partner_says_so_and_no_partner_bears_a_siret(session: Session) -> None:
    for organisation in session.scalars(select(Organisation)):
        assert organisation.demonstration == ("démonstration" in organisation.name)
        assert organisation.siret is None


def test_the_deliberation_is_followed(session: Session) -> None:
    known = organisations(session)
    applicants = list(session.scalars(select(LabelApplication.organisation_id)))
    labelled = session.scalars(text("select distinct organisation_id from label")).all()
    ready = [m for m in MEDIATORS if m.ready and not m.invented]

    assert sum(o.kind == OrganisationKind.TOWN for o in known.values()) == 18 + 1
    assert sum(not m.invented for m in MEDIATORS) == 6
    assert len(labelled) == len(MEDIATORS)
    assert len(ready) == 4
    assert applicants == [known["ce_cedille"].id]


def test_what_would_look_bad_belongs_to_invented_partners(session: Session) -> None:
    known = organisations(session)
    bad = set(
        session.scalars(
            select(RedemptionAttempt.mediator_id).where(RedemptionAttempt.verdict != "accepted")
        )
    ) | set(
        session.scalars(
            select(Redemption.mediator_id).join(
                RedemptionReversal, RedemptionReversal.redemption_id == Redemption.id
            )
        )
    )

    assert bad == {known[LAPSED].id, known[NEWCOMER].id}  # who claims a pass was refused it
    assert known[LAPSED].demonstration
    assert known[NEWCOMER].demonstration


def test_only_an_invented_prescriber_has_a_low_usage_rate(session: Session) -> None:
    known = organisations(session)
    accounts = {a.id: a for a in ledger.balances(session)}
    issued: Counter[object] = Counter()
    used: Counter[object] = Counter()
    for flow in ledger.flows(session, ledger.net(AccountKind.PRESCRIBER, AccountKind.CIRCULATION)):
        issued[accounts[flow.credit_account_id].party_id] += flow.voucher_count
    for flow in ledger.flows(session, ledger.uses()):
        used[accounts[flow.debit_account_id].party_id] += flow.voucher_count

    for prescriber in PRESCRIBERS:
        rate = used[known[prescriber.key].id] / issued[known[prescriber.key].id]
        assert (rate < 0.35) if prescriber.low_usage else (0.5 < rate < 0.9), prescriber.name


# ── Signing in, loading again ─────────────────────────────────────────────────────────────────────


def test_every_printed_account_signs_in_and_every_role_has_one(session: Session) -> None:
    for account in DEMONSTRATION_ACCOUNTS:
        [agent] = session.scalars(select(Agent).where(Agent.email == account.email))
        organisation = session.get(Organisation, agent.organisation_id)
        assert passwords.matches(agent.password_hash, account.password)
        assert agent.role == account.role
        assert organisation is not None
        assert organisation.name == account.organisation
    assert {account.role for account in DEMONSTRATION_ACCOUNTS} == set(Role)


def test_progress_is_told_month_by_month(loaded: Loaded) -> None:
    assert len(loaded.lines) == 11
    assert loaded.lines[-1].startswith("novembre 2026 : ")


def test_the_page_for_the_council_is_one_page_and_closes(session: Session, loaded: Loaded) -> None:
    auditor = next(a for a in session.scalars(select(Agent)) if a.role == Role.AUDITOR)
    [programme] = programmes.programmes_after(session, None, limit=2)
    sheet = council_sheet(
        session,
        actor=Actor(auditor.id, auditor.organisation_id, Role.AUDITOR),
        programme_id=programme.id,
        on=martinique_day(loaded.now),
        now=loaded.now,
    )

    [page] = words(council_pdf(sheet))
    said = " ".join(page.split())

    assert sheet.budget_cents is not None
    assert (sheet.missing_count, sheet.missing_cents) == (0, 0)
    assert "Reste à engager" in said
    assert "Qui finance" in said


def test_a_second_loading_does_nothing(loaded: Loaded, session: Session) -> None:
    before = ledger.verify(session)
    session.rollback()

    lines = load_into(loaded.owner, loaded.folder, datetime.now(UTC))

    assert lines == ()
    assert ledger.verify(session) == before


def test_the_database_is_marked_for_ever(loaded: Loaded) -> None:
    with pytest.raises(DBAPIError), loaded.owner.transaction() as session:
        session.execute(text("delete from demonstration_mark"))

    assert is_loaded(loaded.database)


def test_a_database_in_use_refuses_the_demonstration_and_is_not_marked(
    owner_database: Database, tmp_path: Path
) -> None:
    with owner_database.transaction() as session:
        register_organisation(
            session,
            actor=None,
            organisation_id=new_id(),
            kind=OrganisationKind.CCAS,
            name="CCAS",
            commune="Le Lorrain",
            siret=None,
            now=NOW,
        )

    with pytest.raises(DatabaseInUse, match="base vide"):
        load_into(owner_database, tmp_path, NOW)

    assert not is_loaded(owner_database)


# ── Deep ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.deep
@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 1, 4, 0, tzinfo=UTC),
        datetime(2026, 11, 6, 13, 1, tzinfo=UTC),
        datetime(2027, 1, 1, 3, 59, tzinfo=UTC),
        datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
        datetime(2027, 5, 31, 16, 0, tzinfo=UTC),
    ],
    ids=str,
)
def test_it_loads_whatever_day_it_is(
    owner_database: Database, tmp_path: Path, now: datetime
) -> None:
    load_into(owner_database, tmp_path, now)

    with owner_database.transaction(writing=False) as session:
        states = {statement_state(session, s) for s in session.scalars(select(Statement.id))}
        assert ledger.verify(session).honest
        assert states == {"draft", "approved", "ordered", "paid", "rejected"}
        assert by_kind(session)[AccountKind.REDEEMED] > 0


@pytest.mark.deep
def test_the_same_instant_gives_the_same_history(
    loaded: Loaded, owner_database: Database, tmp_path: Path
) -> None:
    load_into(owner_database, tmp_path, NOW)

    def story(database: Database) -> tuple[list[tuple[object, ...]], object]:
        with database.transaction(writing=False) as session:
            rows = session.execute(
                select(Posting.id, Posting.kind, Posting.recorded_at, Posting.occurred_at).order_by(
                    Posting.id
                )
            ).all()
            return [tuple(row) for row in rows], ledger.balances(session)

    assert story(owner_database) == story(loaded.owner)
