"""Accounts and tokens: who signs in, and which programs act for whom.

An account is opened in an organisation, so these verbs live where organisations are known.
"""

from uuid import UUID

import click

from app.identity import queries as identity
from app.identity.models import ApiToken
from app.identity.rules import FRENCH_ROLE, Role
from app.identity.service import (
    create_token,
    disable_agent,
    known_agent,
    revoke_token,
    set_password,
)
from app.partners import queries
from app.partners.cli import organisation_named
from app.partners.service import open_account
from app.terminal.desk import (
    Desk,
    Group,
    in_french,
    new_password,
    operating,
    password_on_stdin,
    say,
)
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

    Ces verbes sont ceux de la personne qui tient cette machine : aucun agent n’est à nommer.

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
