"""Sessions that passes paid for, sheets typed by staff, and what is told of a day."""

from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid5

import pytest
from sqlalchemy import event

from app.clearing import errors, session_queries, sheets
from app.clearing.redemption_models import RedemptionAttempt, TypedSheet
from app.clearing.redemptions import GUESSES_ALLOWED, Scan, Verdict
from app.clearing.rules import RedemptionState, SessionKind, ToldSession, Topic
from app.clearing.sessions import link_redemptions, record_session, redeem_for_session
from app.clearing.sheets import LineProblem
from app.database.lists import Place
from app.kernel.errors import IdAlreadyUsed, InvalidInput
from app.kernel.ids import new_id
from tests.service.conftest import World
from tests.service.scans import DAY, batch, redeem, undo, unknown_code
from tests.service.steps import STEPS

# ── Sessions ──────────────────────────────────────────────────────────────────────────────────────


def session_held(world: World, *, at: str = "exo7", days_ago: int = 0) -> UUID:
    """A session of an hour and a half for four people."""
    return record_session(
        world.session,
        actor=world.scheme.actors[at],
        session_id=new_id(),
        held_on=world.scheme.today - timedelta(days=days_ago),
        duration_minutes=90,
        kind=SessionKind.GROUP,
        people_count=4,
        topics=[Topic.SAFETY, Topic.EMAIL, Topic.EMAIL],
        now=world.scheme.now,
    ).id


def test_a_session_is_paid_by_several_passes_at_once(world: World) -> None:
    session_id = session_held(world)
    scans = [Scan(new_id(), world.chain.codes[place], world.scheme.now) for place in (7, 8)]

    def send() -> list[Verdict]:
        return redeem_for_session(
            world.session,
            actor=world.scheme.actors["exo7"],
            session_id=session_id,
            scans=scans,
            signer=world.scheme.signer,
            now=world.scheme.now,
        )

    verdicts, again = send(), send()

    assert [v.accepted().id for v in verdicts] == [v.accepted().id for v in again]
    assert session_queries.passes_of(world.session, [session_id]) == {session_id: (2, 2000)}
    assert session_queries.topics_of(world.session, [session_id]) == {
        session_id: [Topic.EMAIL, Topic.SAFETY]
    }
    undo(world, scans[0].redemption_id)
    assert session_queries.passes_of(world.session, [session_id]) == {session_id: (1, 1000)}


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("held_on", {"held_on": None}),
        ("duration_minutes", {"duration_minutes": 4}),
        ("duration_minutes", {"duration_minutes": 601}),
        ("people_count", {"people_count": 1}),
        ("people_count", {"people_count": 101}),
        ("people_count", {"kind": SessionKind.INDIVIDUAL}),
    ],
)
def test_a_session_that_cannot_have_been_is_refused(
    world: World, field: str, changes: dict[str, object]
) -> None:
    if "held_on" in changes:
        changes = {"held_on": world.scheme.today + DAY}

    refusal = world.refuses(InvalidInput, lambda s, c: STEPS["record_session"].run(s, c, **changes))

    assert list(refusal.details["fields"]) == [field]  # type: ignore[arg-type]


def test_a_pass_pays_for_one_session_of_its_own_mediator_and_day(world: World) -> None:
    ids, exo7 = world.chain.ids, world.scheme.actors["exo7"]
    mine, older = session_held(world), session_held(world, days_ago=1)
    elsewhere = session_held(world, at="carecof")
    with pytest.raises(errors.RedemptionInAnotherSession):
        link(world, mine, ids["redemption"])
    with pytest.raises(errors.SessionOfAnotherDay):
        link(world, older, ids["claimed redemption"])
    with pytest.raises(errors.UnknownSupportSession):
        link(world, elsewhere, ids["claimed redemption"])
    with pytest.raises(errors.UnknownRedemption):
        link(world, mine, new_id())
    assert exo7.organisation_id == world.scheme.organisations["exo7"]


def link(world: World, session_id: UUID, redemption_id: UUID) -> None:
    with world.session.begin_nested():
        link_redemptions(
            world.session,
            actor=world.scheme.actors["exo7"],
            session_id=session_id,
            redemption_ids=[redemption_id],
            now=world.scheme.now,
        )


def test_passes_of_another_day_than_the_session_are_not_even_looked_at(world: World) -> None:
    yesterday = session_held(world, days_ago=1)
    scan = Scan(new_id(), world.chain.codes[7], world.scheme.now)
    with pytest.raises(errors.SessionOfAnotherDay):
        redeem_for_session(
            world.session,
            actor=world.scheme.actors["exo7"],
            session_id=yesterday,
            scans=[scan],
            signer=world.scheme.signer,
            now=world.scheme.now,
        )
    assert redeem(world, scan.code).refusal is None


def test_a_redemption_is_eight_statements_and_no_more(world: World) -> None:
    redeem(world, world.chain.codes[7])
    said: list[str] = []
    connection = world.session.connection()

    @event.listens_for(connection, "before_cursor_execute")
    def hear(*sent: object) -> None:
        said.append(str(sent[2]))

    redeem(world, world.chain.codes[8])

    event.remove(connection, "before_cursor_execute", hear)
    assert 0 < len(said) <= 8, said


# ── Sheets ────────────────────────────────────────────────────────────────────────────────────────


def typed(
    world: World, *lines: str, by: str = "coordinator", told: ToldSession | None = None
) -> TypedSheet | list[LineProblem]:
    """A sheet of exo7, typed today."""
    return sheets.prepare_sheet(
        world.session,
        actor=world.scheme.actors[by],
        sheet_id=new_id(),
        mediator_id=world.scheme.organisations["exo7"],
        held_on=world.scheme.today,
        typed=lines,
        told=told,
        now=world.scheme.now,
    )


def test_a_sheet_is_taken_in_the_mediators_name_with_a_verdict_for_each_pass(world: World) -> None:
    scheme, codes = world.scheme, world.chain.codes
    sheet = typed(world, codes[7], " ", scheme.serial(1, 1), scheme.serial(3, 1), codes[8].lower())
    assert isinstance(sheet, TypedSheet)

    def approve() -> int:
        return sheets.approve_sheet(
            world.session,
            actor=scheme.actors["finance"],
            sheet_id=sheet.id,
            signer=scheme.signer,
            now=scheme.now,
        ).decided_by

    assert approve() == approve() == scheme.actors["finance"].agent_id
    verdicts = sheets.verdicts_of(world.session, sheet.id)
    lines = session_queries.lines_of_sheet(world.session, sheet.id)
    said = [v.refusal.code if (v := verdicts[line.id]).refusal else "accepted" for line in lines]
    assert said == ["accepted", "voucher_already_redeemed", "voucher_not_issued", "accepted"]
    taken = verdicts[lines[0].id].accepted()
    assert taken.mediator_id == scheme.organisations["exo7"]
    assert taken.redeemed_by == scheme.actors["finance"].agent_id
    assert taken.redeemed_on == scheme.today
    assert redeem(world, codes[7]).refusal is not None


def test_the_session_of_a_sheet_is_noted_once_its_passes_are_taken(world: World) -> None:
    told = ToldSession(90, SessionKind.GROUP, 4, (Topic.SAFETY,))
    sheet = typed(world, world.chain.codes[8], told=told)
    assert isinstance(sheet, TypedSheet)
    exo7, today = world.scheme.organisations["exo7"], world.scheme.today
    before = session_queries.sessions_of_day(world.session, today, mediator_id=exo7)[exo7]

    STEPS["approve_sheet"].run(world.session, world.chain, sheet_id=sheet.id)

    [line] = session_queries.lines_of_sheet(world.session, sheet.id)
    session_id = session_queries.links_among(world.session, [line.id])[line.id]
    held = session_queries.support_session(world.session, session_id)
    assert held is not None
    assert (held.duration_minutes, held.people_count, held.mediator_id) == (90, 4, exo7)
    after = session_queries.sessions_of_day(world.session, today, mediator_id=exo7)[exo7]
    assert after == (before[0] + 1, before[1] + 90)
    with pytest.raises(InvalidInput):
        typed(world, world.chain.codes[9], told=ToldSession(4, SessionKind.INDIVIDUAL))


def test_a_line_that_names_no_pass_is_told_and_nothing_is_written(world: World) -> None:
    codes, scheme = world.chain.codes, world.scheme
    problems = typed(
        world,
        codes[7],
        "26A 00001 08 99",
        scheme.serial(1, 8),
        "26A 00001 09",
        "26A 00001",
        unknown_code(3),
        "x" * 61,
        "bonjour",
    )

    assert isinstance(problems, list)
    assert [p.place for p in problems] == [2, 3, 4, 5, 6, 7, 8]
    assert "ligne 1" in problems[1].sentence
    assert world.session.query(TypedSheet).count() == 2
    guesses = world.session.query(RedemptionAttempt).filter_by(verdict="unknown_voucher")
    assert guesses.count() == 1


def test_who_types_unknown_codes_is_stopped_like_anybody(world: World) -> None:
    problems = typed(world, *(unknown_code(n) for n in range(GUESSES_ALLOWED + 3)))

    assert isinstance(problems, list)
    assert len(problems) == GUESSES_ALLOWED + 1
    with pytest.raises(errors.TooManyGuesses):
        typed(world, world.chain.codes[7])


def test_a_decided_sheet_is_decided_for_good(world: World) -> None:
    ids = world.chain.ids
    for step in ("approve_sheet", "set_aside_sheet"):
        world.refuses(
            errors.TypedSheetDecidedAlready,
            lambda s, c, step=step: STEPS[step].run(s, c, sheet_id=ids["sheet set aside"]),  # type: ignore[misc]
        )
    world.refuses(InvalidInput, lambda s, c: STEPS["set_aside_sheet"].run(s, c, reason=" "))
    world.refuses(
        errors.UnknownTypedSheet, lambda s, c: STEPS["approve_sheet"].run(s, c, sheet_id=new_id())
    )


@pytest.mark.parametrize("changes", [{"typed": []}, {"typed": ["x"] * 101}, {"held_on": 1}])
def test_a_sheet_is_of_a_hundred_passes_and_of_a_day_that_has_come(
    world: World, changes: dict[str, object]
) -> None:
    if "held_on" in changes:
        changes = {"held_on": world.scheme.today + DAY}
    world.refuses(InvalidInput, lambda s, c: STEPS["prepare_sheet"].run(s, c, **changes))


# ── A day ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_day_says_what_can_be_undone_and_what_is_on_a_statement(world: World) -> None:
    exo7 = world.scheme.organisations["exo7"]

    totals = session_queries.day_totals(world.session, world.scheme.today, mediator_id=exo7)
    lines = session_queries.day_lines(
        world.session, world.scheme.today, Place(50), mediator_id=exo7
    )

    assert {total.state: total.voucher_count for total in totals} == Counter(
        line.state for line in lines
    )
    assert [one.redemption.movement_id for one in lines] == sorted(
        (one.redemption.movement_id for one in lines), reverse=True
    )
    by_id = {line.redemption.id: line for line in lines}
    for name, state in (
        ("paid redemption", RedemptionState.SETTLED),
        ("claimed redemption", RedemptionState.CLAIMED),
        ("redemption", RedemptionState.OPEN),
        ("undone redemption", RedemptionState.UNDONE),
    ):
        line = by_id[world.chain.ids[name]]
        assert line.state is state, name
        assert session_queries.line_of(world.session, line.redemption.id) == line
    paying = by_id[world.chain.ids["redemption"]]
    assert paying.session_id == world.chain.ids["support session"]


# ── Ids of others, and guesses in the middle of a batch ───────────────────────────────────────────


def test_an_id_that_another_act_bears_is_refused_and_spoils_no_batch(world: World) -> None:
    allocation_id = world.chain.ids["allocation"]
    scans = [
        Scan(allocation_id, world.chain.codes[7], world.scheme.now),
        Scan(new_id(), world.chain.codes[8], world.scheme.now),
    ]

    for _ in range(2):
        first, second = batch(world, scans)
        assert isinstance(first.refusal, IdAlreadyUsed)
        assert second.refusal is None
    with pytest.raises(IdAlreadyUsed):
        STEPS["redeem_voucher"].run(world.session, world.chain, scan=scans[0])


def test_a_batch_looks_at_no_code_once_too_many_were_unknown(world: World) -> None:
    good, late = (world.chain.codes[place] for place in (7, 8))
    batch_id = new_id()
    sent = [good, *(unknown_code(n) for n in range(30)), late]
    scans = [
        Scan(uuid5(batch_id, str(place)), code, world.scheme.now) for place, code in enumerate(sent)
    ]

    verdicts = batch(world, scans)

    said = [v.refusal.code if v.refusal else "accepted" for v in verdicts]
    unknown = ["unknown_voucher"] * GUESSES_ALLOWED
    assert said == ["accepted", *unknown, *["too_many_guesses"] * 11]
    kept = world.session.get(RedemptionAttempt, scans[-1].redemption_id)
    assert kept is None
    later = world.scheme.now + timedelta(minutes=16)
    assert batch(world, scans[-1:], now=later)[0].refusal is None
