"""The command line for tokens: which programs act for whom."""

from uuid import UUID

import click

from app.identity import queries as identity
from app.identity.models import ApiToken
from app.identity.service import (
    create_token,
    known_agent,
    revoke_token,
)
from app.kernel.text import de
from app.terminal.desk import (
    Desk,
    Group,
    in_french,
    operating,
    say,
)
from app.terminal.values import Id

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
    say(f"Jeton {de(email)}, valable jusqu’au {in_french(made.expires_at)} ; "
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
