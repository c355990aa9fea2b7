"""Labels, régies, takeovers and what ends soon: verbs more about partners."""

from datetime import date
from typing import Any
from uuid import UUID

import click

from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.mediators import queries
from app.mediators.errors import UnknownCashOffice
from app.mediators.holding import close_cash_office
from app.mediators.rules import CashOfficeKind
from app.mediators.service import grant_label, record_cash_office
from app.partners.cli import organisation_named, partner
from app.partners.service import succeed
from app.terminal.desk import Desk, acting, repeatable
from app.terminal.values import Day, OneOf

__all__ = ["partner"]

CASH_OFFICE = OneOf(
    "NATURE",
    {
        "recettes": CashOfficeKind.REVENUE,
        "prolongée": CashOfficeKind.EXTENDED_REVENUE,
        "avances": CashOfficeKind.ADVANCES,
    },
)
KINDS = {"agreement": "Convention", "label": "Label", "cash_office": "Régie"}


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


@partner.command("cash-office")
@click.argument("organisation", metavar="STRUCTURE")
@click.option("--kind", type=CASH_OFFICE, required=True, help="recettes, prolongée ou avances.")
@click.option("--reference", required=True, metavar="TEXTE", help="La référence de l’arrêté.")
@click.option("--held-by", required=True, metavar="FONCTION", help="La fonction du régisseur.")
@click.option("--from", "valid_from", type=Day(), required=True, help="Le premier jour.")
@click.option("--until", "valid_until", type=Day(), required=True, help="Le dernier jour.")
@repeatable
@acting
def cash_office(desk: Desk, *, organisation: str, request_id: UUID, **said: Any) -> None:  # noqa: ANN401 - as record_cash_office
    """Enregistre la régie d’un organisme public, du premier au dernier jour inclus.

    Exemple : passnum partner cash-office "Médiathèque du Lorrain" --kind recettes
    --reference "Arrêté 2026-12" --held-by Direction --from 01/01/2026 --until 31/12/2027
    """
    with desk.transaction() as session:
        named = organisation_named(session, organisation)
        made = record_cash_office(
            session,
            actor=desk.actor(session),
            cash_office_id=request_id,
            organisation_id=named.id,
            now=desk.now,
            **said,
        )
    desk.answer(
        f"Régie de « {named.name} » enregistrée du {made.valid_from:%d/%m/%Y} "
        f"au {made.valid_until:%d/%m/%Y}.",
        id=made.id,
    )


@partner.command("close-cash-office")
@click.argument("organisation", metavar="STRUCTURE")
@click.option("--reference", required=True, metavar="TEXTE", help="La référence de l’arrêté.")
@click.option("--from", "from_on", type=Day(), required=True, help="Le premier jour sans droit.")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi elle prend fin.")
@repeatable
@acting
def end_cash_office(
    desk: Desk, *, organisation: str, reference: str, from_on: date, reason: str, request_id: UUID
) -> None:
    """Met fin à une régie avant son terme ; ce qui s’est fait avant reste.

    Exemple : passnum partner close-cash-office "Médiathèque du Lorrain"
    --reference "Arrêté 2026-12" --from 01/12/2026 --reason "Départ du régisseur"
    """
    with desk.transaction() as session:
        named = organisation_named(session, organisation)
        offices = [
            one
            for one in queries.cash_offices_of(session, named.id)
            if one.reference == " ".join(reference.split())
        ]
        if not offices:
            raise UnknownCashOffice
        made = close_cash_office(
            session,
            actor=desk.actor(session),
            closure_id=request_id,
            cash_office_id=offices[-1].id,
            from_on=from_on,
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"La régie de « {named.name} » ne donne plus de droit à compter du "
        f"{made.from_on:%d/%m/%Y}.",
        id=made.id,
    )


@partner.command("succeed")
@click.argument("organisation", metavar="STRUCTURE")
@click.option("--by", required=True, metavar="STRUCTURE", help="La structure qui reprend.")
@click.option("--from", "from_on", type=Day(), required=True, help="Son premier jour.")
@click.option("--reference", required=True, metavar="TEXTE", help="L’acte : délibération, traité.")
@repeatable
@acting
def succession(
    desk: Desk, *, organisation: str, by: str, from_on: date, reference: str, request_id: UUID
) -> None:
    """Enregistre la reprise d’une structure par une autre ; ce qui lui est dû lui reste dû.

    Exemple : passnum partner succeed "Cyber-base" --by "Médiathèque du Lorrain" --from 01/01/2027
    --reference "Délibération 7"
    """
    with desk.transaction() as session:
        former = organisation_named(session, organisation)
        successor = organisation_named(session, by)
        made = succeed(
            session,
            actor=desk.actor(session),
            succession_id=request_id,
            organisation_id=former.id,
            successor_id=successor.id,
            from_on=from_on,
            reference=reference,
            now=desk.now,
        )
    desk.answer(
        f"« {former.name} » est reprise par « {successor.name} » à partir du "
        f"{made.from_on:%d/%m/%Y}.",
        id=made.id,
    )


@partner.command("renewals")
@acting
def list_renewals(desk: Desk) -> None:
    """Montre les conventions, labels et régies bientôt à renouveler.

    Exemple : passnum partner renewals
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.MANAGE_PARTNERS)
        found = queries.renewals(session, on=martinique_day(desk.now))
        rows = [
            {
                "kind": one.kind,
                "organisation": one.organisation.name,
                "role": one.role,
                "reference": one.reference,
                "valid_until": one.valid_until,
            }
            for one in found
        ]
    desk.table(
        rows,
        {
            "Structure": lambda r: r["organisation"],
            "Ce qui se termine": lambda r: KINDS[r["kind"]],
            "Référence": lambda r: r["reference"],
            "Dernier jour": lambda r: f"{r['valid_until']:%d/%m/%Y}",
        },
        none="Rien à renouveler bientôt.",
    )
