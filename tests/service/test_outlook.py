"""What a mediator reads first: the next payment and its day, or what is in the way of it."""

from datetime import timedelta

from sqlalchemy.orm import Session

from app.clearing.outlook import Blocked, Coming, Given, Obstacle, Outlook, outlook_of
from app.database.connections import Database
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.ledger import AccountKind
from app.partners.bank_details import approve_bank_details, prepare_bank_details
from tests.factories import Scheme
from tests.service.test_clearing import held_by, redeemed

TAKEN = (AccountKind.REDEEMED, AccountKind.CLAIMED, AccountKind.SETTLED)


def seen(session: Session, scheme: Scheme, name: str = "exo7", *, days: int = 0) -> Outlook:
    today = martinique_day(scheme.later) + timedelta(days=days)
    return outlook_of(session, scheme.organisations[name], today=today)


def test_each_pass_is_told_once_from_the_counter_to_the_bank(
    database: Database, scheme: Scheme
) -> None:
    redeemed(database, scheme, exo7=3)
    run_on = martinique_day(scheme.later)
    due_on = run_on + timedelta(days=30)

    def closes(look: Outlook) -> None:
        passes = sum(held_by(database, scheme, kind, "exo7") for kind in TAKEN)
        assert (look.voucher_count, look.cents) == (3, Cents(3_000)) == (passes, 1_000 * passes)

    with database.transaction() as session:
        expected = seen(session, scheme)
    assert expected.first is not None
    assert (expected.first.cents, expected.first.firm) == (3_000, False)
    assert expected.first.on >= due_on
    closes(expected)

    run_id = scheme.clearing(database)
    with database.transaction() as session:
        drafted = seen(session, scheme)
        statement_id = scheme.approved(session, scheme.draft(session, run_id, "exo7"))
        approved = seen(session, scheme)
        late = seen(session, scheme, days=31)
        order_id = scheme.ordered(session, statement_id)
    for look in (drafted, approved):
        assert look.coming == (Coming(due_on, Cents(3_000), firm=True),)
        assert look.blocked == ()
        closes(look)
    assert late.blocked == (Blocked(Obstacle.LATE, Cents(3_000), due_on, statement_id),)
    assert late.coming == ()

    with database.transaction() as session:
        scheme.rejected(session, order_id)
        back = seen(session, scheme)
        assert [one.obstacle for one in back.blocked] == [Obstacle.SENT_BACK]
        assert (back.pressing, late.pressing) == (back.blocked[0], None)
        assert back.to_pay_cents == 3_000
        assert back.blocked[0].given is None
        account = prepare_bank_details(
            session,
            actor=scheme.actors["exo7"],
            bank_details_id=new_id(),
            organisation_id=scheme.organisations["exo7"],
            holder="Exo 7",
            iban="FR7630006000011234567890189",
            vault=scheme.vault,
            now=scheme.later,
        )
        given = Given(account.iban_masked, confirmed=False)
        assert [one.given for one in seen(session, scheme).blocked] == [given]
        scheme.paid(session, scheme.ordered(session, statement_id, why="Compte vérifié"))
        paid = seen(session, scheme)
    assert (paid.coming, paid.blocked, paid.to_pay_cents) == ((), (), 0)
    closes(paid)


def test_who_gave_no_account_is_told_so_gives_it_and_another_confirms(
    database: Database, scheme: Scheme
) -> None:
    with database.transaction() as session:
        scheme.mediator(session, "new", bank_details=False)
    redeemed(database, scheme, new=2)

    with database.transaction() as session:
        before = seen(session, scheme, "new")
    scheme.clearing(database)
    with database.transaction() as session:
        after = seen(session, scheme, "new")
    for look in (before, after):
        assert look.blocked == (Blocked(Obstacle.NO_ACCOUNT, Cents(2_000)),)
        assert look.first is None

    with database.transaction() as session:
        made = prepare_bank_details(
            session,
            actor=scheme.actors["new"],
            bank_details_id=new_id(),
            organisation_id=scheme.organisations["new"],
            holder="New",
            iban="FR7630006000011234567890189",
            vault=scheme.vault,
            now=scheme.later,
        )
        waiting = seen(session, scheme, "new")
        assert waiting.first is None
        given = Given("FR76 … 0189", confirmed=False)
        assert waiting.blocked == (Blocked(Obstacle.NO_ACCOUNT, Cents(2_000), given=given),)
        approve_bank_details(
            session,
            actor=scheme.actors["finance"],
            bank_details_id=made.id,
            iban="FR7630006000011234567890189",
            vault=scheme.vault,
            now=scheme.later,
        )
        assert seen(session, scheme, "new").first is not None
