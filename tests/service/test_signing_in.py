"""Accounts, passwords, tokens: who is let in, and how often somebody may try."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.identity import drafts, passwords, queries, session_rules, sessions
from app.identity.errors import TooManyAttempts, UnknownAgent, UnknownToken
from app.identity.models import Agent, FormDraft, SignInAttempt
from app.identity.service import (
    A_DAY,
    ATTEMPTS_FROM_ADDRESS,
    ATTEMPTS_FROM_EVERYWHERE,
    ATTEMPTS_OF_ACCOUNT,
    ATTEMPTS_OF_DAY,
    ATTEMPTS_WINDOW,
    KNOWN_FOR,
    TOKEN_LIFE,
    Door,
    SignInKeys,
    begin_sign_in,
    begin_try,
    create_token,
    disable_agent,
    finish_sign_in,
    forget_attempts,
    keys_at,
    known_agent,
    revoke_token,
    set_password,
)
from app.identity.session_models import AgentSession
from tests.service.cases import NOBODY
from tests.service.conftest import World

EMAIL = "exo7@exemple.fr"
PASSWORD = "Caravelle-9-Prêcheur"
KEYS = SignInKeys(b"exo7", b"this network")
MINUTE = timedelta(minutes=1)


def begin(world: World, keys: SignInKeys = KEYS, *, later: timedelta = MINUTE) -> Agent | None:
    """One try."""
    return begin_sign_in(world.session, email=EMAIL, keys=keys, now=world.scheme.now + later)


def test_an_agent_is_found_whatever_the_case_of_the_address(world: World) -> None:
    set_password(world.session, email=" Exo7@EXEMPLE.fr", password=PASSWORD, now=world.scheme.now)

    agent = begin(world)

    assert agent is not None
    assert passwords.matches(agent.password_hash, PASSWORD)
    assert not passwords.matches(agent.password_hash, PASSWORD.lower())


def test_the_sixth_failure_in_a_row_is_not_even_tried(world: World) -> None:
    for _ in range(ATTEMPTS_OF_ACCOUNT):
        begin(world)

    with pytest.raises(TooManyAttempts):
        begin(world)
    assert begin(world, SignInKeys(KEYS.email_hash, b"another network")) is not None
    assert begin(world, SignInKeys(b"another account", KEYS.address_hash)) is not None
    assert begin(world, later=MINUTE + ATTEMPTS_WINDOW) is not None


def test_a_success_wipes_the_accounts_slate(world: World) -> None:
    for _ in range(ATTEMPTS_OF_ACCOUNT):
        begin(world)
    finish_sign_in(world.session, keys=KEYS, now=world.scheme.now + MINUTE)

    assert begin(world) is not None


def test_strangers_together_are_stopped_and_keep_nobody_out_of_their_own_browser(
    world: World,
) -> None:
    own = replace(KEYS, browser_hash=b"a browser of theirs")
    finish_sign_in(world.session, keys=own, now=world.scheme.now)

    def strangers(count: int, *, later: timedelta) -> int:
        """How many of so many tries, each from another network, were made."""
        for number in range(count):
            network = f"network {later} {number}".encode()
            forged = replace(own, address_hash=network, browser_hash=network)
            try:
                begin(world, forged, later=later)
            except TooManyAttempts:
                return number
        return count

    assert strangers(30, later=MINUTE) == ATTEMPTS_FROM_EVERYWHERE
    assert begin(world, own) is not None
    for hours in range(1, 5):
        assert strangers(30, later=timedelta(hours=hours)) <= ATTEMPTS_FROM_EVERYWHERE
    assert strangers(30, later=timedelta(hours=6)) == 0
    for _ in range(4):
        assert begin(world, own, later=timedelta(hours=6)) is not None
    begin(world, own, later=timedelta(hours=6))
    with pytest.raises(TooManyAttempts):
        begin(world, own, later=timedelta(hours=6))
    for number in range(ATTEMPTS_OF_DAY - 6):
        quarter = number // ATTEMPTS_OF_ACCOUNT * ATTEMPTS_WINDOW
        assert begin(world, own, later=timedelta(hours=7) + quarter) is not None
    with pytest.raises(TooManyAttempts):  # its own hundred of a day: somebody else sits there
        begin(world, own, later=timedelta(hours=12))
    known = timedelta(hours=12) + KNOWN_FOR
    assert strangers(30, later=known) == ATTEMPTS_FROM_EVERYWHERE
    with pytest.raises(TooManyAttempts):
        begin(world, own, later=known)


def test_a_code_is_tried_five_times_from_all_places_together(world: World) -> None:
    for number in range(ATTEMPTS_OF_ACCOUNT):
        begin_try(world.session, keys=step_from(number), now=world.scheme.now)

    with pytest.raises(TooManyAttempts):
        begin_try(world.session, keys=step_from(99), now=world.scheme.now)


def step_from(number: int) -> SignInKeys:
    return keys_at(b"key", Door.SECOND_STEP, 1, place=f"network {number}")


def test_one_network_does_not_try_all_accounts(world: World) -> None:
    for number in range(ATTEMPTS_FROM_ADDRESS):
        begin(world, SignInKeys(f"account {number}".encode(), KEYS.address_hash))

    with pytest.raises(TooManyAttempts):
        begin(world)
    assert begin(world, SignInKeys(KEYS.email_hash, b"another network")) is not None


def test_a_closed_account_signs_in_no_more_and_its_tokens_stop(world: World) -> None:
    secret, _ = create_token(world.session, email=EMAIL, label="caisse", now=world.scheme.now)
    disable_agent(world.session, email=EMAIL, now=world.scheme.now)

    assert begin(world) is None
    digest = passwords.token_hash(secret)
    assert queries.agent_by_token(world.session, digest, now=world.scheme.now) is None
    with pytest.raises(UnknownAgent):
        create_token(world.session, email=EMAIL, label="caisse", now=world.scheme.now)


def test_a_token_works_until_it_is_revoked_or_a_year_has_passed(world: World) -> None:
    secret, token = create_token(world.session, email=EMAIL, label="", now=world.scheme.now)
    digest = passwords.token_hash(secret)

    def works(later: timedelta) -> bool:
        now = world.scheme.now + later
        return queries.agent_by_token(world.session, digest, now=now) is not None

    assert secret.encode() not in token.token_hash
    assert (works(MINUTE), works(TOKEN_LIFE - MINUTE), works(TOKEN_LIFE)) == (True, True, False)
    revoke_token(world.session, token_id=token.id, now=world.scheme.now)
    world.session.flush()
    assert not works(MINUTE)


def test_what_does_not_exist_is_said_to_be_unknown(world: World) -> None:
    with pytest.raises(UnknownToken):
        revoke_token(world.session, token_id=NOBODY, now=world.scheme.now)
    for email in ("personne@exemple.fr", "", "\0", "é"):
        with pytest.raises(UnknownAgent):
            known_agent(world.session, email)


def test_attempts_are_forgotten_once_no_lock_and_no_known_browser_needs_them(
    world: World,
) -> None:
    session, now = world.session, world.scheme.now
    session.add_all(
        SignInAttempt(
            email_hash=b"e" * 32, address_hash=b"a" * 32, succeeded=succeeded, attempted_at=now
        )
        for succeeded in (True, False)
    )
    session.flush()

    def kept(later: timedelta) -> list[bool]:
        forget_attempts(session, now=now + later)
        query = select(SignInAttempt.succeeded).where(SignInAttempt.email_hash == b"e" * 32)
        return sorted(session.scalars(query))

    assert kept(A_DAY) == [False, True]
    assert kept(A_DAY + timedelta(seconds=1)) == [True]
    assert kept(KNOWN_FOR) == [True]
    assert kept(KNOWN_FOR + timedelta(seconds=1)) == []


def test_a_session_of_a_year_ago_is_forgotten_whether_or_not_anybody_comes_back(
    world: World,
) -> None:
    session, seen = world.session, world.scheme.now
    sessions.forget_old(session, now=seen + session_rules.KEPT_FOR)
    assert session.get(AgentSession, world.chain.ids["agent session"]) is not None

    sessions.forget_old(session, now=seen + session_rules.KEPT_FOR + timedelta(seconds=1))
    drafts.forget_old(session, now=seen + timedelta(days=400))
    session.expire_all()
    assert session.get(AgentSession, world.chain.ids["agent session"]) is None
    assert session.scalars(select(FormDraft)).all() == []
