"""Sums of the journal, for whoever runs the machine."""

import click

from app.reports import snapshots
from app.terminal.desk import Desk, Group, Verb, operating, say
from app.web.format import count


@click.group("snapshot", cls=Group)
def snapshot() -> None:
    """Les sommes de mouvements gardées pour que les états restent rapides.

    Elles se déduisent du registre : sans elles, les chiffres sont les mêmes et viennent moins vite.

    Exemple : passnum snapshot take
    """


@snapshot.command("take", cls=Verb)
@operating
def take(desk: Desk) -> None:
    """Résume les mouvements enregistrés depuis la dernière fois.

    Le serveur le fait de lui-même chaque minute ; cette commande sert quand il ne tourne pas. Elle
    ne fait rien tant que les nouveaux mouvements sont peu nombreux.

    Exemple : passnum snapshot take
    """
    _say_taken(desk, snapshots.take_snapshots(desk.database, now=desk.now))


@snapshot.command("rebuild", cls=Verb)
@operating
def rebuild(desk: Desk) -> None:
    """Refait toutes les sommes depuis le premier mouvement.

    Quand passnum verify en nomme une. Les anciennes restent dans la base, et ne servent plus.

    Exemple : passnum snapshot rebuild
    """
    _say_taken(desk, snapshots.take_snapshots(desk.database, now=desk.now, anew=True))


def _say_taken(desk: Desk, taken: int) -> None:
    if desk.as_json:
        desk.dump({"taken": taken})
    elif taken:
        say(f"Sommes enregistrées : {count(taken)}.")
    else:
        say("Rien à résumer pour le moment.")
