"""Booklets on their way to people: allocation, receipt, beneficiaries, prescription."""

from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.identity.rules import Actor
from app.partners.cli import organisation_named
from app.prescribers import queries
from app.prescribers.allocations import (
    BookletRange,
    allocate_booklets,
    confirm_receipt,
    known_allocation,
)
from app.prescribers.errors import UnknownAllocation
from app.prescribers.models import Allocation
from app.prescribers.prescriptions import Person, issue_booklets, register_beneficiary
from app.programmes.cli import programme_named, programme_option
from app.programmes.rules import Public
from app.terminal.desk import Desk, Group, Verb, acting, repeatable
from app.terminal.values import Count, Id, OneOf, read_id

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


def allocation_named(session: Session, typed: str, *, actor: Actor) -> Allocation:
    """An allocation by its number or its id, for those whose business it is.

    Raises:
        UnknownAllocation, OtherOrganisation.
    """
    allocation_id = read_id(typed)
    if allocation_id is None:
        found = queries.allocation_by_number(session, typed.strip().upper())
        if found is None:
            raise UnknownAllocation
        allocation_id = found.id
    return known_allocation(session, actor=actor, allocation_id=allocation_id)


def read_range(typed: str) -> BookletRange:
    """« 26A00001-26A00020 », or one booklet alone; the service reads the numbers."""
    first, _, last = typed.partition("-")
    return BookletRange(first.strip(), (last or first).strip())


@click.command("allocate", cls=Verb)
@click.argument("recipient", metavar="PRESCRIPTEUR")
@click.option(
    "--booklets",
    multiple=True,
    metavar="PREMIER-DERNIER",
    help="Un carnet, ou une plage de carnets ; à répéter.",
)
@programme_option
@repeatable
@acting
def allocate(
    desk: Desk,
    *,
    recipient: str,
    booklets: tuple[str, ...],
    programme: str | None,
    request_id: UUID,
) -> None:
    """Confie des carnets entiers à un prescripteur ; ils sont en route jusqu’à sa signature.

    Exemple : passnum allocate "CCAS du Lorrain" --booklets 26A00001-26A00020
    """
    with desk.transaction() as session:
        named = organisation_named(session, recipient)
        made = allocate_booklets(
            session,
            actor=desk.actor(session),
            allocation_id=request_id,
            programme_id=programme_named(session, programme).id,
            recipient_id=named.id,
            booklets=[read_range(typed) for typed in booklets],
            now=desk.now,
        )
    desk.answer(
        f"Dotation {made.number} en route vers « {named.name} », qui en confirmera la réception.",
        id=made.id,
        number=made.number,
    )


@click.command("accept", cls=Verb)
@click.argument("allocation", metavar="DOTATION")
@repeatable
@acting
def accept(desk: Desk, *, allocation: str, request_id: UUID) -> None:
    """Confirme, chez le prescripteur, qu’une dotation est arrivée entière.

    Exemple : passnum accept DOT-2026-0001 --agent prescripteur@exemple.fr
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        named = allocation_named(session, allocation, actor=actor)
        made = confirm_receipt(
            session, actor=actor, receipt_id=request_id, allocation_id=named.id, now=desk.now
        )
    desk.answer(
        f"Réception de la dotation {named.number} confirmée : ses carnets sont dans votre stock.",
        id=made.id,
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
