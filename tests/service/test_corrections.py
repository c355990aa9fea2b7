"""Corrections once paid: clawbacks, what recovers them, debit notes; every total stays right."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.clearing import (
    correction_queries,
    debit_notes,
    payment_queries,
    queries,
    recoveries,
    run_queries,
    runs,
    standing_queries,
)
from app.clearing.errors import (
    DebitNoteIssuedAlready,
    MediatorIsStillOwed,
    NothingToCollect,
    PaymentCorrected,
    RedemptionNotPaid,
    StatementChanged,
)
from app.clearing.outlook import Outlook, outlook_of
from app.clearing.receipts import serial_in
from app.clearing.rules import RedemptionState, StatementState, fee_of, fee_share, fitting
from app.clearing.session_queries import line_of
from app.clearing.statements import statement_state
from app.database.connections import Database
from app.kernel.clock import first_instant, martinique_day
from app.kernel.ids import new_id
from app.ledger import AccountKind
from tests.factories import Scheme


class Corrections:
    """Passes of booklets of ten, taken at exo7, paid, and taken back."""

    def __init__(self, database: Database, scheme: Scheme) -> None:
        self.database, self.scheme, self.taken = database, scheme, list[UUID]()
        with database.transaction() as session:
            self.codes = scheme.issued_booklet(session)

    def take(self, count: int) -> list[UUID]:
        """The next passes of the booklet."""
        with self.database.transaction() as session:
            made = [
                self.scheme.redeem(session, self.codes.pop(0)).accepted().id for _ in range(count)
            ]
        self.taken += made
        return made

    def approved(self) -> UUID:
        """Everything taken, on one approved statement."""
        run_id = self.scheme.clearing(self.database)
        with self.database.transaction() as session:
            return self.scheme.approved(session, self.scheme.draft(session, run_id, "exo7"))

    def paid(self) -> UUID:
        """Everything taken, on one paid statement."""
        statement_id = self.approved()
        with self.database.transaction() as session:
            self.scheme.paid(session, self.scheme.ordered(session, statement_id))
        return statement_id

    def taken_back(self, *redemption_ids: UUID, days: int = 0) -> None:
        """These were paid and should not have been."""
        with self.database.transaction() as session:
            for redemption_id in redemption_ids:
                now = self.scheme.later + timedelta(days=days)
                self.scheme.taken_back(session, redemption_id, now=now)

    def undo(self, redemption_id: UUID) -> None:
        """The mediator gives the pass back."""
        with self.database.transaction() as session:
            self.scheme.undone(session, redemption_id, now=self.scheme.later)

    def rests(self, kind: AccountKind) -> int:
        """Passes in accounts of that kind."""
        with self.database.transaction(writing=False) as session:
            return sum(
                b.voucher_count for a, b in ledger.balances(session).items() if a.kind is kind
            )

    def account(self) -> tuple[int, int, int]:
        """Paid, collected and open, in cents; what is settled must be what they leave."""
        with self.database.transaction(writing=False) as session:
            account = correction_queries.account_of(session, self.scheme.organisations["exo7"])
            settled = sum(
                b.amount_cents
                for a, b in ledger.balances(session).items()
                if a.kind is AccountKind.SETTLED
            )
        assert settled == account.settled_cents
        return account.paid_cents, account.collected_cents, account.open_cents

    def told(self) -> Outlook:
        """What the mediator reads first."""
        with self.database.transaction(writing=False) as session:
            today = martinique_day(self.scheme.later)
            return outlook_of(session, self.scheme.organisations["exo7"], today=today)

    def state(self, statement_id: UUID) -> StatementState:
        """How far a statement has come."""
        with self.database.transaction(writing=False) as session:
            return statement_state(session, statement_id)


@pytest.fixture
def corrections(database: Database, scheme: Scheme) -> Corrections:
    return Corrections(database, scheme)


def test_a_clawed_back_pass_circulates_again_and_the_next_statement_recovers_it(
    corrections: Corrections,
) -> None:
    wrong, *_ = corrections.take(3)
    corrections.paid()

    corrections.taken_back(wrong)

    assert corrections.account() == (3000, 0, 1000)
    assert corrections.rests(AccountKind.CIRCULATION) == 8
    owing = corrections.told()
    assert (owing.first, owing.debt_cents, owing.kept_cents) == (None, 1000, 0)
    corrections.take(2)
    coming = corrections.told()
    assert coming.first is not None
    assert (coming.first.cents, coming.kept_cents, coming.debt_cents) == (1000, 1000, 0)
    assert coming.to_pay_cents == 1000
    later = corrections.approved()
    with corrections.database.transaction() as session:
        approval = queries.approval_of(session, later)
        assert approval is not None
        assert (approval.net_cents, approval.recovered_cents, approval.payable_cents) == (
            2000, 1000, 1000,
        )  # fmt: skip
        assert line_of(session, wrong).state is RedemptionState.TAKEN_BACK
        order_id = corrections.scheme.ordered(session, later)
        order = payment_queries.payment_order(session, order_id)
        assert order is not None
        assert order.amount_cents == 1000
    assert corrections.account() == (3000, 0, 1000)
    with corrections.database.transaction() as session:
        corrections.scheme.paid(session, order_id)
    assert corrections.account() == (4000, 0, 0)


def test_a_statement_that_recoveries_eat_up_is_settled_without_a_payment(
    corrections: Corrections,
) -> None:
    taken = corrections.take(3)
    corrections.paid()
    corrections.taken_back(*taken)
    corrections.take(2)

    offset = corrections.approved()

    assert corrections.state(offset) is StatementState.OFFSET
    assert corrections.rests(AccountKind.SETTLED) == 2
    assert corrections.account() == (3000, 0, 1000)
    with corrections.database.transaction() as session:
        taken_back = standing_queries.taken_back(session, asked=standing_queries.Filter())
        assert taken_back == (0, 1000)
    corrections.take(2)
    rest = corrections.paid()
    assert corrections.state(rest) is StatementState.PAID
    assert corrections.account() == (4000, 0, 0)


def test_a_total_that_a_clawback_changed_is_read_again(corrections: Corrections) -> None:
    wrong, *_ = corrections.take(2)
    corrections.paid()
    corrections.take(2)
    run_id = corrections.scheme.clearing(corrections.database)
    corrections.taken_back(wrong)

    with corrections.database.transaction() as session:
        draft = corrections.scheme.draft(session, run_id, "exo7")
        assert sum(r.net_cents for r in recoveries.to_recover(session, draft, 2000)) == 1000
        with pytest.raises(StatementChanged):
            corrections.scheme.approved(session, draft, recovered_cents=0)


def test_a_preview_takes_off_what_the_draft_takes_off(corrections: Corrections) -> None:
    scheme = corrections.scheme
    taken = corrections.take(3)
    corrections.paid()
    corrections.taken_back(*taken)
    corrections.take(2)

    def expected() -> list[runs.Expected]:
        with corrections.database.transaction(writing=False) as session:
            return runs.preview_clearing(
                session,
                actor=scheme.actors["finance"],
                programme_id=scheme.programme_id,
                cut_off_on=martinique_day(scheme.later),
                now=scheme.later,
            )

    [told] = expected()
    run_id = scheme.clearing(corrections.database)

    with corrections.database.transaction(writing=False) as session:
        draft = scheme.draft(session, run_id, "exo7")
        [standing] = standing_queries.standings(session, [draft.id]).values()
    assert (told.total.net_cents, told.recovered_cents, told.payable_cents) == (2000, 2000, 0)
    assert told.recovered_cents == standing.recovered_cents
    assert runs.expected_sum([told]).payable_cents == 0
    assert expected() == []

    with corrections.database.transaction() as session:
        serial = serial_in(line_of(session, corrections.taken[-1]).redemption.receipt)
        scheme.withdrawn(session, draft.id, serial)
        asked = session, scheme.programme_id
        assert run_queries.withdrawn_since(*asked, since=first_instant(scheme.today)) == 1
        tomorrow = first_instant(martinique_day(scheme.later))
        assert run_queries.withdrawn_since(*asked, since=tomorrow) == 0
    # Of a net of 10 € only one of the three is made up for: each whole.
    [told] = expected()
    assert (told.total.net_cents, told.recovered_cents, told.payable_cents) == (1000, 1000, 0)


def test_what_no_statement_recovers_is_asked_for_by_a_numbered_note(
    corrections: Corrections,
) -> None:
    scheme = corrections.scheme
    taken = corrections.take(2)
    corrections.paid()
    corrections.taken_back(*taken)

    def issue(session: Session, days: int, by: str = "finance") -> UUID:
        return debit_notes.issue_debit_note(
            session,
            actor=scheme.actors[by],
            debit_note_id=new_id(),
            mediator_id=scheme.organisations["exo7"],
            programme_id=scheme.programme_id,
            now=scheme.later + timedelta(days=days),
        ).id

    def prospect() -> debit_notes.Prospect | None:
        with corrections.database.transaction(writing=False) as session:
            return debit_notes.prospect_of(
                session, scheme.organisations["exo7"], scheme.programme_id, now=scheme.later
            )

    assert (told := prospect()) is not None
    assert told.from_on == martinique_day(scheme.later + timedelta(days=60))
    assert told.still_owed_cents == 0
    with pytest.raises(NothingToCollect), corrections.database.transaction() as session:
        issue(session, 59)
    fresh = corrections.take(1)
    assert (told := prospect()) is not None
    assert (told.fresh_cents, told.draft_cents) == (1000, 0)
    with pytest.raises(MediatorIsStillOwed), corrections.database.transaction() as session:
        issue(session, 60)
    corrections.undo(fresh[0])
    with corrections.database.transaction() as session:
        note_id = issue(session, 60)
        note = correction_queries.debit_note(session, note_id)
        assert note is not None
        assert (note.number, note.amount_cents) == (1, 2000)
    assert prospect() is None
    assert corrections.account() == (2000, 0, 2000)
    twice = pytest.raises(DebitNoteIssuedAlready, match="réclame déjà")
    with twice, corrections.database.transaction() as session:
        issue(session, 61)

    def collect(by: str) -> None:
        with corrections.database.transaction() as session:
            debit_notes.collect_debit_note(
                session,
                actor=scheme.actors[by],
                collection_id=new_id(),
                debit_note_id=note_id,
                collected_on=martinique_day(scheme.later + timedelta(days=61)),
                now=scheme.later + timedelta(days=61),
            )

    collect("accountant")
    assert corrections.account() == (2000, 2000, 0)
    with corrections.database.transaction(writing=False) as session:
        asked = standing_queries.Filter()
        assert standing_queries.taken_back(session, asked=asked) == (2000, 0)
    with pytest.raises(NothingToCollect), corrections.database.transaction() as session:
        issue(session, 90)


def test_a_pass_clawed_back_can_be_redeemed_paid_and_clawed_back_again(
    corrections: Corrections,
) -> None:
    code = corrections.codes[0]
    first, *_ = corrections.take(2)
    corrections.paid()
    corrections.taken_back(first)
    with corrections.database.transaction() as session:
        second = corrections.scheme.redeem(session, code).accepted().id
    corrections.take(1)
    corrections.paid()
    assert corrections.account() == (3000, 0, 0)

    with pytest.raises(RedemptionNotPaid):
        corrections.taken_back(first)
    corrections.taken_back(second)

    assert corrections.account() == (3000, 0, 1000)


def test_after_the_last_day_a_pass_does_not_circulate_again(corrections: Corrections) -> None:
    wrong, *_ = corrections.take(2)
    corrections.paid()

    corrections.taken_back(wrong, days=60 + 31 + 5)

    assert corrections.rests(AccountKind.EXPIRED) == 1
    assert corrections.rests(AccountKind.CIRCULATION) == 8
    assert corrections.account() == (2000, 0, 1000)


def test_a_payment_is_not_rejected_once_its_passes_were_clawed_back(
    corrections: Corrections,
) -> None:
    wrong, *_ = corrections.take(2)
    statement_id = corrections.paid()
    corrections.taken_back(wrong)

    with corrections.database.transaction() as session:
        order = payment_queries.payment_order_of(session, statement_id)
        assert order is not None
        with pytest.raises(PaymentCorrected):
            corrections.scheme.rejected(session, order.id)


def test_only_what_is_paid_is_clawed_back(corrections: Corrections) -> None:
    [one] = corrections.take(1)
    for step in (lambda: None, corrections.approved):
        step()
        with pytest.raises(RedemptionNotPaid), corrections.database.transaction() as session:
            corrections.scheme.clawback(session, one)


@pytest.mark.parametrize("basis_points", [0, 400, 425, 3333])
def test_fees_that_come_back_pass_by_pass_add_up_to_the_fee(basis_points: int) -> None:
    parts = [fee_share(1000, before=1000 * n, basis_points=basis_points) for n in range(7)]

    assert sum(parts) == fee_of(7000, basis_points=basis_points)


def test_what_is_owed_is_recovered_whole_and_the_oldest_first() -> None:
    assert fitting([1000, 2000, 500], 1600, worth=int) == [1000, 500]
    assert fitting([1000], 999, worth=int) == []
