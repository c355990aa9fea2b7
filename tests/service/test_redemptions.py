"""Taking passes: one by one and in batches, again, and undone."""

import pytest
from sqlalchemy import func, select

from app.clearing import errors, redemption_queries
from app.clearing.lookups import check_voucher
from app.clearing.redemption_models import Redemption
from app.clearing.redemptions import Scan
from app.kernel.errors import IdAlreadyUsed
from app.kernel.ids import new_id
from tests.service.chain import everything
from tests.service.conftest import World
from tests.service.scans import DAY, batch, owed, redeem, undo, unknown_code

# ── Again ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_scan_that_arrives_twice_is_owed_once(world: World) -> None:
    scan_id, before = new_id(), owed(world)

    first = redeem(world, world.chain.codes[7], redemption_id=scan_id).accepted()
    again = redeem(world, world.chain.codes[7], redemption_id=scan_id).accepted()

    assert (again.receipt, again.movement_id) == (first.receipt, first.movement_id)
    assert owed(world) == before + 1


def test_an_id_of_another_mediator_is_already_used(world: World) -> None:
    scan_id = new_id()
    redeem(world, world.chain.codes[7], redemption_id=scan_id)

    verdict = redeem(world, world.chain.codes[7], redemption_id=scan_id, at="carecof")

    assert isinstance(verdict.refusal, IdAlreadyUsed)


def test_a_pass_that_was_undone_is_taken_again_and_the_first_answer_stays(world: World) -> None:
    scan_id = new_id()
    first = redeem(world, world.chain.codes[7], redemption_id=scan_id).accepted()
    undo(world, scan_id)

    elsewhere = redeem(world, world.chain.codes[7], at="carecof").accepted()
    replay = redeem(world, world.chain.codes[7], redemption_id=scan_id)

    assert elsewhere.mediator_id == world.scheme.organisations["carecof"]
    assert replay.undone
    assert replay.accepted().receipt == first.receipt
    assert owed(world, "carecof") == 1


def test_undoing_gives_the_pass_back_and_owes_nothing(world: World) -> None:
    before = owed(world)
    redemption = redeem(world, world.chain.codes[7]).accepted()

    undo(world, redemption.id)

    assert owed(world) == before
    check = check_voucher(
        world.session,
        actor=world.scheme.actors["carecof"],
        code=world.chain.codes[7],
        now=world.scheme.now,
    )
    assert check.refusal is None


def test_undone_twice_redeemed_thrice_each_time_is_one_redemption(world: World) -> None:
    for _ in range(2):
        undo(world, redeem(world, world.chain.codes[7]).accepted().id)
    last = redeem(world, world.chain.codes[7]).accepted()

    holder = redemption_queries.latest_redemption_of(world.session, last.voucher_id)

    assert holder is not None
    assert holder.id == last.id


# ── Batches ───────────────────────────────────────────────────────────────────────────────────────


def a_bit_of_everything(world: World) -> list[Scan]:
    """A batch in which most things that go wrong go wrong."""
    chain, now = world.chain, world.scheme.now
    good, other = (Scan(new_id(), chain.codes[place], now) for place in (7, 8))
    return [
        Scan(new_id(), unknown_code(1), now),
        good,
        Scan(new_id(), good.code, now),
        good,
        Scan(good.redemption_id, other.code, now),
        Scan(new_id(), "mauvais", now),
        Scan(new_id(), chain.codes[0], now),
        Scan(new_id(), world.scheme.codes(world.session, 7)[0], now),
        other,
        Scan(new_id(), chain.codes[9], now + DAY),
    ]


def test_a_batch_answers_each_scan_and_one_bad_pass_spoils_no_other(world: World) -> None:
    scans, before = a_bit_of_everything(world), owed(world)

    verdicts = batch(world, scans)

    assert [v.redemption_id for v in verdicts] == [s.redemption_id for s in scans]
    assert [v.refusal.code if v.refusal else "accepted" for v in verdicts] == [
        "unknown_voucher",
        "accepted",
        "voucher_already_redeemed",
        "accepted",
        "id_already_used",
        "code_too_short",
        "voucher_already_redeemed",
        "voucher_not_issued",
        "accepted",
        "session_in_the_future",
    ]
    assert owed(world) == before + 2
    twice = verdicts[2].refusal
    assert twice is not None
    assert twice.details["where"] == "ici"


def test_a_batch_sent_again_is_answered_alike_and_changes_nothing(world: World) -> None:
    scans = a_bit_of_everything(world)
    first = batch(world, scans)
    before = everything(world.session)
    world.session.expunge_all()

    again = batch(world, scans)

    assert everything(world.session) == before
    for one, other in zip(first, again, strict=True):
        assert type(one.refusal) is type(other.refusal)
        if one.redemption and other.redemption:
            assert one.redemption.receipt == other.redemption.receipt


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_is_of_one_to_a_thousand(world: World, count: int) -> None:
    world.refuses(
        errors.BatchTooLarge,
        lambda _s, _c: batch(world, [Scan(new_id(), "x", world.scheme.now)] * count),
    )


def test_a_batch_in_any_order_pays_each_pass_once(world: World) -> None:
    passes = world.scheme.codes(world.session, 2)[:5]
    scans = [Scan(new_id(), code, world.scheme.now) for code in reversed(passes)]

    verdicts = batch(world, scans[:3]) + batch(world, scans)

    assert all(verdict.refusal is None for verdict in verdicts)
    taken = world.session.scalar(
        select(func.count())
        .select_from(Redemption)
        .where(Redemption.id.in_([scan.redemption_id for scan in scans]))
    )
    assert taken == 5
