"""Two mediators claim one pass: one keeps it, decided once, and never both are paid."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.clearing import disputes, redemption_queries
from app.clearing.correction_models import DisputeDecision
from app.clearing.disputes import Outcome
from app.clearing.errors import (
    AttemptDisputedAlready,
    AttemptNotDisputable,
    DisputeDecidedAlready,
    DisputedPassOnStatement,
    DisputedPassPaid,
    DisputedPaymentTakenBack,
    DisputeOpenerCannotDecide,
    PassDisputedAlready,
    UnknownDispute,
    VoucherBlocked,
)
from app.clearing.rules import RedemptionState
from app.clearing.session_queries import line_of
from app.database.connections import Database
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id
from app.ledger import AccountKind
from tests.factories import Scheme


class Claimed:
    """A pass that exo7 took, and that carecof was refused."""

    def __init__(self, database: Database, scheme: Scheme) -> None:
        self.database, self.scheme = database, scheme
        with database.transaction() as session:
            self.code, self.other, *_ = scheme.issued_booklet(session)
            self.first = scheme.redeem(session, self.code).accepted().id
            self.attempt = scheme.redeem(session, self.code, at="carecof").redemption_id

    def opened(self, session: Session, *, by: str = "carecof", **changes: object) -> UUID:
        """The dispute of carecof."""
        asked = {
            "attempt_id": self.attempt,
            "code": self.code,
            "redeemed_at": self.scheme.now,
        } | changes
        return disputes.open_dispute(
            session,
            actor=self.scheme.actors[by],
            dispute_id=new_id(),
            story="Remis à notre atelier",
            now=self.scheme.now,
            **asked,  # type: ignore[arg-type]  # ids and codes
        ).id

    def decided(
        self, session: Session, dispute_id: UUID, outcome: Outcome, *, by: str = "coordinator"
    ) -> DisputeDecision:
        """Somebody of the staff decides."""
        return disputes.decide_dispute(
            session,
            actor=self.scheme.actors[by],
            dispute_id=dispute_id,
            outcome=outcome,
            reason="D’après la feuille",
            signer=self.scheme.signer,
            now=self.scheme.later,
        )

    def owed(self) -> dict[str, int]:
        """Passes taken at each mediator, wherever they rest."""
        names = {party: name for name, party in self.scheme.organisations.items()}
        used = {AccountKind.REDEEMED, AccountKind.CLAIMED, AccountKind.SETTLED}
        with self.database.transaction(writing=False) as session:
            return {
                names[a.party_id]: b.voucher_count
                for a, b in ledger.balances(session).items()
                if a.kind in used and b.voucher_count
            }


@pytest.fixture
def claimed(database: Database, scheme: Scheme) -> Claimed:
    return Claimed(database, scheme)


def test_a_dispute_that_is_kept_moves_nothing_and_is_decided_once(claimed: Claimed) -> None:
    with claimed.database.transaction() as session:
        dispute_id = claimed.opened(session)
        kept = claimed.decided(session, dispute_id, Outcome.KEPT)
        assert claimed.decided(session, dispute_id, Outcome.KEPT) is kept
        with pytest.raises(DisputeDecidedAlready):
            claimed.decided(session, dispute_id, Outcome.AWARDED)

    assert claimed.owed() == {"exo7": 1}


@pytest.mark.parametrize("drafted", [False, True])
def test_an_award_takes_the_pass_from_the_first_and_gives_it_to_the_other(
    claimed: Claimed, *, drafted: bool
) -> None:
    if drafted:
        claimed.scheme.clearing(claimed.database)
    with claimed.database.transaction() as session:
        decision = claimed.decided(session, claimed.opened(session), Outcome.AWARDED)

        assert decision.redemption_id is not None
        assert line_of(session, claimed.first).state is RedemptionState.UNDONE
        assert line_of(session, decision.redemption_id).state is RedemptionState.OPEN
    assert claimed.owed() == {"carecof": 1}


def test_a_pass_on_an_approved_statement_waits_and_a_paid_one_is_clawed_back_first(
    claimed: Claimed,
) -> None:
    scheme = claimed.scheme
    run_id = scheme.clearing(claimed.database)
    with claimed.database.transaction() as session:
        dispute_id = claimed.opened(session)
        statement_id = scheme.approved(session, scheme.draft(session, run_id, "exo7"))
        with pytest.raises(DisputedPassOnStatement):
            claimed.decided(session, dispute_id, Outcome.AWARDED)
        scheme.paid(session, scheme.ordered(session, statement_id))
        with pytest.raises(DisputedPassPaid):
            claimed.decided(session, dispute_id, Outcome.AWARDED)
        scheme.taken_back(session, claimed.first)
        with pytest.raises(DisputedPaymentTakenBack):
            claimed.decided(session, dispute_id, Outcome.KEPT)

        claimed.decided(session, dispute_id, Outcome.AWARDED)

        assert redemption_queries.undone_among(session, [claimed.first]) == {claimed.first}
    assert claimed.owed() == {"carecof": 1}


def test_only_a_pass_refused_as_taken_elsewhere_is_disputed_and_once(claimed: Claimed) -> None:
    with claimed.database.transaction() as session:
        for wrong in ({"attempt_id": claimed.first}, {"attempt_id": new_id()},
                      {"code": claimed.other}, {"by": "exo7"}):  # fmt: skip
            with pytest.raises(AttemptNotDisputable):
                claimed.opened(session, **wrong)
        dispute_id = claimed.opened(session)
        with pytest.raises(AttemptDisputedAlready):
            claimed.opened(session)
        with pytest.raises(UnknownDispute):
            disputes.known_dispute(
                session, actor=claimed.scheme.actors["exo7"], dispute_id=dispute_id
            )


def test_a_mediator_claims_a_pass_once_until_it_is_decided(claimed: Claimed) -> None:
    with claimed.database.transaction() as session:
        again = claimed.scheme.redeem(session, claimed.code, at="carecof").redemption_id
        dispute_id = claimed.opened(session)
        with pytest.raises(PassDisputedAlready):
            claimed.opened(session, attempt_id=again)
        claimed.decided(session, dispute_id, Outcome.KEPT)
        claimed.opened(session, attempt_id=again)


@pytest.mark.parametrize("days", [-30, 1])
def test_a_claimed_session_is_neither_before_the_pass_was_issued_nor_to_come(
    claimed: Claimed, days: int
) -> None:
    with claimed.database.transaction() as session, pytest.raises(InvalidInput) as refused:
        claimed.opened(session, redeemed_at=claimed.scheme.now + timedelta(days))
    assert "redeemed_at" in str(refused.value.details)


def test_whoever_opened_a_dispute_does_not_decide_it(claimed: Claimed) -> None:
    with claimed.database.transaction() as session:
        dispute_id = claimed.opened(session, by="coordinator")
        with pytest.raises(DisputeOpenerCannotDecide):
            claimed.decided(session, dispute_id, Outcome.KEPT)


def test_a_pass_given_back_and_lost_since_is_awarded_to_nobody(claimed: Claimed) -> None:
    scheme = claimed.scheme
    with claimed.database.transaction() as session:
        dispute_id = claimed.opened(session)
        scheme.undone(session, claimed.first)
        scheme.blocked(session, scheme.serial(1, 1))

        with pytest.raises(VoucherBlocked):
            claimed.decided(session, dispute_id, Outcome.AWARDED)
