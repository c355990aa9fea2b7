"""Booklets on their way to people: beneficiaries, prescription."""

from typing import Any
from uuid import UUID

import click

from app.partners.cli import organisation_named
from app.prescribers.prescriptions import Person, issue_booklets, register_beneficiary
from app.programmes.cli import programme_named, programme_option
from app.programmes.rules import Public
from app.terminal.desk import Desk, Group, Verb, acting, repeatable
from app.terminal.values import Count, Id, OneOf

PUBLIC = OneOf(
    "PUBLIC",
    {
        "plie": Public.PLIE,
        "emploi-inscrit": Public.REGISTERED_JOB_SEEKER,
        "emploi-non-inscrit": Public.UNREGISTERED_JOB_SEEKER,
        "60-ans-et-plus": Public.SENIOR,
        "autre": Public.OTHER,
    },
)


@click.group("beneficiary", cls=Group)
def beneficiary() -> None:
    """Les personnes rencontrées par le prescripteur pour qui vous agissez.

    Exemple : passnum beneficiary add --public plie --birth-year 1990 --commune "Le Lorrain"
    """


@beneficiary.command("add")
@click.option("--public", type=PUBLIC, required=True, help="Le public dont elle fait partie.")
@click.option("--surname", prompt="Nom", metavar="NOM", help="Son nom ; demandé s’il manque.")
@click.option("--first-name", prompt="Prénom", metavar="PRÉNOM", help="Demandé s’il manque.")
@click.option("--birth-year", type=Count(), required=True, help="Son année de naissance.")
@click.option("--commune", required=True, metavar="COMMUNE", help="Où elle vit.")
@click.option("--phone", metavar="TÉLÉPHONE", help="Facultatif.")
@click.option("--email", metavar="ADRESSE", help="Facultatif.")
@repeatable
@acting
def add(desk: Desk, *, public: Public, request_id: UUID, **person: Any) -> None:  # noqa: ANN401 - as Person
    """Note une personne, avec le strict nécessaire.

    Le nom et le prénom, demandés à l’écran, ne restent ainsi dans aucun historique de commandes.

    Exemple : passnum beneficiary add --public plie --birth-year 1990 --commune "Le Lorrain"
    """
    with desk.transaction() as session:
        made = register_beneficiary(
            session,
            actor=desk.actor(session),
            beneficiary_id=request_id,
            public=public,
            person=Person(**person),
            now=desk.now,
        )
    desk.answer("Personne notée.", id=made.id, public=made.public)


@click.command("prescribe", cls=Verb)
@click.argument("beneficiary_id", type=Id(), metavar="PERSONNE")
@click.option("--booklet", multiple=True, metavar="CARNET", help="Un carnet remis ; à répéter.")
@click.option("--mediator", required=True, metavar="STRUCTURE", help="Où la personne est orientée.")
@click.option("--commitment", is_flag=True, help="Elle a signé son engagement.")
@click.option("--no-other-pass", is_flag=True, help="Elle déclare n’avoir pas d’autre pass.")
@programme_option
@repeatable
@acting
def prescribe(
    desk: Desk,
    *,
    beneficiary_id: UUID,
    booklet: tuple[str, ...],
    mediator: str,
    commitment: bool,
    no_other_pass: bool,
    programme: str | None,
    request_id: UUID,
) -> None:
    """Remet des carnets à une personne, dans la limite de ses droits, et l’oriente.

    Exemple : passnum prescribe 0199f2a0-1b2c-7d3e-8f40-123456789abc --booklet 26A00001
    --mediator "Exo 7" --commitment
    """
    with desk.transaction() as session:
        made = issue_booklets(
            session,
            actor=desk.actor(session),
            prescription_id=request_id,
            programme_id=programme_named(session, programme).id,
            beneficiary_id=beneficiary_id,
            booklets=booklet,
            referred_to_id=organisation_named(session, mediator).id,
            commitment_signed=commitment,
            declares_no_other_pass=no_other_pass,
            now=desk.now,
        )
    desk.answer(f"Remise {made.number} enregistrée.", id=made.id, number=made.number)
