"""Oppositions, what comes too late for them, and destructions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.clearing.errors import VoucherBlocked
from app.identity.errors import RightMissing
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.ids import new_id
from app.losses import blocks, errors, queries, write_offs
from app.losses.models import Block, WriteOff
from app.losses.naming import Named, read_lines, without_codes
from app.losses.papers import destruction_report
from app.losses.rules import BlockCause, Declarant
from app.losses.views import destruction_of
from app.partners.errors import NoAgreementInForce
from app.vouchers.errors import UnknownBooklet
from tests.factories import Scheme
from tests.papers.reading import words
from tests.service.chain import Chain
from tests.service.conftest import World
from tests.service.lived_losses import TAKEN_OVER, one


def block(world: World, *named: Named, by: str = "coordinator", **changes: object) -> Block:
    """An opposition made now."""
    asked: dict[str, Any] = {
        "block_id": new_id(),
        "declarant": Declarant.HOLDER,
        "cause": BlockCause.LOST,
        "happened_on": world.scheme.today,
        "now": world.scheme.now,
    }
    return blocks.block_vouchers(
        world.session,
        actor=world.scheme.actors[by],
        named=named,
        **(asked | changes),
    )


def kinds(world: World, number: int) -> list[str]:
    """Where the passes of a booklet rest."""
    found = ledger.lock_vouchers(world.session, [ledger.VoucherRange(10 * number - 9, 10 * number)])
    return [str(state.account.kind) for state in found]


def test_what_is_used_is_reported_and_the_rest_is_blocked_where_it_was(world: World) -> None:
    scheme = world.scheme

    made = block(world, Named(scheme.booklet(1), scheme.booklet(3)))

    assert kinds(world, 1) == [
        *("settled", "claimed", "claimed", "claimed", "claimed", "redeemed"),
        *["blocked"] * 4,
    ]
    found = [(f.voucher_id, f.found) for f in queries.findings_of(world.session, made.id)]
    assert found[:2] == [(1, "settled"), (2, "claimed")]
    assert [f for f, _ in found] == [1, 2, 3, 4, 5, 6, 16, 17, 18]
    runs = queries.runs_of(world.session, [made.id])
    assert [(str(r.kind), r.vouchers.first, r.vouchers.last) for r in runs] == [
        ("circulation", 7, 15),
        ("circulation", 19, 20),
        ("prescriber", 21, 30),
    ]
    assert {r.party_id for r in runs} == {scheme.organisations["plie"]}
    assert ledger.verify(world.session).honest


def test_a_blocked_pass_is_refused_with_the_day_and_what_to_do(world: World) -> None:
    block(world, one(world.scheme.serial(2, 3)))

    verdict = world.scheme.redeem(world.session, world.scheme.codes(world.session, 2)[2])

    assert isinstance(verdict.refusal, VoucherBlocked)
    assert f"depuis le {world.scheme.today:%d/%m/%Y}" in verdict.refusal.message
    assert "appelez la coordination" in verdict.refusal.message


def test_lifting_gives_each_run_back_to_its_holder_and_only_once(world: World) -> None:
    scheme, coordinator = world.scheme, world.scheme.actors["coordinator"]
    made = block(world, Named(scheme.booklet(2), scheme.booklet(3)))
    before = kinds(world, 3)
    asked: dict[str, Any] = {"actor": coordinator, "block_id": made.id}
    blocks.lift_block(
        world.session,
        **asked,
        lift_id=new_id(),
        reason="Un pass retrouvé",
        named=[one(scheme.serial(3, 4))],
        now=scheme.now,
    )

    blocks.lift_block(
        world.session, **asked, lift_id=new_id(), reason="Tout est retrouvé", now=scheme.now
    )

    assert before == ["blocked"] * 10
    assert kinds(world, 3) == ["prescriber"] * 10
    assert kinds(world, 2)[:5] == ["circulation"] * 5
    for refusal, named in (
        (errors.NothingBlockedStill, []),
        (errors.NothingBlockedStill, [one(scheme.serial(3, 1))]),
    ):
        with pytest.raises(refusal):
            blocks.lift_block(
                world.session, **asked, lift_id=new_id(), reason="x", named=named, now=scheme.now
            )


def test_what_is_unblocked_after_the_end_of_the_agreement_can_only_be_returned(
    world: World,
) -> None:
    scheme = world.scheme
    made = block(world, one(scheme.booklet(3)))
    scheme.now += timedelta(days=301)
    try:
        blocks.lift_block(
            world.session,
            actor=scheme.actors["coordinator"],
            lift_id=new_id(),
            block_id=made.id,
            reason="Retrouvé",
            now=scheme.now,
        )

        assert kinds(world, 3) == ["prescriber"] * 10
        with pytest.raises(NoAgreementInForce):
            scheme.prescription(world.session, world.chain.ids["person"], [3])
    finally:
        scheme.now -= timedelta(days=301)


@pytest.mark.parametrize(
    ("named", "refusal"),
    [
        ([], errors.NothingNamed),
        (["26A 00003", "26A 00003 04"], errors.NamedTwice),
        (["26A 00004 à 26A 00003"], errors.NamedReversed),
        (["26A 00021"], UnknownBooklet),
    ],
)
def test_what_makes_no_sense_is_refused(
    world: World, named: list[str], refusal: type[DomainError]
) -> None:
    lines = read_lines("\n".join(named))

    def attempt(_session: Session, _chain: Chain) -> object:
        return block(world, *lines)

    world.refuses(refusal, attempt)


def test_a_loss_is_not_declared_before_it_happens_nor_without_the_right(world: World) -> None:
    tomorrow = world.scheme.today + timedelta(days=1)

    world.refuses(
        InvalidInput, lambda *_: block(world, one(world.scheme.serial(2, 3)), happened_on=tomorrow)
    )
    world.refuses(RightMissing, lambda *_: block(world, one("26A 00002 03"), by="exo7"))


def test_a_prescriber_declares_what_it_holds_or_handed_over_and_nothing_else(world: World) -> None:
    scheme = world.scheme
    made = block(world, one(scheme.booklet(1)), by="plie")
    for named in (scheme.booklet(3), scheme.booklet(5)):
        made = block(world, one(named), by="plie", declarant=Declarant.PRESCRIBER)
        assert (
            blocks.known_block(world.session, actor=scheme.actors["plie"], block_id=made.id) is made
        )
    for named in (scheme.booklet(6), scheme.booklet(7), scheme.booklet(11)):
        with pytest.raises(errors.NotYoursToDeclare):
            block(world, one(named), by="plie")
    with pytest.raises(errors.UnknownBlock):
        blocks.known_block(world.session, actor=scheme.actors["ccas"], block_id=made.id)


def test_a_code_is_a_way_to_name_a_pass_and_a_guess_when_it_names_none(world: World) -> None:
    scheme = world.scheme
    actor = scheme.actors["plie"]
    told, known = without_codes(
        world.session,
        actor=actor,
        named=[one(scheme.codes(world.session, 2)[2]), one(scheme.booklet(3))],
        now=scheme.now,
    )
    assert known
    assert told == [one(scheme.serial(2, 3)), one(scheme.booklet(3))]

    _, known = without_codes(
        world.session, actor=actor, named=[one("0000 0000 0000 0000")], now=scheme.now
    )
    assert not known


# ── Destructions ──────────────────────────────────────────────────────────────────────────────────


def test_a_destruction_is_counted_and_approved_by_another(world: World) -> None:
    scheme, write_off_id = world.scheme, world.chain.ids["to destroy"]

    def approve(by: str, count: int) -> object:
        return write_offs.approve_write_off(
            world.session,
            actor=scheme.actors[by],
            write_off_id=write_off_id,
            voucher_count=count,
            now=scheme.now,
        )

    world.refuses(errors.WriteOffByTheSamePerson, lambda *_: approve("coordinator", 1))
    world.refuses(errors.WriteOffCountDiffers, lambda *_: approve("finance", 2))
    approval = approve("finance", 1)

    assert approve("finance", 1) is approval
    with pytest.raises(errors.WriteOffApprovedAlready):
        approve("finance2", 1)
    [run] = queries.runs_of(world.session, [write_off_id])
    assert str(run.kind) == "blocked"
    assert ledger.verify(world.session).honest


def test_only_what_is_blocked_is_destroyed(world: World) -> None:
    def attempt(_session: Session, chain: Chain) -> object:
        return write_offs.prepare_write_off(
            world.session,
            actor=chain.scheme.actors["coordinator"],
            write_off_id=new_id(),
            named=[one(f"{TAKEN_OVER} 04")],
            reason="Brûlé",
            now=chain.scheme.now,
        )

    world.refuses(errors.NotBlockedToWriteOff, attempt)


def test_a_pass_waits_in_one_destruction_until_it_is_approved_or_abandoned(world: World) -> None:
    scheme, session = world.scheme, world.session
    named = [one(f"{TAKEN_OVER} 02"), one(f"{TAKEN_OVER} 03")]

    def prepare() -> WriteOff:
        return write_offs.prepare_write_off(
            session,
            actor=scheme.actors["coordinator"],
            write_off_id=new_id(),
            named=named,
            reason="Brûlé",
            now=scheme.now,
        )

    refusal = world.refuses(errors.WriteOffPreparedAlready, lambda *_: prepare())
    assert str(refusal.details["serial"]).startswith(f"{TAKEN_OVER} 02")

    waiting = session.get_one(WriteOff, world.chain.ids["to destroy"])
    asked: dict[str, Any] = {"write_off_id": waiting.id, "now": scheme.now}
    given_up = {"actor": scheme.actors["finance"], "reason": "Une liste de trop", **asked}
    abandonment_id = new_id()
    first = write_offs.abandon_write_off(session, abandonment_id=abandonment_id, **given_up)
    again = write_offs.abandon_write_off(session, abandonment_id=abandonment_id, **given_up)
    assert again is first
    paper = destruction_report(destruction_of(session, waiting), specimen=False)
    assert "abandonné et reste sans effet" in " ".join(" ".join(words(paper)).split())

    made = prepare()

    assert write_offs.obstacle(session, made) is None
    blocks.lift_block(
        session,
        actor=scheme.actors["coordinator"],
        lift_id=new_id(),
        block_id=world.chain.ids["block"],
        reason="Retrouvé",
        named=named[:1],
        now=scheme.now,
    )
    assert write_offs.obstacle(session, made) == refusal.details["serial"]
    with pytest.raises(errors.WriteOffAbandonedAlready):
        write_offs.abandon_write_off(session, abandonment_id=new_id(), **given_up)
    with pytest.raises(errors.WriteOffAbandonedAlready):
        write_offs.approve_write_off(
            session, actor=scheme.actors["finance"], voucher_count=1, **asked
        )
    given_up["write_off_id"] = world.chain.ids["destroyed"]
    with pytest.raises(errors.WriteOffApprovedAlready):
        write_offs.abandon_write_off(session, abandonment_id=new_id(), **given_up)


def test_a_loss_is_not_before_the_passes_were_delivered(world: World) -> None:
    lost = world.scheme.serial(2, 3)
    early = world.scheme.today - timedelta(days=2000)

    world.refuses(InvalidInput, lambda *_: block(world, one(lost), happened_on=early))
    for day in (early, world.scheme.today + timedelta(days=1)):
        with pytest.raises(InvalidInput) as refused:
            blocks.foreseen(
                world.session,
                actor=world.scheme.actors["coordinator"],
                named=[one(lost)],
                cause=BlockCause.LOST,
                happened_on=day,
                now=world.scheme.now,
            )
        assert "happened_on" in str(refused.value.details["fields"])


def test_a_loss_is_not_before_the_booklet_was_handed_over_but_a_fraud_may_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.losses.queries.delivered_at", lambda *_: None)
    lost, before = world.scheme.serial(2, 3), world.scheme.today - timedelta(days=1)

    with pytest.raises(InvalidInput) as refused:
        block(world, one(lost), happened_on=before)
    assert "remis le" in str(refused.value.details["fields"])
    assert block(world, one(lost), happened_on=before, cause=BlockCause.FRAUD).number


def test_the_paper_of_a_destruction_says_annulled_only_once_it_is_approved(world: World) -> None:
    waiting = world.session.get_one(WriteOff, world.chain.ids["to destroy"])
    prepared = destruction_of(world.session, waiting)
    approved = replace(prepared, approved_on=world.scheme.today, approved_by="Awa Sainte-Rose")

    said = [
        " ".join(words(destruction_report(one, specimen=False))[0].split())
        for one in (prepared, approved)
    ]

    assert "seront annulés une fois ce procès-verbal approuvé" in said[0]
    assert "pour toujours" in said[1]
    assert f"Nom et qualité : {prepared.prepared_by}" in said[0]
    assert "Nom et qualité : Awa Sainte-Rose" in said[1]


def test_an_opposition_that_came_too_late_for_every_pass_is_not_lifted(
    session: Session, scheme: Scheme
) -> None:
    code = scheme.issued_booklet(session)[0]
    scheme.redeem(session, code).accepted()
    asked: dict[str, Any] = {"actor": scheme.actors["coordinator"], "now": scheme.now}
    late = scheme.blocked(session, scheme.serial(1, 1))

    with pytest.raises(errors.NothingBlockedStill):
        blocks.lift_block(
            session,
            lift_id=new_id(),
            block_id=late.id,
            reason="Retrouvé",
            **asked,
        )
