"""Booklets on their way to people: beneficiaries, prescription."""

from typing import Any
from uuid import UUID

import click

from app.partners.cli import organisation_named
from app.prescribers import queries
from app.prescribers.errors import UnknownPrescription
from app.prescribers.people import Person, register_beneficiary
from app.prescribers.prescriptions import (
    Reasons,
    issue_booklets,
    known_prescription,
)
from app.prescribers.rules import (
    QUESTIONS,
    Commitment,
    DuplicateReason,
    ExceptionReason,
    LateReason,
    RenewalReason,
    UndoReason,
)
from app.prescribers.undoing import undo_prescription
from app.programmes.naming import programme_named, programme_option
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

COMMITMENT = OneOf("FAÇON", {"papier": Commitment.PAPER, "ecran": Commitment.SCREEN})
DUPLICATE = OneOf(
    "RAISON",
    {
        "autre-personne": DuplicateReason.ANOTHER_PERSON,
        "autre-prescripteur": DuplicateReason.CHANGED_PRESCRIBER,
        "dans-ses-droits": DuplicateReason.WITHIN_ENTITLEMENT,
    },
)
RENEWAL = OneOf(
    "RAISON",
    {
        "seances-fixees": RenewalReason.BOOKED_AHEAD,
        "perte": RenewalReason.LOST,
        "autre-lieu": RenewalReason.MEDIATOR_CHANGED,
    },
)
EXCEPTION = OneOf(
    "RAISON",
    {
        "parcours-a-finir": ExceptionReason.COURSE_UNFINISHED,
        "emploi-ou-formation": ExceptionReason.WORK_DEPENDS,
        "perte": ExceptionReason.LOST,
        "accord": ExceptionReason.COORDINATION_AGREED,
    },
)
LATE = OneOf(
    "RAISON",
    {
        "seances-fixees": LateReason.SESSIONS_BOOKED,
        "personne-avertie": LateReason.PERSON_ASKED,
        "accord": LateReason.COORDINATION_AGREED,
    },
)
UNDO = OneOf(
    "RAISON",
    {
        "autre-carnet": UndoReason.WRONG_BOOKLET,
        "autre-personne": UndoReason.WRONG_PERSON,
        "carnet-rendu": UndoReason.BOOKLET_GIVEN_BACK,
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
@click.option(
    "--answers",
    metavar="CHIFFRES",
    default="",
    help="L’évaluation : un chiffre par question (passnum questions les montre).",
)
@click.option("--commitment", type=COMMITMENT, help="Comment elle a signé son engagement.")
@click.option("--duplicate", type=DUPLICATE, help="Pourquoi continuer malgré un doublon probable.")
@click.option("--renewal", type=RENEWAL, help="Pourquoi renouveler avant la fin des carnets.")
@click.option("--exception", type=EXCEPTION, help="Pourquoi dépasser ce qui est prévu.")
@click.option("--late", type=LATE, help="Pourquoi remettre dans les derniers jours.")
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
    answers: str,
    commitment: Commitment | None,
    duplicate: DuplicateReason | None,
    renewal: RenewalReason | None,
    exception: ExceptionReason | None,
    late: LateReason | None,
    no_other_pass: bool,
    programme: str | None,
    request_id: UUID,
) -> None:
    """Remet des carnets à une personne, dans la limite de ses droits, et l’oriente.

    Exemple : passnum prescribe 0199f2a0-1b2c-7d3e-8f40-123456789abc --booklet 26A00001
    --mediator "Exo 7" --answers 0121010 --commitment papier
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
            answers=answers,
            commitment=commitment,
            reasons=Reasons(duplicate, renewal, exception, late),
            declares_no_other_pass=no_other_pass,
            now=desk.now,
        )
    desk.answer(f"Remise {made.number} enregistrée.", id=made.id, number=made.number)


@click.command("questions", cls=Verb)
@acting
def questions(desk: Desk) -> None:
    """Montre les questions de l’évaluation, et les réponses dans l’ordre des chiffres 0, 1 et 2.

    Exemple : passnum questions
    """
    desk.table(
        [{"question": one.words, "answers": one.answers} for one in QUESTIONS.questions],
        {
            "Question": lambda one: one["question"],
            "0": lambda one: one["answers"][0],
            "1": lambda one: one["answers"][1],
            "2": lambda one: one["answers"][2],
        },
        none="Aucune question.",
    )


@click.command("undo-prescription", cls=Verb)
@click.argument("prescription", metavar="REMISE")
@click.option("--reason", type=UNDO, required=True, help="Pourquoi.")
@repeatable
@acting
def undo(desk: Desk, *, prescription: str, reason: UndoReason, request_id: UUID) -> None:
    """Annule une remise dont aucun pass n’a servi : la coordination, ou son agent le jour même.

    Exemple : passnum undo-prescription RM-2026-0001 --reason autre-carnet
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        found = queries.prescription_by_number(session, prescription.strip().upper())
        if found is None:
            raise UnknownPrescription
        made = known_prescription(session, actor=actor, prescription_id=found.id)
        undone = undo_prescription(
            session,
            actor=actor,
            undo_id=request_id,
            prescription_id=made.id,
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"Remise {made.number} annulée : ses carnets sont dans le stock du prescripteur.",
        id=undone.id,
    )
