"""Passwords, tokens and what each role may do: no database."""

from dataclasses import replace
from uuid import uuid4

import pytest

from app.identity import passwords
from app.identity.errors import (
    GuessablePassword,
    OtherOrganisation,
    RightMissing,
    TokenCannotApprove,
    WeakPassword,
)
from app.identity.rules import (
    APPROVALS,
    FRENCH_ROLE,
    RIGHTS,
    SEES_ALL_ORGANISATIONS,
    Actor,
    Right,
    Role,
    password_is_strong,
)
from app.partners.rules import WHERE_ROLES_ARE, OrganisationKind

HERE, ELSEWHERE = uuid4(), uuid4()


def actor(role: Role, *, by_token: bool = False) -> Actor:
    """Somebody of this organisation."""
    return Actor(1, HERE, role, by_token=by_token)


# ── Passwords ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "password",
    [
        "Caravelle-9!",
        "Éàç-Prêcheur7",
        "caravelleprech9!",
        "CaravellePrech9",
        "le colibri boit sept fleurs avant midi",
        "ÉÈÀÇ-éèàç-1234",
    ],
    ids=["12 of four", "12 of four with accents", "14 of three", "15 of three", "seven words", "é"],
)
def test_a_password_of_the_rule_is_strong(password: str) -> None:
    assert password_is_strong(password)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "Caravelle-9",
        "caravelle-9-a",
        "caravellecaravelle",
        "12345678901234567890",
        "a b c d e f g",
        "midi midi midi midi midi midi midi",
        "le colibri boit sept fleurs avant",
        "Caravelle-9!\0",
        "Aa1!" * 251,
    ],
    ids=[
        "empty",
        "11 of four",
        "13 of three",
        "one class",
        "digits",
        "seven letters",
        "one word seven times",
        "six words",
        "NUL",
        "longer than a page",
    ],
)
def test_a_password_short_of_the_rule_is_weak(password: str) -> None:
    assert not password_is_strong(password)
    with pytest.raises(WeakPassword):
        passwords.hash_password(password)


@pytest.mark.parametrize(
    "password",
    [
        "Motdepasse-2026!",
        "Martinique-97!",
        "CapNord-Passnum-1",
        "Azerty-123456!",
        "P@ssw0rd-1234!",
        "Marseille-13000!",
        "aaaaAAAA-11111!",
        "Rosalie-Exemple-26",
    ],
)
def test_a_password_built_on_what_everybody_tries_is_weak(password: str) -> None:
    assert password_is_strong(password)
    with pytest.raises(GuessablePassword):
        passwords.hash_password(password, about=["Rosalie Exemple"])


def test_a_password_opens_its_own_hash_only() -> None:
    one, other = (passwords.hash_password("Caravelle-9-Prêcheur") for _ in range(2))

    assert one != other, "each has a salt of its own"
    assert one.startswith("$argon2id$")
    assert passwords.matches(one, "Caravelle-9-Prêcheur")
    assert not passwords.matches(one, "Caravelle-9-Precheur")
    assert not passwords.matches(one, "")


@pytest.mark.parametrize("typed", ["Caravelle-9-Prêcheur", "", "\0", "\ud800", "x" * 100_000])
def test_nothing_opens_an_account_without_password(typed: str) -> None:
    assert not passwords.matches(None, typed)


def test_half_a_character_opens_nothing_and_makes_no_password() -> None:
    kept = passwords.hash_password("Caravelle-9-Prêcheur")

    assert not passwords.matches(kept, "Caravelle-9-\ud800")
    with pytest.raises(WeakPassword):
        passwords.hash_password("Caravelle-9-\ud800")


def test_a_token_is_new_each_time_and_kept_as_a_hash() -> None:
    (one, kept), (other, _) = passwords.new_token(), passwords.new_token()

    assert one != other
    assert passwords.token_hash(one) == kept
    assert len(kept) == 32
    assert passwords.token_hash("\ud800") != kept, "whatever is sent has a hash"


def test_what_the_throttle_keeps_depends_on_a_key() -> None:
    assert passwords.keyed_hash(b"key", "a@b.fr") == passwords.keyed_hash(b"key", "a@b.fr")
    assert passwords.keyed_hash(b"key", "a@b.fr") != passwords.keyed_hash(b"other", "a@b.fr")
    assert passwords.keyed_hash(b"key", "\ud800")


# ── Roles ─────────────────────────────────────────────────────────────────────────────────────────


def test_every_role_has_rights_a_french_name_and_a_place() -> None:
    assert set(RIGHTS) == set(FRENCH_ROLE) == set(WHERE_ROLES_ARE) == set(Role)


def test_every_right_is_somebodys() -> None:
    assert set().union(*RIGHTS.values()) == set(Right)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_a_right_is_the_roles_or_it_is_refused(role: Role, right: Right) -> None:
    if right in RIGHTS[role]:
        actor(role).check(right)
    else:
        with pytest.raises(RightMissing):
            actor(role).check(right)


@pytest.mark.parametrize("role", Role)
def test_a_token_approves_nothing_and_the_right_is_asked_for_first(role: Role) -> None:
    for right in APPROVALS:
        refusal = TokenCannotApprove if right in RIGHTS[role] else RightMissing
        with pytest.raises(refusal):
            actor(role, by_token=True).check(right)


def test_no_role_both_prepares_a_clearing_and_records_its_payment() -> None:
    for role, rights in RIGHTS.items():
        assert not {Right.PREPARE_CLEARING, Right.RECORD_PAYMENT} <= rights, role
        assert not {Right.APPROVE_STATEMENT, Right.RECORD_PAYMENT} <= rights, role


def test_who_administers_accounts_may_do_nothing_else() -> None:
    assert RIGHTS[Role.ADMINISTRATOR] == {
        Right.MANAGE_ACCOUNTS,
        Right.SEE_ACCOUNTS,
        Right.INVITE_AGENTS,
        Right.SEE_ACCOUNT_EVENTS,
        Right.SEE_MAILS,
    }
    assert all(
        Right.MANAGE_ACCOUNTS not in rights
        for role, rights in RIGHTS.items()
        if role is not Role.ADMINISTRATOR
    )


@pytest.mark.parametrize("role", Role)
def test_an_agent_sees_its_own_organisation_and_a_few_see_all(role: Role) -> None:
    agent = actor(role)

    agent.check_sees(HERE)
    agent.check_sees(ELSEWHERE, HERE)
    assert agent.sees(ELSEWHERE) == (role in SEES_ALL_ORGANISATIONS)
    if role not in SEES_ALL_ORGANISATIONS:
        with pytest.raises(OtherOrganisation):
            agent.check_sees(ELSEWHERE)
        with pytest.raises(OtherOrganisation):
            agent.check_sees()


def test_a_role_that_sees_all_is_not_given_to_a_partner() -> None:
    partners = set(OrganisationKind) - {
        OrganisationKind.SPONSOR,
        OrganisationKind.ACCOUNTANT,
        OrganisationKind.FUNDER,
    }

    for role in SEES_ALL_ORGANISATIONS | {Role.ADMINISTRATOR}:
        assert not WHERE_ROLES_ARE[role] & partners, role


def test_another_role_makes_another_actor() -> None:
    assert replace(actor(Role.FINANCE), role=Role.ACCOUNTANT) != actor(Role.FINANCE)
