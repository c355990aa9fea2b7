"""Agents, tokens and signing in."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import and_, delete, or_
from sqlalchemy.orm import Session

from app.database.locks import hold
from app.identity import passwords, queries
from app.identity.devices import end_devices
from app.identity.errors import (
    AgentDisabled,
    EmailTaken,
    LastAdministrator,
    TooManyAttempts,
    TooManyTries,
    UnknownAgent,
    UnknownToken,
)
from app.identity.events import record_event
from app.identity.links import end_links
from app.identity.models import Agent, ApiToken, SignInAttempt
from app.identity.rules import (
    FRENCH_ROLE,
    FROM_COMMAND,
    AccountEventKind,
    Actor,
    LinkEnd,
    Origin,
    Right,
    Role,
)
from app.identity.session_rules import SessionEnd
from app.identity.sessions import end_because
from app.kernel.clock import martinique_day
from app.kernel.errors import InvalidInput
from app.kernel.ids import new_id
from app.kernel.text import clean, not_latin, read_email
from app.mails.outbox import write_mail
from app.mails.queries import told_since
from app.mails.rules import MailKind
from app.mails.wording import written
from app.papers.french import clock, day_and_time

ATTEMPTS_WINDOW = timedelta(minutes=15)
ATTEMPTS_OF_ACCOUNT = 5
"""At one account from one place: a browser that has signed in before, or a network address."""
ATTEMPTS_FROM_EVERYWHERE = 20
"""At one account from all places; who signs in where they did before is not kept out by it."""
ATTEMPTS_OF_DAY = 100
"""Within a day from all places, or from one browser that is known (NIST SP 800-63B, 5.2.2)."""
A_DAY = timedelta(days=1)
KNOWN_FOR = timedelta(days=180)
"""How long a browser is known by the last right password typed there; no attempt counts longer."""
ATTEMPTS_FROM_ADDRESS = 50
LOCK_TOLD_EVERY = timedelta(days=1)
TOKEN_LIFE = timedelta(days=365)


def create_agent(
    session: Session,
    *,
    actor: Actor | None,
    email: str,
    name: str,
    role: Role,
    organisation_id: UUID,
    password: str | None,
    now: datetime,
    origin: Origin = FROM_COMMAND,
    opened_by: Actor | None = None,
) -> Agent:
    """Open an account. `actor` is None for the operator of the machine (command line).

    `opened_by` is who invites, where that is somebody whose right was judged before.

    Raises:
        RightMissing: only the administration of accounts may.
        InvalidInput: address or name cannot be one.
        EmailTaken: an account has that address.
        WeakPassword: see the rule.
    """
    if actor is not None:
        actor.check(Right.MANAGE_ACCOUNTS)
    address, cleaned = read_email(email), clean(name)
    wrong = wrong_about(email=email, name=name)
    if address is None or cleaned is None or wrong:
        raise InvalidInput(**wrong)
    hold(session, "agent", address)
    if queries.agent_by_email(session, address):
        raise EmailTaken
    agent = Agent(
        email=address,
        name=cleaned,
        role=role,
        organisation_id=organisation_id,
        password_hash=hashed(password, address, cleaned) if password is not None else None,
        created_at=now,
    )
    session.add(agent)
    session.flush()
    record_event(
        session,
        kind=AccountEventKind.OPENED,
        agent_id=agent.id,
        actor=actor or opened_by,
        origin=origin,
        now=now,
        detail=FRENCH_ROLE[role],
    )
    return agent


def wrong_about(*, email: str, name: str) -> dict[str, str]:
    """What to write instead where nobody can have that name, or that address."""
    said = not_latin(name=name)
    if clean(name) is None:
        said["name"] = "Écrivez le nom de l’agent, en 200 caractères au plus."
    if read_email(email) is None:
        said["email"] = "Écrivez une adresse complète, par exemple prenom.nom@exemple.fr."
    return said


def hashed(password: str, *about: str) -> str:
    """The hash of a password that follows the rule and names nobody."""
    return passwords.hash_password(password, about=[name.partition("@")[0] for name in about])


def set_password(session: Session, *, email: str, password: str, now: datetime) -> Agent:
    """Replace the password of an account, as the operator of the machine.

    Raises:
        UnknownAgent: no account has that address.
        WeakPassword: see the rule.
    """
    agent = known_agent(session, email)
    agent.password_hash = hashed(password, agent.email, agent.name)
    end_because(session, agent_id=agent.id, why=SessionEnd.PASSWORD, now=now)
    end_links(session, agent_id=agent.id, reason=LinkEnd.REPLACED, now=now)
    record_event(
        session,
        kind=AccountEventKind.PASSWORD_CHANGED,
        agent_id=agent.id,
        actor=None,
        origin=FROM_COMMAND,
        now=now,
    )
    return agent


def disable_agent(session: Session, *, email: str, now: datetime) -> Agent:
    """Close an account, as the operator of the machine.

    Raises:
        UnknownAgent: no account has that address.
        LastAdministrator: nobody else would administer accounts.
    """
    agent = known_agent(session, email)
    if agent.disabled_at is None:
        close(session, agent, actor=None, reason=None, origin=FROM_COMMAND, now=now)
    return agent


def close(
    session: Session,
    agent: Agent,
    *,
    actor: Actor | None,
    reason: str | None,
    origin: Origin,
    now: datetime,
) -> None:
    """The account signs in no more, its links and tokens stop. What it did stays.

    Raises:
        LastAdministrator: nobody else would administer accounts.
    """
    check_not_the_last(session, agent)
    record_event(
        session,
        kind=AccountEventKind.CLOSED,
        agent_id=agent.id,
        actor=actor,
        origin=origin,
        now=now,
        detail=reason,
    )
    end_links(session, agent_id=agent.id, reason=LinkEnd.WITHDRAWN, now=now)
    end_because(session, agent_id=agent.id, why=SessionEnd.CLOSED, now=now)
    end_devices(session, agent_id=agent.id, origin=origin, now=now)
    agent.disabled_at = now
    session.flush()


def check_not_the_last(session: Session, agent: Agent) -> None:
    """Refuse to leave accounts without anybody who administers them.

    Raises:
        LastAdministrator: no other administrator can sign in.
    """
    hold(session, "administrators")
    if agent.role == Role.ADMINISTRATOR and not queries.other_open_administrators(
        session, agent.id
    ):
        raise LastAdministrator


def known_agent(session: Session, email: str) -> Agent:
    """The agent of that address.

    Raises:
        UnknownAgent: no account has that address.
    """
    agent = queries.agent_by_email(session, read_email(email) or "")
    if agent is None:
        raise UnknownAgent
    return agent


def working_agent(session: Session, email: str) -> Agent:
    """The agent of that address, whose account is open: who may act.

    Raises:
        UnknownAgent: no account has that address.
        AgentDisabled: it is closed.
    """
    agent = known_agent(session, email)
    if agent.disabled_at is not None:
        raise AgentDisabled
    return agent


@dataclass(frozen=True, slots=True)
class SignInKeys:
    """What the throttle recognises: keyed hashes of who tries at which door, and from where."""

    email_hash: bytes
    address_hash: bytes
    refusal: type[TooManyAttempts] = TooManyAttempts
    browser_hash: bytes | None = None
    """What the browser was given when a password was right there, or is about to be given."""
    strict: bool = False
    """Whether few tries are allowed from all places together: a code is shorter than a password."""


class Door(StrEnum):
    """What is tried; each has a counter of its own, that nothing typed at another one reaches."""

    SIGN_IN = "sign in"
    SECOND_STEP = "second step"
    PASSKEY = "passkey"
    PASSWORD_CHANGE = "password change"  # noqa: S105 - a word, not a secret


NOWHERE = "nowhere"
"""Where an account is meant apart from any network address."""


def keys_at(
    key: bytes, door: Door, who: object, *, place: str = NOWHERE, browser: str = ""
) -> SignInKeys:
    """What the throttle recognises at that door: an address typed, the number of an agent, a key.

    The door is hashed with it, so « second step 1 » typed as an address blocks nobody's.
    """
    refusal = TooManyAttempts if door is Door.SIGN_IN else TooManyTries
    return SignInKeys(
        passwords.keyed_hash(key, f"{door}\0{str(who).strip().lower()[:254]}"),
        passwords.keyed_hash(key, place),
        refusal,
        passwords.keyed_hash(key, f"browser\0{browser}") if browser else None,
        strict=door is not Door.SIGN_IN,
    )


def keys_of_account(key: bytes, agent: Agent) -> tuple[SignInKeys, ...]:
    """Every counter that may keep an agent out."""
    return (
        keys_at(key, Door.SIGN_IN, agent.email),
        keys_at(key, Door.SECOND_STEP, agent.id),
        keys_at(key, Door.PASSWORD_CHANGE, agent.id),
    )


def begin_sign_in(session: Session, *, email: str, keys: SignInKeys, now: datetime) -> Agent | None:
    """Count a try before it is made, so that tries sent together count too; the agent, if any.

    The caller commits, checks the password outside any transaction (it takes a quarter of a
    second on purpose), and calls `finish_sign_in` when it was the one, else `fail_sign_in`.

    Raises:
        TooManyAttempts: as `begin_try`.
    """
    begin_try(session, keys=keys, now=now)
    agent = queries.agent_by_email(session, read_email(email) or "")
    return agent if agent is not None and agent.disabled_at is None else None


def begin_try(session: Session, *, keys: SignInKeys, now: datetime) -> None:
    """Count a try at anything that lets somebody in: a password, a code, a key.

    Raises:
        TooManyAttempts: five failures of one account from one place, twenty from everywhere, or
            fifty of all accounts from one address in 15 minutes; a hundred of one account in a day.
    """
    hold(session, "sign in", keys.email_hash.hex())
    keys = _placed(session, keys, now=now)
    if until := locked_until(session, keys=keys, now=now):
        raise keys.refusal(until=_told(until, now=now))
    _write_attempt(session, keys, succeeded=False, now=now)


def _told(until: datetime, *, now: datetime) -> str:
    """« 9 h 02 », or « demain, 9 h 02 »."""
    tomorrow = martinique_day(until) > martinique_day(now)
    return f"demain, {clock(until)}" if tomorrow else clock(until)


def _known(session: Session, keys: SignInKeys, *, now: datetime) -> bool:
    """Whether the account's password was right in this browser before."""
    return (
        keys.browser_hash is not None
        and not keys.strict
        and queries.has_entered(
            session,
            email_hash=keys.email_hash,
            place_hash=keys.browser_hash,
            since=now - KNOWN_FOR,
        )
    )


def _placed(session: Session, keys: SignInKeys, *, now: datetime) -> SignInKeys:
    """The place that counts: a browser that is known, else the network address.

    A browser that is not known could be another one at each try.
    """
    if keys.browser_hash is not None and _known(session, keys, now=now):
        return replace(keys, address_hash=keys.browser_hash)
    return keys


def locked_until(session: Session, *, keys: SignInKeys, now: datetime) -> datetime | None:
    """Until when that account, or that network address, may not try; None when it may.

    Whoever tries from elsewhere keeps out neither a browser that is known nor, for five tries,
    another network: anybody could keep anybody out. All of them together have a limit.
    """
    found = _failures(session, keys, now=now)
    rules = [
        (found.here, found.first_here, ATTEMPTS_OF_ACCOUNT, ATTEMPTS_WINDOW),
        (found.here_of_day, found.first_here_of_day, ATTEMPTS_OF_DAY, A_DAY),
        (found.from_address, found.first_from_address, ATTEMPTS_FROM_ADDRESS, ATTEMPTS_WINDOW),
    ]
    if not _known(session, keys, now=now):
        most = ATTEMPTS_OF_ACCOUNT if keys.strict else ATTEMPTS_FROM_EVERYWHERE
        rules += [
            (found.of_account, found.first_of_account, most, ATTEMPTS_WINDOW),
            (found.of_day, found.first_of_day, ATTEMPTS_OF_DAY, A_DAY),
        ]
    ends = [
        first + window
        for count, first, most, window in rules
        if count >= most and first is not None
    ]
    return max(ends, default=None)


def locked_somewhere_until(session: Session, *, keys: SignInKeys, now: datetime) -> datetime | None:
    """Until when that account may not be tried from some place, for whoever manages it."""
    ends = [locked_until(session, keys=keys, now=now)]
    for most, window in ((ATTEMPTS_OF_ACCOUNT, ATTEMPTS_WINDOW), (ATTEMPTS_OF_DAY, A_DAY)):
        worst = queries.worst_place(
            session, email_hash=keys.email_hash, most=most, since=now - window
        )
        ends.append(worst and worst + window)
    return max(filter(None, ends), default=None)


def _failures(session: Session, keys: SignInKeys, *, now: datetime) -> queries.Failures:
    return queries.failures_since(
        session,
        email_hash=keys.email_hash,
        address_hash=keys.address_hash,
        since=now - ATTEMPTS_WINDOW,
        day=now - A_DAY,
    )


def fail_sign_in(
    session: Session, *, agent: Agent | None, keys: SignInKeys, origin: Origin, now: datetime
) -> None:
    """The password was not the one. The last try that is allowed locks, and its owner is told."""
    hold(session, "sign in", keys.email_hash.hex())
    agent_id = agent.id if agent is not None else None
    record_event(
        session,
        kind=AccountEventKind.SIGN_IN_FAILED,
        agent_id=agent_id,
        actor=None,
        origin=origin,
        now=now,
    )
    until = locked_until(session, keys=_placed(session, keys, now=now), now=now)
    if agent is None or until is None:
        return
    since = now - ATTEMPTS_WINDOW
    if queries.count_events(session, AccountEventKind.LOCKED, since=since, agent_id=agent_id):
        return
    record_event(
        session,
        kind=AccountEventKind.LOCKED,
        agent_id=agent_id,
        actor=None,
        origin=origin,
        now=now,
    )
    # Whoever tries for days would otherwise fill a mailbox: once a day says enough.
    if told_since(session, agent.id, MailKind.LOCKED, since=now - LOCK_TOLD_EVERY):
        return
    write_mail(
        session,
        kind=MailKind.LOCKED,
        agent_id=agent.id,
        address=agent.email,
        letter=written(MailKind.LOCKED, at=day_and_time(now), until=day_and_time(until)),
        now=now,
    )


def finish_sign_in(session: Session, *, keys: SignInKeys, now: datetime) -> None:
    """The password was the one, or its owner has proved who they are: the slate is clean.

    The browser is known from now on.
    """
    _write_attempt(session, keys, succeeded=True, now=now)
    if keys.browser_hash is not None and not keys.strict:
        known = replace(keys, address_hash=keys.browser_hash)
        _write_attempt(session, known, succeeded=True, now=now)


def _write_attempt(session: Session, keys: SignInKeys, *, succeeded: bool, now: datetime) -> None:
    session.add(
        SignInAttempt(
            email_hash=keys.email_hash,
            address_hash=keys.address_hash,
            succeeded=succeeded,
            attempted_at=now,
        )
    )
    session.flush()


def forget_attempts(session: Session, *, now: datetime) -> None:
    """Forget the attempts that no lock counts any more and by which no browser is known.

    The journal of accounts keeps who signed in and which account was locked.
    """
    session.execute(
        delete(SignInAttempt).where(
            or_(
                SignInAttempt.attempted_at < now - KNOWN_FOR,
                and_(~SignInAttempt.succeeded, SignInAttempt.attempted_at < now - A_DAY),
            )
        )
    )


def create_token(
    session: Session, *, email: str, label: str, now: datetime
) -> tuple[str, ApiToken]:
    """A bearer token for the programs of an agent; it is shown once and lasts a year.

    Raises:
        UnknownAgent: no account has that address, or it is closed.
    """
    agent = known_agent(session, email)
    if agent.disabled_at is not None:
        raise UnknownAgent
    secret, secret_hash = passwords.new_token()
    token = ApiToken(
        id=new_id(),
        agent_id=agent.id,
        token_hash=secret_hash,
        label=clean(label) or "passnum",
        created_at=now,
        expires_at=now + TOKEN_LIFE,
    )
    session.add(token)
    session.flush()
    record_event(
        session,
        kind=AccountEventKind.TOKEN_MADE,
        agent_id=agent.id,
        actor=None,
        origin=FROM_COMMAND,
        now=now,
        detail=token.label,
    )
    return secret, token


def revoke_token(session: Session, *, token_id: UUID, now: datetime) -> ApiToken:
    """Stop a token at once.

    Raises:
        UnknownToken: no token has that id.
    """
    token = queries.token(session, token_id)
    if token is None:
        raise UnknownToken
    if token.revoked_at is None:
        token.revoked_at = now
        record_event(
            session,
            kind=AccountEventKind.TOKEN_REVOKED,
            agent_id=token.agent_id,
            actor=None,
            origin=FROM_COMMAND,
            now=now,
            detail=token.label,
        )
    return token


def actor_of(agent: Agent, *, by_token: bool, device_id: UUID | None = None) -> Actor:
    """The agent as services know it."""
    return Actor(
        agent.id, agent.organisation_id, Role(agent.role), by_token=by_token, device_id=device_id
    )
