"""Accounts on pages: the list, an invitation, one account, and one's own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts import entering, queries, service
from app.accounts.rules import AccountState, Manager
from app.accounts.views import AccountTold, EventTold, accounts_told, events_told
from app.database.lists import Place
from app.identity import passwords
from app.identity import queries as identity
from app.identity.errors import WeakPassword, WrongCurrentPassword
from app.identity.events import record_event
from app.identity.models import Agent
from app.identity.queries import EventFilter
from app.identity.rules import FRENCH_ROLE, RIGHTS, AccountEventKind, Right, Role
from app.identity.service import (
    Door,
    begin_try,
    finish_sign_in,
    hashed,
    keys_of_account,
    locked_somewhere_until,
    wrong_about,
)
from app.kernel.clock import martinique_day
from app.papers.french import clock
from app.papers.sheets import Kind
from app.partners.models import Organisation
from app.web.auth import (
    check,
    current_actor,
    current_agent,
    current_standing,
    origin,
    sign_in_keys,
    started_at,
)
from app.web.forms import Form, done
from app.web.lists import Column, Listed, Listing
from app.web.pages import Choice
from app.web.transaction import current_settings, in_transaction

bp = Blueprint("accounts_pages", __name__)

LINES = 50
LATEST = 10
STATES = {
    "ouverts": AccountState.OPEN,
    "invites": AccountState.INVITED,
    "fermes": AccountState.CLOSED,
}
STATE_CHOICES = (
    Choice("ouverts", "Ouverts"),
    Choice("invites", "Pas encore venus"),
    Choice("fermes", "Fermés"),
)
ROLE_CHOICES = tuple(Choice(str(role), words) for role, words in FRENCH_ROLE.items())


# ── The list ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AccountsPage:
    """Accounts by name, and the filters that stay in the address."""

    list: Listed[AccountTold]
    organisations: tuple[Choice, ...]
    roles: tuple[Choice, ...]
    states: tuple[Choice, ...]
    may_invite: bool
    at_home: bool
    """The accounts of one's own organisation alone."""
    kept: bool
    """There is no mail server: what is sent stays here."""


def _organisations(session: Session, manager: Manager) -> list[Organisation]:
    return queries.organisations(session) if manager.sees is None else []


def _found(session: Session, form: Form, place: Place) -> list[Agent]:
    manager = service.manager_of(session, current_actor(), right=Right.SEE_ACCOUNTS)
    places = _organisations(session, manager)
    chosen = form.among("structure", {str(one.id): one.id for one in places})
    return queries.accounts(
        session,
        place,
        organisation_id=manager.sees or chosen,
        role=form.among("role", {str(role): role for role in Role}),
        state=form.among("etat", STATES),
    )


def _told(session: Session, found: Sequence[Agent]) -> list[AccountTold]:
    return accounts_told(session, found, now=started_at())


ACCOUNTS = Listing(
    "accounts_pages.listed",
    name="comptes",
    title="Comptes",
    columns=(
        Column[AccountTold]("Personne", lambda one: one.name, sort="nom", width=30),
        Column("Adresse", lambda one: one.email, width=36, shown=False),
        Column("Rôle", lambda one: one.role_name, width=24),
        Column("Responsable", lambda one: "oui" if one.manager else "", shown=False),
        Column("Structure", lambda one: one.organisation, sort="structure", width=36),
        Column(
            "Ouvert le",
            lambda one: martinique_day(one.created_at),
            Kind.DAY,
            "creation",
            shown=False,
        ),
        Column("État", lambda one: one.state_name),
    ),
    filters=("structure", "role", "etat"),
    found=_found,
    told=_told,
    first="nom",
    lines=LINES,
    numbered=True,
)
"""Who may sign in is what this list is for: its file names agents, for those who manage them."""


@bp.get("/comptes")
def listed() -> ResponseReturnValue:
    """Every account that the person who asks may see."""
    check(Right.SEE_ACCOUNTS)

    def work(session: Session) -> AccountsPage:
        manager = service.manager_of(session, current_actor(), right=Right.SEE_ACCOUNTS)
        places = _organisations(session, manager)
        return AccountsPage(
            ACCOUNTS.page(session),
            tuple(Choice(str(place.id), place.name) for place in places),
            ROLE_CHOICES,
            STATE_CHOICES,
            _may_invite(manager),
            manager.sees is not None,
            current_settings().mail_server is None,
        )

    return render_template("accounts/list.html", page=in_transaction(work))


@bp.get("/comptes.<any(csv, xlsx):ending>")
def listed_file(ending: str) -> ResponseReturnValue:
    """The accounts of the address, all of them."""
    check(Right.SEE_ACCOUNTS)
    return ACCOUNTS.file(ending)


def _may_invite(manager: Manager) -> bool:
    return manager.administers or manager.coordinates or manager.of_own_organisation


# ── An invitation ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class InvitePage:
    """The form that invites somebody."""

    form: Form
    organisations: tuple[Choice, ...]
    roles: tuple[Choice, ...]
    home: str
    """The only organisation where this person invites; empty when it is to be chosen."""
    may_invite: bool


@bp.route("/comptes/inviter", methods=["GET", "POST"])
def invite() -> ResponseReturnValue:
    """Invite somebody by e-mail."""
    check(Right.INVITE_AGENTS)
    form = (
        Form.sent()
        if request.method == "POST"
        else Form.blank(
            structure=request.args.get("structure", ""), role=request.args.get("role", "")
        )
    )
    if request.method == "POST":

        def act(session: Session) -> Agent:
            manager = service.manager_of(session, current_actor())
            form.note(wrong_about(email=form.text("email"), name=form.text("name")))
            place = manager.sees or form.uuid("structure", "Choisissez la structure.")
            role = form.choice("role", Role, "Choisissez le rôle.")
            form.check()
            return service.invite_agent(
                session,
                actor=current_actor(),
                invitation_id=form.id,
                email=form.text("email"),
                name=form.text("name"),
                role=role,
                organisation_id=place,
                manager=form.checked("manager"),
                secret_key=current_settings().secret_key,
                origin=origin(),
                now=started_at(),
            )

        if (agent := form.submit(act)) is not None:
            return done(url_for(".shown", agent_id=agent.id), _sent())

    def work(session: Session) -> InvitePage:
        manager = service.manager_of(session, current_actor())
        places = queries.organisations(session) if manager.sees is None else []
        home = identity.agent(session, manager.actor.agent_id)
        return InvitePage(
            form,
            tuple(Choice(str(place.id), place.name) for place in places),
            tuple(Choice(str(role), FRENCH_ROLE[role]) for role in manager.roles),
            accounts_told(session, [home], now=started_at())[0].organisation
            if manager.sees is not None and home is not None
            else "",
            _may_invite(manager),
        )

    return render_template("accounts/invite.html", page=in_transaction(work)), form.status


def _sent() -> str:
    if current_settings().mail_server is None:
        return (
            "L’invitation est prête. Aucun serveur de courriel n’est réglé : l’administration "
            "donne le lien, depuis « Courriels »."
        )
    return "L’invitation part par courriel. Son lien sert une fois, pendant 7 jours."


# ── One account ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One account: what it is, what happened to it, what may be done with it."""

    account: AccountTold
    form: Form
    locked: str
    events: tuple[EventTold, ...]
    may_manage: bool
    mine: bool
    sees_journal: bool
    roles: tuple[Choice, ...]
    may_secure: bool
    """Whether sessions and second factors may be ended from here."""


@bp.route("/comptes/<int:agent_id>", methods=["GET", "POST"])
def shown(agent_id: int) -> ResponseReturnValue:
    """One account; its buttons invite again, withdraw, unlock and open again."""
    check(Right.SEE_ACCOUNTS)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        act, sentence = ACTS.get(form.text("act"), (None, ""))
        if act is None:
            form.wrong("formulaire", "Choisissez un geste de la page.")
            form.status = HTTPStatus.UNPROCESSABLE_ENTITY
        elif form.submit(lambda session: act(session, agent_id, form.id)) is not None:
            return done(url_for(".shown", agent_id=agent_id), sentence or _sent())
    return render_template("accounts/account.html", page=_account(agent_id, form)), form.status


def _invite_again(session: Session, agent_id: int, invitation_id: UUID) -> Agent:
    return service.invite_again(
        session,
        actor=current_actor(),
        invitation_id=invitation_id,
        agent_id=agent_id,
        secret_key=current_settings().secret_key,
        origin=origin(),
        now=started_at(),
    )


def _withdraw(session: Session, agent_id: int, _: UUID) -> Agent:
    return service.withdraw_invitation(
        session, actor=current_actor(), agent_id=agent_id, origin=origin(), now=started_at()
    )


def _reopen(session: Session, agent_id: int, _: UUID) -> Agent:
    return service.reopen_account(
        session, actor=current_actor(), agent_id=agent_id, origin=origin(), now=started_at()
    )


def _unlock(session: Session, agent_id: int, _: UUID) -> Agent:
    return service.lift_lock(
        session,
        actor=current_actor(),
        agent_id=agent_id,
        secret_key=current_settings().secret_key,
        origin=origin(),
        now=started_at(),
    )


ACTS: dict[str, tuple[Callable[[Session, int, UUID], Agent], str]] = {
    "again": (_invite_again, ""),
    "withdraw": (_withdraw, "L’invitation est retirée : son lien ne sert plus."),
    "reopen": (_reopen, "Le compte est rouvert. La personne se connecte comme avant."),
    "unlock": (_unlock, "Le blocage est levé. La personne peut se connecter tout de suite."),
}


def _account(agent_id: int, form: Form) -> AccountPage:
    def work(session: Session) -> AccountPage:
        actor = current_actor()
        manager = service.manager_of(session, actor)
        agent = service.known_account(session, actor=actor, agent_id=agent_id)
        until = max(
            filter(
                None,
                (
                    locked_somewhere_until(session, keys=keys, now=started_at())
                    for keys in keys_of_account(current_settings().secret_key, agent)
                ),
            ),
            default=None,
        )
        sees = Right.SEE_ACCOUNT_EVENTS in RIGHTS[actor.role]
        events = (
            identity.latest_events(session, Place(LATEST), asked=EventFilter(agent_id=agent_id))
            if sees
            else []
        )
        mine = agent.id == actor.agent_id
        return AccountPage(
            accounts_told(session, [agent], now=started_at())[0],
            form,
            clock(until) if until else "",
            tuple(events_told(session, events)),
            not mine
            and manager.may_manage(role=Role(agent.role), organisation_id=agent.organisation_id),
            mine,
            sees,
            tuple(
                Choice(str(role), FRENCH_ROLE[role])
                for role in Role
                if role in manager.roles or role == agent.role
            ),
            Right.MANAGE_ACCOUNTS in RIGHTS[actor.role],
        )

    return in_transaction(work)


@bp.route("/comptes/<int:agent_id>/fermer", methods=["GET", "POST"])
def close(agent_id: int) -> ResponseReturnValue:
    """Close an account, once one has said why."""
    check(Right.INVITE_AGENTS)
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        closed = form.submit(
            lambda session: service.close_account(
                session,
                actor=current_actor(),
                agent_id=agent_id,
                reason=form.text("reason"),
                origin=origin(),
                now=started_at(),
            )
        )
        if closed is not None:
            return done(
                url_for(".shown", agent_id=agent_id),
                "Le compte est fermé : il ne se connecte plus. Ce qu’il a fait reste enregistré.",
            )
    return render_template("accounts/close.html", page=_account(agent_id, form)), form.status


@bp.route("/comptes/<int:agent_id>/role", methods=["GET", "POST"])
def change(agent_id: int) -> ResponseReturnValue:
    """Give an account another role, or the care of its organisation's accounts."""
    check(Right.INVITE_AGENTS)
    if request.method == "POST":
        form = Form.sent()

        def act(session: Session) -> Agent:
            role = form.choice("role", Role, "Choisissez le rôle.")
            form.check()
            return service.change_role(
                session,
                actor=current_actor(),
                agent_id=agent_id,
                role=role,
                manager=form.checked("manager"),
                origin=origin(),
                now=started_at(),
            )

        if form.submit(act) is not None:
            return done(
                url_for(".shown", agent_id=agent_id),
                "Le rôle est enregistré. Il vaut dès la prochaine page que la personne ouvre.",
            )
        return render_template("accounts/role.html", page=_account(agent_id, form)), form.status
    known = _account(agent_id, Form.asked())
    form = Form.blank(role=str(known.account.role), manager="oui" if known.account.manager else "")
    return render_template("accounts/role.html", page=_account(agent_id, form)), form.status


# ── One's own account ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class MinePage:
    """One's own account."""

    account: AccountTold
    form: Form


def _mine(form: Form) -> MinePage:
    return in_transaction(
        lambda session: MinePage(
            accounts_told(session, [session.get_one(Agent, current_agent().id)], now=started_at())[
                0
            ],
            form,
        )
    )


@bp.route("/mon-compte", methods=["GET", "POST"])
def mine() -> ResponseReturnValue:
    """One's name, role and organisation; the name may be written otherwise."""
    form = Form.sent() if request.method == "POST" else Form.blank(name=current_agent().name)
    if request.method == "POST":
        renamed = form.submit(
            lambda session: entering.change_name(
                session,
                agent_id=current_agent().id,
                name=form.text("name"),
                origin=origin(),
                now=started_at(),
            )
        )
        if renamed is not None:
            return done(
                url_for(".mine"), "Votre nom est enregistré. Il se lit ainsi dès maintenant."
            )
    return render_template("accounts/mine.html", page=_mine(form)), form.status


@bp.route("/mon-compte/mot-de-passe", methods=["GET", "POST"])
def my_password() -> ResponseReturnValue:
    """Another password, once the current one was typed."""
    form = Form.sent() if request.method == "POST" else Form.blank()
    if request.method == "POST":
        chosen = form.submit_apart(lambda: _checked(form))
        if chosen is not None:
            in_transaction(
                lambda session: entering.change_password(
                    session,
                    agent_id=current_agent().id,
                    password_hash=chosen,
                    origin=origin(),
                    now=started_at(),
                    but=current_standing().id,
                )
            )
            return done(
                url_for(".mine"),
                "Votre mot de passe est changé. Vos autres connexions sont fermées.",
            )
    return render_template("accounts/password.html", page=_mine(form)), form.status


def _checked(form: Form) -> str:
    """The hash of the new password, once the current one is right; tries are counted.

    Raises:
        InvalidInput: names the field that does not suit.
        TooManyAttempts: the account waits.
    """
    me = current_agent()
    # A counter of its own: whoever sits at an open session does not lock its owner out.
    keys = sign_in_keys(me.id, Door.PASSWORD_CHANGE)
    in_transaction(lambda session: begin_try(session, keys=keys, now=started_at()))
    typed = request.form.get("current_password", "")
    if not passwords.matches(me.password_hash, typed):
        in_transaction(
            lambda session: record_event(
                session,
                kind=AccountEventKind.SIGN_IN_FAILED,
                agent_id=me.id,
                actor=me.id,
                origin=origin(),
                now=started_at(),
                detail="changement de mot de passe",
            )
        )
        form.wrong("current_password", WrongCurrentPassword().message)
    else:
        in_transaction(lambda session: finish_sign_in(session, keys=keys, now=started_at()))
    form.check()
    try:
        return hashed(request.form.get("password", ""), me.email, me.name)
    except WeakPassword as refusal:
        form.wrong("password", refusal.message)
        form.check()
        raise
