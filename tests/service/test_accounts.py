"""Accounts by e-mail: who invites whom, what a link opens, and what nobody does to themselves."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.accounts import entering, service
from app.accounts.rules import AccountState
from app.identity import passwords, queries
from app.identity.errors import (
    AccountOpenAlready,
    CannotManageAccount,
    LastAdministrator,
    LinkServesNoMore,
    NotOnOneself,
    RoleElsewhere,
    RoleNotAgreed,
    TokenCannotApprove,
    TooManyResets,
    TooManyTries,
    UnknownAccount,
)
from app.identity.factors import reset_factors
from app.identity.models import AccountEvent, Agent
from app.identity.rules import (
    AccountEventKind,
    Actor,
    Browser,
    LinkPurpose,
    Origin,
    Role,
    Way,
)
from app.identity.service import (
    Door,
    SignInKeys,
    actor_of,
    begin_sign_in,
    begin_try,
    fail_sign_in,
    keys_at,
    set_password,
)
from app.identity.session_errors import FactorsResetBySame, LinkShownBySame
from app.identity.session_models import RecoveryCode
from app.kernel.errors import IdAlreadyUsed
from app.kernel.ids import new_id
from app.mails.models import Mail
from app.mails.outbox import opened_link
from app.mails.rules import MailKind
from app.partners.rules import AgreementRole
from app.partners.service import open_account
from tests.service.conftest import World

KEY = b"the key of the site, of 32 bytes"
HERE = Origin(Way.PAGE, bytes(32), Browser.FIREFOX)
KEYS = SignInKeys(b"new", b"here")
PASSWORD_HASH = "a hash"
MINUTE = timedelta(minutes=1)


def actor(world: World, name: str) -> Actor:
    return world.scheme.actors[name]


def invite(
    world: World,
    who: str = "administrator",
    *,
    role: Role = Role.PRESCRIBER,
    where: str = "plie",
    email: str = "nouvelle@exemple.fr",
    manager: bool = False,
) -> Agent:
    return service.invite_agent(
        world.session,
        actor=actor(world, who),
        invitation_id=new_id(),
        email=email,
        name="Rosalie Exemple",
        role=role,
        organisation_id=world.scheme.organisations[where],
        manager=manager,
        secret_key=KEY,
        origin=HERE,
        now=world.scheme.now,
    )


def letters(world: World, agent: Agent) -> list[Mail]:
    return list(world.session.scalars(select(Mail).where(Mail.agent_id == agent.id)))


def secret_of(mail: Mail) -> str:
    path = opened_link(mail, KEY)
    assert path is not None
    return path.rpartition("/")[2]


def accept(world: World, secret: str, *, later: timedelta = MINUTE) -> Agent:
    return entering.use_link(
        world.session,
        secret=secret,
        purpose=LinkPurpose.INVITATION,
        password_hash=PASSWORD_HASH,
        keys=KEYS,
        origin=HERE,
        now=world.scheme.now + later,
    )


def events(world: World, agent: Agent) -> list[str]:
    query = select(AccountEvent.kind).where(AccountEvent.agent_id == agent.id)
    return list(world.session.scalars(query.order_by(AccountEvent.id)))


def test_an_invitation_opens_an_account_once_and_in_time(world: World) -> None:
    agent = invite(world)
    [mail] = letters(world, agent)
    secret = secret_of(mail)

    assert "PLIE" in mail.body
    assert secret not in mail.body
    with pytest.raises(LinkServesNoMore):
        accept(world, secret, later=timedelta(days=7, minutes=1))
    assert accept(world, secret).password_hash == PASSWORD_HASH
    with pytest.raises(LinkServesNoMore):
        accept(world, secret)
    assert events(world, agent) == ["opened", "invited", "accepted"]
    again = world.session.scalar(
        select(AccountEvent).where(AccountEvent.kind == AccountEventKind.INVITED)
    )
    assert again is not None
    assert again.actor_id == actor(world, "administrator").agent_id


def test_a_new_link_replaces_the_one_before_and_a_withdrawn_one_opens_nothing(
    world: World,
) -> None:
    agent, admin = invite(world), actor(world, "administrator")
    ways: dict[str, Any] = {
        "actor": admin,
        "agent_id": agent.id,
        "origin": HERE,
        "now": world.scheme.now,
    }
    first = secret_of(letters(world, agent)[0])
    service.invite_again(world.session, invitation_id=new_id(), secret_key=KEY, **ways)
    [second] = map(secret_of, letters(world, agent))

    with pytest.raises(LinkServesNoMore):
        accept(world, first)
    service.withdraw_invitation(world.session, **ways)
    with pytest.raises(LinkServesNoMore):
        accept(world, second)
    state = service.account_state(world.session, agent, now=world.scheme.now)
    assert state is AccountState.UNINVITED
    agent.password_hash = PASSWORD_HASH
    with pytest.raises(AccountOpenAlready):
        service.invite_again(world.session, invitation_id=new_id(), secret_key=KEY, **ways)


def test_a_first_invitation_is_not_written_down_as_sent_again(world: World) -> None:
    agent = open_account(
        world.session,
        actor=actor(world, "administrator"),
        email="sans.lien@exemple.fr",
        name="Rosalie Exemple",
        role=Role.PRESCRIBER,
        organisation_id=world.scheme.organisations["plie"],
        password=None,
        now=world.scheme.now,
    )

    for _ in range(2):
        service.invite_again(
            world.session,
            actor=actor(world, "administrator"),
            agent_id=agent.id,
            invitation_id=new_id(),
            secret_key=KEY,
            origin=HERE,
            now=world.scheme.now,
        )

    assert events(world, agent) == ["opened", "invited", "invited_again"]


@pytest.mark.parametrize(
    ("who", "role", "where", "refusal"),
    [
        ("coordinator", Role.ADMINISTRATOR, "sponsor", CannotManageAccount),
        ("coordinator", Role.FINANCE, "sponsor", CannotManageAccount),
        ("plie", Role.PRESCRIBER, "plie", CannotManageAccount),
        ("manager", Role.PRESCRIBER, "ccas", CannotManageAccount),
        ("manager", Role.AUDITOR, "plie", CannotManageAccount),
        ("manager", Role.MEDIATOR, "plie", RoleNotAgreed),
        ("administrator", Role.FINANCE, "plie", RoleElsewhere),
    ],
)
def test_nobody_invites_beyond_what_is_theirs(
    world: World, who: str, role: Role, where: str, refusal: type[Exception]
) -> None:
    named_manager(world)

    with pytest.raises(refusal):
        invite(world, who, role=role, where=where)


def named_manager(world: World) -> Agent:
    manager = invite(world, email="responsable@exemple.fr", manager=True)
    world.scheme.actors["manager"] = actor_of(manager, by_token=False)
    return manager


def test_a_manager_invites_and_closes_at_home_and_sees_nobody_else(world: World) -> None:
    named_manager(world)
    manager = actor(world, "manager")
    ways: dict[str, Any] = {"actor": manager, "origin": HERE, "now": world.scheme.now}

    invited = invite(world, "manager")
    with pytest.raises(RoleNotAgreed):
        service.change_role(
            world.session, agent_id=invited.id, role=Role.MEDIATOR, manager=False, **ways
        )
    world.scheme.agreement(world.session, "plie", AgreementRole.MEDIATOR)
    service.change_role(
        world.session, agent_id=invited.id, role=Role.MEDIATOR, manager=False, **ways
    )
    invite(world, "manager", role=Role.MEDIATOR, email="mediation@exemple.fr")
    closed = service.close_account(world.session, agent_id=invited.id, reason="Départ", **ways)

    assert closed.disabled_at == world.scheme.now
    with pytest.raises(UnknownAccount):
        service.close_account(
            world.session, agent_id=actor(world, "exo7").agent_id, reason="?", **ways
        )
    with pytest.raises(TokenCannotApprove):
        service.manager_of(
            world.session,
            Actor(manager.agent_id, manager.organisation_id, manager.role, by_token=True),
        )


def test_nobody_gives_themselves_rights_and_somebody_always_administers(world: World) -> None:
    admin = actor(world, "administrator")
    ways: dict[str, Any] = {"actor": admin, "origin": HERE, "now": world.scheme.now}
    with pytest.raises(NotOnOneself):
        service.change_role(
            world.session, agent_id=admin.agent_id, role=Role.FINANCE, manager=False, **ways
        )
    with pytest.raises(NotOnOneself):
        service.close_account(world.session, agent_id=admin.agent_id, reason="?", **ways)

    other = invite(world, role=Role.ADMINISTRATOR, where="sponsor", email="autre@exemple.fr")
    theirs: dict[str, Any] = {
        "actor": actor_of(other, by_token=False),
        "origin": HERE,
        "now": world.scheme.now,
    }
    with pytest.raises(LastAdministrator):
        service.close_account(world.session, agent_id=admin.agent_id, reason="?", **theirs)
    other.password_hash = PASSWORD_HASH
    world.session.flush()

    changed = service.change_role(
        world.session, agent_id=admin.agent_id, role=Role.AUDITOR, manager=False, **theirs
    )

    assert changed.role == Role.AUDITOR
    with pytest.raises(LastAdministrator):
        service.close_account(
            world.session,
            agent_id=other.id,
            reason="?",
            **(ways | {"actor": Actor(admin.agent_id, admin.organisation_id, Role.ADMINISTRATOR)}),
        )


def test_the_same_invitation_twice_is_one_account(world: World) -> None:
    admin = actor(world, "administrator")
    ways: dict[str, Any] = {
        "actor": admin,
        "invitation_id": new_id(),
        "email": "double@exemple.fr",
        "role": Role.PRESCRIBER,
        "organisation_id": world.scheme.organisations["plie"],
        "manager": False,
        "secret_key": KEY,
        "origin": HERE,
        "now": world.scheme.now,
    }

    once = service.invite_agent(world.session, name="Rosalie", **ways)
    twice = service.invite_agent(world.session, name="Rosalie", **ways)

    assert once is twice
    assert len(letters(world, once)) == 1
    with pytest.raises(IdAlreadyUsed):
        service.invite_agent(world.session, name="Mélissa", **ways)


def test_a_reset_says_nothing_of_who_has_an_account_and_serves_for_an_hour(world: World) -> None:
    email, now = "exo7@exemple.fr", world.scheme.now
    set_password(world.session, email=email, password="Caravelle-9-Prêcheur", now=now)
    agent = queries.agent_by_email(world.session, email)
    assert agent is not None

    secrets = []
    for asked in (email, "personne@exemple.fr", *[email] * 4):
        entering.ask_for_reset(
            world.session, link_id=new_id(), email=asked, secret_key=KEY, origin=HERE, now=now
        )
        [waiting] = [mail for mail in letters(world, agent) if mail.kind == MailKind.RESET]
        secrets.append(secret_of(waiting))

    assert len(set(secrets)) == entering.RESETS_OF_ACCOUNT
    with pytest.raises(LinkServesNoMore):
        entering.owner_of_link(world.session, secret=secrets[0], purpose=LinkPurpose.RESET, now=now)
    ways: dict[str, Any] = {"secret": secrets[-1], "purpose": LinkPurpose.RESET}
    with pytest.raises(LinkServesNoMore):
        entering.owner_of_link(world.session, now=now + timedelta(hours=1, minutes=1), **ways)
    used = entering.use_link(
        world.session, password_hash=PASSWORD_HASH, keys=KEYS, origin=HERE, now=now, **ways
    )
    assert used.password_hash == PASSWORD_HASH
    assert letters(world, agent)[-1].kind == MailKind.PASSWORD_CHANGED


def test_one_place_does_not_ask_for_everybody(world: World) -> None:
    def ask(number: int) -> None:
        entering.ask_for_reset(
            world.session,
            link_id=new_id(),
            email=f"{number}@exemple.fr",
            secret_key=KEY,
            origin=HERE,
            now=world.scheme.now,
        )

    for number in range(entering.RESETS_FROM_ADDRESS):
        ask(number)
    with pytest.raises(TooManyResets):
        ask(99)


def test_a_lock_is_told_to_its_owner_once_a_day_and_can_be_lifted(world: World) -> None:
    email, now = "exo7@exemple.fr", world.scheme.now
    agent: Agent | None = None
    keys = keys_at(KEY, Door.SIGN_IN, email, place="here")
    for later in (timedelta(0), timedelta(hours=20)):
        for _ in range(5):
            agent = begin_sign_in(world.session, email=email, keys=keys, now=now + later)
            fail_sign_in(world.session, agent=agent, keys=keys, origin=HERE, now=now + later)
    now += later
    assert agent is not None

    assert [mail.kind for mail in letters(world, agent)].count(MailKind.LOCKED) == 1
    assert events(world, agent)[-2:] == ["sign_in_failed", "locked"]
    service.lift_lock(
        world.session,
        actor=actor(world, "administrator"),
        agent_id=agent.id,
        secret_key=KEY,
        origin=HERE,
        now=now,
    )
    assert begin_sign_in(world.session, email=email, keys=keys, now=now) is agent


def replace_password_by_link(world: World, email: str) -> None:
    now = world.scheme.now
    set_password(world.session, email=email, password="Caravelle-9-Prêcheur", now=now)
    entering.ask_for_reset(
        world.session, link_id=new_id(), email=email, secret_key=KEY, origin=HERE, now=now
    )
    agent = queries.agent_by_email(world.session, email)
    assert agent is not None
    [mail] = [one for one in letters(world, agent) if one.kind == MailKind.RESET]
    entering.use_link(
        world.session,
        secret=secret_of(mail),
        purpose=LinkPurpose.RESET,
        password_hash=PASSWORD_HASH,
        keys=keys_at(KEY, Door.SIGN_IN, email),
        origin=HERE,
        now=now,
    )


def test_nothing_typed_at_the_door_counts_as_a_second_step(world: World) -> None:
    """« second step 1 » is an address like another, and a new password lifts no pause of it.

    The operator lifts every pause at once.
    """
    agent_id, now = world.scheme.actors["exo7"].agent_id, world.scheme.now
    step = keys_at(KEY, Door.SECOND_STEP, agent_id)
    for typed in (f"second step {agent_id}", f"second step\0{agent_id}"):
        for _ in range(5):
            begin_try(world.session, keys=keys_at(KEY, Door.SIGN_IN, typed), now=now)
    for _ in range(5):
        begin_try(world.session, keys=step, now=now)
    replace_password_by_link(world, "exo7@exemple.fr")
    with pytest.raises(TooManyTries):
        begin_try(world.session, keys=step, now=now)

    service.lift_lock(
        world.session, actor=None, agent_id=agent_id, secret_key=KEY, origin=HERE, now=now
    )

    begin_try(world.session, keys=step, now=now)


def test_the_link_and_the_factors_of_an_account_take_two_people(world: World) -> None:
    """Without a mail server the administration reads links: alone it must not become finance."""
    admin, session = actor(world, "administrator"), world.session
    how: dict[str, Any] = {"origin": HERE, "now": world.scheme.now}
    agent = session.get_one(Agent, actor(world, "finance").agent_id)
    agent.password_hash = PASSWORD_HASH

    def codes() -> None:
        session.add(
            RecoveryCode(
                id=new_id(), agent_id=agent.id, code_hash=new_id().bytes * 2, made_at=how["now"]
            )
        )
        session.flush()

    def reset() -> None:
        reset_factors(session, actor=admin, agent_id=agent.id, reason="téléphone perdu", **how)

    def read(who: Actor | None) -> str:
        [mail_id] = [mail.id for mail in letters(world, agent) if mail.kind == MailKind.RESET]
        return service.shown_link(session, actor=who, mail_id=mail_id, secret_key=KEY, **how)

    def ask() -> None:
        entering.ask_for_reset(session, link_id=new_id(), email=agent.email, secret_key=KEY, **how)

    codes()
    reset()
    ask()
    with pytest.raises(FactorsResetBySame):
        read(admin)
    assert read(None).startswith("/mot-de-passe/")
    how["now"] += timedelta(days=8)
    with pytest.raises(LinkServesNoMore):
        read(admin)
    ask()
    assert read(admin)
    codes()
    with pytest.raises(LinkShownBySame):
        reset()
    assert events(world, agent).count("link_shown") == 2


def test_no_letter_and_no_event_names_anybody(world: World) -> None:
    agent = invite(world)

    for mail in letters(world, agent):
        assert "Rosalie" not in mail.subject + mail.body
    kept = world.session.execute(text("select * from account_event")).all()
    assert not [row for row in kept if "osalie" in str(row) or "@" in str(row)]
    with pytest.raises(DBAPIError), world.session.begin_nested():
        world.session.execute(text("update account_event set kind = 'closed'"))
    assert passwords.token_hash(secret_of(letters(world, agent)[0]))
