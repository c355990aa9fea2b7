"""Taking back what was paid, asking for it, and deciding who keeps a pass."""

from datetime import date
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.clearing import correction_queries
from app.clearing.clawbacks import approve_clawback, prepare_clawback, set_aside_clawback
from app.clearing.correction_views import clawbacks_shown, disputes_shown
from app.clearing.debit_notes import collect_debit_note, issue_debit_note, note_number
from app.clearing.disputes import Outcome, decide_dispute
from app.clearing.receipts import ReceiptSigner
from app.database.lists import Place
from app.identity.rules import Right
from app.kernel.money import euros
from app.partners import queries as partners
from app.partners.cli import organisation_named
from app.programmes.naming import programme_named, programme_option
from app.terminal.desk import Desk, Group, acting, approving, repeatable
from app.terminal.values import Day, Id

EVERYTHING = 1_000_000
STATES = {
    "waiting": "à approuver",
    "set_aside": "écartée",
    "owed": "à compenser",
    "recovered": "compensée",
}
OUTCOMES = {None: "à trancher", "kept": "gardé par le premier", "awarded": "attribué à l’autre"}


@click.group("clawback", cls=Group)
def clawback() -> None:
    """Les pass payés puis repris, et ce qui les compense.

    Exemple : passnum clawback list --agent finances@exemple.fr
    """


@clawback.command("list")
@acting
def list_clawbacks(desk: Desk) -> None:
    """Montre les reprises et où elles en sont.

    Exemple : passnum clawback list
    """
    with desk.transaction(writing=False) as session:
        actor = desk.actor(session, Right.SEE_STATEMENTS)
        rows = clawbacks_shown(
            session,
            correction_queries.latest_corrections(
                session, Place(EVERYTHING), mediator_id=actor.scope
            ),
        )
        names = partners.organisation_names(session, [row["mediator_id"] for row in rows])
    desk.table(
        rows,
        {
            "Pass": lambda row: row["serial"],
            "Médiateur": lambda row: names[row["mediator_id"]],
            "À rendre": lambda row: "–" if row["net_cents"] is None else euros(row["net_cents"]),
            "État": lambda row: STATES[row["state"]],
            "Identifiant": lambda row: row["id"],
        },
        none="Aucune reprise.",
    )


@clawback.command("prepare")
@click.argument("redemption_id", type=Id(), metavar="ENCAISSEMENT")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@repeatable
@acting
def prepare(desk: Desk, *, redemption_id: UUID, reason: str, request_id: UUID) -> None:
    """Prépare la reprise d’un pass payé ; une autre personne l’approuve.

    Exemple : passnum clawback prepare 0199f2a0-1b2c-7d3e-8f40-123456789abc
    --reason "L’accompagnement n’a pas eu lieu"
    """
    with desk.transaction() as session:
        made = prepare_clawback(
            session,
            actor=desk.actor(session),
            clawback_id=request_id,
            redemption_id=redemption_id,
            reason=reason,
            now=desk.now,
        )
    desk.answer("Reprise préparée : une autre personne l’approuve.", id=made.id)


@clawback.command("approve")
@click.argument("clawback_id", type=Id(), metavar="REPRISE")
@approving
def approve(desk: Desk, *, clawback_id: UUID) -> None:
    """Approuve une reprise préparée par quelqu’un d’autre. Demande votre mot de passe.

    Exemple : passnum clawback approve 0199f2a0-1b2c-7d3e-8f40-123456789abc
    --agent coordination@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        approve_clawback(session, actor=actor, clawback_id=clawback_id, now=desk.now)
    desk.answer("Reprise approuvée : le prochain bordereau la compense.", id=clawback_id)


@clawback.command("set-aside")
@click.argument("clawback_id", type=Id(), metavar="REPRISE")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi le pass reste payé.")
@acting
def set_aside(desk: Desk, *, clawback_id: UUID, reason: str) -> None:
    """Écarte une reprise : le pass reste payé.

    Exemple : passnum clawback set-aside 0199f2a0-1b2c-7d3e-8f40-123456789abc
    --reason "L’accompagnement a bien eu lieu"
    """
    with desk.transaction() as session:
        set_aside_clawback(
            session,
            actor=desk.actor(session),
            clawback_id=clawback_id,
            reason=reason,
            now=desk.now,
        )
    desk.answer("Reprise écartée : le pass reste payé.", id=clawback_id)


@clawback.command("claim")
@click.argument("mediator", metavar="MÉDIATEUR")
@programme_option
@repeatable
@acting
def claim(desk: Desk, *, mediator: str, programme: str | None, request_id: UUID) -> None:
    """Émet un titre de recette pour ce qu’aucun bordereau n’a compensé.

    Exemple : passnum clawback claim "Exo 7" --agent finances@exemple.fr
    """
    with desk.transaction() as session:
        made = issue_debit_note(
            session,
            actor=desk.actor(session),
            debit_note_id=request_id,
            mediator_id=organisation_named(session, mediator).id,
            programme_id=programme_named(session, programme).id,
            now=desk.now,
        )
    number = note_number(made)
    desk.answer(f"Titre {number} de {euros(made.amount_cents)} émis.", id=made.id, number=number)


@clawback.command("collect")
@click.argument("debit_note_id", type=Id(), metavar="TITRE")
@click.option("--on", "collected_on", type=Day(), required=True, help="Le jour de l’encaissement.")
@repeatable
@acting
def collect(desk: Desk, *, debit_note_id: UUID, collected_on: date, request_id: UUID) -> None:
    """Enregistre qu’un titre est payé, par une autre personne que celle qui l’a émis.

    Exemple : passnum clawback collect 0199f2a0-1b2c-7d3e-8f40-123456789abc --on 15/12/2026
    --agent comptable@exemple.fr
    """
    with desk.transaction() as session:
        made = collect_debit_note(
            session,
            actor=desk.actor(session),
            collection_id=request_id,
            debit_note_id=debit_note_id,
            collected_on=collected_on,
            now=desk.now,
        )
    desk.answer("Encaissement du titre enregistré.", id=made.id)


@click.group("dispute", cls=Group)
def dispute() -> None:
    """Les pass que deux médiateurs réclament.

    Exemple : passnum dispute list --agent coordination@exemple.fr
    """


@dispute.command("list")
@acting
def list_disputes(desk: Desk) -> None:
    """Montre les litiges, ceux à trancher d’abord.

    Exemple : passnum dispute list
    """

    def named(session: Session) -> dict[UUID, str]:
        return partners.organisation_names(session, [row["claimant_id"] for row in rows])

    with desk.transaction(writing=False) as session:
        actor = desk.actor(session, Right.SEE_REDEMPTIONS)
        found = correction_queries.latest_disputes(
            session, Place(EVERYTHING), claimant_id=actor.scope
        )
        rows = disputes_shown(session, found, actor=actor)
        names = named(session)
    desk.table(
        rows,
        {
            "Pass": lambda row: row["serial"],
            "Réclamé par": lambda row: names[row["claimant_id"]],
            "Récit": lambda row: row["story"],
            "État": lambda row: OUTCOMES[row["outcome"]],
            "Identifiant": lambda row: row["id"],
        },
        none="Aucun litige.",
    )


@dispute.command("decide")
@click.argument("dispute_id", type=Id(), metavar="LITIGE")
@click.option("--award/--keep", default=None, required=True, help="Attribuer à l’autre, ou garder.")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@approving
def decide(desk: Desk, *, dispute_id: UUID, award: bool, reason: str) -> None:
    """Tranche un litige, une fois. Demande votre mot de passe.

    Exemple : passnum dispute decide 0199f2a0-1b2c-7d3e-8f40-123456789abc --keep
    --reason "D’après la feuille" --agent coordination@exemple.fr
    """
    actor = desk.approver()
    with desk.transaction() as session:
        decide_dispute(
            session,
            actor=actor,
            dispute_id=dispute_id,
            outcome=Outcome.AWARDED if award else Outcome.KEPT,
            reason=reason,
            signer=ReceiptSigner(desk.settings.key_dir),
            now=desk.now,
        )
    desk.answer("Litige tranché.", id=dispute_id)
