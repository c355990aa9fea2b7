"""Freezing and lifting from the command line."""

from uuid import UUID

import click

from app.programmes import freezes
from app.programmes.naming import programme_named, programme_option
from app.terminal.desk import Desk, Verb, acting, repeatable

reason_option = click.option("--reason", required=True, metavar="TEXTE", help="La raison.")


@click.command("freeze", cls=Verb)
@reason_option
@programme_option
@repeatable
@acting
def freeze(desk: Desk, *, request_id: UUID, reason: str, programme: str | None) -> None:
    """Gèle un dispositif : ni commande, ni livraison, ni dotation, jusqu’à la levée.

    Les pass remis continuent de servir, et les médiateurs d’être payés. Pour une défaillance de
    l’émetteur : gelez, puis « passnum export » donne de quoi déclarer les créances.

    Exemple : passnum programme freeze --reason "Liquidation de l’émetteur"
    """
    with desk.transaction() as session:
        named = programme_named(session, programme)
        record = freezes.freeze_programme(
            session,
            actor=desk.actor(session),
            freeze_id=request_id,
            programme_id=named.id,
            reason=reason,
            now=desk.now,
        )
    desk.answer(f"Le dispositif « {named.name} » est gelé : {record.reason}.", id=record.id)


@click.command("lift", cls=Verb)
@reason_option
@programme_option
@repeatable
@acting
def lift(desk: Desk, *, request_id: UUID, reason: str, programme: str | None) -> None:
    """Lève le gel d’un dispositif.

    Exemple : passnum programme lift --reason "Un autre opérateur a repris l’émission"
    """
    with desk.transaction() as session:
        named = programme_named(session, programme)
        record = freezes.lift_freeze(
            session,
            actor=desk.actor(session),
            lift_id=request_id,
            programme_id=named.id,
            reason=reason,
            now=desk.now,
        )
    desk.answer(f"Le gel de « {named.name} » est levé : {record.reason}.", id=record.id)
