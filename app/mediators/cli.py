"""The labels of mediators: one verb more about partners."""

from datetime import date
from uuid import UUID

import click

from app.mediators.service import grant_label
from app.partners.cli import organisation_named, partner
from app.terminal.desk import Desk, acting, repeatable
from app.terminal.values import Day

__all__ = ["partner"]


@partner.command("label")
@click.argument("organisation", metavar="STRUCTURE")
@click.option("--reference", required=True, metavar="TEXTE", help="La référence du label.")
@click.option("--from", "valid_from", type=Day(), required=True, help="Le premier jour.")
@click.option("--until", "valid_until", type=Day(), required=True, help="Le dernier jour.")
@repeatable
@acting
def label(
    desk: Desk,
    *,
    organisation: str,
    reference: str,
    valid_from: date,
    valid_until: date,
    request_id: UUID,
) -> None:
    """Enregistre le label d’un médiateur, du premier au dernier jour inclus.

    Exemple : passnum partner label "Exo 7" --reference "#APTIC 2026" --from 01/01/2026
    --until 31/12/2027
    """
    with desk.transaction() as session:
        named = organisation_named(session, organisation)
        granted = grant_label(
            session,
            actor=desk.actor(session),
            label_id=request_id,
            organisation_id=named.id,
            reference=reference,
            valid_from=valid_from,
            valid_until=valid_until,
            now=desk.now,
        )
    desk.answer(
        f"Label de « {named.name} » enregistré du {granted.valid_from:%d/%m/%Y} "
        f"au {granted.valid_until:%d/%m/%Y}.",
        id=granted.id,
    )
