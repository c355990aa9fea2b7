"""The command line for accounts: who signs in, and as what.

An account is opened in an organisation, so these verbs live where organisations are known.
"""

from uuid import UUID

import click

from app.accounts.service import (
    change_role,
    invite_again,
    invite_agent,
    lift_lock,
    reopen_account,
    withdraw_invitation,
)
from app.accounts.views import events_told
from app.database.lists import Place
from app.identity import queries as identity
from app.identity.factors import reset_factors
from app.identity.queries import EventFilter
from app.identity.rules import FRENCH_ROLE, FROM_COMMAND, LINK_LIFE, LinkPurpose, Role
from app.identity.service import (
    disable_agent,
    known_agent,
    set_password,
)
from app.identity.session_rules import FRENCH_METHOD, Method
from app.identity.sessions import end_sessions_of, live_sessions
from app.kernel.text import de
from app.partners import queries
from app.partners.cli import organisation_named
from app.partners.service import open_account
from app.terminal.desk import (
    Desk,
    Group,
    approving,
    in_french,
    new_password,
    operating,
    password_on_stdin,
    repeatable,
)
from app.terminal.values import OneOf

ROLE = OneOf(
    "RÔLE",
    {
        "coordination": Role.COORDINATOR,
        "finances": Role.FINANCE,
        "comptable": Role.ACCOUNTANT,
        "prescripteur": Role.PRESCRIBER,
        "médiateur": Role.MEDIATOR,
        "contrôle": Role.AUDITOR,
        "administration": Role.ADMINISTRATOR,
    },
)


@click.group("agent", cls=Group)
def agent() -> None:
    """Les comptes des personnes qui se connectent, et leur rôle.

    Créer, lister, fermer, débloquer et changer un mot de passe sont les gestes de la personne qui
    tient cette machine : aucun agent n’est à nommer. Inviter et changer un rôle sont ceux d’un
    agent.

    Exemple : passnum agent list
    """


@agent.command("create")
@click.argument("email", metavar="ADRESSE")
@click.option("--name", required=True, metavar="NOM", help="Le nom de la personne.")
@click.option("--role", type=ROLE, required=True, help="Ce qui lui est confié.")
@click.option("--organisation", required=True, metavar="STRUCTURE", help="Pour qui elle travaille.")
@click.option("--no-password", is_flag=True, help="Sans mot de passe : elle ne se connecte pas.")
@password_on_stdin
@operating
def create(
    desk: Desk,
    *,
    email: str,
    name: str,
    role: Role,
    organisation: str,
    no_password: bool,
    password_on_stdin: bool,
) -> None:
    """Ouvre un compte. Le mot de passe est demandé deux fois.

    Exemple : passnum agent create nadege@exemple.fr --name "Nadège Exemple" --role prescripteur
    --organisation "CCAS du Lorrain"
    """
    password = None if no_password else new_password(on_stdin=password_on_stdin, of=email)
    with desk.transaction() as session:
        made = open_account(
            session,
            actor=None,
            email=email,
            name=name,
            role=role,
            organisation_id=organisation_named(session, organisation).id,
            password=password,
            now=desk.now,
        )
    desk.answer(f"Compte {de(made.email)} ouvert ({FRENCH_ROLE[role]}).", email=made.email)


@agent.command("list")
@operating
def list_agents(desk: Desk) -> None:
    """Montre les comptes, ouverts et fermés.

    Exemple : passnum agent list
    """
    with desk.transaction(writing=False) as session:
        agents = identity.agents(session)
        names = queries.organisation_names(session, {a.organisation_id for a in agents})
    desk.table(
        [
            {
                "email": a.email,
                "name": a.name,
                "role": a.role,
                "organisation": names[a.organisation_id],
                "disabled_at": a.disabled_at,
            }
            for a in agents
        ],
        {
            "Adresse": lambda a: a["email"],
            "Nom": lambda a: a["name"],
            "Rôle": lambda a: FRENCH_ROLE[Role(a["role"])],
            "Structure": lambda a: a["organisation"],
            "Fermé": lambda a: in_french(a["disabled_at"]),
        },
        none="Aucun compte : commencez par « passnum init ».",
    )


@agent.command("disable")
@click.argument("email", metavar="ADRESSE")
@operating
def disable(desk: Desk, *, email: str) -> None:
    """Ferme un compte : il ne se connecte plus, ses jetons s’arrêtent, ses actes restent.

    Exemple : passnum agent disable nadege@exemple.fr
    """
    with desk.transaction() as session:
        closed = disable_agent(session, email=email, now=desk.now)
    desk.answer(f"Compte {de(closed.email)} fermé.", email=closed.email)


@agent.command("sessions")
@click.argument("email", metavar="ADRESSE")
@operating
def list_sessions(desk: Desk, *, email: str) -> None:
    """Montre les navigateurs où une personne est connectée.

    Exemple : passnum agent sessions nadege@exemple.fr
    """
    with desk.transaction(writing=False) as session:
        owner = known_agent(session, email)
        live = live_sessions(
            session,
            owner.id,
            role=Role(owner.role),
            minutes=desk.settings.session_minutes,
            now=desk.now,
        )
    desk.table(
        [
            {"browser": s.browser, "method": s.method, "begun_at": s.begun_at, "seen_at": s.seen_at}
            for s in live
        ],
        {
            "Navigateur": lambda s: s["browser"],
            "Ouverte avec": lambda s: FRENCH_METHOD[Method(s["method"])],
            "Depuis": lambda s: in_french(s["begun_at"]),
            "Dernière activité": lambda s: in_french(s["seen_at"]),
        },
        none="Cette personne n’est connectée nulle part.",
    )


@agent.command("end-sessions")
@click.argument("email", metavar="ADRESSE")
@operating
def end_sessions(desk: Desk, *, email: str) -> None:
    """Met fin à toutes les connexions d’une personne ; son mot de passe reste.

    Exemple : passnum agent end-sessions nadege@exemple.fr
    """
    with desk.transaction() as session:
        owner = known_agent(session, email)
        ended = end_sessions_of(
            session, actor=None, agent_id=owner.id, origin=FROM_COMMAND, now=desk.now
        )
    desk.answer(
        f"Connexions {de(owner.email)} terminées : {ended}.", email=owner.email, ended=ended
    )


@agent.command("reset-factors")
@click.argument("email", metavar="ADRESSE")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi ; reste au journal.")
@operating
def reset(desk: Desk, *, email: str, reason: str) -> None:
    """Retire tous les seconds facteurs d’une personne, qui en est avertie par courriel.

    À faire quand le téléphone et les codes de secours sont perdus, après avoir vérifié qui demande.

    Exemple : passnum agent reset-factors nadege@exemple.fr --reason "téléphone perdu"
    """
    with desk.transaction() as session:
        owner = reset_factors(
            session,
            actor=None,
            agent_id=known_agent(session, email).id,
            reason=reason,
            origin=FROM_COMMAND,
            now=desk.now,
        )
    desk.answer(
        f"Seconds facteurs {de(owner.email)} retirés ; ses connexions ont pris fin.",
        email=owner.email,
    )


@agent.command("password")
@click.argument("email", metavar="ADRESSE")
@password_on_stdin
@operating
def password(desk: Desk, *, email: str, password_on_stdin: bool) -> None:
    """Change le mot de passe d’un compte, demandé deux fois.

    Exemple : passnum agent password nadege@exemple.fr
    """
    typed = new_password(on_stdin=password_on_stdin, of=email)
    with desk.transaction() as session:
        changed = set_password(session, email=email, password=typed, now=desk.now)
    desk.answer(f"Mot de passe {de(changed.email)} changé.", email=changed.email)


# ── By e-mail, as an agent in person ──────────────────────────────────────────────────────────────


@agent.command("invite")
@click.argument("email", metavar="ADRESSE")
@click.option("--name", required=True, metavar="NOM", help="Le nom de la personne.")
@click.option("--role", type=ROLE, required=True, help="Ce qui lui est confié.")
@click.option("--organisation", required=True, metavar="STRUCTURE", help="Pour qui elle travaille.")
@click.option("--manager", is_flag=True, help="Elle gère les comptes de sa structure.")
@repeatable
@approving
def invite(
    desk: Desk,
    *,
    email: str,
    name: str,
    role: Role,
    organisation: str,
    manager: bool,
    request_id: UUID,
) -> None:
    """Invite une personne par courriel. Demande votre mot de passe.

    Exemple : passnum agent invite nadege@exemple.fr --name "Nadège Exemple" --role prescripteur
    --organisation "CCAS du Lorrain" --agent administration@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        made = invite_agent(
            session,
            actor=actor,
            invitation_id=request_id,
            email=email,
            name=name,
            role=role,
            organisation_id=organisation_named(session, organisation).id,
            manager=manager,
            secret_key=desk.settings.secret_key,
            origin=FROM_COMMAND,
            now=desk.now,
        )
    desk.answer(f"Invitation prête pour {made.email} : {ONCE} {_leaves(desk)}", id=request_id)


@agent.command("resend")
@click.argument("email", metavar="ADRESSE")
@repeatable
@approving
def resend(desk: Desk, *, email: str, request_id: UUID) -> None:
    """Renvoie une invitation ; le lien d’avant ne sert plus. Demande votre mot de passe.

    Exemple : passnum agent resend nadege@exemple.fr --agent administration@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        agent_id = known_agent(session, email).id
        invited = identity.was_sent(session, agent_id, LinkPurpose.INVITATION, besides=request_id)
        made = invite_again(
            session,
            actor=actor,
            invitation_id=request_id,
            agent_id=agent_id,
            secret_key=desk.settings.secret_key,
            origin=FROM_COMMAND,
            now=desk.now,
        )
    before = f"Nouvelle invitation prête pour {made.email}, l’ancien lien ne sert plus"
    first = f"Première invitation prête pour {made.email}"
    desk.answer(f"{before if invited else first} : {ONCE} {_leaves(desk)}", id=request_id)


ONCE = f"son lien sert une fois, pendant {LINK_LIFE[LinkPurpose.INVITATION].days} jours."


def _leaves(desk: Desk) -> str:
    if desk.settings.mail_server is None:
        return "Aucun serveur de courriel n’est réglé : donnez le lien depuis « Courriels »."
    return "Elle part dans la minute, ou par « passnum mails send »."


@agent.command("withdraw")
@click.argument("email", metavar="ADRESSE")
@approving
def withdraw(desk: Desk, *, email: str) -> None:
    """Retire une invitation : son lien ne sert plus. Demande votre mot de passe.

    Exemple : passnum agent withdraw nadege@exemple.fr --agent administration@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        withdraw_invitation(
            session,
            actor=actor,
            agent_id=known_agent(session, email).id,
            origin=FROM_COMMAND,
            now=desk.now,
        )
    desk.answer(f"Invitation {de(email)} retirée.", email=email)


@agent.command("reopen")
@click.argument("email", metavar="ADRESSE")
@approving
def reopen(desk: Desk, *, email: str) -> None:
    """Rouvre un compte fermé. Demande votre mot de passe.

    Exemple : passnum agent reopen nadege@exemple.fr --agent administration@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        made = reopen_account(
            session,
            actor=actor,
            agent_id=known_agent(session, email).id,
            origin=FROM_COMMAND,
            now=desk.now,
        )
    desk.answer(f"Compte {de(made.email)} rouvert.", email=made.email)


@agent.command("unlock")
@click.argument("email", metavar="ADRESSE")
@operating
def unlock(desk: Desk, *, email: str) -> None:
    """Lève le blocage d’un compte après trop d’essais : mot de passe et second facteur.

    Exemple : passnum agent unlock nadege@exemple.fr
    """
    with desk.transaction() as session:
        account = known_agent(session, email)
        lift_lock(
            session,
            actor=None,
            agent_id=account.id,
            secret_key=desk.settings.secret_key,
            origin=FROM_COMMAND,
            now=desk.now,
        )
    desk.answer(f"Blocage {de(account.email)} levé.", email=account.email)


@agent.command("role")
@click.argument("email", metavar="ADRESSE")
@click.option("--role", type=ROLE, required=True, help="Ce qui lui est confié désormais.")
@click.option("--manager", is_flag=True, help="Elle gère les comptes de sa structure.")
@approving
def role_(desk: Desk, *, email: str, role: Role, manager: bool) -> None:
    """Change le rôle d’un compte ; personne ne change le sien. Demande votre mot de passe.

    Exemple : passnum agent role nadege@exemple.fr --role médiateur
    --agent administration@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        made = change_role(
            session,
            actor=actor,
            agent_id=known_agent(session, email).id,
            role=role,
            manager=manager,
            origin=FROM_COMMAND,
            now=desk.now,
        )
    desk.answer(f"{made.email} : {FRENCH_ROLE[role]}.", email=made.email)


LATEST_EVENTS = 50


@agent.command("events")
@click.option("--of", "email", metavar="ADRESSE", help="Seulement ce qui concerne ce compte.")
@operating
def events(desk: Desk, *, email: str | None) -> None:
    """Montre les derniers événements du journal des comptes, que personne ne change.

    Exemple : passnum agent events --of nadege@exemple.fr
    """
    with desk.transaction(writing=False) as session:
        asked = EventFilter(agent_id=known_agent(session, email).id if email else None)
        found = identity.latest_events(session, Place(LATEST_EVENTS), asked=asked)
        told = events_told(session, found)
    desk.table(
        [
            {
                "id": one.id,
                "happened_at": one.happened_at,
                "what": one.what,
                "about": one.about,
                "by": one.by,
                "way": one.way,
                "detail": one.detail or None,
            }
            for one in told
        ],
        {
            "Quand": lambda row: in_french(row["happened_at"]),
            "Quoi": lambda row: row["what"],
            "Compte": lambda row: row["about"],
            "Par": lambda row: row["by"],
            "Moyen": lambda row: row["way"],
            "Précision": lambda row: row["detail"] or "–",
        },
        none="Rien dans le journal.",
    )
