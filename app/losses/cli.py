"""Oppositions, replacements, destructions and leaked keys, from the command line."""

from datetime import date
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.database.lists import Place
from app.identity.rules import Actor, Right
from app.kernel.clock import martinique_day
from app.ledger import contiguous
from app.losses import blocks, compromises, queries, replacements, write_offs
from app.losses.errors import UnknownBlock, UnknownWriteOff
from app.losses.models import Block, WriteOff
from app.losses.naming import Named, read_lines, serials_of, without_codes
from app.losses.papers import destruction_report, replacement_slip
from app.losses.rules import FRENCH_BLOCK_CAUSE, BlockCause, Declarant, ReplacementCause
from app.losses.views import blocks_shown, destruction_of, swap_of
from app.partners.queries import organisation_names
from app.programmes.cli import vintage
from app.programmes.naming import vintage_named
from app.programmes.queries import is_demonstration
from app.terminal.desk import Desk, Group, Verb, acting, approving, repeatable
from app.terminal.values import Count, Day, OneOf
from app.vouchers.errors import UnknownVoucher

__all__ = ["block", "replace", "vintage", "write_off"]

CAUSE = OneOf(
    "CAUSE",
    {
        "perdu": BlockCause.LOST,
        "volé": BlockCause.STOLEN,
        "abîmé": BlockCause.DAMAGED,
        "fraude": BlockCause.FRAUD,
    },
)
DECLARANT = OneOf(
    "QUI",
    {
        "personne": Declarant.HOLDER,
        "proche": Declarant.RELATIVE,
        "prescripteur": Declarant.PRESCRIBER,
        "médiateur": Declarant.MEDIATOR,
        "coordination": Declarant.COORDINATION,
        "police": Declarant.POLICE,
    },
)
WHY = OneOf(
    "CAUSE",
    {
        "perdu": ReplacementCause.LOST,
        "abîmé": ReplacementCause.DAMAGED,
        "mal-imprimé": ReplacementCause.MISPRINTED,
    },
)
LISTED = 200

passes_option = click.option(
    "--pass",
    "passes",
    multiple=True,
    metavar="NUMÉRO",
    help="Un pass, un carnet, « premier à dernier », ou un code ; à répéter.",
)
pdf_option = click.option(
    "--pdf", type=click.Path(path_type=Path), metavar="FICHIER", help="L’écrit en PDF."
)


def named(desk: Desk, passes: tuple[str, ...]) -> list[Named]:
    """What was typed, its codes replaced by serial numbers.

    Raises:
        UnknownVoucher: a code is none; it is counted first.
    """
    with desk.transaction() as session:
        told, known = without_codes(
            session,
            actor=desk.actor(session),
            named=read_lines("\n".join(passes)),
            now=desk.now,
        )
    if not known:
        raise UnknownVoucher
    return told


@click.group("block", cls=Group)
def block() -> None:
    """Les oppositions : pass perdus, volés, abîmés ou suspects, refusés partout.

    Exemple : passnum block declare --pass "26A 00442" --cause perdu --by personne
    """


def block_named(session: Session, typed: str, *, actor: Actor) -> Block:
    """An opposition by its number, for those whose business it is.

    Raises:
        UnknownBlock.
    """
    found = queries.block_by_number(session, typed.strip().upper())
    if found is None:
        raise UnknownBlock
    return blocks.known_block(session, actor=actor, block_id=found.id)


@block.command("declare")
@passes_option
@click.option("--cause", type=CAUSE, required=True, help="Ce qui s’est passé.")
@click.option("--by", "declarant", type=DECLARANT, required=True, help="Qui le déclare.")
@click.option("--happened-on", type=Day(), help="Depuis quel jour (aujourd’hui).")
@click.option("--complaint", metavar="TEXTE", help="La référence de la plainte.")
@repeatable
@acting
def declare(
    desk: Desk,
    *,
    passes: tuple[str, ...],
    cause: BlockCause,
    declarant: Declarant,
    happened_on: date | None,
    complaint: str | None,
    request_id: UUID,
) -> None:
    """Met des pass en opposition, tout de suite. Ce qui est déjà encaissé est dit, pas bloqué.

    Exemple : passnum block declare --pass "26A 00442 03" --cause volé --by personne
    """
    asked = named(desk, passes)
    with desk.transaction() as session:
        record = blocks.block_vouchers(
            session,
            actor=desk.actor(session),
            block_id=request_id,
            named=asked,
            declarant=declarant,
            cause=cause,
            happened_on=happened_on or martinique_day(desk.now),
            complaint=complaint,
            now=desk.now,
        )
        shown = blocks_shown(session, [record])[0]
    late = [one["serial"] for one in shown["too_late"]]
    said = f"Opposition {record.number} : {shown['blocked_count']} pass bloqués."
    if late:
        said += f" Trop tard pour {', '.join(late)}."
    desk.answer(said, id=record.id, number=record.number, too_late=late)


@block.command("list")
@acting
def list_blocks(desk: Desk) -> None:
    """Montre les dernières oppositions, et combien de pass chacune bloque encore.

    Exemple : passnum block list
    """
    with desk.transaction(writing=False) as session:
        actor = desk.actor(session, Right.SEE_LOSSES)
        found = queries.latest_blocks(
            session, Place(LISTED), organisation_id=actor.scope, cause=None
        )
        left = queries.blocked_counts(session, [one.id for one in found])
        names = organisation_names(session, {one.organisation_id for one in found})
        rows = [
            {
                "number": one.number,
                "declared_on": one.declared_on,
                "cause": FRENCH_BLOCK_CAUSE[BlockCause(one.cause)],
                "organisation": names[one.organisation_id],
                "still_blocked_count": left.get(one.id, 0),
            }
            for one in found
        ]
    desk.table(
        rows,
        {
            "Opposition": lambda r: r["number"],
            "Jour": lambda r: f"{r['declared_on']:%d/%m/%Y}",
            "Cause": lambda r: r["cause"],
            "Par": lambda r: r["organisation"],
            "Encore bloqués": lambda r: str(r["still_blocked_count"]),
        },
        none="Aucune opposition.",
    )


@block.command("lift")
@click.argument("opposition", metavar="OPPOSITION")
@passes_option
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@repeatable
@acting
def lift(
    desk: Desk, *, opposition: str, passes: tuple[str, ...], reason: str, request_id: UUID
) -> None:
    """Lève une opposition, entière ou pour certains pass : ils reviennent où ils étaient.

    Exemple : passnum block lift OPP-2026-0001 --reason "Retrouvé"
    """
    asked = named(desk, passes)
    with desk.transaction() as session:
        actor = desk.actor(session)
        record = block_named(session, opposition, actor=actor)
        blocks.lift_block(
            session,
            actor=actor,
            lift_id=request_id,
            block_id=record.id,
            reason=reason,
            named=asked,
            now=desk.now,
        )
        left = queries.blocked_counts(session, [record.id]).get(record.id, 0)
    desk.answer(
        f"Opposition {record.number} levée ; elle bloque encore {left} pass.",
        id=request_id,
        still_blocked_count=left,
    )


@click.command("replace", cls=Verb)
@passes_option
@click.option(
    "--with",
    "taken",
    multiple=True,
    metavar="CARNET",
    help="Le carnet en main, dont les pass prennent leur place ; à répéter.",
)
@click.option("--cause", type=WHY, required=True, help="Pourquoi.")
@click.option("--free", is_flag=True, help="L’émetteur les remplace gratuitement.")
@pdf_option
@repeatable
@acting
def replace(
    desk: Desk,
    *,
    passes: tuple[str, ...],
    taken: tuple[str, ...],
    cause: ReplacementCause,
    free: bool,
    pdf: Path | None,
    request_id: UUID,
) -> None:
    """Annule des pass remis et dit lesquels prennent leur place.

    Exemple : passnum replace --pass "26A 00442 03" --with "26A 00450" --cause abîmé
    """
    asked, in_hand = named(desk, passes), named(desk, taken)
    with desk.transaction() as session:
        record = replacements.replace_passes(
            session,
            actor=desk.actor(session),
            replacement_id=request_id,
            named=asked,
            taken=in_hand,
            cause=cause,
            free_of_charge=free,
            now=desk.now,
        )
        swap, specimen = swap_of(session, record), is_demonstration(session)
    if pdf:
        pdf.write_bytes(replacement_slip(swap, specimen=specimen))
    said = " ; ".join(f"{old} par {new}" for old, new in swap.passes)
    desk.answer(
        f"Remplacement {record.number} : {said}.",
        id=record.id,
        number=record.number,
        passes=[{"old": old, "new": new} for old, new in swap.passes],
    )


@click.group("write-off", cls=Group)
def write_off() -> None:
    """Les destructions par procès-verbal : une personne prépare, une autre approuve.

    Exemple : passnum write-off prepare --pass "26A 00442" --reason "Pris par l’eau"
    """


def write_off_named(session: Session, typed: str, *, actor: Actor) -> WriteOff:
    """A destruction by its number.

    Raises:
        UnknownWriteOff.
    """
    found = queries.write_off_by_number(session, typed.strip().upper())
    if found is None:
        raise UnknownWriteOff
    return write_offs.known_write_off(session, actor=actor, write_off_id=found.id)


@write_off.command("prepare")
@passes_option
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@repeatable
@acting
def prepare(desk: Desk, *, passes: tuple[str, ...], reason: str, request_id: UUID) -> None:
    """Prépare la destruction de pass en opposition ; une autre personne l’approuve.

    Exemple : passnum write-off prepare --pass "26A 00442" --reason "Pris par l’eau"
    """
    asked = named(desk, passes)
    with desk.transaction() as session:
        record = write_offs.prepare_write_off(
            session,
            actor=desk.actor(session),
            write_off_id=request_id,
            named=asked,
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"Procès-verbal {record.number} préparé. Une autre personne compte, puis l’approuve.",
        id=record.id,
        number=record.number,
    )


@write_off.command("approve")
@click.argument("write_off", metavar="PROCÈS-VERBAL")
@click.option("--passes", type=Count(), required=True, help="Le nombre de pass que vous comptez.")
@pdf_option
@approving
def approve(desk: Desk, *, write_off: str, passes: int, pdf: Path | None) -> None:
    """Approuve une destruction préparée par quelqu’un d’autre. Demande votre mot de passe.

    Exemple : passnum write-off approve PVD-2026-0001 --passes 10 --pdf pv.pdf
    """
    actor = desk.approver()
    with desk.transaction() as session:
        record = write_off_named(session, write_off, actor=actor)
        write_offs.approve_write_off(
            session, actor=actor, write_off_id=record.id, voucher_count=passes, now=desk.now
        )
        paper, specimen = destruction_of(session, record), is_demonstration(session)
    if pdf:
        pdf.write_bytes(destruction_report(paper, specimen=specimen))
    desk.answer(
        f"Procès-verbal {record.number} approuvé : {passes} pass détruits.",
        id=record.id,
        number=record.number,
    )


@write_off.command("abandon")
@click.argument("write_off", metavar="PROCÈS-VERBAL")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@repeatable
@acting
def abandon(desk: Desk, *, write_off: str, reason: str, request_id: UUID) -> None:
    """Abandonne une destruction qui n’est pas approuvée : ses pass sont libres pour une autre.

    Exemple : passnum write-off abandon PVD-2026-0001 --reason "Un pass de trop"
    """
    with desk.transaction() as session:
        actor = desk.actor(session)
        record = write_off_named(session, write_off, actor=actor)
        write_offs.abandon_write_off(
            session,
            actor=actor,
            abandonment_id=request_id,
            write_off_id=record.id,
            reason=reason,
            now=desk.now,
        )
    desk.answer(
        f"Procès-verbal {record.number} abandonné : rien n’est annulé.",
        id=record.id,
        number=record.number,
    )


@vintage.command("compromised")
@click.argument("label", metavar="REPÈRE")
@click.option(
    "--replace-with", "other", required=True, metavar="REPÈRE", help="Lequel le remplace."
)
@click.option("--reason", required=True, metavar="TEXTE", help="Comment la clé a fui.")
@repeatable
@acting
def compromised(desk: Desk, *, label: str, other: str, reason: str, request_id: UUID) -> None:
    """Retire un millésime dont la clé a fui, et remplace ce qui est entre les mains des gens.

    Sans danger à relancer : elle reprend où elle s’était arrêtée, par exemple faute de stock.
    Elle dit, remise par remise, quels pass sont à donner.

    Exemple : passnum vintage compromised 26A --replace-with 26B --reason "Poste volé"
    """
    with desk.transaction(writing=False) as session:
        actor = desk.actor(session, Right.WITHDRAW_VINTAGE)
        leaked = vintage_named(session, label).vintage_id
        stands = vintage_named(session, other).vintage_id
    progress = compromises.withdraw_vintage(
        desk.database,
        actor=actor,
        compromise_id=request_id,
        vintage_id=leaked,
        replacement_id=stands,
        reason=reason,
        now=desk.now,
    )
    with desk.transaction(writing=False) as session:
        rows = owed_rows(session, actor, leaked)
    desk.table(
        rows,
        {
            "Prescripteur": lambda r: r["prescriber"],
            "Remise": lambda r: r["prescription"],
            "Pass à donner": lambda r: str(r["voucher_count"]),
            "Lesquels": lambda r: r["passes"],
        },
        none="Personne n’a de pass de ce millésime à échanger.",
    )
    if not desk.as_json:
        left = f" Il en reste {progress.left_count}, faute de stock : relancez après une livraison."
        desk.answer(
            f"Millésime {label} : {progress.withheld_count} pass retenus, "
            f"{progress.replaced_count} remplacés." + (left if progress.left_count else "")
        )


def owed_rows(session: Session, actor: Actor, vintage_id: int) -> list[dict[str, object]]:
    """Who must receive what, hand-over by hand-over."""
    owed = compromises.owed(session, actor=actor, vintage_id=vintage_id)
    names = organisation_names(session, {one.prescriber_id for one in owed})
    return [
        {
            "prescriber": names[one.prescriber_id],
            "prescription": one.prescription_number,
            "voucher_count": len(one.new_ids),
            "passes": in_series(session, one.new_ids),
        }
        for one in owed
    ]


def in_series(session: Session, voucher_ids: tuple[int, ...]) -> str:
    """Passes as the fewest series of serial numbers."""
    wholes = list(contiguous(voucher_ids))
    serials = serials_of(session, [i for whole in wholes for i in (whole.first, whole.last)])
    return ", ".join(
        serials[w.first] if w.count == 1 else f"{serials[w.first]} à {serials[w.last]}"
        for w in wholes
    )
