"""A frozen programme orders nothing and hands nothing on; what people hold still serves."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id
from app.kernel.money import Cents
from app.ledger import AccountKind
from app.orders import queries as orders
from app.orders import service as ordering
from app.orders.rules import LineAsked
from app.portability.claims import read_claims
from app.portability.papers import claims_csv, claims_pdf, holders_csv
from app.portability.rules import OWED
from app.programmes.errors import ProgrammeFrozen, ProgrammeNotFrozen
from app.programmes.freezes import freeze_programme, lift_freeze
from tests.papers import reading
from tests.service.chain import Chain
from tests.service.conftest import World

WHY = "Liquidation de l’émetteur"


def frozen(session: Session, chain: Chain) -> None:
    freeze_programme(
        session,
        actor=chain.scheme.actors["coordinator"],
        freeze_id=new_id(),
        programme_id=chain.scheme.programme_id,
        reason=WHY,
        now=chain.scheme.now,
    )


def lifted(session: Session, chain: Chain) -> None:
    lift_freeze(
        session,
        actor=chain.scheme.actors["coordinator"],
        lift_id=new_id(),
        programme_id=chain.scheme.programme_id,
        reason="Un autre opérateur",
        now=chain.scheme.now,
    )


def ordered(session: Session, chain: Chain) -> object:
    return ordering.prepare_order(
        session,
        actor=chain.scheme.actors["coordinator"],
        order_id=new_id(),
        programme_id=chain.scheme.programme_id,
        vintage_id=chain.scheme.vintage_id,
        lines=[LineAsked(10, 1, Cents(0))],
        now=chain.scheme.now,
    )


def approved(session: Session, chain: Chain) -> object:
    return ordering.approve_order(
        session,
        actor=chain.scheme.actors["coordinator2"],
        order_id=chain.ids["prepared order"],
        now=chain.scheme.now,
    )


def sent(session: Session, chain: Chain) -> object:
    return ordering.send_order(
        session,
        actor=chain.scheme.actors["coordinator"],
        order_id=chain.ids["approved order"],
        now=chain.scheme.now,
    )


def delivered(session: Session, chain: Chain) -> object:
    order_id = chain.ids["sent order"]
    ranges = [allotted.serials for allotted in orders.allotments(session, order_id)]
    return chain.scheme.delivery(session, order_id, ranges)


def allocated(session: Session, chain: Chain) -> object:
    return chain.scheme.allocation(session, 7, 7, accept=False)


ACTS = [ordered, approved, sent, delivered, allocated]


@pytest.mark.parametrize("act", ACTS)
def test_nothing_more_is_engaged_until_the_freeze_is_lifted(
    world: World, act: Callable[[Session, Chain], object]
) -> None:
    frozen(world.session, world.chain)
    with pytest.raises(ProgrammeFrozen) as refused, world.session.begin_nested():
        act(world.session, world.chain)
    assert WHY in refused.value.message

    lifted(world.session, world.chain)

    assert act(world.session, world.chain)


def test_what_people_hold_still_serves(world: World) -> None:
    frozen(world.session, world.chain)

    world.scheme.redeem(world.session, world.chain.codes[8]).accepted()


def test_a_programme_is_frozen_once_and_lifted_once(world: World) -> None:
    world.refuses(ProgrammeNotFrozen, lifted)
    frozen(world.session, world.chain)
    with pytest.raises(ProgrammeFrozen):
        frozen(world.session, world.chain)
    lifted(world.session, world.chain)
    with pytest.raises(ProgrammeNotFrozen):
        lifted(world.session, world.chain)


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 501, "a\x00b"])
def test_a_freeze_says_why(world: World, reason: str) -> None:
    with pytest.raises(InvalidInput):
        freeze_programme(
            world.session,
            actor=world.scheme.actors["coordinator"],
            freeze_id=new_id(),
            programme_id=world.scheme.programme_id,
            reason=reason,
            now=world.scheme.now,
        )


def test_claims_are_what_mediators_took_and_were_not_paid(world: World) -> None:
    claims = read_claims(
        world.session, now=world.scheme.now, programme_id=world.scheme.programme_id
    )
    everywhere = read_claims(world.session, now=world.scheme.now)

    owed = {(line.name, line.kind): line.voucher_count for line in claims.owed}
    assert {kind for _, kind in owed} <= set(OWED)
    assert owed["EXO7", AccountKind.REDEEMED] == 2
    assert sum(line.voucher_count for line in everywhere.outstanding) > sum(
        line.voucher_count for line in claims.outstanding
    )
    assert b"EXO7;" in claims_csv(claims)
    assert b"En stock" in holders_csv(claims)
    paper = claims_pdf(claims)
    assert paper == claims_pdf(claims)
    assert any("Dû aux médiateurs" in page for page in reading.words(paper))
