"""From redemptions to statements: what a run takes, who approves, and what is paid."""

from uuid import uuid5

import pytest
from sqlalchemy import select

from app import ledger
from app.clearing import queries, run_queries
from app.clearing.errors import (
    NothingToClear,
    RedemptionClaimedAlready,
    StatementChanged,
    StatementHeld,
)
from app.clearing.models import StatementApproval, StatementVersion
from app.clearing.statements import approve_statement, statement_state
from app.database.connections import Database
from app.kernel.ids import new_id
from app.ledger import AccountKind
from app.partners.bank_details import approve_bank_details, prepare_bank_details
from tests.factories import Scheme
from tests.opening import IBAN


def held_by(database: Database, scheme: Scheme, kind: AccountKind, mediator: str) -> int:
    """How many passes rest in that account of a mediator."""
    with database.transaction(writing=False) as session:
        return sum(
            balance.voucher_count
            for account, balance in ledger.balances(session).items()
            if account.kind is kind and account.party_id == scheme.organisations[mediator]
        )


def redeemed(database: Database, scheme: Scheme, **counts: int) -> None:
    """A booklet is handed out, and its passes are taken: so many by each mediator."""
    with database.transaction() as session:
        codes = iter(scheme.issued_booklet(session))
        for mediator, count in counts.items():
            for _ in range(count):
                scheme.redeem(session, next(codes), at=mediator).accepted()


def test_a_run_drafts_one_statement_a_mediator_with_the_sum_of_its_passes(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=3, carecof=2)

    run_id = scheme.clearing(database)

    with database.transaction() as session:
        drafts = [scheme.draft(session, run_id, name) for name in ("exo7", "carecof")]
        totals = [queries.latest_version(session, d.id) for d in drafts]
        assert [(t.voucher_count, t.net_cents) for t in totals] == [(3, 3000), (2, 2000)]
        assert {statement_state(session, d.id) for d in drafts} == {"draft"}
    assert held_by(database, scheme, AccountKind.CLAIMED, "exo7") == 3
    assert held_by(database, scheme, AccountKind.REDEEMED, "exo7") == 0


def test_a_statement_goes_from_draft_to_paid_by_three_people(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=3)
    run_id, states = scheme.clearing(database), []

    with database.transaction() as session:
        statement = scheme.draft(session, run_id, "exo7")
        states.append(statement_state(session, statement.id))
        scheme.approved(session, statement)
        states.append(statement_state(session, statement.id))
        order_id = scheme.ordered(session, statement.id)
        states.append(statement_state(session, statement.id))
        scheme.paid(session, order_id)
        states.append(statement_state(session, statement.id))

    assert states == ["draft", "approved", "ordered", "paid"]
    assert held_by(database, scheme, AccountKind.SETTLED, "exo7") == 3
    assert held_by(database, scheme, AccountKind.CLAIMED, "exo7") == 0


def test_a_run_that_would_take_nothing_is_refused(database: Database, scheme: Scheme) -> None:
    with pytest.raises(NothingToClear):
        scheme.clearing(database)

    with database.transaction() as session:
        assert run_queries.runs_after(session, None, limit=1) == []


def test_what_is_redeemed_after_a_run_joins_the_next(database: Database, scheme: Scheme) -> None:
    with database.transaction() as session:
        codes = scheme.issued_booklet(session)
        scheme.redeem(session, codes[0])
    first = scheme.clearing(database)
    with database.transaction() as session:
        scheme.redeem(session, codes[1])
        scheme.redeem(session, codes[9])

    second = scheme.clearing(database)

    with database.transaction() as session:
        assert scheme.total(session, first, "exo7").voucher_count == 1
        assert scheme.total(session, second, "exo7").voucher_count == 2


def test_what_was_undone_is_on_no_statement(database: Database, scheme: Scheme) -> None:
    with database.transaction() as session:
        codes = scheme.issued_booklet(session)
        kept, undone = (scheme.redeem(session, code).accepted().id for code in codes[:2])
        scheme.undone(session, undone)

    run_id = scheme.clearing(database)

    with database.transaction() as session:
        assert scheme.total(session, run_id, "exo7").voucher_count == 1
        with pytest.raises(RedemptionClaimedAlready):
            scheme.undone(session, kept)


def test_a_run_cut_in_the_middle_is_finished_by_sending_it_again(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=3, carecof=2)
    run_id = new_id()
    with database.transaction() as session:
        run = scheme.opened_run(session, run_id=run_id)
    with database.transaction() as session:
        [only] = scheme.drafted(session, run, "exo7")

    scheme.clearing(database, run_id=run_id)
    scheme.clearing(database, run_id=run_id)

    with database.transaction() as session:
        drafts = queries.statements_of(session, run_id)
        counts = [queries.latest_version(session, d.id).voucher_count for d in drafts]
        assert sorted(counts) == [2, 3]
        assert only.id in {d.id for d in drafts}


def test_a_statement_without_bank_details_is_held_and_holds_nobody_elses(
    database: Database, scheme: Scheme
) -> None:
    with database.transaction() as session:
        scheme.mediator(session, "nobank", bank_details=False)
    redeemed(database, scheme, exo7=1, nobank=2)
    run_id = scheme.clearing(database)

    with database.transaction() as session:
        scheme.approved(session, scheme.draft(session, run_id, "exo7"))
    with pytest.raises(StatementHeld), database.transaction() as session:
        scheme.approved(session, scheme.draft(session, run_id, "nobank"))
    with database.transaction() as session:
        typed = prepare_bank_details(
            session,
            actor=scheme.actors["coordinator"],
            bank_details_id=new_id(),
            organisation_id=scheme.organisations["nobank"],
            holder="Association",
            iban=IBAN,
            vault=scheme.vault,
            now=scheme.later,
        )
    with pytest.raises(StatementHeld), database.transaction() as session:
        scheme.approved(session, scheme.draft(session, run_id, "nobank"))

    with database.transaction() as session:
        approve_bank_details(
            session,
            actor=scheme.actors["finance"],
            bank_details_id=typed.id,
            iban=IBAN,
            vault=scheme.vault,
            now=scheme.later,
        )
        statement_id = scheme.approved(session, scheme.draft(session, run_id, "nobank"))
        approval = queries.approval_of(session, statement_id)

    assert approval is not None
    assert (approval.payee_name, approval.payee_iban_masked) == ("Association", "FR14 … 2606")
    assert approval.number == 2


def test_bank_details_that_change_later_change_no_approved_statement(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=1)
    run_id = scheme.clearing(database)
    with database.transaction() as session:
        statement_id = scheme.approved(session, scheme.draft(session, run_id, "exo7"))
        scheme.bank_details(
            session, "exo7", iban="DE89370400440532013000", by="finance2", now=scheme.later
        )

        approval = queries.approval_of(session, statement_id)

        assert approval is not None
        assert approval.payee_iban_masked == "FR14 … 2606"


def test_an_honest_debt_is_paid_after_label_and_agreement_have_lapsed(
    database: Database, scheme: Scheme
) -> None:
    with database.transaction() as session:
        scheme.mediator(session, "ending", label=(-300, 0), agreement=(-300, 0))
    redeemed(database, scheme, ending=1)

    run_id = scheme.clearing(database)

    with database.transaction() as session:
        statement_id = scheme.approved(session, scheme.draft(session, run_id, "ending"))
        scheme.paid(session, scheme.ordered(session, statement_id))
        assert statement_state(session, statement_id) == "paid"


def test_the_total_that_was_read_is_the_total_that_is_approved(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=2)
    run_id = scheme.clearing(database)

    with database.transaction() as session:
        statement = scheme.draft(session, run_id, "exo7")

    for version, net_cents in ((1, 3000), (2, 2000)):
        with pytest.raises(StatementChanged), database.transaction() as session:
            approve_statement(
                session,
                actor=scheme.actors["finance2"],
                statement_id=statement.id,
                version=version,
                net_cents=net_cents,
                now=scheme.later,
            )

    with database.transaction() as session:
        assert statement_state(session, statement.id) == "draft"


def test_a_statement_whose_passes_have_left_it_is_not_approved(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=2)
    run_id = scheme.clearing(database)
    with database.transaction() as session:
        statement = scheme.draft(session, run_id, "exo7")
        claim = queries.claims_of(session, statement.id)[0]
        posting_id = new_id()
        ledger.reverse(
            session,
            ledger.Act(
                posting_id, ledger.MovementKind.REVERSE, "test", posting_id, 1, scheme.later
            ),
            [(claim.movement_id, ledger.VoucherRange.one(claim.vouchers.first))],
        )

    with pytest.raises(StatementChanged), database.transaction() as session:
        scheme.approved(session, scheme.draft(session, run_id, "exo7"))


def test_statement_numbers_leave_no_gap_when_an_approval_fails(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=1, carecof=1)
    run_id = scheme.clearing(database)

    with database.session() as session:
        scheme.approved(session, scheme.draft(session, run_id, "exo7"))
        session.rollback()
    with database.transaction() as session:
        scheme.approved(session, scheme.draft(session, run_id, "carecof"))
    with database.transaction() as session:
        scheme.approved(session, scheme.draft(session, run_id, "exo7"))

        rows = session.scalars(select(StatementApproval).order_by(StatementApproval.number)).all()

    assert [(row.number, row.follows_number) for row in rows] == [(1, None), (2, 1)]
    assert rows[1].statement_id == uuid5(run_id, str(scheme.organisations["exo7"]))


def test_the_sums_of_the_statements_are_what_the_ledger_holds(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=4, carecof=1)
    first = scheme.clearing(database)
    with database.transaction() as session:
        statement_id = scheme.approved(session, scheme.draft(session, first, "exo7"))
        scheme.paid(session, scheme.ordered(session, statement_id))

    with database.transaction() as session:
        stated = sum(v.amount_cents for v in session.scalars(select(StatementVersion)))
        held = sum(
            balance.amount_cents
            for account, balance in ledger.balances(session).items()
            if account.kind in {AccountKind.CLAIMED, AccountKind.SETTLED}
        )

    assert stated == held == 5000
