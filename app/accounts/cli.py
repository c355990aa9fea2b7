"""Accounts and tokens: who signs in, and which programs act for whom.

An account is opened in an organisation, so these verbs live where organisations are known.
"""

from urllib.parse import urljoin
from uuid import UUID

import click

from app.accounts.service import (
    change_role,
    invite_again,
    invite_agent,
    lift_lock,
    reopen_account,
    shown_link,
    withdraw_invitation,
)
from app.accounts.views import events_told, mails_told
from app.identity import queries as identity
from app.identity.factors import reset_factors
from app.identity.models import ApiToken
from app.identity.queries import EventFilter
from app.identity.rules import FRENCH_ROLE, FROM_COMMAND, Role
from app.identity.service import (
    create_token,
    disable_agent,
    known_agent,
    revoke_token,
    set_password,
)
from app.identity.session_rules import FRENCH_METHOD, Method
from app.identity.sessions import end_sessions_of, live_sessions
from app.mails import queries as mail_queries
from app.mails.sending import send_due
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
    say,
)
from app.terminal.french import Refused
from app.terminal.values import Id, OneOf

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
    desk.answer(f"Compte de {made.email} ouvert ({FRENCH_ROLE[role]}).", email=made.email)


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
    desk.answer(f"Compte de {closed.email} fermé.", email=closed.email)


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
    desk.answer(f"Connexions de {owner.email} terminées : {ended}.", email=owner.email, ended=ended)


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
        f"Seconds facteurs de {owner.email} retirés ; ses connexions ont pris fin.",
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
    desk.answer(f"Mot de passe de {changed.email} changé.", email=changed.email)


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
    desk.answer(f"Invitation de {made.email} écrite. {_leaves(desk)}", id=request_id)


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
        made = invite_again(
            session,
            actor=actor,
            invitation_id=request_id,
            agent_id=known_agent(session, email).id,
            secret_key=desk.settings.secret_key,
            origin=FROM_COMMAND,
            now=desk.now,
        )
    desk.answer(f"Invitation de {made.email} écrite de nouveau. {_leaves(desk)}", id=request_id)


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
    desk.answer(f"Invitation de {email} retirée.", email=email)


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
    desk.answer(f"Compte de {made.email} rouvert.", email=made.email)


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
    desk.answer(f"Blocage de {account.email} levé.", email=account.email)


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
        found = identity.events_before(session, None, limit=LATEST_EVENTS, asked=asked)
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


# ── Letters ───────────────────────────────────────────────────────────────────────────────────────

LATEST_MAILS = 50


@click.group("mails", cls=Group)
def mails() -> None:
    """Les courriels écrits aux agents, et leur envoi.

    Exemple : passnum mails send
    """


@mails.command("list")
@operating
def list_mails(desk: Desk) -> None:
    """Montre les derniers courriels et où ils en sont, sans leurs liens.

    Exemple : passnum mails list
    """
    kept = desk.settings.mail_server is None
    with desk.transaction(writing=False) as session:
        found = mail_queries.mails_before(session, None, limit=LATEST_MAILS)
        told = mails_told(session, found, kept=kept)
    desk.table(
        [
            {
                "id": one.mail.id,
                "queued_at": one.mail.queued_at,
                "kind": one.kind,
                "to": one.to,
                "state": one.state,
                "attempt_count": one.mail.attempt_count,
                "answer": one.mail.answer,
            }
            for one in told
        ],
        {
            "Écrit": lambda row: in_french(row["queued_at"]),
            "Courriel": lambda row: row["kind"],
            "À": lambda row: row["to"],
            "État": lambda row: row["state"],
            "Essais": lambda row: row["attempt_count"],
            "Réponse": lambda row: row["answer"] or "–",
        },
        none="Aucun courriel.",
    )


@mails.command("link")
@click.argument("mail_id", type=Id(), metavar="IDENTIFIANT")
@operating
def show_link(desk: Desk, *, mail_id: UUID) -> None:
    """Montre le lien d’un courriel, à donner à cette personne seule ; le journal le dit.

    L’identifiant est celui de « passnum mails list --json ».

    Exemple : passnum mails link 0199f2a0-1b2c-7d3e-8f40-123456789abc
    """
    with desk.transaction() as session:
        path = shown_link(
            session,
            actor=None,
            mail_id=mail_id,
            secret_key=desk.settings.secret_key,
            origin=FROM_COMMAND,
            now=desk.now,
        )
    link = urljoin(desk.settings.public_url, path)
    if desk.as_json:
        desk.dump({"link": link})
        return
    click.echo(link)


@mails.command("send")
@operating
def send(desk: Desk) -> None:
    """Envoie ce qui attend ; le serveur le fait aussi, toutes les cinq secondes.

    Exemple : passnum mails send
    """
    if desk.settings.mail_server is None:
        message = (
            "Aucun serveur de courriel n’est réglé : dites-le par PASSNUM_SMTP_HOST et "
            "PASSNUM_SMTP_SENDER, puis recommencez."
        )
        raise Refused(message)
    done = send_due(desk.database, desk.settings, now=desk.now)
    if desk.as_json:
        desk.dump({"sent": done.sent, "put_off": done.put_off, "failed": done.failed})
        return
    say(f"Envoyés : {done.sent}. À renvoyer : {done.put_off}. Échoués : {done.failed}.")


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────────

agent_option = click.option(
    "--agent", "email", required=True, metavar="ADRESSE", help="L’agent pour qui le jeton agit."
)


@click.group("token", cls=Group)
def token() -> None:
    """Les jetons des programmes qui appellent l’API pour un agent.

    Un jeton a les droits de son agent, sauf celui d’approuver : une approbation est le geste
    d’une personne.

    Exemple : passnum token create --agent mediateur@exemple.fr --label Caisse
    """


@token.command("create")
@agent_option
@click.option("--label", default="passnum", metavar="TEXTE", help="À quoi sert ce jeton.")
@operating
def create_one(desk: Desk, *, email: str, label: str) -> None:
    """Crée un jeton valable un an, et le montre une seule fois.

    Exemple : passnum token create --agent mediateur@exemple.fr --label Caisse
    """
    with desk.transaction() as session:
        secret, made = create_token(session, email=email, label=label, now=desk.now)
    if desk.as_json:
        desk.dump({"id": made.id, "token": secret, "expires_at": made.expires_at})
        return
    say(f"Jeton de {email}, valable jusqu’au {in_french(made.expires_at)} ; "
        "notez-le, il ne sera plus montré :")  # fmt: skip
    click.echo(secret)


@token.command("list")
@agent_option
@operating
def list_tokens(desk: Desk, *, email: str) -> None:
    """Montre les jetons d’un agent, sans les révéler.

    Exemple : passnum token list --agent mediateur@exemple.fr
    """
    with desk.transaction(writing=False) as session:
        tokens = identity.tokens(session, known_agent(session, email).id)
    desk.table(
        [{"id": t.id, "label": t.label, "created_at": t.created_at, "state": state_of(t, desk)}
         for t in tokens],
        {
            "Identifiant": lambda t: t["id"],
            "Usage": lambda t: t["label"],
            "Créé": lambda t: in_french(t["created_at"]),
            "État": lambda t: STATES[t["state"]],
        },
        none="Cet agent n’a pas de jeton.",
    )  # fmt: skip


STATES = {"valid": "valable", "revoked": "révoqué", "expired": "expiré"}


def state_of(token: ApiToken, desk: Desk) -> str:
    """Whether a token still opens anything."""
    if token.revoked_at is not None:
        return "revoked"
    return "valid" if token.expires_at > desk.now else "expired"


@token.command("revoke")
@click.argument("token_id", type=Id(), metavar="IDENTIFIANT")
@operating
def revoke(desk: Desk, *, token_id: UUID) -> None:
    """Arrête un jeton tout de suite. L’identifiant est celui de « passnum token list ».

    Exemple : passnum token revoke 0199f2a0-1b2c-7d3e-8f40-123456789abc
    """
    with desk.transaction() as session:
        revoked = revoke_token(session, token_id=token_id, now=desk.now)
    desk.answer(f"Jeton « {revoked.label} » révoqué.", id=revoked.id)
