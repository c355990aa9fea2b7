"""Passes that are not taken, each with its reason, and codes that are guessed at."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest
from sqlalchemy import select

from app import ledger
from app.clearing import errors
from app.clearing.lookups import check_voucher
from app.clearing.redemption_models import RedemptionAttempt
from app.clearing.redemptions import GUESS_WINDOW, GUESSES_ALLOWED
from app.kernel import codes
from app.kernel.clock import end_of_day
from app.kernel.errors import DomainError
from app.kernel.ids import new_id
from app.ledger import AccountKind, MovementKind, VoucherRange, chart
from app.mediators.errors import NoLabelInForce
from app.partners.errors import NoAgreementInForce
from app.programmes.service import known_vintage
from app.vouchers.errors import CoverInsteadOfPass, MistypedVoucherCode, UnknownVoucher
from app.vouchers.models import Booklet
from app.vouchers.queries import booklets_between
from app.vouchers.service import cover_of, read_code
from tests.service.chain import everything
from tests.service.conftest import World
from tests.service.scans import (
    DAY,
    MINUTE,
    redeem,
    unknown_code,
    without_attempts,
)

K, M = AccountKind, MovementKind


# ── Refused ───────────────────────────────────────────────────────────────────────────────────────


def moved(
    world: World, kind: MovementKind, number: int, start: AccountKind, to: AccountKind
) -> int:
    """Move the first pass of a booklet by hand, as features to come will; returns its id."""
    scheme = world.scheme
    [voucher] = ledger.lock_vouchers_by_code(
        world.session, [codes.digest(scheme.codes(world.session, number)[0])]
    )
    assert voucher.account.kind is start
    posting_id, holder = new_id(), voucher.account.party_id
    ledger.post(
        world.session,
        ledger.Act(posting_id, kind, "test", posting_id, 1, scheme.now),
        [
            ledger.Line(
                kind,
                VoucherRange.one(voucher.id),
                voucher.account,
                ledger.account(world.session, chart.account(to, holder, scheme.vintage_id)),
            )
        ],
    )
    return voucher.id


BLOCKED = (M.BLOCK, K.CIRCULATION, K.BLOCKED)
EXPIRED = (M.EXPIRE, K.CIRCULATION, K.EXPIRED)
VOID = (M.VOID, K.BLOCKED, K.VOID)
RESTS = {
    "inert": (15, (), errors.VoucherNotIssued),
    "in stock": (7, (), errors.VoucherNotIssued),
    "on the way": (5, (), errors.VoucherNotIssued),
    "in a drawer": (3, (), errors.VoucherNotIssued),
    "withheld": (3, ((M.WITHHOLD, K.PRESCRIBER, K.WITHHELD),), errors.VoucherNotIssued),
    "blocked": (2, (BLOCKED,), errors.VoucherBlocked),
    "void": (2, (BLOCKED, VOID), errors.VoucherVoid),
    "expired": (2, (EXPIRED,), errors.VoucherExpired),
    "credited": (2, (EXPIRED, (M.CREDIT, K.EXPIRED, K.CREDITED)), errors.VoucherExpired),
}


@pytest.mark.parametrize("where", RESTS)
def test_a_pass_is_taken_from_a_pocket_only(world: World, where: str) -> None:
    number, moves, refusal = RESTS[where]
    for kind, start, to in moves:
        moved(world, kind, number, start, to)
    code, before, scan_id = (
        world.scheme.codes(world.session, number)[0],
        without_attempts(world),
        new_id(),
    )

    verdict = redeem(world, code, redemption_id=scan_id)

    assert type(verdict.refusal) is refusal
    with pytest.raises(refusal):
        verdict.accepted()
    assert without_attempts(world) == before
    assert type(redeem(world, code, redemption_id=scan_id).refusal) is refusal
    checked = check_voucher(
        world.session, actor=world.scheme.actors["exo7"], code=code, now=world.scheme.now
    )
    assert type(checked.refusal) is refusal


def test_a_refusal_is_final_for_its_id_and_not_for_its_pass(world: World) -> None:
    scheme, scan_id = world.scheme, new_id()
    code = scheme.codes(world.session, 4)[0]
    redeem(world, code, redemption_id=scan_id)
    scheme.prescription(world.session, world.chain.ids["person"], [4])

    again = redeem(world, code, redemption_id=scan_id)
    anew = redeem(world, code)

    assert isinstance(again.refusal, errors.VoucherNotIssued)
    assert anew.refusal is None


@pytest.mark.parametrize(
    ("place", "at", "where"),
    [
        (6, "exo7", "ici"),
        (6, "carecof", "ailleurs"),
        (4, "carecof", "ici"),
        (1, "nobank", "ailleurs"),
    ],
    ids=["redeemed here", "redeemed elsewhere", "claimed here", "settled elsewhere"],
)
def test_a_used_pass_says_when_and_whether_here_or_elsewhere(
    world: World, place: int, at: str, where: str
) -> None:
    verdict = redeem(world, world.chain.codes[place - 1], at=at)

    assert isinstance(verdict.refusal, errors.VoucherAlreadyRedeemed)
    details = verdict.refusal.details
    assert (details["where"], details["redeemed_at"]) == (where, world.scheme.now.isoformat())
    assert f"{where}, le {world.scheme.today:%d/%m/%Y} à " in verdict.refusal.message


def test_an_answer_repeated_says_the_same_words(world: World) -> None:
    scan_id = new_id()
    first = redeem(world, world.chain.codes[5], redemption_id=scan_id, at="carecof")

    again = redeem(world, world.chain.codes[5], redemption_id=scan_id, at="carecof")

    assert first.refusal is not None
    assert again.refusal is not None
    assert again.refusal.message == first.refusal.message


def test_a_code_of_another_territory_looks_like_one_that_nobody_has(world: World) -> None:
    verdict = redeem(world, unknown_code(1))

    assert isinstance(verdict.refusal, UnknownVoucher)


def test_the_code_of_a_cover_is_told_as_such(world: World) -> None:
    (found,) = booklets_between(world.session, world.scheme.vintage_id, 2, 2)
    booklet = world.session.get_one(Booklet, found.id)
    terms = known_vintage(world.session, booklet.vintage_id)

    verdict = redeem(world, cover_of(booklet, terms, world.scheme.keys))

    assert isinstance(verdict.refusal, CoverInsteadOfPass)


@pytest.mark.parametrize("typed", ["", "0", "0000 0000 0000 0001", "0" * 17, "é" * 16, "0\0" * 8])
def test_a_mistyped_code_is_not_even_looked_up(world: World, typed: str) -> None:
    verdict = redeem(world, typed)

    assert isinstance(verdict.refusal, MistypedVoucherCode)
    assert everything(world.session) == world.as_lived


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0000 0000 0000 0001", "un caractère est faux"),
        ("0000 0000 0000 000", "Il manque 1 des 16 caractères"),
        ("0000 0000 0000 0000 00", "18 caractères au lieu de 16, soit 2 de trop"),
        ("https://elsewhere.example/", "un caractère est faux"),
    ],
)
def test_a_mistyped_code_says_what_to_look_for(typed: str, said: str) -> None:
    with pytest.raises(MistypedVoucherCode, match=said):
        read_code(typed)


@pytest.mark.parametrize(
    ("ahead", "refusal"), [(5 * MINUTE, None), (6 * MINUTE, errors.SessionInTheFuture)]
)
def test_a_clock_may_run_five_minutes_ahead(
    world: World, ahead: timedelta, refusal: type[DomainError] | None
) -> None:
    verdict = redeem(world, world.chain.codes[7], redeemed_at=world.scheme.now + ahead)

    assert type(verdict.refusal) is (refusal or type(None))


def last_instant(world: World) -> datetime:
    """The last microsecond of the last day on which the vintage serves."""
    return end_of_day(world.scheme.today + 91 * DAY) - timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("instant", "refusal"),
    [
        (last_instant, None),
        (lambda w: last_instant(w) + timedelta(microseconds=1), errors.OutsideValidity),
        (lambda w: w.scheme.now - 301 * DAY, errors.OutsideValidity),
        (lambda _: datetime.min.replace(tzinfo=UTC), errors.OutsideValidity),
        (lambda _: datetime(1, 1, 1, tzinfo=timezone(14 * 60 * MINUTE)), errors.OutsideValidity),
        (lambda _: datetime.max.replace(tzinfo=UTC), errors.SessionInTheFuture),
    ],
    ids=[
        "last day",
        "the day after",
        "before the first day",
        "year 1",
        "before year 1",
        "year 9999",
    ],
)
def test_the_day_of_the_session_lies_within_the_validity(
    world: World, instant: Callable[[World], datetime], refusal: type[DomainError] | None
) -> None:
    verdict = redeem(
        world,
        world.chain.codes[7],
        redeemed_at=instant(world),
        now=world.scheme.now + 100 * DAY,
    )

    assert type(verdict.refusal) is (refusal or type(None))


@pytest.mark.parametrize(
    ("mediator", "refusal"), [("unlabelled", NoLabelInForce), ("unsigned", NoAgreementInForce)]
)
def test_a_place_without_label_or_agreement_takes_nothing(
    world: World, mediator: str, refusal: type[DomainError]
) -> None:
    verdict = redeem(world, world.chain.codes[7], at=mediator)

    assert verdict.refusal is not None
    assert type(verdict.refusal) is refusal
    assert mediator.upper() in verdict.refusal.message


@pytest.mark.parametrize("what", ["label", "agreement"])
def test_label_and_agreement_are_judged_on_the_day_of_the_session(world: World, what: str) -> None:
    scheme, ended = world.scheme, (-300, 1)
    afterwards = scheme.now + 3 * DAY
    scheme.mediator(
        world.session,
        "ended",
        label=ended if what == "label" else (-300, 300),
        agreement=ended if what == "agreement" else (-300, 300),
    )

    in_time, too_late = (
        redeem(world, code, at="ended", redeemed_at=scheme.now + after, now=afterwards)
        for code, after in ((world.chain.codes[7], DAY), (world.chain.codes[8], 2 * DAY))
    )

    assert in_time.refusal is None
    assert isinstance(too_late.refusal, (NoLabelInForce, NoAgreementInForce))


def test_no_session_is_older_than_the_hand_over_of_its_pass(world: World) -> None:
    yesterday = redeem(world, world.chain.codes[7], redeemed_at=world.scheme.now - DAY)

    assert isinstance(yesterday.refusal, errors.SessionBeforeIssue)


# ── Guessing ──────────────────────────────────────────────────────────────────────────────────────


def guess(world: World, count: int) -> None:
    """Send codes that no pass bears."""
    for number in range(count):
        redeem(world, unknown_code(number))


def test_guessing_is_stopped_before_anything_is_looked_up(world: World) -> None:
    guess(world, GUESSES_ALLOWED)
    before = everything(world.session)

    with pytest.raises(errors.TooManyGuesses):
        redeem(world, world.chain.codes[7])

    assert everything(world.session) == before


def test_whoever_guessed_too_often_still_hears_what_was_answered_before(world: World) -> None:
    scan_id = new_id()
    first = redeem(world, world.chain.codes[7], redemption_id=scan_id).accepted()
    guess(world, GUESSES_ALLOWED)

    again = redeem(world, world.chain.codes[7], redemption_id=scan_id)

    assert again.accepted().receipt == first.receipt


def test_guessing_stops_nobody_else_and_not_for_ever(world: World) -> None:
    guess(world, GUESSES_ALLOWED)

    at_once = redeem(world, world.chain.codes[7], at="carecof")
    later = redeem(world, world.chain.codes[8], now=world.scheme.now + GUESS_WINDOW + MINUTE)

    assert at_once.refusal is None
    assert later.refusal is None


def test_looking_at_a_pass_is_a_guess_like_taking_it(world: World) -> None:
    scheme, session = world.scheme, world.session
    look = partial(check_voucher, session, actor=scheme.actors["exo7"], now=scheme.now)
    for number in range(GUESSES_ALLOWED):
        assert isinstance(look(code=unknown_code(number)).refusal, UnknownVoucher)

    with pytest.raises(errors.TooManyGuesses):
        look(code=world.chain.codes[7])
    with pytest.raises(errors.TooManyGuesses):
        redeem(world, world.chain.codes[7])


def test_typing_errors_are_no_guesses(world: World) -> None:
    for _ in range(GUESSES_ALLOWED + 1):
        redeem(world, "0000 0000 0000 0001")

    assert redeem(world, world.chain.codes[7]).refusal is None


def test_one_unknown_code_repeated_is_one_guess(world: World) -> None:
    scan_id = new_id()
    for _ in range(GUESSES_ALLOWED + 1):
        redeem(world, unknown_code(1), redemption_id=scan_id)

    assert redeem(world, world.chain.codes[7]).refusal is None


def test_attempts_keep_no_code(world: World) -> None:
    code = world.chain.codes[7]
    redeem(world, code)
    redeem(world, unknown_code(1))

    kept = world.session.execute(select(RedemptionAttempt.__table__)).all()

    assert not any(code.encode() in bytes(repr(tuple(row)), "utf-8") for row in kept)
