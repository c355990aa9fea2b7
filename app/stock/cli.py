"""Files of printers and counts, from the command line."""

import sys
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from app.identity.rules import Right
from app.kernel.clock import martinique_day
from app.kernel.money import euros
from app.orders.cli import delivery, order_named
from app.partners.cli import organisation_named
from app.programmes.keys import KeyStore
from app.programmes.queries import is_demonstration
from app.stock import counts, queries
from app.stock.count_rules import FRENCH_COUNT_STATE, FRENCH_DIFFERENCE
from app.stock.errors import UnknownSerialFile, UnknownStockCount
from app.stock.file_rules import FRENCH_FAULT, CodesFrom
from app.stock.models import SerialFile, StockCount
from app.stock.papers import count_paper, difference_sheet, discrepancy_report, discrepancy_sheet
from app.stock.serial_files import Asked, Stage, import_serials, known_serial_file
from app.stock.views import count_report, counts_listed, counts_shown, file_report, rows_told
from app.terminal.desk import PAGE, Desk, Group, acting, approving, every, repeatable, say
from app.terminal.values import Day, read_id

a_file = click.Path(path_type=Path)
FEW = 20
"""Rows put aside that are told at once; the sheet has all."""


# ── Files of a printer ────────────────────────────────────────────────────────────────────────────


class Watched:
    """How far an import has come, on the standard error: a line that is written over."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet

    def __call__(self, stage: Stage, done: int, of: int) -> None:
        """Say it, when somebody looks."""
        if self.quiet:
            return
        if stage is Stage.READING:
            said = f"Lecture : {done} lignes"
        else:
            said = f"Réception : {done} pass sur {of} ({done * 100 // of} %)"
        click.echo(f"\r{said}   ", err=True, nl=of > 0 and done == of)


def serial_file_named(session: Session, typed: str) -> SerialFile:
    """A file by its number or its id.

    Raises:
        UnknownSerialFile.
    """
    file_id = read_id(typed)
    found = (
        queries.serial_file(session, file_id)
        if file_id
        else queries.serial_file_by_number(session, typed.strip().upper())
    )
    if found is None:
        raise UnknownSerialFile
    return found


@delivery.command("import")
@click.argument("file", type=a_file, metavar="FICHIER")
@click.option("--order", required=True, metavar="COMMANDE", help="La commande qui arrive.")
@click.option(
    "--codes-from",
    type=click.Choice([str(one) for one in CodesFrom]),
    default=str(CodesFrom.PASSNUM),
    help="Qui a fait les codes : passnum (sa clé les vérifie) ou issuer (le fichier les apporte).",
)
@repeatable
@acting
def import_file(desk: Desk, *, file: Path, order: str, codes_from: str, request_id: UUID) -> None:
    """Reçoit le fichier d’un imprimeur (CSV ou XLSX) : ce qui est juste entre en stock, inerte.

    Le reste est écarté ligne par ligne, avec sa raison. Un million de lignes au plus ; le même
    fichier renvoyé ne change rien.

    Exemple : passnum delivery import numeros.csv --order BC-2026-0001
    """
    with desk.transaction(writing=False) as session:
        actor, order_id = desk.actor(session), order_named(session, order).id
    with file.open("rb") as opened:
        done = import_serials(
            desk.database,
            actor=actor,
            import_id=request_id,
            asked=Asked(order_id, opened, CodesFrom(codes_from)),
            keys=KeyStore(desk.settings.key_dir),
            now=desk.now,
            told=Watched(quiet=desk.as_json or not sys.stderr.isatty()),
        )
    record = done.record
    with desk.transaction(writing=False) as session:
        report = file_report(session, record)
    if not desk.as_json:
        if done.again:
            say("Ce fichier est déjà reçu pour cette commande : rien n’a changé.")
        for one in report.faults:
            say(f"Écarté, {FRENCH_FAULT[one.fault]} : {one.row_count}.")
        if report.missing_count:
            say(f"Absents du fichier : {report.missing_count} pass.")
    brought = f"livraison {report.delivery_number}" if report.delivery_number else "rien n’arrive"
    desk.answer(
        f"Fichier {record.number} : {record.received_count} pass reçus ({brought}), "
        f"{record.quarantined_count} lignes écartées.",
        id=record.id,
        number=record.number,
        again=done.again,
        delivery_id=record.delivery_id,
        received_count=record.received_count,
        quarantined_count=record.quarantined_count,
        missing_count=record.missing_count,
        faults={str(one.fault): one.row_count for one in report.faults},
    )


@delivery.command("discrepancies")
@click.argument("file", metavar="FICHIER-REÇU")
@click.option("--csv", "sheet", type=a_file, metavar="FICHIER", help="Écrit toutes les lignes.")
@click.option("--pdf", type=a_file, metavar="FICHIER", help="Écrit le rapport à renvoyer.")
@acting
def discrepancies(desk: Desk, *, file: str, sheet: Path | None, pdf: Path | None) -> None:
    """Montre les écarts d’un fichier reçu, et les écrit pour l’imprimeur. Aucun code n’y est.

    Exemple : passnum delivery discrepancies FIC-2026-0001 --pdf ecarts.pdf
    """
    with desk.transaction(writing=False) as session:
        actor = desk.actor(session, Right.SEE_ORDERS)
        record = known_serial_file(
            session, actor=actor, file_id=serial_file_named(session, file).id
        )
        report, specimen = file_report(session, record), is_demonstration(session)
        rows = list(rows_told(session, record, list(queries.every_row_aside(session, record))))
    if sheet:
        sheet.write_bytes(discrepancy_sheet(report, rows, specimen=specimen))
    if pdf:
        pdf.write_bytes(discrepancy_report(report, rows, specimen=specimen))
    desk.table(
        [
            {"line": r.line, "typed": r.typed, "fault": r.fault, "arrived_on": r.arrived_on}
            for r in (rows if desk.as_json else rows[:FEW])
        ],
        {
            "Ligne": lambda row: row["line"],
            "Écrit": lambda row: row["typed"] or "–",
            "Raison": lambda row: FRENCH_FAULT[row["fault"]],
            "Arrivé": lambda row: row["arrived_on"] or "–",
        },
        none="Aucune ligne n’est écartée.",
    )
    if not desk.as_json and len(rows) > FEW:
        say(f"Et {len(rows) - FEW} autres lignes : écrivez-les avec --csv.")


# ── Counts ────────────────────────────────────────────────────────────────────────────────────────


def count_named(session: Session, typed: str) -> StockCount:
    """A count by its number or its id.

    Raises:
        UnknownStockCount.
    """
    count_id = read_id(typed)
    found = (
        queries.stock_count(session, count_id)
        if count_id
        else queries.stock_count_by_number(session, typed.strip().upper())
    )
    if found is None:
        raise UnknownStockCount
    return found


@click.group("count", cls=Group)
def count() -> None:
    """Les comptages : une armoire ou un tiroir, à l’aveugle, signés à deux.

    Exemple : passnum count open "Communauté du Pays"
    """


@count.command("open")
@click.argument("holder", metavar="STRUCTURE")
@click.option("--on", "counted_on", type=Day(), help="Le jour compté (aujourd’hui).")
@repeatable
@acting
def open_(desk: Desk, *, holder: str, counted_on: date | None, request_id: UUID) -> None:
    """Ouvre le comptage des carnets d’une structure.

    Exemple : passnum count open CCAS-du-Lorrain --on 31/12/2026
    """
    with desk.transaction() as session:
        record = counts.open_count(
            session,
            actor=desk.actor(session),
            count_id=request_id,
            holder_id=organisation_named(session, holder).id,
            counted_on=counted_on or martinique_day(desk.now),
            now=desk.now,
        )
    desk.answer(
        f"Comptage {record.number} ouvert. Scannez ou tapez ce qui est là (passnum count enter).",
        id=record.id,
        number=record.number,
    )


@count.command("enter")
@click.argument("count", metavar="COMPTAGE")
@click.option("--line", "typed", multiple=True, metavar="NUMÉROS", help="Une ligne ; à répéter.")
@click.option(
    "--file", type=click.File(), metavar="FICHIER", help="Une ligne par couverture ; - lit ici."
)
@repeatable
@acting
def enter(desk: Desk, *, count: str, typed: tuple[str, ...], file: Any, request_id: UUID) -> None:  # noqa: ANN401 - click's file
    """Note ce qui est compté : couvertures scannées, numéros, ou suites de numéros.

    Exemple : passnum count enter PVC-2026-0001 --line "26A 00001 à 26A 00040"
    """
    text = "\n".join([*typed, file.read() if file else ""])
    with desk.transaction() as session:
        record = count_named(session, count)
        lines = counts.read_lines(session, text)
        counts.enter_lines(
            session,
            actor=desk.actor(session),
            entry_id=request_id,
            count_id=record.id,
            lines=lines,
            now=desk.now,
        )
    desk.answer(
        f"{len(lines)} lignes notées au comptage {record.number}. "
        "Continuez, ou fermez-le (passnum count close).",
        id=request_id,
        line_count=len(lines),
    )


@count.command("strike")
@click.argument("count", metavar="COMPTAGE")
@click.option("--entry", required=True, metavar="SAISIE", help="L’identifiant de la saisie.")
@click.option("--place", type=int, required=True, metavar="RANG", help="Le rang de la ligne.")
@repeatable
@acting
def strike(desk: Desk, *, count: str, entry: str, place: int, request_id: UUID) -> None:
    """Retire une ligne notée par erreur, avant la fermeture.

    passnum count show donne la saisie et le rang de chaque ligne.

    Exemple : passnum count strike PVC-2026-0001 --entry SAISIE --place 2
    """
    with desk.transaction() as session:
        record = count_named(session, count)
        counts.strike_line(
            session,
            actor=desk.actor(session),
            correction_id=request_id,
            count_id=record.id,
            entry_id=read_id(entry) or UUID(int=0),
            place=place,
            now=desk.now,
        )
    desk.answer(f"La ligne {place} ne compte plus dans {record.number}.", id=request_id)


@count.command("close")
@click.argument("count", metavar="COMPTAGE")
@click.option("--nothing-there", is_flag=True, help="Dit que rien ne se trouve là.")
@acting
def close(desk: Desk, *, count: str, nothing_there: bool) -> None:
    """Ferme un comptage : la théorie est lue, et chaque différence est nommée.

    Exemple : passnum count close PVC-2026-0001
    """
    with desk.transaction() as session:
        record = count_named(session, count)
        counts.close_count(
            session,
            actor=desk.actor(session),
            count_id=record.id,
            now=desk.now,
            nothing_there=nothing_there,
        )
    tell(desk, record)


@count.command("abandon")
@click.argument("count", metavar="COMPTAGE")
@click.option("--reason", required=True, metavar="TEXTE", help="Pourquoi.")
@repeatable
@acting
def abandon(desk: Desk, *, count: str, reason: str, request_id: UUID) -> None:
    """Abandonne un comptage avant sa fermeture : rien n’est comparé.

    Exemple : passnum count abandon PVC-2026-0001 --reason "Ouvert deux fois"
    """
    with desk.transaction() as session:
        record = count_named(session, count)
        counts.abandon_count(
            session,
            actor=desk.actor(session),
            abandonment_id=request_id,
            count_id=record.id,
            reason=reason,
            now=desk.now,
        )
    desk.answer(f"Comptage {record.number} abandonné.", id=record.id, number=record.number)


@count.command("sign")
@click.argument("count", metavar="COMPTAGE")
@approving
def sign(desk: Desk, *, count: str) -> None:
    """Signe un comptage fermé par quelqu’un d’autre. Demande votre mot de passe.

    Exemple : passnum count sign PVC-2026-0001
    """
    actor = desk.approver()
    with desk.transaction() as session:
        record = count_named(session, count)
        counts.sign_count(session, actor=actor, count_id=record.id, now=desk.now)
    desk.answer(
        f"Comptage {record.number} signé par deux personnes. Imprimez le procès-verbal "
        "(passnum count show --pdf).",
        id=record.id,
    )


@count.command("show")
@click.argument("count", metavar="COMPTAGE")
@click.option("--pdf", type=a_file, metavar="FICHIER", help="Écrit le procès-verbal.")
@click.option("--csv", "sheet", type=a_file, metavar="FICHIER", help="Écrit les différences.")
@acting
def show(desk: Desk, *, count: str, pdf: Path | None, sheet: Path | None) -> None:
    """Montre un comptage ; une fois fermé, sa théorie et ses différences.

    Exemple : passnum count show PVC-2026-0001 --pdf pv.pdf
    """
    with desk.transaction(writing=False) as session:
        actor = desk.actor(session, Right.SEE_ALLOCATIONS)
        record = counts.known_count(session, actor=actor, count_id=count_named(session, count).id)
        report, specimen = count_report(session, record), is_demonstration(session)
    if pdf:
        pdf.write_bytes(count_paper(report, specimen=specimen))
    if sheet:
        sheet.write_bytes(difference_sheet(report, specimen=specimen))
    tell(desk, record)


def tell(desk: Desk, record: StockCount) -> None:
    """A count and what it comes to."""
    with desk.transaction(writing=False) as session:
        report = count_report(session, record)
        (data,) = counts_shown(session, [record])
    if desk.as_json:
        desk.dump(
            {
                name: data[name]
                for name in (
                    "id", "number", "state", "totals", "differences", "strangers", "lines",
                )
            }
        )  # fmt: skip
        return
    say(f"Comptage {report.number}, {report.holder} : {FRENCH_COUNT_STATE[report.state]}.")
    for line in data["lines"]:
        struck = " (retirée)" if line["struck_at"] else ""
        say(f"{line['line']}{struck}, saisie {line['entry_id']}, rang {line['place']}")
    for total in report.totals:
        say(
            f"{total.label} : théorie {total.theory_count}, compté {total.counted_count}, écart "
            f"{total.difference_count} pass ({euros(total.difference_cents)})."
        )
    for difference in report.differences:
        say(f"{FRENCH_DIFFERENCE[difference.kind]} : {difference} ({difference.place}).")
    for line in report.strangers:
        say(f"Aucune livraison n’a apporté {line}.")
    if report.closed_at and report.agrees:
        say("Rien ne manque et rien n’est en trop.")


@count.command("list")
@acting
def list_(desk: Desk) -> None:
    """Liste les comptages, et dit où chacun en est.

    Exemple : passnum count list
    """
    with desk.transaction(writing=False) as session:
        scope = desk.actor(session, Right.SEE_ALLOCATIONS).scope
        records = every(
            lambda after: queries.stock_counts_after(session, after, limit=PAGE, holder_id=scope)
        )
        rows = counts_listed(session, records)
    desk.table(
        [{name: row[name] for name in ("number", "holder", "counted_on", "state")} for row in rows],
        {
            "Comptage": lambda row: row["number"],
            "Chez": lambda row: row["holder"],
            "Jour": lambda row: row["counted_on"],
            "État": lambda row: FRENCH_COUNT_STATE[row["state"]],
        },
        none="Aucun comptage.",
    )
