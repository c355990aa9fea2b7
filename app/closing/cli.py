"""The end of vintages from the command line: the calendar, the hold, signatures, the settlement."""

from datetime import date
from pathlib import Path
from uuid import UUID

import click

from app.closing import calendar, complements, endings, queries
from app.closing.errors import UnknownComplement
from app.closing.papers import joint_statement
from app.closing.rules import FRENCH_STEP, Side
from app.closing.views import account_of, steps_shown
from app.identity.rules import FROM_COMMAND, Right
from app.kernel.clock import martinique_day
from app.prescribers.custody_cli import booklets_option, read_ranges
from app.prescribers.forgetting import forget_identities
from app.programmes.naming import vintage_named
from app.programmes.queries import is_demonstration
from app.terminal.desk import Desk, Group, Verb, acting, approving, operating, repeatable
from app.terminal.values import Day, OneOf

FORGOTTEN = "identities_forgotten"
"""What stands for a step where names are gone; it is no step of a vintage."""
SIDE = OneOf("PARTIE", {"commanditaire": Side.SPONSOR, "émetteur": Side.ISSUER})


@click.command("tick", cls=Verb)
@operating
def tick(desk: Desk) -> None:
    """Fait ce que le calendrier de clôture a prévu, et efface les identités dont le temps est venu.

    Le serveur le fait de lui-même ; cette commande sert quand il ne tourne pas. Une identité part
    deux ans après le dernier contact (PASSNUM_IDENTITY_MONTHS). Sans danger à relancer : ce qui est
    fait n’est pas refait.

    Exemple : passnum tick
    """
    done = calendar.run_due(desk.database, now=desk.now)
    with desk.transaction() as session:
        forgotten = forget_identities(
            session,
            months=desk.settings.identity_months,
            now=desk.now,
            origin=FROM_COMMAND,
        )
    desk.table(
        [
            {
                "vintage": one.label,
                "step": one.step,
                "due_on": one.due.due_on,
                "voucher_count": one.voucher_count,
                "identity_count": 0,
            }
            for one in done
        ]
        + [
            {
                "vintage": "",
                "step": FORGOTTEN,
                "due_on": martinique_day(desk.now),
                "voucher_count": 0,
                "identity_count": forgotten,
            }
        ]
        * bool(forgotten),
        {
            "Millésime": lambda r: r["vintage"],
            "Étape": lambda r: FRENCH_STEP.get(
                r["step"], f"Identités effacées : {r['identity_count']}"
            ),
            "Prévue le": lambda r: f"{r['due_on']:%d/%m/%Y}",
            "Pass": lambda r: str(r["voucher_count"]),
        },
        none="Rien à faire pour le moment.",
    )


@click.group("closing", cls=Group)
def closing() -> None:
    """La clôture d’un millésime, de l’alerte au solde.

    Exemple : passnum closing show 26A
    """


@closing.command("show")
@click.argument("label", metavar="REPÈRE")
@click.option(
    "--pdf",
    type=click.Path(path_type=Path),
    metavar="FICHIER",
    help="Écrit l’état contradictoire en PDF.",
)
@acting
def show(desk: Desk, *, label: str, pdf: Path | None) -> None:
    """Montre le calendrier d’un millésime : ce qui est fait, et quand vient la suite.

    Exemple : passnum closing show 26A --pdf etat.pdf
    """
    with desk.transaction(writing=False) as session:
        desk.actor(session, Right.SEE_LEDGER)
        terms = vintage_named(session, label)
        steps = steps_shown(session, terms, now=desk.now)
        account = account_of(session, terms.vintage_id) if pdf else None
        specimen = is_demonstration(session)
    if pdf and account:
        pdf.write_bytes(joint_statement(account, specimen=specimen))
    desk.table(
        [
            {
                "step": step.step,
                "label": step.label,
                "due_on": step.due_on,
                "done_at": step.done_at,
                "voucher_count": step.voucher_count,
            }
            for step in steps
        ],
        {
            "Étape": lambda r: r["label"],
            "Prévue le": lambda r: f"{r['due_on']:%d/%m/%Y}",
            "Faite le": lambda r: (
                f"{martinique_day(r['done_at']):%d/%m/%Y}" if r["done_at"] else "–"
            ),
            "Pass": lambda r: "–" if r["voucher_count"] is None else str(r["voucher_count"]),
        },
        none="Aucune étape.",
    )


@closing.command("hold")
@click.argument("label", metavar="REPÈRE")
@repeatable
@approving
def hold(desk: Desk, *, label: str, request_id: UUID) -> None:
    """Valide la retenue de ce qui n’est pas remis. Demande votre mot de passe.

    Exemple : passnum closing hold 26A
    """
    actor = desk.approver()
    with desk.transaction() as session:
        record = endings.validate_hold(
            session,
            actor=actor,
            hold_id=request_id,
            vintage_id=vintage_named(session, label).vintage_id,
            now=desk.now,
        )
    desk.answer(
        f"Millésime {label} : {record.voucher_count} pass retenus.",
        id=record.id,
        voucher_count=record.voucher_count,
    )


@closing.command("release")
@click.argument("label", metavar="REPÈRE")
@booklets_option
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@repeatable
@acting
def release(
    desk: Desk, *, label: str, booklets: tuple[str, ...], reason: str, request_id: UUID
) -> None:
    """Libère des carnets retenus, pour une remise tardive.

    Exemple : passnum closing release 26A --booklets 26A00442 --reason "Rendez-vous pris"
    """
    with desk.transaction() as session:
        endings.release_held(
            session,
            actor=desk.actor(session),
            release_id=request_id,
            vintage_id=vintage_named(session, label).vintage_id,
            booklets=read_ranges(booklets),
            reason=reason,
            now=desk.now,
        )
    desk.answer(f"Millésime {label} : carnets libérés.", id=request_id)


@closing.command("sign")
@click.argument("label", metavar="REPÈRE")
@click.option("--side", type=SIDE, required=True, help="Qui a signé.")
@click.option("--on", "signed_on", type=Day(), help="Quel jour (aujourd’hui).")
@repeatable
@approving
def sign(desk: Desk, *, label: str, side: Side, signed_on: date | None, request_id: UUID) -> None:
    """Enregistre une signature de l’état contradictoire. Demande votre mot de passe.

    Exemple : passnum closing sign 26A --side émetteur --on 10/05/2027
    """
    actor = desk.approver()
    with desk.transaction() as session:
        endings.sign_statement(
            session,
            actor=actor,
            signature_id=request_id,
            vintage_id=vintage_named(session, label).vintage_id,
            side=side,
            signed_on=signed_on or martinique_day(desk.now),
            now=desk.now,
        )
    desk.answer(f"Signature enregistrée pour le {label}.", id=request_id)


@closing.command("settle")
@click.argument("label", metavar="REPÈRE")
@click.option("--reference", metavar="TEXTE", help="Le numéro de l’avoir ou du dégagement.")
@repeatable
@acting
def settle(desk: Desk, *, label: str, reference: str | None, request_id: UUID) -> None:
    """Solde un millésime : avoir à la valeur faciale, ou dégagement du crédit.

    Exemple : passnum closing settle 26A --reference AV-2027-118
    """
    with desk.transaction() as session:
        record = endings.settle_closing(
            session,
            actor=desk.actor(session),
            settlement_id=request_id,
            vintage_id=vintage_named(session, label).vintage_id,
            reference=reference,
            now=desk.now,
        )
    desk.answer(
        f"Millésime {label} soldé : {record.number}, {record.voucher_count} pass.",
        id=record.id,
        number=record.number,
        amount_cents=record.amount_cents,
    )


@closing.command("complement")
@click.argument("label", metavar="REPÈRE")
@repeatable
@acting
def complement(desk: Desk, *, label: str, request_id: UUID) -> None:
    """Arrête ce qui a expiré depuis l’état contradictoire, à signer par les deux parties.

    Exemple : passnum closing complement 26A
    """
    with desk.transaction() as session:
        record = complements.draw_complement(
            session,
            actor=desk.actor(session),
            complement_id=request_id,
            vintage_id=vintage_named(session, label).vintage_id,
            now=desk.now,
        )
    desk.answer(
        f"Complément {record.number} : {record.voucher_count} pass. Les deux parties le signent.",
        id=record.id,
        number=record.number,
        amount_cents=record.amount_cents,
    )


@closing.command("settle-complement")
@click.argument("label", metavar="REPÈRE")
@click.option("--sponsor-on", type=Day(), help="Signé par le commanditaire (aujourd’hui).")
@click.option("--issuer-on", type=Day(), help="Signé par l’émetteur (aujourd’hui).")
@click.option("--reference", metavar="TEXTE", help="Le numéro de l’avoir ou du dégagement.")
@approving
def settle_complement(
    desk: Desk,
    *,
    label: str,
    sponsor_on: date | None,
    issuer_on: date | None,
    reference: str | None,
) -> None:
    """Solde le complément signé d’un millésime. Demande votre mot de passe.

    Exemple : passnum closing settle-complement 26A --sponsor-on 10/06/2027 --issuer-on 12/06/2027
    """
    actor = desk.approver()
    today = martinique_day(desk.now)
    with desk.transaction() as session:
        drawn = queries.complements_of(session, vintage_named(session, label).vintage_id)
        if not drawn:
            raise UnknownComplement
        record = complements.settle_complement(
            session,
            actor=actor,
            complement_id=drawn[-1][0].id,
            sponsor_signed_on=sponsor_on or today,
            issuer_signed_on=issuer_on or today,
            reference=reference,
            now=desk.now,
        )
    desk.answer(
        f"Complément du {label} soldé : {record.number}.",
        id=record.complement_id,
        number=record.number,
    )
