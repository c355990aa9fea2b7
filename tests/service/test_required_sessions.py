"""A programme that asks for the session of each pass: what waits, who is told, what is paid."""

from dataclasses import replace

from app.clearing import queries, runs, session_queries
from app.clearing.models import StatementVersion
from app.clearing.rules import SessionKind
from app.clearing.sessions import link_redemptions, record_session
from app.kernel.clock import martinique_day
from app.kernel.ids import new_id
from app.programmes.service import change_settings, settings_on, terms_of
from tests.service.conftest import World
from tests.service.scans import redeem


def sessions_are_asked_for(world: World) -> None:
    """From today the programme asks for the session of each pass."""
    scheme, session = world.scheme, world.session
    terms = terms_of(session, settings_on(session, scheme.programme_id, scheme.today))
    change_settings(
        session,
        actor=scheme.actors["coordinator"],
        settings_id=new_id(),
        programme_id=scheme.programme_id,
        applies_from=scheme.today,
        terms=replace(terms, session_required=True),
        document="CC-02-2026-001",
        now=scheme.now,
    )


def drafted(world: World) -> StatementVersion | None:
    """What a run takes of exo7 now."""
    scheme, session = world.scheme, world.session
    made = scheme.drafted(session, scheme.opened_run(session), "exo7")
    return queries.latest_version(session, made[0].id) if made else None


def test_a_pass_waits_for_its_session_and_is_paid_once_it_is_noted(world: World) -> None:
    scheme, session = world.scheme, world.session
    exo7 = scheme.organisations["exo7"]
    assert session_queries.untold_sessions(session, mediator_id=exo7) == []
    sessions_are_asked_for(world)
    taken = redeem(world, world.chain.codes[7]).accepted()

    [untold] = session_queries.untold_sessions(session, mediator_id=exo7)
    [expected] = [
        one
        for one in runs.preview_clearing(
            session,
            actor=scheme.actors["finance"],
            programme_id=scheme.programme_id,
            cut_off_on=martinique_day(scheme.later),
            now=scheme.later,
        )
        if one.mediator_id == exo7
    ]
    first = drafted(world)

    assert first is not None
    assert first.voucher_count == expected.total.voucher_count
    assert untold.on == taken.redeemed_on
    assert untold.voucher_count == expected.untold_count >= 1
    held = record_session(
        session,
        actor=scheme.actors["exo7"],
        session_id=new_id(),
        held_on=scheme.today,
        duration_minutes=60,
        kind=SessionKind.INDIVIDUAL,
        people_count=1,
        now=scheme.now,
    )
    link_redemptions(
        session,
        actor=scheme.actors["exo7"],
        session_id=held.id,
        redemption_ids=[taken.id],
        now=scheme.now,
    )
    later = drafted(world)
    assert later is not None
    assert (later.voucher_count, later.amount_cents) == (1, taken.amount_cents)
    left = sum(o.voucher_count for o in session_queries.untold_sessions(session, mediator_id=exo7))
    assert left == untold.voucher_count - 1
