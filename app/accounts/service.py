"""Managing the accounts of others: invited, closed, opened again, given another role.

Nobody does any of this to their own account: so nobody gives themselves rights.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.rules import PARTNER_ROLES, AccountState, Manager, state_of
from app.database.locks import earlier, hold
from app.identity import queries as identity
from app.identity.devices import end_devices
from app.identity.errors import (
    AccountClosedAlready,
    AccountOpenAlready,
    CannotManageAccount,
    LinkServesNoMore,
    NotOnOneself,
    RoleElsewhere,
    RoleNotAgreed,
    UnknownAccount,
)
from app.identity.events import record_event
from app.identity.links import end_links, make_link
from app.identity.models import AccountLink, Agent, AgentManager
from app.identity.rules import (
    FRENCH_ROLE,
    AccountEventKind,
    Actor,
    LinkEnd,
    LinkPurpose,
    Origin,
    Right,
    Role,
)
from app.identity.service import (
    check_not_the_last,
    close,
    create_agent,
    finish_sign_in,
    keys_of_account,
)
from app.identity.session_errors import FactorsResetBySame
from app.identity.session_rules import APART_FOR
from app.kernel.errors import InvalidInput
from app.kernel.ids import request_hash
from app.kernel.text import clean, read_email
from app.mails.outbox import known_mail, opened_link, write_mail
from app.mails.rules import FRENCH_MAIL, MailKind
from app.mails.wording import written
from app.papers.french import day_and_time
from app.partners.queries import agreements_of, authority_name
from app.partners.rules import WHERE_ROLES_ARE
from app.partners.service import known_organisation

INVITATION_PATH = "/invitation/"
LONGEST_REASON = 200


def manager_of(session: Session, actor: Actor, *, right: Right = Right.INVITE_AGENTS) -> Manager:
    """What an agent may do with accounts, or only see of them.

    Raises:
        RightMissing, TokenCannotApprove: nothing at all.
    """
    actor.check(right)
    if not identity.is_manager(session, actor.agent_id):
        return Manager(actor, of_own_organisation=False)
    signed = {one.role for one in agreements_of(session, actor.organisation_id)}
    agreed = frozenset(role for role in PARTNER_ROLES if role in signed)
    return Manager(actor, of_own_organisation=True, agreed=agreed)


def _check_gives(manager: Manager, role: Role, *, organisation_id: UUID) -> None:
    """Refuse a role that this agent does not give there.

    Raises:
        CannotManageAccount, RoleNotAgreed.
    """
    if not manager.may_manage(role=role, organisation_id=organisation_id):
        raise CannotManageAccount
    if role not in manager.roles:
        raise RoleNotAgreed(role=FRENCH_ROLE[role].lower())


def known_account(session: Session, *, actor: Actor, agent_id: int) -> Agent:
    """An account that this agent sees.

    Raises:
        UnknownAccount: there is none, or it is another organisation's.
    """
    seen = manager_of(session, actor, right=Right.SEE_ACCOUNTS).sees
    agent = identity.agent(session, agent_id)
    if agent is None or seen not in {None, agent.organisation_id}:
        raise UnknownAccount
    return agent


def _managed(session: Session, *, actor: Actor, agent_id: int) -> Agent:
    """An account that this agent manages, and that is not its own."""
    hold(session, "account", agent_id)
    agent = known_account(session, actor=actor, agent_id=agent_id)
    if agent.id == actor.agent_id:
        raise NotOnOneself
    if not manager_of(session, actor).may_manage(
        role=Role(agent.role), organisation_id=agent.organisation_id
    ):
        raise CannotManageAccount
    return agent


def account_state(session: Session, agent: Agent, *, now: datetime) -> AccountState:
    """The state of an account."""
    invitation = identity.latest_invitations(session, [agent.id]).get(agent.id)
    return state_of(
        has_password=agent.password_hash is not None,
        closed_at=agent.disabled_at,
        invited_until=invitation.expires_at if invitation else None,
        now=now,
    )


# ── Invitations ───────────────────────────────────────────────────────────────────────────────────


def invite_agent(
    session: Session,
    *,
    actor: Actor,
    invitation_id: UUID,
    email: str,
    name: str,
    role: Role,
    organisation_id: UUID,
    manager: bool,
    secret_key: bytes,
    origin: Origin,
    now: datetime,
) -> Agent:
    """Open an account without password, and send the link with which its owner chooses one.

    Raises:
        CannotManageAccount: not that role, or not there.
        RoleNotAgreed: the organisation of a manager did not sign for that role.
        UnknownOrganisation, RoleElsewhere: nobody has that role there.
        InvalidInput, EmailTaken: as create_agent.
        IdAlreadyUsed: the id came earlier with another content.
    """
    _check_gives(manager_of(session, actor), role, organisation_id=organisation_id)
    digest = request_hash(
        "invitation",
        email=read_email(email) or email,
        name=clean(name),
        role=role,
        organisation=organisation_id,
        manager=manager,
    )
    if link := earlier(session, AccountLink, invitation_id, digest):
        return _owner(session, link)
    organisation = known_organisation(session, organisation_id)
    if organisation.kind not in WHERE_ROLES_ARE[role]:
        raise RoleElsewhere
    if manager and role not in PARTNER_ROLES:
        raise InvalidInput(manager="Un responsable est prescripteur ou médiateur.")
    agent = create_agent(
        session,
        actor=None,
        email=email,
        name=name,
        role=role,
        organisation_id=organisation_id,
        password=None,
        now=now,
        origin=origin,
        opened_by=actor,
    )
    if manager:
        _appoint(session, agent, actor=actor, origin=origin, now=now)
    _send(
        session,
        agent,
        organisation_name=organisation.name,
        invitation_id=invitation_id,
        digest=digest,
        actor=actor,
        kind=AccountEventKind.INVITED,
        secret_key=secret_key,
        origin=origin,
        now=now,
    )
    return agent


def invite_again(
    session: Session,
    *,
    actor: Actor,
    invitation_id: UUID,
    agent_id: int,
    secret_key: bytes,
    origin: Origin,
    now: datetime,
) -> Agent:
    """Send a new link, or the first of an account that was opened without; none before serves.

    Raises:
        UnknownAccount, CannotManageAccount, NotOnOneself: it is not this agent's to invite.
        AccountOpenAlready, AccountClosedAlready: nobody is to be invited.
        IdAlreadyUsed: the id came earlier with another content.
    """
    agent = _managed(session, actor=actor, agent_id=agent_id)
    digest = request_hash("invitation again", agent=agent_id)
    if link := earlier(session, AccountLink, invitation_id, digest):
        return _owner(session, link)
    if agent.disabled_at is not None:
        raise AccountClosedAlready
    if agent.password_hash is not None:
        raise AccountOpenAlready
    was_invited = identity.was_sent(session, agent.id, LinkPurpose.INVITATION)
    _send(
        session,
        agent,
        organisation_name=known_organisation(session, agent.organisation_id).name,
        invitation_id=invitation_id,
        digest=digest,
        actor=actor,
        kind=AccountEventKind.INVITED_AGAIN if was_invited else AccountEventKind.INVITED,
        secret_key=secret_key,
        origin=origin,
        now=now,
    )
    return agent


def withdraw_invitation(
    session: Session, *, actor: Actor, agent_id: int, origin: Origin, now: datetime
) -> Agent:
    """The link that waits serves no more; twice is once.

    Raises:
        UnknownAccount, CannotManageAccount, NotOnOneself: it is not this agent's to withdraw.
    """
    agent = _managed(session, actor=actor, agent_id=agent_id)
    ended = end_links(
        session,
        agent_id=agent.id,
        purpose=LinkPurpose.INVITATION,
        reason=LinkEnd.WITHDRAWN,
        now=now,
    )
    if ended:
        record_event(
            session,
            kind=AccountEventKind.INVITATION_WITHDRAWN,
            agent_id=agent.id,
            actor=actor,
            origin=origin,
            now=now,
        )
    return agent


def _owner(session: Session, link: AccountLink) -> Agent:
    return session.get_one(Agent, link.agent_id)


def _send(
    session: Session,
    agent: Agent,
    *,
    organisation_name: str,
    invitation_id: UUID,
    digest: bytes,
    actor: Actor,
    kind: AccountEventKind,
    secret_key: bytes,
    origin: Origin,
    now: datetime,
) -> None:
    secret, link = make_link(
        session,
        link_id=invitation_id,
        request_hash=digest,
        purpose=LinkPurpose.INVITATION,
        agent_id=agent.id,
        made_by=actor.agent_id,
        now=now,
    )
    write_mail(
        session,
        kind=MailKind.INVITATION,
        agent_id=agent.id,
        address=agent.email,
        letter=written(
            MailKind.INVITATION,
            authority=authority_name(session),
            organisation=organisation_name,
            role=FRENCH_ROLE[Role(agent.role)],
            until=day_and_time(link.expires_at),
        ),
        now=now,
        link=INVITATION_PATH + secret,
        useful_until=link.expires_at,
        key=secret_key,
    )
    record_event(session, kind=kind, agent_id=agent.id, actor=actor, origin=origin, now=now)


# ── What changes afterwards ───────────────────────────────────────────────────────────────────────


def close_account(
    session: Session, *, actor: Actor, agent_id: int, reason: str, origin: Origin, now: datetime
) -> Agent:
    """Close an account: it signs in no more and its tokens stop. What it did stays. Twice is once.

    Raises:
        UnknownAccount, CannotManageAccount, NotOnOneself: it is not this agent's to close.
        InvalidInput: nobody says why.
        LastAdministrator: nobody else would administer accounts.
    """
    agent = _managed(session, actor=actor, agent_id=agent_id)
    if agent.disabled_at is not None:
        return agent
    why = clean(reason, longest=LONGEST_REASON)
    if why is None:
        raise InvalidInput(reason="Écrivez pourquoi, en 200 caractères au plus, sans nom.")
    close(session, agent, actor=actor, reason=why, origin=origin, now=now)
    if agent.password_hash is not None:
        _tell(session, agent, MailKind.CLOSED, now=now)
    return agent


def reopen_account(
    session: Session, *, actor: Actor, agent_id: int, origin: Origin, now: datetime
) -> Agent:
    """Open a closed account again, with the password and the role that it had. Twice is once.

    Raises:
        UnknownAccount, CannotManageAccount, NotOnOneself: it is not this agent's to open.
    """
    agent = _managed(session, actor=actor, agent_id=agent_id)
    if agent.disabled_at is None:
        return agent
    agent.disabled_at = None
    record_event(
        session,
        kind=AccountEventKind.REOPENED,
        agent_id=agent.id,
        actor=actor,
        origin=origin,
        now=now,
    )
    if agent.password_hash is not None:
        _tell(session, agent, MailKind.REOPENED, now=now)
    return agent


def change_role(
    session: Session,
    *,
    actor: Actor,
    agent_id: int,
    role: Role,
    manager: bool,
    origin: Origin,
    now: datetime,
) -> Agent:
    """Give an account another role, or the care of its organisation's accounts. Twice is once.

    Raises:
        UnknownAccount, CannotManageAccount, NotOnOneself: it is not this agent's to change.
        RoleNotAgreed: the organisation of a manager did not sign for that role.
        RoleElsewhere: nobody has that role there.
        InvalidInput: only a prescriber or a mediator manages the accounts of its organisation.
        LastAdministrator: nobody else would administer accounts.
    """
    agent = _managed(session, actor=actor, agent_id=agent_id)
    before = Role(agent.role)
    if role != before:
        _check_gives(manager_of(session, actor), role, organisation_id=agent.organisation_id)
    if known_organisation(session, agent.organisation_id).kind not in WHERE_ROLES_ARE[role]:
        raise RoleElsewhere
    if manager and role not in PARTNER_ROLES:
        raise InvalidInput(manager="Un responsable est prescripteur ou médiateur.")
    if role != before:
        check_not_the_last(session, agent)
        record_event(
            session,
            kind=AccountEventKind.ROLE_CHANGED,
            agent_id=agent.id,
            actor=actor,
            origin=origin,
            now=now,
            detail=f"{FRENCH_ROLE[before]} → {FRENCH_ROLE[role]}",
        )
        agent.role = role
        end_devices(session, agent_id=agent.id, origin=origin, now=now)
        session.flush()
        if agent.password_hash is not None and agent.disabled_at is None:
            _tell(session, agent, MailKind.ROLE_CHANGED, now=now, role=FRENCH_ROLE[role])
    appointed = session.get(AgentManager, agent.id)
    if manager and appointed is None:
        _appoint(session, agent, actor=actor, origin=origin, now=now)
    elif not manager and appointed is not None:
        session.delete(appointed)
        record_event(
            session,
            kind=AccountEventKind.MANAGER_DISMISSED,
            agent_id=agent.id,
            actor=actor,
            origin=origin,
            now=now,
        )
    return agent


def _appoint(
    session: Session, agent: Agent, *, actor: Actor, origin: Origin, now: datetime
) -> None:
    session.add(AgentManager(agent_id=agent.id, appointed_by=actor.agent_id, appointed_at=now))
    record_event(
        session,
        kind=AccountEventKind.MANAGER_APPOINTED,
        agent_id=agent.id,
        actor=actor,
        origin=origin,
        now=now,
    )


def lift_lock(
    session: Session,
    *,
    actor: Actor | None,
    agent_id: int,
    secret_key: bytes,
    origin: Origin,
    now: datetime,
) -> Agent:
    """Let an account try again before its pause is over: password, second step, everything.

    `actor` is None for the operator of the machine.

    Raises:
        UnknownAccount, CannotManageAccount, NotOnOneself: it is not this agent's to let in.
    """
    agent = (
        session.get_one(Agent, agent_id)
        if actor is None
        else _managed(session, actor=actor, agent_id=agent_id)
    )
    for keys in keys_of_account(secret_key, agent):
        hold(session, "sign in", keys.email_hash.hex())
        finish_sign_in(session, keys=keys, now=now)
    record_event(
        session,
        kind=AccountEventKind.LOCK_LIFTED,
        agent_id=agent.id,
        actor=actor,
        origin=origin,
        now=now,
    )
    return agent


def shown_link(
    session: Session,
    *,
    actor: Actor | None,
    mail_id: UUID,
    secret_key: bytes,
    origin: Origin,
    now: datetime,
) -> str:
    """The path of a letter's link, for whoever gives it in person; the journal says who read it.

    `actor` is None for the operator of the machine.

    Raises:
        RightMissing, UnknownMail.
        LinkServesNoMore: the letter has no link, or its time is over.
        FactorsResetBySame: this agent took the second factors of that account away lately.
    """
    if actor is not None:
        actor.check(Right.SEE_MAILS)
    mail = known_mail(session, mail_id)
    # What a letter to a person of the scheme keeps sealed is where they are: nobody reads it.
    path = None if mail.kind == MailKind.ORIENTATION else opened_link(mail, secret_key)
    if path is None or mail.useful_until < now:
        raise LinkServesNoMore
    # The same lock as the reset of factors takes: of the two, one comes second and sees the other.
    hold(session, "second factors", mail.agent_id)
    if (
        actor is not None
        and mail.kind == MailKind.RESET
        and actor.agent_id != mail.agent_id
        and identity.has_done(
            session,
            AccountEventKind.FACTOR_REMOVED,
            actor_id=actor.agent_id,
            agent_id=mail.agent_id,
            since=now - APART_FOR,
        )
    ):
        raise FactorsResetBySame
    record_event(
        session,
        kind=AccountEventKind.LINK_SHOWN,
        agent_id=mail.agent_id,
        actor=actor,
        origin=origin,
        now=now,
        detail=FRENCH_MAIL[MailKind(mail.kind)],
    )
    return path


def _tell(session: Session, agent: Agent, kind: MailKind, *, now: datetime, **values: str) -> None:
    write_mail(
        session,
        kind=kind,
        agent_id=agent.id,
        address=agent.email,
        letter=written(kind, at=day_and_time(now), **values),
        now=now,
    )
