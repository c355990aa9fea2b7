"""Loading the demonstration, and telling how to sign in to it."""

import click

from app.demo.accounts import DEMONSTRATION_ACCOUNTS
from app.demo.errors import DatabaseInUse
from app.programmes import queries as programmes
from app.programmes.keys import KeyStore
from app.terminal.desk import Desk, Verb, open_database, operating, say, show_table


@click.command("demo", cls=Verb)
@click.option("--if-empty", is_flag=True, help="Laisse telle quelle une base qui a des données.")
@operating
def demo(desk: Desk, *, if_empty: bool) -> None:
    """Charge la démonstration dans une base vide, qui porte SPÉCIMEN pour toujours.

    Exemple : passnum --data-dir essai demo
    """
    with desk.transaction(writing=False) as session:
        loaded = programmes.is_demonstration(session)
    if loaded:
        desk.answer("La démonstration est déjà chargée.", loaded=False)
        return
    try:
        fill(desk)
    except DatabaseInUse:
        if not if_empty:
            raise
        desk.answer("Cette base contient de vraies données : rien n’est chargé.", loaded=False)
        return
    desk.answer("Démonstration chargée.", loaded=True)
    if not desk.as_json:
        show_accounts()


def fill(desk: Desk) -> None:
    """Load the demonstration as the owner, who alone writes history.

    Raises:
        DatabaseInUse: the database has real data.
    """
    # Every start asks whether the demonstration is there; one start in a life loads it.
    from app.clearing.receipts import ReceiptSigner  # noqa: PLC0415 - see above
    from app.demo.service import load  # noqa: PLC0415 - see above

    owner = open_database(desk.settings.owner_database_url, as_owner=True)
    try:
        load(
            owner,
            keys=KeyStore(desk.settings.key_dir),
            signer=ReceiptSigner(desk.settings.key_dir),
            now=desk.now,
            progress=(lambda _: None) if desk.as_json else say,
        )
    finally:
        owner.close()


def show_accounts() -> None:
    """The sign-ins of the demonstration."""
    show_table(
        ["Adresse", "Rôle", "Structure"],
        [[a.email, a.role_name, a.organisation] for a in DEMONSTRATION_ACCOUNTS],
    )
    [password] = {a.password for a in DEMONSTRATION_ACCOUNTS}
    say(f"Mot de passe de tous ces comptes : {password}")
