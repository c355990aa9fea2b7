"""The command line for letters to agents: which, their links, and sending them."""

from urllib.parse import urljoin
from uuid import UUID

import click

from app.accounts.service import (
    shown_link,
)
from app.accounts.views import mails_told
from app.database.lists import Place
from app.identity.rules import FROM_COMMAND
from app.mails import queries as mail_queries
from app.mails.sending import send_due
from app.terminal.desk import (
    Desk,
    Group,
    in_french,
    operating,
    say,
)
from app.terminal.french import Refused
from app.terminal.values import Id

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
        found = mail_queries.latest_mails(session, Place(LATEST_MAILS))
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
