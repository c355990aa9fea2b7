"""Passes replaced after they were handed over, one by one and with their whole vintage."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.errors import VoucherVoid
from app.database.connections import Database
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.ledger import AccountKind
from app.ledger.models import Voucher
from app.losses import compromises, errors
from app.losses import replacement_queries as queries
from app.losses.naming import Named, serials_of
from app.losses.replacement_models import Replacement
from app.losses.replacements import replace_passes
from app.losses.rules import BlockCause, Declarant, ReplacementCause
from app.mediators.errors import NoRightToHold
from app.partners.agreements import close_agreement
from app.partners.queries import agreements_of
from app.partners.rules import AgreementRole
from app.prescribers import queries as people
from app.prescribers.errors import RenewalTooEarly
from app.prescribers.follow_up import Whom, call_sheet
from app.prescribers.holdings import incomplete_held, stock_read
from app.prescribers.in_hand import Holding
from app.prescribers.positions import passes_unused
from app.printing.errors import PrintedAndHandedOver
from app.printing.service import Asked, Plan, PublicAddress, plan_batch, record_batch
from app.programmes.rules import FRENCH_PUBLIC, Public
from app.programmes.service import create_vintage
from app.reports.accounts import account_of_use
from app.reports.service import usage_report
from app.vouchers.models import Booklet
from tests.factories import Scheme
from tests.opening import TEN_EUROS
from tests.service.chain import Chain
from tests.service.conftest import World
from tests.service.lived_losses import one


def replace(world: World, *named: Named, by: str = "plie") -> Replacement:
    """A replacement made now."""
    return replace_passes(
        world.session,
        actor=world.scheme.actors[by],
        replacement_id=new_id(),
        named=named,
        cause=ReplacementCause.LOST,
        now=world.scheme.now,
    )


def resting(world: World, *voucher_ids: int) -> list[tuple[str, object]]:
    """Where passes rest, and with whom."""
    states = ledger.lock_vouchers(world.session, list(ledger.contiguous(voucher_ids)))
    return [(str(s.account.kind), s.account.party_id) for s in states]


def test_a_lost_pass_is_void_and_another_of_the_drawer_stands_for_it(world: World) -> None:
    scheme, plie = world.scheme, world.scheme.organisations["plie"]

    first = replace(world, Named(scheme.serial(2, 3), scheme.serial(2, 4)))
    again = replace(world, one(scheme.serial(2, 5)))

    # The last booklet of the drawer is cut, and its rest is used first.
    pairs = [*queries.pairs_of(world.session, first.id), *queries.pairs_of(world.session, again.id)]
    assert [(p.old_voucher_id, p.new_voucher_id) for p in pairs] == [(13, 31), (14, 32), (15, 33)]
    assert resting(world, 13, 14, 15) == [("void", plie)] * 3
    assert resting(world, 31, 32, 33) == [("circulation", plie)] * 3
    assert queries.lineage(world.session, 31) == (13, None)
    assert queries.lineage(world.session, 13) == (None, 31)
    assert ledger.verify(world.session).honest
    old, new = scheme.codes(world.session, 2)[2], scheme.codes(world.session, 4)[0]
    assert isinstance(scheme.redeem(world.session, old).refusal, VoucherVoid)
    assert scheme.redeem(world.session, new).refusal is None


def test_a_whole_booklet_is_replaced_by_a_whole_one_of_its_size(
    session: Session, scheme: Scheme
) -> None:
    scheme.stock(session, tens=4, fives=4)
    scheme.allocation(session, 1, 8)
    scheme.prescription(session, scheme.beneficiary(session), [1, 2])

    def new_of(named: Named, *taken: Named) -> list[str]:
        made = replace_passes(
            session,
            actor=scheme.actors["plie"],
            replacement_id=new_id(),
            named=[named],
            cause=ReplacementCause.LOST,
            taken=taken,
            now=scheme.now,
        )
        new_ids = [pair.new_voucher_id for pair in queries.pairs_of(session, made.id)]
        return sorted({serial[:9] for serial in serials_of(session, new_ids).values()})

    assert new_of(one(scheme.booklet(1))) == [scheme.booklet(4)], "and not the fives, the last"
    assert new_of(Named(scheme.serial(2, 2), scheme.serial(2, 10))) == [scheme.booklet(3)]
    assert new_of(one(scheme.serial(2, 1))) == [scheme.booklet(3)], "the rest of it comes first"
    with pytest.raises(errors.TakenDoesNotFit):
        new_of(one(scheme.booklet(4)), one(scheme.booklet(8)))
    assert new_of(Named(scheme.serial(4, 1), scheme.serial(4, 5)), one(scheme.booklet(6))) == [
        scheme.booklet(6)
    ], "the one in hand"


def test_whoever_holds_a_pass_in_place_of_another_is_called_with_what_is_left(world: World) -> None:
    scheme, person = world.scheme, world.chain.ids["person"]

    def called(whom: Whom) -> list[Holding]:
        found = call_sheet(
            world.session,
            actor=scheme.actors["plie"],
            whom=whom,
            after=None,
            limit=20,
            now=scheme.now,
        )
        return [one.held for one in found if one.held.beneficiary_id == person]

    def used_of_plie() -> int:
        told = usage_report(
            world.session, actor=scheme.actors["coordinator"], on=scheme.today, now=scheme.later
        )
        [plie] = [row for row in told.publics if row.name == FRENCH_PUBLIC[Public.PLIE]]
        return plie.redeemed_count

    used = used_of_plie()
    [before] = called(Whom.ALL)
    first = replace(world, one(scheme.serial(2, 3)))
    assert called(Whom.ALL) == [before]
    [pair] = queries.pairs_of(world.session, first.id)
    assert pair.new_voucher_id == 31
    again = replace(world, one(scheme.serial(4, 1)), by="coordinator")
    [pair] = queries.pairs_of(world.session, again.id)
    for _ in range(4):
        [serial] = serials_of(world.session, [pair.new_voucher_id]).values()
        again = replace(world, one(serial), by="coordinator")
        [pair] = queries.pairs_of(world.session, again.id)
    received = people.received(world.session, scheme.programme_id, person)
    assert passes_unused(world.session, received) == before.left_count, "a renewal comes too early"
    cut = world.session.get_one(
        Booklet, world.session.get_one(Voucher, pair.new_voucher_id).booklet_id
    )
    standing = scheme.codes(world.session, cut.number)[pair.new_voucher_id - cut.id]
    assert called(Whom.ALL) == [before]
    assert scheme.redeem(world.session, standing).refusal is None
    [before] = called(Whom.ALL)
    assert used_of_plie() == used + 1
    scheme.blocked(world.session, scheme.booklet(1), scheme.booklet(2), by="plie")
    [blocked] = called(Whom.DONE)
    assert (called(Whom.ALL), blocked.left_count) == ([], 0)
    assert blocked.gone_count == before.left_count


def test_a_blocked_pass_is_replaced_too_and_the_coordination_takes_from_the_stock(
    world: World,
) -> None:
    scheme = world.scheme
    scheme.blocked(world.session, scheme.serial(2, 3), by="plie")

    made = replace(world, one(scheme.serial(2, 3)), by="coordinator")

    [pair] = queries.pairs_of(world.session, made.id)
    assert (made.source, made.prescriber_id) == ("stock", scheme.organisations["plie"])
    assert resting(world, 13) == [("void", scheme.organisations["plie"])]
    assert resting(world, pair.new_voucher_id) == [("circulation", scheme.organisations["plie"])]


@pytest.mark.parametrize(
    ("place", "by", "refusal"),
    [
        ((1, 1), "plie", errors.NotInCirculation),
        ((1, 1), "coordinator", errors.NotInCirculation),
        ((3, 1), "plie", errors.NotInCirculation),
        ((11, 1), "plie", errors.NotYoursToReplace),
    ],
    ids=["used", "used, from the stock", "in the drawer", "of another"],
)
def test_only_what_was_handed_over_and_not_used_is_replaced(
    world: World, place: tuple[int, int], by: str, refusal: type[DomainError]
) -> None:
    def attempt(_session: Session, chain: Chain) -> object:
        return replace(world, one(chain.scheme.serial(*place)), by=by)

    world.refuses(refusal, attempt)


def test_there_must_be_as_many_new_passes(world: World) -> None:
    scheme = world.scheme
    scheme.prescription(world.session, world.chain.ids["person"], [3])
    replace(world, one(scheme.booklet(3)))

    with pytest.raises(errors.NothingToReplaceWith):
        replace(world, one(scheme.serial(2, 3)))


# ── A key that leaked ─────────────────────────────────────────────────────────────────────────────


def test_a_vintage_whose_key_leaked_is_withheld_and_replaced_however_often_it_is_asked(
    database: Database, scheme: Scheme
) -> None:
    with database.transaction() as session:
        scheme.stock(session)
        scheme.allocation(session, 1, 3)
        handed = scheme.prescription(session, scheme.beneficiary(session), [1, 2])
        scheme.redeem(session, scheme.codes(session, 1)[0]).accepted()
        # One of them stands for another since: it is theirs all the same.
        replace_passes(
            session,
            actor=scheme.actors["coordinator"],
            replacement_id=new_id(),
            named=[one(scheme.serial(1, 2))],
            cause=ReplacementCause.DAMAGED,
            now=scheme.now,
        )
        leaked = scheme.vintage_id
        scheme.label = "26B"
        scheme.vintage_id = create_vintage(
            session,
            actor=scheme.actors["coordinator"],
            programme_id=scheme.programme_id,
            label="26B",
            face_value_cents=TEN_EUROS,
            valid_from=scheme.today,
            valid_until=scheme.today + timedelta(days=90),
            tolerance_days=31,
            keys=scheme.keys,
            now=scheme.now,
        ).vintage_id
        scheme.stock(session, tens=1, fives=0)

    def withdraw() -> compromises.Progress:
        return compromises.withdraw_vintage(
            database,
            actor=scheme.actors["coordinator"],
            compromise_id=new_id(),
            vintage_id=leaked,
            replacement_id=scheme.vintage_id,
            reason="Clé copiée sur un poste volé",
            now=scheme.now,
            at_once=4,
        )

    first = withdraw()
    with database.transaction() as session:
        scheme.stock(session, tens=1, fives=0)
    second, third = withdraw(), withdraw()

    assert (first.withheld_count, first.replaced_count, first.left_count) == (99, 10, 9)
    assert (second.withheld_count, second.replaced_count, second.left_count) == (0, 9, 0)
    assert (third.withheld_count, third.replaced_count) == (0, 0)
    with database.transaction(writing=False) as session:
        [owed] = compromises.owed(session, actor=scheme.actors["coordinator"], vintage_id=leaked)
        assert (owed.prescription_id, len(owed.old_ids), len(owed.new_ids)) == (handed, 19, 19)
        assert queries.count_in(session, leaked, [AccountKind.VOID]) == 20
        assert ledger.verify(session).honest
        use = account_of_use(
            session,
            actor=scheme.actors["accountant"],
            vintage_id=leaked,
            on=scheme.today,
            now=scheme.later,
        )
    told = {line.label: line.count for line in use.lines}
    assert (told["Échangés"], told["Rejetés"]) == (20, 0), "19 of them by passes of another vintage"


def test_a_public_body_without_mandate_replaces_nothing_from_its_drawer(
    session: Session, scheme: Scheme
) -> None:
    scheme.stock(session, tens=2, fives=0)
    scheme.allocation(session, 1, 2, to="ccas")
    scheme.prescription(session, scheme.beneficiary(session, by="ccas"), [1], by="ccas")
    for signed in agreements_of(session, scheme.organisations["ccas"]):
        if signed.role == AgreementRole.MANDATE:
            close_agreement(
                session,
                actor=scheme.actors["coordinator"],
                closure_id=new_id(),
                agreement_id=signed.id,
                from_on=scheme.today,
                reason="Fin du mandat",
                now=scheme.now,
            )

    with pytest.raises(NoRightToHold):
        replace_passes(
            session,
            actor=scheme.actors["ccas"],
            replacement_id=new_id(),
            named=[one(scheme.serial(1, 1))],
            cause=ReplacementCause.LOST,
            now=scheme.now,
        )


def test_passes_given_in_the_place_of_others_are_not_used_up(
    session: Session, scheme: Scheme
) -> None:
    scheme.stock(session, tens=0, fives=3)
    scheme.allocation(session, 1, 3)
    person = scheme.beneficiary(session, public=Public.SENIOR, birth_year=1950)
    scheme.prescription(session, person, [1])
    replace_passes(
        session,
        actor=scheme.actors["plie"],
        replacement_id=new_id(),
        named=[Named(scheme.booklet(1), scheme.booklet(1))],
        cause=ReplacementCause.DAMAGED,
        now=scheme.now,
    )

    with pytest.raises(RenewalTooEarly):
        scheme.prescription(session, person, [2])


def test_a_booklet_of_which_a_pass_is_blocked_replaces_nothing(world: World) -> None:
    scheme = world.scheme
    scheme.blocked(
        world.session,
        scheme.serial(4, 10),
        by="plie",
        declarant=Declarant.PRESCRIBER,
        cause=BlockCause.DAMAGED,
    )

    made = replace(world, one(scheme.serial(2, 3)))

    [pair] = queries.pairs_of(world.session, made.id)
    assert world.session.get_one(Voucher, pair.new_voucher_id).booklet_id == 21
    plie = scheme.actors["plie"]
    told = incomplete_held(stock_read(world.session, actor=plie), actor=plie)
    left = {one.number: (one.here_count, one.blocked_count) for one in told}
    assert (left[3], left[4]) == ((9, 0), (9, 1)), "neither is whole anywhere, both are told"


# ── Before the hand-over ──────────────────────────────────────────────────────────────────────────


def test_what_a_person_holds_is_not_printed_again(world: World) -> None:
    chain, scheme = world.chain, world.scheme

    def planned(reason: str) -> Plan:
        plan = plan_batch(
            world.session,
            actor=scheme.actors["coordinator"],
            batch_id=new_id(),
            asked=Asked(chain.ids["stock order"], first=2, last=3, reason=reason),
            address=PublicAddress("https://pass.exemple.fr", "0596 00 00 00"),
            keys=scheme.keys,
            now=scheme.now,
        )
        assert isinstance(plan, Plan)
        return plan

    record_batch(
        world.session,
        actor=scheme.actors["coordinator"],
        batch_id=new_id(),
        plan=planned(""),
        files=[],
        now=scheme.now,
    )

    with pytest.raises(PrintedAndHandedOver, match="Le carnet 2 "):
        planned("Bourrage papier")
