"""Signals, from the command line."""

from uuid import UUID

import click

from app.identity.rules import Right
from app.signals import queries, service
from app.signals.rules import FRENCH_DECISION, Decision
from app.signals.views import signals_told
from app.terminal.desk import PAGE, Desk, Group, acting, every, repeatable, say
from app.terminal.values import Id


@click.group("signal", cls=Group)
def signal() -> None:
    """Les signalements : ce qu’une personne regarde et décide. Aucun ne bloque rien.

    Exemple : passnum signal list
    """


@signal.command("look")
@acting
def look(desk: Desk) -> None:
    """Cherche ce qui dépasse les seuils des réglages ; relancer ne signale rien deux fois.

    Exemple : passnum signal look --agent coordination@exemple.fr
    """
    with desk.transaction() as session:
        new = service.look_for_signals(session, actor=desk.actor(session), now=desk.now)
    if desk.as_json:
        desk.dump({"new_count": new})
    else:
        say(f"Nouveaux signalements : {new}. Regardez-les avec passnum signal list.")


@signal.command("list")
@click.option("--all", "whole", is_flag=True, help="Montre aussi ceux qui sont décidés.")
@acting
def list_(desk: Desk, *, whole: bool) -> None:
    """Liste les signalements qui attendent qu’une personne regarde.

    Exemple : passnum signal list --all
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.SEE_SIGNALS)
        decided = None if whole else False
        records = every(
            lambda after: queries.signals_after(session, after, limit=PAGE, decided=decided)
        )
        told = signals_told(session, sorted(records, key=lambda r: r.acted_on))
    desk.table(
        [
            {
                "id": one.id,
                "kind": one.kind,
                "acted_on": one.acted_on,
                "about": ", ".join(name for _, name in one.about),
                "measured": one.measured,
                "decision": one.decision or None,
            }
            for one in told
        ],
        {
            "Jour": lambda row: row["acted_on"],
            "Quoi": lambda row: row["kind"],
            "Qui": lambda row: row["about"],
            "Mesure": lambda row: row["measured"],
            "Décision": lambda row: row["decision"] or "–",
            "Identifiant": lambda row: row["id"],
        },
        none="Aucun signalement n’attend.",
    )


@signal.command("decide")
@click.argument("signal_id", type=Id(), metavar="SIGNALEMENT")
@click.option(
    "--as",
    "decision",
    type=click.Choice([str(d) for d in Decision]),
    required=True,
    help="Ce qui suit.",
)
@click.option("--note", required=True, metavar="TEXTE", help="Ce que vous avez vu.")
@repeatable
@acting
def decide(desk: Desk, *, signal_id: UUID, decision: str, note: str, request_id: UUID) -> None:
    """Décide d’un signalement, une fois, avec une note.

    Exemple : passnum signal decide 0192f0c1-6b7a-7cc0-8d3e-5f1b2a3c4d5e --as followed --note X
    """
    with desk.transaction() as session:
        service.decide_signal(
            session,
            actor=desk.actor(session),
            decision_id=request_id,
            signal_id=signal_id,
            decision=Decision(decision),
            note=note,
            now=desk.now,
        )
    desk.answer(f"Décidé : {FRENCH_DECISION[Decision(decision)]}.", id=request_id)
