"""Booklets that go back, go on, get lost or are called back, and requests for more."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app import ledger
from app.identity.errors import OtherOrganisation
from app.kernel.clock import martinique_day
from app.kernel.errors import DomainError, InvalidInput
from app.kernel.ids import new_id
from app.kernel.serials import BookletNumber
from app.mediators import queries as mediators
from app.partners import queries as partners
from app.partners.agreements import close_agreement
from app.partners.errors import NoAgreementInForce
from app.partners.rules import AgreementRole
from app.prescribers import custody, errors, holdings, recalls
from app.prescribers import custody_queries as queries
from app.prescribers.allocations import BookletRange
from app.prescribers.custody_papers import slip
from app.prescribers.custody_rules import Answer, Settlement, read_lines
from app.programmes.rules import Public
from app.vouchers import queries as vouchers
from tests.papers.reading import opened
from tests.service.chain import Chain
from tests.service.conftest import World
from tests.service.steps import STEPS, one_booklet

LATER = timedelta(days=301)
"""From then on, no agreement of the chain is in force."""


def place(world: World, number: int) -> str:
    """Where the first pass of a booklet rests."""
    named = BookletNumber(world.scheme.label, number)
    booklet = vouchers.booklet_by_number(world.session, named)
    assert booklet is not None
    return str(ledger.history(world.session, booklet.id)[-1].credit.kind)


def test_what_the_count_misses_stays_on_the_way_and_the_rest_is_accepted(world: World) -> None:
    sent = world.scheme.allocation(world.session, 7, 9, accept=False)

    custody.confirm_receipt(
        world.session,
        actor=world.scheme.actors["plie"],
        receipt_id=new_id(),
        consignment_id=sent,
        missing=[one_booklet(world.chain, 8)],
        damaged=[one_booklet(world.chain, 9)],
        now=world.scheme.now,
    )

    assert [place(world, number) for number in (7, 8, 9)] == ["prescriber", "transit", "prescriber"]
    custody.settle_shortfall(
        world.session,
        actor=world.scheme.actors["plie"],
        settlement_id=new_id(),
        consignment_id=sent,
        settlement=Settlement.FOUND,
        booklets=[one_booklet(world.chain, 8)],
        now=world.scheme.now,
    )
    assert place(world, 8) == "prescriber"
    assert queries.still_missing(world.session, [sent]) == {sent: []}


def test_a_return_reaches_the_stock_when_the_stock_has_counted_it(world: World) -> None:
    sent = STEPS["return_booklets"].run(world.session, world.chain)
    assert place(world, 3) == "transit"

    STEPS["confirm_receipt"].run(
        world.session,
        world.chain,
        actor="coordinator",
        consignment_id=sent.id,  # type: ignore[attr-defined]
    )

    assert place(world, 3) == "stock"


def test_an_agreement_that_ended_leaves_the_way_back_only(world: World) -> None:
    now = world.scheme.now + LATER
    for step in ("transfer_booklets", "request_booklets"):
        world.refuses(NoAgreementInForce, lambda s, c, step=step: STEPS[step].run(s, c, now=now))  # type: ignore[misc]

    sent = STEPS["return_booklets"].run(world.session, world.chain, now=now)

    assert place(world, 3) == "transit"
    coordinator, later = world.scheme.actors["coordinator"], martinique_day(now)
    [coming] = [
        one
        for one in recalls.under_way(world.session, actor=coordinator, on=later)
        if one.consignment_id == sent.id  # type: ignore[attr-defined]
    ]
    assert coming.booklet_count >= 1
    assert coming not in recalls.under_way(world.session, actor=coordinator, on=world.scheme.today)


def test_something_is_due_where_the_list_names_anything(world: World) -> None:
    STEPS["return_booklets"].run(world.session, world.chain)
    due = set()
    for name in ("coordinator", "plie", "ccas"):
        actor = world.scheme.actors[name]
        held = holdings.stock_read(world.session, actor=actor).held()
        for on in (world.scheme.today, world.scheme.today + LATER):
            told = recalls.is_anything_due(world.session, actor=actor, held=held, on=on)
            listed = recalls.recalls(world.session, actor=actor, on=on)
            assert told == bool(listed or recalls.under_way(world.session, actor=actor, on=on))
            assert all(one.since == world.scheme.today + LATER for one in listed)
            due.add(told)
    assert due == {False, True}


def test_a_right_ended_on_the_first_day_without_it(world: World) -> None:
    scheme, today = world.scheme, world.scheme.today
    for name, role, days in (
        ("plie", AgreementRole.PRESCRIBER, 3),
        ("ccas", AgreementRole.MANDATE, 5),
    ):
        party_id, ends = scheme.organisations[name], today + timedelta(days=days)
        [one] = [one for one in partners.agreements_of(world.session, party_id) if one.role == role]
        close_agreement(
            world.session,
            actor=scheme.actors["coordinator"],
            closure_id=new_id(),
            agreement_id=one.id,
            from_on=ends,
            reason="Fin anticipée",
            now=scheme.now,
        )
        before, since = ends - timedelta(days=1), f"depuis le {ends:%d/%m/%Y}"
        assert recalls.why_not(world.session, party_id, on=before) == ""
        assert recalls.why_not(world.session, party_id, on=ends).endswith(since)


def test_cash_offices_end_when_their_days_or_a_closure_say(world: World) -> None:
    session, parties = world.session, world.scheme.organisations.values()

    found = mediators.ends_of_cash_offices(session, parties)

    assert any(found.values())
    for party_id in parties:
        closed = mediators.closures_of(session, party_id)
        assert sorted(found[party_id]) == sorted(
            closed[one.id].from_on if one.id in closed else one.valid_until + timedelta(days=1)
            for one in mediators.cash_offices_of(session, party_id)
        )


def test_booklets_of_a_size_that_the_public_does_not_get_are_not_asked_for(world: World) -> None:
    world.refuses(
        InvalidInput, lambda s, c: STEPS["request_booklets"].run(s, c, public=Public.SENIOR)
    )


def test_only_the_recipient_signs(world: World) -> None:
    world.refuses(
        errors.NotTheRecipient,
        lambda s, c: STEPS["confirm_receipt"].run(s, c, actor="coordinator"),
    )


def test_what_is_called_back_is_in_the_stock(world: World) -> None:
    sent = STEPS["transfer_booklets"].run(world.session, world.chain)
    called_back = STEPS["cancel_consignment"].run(
        world.session,
        world.chain,
        consignment_id=sent.id,  # type: ignore[attr-defined]
    )
    STEPS["cancel_consignment"].run(world.session, world.chain)

    assert called_back.answer == Answer.CANCELLED  # type: ignore[attr-defined]
    assert [place(world, number) for number in (3, 5)] == ["stock", "stock"]


@pytest.mark.parametrize("settlement", Settlement)
def test_what_a_return_lacked_is_found_by_the_stock(world: World, settlement: Settlement) -> None:
    """CAP Nord holds its own stock: no régie or mandate is asked of it."""
    scheme = world.scheme
    sent = STEPS["return_booklets"].run(world.session, world.chain)
    custody.confirm_receipt(
        world.session,
        actor=scheme.actors["coordinator"],
        receipt_id=new_id(),
        consignment_id=sent.id,  # type: ignore[attr-defined]
        missing=[one_booklet(world.chain, 3)],
        now=scheme.now,
    )
    assert place(world, 3) == "transit"
    asked: dict[str, Any] = {
        "actor": scheme.actors["coordinator"],
        "settlement_id": new_id(),
        "consignment_id": sent.id,  # type: ignore[attr-defined]
        "settlement": settlement,
        "booklets": [one_booklet(world.chain, 3)],
        "now": scheme.now,
    }

    made = custody.settle_shortfall(world.session, **asked)

    assert (made.settlement, place(world, 3)) == (Settlement.RETURNED, "stock")
    assert custody.settle_shortfall(world.session, **asked).id == made.id
    assert ledger.verify(world.session).honest


def test_a_return_is_called_back_by_its_sender_until_it_is_counted(world: World) -> None:
    sent = STEPS["return_booklets"].run(world.session, world.chain)
    number = 3
    assert place(world, number) == "transit"
    mine: dict[str, object] = {"consignment_id": sent.id, "actor": "plie"}  # type: ignore[attr-defined]

    STEPS["cancel_consignment"].run(world.session, world.chain, **mine)

    assert place(world, number) == "prescriber"


@pytest.mark.parametrize(
    ("step", "actor", "refusal"),
    [
        ("return_booklets", "ccas", OtherOrganisation),
        ("transfer_booklets", "plie", errors.NotTheSender),
    ],
)
def test_a_prescriber_calls_back_nothing_but_its_own_returns(
    world: World, step: str, actor: str, refusal: type[DomainError]
) -> None:
    def attempt(session: Session, chain: Chain) -> None:
        sent = STEPS[step].run(session, chain)
        STEPS["cancel_consignment"].run(session, chain, consignment_id=sent.id, actor=actor)  # type: ignore[attr-defined]

    world.refuses(refusal, attempt)


def test_an_allocation_answers_one_request_of_its_recipient(world: World) -> None:
    asked = world.chain.ids["request"]
    world.refuses(
        errors.RequestOfAnother,
        lambda s, c: STEPS["allocate_booklets"].run(
            s, c, request_id=asked, recipient_id=c.scheme.organisations["ccas"]
        ),
    )

    made = STEPS["allocate_booklets"].run(world.session, world.chain, request_id=asked)

    answer = queries.answer_to(world.session, asked)
    assert answer is not None
    assert answer.consignment_id == made.id  # type: ignore[attr-defined]


def test_an_answered_request_is_answered(world: World) -> None:
    world.refuses(
        errors.BookletRequestAnswered,
        lambda s, c: STEPS["allocate_booklets"].run(s, c, request_id=c.ids["declined request"]),
    )


def test_who_holds_what_is_told_by_runs_of_numbers(world: World) -> None:
    held = holdings.booklets_held(world.session, actor=world.scheme.actors["ccas"])

    assert {
        (h.kind, h.size, h.first_number, h.last_number)
        for h in held
        if h.label == world.scheme.label
    } == {
        ("transit", 10, 10, 10),
        ("transit", 5, 14, 14),
        ("prescriber", 10, 6, 6),
        ("prescriber", 5, 12, 12),
    }


def test_a_hand_scanner_types_one_cover_a_line() -> None:
    typed = "26A 00001\n\n26A00002-26A00004\r\n26A 00006 a 26A 00007\nHTTPS://X.EXAMPLE/C/A-B\n"

    assert read_lines(typed) == [
        ("26A 00001", "26A 00001"),
        ("26A00002", "26A00004"),
        ("26A 00006", "26A 00007"),
        ("HTTPS://X.EXAMPLE/C/A-B", "HTTPS://X.EXAMPLE/C/A-B"),
    ]


def test_the_slip_says_what_left_and_who_sent_and_counted_it(world: World) -> None:
    data = holdings.slip_of(
        world.session,
        actor=world.scheme.actors["plie"],
        consignment_id=world.chain.ids["allocation"],
    )

    printed = slip(data, specimen=True)

    assert printed == slip(data, specimen=True)
    with opened(printed) as pdf:
        words = pdf[0].get_textpage().get_text_bounded().replace("\xa0", " ").replace("\u202f", " ")
    for said in (
        "SPÉCIMEN",
        data.number,
        "26A 00001",
        "26A 00004",
        "400,00 €",
        "quatre cents euros",
    ):
        assert said in words
    assert set(re.findall(r"Agent \w+", words)) == {"Agent coordinator", "Agent plie"}


def test_a_booklet_counted_as_missing_twice_is_refused(world: World) -> None:
    lost = [BookletRange(world.scheme.booklet(13), world.scheme.booklet(13))]
    world.refuses(
        errors.BookletNotMissing,
        lambda s, c: STEPS["settle_shortfall"].run(s, c, booklets=lost),
    )
